#include "tests/unit/policies/reference/compare.h"

#include "policies/evaluate/evaluate.h"

#include <stdio.h>
#include <string.h>

static bool same_rules(const struct policy_decision *made, const struct reference_decision *wanted)
{
    if (made->rule_count + made->rules_unlisted != wanted->rule_count)
        return false;
    for (size_t i = 0; i < made->rule_count; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "r%zu", wanted->rules[i]);
        if (strcmp(id, made->rules[i]) != 0)
            return false;
    }
    return true;
}

static bool same(const struct policy_decision *made, const struct reference_decision *wanted)
{
    bool deletes = made->obligations.retire_old_bank == POLICY_RETIRE_DELETE;
    return (made->effect == POLICY_ALLOW) == wanted->allows &&
           made->incomplete == wanted->incomplete && made->out_of_scope == wanted->out_of_scope &&
           deletes == wanted->retires && same_rules(made, wanted);
}

static void print_difference(const struct random_policy *policy, const struct policy_facts *facts,
                             const struct policy_decision *made)
{
    char value[256];
    (void)fprintf(stderr, "%s\ndecided %s by %s on\n", policy->text,
                  policy_effect_name(made->effect), policy_decision_rule(made));
    for (size_t i = 0; i < POLICY_FACT_COUNT; i++)
        (void)fprintf(stderr, "  %s: %s\n", policy_fact_names[i],
                      policy_facts_format(facts, (enum policy_fact)i, value, sizeof value));
}

static int compare_rounds(struct choices *c, const struct random_policy *random,
                          const struct policy *policy, unsigned rounds)
{
    int allowed = 0;
    for (unsigned i = 0; i < rounds; i++) {
        struct random_facts facts;
        struct policy_decision made;
        struct reference_decision wanted;
        random_facts_make(c, &facts);
        policy_evaluate(policy, &facts.facts, &made);
        reference_decide(random, &facts.facts, &wanted);
        if (!same(&made, &wanted)) {
            print_difference(random, &facts.facts, &made);
            return -1;
        }
        allowed += wanted.allows;
    }
    return allowed;
}

int reference_compare(struct choices *c, unsigned rounds)
{
    static struct random_policy random; /* large */
    struct document_problem problem = {0};
    struct policy *policy;
    random_policy_make(c, &random);
    struct scp_bytes text = scp_bytes_of(random.text, random.text_len);
    if (policy_compile("random.yaml", text, &policy, &problem) != DOC_OK) {
        char shown[DOC_PROBLEM_SIZE];
        (void)fprintf(stderr, "%s", doc_problem_format(&problem, shown, sizeof shown));
        return -1;
    }
    int allowed = compare_rounds(c, &random, policy, rounds);
    policy_free(policy);
    return allowed;
}
