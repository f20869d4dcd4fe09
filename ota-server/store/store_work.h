/* The store's second half: what is being done (operations, exchanges, events, contacts) and who may
 * do it and did it (principals, audit). Included by store.h; the same rules hold. */
#ifndef OTA_SERVER_STORE_STORE_WORK_H
#define OTA_SERVER_STORE_STORE_WORK_H

#include "ota-server/store/store.h"

/* ---- operations --------------------------------------------------------------------------- */

enum store_operation_kind {
    STORE_OPERATION_BIND,
    STORE_OPERATION_SWITCH,
    STORE_OPERATION_REVOKE,
    STORE_OPERATION_AUDIT,
    STORE_OPERATION_REKEY, /* what to which security domain: store_rekey_get */
    STORE_OPERATION_SUSPEND,
    STORE_OPERATION_RESUME,
    STORE_OPERATION_LOAD,
    STORE_OPERATION_PURGE,
};
enum { STORE_OPERATION_KINDS = STORE_OPERATION_PURGE + 1 };
/* Open ones are PENDING and RUNNING. */
enum store_operation_state {
    STORE_OPERATION_PENDING,
    STORE_OPERATION_RUNNING,
    STORE_OPERATION_DONE,
    STORE_OPERATION_FAILED,
    STORE_OPERATION_CANCELLED,
};
enum store_retire { STORE_RETIRE_KEEP, STORE_RETIRE_LOCK, STORE_RETIRE_DELETE };

/* What the policy said when the operation was accepted. */
struct store_decision {
    char effect[STORE_WORD_SIZE]; /* "allow", "deny" */
    char rule[STORE_LABEL_SIZE];
    char reason[STORE_REASON_SIZE];
    int32_t policy_version;
    uint8_t policy_digest[32];
};

struct store_obligations {
    enum store_retire retire;
    bool break_before_make;
};

struct store_progress {
    uint32_t steps_done;
    uint32_t steps_total;
    uint64_t bytes_done;
    uint64_t bytes_total;
    uint32_t exchanges;
};

struct store_operation {
    char id[STORE_ID_SIZE];
    char card[STORE_ID_SIZE];
    char role[STORE_WORD_SIZE];
    char product[STORE_PRODUCT_REF_SIZE];             /* "" when revoking or auditing */
    char previous_product[STORE_PRODUCT_REF_SIZE];    /* "" when there was none */
    char principal[STORE_ID_SIZE];                    /* who asked for it */
    char idempotency_key[STORE_IDEMPOTENCY_KEY_SIZE]; /* unique per principal; "" for none */
    char cause[STORE_REASON_SIZE];                    /* why it waits, failed or was cancelled */
    char why[STORE_REASON_SIZE];                      /* why this way: what the planner said */
    char evidence_by[STORE_LABEL_SIZE];               /* "r-mac,cryptogram" */
    bool previous_suspended;                          /* whether the previous product was */
    bool may_still_run; /* read only: it has ended, and a script of it has not been burned */
    struct store_decision decision;
    struct store_obligations obligations;
    enum store_operation_kind kind;
    enum store_operation_state state;
    enum store_evidence evidence;
    int32_t product_version;
    int32_t previous_version;
    enum store_form form; /* of a load */
    uint32_t priority;    /* 0 to STORE_PRIORITY_MAX, which comes first */
    uint32_t attempts;
    struct store_progress progress;
    int64_t not_before_ms;
    int64_t deadline_ms; /* 0 for none */
    int64_t created_ms;
    int64_t updated_ms;
};

/* CONFLICT when the card already has an open operation, or the idempotency key is used. */
STORE_MUST_USE enum store_error store_operation_add(struct store_tx *tx,
                                                    struct store_operation *operation);
STORE_MUST_USE enum store_error store_operation_get(struct store_tx *tx, const char *id,
                                                    struct store_operation *out);
STORE_MUST_USE enum store_error store_operation_by_key(struct store_tx *tx, const char *principal,
                                                       const char *idempotency_key,
                                                       struct store_operation *out);
/* The card's open operation, due or not. */
STORE_MUST_USE enum store_error store_operation_open(struct store_tx *tx, const char *card,
                                                     struct store_operation *out);
/* As store_operation_open, but NOT_FOUND before not_before_ms and for a card that is not active. */
STORE_MUST_USE enum store_error store_operation_due(struct store_tx *tx, const char *card,
                                                    struct store_operation *out);
