#include "policies/evaluate/explain.h"

#include "policies/compile/text.h"
#include "policies/evaluate/holds.h"

#include <assert.h>

enum { LINE_SIZE = 512 };

struct explaining {
    struct policy_known known;
    policy_explain_fn *each;
    void *user;
};

static void add_constant(struct policy_text *text, const struct policy_condition *condition)
{
    const struct policy_test *test = &condition->test;
    char value[LINE_SIZE];
    if (condition->op->operand == POLICY_OPERAND_MANY) {
        for (size_t i = 0; i < test->constant.count; i++)
            policy_text_add(text, "%s%s", i > 0 ? ", " : " [", test->constant.items[i]);
        policy_text_add(text, "]");
    } else if (policy_fact_info(test->fact)->type == POLICY_SET)
        policy_text_add(text, " %s", test->constant.text);
    else
        policy_text_add(text, " %s",
                        policy_value_format(test->fact, &test->constant, value, sizeof value));
}

static void describe_test(const struct policy_condition *condition, struct policy_text *text)
{
    policy_text_add(text, "%s %s", policy_fact_info(condition->test.fact)->name,
                    condition->op->name);
    if (condition->against_fact)
        policy_text_add(text, " $%s", policy_fact_info(condition->test.other)->name);
    else if (condition->op->operand != POLICY_OPERAND_TRUE)
        add_constant(text, condition);
}

static void add_found(struct policy_text *text, const struct policy_known *known,
                      enum policy_fact fact)
{
    char value[LINE_SIZE / 2];
    policy_text_add(
        text, "%s%s is %s", text->len > 0 ? ", " : "", policy_fact_info(fact)->name,
        policy_value_format(fact, policy_known_value(known, fact), value, sizeof value));
}

static void describe(const struct policy_condition *condition, const struct policy_known *known,
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
    add_found(found, known, condition->test.fact);
    if (condition->against_fact)
        add_found(found, known, condition->test.other);
}

/* A member of a group that is one condition needs no "all of" around it. */
static const struct policy_condition *without_shell(const struct policy_condition *condition)
{
    while (condition->kind == POLICY_CONDITION_ALL && condition->count == 1)
        condition = &condition->members[0];
    return condition;
}

/* As deep as the conditions, which DOC_DEPTH_MAX bounds. */
static void explain_members(struct explaining *e, const struct policy_condition *group,
                            unsigned depth)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct policy_condition *condition = without_shell(&group->members[i]);
        char text[LINE_SIZE];
        char found[LINE_SIZE];
        struct policy_text text_out = policy_text_on(text, sizeof text);
        struct policy_text found_out = policy_text_on(found, sizeof found);
        describe(condition, &e->known, &text_out, &found_out);
        const struct policy_explanation item = {
            .depth = depth,
            .line = condition->line,
            .answer = policy_condition_answer(condition, &e->known),
            .is_group = condition->kind != POLICY_CONDITION_TEST,
            .condition = text,
            .found = found,
        };
        e->each(e->user, &item);
        if (item.is_group)
            explain_members(e, condition, depth + 1);
    }
}

static void explain_exception(struct explaining *e, const struct policy_exception *exception)
{
    char text[LINE_SIZE];
    struct policy_text out = policy_text_on(text, sizeof text);
    policy_text_add(&out, "exception %s", exception->id);
    const struct policy_explanation item = {
        .line = exception->line,
        .answer = policy_condition_answer(&exception->when, &e->known),
        .is_group = true,
        .is_exception = true,
        .condition = text,
        .found = "",
    };
    e->each(e->user, &item);
    explain_members(e, &exception->when, 1);
}

enum policy_answer policy_explain_rule(const struct policy *policy, size_t rule,
                                       const struct policy_facts *facts, policy_explain_fn *each,
                                       void *user)
{
    assert(rule < policy->rule_count);
    struct explaining e = {.each = each, .user = user};
    const struct policy_rule *it = &policy->rules[rule];
    const struct policy_exception *by;
    policy_know(policy, facts, &e.known);
    explain_members(&e, &it->when, 0);
    for (size_t i = 0; i < it->lifts.count; i++)
        explain_exception(&e, it->lifts.list[i]);
    return policy_lifted_answer(policy_condition_answer(&it->when, &e.known), &it->lifts, &e.known,
                                &by);
}
