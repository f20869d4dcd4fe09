/* What may come when in a transaction: a table, whose gaps are refused with 6985. */
#include "agent/card/payment.h"

static const struct transition {
    uint8_t from;
    uint8_t event;
    uint8_t to;
} transitions[] = {
    {PAYMENT_SELECTED, PAYMENT_GETS_OPTIONS, PAYMENT_INITIATED},
    {PAYMENT_INITIATED, PAYMENT_SIGNS, PAYMENT_INITIATED},
    {PAYMENT_INITIATED, PAYMENT_GOES_ONLINE, PAYMENT_ONLINE},
    {PAYMENT_INITIATED, PAYMENT_ENDS_OFFLINE, PAYMENT_ENDED},
    {PAYMENT_ONLINE, PAYMENT_AUTHENTICATES_ISSUER, PAYMENT_ANSWERED},
    {PAYMENT_ONLINE, PAYMENT_COMPLETES, PAYMENT_COMPLETED},
    {PAYMENT_ANSWERED, PAYMENT_COMPLETES, PAYMENT_COMPLETED},
    {PAYMENT_ONLINE, PAYMENT_RUNS_SCRIPT, PAYMENT_ONLINE},
    {PAYMENT_ANSWERED, PAYMENT_RUNS_SCRIPT, PAYMENT_ANSWERED},
    {PAYMENT_COMPLETED, PAYMENT_RUNS_SCRIPT, PAYMENT_COMPLETED},
};

static const struct transition *find(const struct card_applet_call *call, enum payment_event event)
{
    for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++)
        if (transitions[i].from == call->state[PAYMENT_AT_STAGE] && transitions[i].event == event)
            return &transitions[i];
    return NULL;
}

bool payment_may(const struct card_applet_call *call, enum payment_event event)
{
    return find(call, event) != NULL;
}

void payment_move(const struct card_applet_call *call, enum payment_event event)
{
    const struct transition *transition = find(call, event);
    if (transition != NULL)
        call->state[PAYMENT_AT_STAGE] = transition->to;
}
