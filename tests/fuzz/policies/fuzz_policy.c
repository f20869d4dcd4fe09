/* Documents and policies from any bytes: whatever compiles can be decided on, explained and tested,
 * and whatever does not has a problem that can be shown. */
#include "policies/evaluate/cases.h"
#include "policies/evaluate/explain.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void count_condition(void *user, const struct policy_explanation *item)
{
    size_t *count = user;
    fuzz_require(item->depth < DOC_DEPTH_MAX && item->line > 0 && strlen(item->condition) > 0);
    ++*count;
}

static bool count_seven(void *user, const struct policy_count *what, int64_t *number)
{
    (void)user;
    fuzz_require(what->limit != NULL);
    *number = 7;
    return true;
}

/* What holds for every decision, whatever the policy. */
static void decide(const struct policy *policy, const struct policy_facts *facts)
{
    struct policy_decision decision;
    policy_evaluate(policy, facts, &decision);
    fuzz_require(decision.effect == POLICY_DENY ||
                 (decision.rule_count > 0 && !decision.incomplete));
    fuzz_require(policy_decision_has_rule(&decision, policy_decision_rule(&decision)));
    size_t holding = 0;
    size_t conditions = 0;
    bool looked = !decision.out_of_scope && !facts->has_refused;
    for (size_t i = 0; i < policy_rule_count(policy); i++) {
        bool holds =
            policy_explain_rule(policy, i, facts, count_condition, &conditions) == POLICY_YES;
        bool decides = decision.rule_count > 0 &&
                       policy_decision_has_rule(&decision, policy_rule_info(policy, i).id);
        fuzz_require(holds || !decides);
        holding += holds;
    }
    fuzz_require(!looked || decision.incomplete || (holding > 0) == (decision.rule_count > 0));
}

static void use(const struct policy *policy)
{
    static const char *const regions[] = {"310000", "320000"};
    struct policy_facts facts = {0};
    decide(policy, &facts);
    policy_facts_set_string(&facts, POLICY_CARD_REGION, "310000");
    policy_facts_set_string(&facts, POLICY_CARD_STATUS, "active");
    policy_facts_set_string(&facts, POLICY_BANK_ID, "bank-a");
    policy_facts_set_string(&facts, POLICY_BANK_STATUS, "active");
    policy_facts_set_string(&facts, POLICY_REQUEST_ACTION, "switch");
    policy_facts_set_set(&facts, POLICY_BANK_LICENSED_REGIONS, regions, 2);
    policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, 1);
    decide(policy, &facts);
    policy_facts_set_string(&facts, POLICY_CARD_GENERATION, "3");
    policy_facts_set_int(&facts, POLICY_REQUEST_TIME, INT64_C(1800000000000));
    facts.counters = (struct policy_counters){.count = count_seven};
    decide(policy, &facts);
    for (size_t i = 0; i < policy_case_count(policy); i++) {
        struct policy_case_result result;
        policy_case_run(policy, i, &result);
        fuzz_require(result.passed == (result.difference[0] == '\0'));
    }
}

static void show(const struct document_problem *problem)
{
    char text[DOC_PROBLEM_SIZE];
    fuzz_require(problem->error != DOC_OK && problem->text[0] != '\0');
    fuzz_require(strlen(doc_problem_format(problem, text, sizeof text)) < sizeof text - 1);
    fuzz_require(problem->line == 0 || problem->column > 0);
}

/* What is formatted says the same, which doc_format itself sees to, and formatting it again changes
 * nothing. */
static void format(struct scp_bytes text)
{
    struct document_problem problem = {0};
    struct document *doc;
    struct document *again;
    char *first = NULL;
    char *second = NULL;
    if (doc_new("fuzz.yaml", text, &doc, &problem) != DOC_OK)
        return;
    if (doc_format(doc, &first, &problem) == DOC_OK) {
        fuzz_require(doc_new("fuzz.yaml", scp_bytes_of(first, strlen(first)), &again, &problem) ==
                     DOC_OK);
        fuzz_require(doc_format(again, &second, &problem) == DOC_OK && second != NULL);
        doc_free(again);
    }
    free(first);
    free(second);
    doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct document_problem problem = {0};
    struct policy *policy;
    format(scp_bytes_of(data, size));
    if (policy_compile("fuzz.yaml", scp_bytes_of(data, size), &policy, &problem) == DOC_OK)
        use(policy);
    else
        show(&problem);
    policy_free(policy);
    return 0;
}
