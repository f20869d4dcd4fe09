#include "policies/evaluate/cases.h"

#include "policies/compile/text.h"
#include "policies/evaluate/holds.h"

#include <assert.h>
#include <string.h>

enum { OBLIGATIONS_SIZE = 256 };

/* The counters of a case: whose limits count what it says. */
struct counts {
    const struct policy *policy;
    const struct policy_case *item;
};

static bool count_of_case(void *user, const struct policy_count *what, int64_t *number)
{
    const struct counts *counts = user;
    *number = 0;
    for (size_t i = 0; i < counts->item->count_count; i++) {
        const struct policy_case_count *given = &counts->item->counts[i];
        const struct policy_limit *limit = &counts->policy->limits[given->limit];
        if (strcmp(limit->id, what->limit) != 0)
            continue;
        bool is_whole = limit->kind == POLICY_LIMIT_SHARE && what->bank == NULL;
        *number = is_whole ? given->of : given->number;
    }
    return true;
}

static void compare_obligations(const struct policy_case *item,
                                const struct policy_decision *decision, struct policy_text *text)
{
    char obligations[OBLIGATIONS_SIZE];
    policy_text_add(text, "expected %s; ",
                    policy_obligations_format(&item->obligations, obligations, sizeof obligations));
    policy_text_add(
        text, "got %s",
        policy_obligations_format(&decision->obligations, obligations, sizeof obligations));
}

/* Adds what differs, if anything does. */
static void compare(const struct policy_case *item, const struct policy_decision *decision,
                    struct policy_text *text)
{
    const char *rule = policy_decision_rule(decision);
    if (decision->effect != item->expect)
        policy_text_add(text, "expected %s, got %s by %s", policy_effect_name(item->expect),
                        policy_effect_name(decision->effect), rule);
    else if (item->rule != NULL && !policy_decision_has_rule(decision, item->rule))
        policy_text_add(text, "expected the rule %s, but %s decided", item->rule, rule);
    else if (item->exception != NULL && !policy_decision_has_exception(decision, item->exception))
        policy_text_add(text, "expected the exception %s, which lifted nothing", item->exception);
    else if (item->expects_obligations &&
             !policy_obligations_equal(&item->obligations, &decision->obligations))
        compare_obligations(item, decision, text);
}

void policy_case_run(const struct policy *policy, size_t index, struct policy_case_result *out)
{
    assert(index < policy->case_count);
    const struct policy_case *item = &policy->cases[index];
    struct counts counts = {policy, item};
    struct policy_facts facts = item->facts;
    struct policy_text text = policy_text_on(out->difference, sizeof out->difference);
    facts.counters = (struct policy_counters){count_of_case, &counts};
    out->name = item->name;
    out->line = item->line;
    policy_evaluate(policy, &facts, &out->decision);
    compare(item, &out->decision, &text);
    out->passed = text.len == 0;
}

bool policy_case_exercises(const struct policy *policy, size_t index,
                           const struct policy_case_result *result, size_t rule)
{
    const struct policy_rule *it = &policy->rules[rule];
    const struct policy_decision *decision = &result->decision;
    if (policy_decision_has_rule(decision, it->id))
        return true;
    if (decision->rules_unlisted == 0 || it->effect != decision->effect)
        return false;
    struct policy_known known;
    const struct policy_exception *by;
    policy_know(policy, &policy->cases[index].facts, &known);
    return policy_lifted_answer(policy_condition_answer(&it->when, &known), &it->lifts, &known,
                                &by) == POLICY_YES;
}
