/* The store's part for policies: their versions, emergency stops, decisions, confirmations by a
 * second person, and what limits count. Included by store.h; the same rules hold. */
#ifndef OTA_SERVER_STORE_STORE_POLICIES_H
#define OTA_SERVER_STORE_STORE_POLICIES_H

#include "ota-server/store/store_work.h"

/* Who does something, and the person behind that principal ("" for a machine). Borrowed. */
struct store_person {
    const char *principal;
    const char *person;
};

/* ---- versions -----------------------------------------------------------------------------
 *
 * A version's text never changes. It goes from DRAFT to APPROVED in steps; then activations say
 * from when on it is the active one. Of the activations that have begun and are not withdrawn the
 * last one counts, so a change is atomic: each transaction sees one active version. */

enum store_policy_status {
    STORE_POLICY_DRAFT,
    STORE_POLICY_CHECKED, /* its own cases pass */
    STORE_POLICY_PROPOSED,
    STORE_POLICY_APPROVED,  /* by a second person */
    STORE_POLICY_SCHEDULED, /* will be active; this and the rest follow from the activations */
    STORE_POLICY_ACTIVE,
    STORE_POLICY_RETIRED, /* was active */
    STORE_POLICY_STATUSES
};

struct store_policy {
    int32_t version;    /* counts from 1; set by the store */
    uint8_t digest[32]; /* SHA-256 of the text; set by the store */
    enum store_policy_status status;
    int64_t etag; /* grows with every change; 1 when new */
    char author[STORE_ID_SIZE];
    char author_person[STORE_NAME_SIZE];
    char proposer[STORE_ID_SIZE]; /* "" until proposed */
    char proposer_person[STORE_NAME_SIZE];
    char approver[STORE_ID_SIZE]; /* "" until approved */
    char approver_person[STORE_NAME_SIZE];
    int64_t created_ms;
    int64_t activated_ms; /* when its last activation began or will begin; 0 for none */
};

/* Keep a draft. `policy` names author and author_person; INVALID without a person. */
STORE_MUST_USE enum store_error store_policy_add(struct store_tx *tx, struct store_policy *policy,
                                                 struct scp_bytes yaml);
/* Bring a version to the next step: CHECKED, PROPOSED or APPROVED. STALE when its etag is not
 * `if_match` (STORE_ETAG_ANY: whatever it is); INVALID when it is not at the step before, or nobody
 * stands behind the principal; CONFLICT when who approves has written or proposed it, as the same
 * principal or as the same person. */
STORE_MUST_USE enum store_error store_policy_advance(struct store_tx *tx, int32_t version,
                                                     enum store_policy_status to,
                                                     const struct store_person *by,
                                                     int64_t if_match);
/* An approved version is the active one from `from_ms` on (0: from now), instead of what was
 * planned for it before. Activating the active version changes nothing. INVALID before it is
 * approved and for a moment that has passed. */
STORE_MUST_USE enum store_error store_policy_activate(struct store_tx *tx, int32_t version,
                                                      const struct store_person *by,
                                                      int64_t from_ms);
/* The activation in force and those to come are withdrawn: what was active before is so again, and
 * stays so. NOT_FOUND when nothing was. */
STORE_MUST_USE enum store_error store_policy_rollback(struct store_tx *tx,
                                                      const struct store_person *by);
STORE_MUST_USE enum store_error store_policy_get(struct store_tx *tx, int32_t version,
                                                 struct store_policy *out);
/* The active version now. */
STORE_MUST_USE enum store_error store_policy_active(struct store_tx *tx, struct store_policy *out);
STORE_MUST_USE enum store_error store_policy_yaml(struct store_tx *tx, int32_t version,
                                                  struct store_blob *out);
/* `after` is the last version seen; 0 to start. */
STORE_MUST_USE enum store_error store_policy_list(struct store_tx *tx, int32_t after,
                                                  struct store_policy *out, size_t cap,
                                                  size_t *count);

/* ---- emergency stops ---------------------------------------------------------------------- */

struct store_stop {
    int64_t sequence; /* set by the store, like id and made_ms */
    char id[STORE_ID_SIZE];
    char bank[STORE_SLUG_SIZE];   /* "" for every bank */
    char region[STORE_WORD_SIZE]; /* "" for every region */
    char reason[STORE_REASON_SIZE];
    char principal[STORE_ID_SIZE];
    char person[STORE_NAME_SIZE];
    int64_t made_ms;
    int64_t until_ms;           /* 0: until it is lifted */
    char lifter[STORE_ID_SIZE]; /* "" while it stands */
    char lifter_person[STORE_NAME_SIZE];
    int64_t lifted_ms;
};

/* In force at once. */
STORE_MUST_USE enum store_error store_stop_add(struct store_tx *tx, struct store_stop *stop);
/* INVALID when it was lifted before; CONFLICT for the person who made it: one can stop, to go on
 * takes another. */
STORE_MUST_USE enum store_error store_stop_lift(struct store_tx *tx, const char *id,
                                                const struct store_person *by);
