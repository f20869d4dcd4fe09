#include "policies/evaluate/cases.h"

#include "policies/compile/program.h"
#include "policies/compile/text.h"

#include <assert.h>

static bool same_obligations(const struct policy_obligations *a, const struct policy_obligations *b)
{
    return a->retire_old_bank == b->retire_old_bank &&
           a->allow_break_before_make == b->allow_break_before_make;
}

static void describe_obligations(struct policy_text *text, const struct policy_obligations *o)
{
    policy_text_add(text, "retire_old_bank %s, allow_break_before_make %s",
                    policy_retire_name(o->retire_old_bank),
                    o->allow_break_before_make ? "true" : "false");
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
    else if (item->expects_obligations &&
             !same_obligations(&item->obligations, &decision->obligations)) {
        policy_text_add(text, "expected ");
        describe_obligations(text, &item->obligations);
        policy_text_add(text, "; got ");
        describe_obligations(text, &decision->obligations);
    }
}

void policy_case_run(const struct policy *policy, size_t index, struct policy_case_result *out)
{
    assert(index < policy->case_count);
    const struct policy_case *item = &policy->cases[index];
    struct policy_text text = policy_text_on(out->difference, sizeof out->difference);
    out->name = item->name;
    out->line = item->line;
    policy_evaluate(policy, &item->facts, &out->decision);
    compare(item, &out->decision, &text);
    out->passed = text.len == 0;
}
