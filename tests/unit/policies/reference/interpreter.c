/* The reference: a plain walk over the tree, with texts compared as texts, every rule looked at,
 * and nothing shared with the compiled evaluator but the struct that holds the facts. */
#include "tests/unit/policies/reference/random_policy.h"

#include <string.h>

enum truth { NO, MAYBE, YES };

/* A fact's value as the reference sees it. */
struct seen {
    bool there;
    bool may_lack; /* it is absent for a reason */
    const char *text;
    int64_t number;
    const struct policy_value *set;
};

static struct seen see(const struct policy_facts *facts, enum policy_fact fact)
{
    static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    const struct policy_value *value = &facts->values[fact];
    const struct policy_value *time = &facts->values[POLICY_REQUEST_TIME];
    int64_t day = time->present ? (time->number - DAY_FIRST_MS) / 86400000 : 0;
    bool working = day % 7 < 5 && day != 1;
    if (fact == POLICY_REQUEST_WEEKDAY)
        return (struct seen){.there = time->present, .text = weekdays[day % 7], .set = value};
    if (fact == POLICY_REQUEST_WORKING_DAY)
        return (struct seen){
            .there = time->present, .text = working ? "true" : "false", .set = value};
    return (struct seen){.there = value->present,
                         .may_lack = fact == POLICY_BANK_ID || fact == POLICY_BANK_STATUS ||
                                     fact == POLICY_BANK_LICENSED_REGIONS ||
                                     fact == POLICY_BINDING_DAYS_SINCE_LAST_SWITCH,
                         .text = value->text,
                         .number = value->number,
                         .set = value};
}

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

static bool compare_numbers(const char *op, int64_t a, int64_t b)
{
    if (strcmp(op, "equals") == 0)
        return a == b;
    if (strcmp(op, "not") == 0)
        return a != b;
    if (strcmp(op, "at_least") == 0 || strcmp(op, "from") == 0)
        return a >= b;
    if (strcmp(op, "at_most") == 0)
        return a <= b;
    return strcmp(op, "more_than") == 0 ? a > b : a < b;
}

static bool compare_texts(const struct node *test, const struct seen *left, const char *other)
{
    if (strcmp(test->op, "contains") == 0)
        return is_one_of(other, left->set->items, left->set->count);
    if (strcmp(test->op, "lacks") == 0)
        return !is_one_of(other, left->set->items, left->set->count);
    if (strcmp(test->op, "in") == 0)
        return is_one_of(left->text, test->texts, test->text_count);
    if (strcmp(test->op, "not_in") == 0)
        return !is_one_of(left->text, test->texts, test->text_count);
    return (strcmp(left->text, other) == 0) == (strcmp(test->op, "equals") == 0);
}

static enum truth ask(const struct node *test, const struct policy_facts *facts)
{
    struct seen left = see(facts, test->fact);
    struct seen right = test->against_fact ? see(facts, test->other) : (struct seen){.there = true};
    if (strcmp(test->op, "present") == 0)
        return left.there ? YES : NO;
    if (strcmp(test->op, "absent") == 0)
        return left.there ? NO : YES;
    if ((!left.there && left.may_lack) || (!right.there && right.may_lack))
        return NO;
    if (!left.there || !right.there)
        return MAYBE;
    bool numbers = test->text_count == 0;
    int64_t number = test->fact == POLICY_REQUEST_TIME
                         ? DAY_FIRST_MS + (test->number - 1) * INT64_C(86400000)
                         : test->number;
    bool holds =
        numbers ? compare_numbers(test->op, left.number, test->against_fact ? right.number : number)
                : compare_texts(test, &left, test->against_fact ? right.text : test->texts[0]);
    return holds ? YES : NO;
}

static enum truth walk(const struct node *node, const struct policy_facts *facts)
{
    if (node->kind == NODE_TEST)
        return ask(node, facts);
    enum truth least = YES;
    enum truth most = NO;
    for (size_t i = 0; i < node->count; i++) {
        enum truth one = walk(node->members[i], facts);
        least = one < least ? one : least;
        most = one > most ? one : most;
    }
    if (node->kind == NODE_ALL)
        return least;
    return node->kind == NODE_ANY ? most : (enum truth)(YES - most);
}

static enum truth holds(const struct random_rule *rule, const struct policy_facts *facts)
{
    enum truth when = walk(rule->when, facts);
    if (rule->exception == NULL || when == NO)
        return when;
    enum truth lifted = walk(rule->exception, facts);
    if (!facts->values[POLICY_REQUEST_TIME].present && lifted == YES)
        lifted = MAYBE; /* it may have expired */
    enum truth stands = (enum truth)(YES - lifted);
    return stands < when ? stands : when;
}

static bool in_scope(const struct random_policy *policy, const struct policy_facts *facts,
                     struct reference_decision *out)
{
    const struct policy_value *region = &facts->values[POLICY_CARD_REGION];
    if (!policy->scoped)
        return true;
    out->incomplete = !region->present;
    out->out_of_scope =
        region->present && strcmp(region->text, "r1") != 0 && strcmp(region->text, "r2") != 0;
    return !out->incomplete && !out->out_of_scope;
}

void reference_decide(const struct random_policy *policy, const struct policy_facts *facts,
                      struct reference_decision *out)
{
    bool denied = false;
    bool unsure = false;
    memset(out, 0, sizeof *out);
    if (!in_scope(policy, facts, out))
        return;
    for (size_t i = 0; i < policy->rule_count; i++) {
        enum truth rule = holds(&policy->rules[i], facts);
        unsure = unsure || rule == MAYBE;
        denied = denied || (rule == YES && !policy->rules[i].allows);
    }
    out->incomplete = unsure && !denied;
    for (size_t i = 0; i < policy->rule_count && !out->incomplete; i++) {
        const struct random_rule *rule = &policy->rules[i];
        if (holds(rule, facts) != YES || rule->allows == denied)
            continue;
        out->rules[out->rule_count++] = i;
        out->allows = rule->allows;
        out->retires = out->retires || rule->retires;
    }
}
