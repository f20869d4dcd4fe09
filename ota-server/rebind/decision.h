/* May this be done? The facts of a request about a card, put to the active policy.
 *
 *     struct decision made;
 *     if (decision_make(service, tx, &request, &made) == REBIND_REFUSED_NONE) {
 *         … act when decision_allows(&made.stored), and then …
 *         error = decision_keep(tx, &made, operation_id);   // "" for a denial
 *     }
 *     decision_fini(&made);
 *
 * Facts, counters, decision and what is done about it belong to one write transaction: it has the
 * store to itself, so two requests never both take the last place of a limit. An operation that
 * fails or is cancelled gives its place back (store_operation_update). */
#ifndef OTA_SERVER_REBIND_DECISION_H
#define OTA_SERVER_REBIND_DECISION_H

#include "ota-server/rebind/service.h"
#include "policies/compile/obligations.h"

#include <jansson.h>

/* What a request brings beside card and product. Each of it may be NULL or "": not said. */
struct decision_given {
    const char *channel;      /* word of request.channel */
    const char *reason;       /* word of request.reason */
    const char *age_band;     /* word of holder.age_band */
    const char *consent;      /* word of holder.consent */
    const char *evidence;     /* SHA-256, hex, of the signed consent that is on file */
    const char *confirmation; /* id of what a second person has confirmed (store_confirmation) */
    const char *language;     /* an Accept-Language header: of the answer's reason */
};

/* What the decision is about. Borrowed. */
struct decision_request {
    const struct store_card *card;
    const struct store_bank *bank; /* that comes; NULL when none does */
    const char *product;           /* "BANK/PRODUCT" of that bank; NULL without */
    const char *old_product;       /* bound now; "" for none */
    const char *role;
    const char *action;                 /* word of request.action */
    const char *actor_kind;             /* of the principal that asks */
    const char *actor;                  /* its id */
    const struct decision_given *given; /* NULL: nothing */
};

struct decision {
    struct store_decision stored; /* reason in the bureau's own language */
    struct store_obligations obligations;
    char reason[STORE_REASON_SIZE];      /* in the language of who asks */
    struct store_decision_record record; /* what decision_keep writes */
    struct store_change change;          /* the event that limits count; bank "" for none */
    char confirmation[STORE_ID_SIZE];    /* that it rests on; "" for none */
};

/* Decide; nothing is written. NO_POLICY when none is active. A denial is no refusal of this
 * function. Give `out` to decision_fini in any case. */
enum rebind_refusal decision_make(const struct rebind_service *service, struct store_tx *tx,
                                  const struct decision_request *request, struct decision *out);

/* The facts of a request that nobody has made, as a line of a facts file of ota-policy. A new
 * reference, or NULL with the error in `error`. */
json_t *decision_facts(const struct rebind_service *service, struct store_tx *tx,
                       const struct decision_request *request, enum store_error *error);

/* Write it down: the record, and for an allowance that is acted on, the event that limits count.
 * `operation` is "" for a denial. */
STORE_MUST_USE enum store_error decision_keep(struct store_tx *tx, struct decision *decision,
                                              const char *operation);
void decision_fini(struct decision *decision);

bool decision_allows(const struct store_decision *decision);

/* What making a decision again gives. */
struct decision_replay {
    bool same; /* effect, rule and reason are what they were */
    struct store_decision again;
};

/* Make a decision again from its record, by the version of the policy that made it. INTERNAL when
 * the record cannot be read. */
enum rebind_refusal decision_make_again(const struct rebind_service *service, struct store_tx *tx,
                                        const struct store_decision_record *record,
                                        struct decision_replay *out);

/* The record as people see it. A new reference; NULL when memory is exhausted. */
json_t *decision_json(const struct store_decision_record *record);

#endif