/* Open operations whose deadline has passed, oldest deadline first. */
STORE_MUST_USE enum store_error store_operation_overdue(struct store_tx *tx,
                                                        struct store_operation *out, size_t cap,
                                                        size_t *count);
/* Store state, cause, why, progress, evidence, attempts, not_before_ms and deadline_ms; the rest
 * never changes. Sets updated_ms. What fails or is cancelled gives back its places in the policy's
 * limits. CONFLICT when the stored operation is no longer open. */
STORE_MUST_USE enum store_error store_operation_update(struct store_tx *tx,
                                                       struct store_operation *operation);

/* NULL or -1 for "any". */
struct store_operation_filter {
    const char *card;
    const char *bank; /* whose product comes or goes */
    int state;        /* enum store_operation_state */
};
STORE_MUST_USE enum store_error store_operation_list(struct store_tx *tx,
                                                     const struct store_operation_filter *filter,
                                                     const char *after, struct store_operation *out,
                                                     size_t cap, size_t *count);
bool store_operation_is_open(enum store_operation_state state);

/* ---- findings: what an audit found to differ from what is desired -------------------------- */

enum store_finding_kind {
    STORE_FINDING_MISSING,   /* desired, and not on the card */
    STORE_FINDING_LOCKED,    /* desired in use, and locked */
    STORE_FINDING_UNLOCKED,  /* desired suspended or ready, and selectable */
    STORE_FINDING_UNDESIRED, /* on the card, and desired by nobody */
    STORE_FINDING_KINDS
};

struct store_finding {
    enum store_finding_kind kind;
    char aid[STORE_AID_SIZE];
    char product[STORE_PRODUCT_REF_SIZE]; /* "" when it is nobody's product */
};

/* Forget those of the operation and put these. */
STORE_MUST_USE enum store_error store_finding_replace(struct store_tx *tx, const char *operation,
                                                      const struct store_finding *findings,
                                                      size_t count);
STORE_MUST_USE enum store_error store_finding_list(struct store_tx *tx, const char *operation,
                                                   struct store_finding *out, size_t cap,
                                                   size_t *count);

/* ---- exchanges: scripts given out --------------------------------------------------------- */

enum store_exchange_state {
    STORE_EXCHANGE_OUTSTANDING, /* may run on the card at any time */
    STORE_EXCHANGE_ANSWERED,
    STORE_EXCHANGE_BURNED,   /* can run no more: the card's counter has passed it */
    STORE_EXCHANGE_GIVEN_UP, /* nobody waits for it, and it has not been burned yet */
};

struct store_exchange {
    char id[STORE_ID_SIZE];
    char operation[STORE_ID_SIZE];
    char card[STORE_ID_SIZE];
    char agent[STORE_ID_SIZE];  /* principal */
    char record[STORE_ID_SIZE]; /* personalisation that it or one before it carries; "" for none */
    uint32_t sequence;          /* within the operation, from 0; set by the store */
    enum store_exchange_state state;
    uint8_t response_digest[32]; /* once answered */
    char reply[STORE_ID_SIZE];   /* once answered: the next exchange; "" when that closed it */
    int64_t created_ms;
};

/* `script` is resent as it is; `sealed_state` is what the answer will be verified with. CONFLICT
 * when the card has an outstanding exchange. */
STORE_MUST_USE enum store_error store_exchange_add(struct store_tx *tx,
                                                   struct store_exchange *exchange,
                                                   struct scp_bytes script,
                                                   struct scp_bytes sealed_state);
STORE_MUST_USE enum store_error store_exchange_get(struct store_tx *tx, const char *id,
                                                   struct store_exchange *out);
STORE_MUST_USE enum store_error store_exchange_outstanding(struct store_tx *tx, const char *card,
                                                           struct store_exchange *out);
STORE_MUST_USE enum store_error store_exchange_script(struct store_tx *tx, const char *id,
                                                      struct store_blob *out);
STORE_MUST_USE enum store_error store_exchange_sealed_state(struct store_tx *tx, const char *id,
                                                            struct store_blob *out);
/* Mark as answered. The same digest again is OK and changes nothing; another digest, or a burned
 * exchange, is CONFLICT. */
