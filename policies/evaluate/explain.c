#include "policies/evaluate/explain.h"

#include "policies/compile/text.h"
#include "policies/evaluate/holds.h"

#include <assert.h>
#include <inttypes.h>

enum { LINE_SIZE = 512 };

struct explaining {
    struct policy_reading reading;
    policy_explain_fn *each;
    void *user;
};

static void add_constant(struct policy_text *text, const struct policy_condition *test)
{
    const struct policy_value *constant = &test->constant;
    if (test->op->operand == POLICY_OPERAND_MANY) {
        for (size_t i = 0; i < constant->count; i++)
            policy_text_add(text, "%s%s", i > 0 ? ", " : " [", constant->items[i]);
        policy_text_add(text, "]");
    } else if (policy_fact_info(test->fact)->type == POLICY_NUMBER)
        policy_text_add(text, " %" PRId64, constant->number);
    else
        policy_text_add(text, " %s", constant->text);
}

static void describe_test(const struct policy_condition *test, struct policy_text *text)
{
    policy_text_add(text, "%s %s", policy_fact_info(test->fact)->name, test->op->name);
    if (test->against_fact)
        policy_text_add(text, " $%s", policy_fact_info(test->other)->name);
    else if (test->op->operand != POLICY_OPERAND_TRUE)
        add_constant(text, test);
}

static void add_found(struct policy_text *text, const struct policy_facts *facts,
                      enum policy_fact fact)
{
    char value[LINE_SIZE / 2];
    policy_text_add(text, "%s%s is %s", text->len > 0 ? ", " : "", policy_fact_info(fact)->name,
                    policy_facts_format(facts, fact, value, sizeof value));
}

static void describe(const struct policy_condition *condition, const struct policy_facts *facts,
                     struct policy_text *text, struct policy_text *found)
{
    static const char *const groups[] = {[POLICY_CONDITION_ALL] = "all of",
                                         [POLICY_CONDITION_ANY] = "any of",
                                         [POLICY_CONDITION_NONE] = "none of"};
    if (condition->kind != POLICY_CONDITION_TEST) {
        policy_text_add(text, "%s", groups[condition->kind]);
        return;
    }
    describe_test(condition, text);
    add_found(found, facts, condition->fact);
    if (condition->against_fact)
        add_found(found, facts, condition->other);
}

/* A member of a group that is one condition needs no "all of" around it. */
static const struct policy_condition *without_shell(const struct policy_condition *condition)
{
    while (condition->kind == POLICY_CONDITION_ALL && condition->first != NULL &&
           condition->first == condition->last)
        condition = condition->first;
    return condition;
}

/* As deep as the conditions, which DOC_DEPTH_MAX bounds. */
static void explain_members(struct explaining *e, const struct policy_condition *group,
                            unsigned depth)
{
    for (const struct policy_condition *at = group->first; at != NULL; at = at->next) {
        const struct policy_condition *condition = without_shell(at);
        char text[LINE_SIZE];
        char found[LINE_SIZE];
        struct policy_text text_out = policy_text_on(text, sizeof text);
        struct policy_text found_out = policy_text_on(found, sizeof found);
        describe(condition, e->reading.facts, &text_out, &found_out);
        const struct policy_explanation item = {
            .depth = depth,
            .line = condition->line,
            .holds = policy_condition_holds(condition, &e->reading),
            .is_group = condition->kind != POLICY_CONDITION_TEST,
            .condition = text,
            .found = found,
        };
        e->each(e->user, &item);
        explain_members(e, condition, depth + 1);
    }
}

bool policy_explain_rule(const struct policy *policy, size_t rule, const struct policy_facts *facts,
                         policy_explain_fn *each, void *user)
{
    assert(rule < policy->rule_count);
    struct explaining e = {.reading = {.facts = facts}, .each = each, .user = user};
    const struct policy_condition *when = policy->rules[rule].when;
    explain_members(&e, when, 0);
    return policy_condition_holds(when, &e.reading);
}
