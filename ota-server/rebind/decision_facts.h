/* The facts of a request, as far as the server knows them. Private to the decision. */
#ifndef OTA_SERVER_REBIND_DECISION_FACTS_H
#define OTA_SERVER_REBIND_DECISION_FACTS_H

#include "ota-server/rebind/decision.h"
#include "ota-server/rebind/decision_inputs.h"

/* Gathering them; texts are the request's, the policy's and those kept here. */
struct decision_gathering {
    struct store_tx *tx;
    const struct policy *policy; /* counts are taken as far as it asks for them; NULL: all */
    const struct decision_request *request;
    int64_t now_ms;
    struct decision_inputs inputs;
    enum store_error error; /* the first one of a counter */
    struct store_stop stop;
    struct store_confirmation confirmation; /* accepted; id "" for none */
    struct store_bank old_bank;
};

/* Fill `inputs`: facts, counters that ask the store, the stop in force, and what the request meets
 * of obligations. */
STORE_MUST_USE enum store_error decision_gather(struct decision_gathering *g);

#endif