STORE_MUST_USE enum store_error store_exchange_answer(struct store_tx *tx, const char *id,
                                                      const uint8_t digest[32]);
/* Record what the answered exchange was replied with: the next exchange's id, or "". */
STORE_MUST_USE enum store_error store_exchange_set_reply(struct store_tx *tx, const char *id,
                                                         const char *reply);
/* CONFLICT unless it is outstanding. */
STORE_MUST_USE enum store_error store_exchange_give_up(struct store_tx *tx, const char *id);
/* Operations of the card that have scripts given up and not burned, each once. */
STORE_MUST_USE enum store_error store_exchange_given_up(struct store_tx *tx, const char *card,
                                                        char (*operations)[STORE_ID_SIZE],
                                                        size_t cap, size_t *count);
/* The card's counter has passed all that were given up. */
STORE_MUST_USE enum store_error store_exchange_burn(struct store_tx *tx, const char *card);

/* ---- events ------------------------------------------------------------------------------- */

struct store_event {
    int64_t sequence;              /* grows with every event; never used twice */
    char operation[STORE_ID_SIZE]; /* "" for a sighting */
    int64_t time_ms;
    struct store_blob json; /* the operation or sighting as the API shows it */
};

STORE_MUST_USE enum store_error store_event_append(struct store_tx *tx, const char *operation,
                                                   const char *json, int64_t *sequence);
/* Progress within an exchange: takes the place of what was said of that exchange before. */
STORE_MUST_USE enum store_error store_event_put_progress(struct store_tx *tx,
                                                         const struct store_exchange *exchange,
                                                         const char *json, int64_t *sequence);
/* Events after a sequence; of one operation, or of all when `operation` is NULL. Each element is to
 * be given to store_event_fini. */
STORE_MUST_USE enum store_error store_event_list(struct store_tx *tx, const char *operation,
                                                 int64_t after, struct store_event *out, size_t cap,
                                                 size_t *count);
/* The last sequence; 0 when there is none. */
STORE_MUST_USE enum store_error store_event_last(struct store_tx *tx, int64_t *sequence);
void store_event_fini(struct store_event *event);

/* ---- contacts: cards in reach of an agent ------------------------------------------------- */

struct store_contact {
    char card[STORE_ID_SIZE];
    char agent[STORE_ID_SIZE];
    int64_t last_seen_ms;
};

/* The agent has the card in reach. CONFLICT when another agent was seen with it less than
 * `window_ms` ago. */
STORE_MUST_USE enum store_error store_contact_claim(struct store_tx *tx, const char *card,
                                                    const char *agent, int64_t window_ms);
/* OK too when the agent does not have it. */
STORE_MUST_USE enum store_error store_contact_release(struct store_tx *tx, const char *card,
                                                      const char *agent);
STORE_MUST_USE enum store_error store_contact_get(struct store_tx *tx, const char *card,
                                                  struct store_contact *out);

/* ---- sightings: what a person should look at ----------------------------------------------- */

enum store_sighting_kind {
    STORE_SIGHTING_UNKNOWN,      /* a card that is not known here */
    STORE_SIGHTING_ELSEWHERE,    /* while another agent has a card of this identity in contact */
    STORE_SIGHTING_COUNTER_BACK, /* the card showed a lower counter than it had before */
    STORE_SIGHTING_QUARANTINED,  /* a quarantined card */
    STORE_SIGHTING_RETIRED,      /* a retired card */
    STORE_SIGHTING_KINDS
};

struct store_sighting {
    uint8_t identity[32]; /* the pseudonym */
    enum store_sighting_kind kind;
    char agent[STORE_ID_SIZE]; /* principal */
    uint32_t times;            /* set by the store, like what follows */
    int64_t first_ms;
    int64_t last_ms;
};

/* Count it. `is_news`: it is the first of its kind, or the last one was longer than `quiet_ms` ago.
 */
STORE_MUST_USE enum store_error store_sighting_note(struct store_tx *tx,
                                                    struct store_sighting *sighting,
                                                    int64_t quiet_ms, bool *is_news);
STORE_MUST_USE enum store_error store_sighting_list(struct store_tx *tx, const uint8_t identity[32],
                                                    struct store_sighting *out, size_t cap,
                                                    size_t *count);
STORE_MUST_USE enum store_error store_sighting_forget(struct store_tx *tx,
                                                      const uint8_t identity[32]);