STORE_MUST_USE enum store_error store_stop_get(struct store_tx *tx, const char *id,
                                               struct store_stop *out);
/* The first one in force that is about this bank in this region; NOT_FOUND for none. */
STORE_MUST_USE enum store_error store_stop_standing(struct store_tx *tx, const char *bank,
                                                    const char *region, struct store_stop *out);
/* Newest first; `after` is the last sequence seen, 0 to start. */
STORE_MUST_USE enum store_error store_stop_list(struct store_tx *tx, int64_t after,
                                                struct store_stop *out, size_t cap, size_t *count);
/* Open operations that would bring a bank which the stop is about: some of them, until there are
 * none. */
STORE_MUST_USE enum store_error store_stop_outstanding(struct store_tx *tx,
                                                       const struct store_stop *stop,
                                                       char (*operations)[STORE_ID_SIZE],
                                                       size_t cap, size_t *count);

/* ---- decisions ---------------------------------------------------------------------------- */

/* One decision with all that it was made from, so that it can be made again. */
struct store_decision_record {
    int64_t sequence; /* set by the store */
    char id[STORE_ID_SIZE];
    char operation[STORE_ID_SIZE]; /* "" when it was denied */
    char card[STORE_ID_SIZE];
    char principal[STORE_ID_SIZE];
    char bank[STORE_SLUG_SIZE];          /* to be bound; "" for none */
    char previous_bank[STORE_SLUG_SIZE]; /* "" for none */
    int64_t time_ms;
    struct store_decision decision;
    struct store_blob json; /* facts and counts; written and read in ota-server/rebind */
};

STORE_MUST_USE enum store_error store_decision_add(struct store_tx *tx,
                                                   struct store_decision_record *record);
/* The record is to be given to store_decision_fini in any case. */
STORE_MUST_USE enum store_error store_decision_get(struct store_tx *tx, const char *id,
                                                   struct store_decision_record *out);
STORE_MUST_USE enum store_error store_decision_of_operation(struct store_tx *tx,
                                                            const char *operation,
                                                            struct store_decision_record *out);

/* NULL for "any". */
struct store_decision_filter {
    const char *card;
    const char *bank; /* that comes or goes */
};
/* Newest first; `after` is the last sequence seen, 0 to start. */
STORE_MUST_USE enum store_error
store_decision_list(struct store_tx *tx, const struct store_decision_filter *filter, int64_t after,
                    struct store_decision_record *out, size_t cap, size_t *count);
void store_decision_fini(struct store_decision_record *record);

/* ---- confirmations: a second person agrees beforehand ----------------------------------------
 */

struct store_confirmation {
    char id[STORE_ID_SIZE];
    char card[STORE_ID_SIZE];
    char product[STORE_PRODUCT_REF_SIZE]; /* "" for a revocation */
    char principal[STORE_ID_SIZE];
    char person[STORE_NAME_SIZE];
    int64_t made_ms;             /* set by the store */
    char used_by[STORE_ID_SIZE]; /* the operation that rests on it; "" for none */
};

/* INVALID without a person. */
STORE_MUST_USE enum store_error store_confirmation_add(struct store_tx *tx,
                                                       struct store_confirmation *confirmation);
STORE_MUST_USE enum store_error store_confirmation_get(struct store_tx *tx, const char *id,
                                                       struct store_confirmation *out);
/* CONFLICT when it was used. */
STORE_MUST_USE enum store_error store_confirmation_use(struct store_tx *tx, const char *id,
                                                       const char *operation);

/* ---- what limits count: policies/evaluate/limits.h -------------------------------------------
 */

/* An allowance that was acted on: the event that limits count. */
struct store_change {
    char operation[STORE_ID_SIZE];
    char card[STORE_ID_SIZE];
    char role[STORE_WORD_SIZE];
    char bank[STORE_SLUG_SIZE];
    char region[STORE_WORD_SIZE];
    bool is_switch;
    int64_t time_ms;            /* of the decision */
    int64_t cool_down_until_ms; /* 0 for none */
};

STORE_MUST_USE enum store_error store_change_add(struct store_tx *tx,
                                                 const struct store_change *change);
/* The change was given up: it gives its place back. OK too when there is none.
 * store_operation_update does it for whatever fails or is cancelled. */
STORE_MUST_USE enum store_error store_change_give_back(struct store_tx *tx, const char *operation);

/* NULL for "any". */
struct store_change_query {
    const char *card;
    const char *bank;
    const char *region;
    bool only_switches;
    int64_t since_ms; /* then or later, without an upper bound */
};
STORE_MUST_USE enum store_error
store_change_count(struct store_tx *tx, const struct store_change_query *query, int64_t *count);
/* Until when the last change of the card in this role asks for rest; 0 when it does not. */
STORE_MUST_USE enum store_error store_change_cool_down(struct store_tx *tx, const char *card,
                                                       const char *role, int64_t *until_ms);

/* Cards that a bank (NULL: any bank) has in a region (NULL: in any). */
STORE_MUST_USE enum store_error store_holding_count(struct store_tx *tx, const char *region,
                                                    const char *bank, int64_t *cards);

#endif
