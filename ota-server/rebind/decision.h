/* May this be done? The facts of a request about a card, put to the active policy. */
#ifndef OTA_SERVER_REBIND_DECISION_H
#define OTA_SERVER_REBIND_DECISION_H

#include "ota-server/rebind/service.h"

/* What the decision is about. Borrowed; `bank` and its product are NULL for a revocation. */
struct decision_request {
    const struct store_card *card;
    const struct store_bank *bank;
    const char *role;
    const char *action;     /* "bind", "switch", "revoke" */
    const char *actor_kind; /* of the principal that asks */
};

/* Decide inside the transaction that acts on the decision. NO_POLICY when none is active. A denial
 * is no refusal of this function: it stands in `decision->effect`. */
enum rebind_refusal decision_make(const struct rebind_service *service, struct store_tx *tx,
                                  const struct decision_request *request,
                                  struct store_decision *decision,
                                  struct store_obligations *obligations);

bool decision_allows(const struct store_decision *decision);

#endif