/* ---- principals --------------------------------------------------------------------------- */

enum store_principal_kind {
    STORE_PRINCIPAL_BANK,
    STORE_PRINCIPAL_AGENT,
    STORE_PRINCIPAL_OPERATOR,
    STORE_PRINCIPAL_AUTHOR,
    STORE_PRINCIPAL_APPROVER,
    STORE_PRINCIPAL_OFFICER,
    STORE_PRINCIPAL_AUDITOR,
};
enum store_principal_status { STORE_PRINCIPAL_ACTIVE, STORE_PRINCIPAL_DISABLED };

struct store_principal {
    char id[STORE_ID_SIZE];
    uint8_t fingerprint[32]; /* SHA-256 of the certificate; unique */
    enum store_principal_kind kind;
    char tenant[STORE_SLUG_SIZE]; /* a bank's id, an agent's region; "" for none */
    char person[STORE_NAME_SIZE]; /* "" for a machine */
    char name[STORE_NAME_SIZE];
    enum store_principal_status status;
    int64_t created_ms;
};

/* CONFLICT when the certificate is registered. */
STORE_MUST_USE enum store_error store_principal_add(struct store_tx *tx,
                                                    struct store_principal *principal);
STORE_MUST_USE enum store_error store_principal_get(struct store_tx *tx, const char *id,
                                                    struct store_principal *out);
/* Disabled ones too: look at the status. */
STORE_MUST_USE enum store_error store_principal_by_fingerprint(struct store_tx *tx,
                                                               const uint8_t fingerprint[32],
                                                               struct store_principal *out);
STORE_MUST_USE enum store_error store_principal_disable(struct store_tx *tx, const char *id);
STORE_MUST_USE enum store_error store_principal_list(struct store_tx *tx, const char *after,
                                                     struct store_principal *out, size_t cap,
                                                     size_t *count);

/* ---- audit -------------------------------------------------------------------------------- */

/* What is to be recorded. Borrowed. */
struct store_audit_entry {
    const char *actor;  /* principal id; "" for the service itself */
    const char *action; /* "binding.put" */
    const char *object; /* "card/…" */
    const char *detail; /* JSON without personal data; "" for none */
};

struct store_audit {
    int64_t sequence; /* 1, 2, 3, … without a gap */
    int64_t time_ms;
    char actor[STORE_ID_SIZE];
    char action[STORE_LABEL_SIZE];
    char object[STORE_NAME_SIZE];
    struct store_blob detail;
    uint8_t previous[32]; /* hash of the record before; zeros for the first */
    uint8_t hash[32];
};

/* The end of the chain, signed (vault_sign over sequence(8) ‖ hash(32)). */
struct store_checkpoint {
    int64_t sequence;
    uint8_t hash[32];
    uint8_t signature[72];
    size_t signature_len;
    int64_t time_ms;
};

/* Append a record; hash = SHA-256 of "RBA" 01 ‖ previous ‖ sequence(8) ‖ time(8) ‖ each text as
 * length(4) ‖ bytes. `out` (may be NULL) gets sequence and hash. */
STORE_MUST_USE enum store_error store_audit_append(struct store_tx *tx,
                                                   const struct store_audit_entry *entry,
                                                   struct store_checkpoint *out);
/* Each element is to be given to store_audit_fini. */
STORE_MUST_USE enum store_error store_audit_list(struct store_tx *tx, int64_t after,
                                                 struct store_audit *out, size_t cap,
                                                 size_t *count);
void store_audit_fini(struct store_audit *record);
/* Sequence and hash of the last record; both zero when there is none. */
STORE_MUST_USE enum store_error store_audit_head(struct store_tx *tx, struct store_checkpoint *out);
/* CONFLICT when it does not name a record of the chain. */
STORE_MUST_USE enum store_error store_checkpoint_add(struct store_tx *tx,
                                                     struct store_checkpoint *checkpoint);
STORE_MUST_USE enum store_error store_checkpoint_last(struct store_tx *tx,
                                                      struct store_checkpoint *out);
/* Recompute the whole chain and compare it with the checkpoints. CORRUPT, with the first sequence
 * that is altered or missing in `broken`. Signatures are the caller's to check. */
STORE_MUST_USE enum store_error store_audit_verify(struct store_tx *tx, int64_t *broken);

#endif
