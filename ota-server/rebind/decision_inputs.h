/* All that a decision is made from, and the decision itself: a pure function of the two, the policy
 * and the inputs. They can be written as JSON and read back, so that a decision can be made again
 * years later to the same answer.
 *
 * Inputs borrow the texts that were set; those read from JSON borrow from the json_t. */
#ifndef OTA_SERVER_REBIND_DECISION_INPUTS_H
#define OTA_SERVER_REBIND_DECISION_INPUTS_H

#include "ota-server/store/store.h"
#include "policies/evaluate/evaluate.h"

#include <jansson.h>

/* A limit asks at most two questions. */
enum { DECISION_COUNTS_MAX = 2 * POLICY_LIMITS_MAX, DECISION_ITEMS_MAX = STORE_REGIONS_MAX };

/* What stands for a rule's id when no rule of the policy has decided. No policy has such ids. */
#define DECISION_RULE_STOP "stop:" /* and the stop's id */
#define DECISION_RULE_CONSENT "obligation:consent_evidence"
#define DECISION_RULE_SECOND_PERSON "obligation:second_person"

/* A question of a limit and what was counted for it. */
struct decision_count {
    struct policy_count what;
    int64_t number;
};

struct decision_inputs {
    struct policy_facts facts;
    const char *items[DECISION_ITEMS_MAX]; /* of the one fact that is a set */
    struct decision_count counts[DECISION_COUNTS_MAX];
    size_t count;
    const char *stop; /* id of the emergency stop in force; NULL for none */
    const char *stop_reason;
    enum policy_evidence consent; /* what is on file of the holder's consent */
    const char *evidence;         /* its digest, hex; NULL for none */
    const char *second_person;    /* principal who has confirmed; NULL for none */
};

struct decision_answer {
    struct policy_decision made; /* of the policy alone */
    enum policy_effect effect;
    char rule[STORE_LABEL_SIZE];
    const char *reason; /* in the bureau's own language */
    /* the same in each language of the policy; NULL when it is not the policy's */
    const char *const *reasons;
};

/* Decide. Texts in `out` are those of policy and inputs. */
void decision_answer(const struct policy *policy, const struct decision_inputs *inputs,
                     struct decision_answer *out);

/* The inputs as far as the policy asks about them, and what led to the answer. A new reference;
 * NULL when memory is exhausted. */
json_t *decision_inputs_json(const struct policy *policy, const struct decision_inputs *inputs,
                             const struct decision_answer *answer);
/* {"card.region": "310000", …}: those of the set that are there. A moment is a number of
 * milliseconds. */
json_t *decision_facts_json(const struct policy_facts *facts, policy_fact_set shown);
/* Back; counters then answer what was counted. The inputs must stay where they are. False for what
 * decision_inputs_json has not written. */
bool decision_inputs_read(struct decision_inputs *inputs, const json_t *json);

#endif
