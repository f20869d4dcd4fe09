/* `when:` -> a tree of groups and tests. Everything that could never hold is refused here, where
 * its author sees it, instead of being silently false for ever. */
#include "policies/compile/program.h"

#include <string.h>

static const char *const group_names[] = {"all", "any", "none", NULL};
static const enum policy_condition_kind group_kinds[] = {POLICY_CONDITION_ALL, POLICY_CONDITION_ANY,
                                                         POLICY_CONDITION_NONE};

/* The numbers that a fact can still be, while the operators of one condition are read. */
struct range {
    int64_t low;
    int64_t high;
};

static struct policy_condition *new_condition(struct policy_compiler *c,
                                              const struct document_node *node,
                                              struct policy_condition *parent)
{
    if (c->policy->condition_count >= POLICY_CONDITIONS_MAX) {
        doc_fail(node, c->problem, "the policy has more than %d conditions", POLICY_CONDITIONS_MAX);
        return NULL;
    }
    struct policy_condition *condition = policy_alloc(c, 1, sizeof *condition);
    if (condition == NULL)
        return NULL;
    c->policy->condition_count++;
    condition->line = doc_line(node);
    if (parent != NULL && parent->last != NULL)
        parent->last->next = condition;
    else if (parent != NULL)
        parent->first = condition;
    if (parent != NULL)
        parent->last = condition;
    return condition;
}

/* ---- operands ----------------------------------------------------------------------------- */

/* `$card.region`: the value of a fact. In quotes it is plain text. */
static bool names_fact(const struct document_node *node)
{
    const char *text = doc_text(node);
    return text != NULL && text[0] == '$' && !doc_is_quoted(node);
}

/* Whether the value of `other` can ever be what the operator compares the fact with. */
static bool is_comparable(const struct policy_condition *test, enum policy_fact other)
{
    enum policy_type left = policy_fact_info(test->fact)->type;
    enum policy_type right = policy_fact_info(other)->type;
    if (test->op->operand == POLICY_OPERAND_MANY)
        return left == POLICY_TEXT && right == POLICY_SET;
    if (left == POLICY_SET)
        return right == POLICY_TEXT;
    return left == right && left != POLICY_WORD;
}

static void take_fact_operand(struct policy_compiler *c, struct policy_condition *test,
                              const struct document_node *node)
{
    enum policy_fact other = policy_compile_fact_name(c, node, doc_text(node) + 1);
    if (!policy_is_good(c))
        return;
    const struct policy_fact_info *left = policy_fact_info(test->fact);
    const struct policy_fact_info *right = policy_fact_info(other);
    if (other == test->fact)
        doc_fail(node, c->problem, "%s is compared with itself", left->name);
    else if (!is_comparable(test, other))
        doc_fail(node, c->problem, "'%s' cannot compare %s (%s) with %s (%s)", test->op->name,
                 left->name, policy_type_name(left->type), right->name,
                 policy_type_name(right->type));
    test->against_fact = true;
    test->other = other;
}

static void take_one(struct policy_compiler *c, struct policy_condition *test,
                     const struct document_node *node)
{
    if (names_fact(node))
        take_fact_operand(c, test, node);
    else if (policy_fact_info(test->fact)->type == POLICY_SET)
        test->constant =
            (struct policy_value){.present = true, .text = doc_string(node, NULL, c->problem)};
    else
        test->constant = policy_compile_constant(c, test->fact, node);
}

static void take_many(struct policy_compiler *c, struct policy_condition *test,
                      const struct document_node *node)
{
    if (names_fact(node)) {
        take_fact_operand(c, test, node);
        return;
    }
    test->constant = policy_compile_list(c, test->fact, node);
    if (policy_is_good(c) && test->constant.count == 0)
        doc_fail(node, c->problem, "the list is empty");
}

static void take_true(struct policy_compiler *c, struct policy_condition *test,
                      const struct document_node *node)
{
    const struct policy_fact_info *info = policy_fact_info(test->fact);
    bool yes = doc_bool(node, false, c->problem);
    if (policy_is_good(c) && !yes)
        doc_fail(node, c->problem, "'%s' takes true; its opposite is '%s'", test->op->name,
                 strcmp(test->op->name, "present") == 0 ? "absent" : "present");
    else if (policy_is_good(c) && info->presence == POLICY_ALWAYS)
        doc_fail(node, c->problem, "%s is always present", info->name);
}

static void take_operand(struct policy_compiler *c, struct policy_condition *test,
                         const struct document_node *node)
{
    static void (*const takers[])(struct policy_compiler *, struct policy_condition *,
                                  const struct document_node *) = {
        [POLICY_OPERAND_ONE] = take_one,
        [POLICY_OPERAND_MANY] = take_many,
        [POLICY_OPERAND_TRUE] = take_true,
    };
    takers[test->op->operand](c, test, node);
}

/* ---- tests -------------------------------------------------------------------------------- */

static void narrow(struct policy_compiler *c, struct range *range,
                   const struct policy_condition *test, const struct document_node *node)
{
    const struct policy_bound *bound = &test->op->bound;
    if (test->against_fact || !policy_is_good(c))
        return;
    int64_t edge = test->constant.number + bound->offset;
    if (bound->low && edge > range->low)
        range->low = edge;
    if (bound->high && edge < range->high)
        range->high = edge;
    if (range->low > range->high)
        doc_fail(node, c->problem, "this can never hold: %s would have to be %s",
                 policy_fact_info(test->fact)->name,
                 range->high < 0 ? "negative" : "two things at once");
}

/* The operator that a key names; NULL with a problem. */
static const struct policy_operator *operator_of(struct policy_compiler *c, enum policy_fact fact,
                                                 const struct document_node *value)
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    const struct policy_operator *op = policy_operator_find(doc_key(value), info->type);
    if (op != NULL)
        return op;
    const char *names[POLICY_OPERATORS_MAX];
    policy_operator_names(info->type, names);
    if (policy_operator_exists(doc_key(value)))
        doc_fail(doc_key_node(value), c->problem, "'%s' does not suit %s, which is %s",
                 doc_key(value), info->name, policy_type_name(info->type));
    else
        doc_fail(doc_key_node(value), c->problem, "unknown operator '%.32s'%s", doc_key(value),
                 doc_hint(doc_key(value), names).text);
    return NULL;
}

/* `card.region: {in: [a, b], not: c}`: one test for each operator, all of which must hold. */
static void compile_operators(struct policy_compiler *c, struct policy_condition *parent,
                              enum policy_fact fact, const struct document_node *node)
{
    struct range range = {0, INT64_MAX};
    if (doc_count(node) == 0)
        doc_fail(node, c->problem, "an operator is missing");
    const struct document_node *value = doc_first(node);
    for (; value != NULL && policy_is_good(c); value = doc_next(value)) {
        const struct policy_operator *op = operator_of(c, fact, value);
        struct policy_condition *test = op != NULL ? new_condition(c, value, parent) : NULL;
        if (test == NULL)
            return;
        test->kind = POLICY_CONDITION_TEST;
        test->fact = fact;
        test->op = op;
        take_operand(c, test, value);
        narrow(c, &range, test, value);
    }
}

/* `card.status: active`: the short form of {equals: active}. */
static void compile_equals(struct policy_compiler *c, struct policy_condition *parent,
                           enum policy_fact fact, const struct document_node *node)
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    const struct policy_operator *op = policy_operator_find("equals", info->type);
    if (op == NULL || doc_kind(node) == DOC_LIST) {
        doc_fail(node, c->problem, "%s: write {%s: …}", info->name,
                 info->type == POLICY_SET ? "contains" : "in");
        return;
    }
    struct policy_condition *test = new_condition(c, node, parent);
    if (test == NULL)
        return;
    test->kind = POLICY_CONDITION_TEST;
    test->fact = fact;
    test->op = op;
    struct range range = {0, INT64_MAX};
    take_operand(c, test, node);
    narrow(c, &range, test, node);
}

static void compile_test(struct policy_compiler *c, struct policy_condition *parent,
                         const struct document_node *node)
{
    enum policy_fact fact = policy_compile_fact_name(c, doc_key_node(node), doc_key(node));
    if (!policy_is_good(c))
        return;
    if (doc_kind(node) == DOC_MAPPING)
        compile_operators(c, parent, fact, node);
    else
        compile_equals(c, parent, fact, node);
}

/* ---- groups ------------------------------------------------------------------------------- */

static void compile_entries(struct policy_compiler *c, struct policy_condition *group,
                            const struct document_node *node);

/* `any: [{…}, {…}]`. The recursion is as deep as the document, DOC_DEPTH_MAX at most. */
static void compile_group(struct policy_compiler *c, struct policy_condition *parent,
                          enum policy_condition_kind kind, const struct document_node *node)
{
    if (!doc_expect(node, DOC_LIST, c->problem))
        return;
    if (doc_count(node) == 0)
        doc_fail(node, c->problem, "the list is empty");
    struct policy_condition *group = new_condition(c, node, parent);
    if (group == NULL)
        return;
    group->kind = kind;
    const struct document_node *item = doc_first(node);
    for (; item != NULL && policy_is_good(c); item = doc_next(item)) {
        struct policy_condition *member = new_condition(c, item, group);
        if (member == NULL)
            return;
        member->kind = POLICY_CONDITION_ALL;
        compile_entries(c, member, item);
    }
}

static size_t group_index(const char *key)
{
    size_t index = 0;
    while (group_names[index] != NULL && strcmp(group_names[index], key) != 0)
        index++;
    return index;
}

static void compile_entries(struct policy_compiler *c, struct policy_condition *group,
                            const struct document_node *node)
{
    if (!doc_expect(node, DOC_MAPPING, c->problem))
        return;
    if (doc_count(node) == 0)
        doc_fail(node, c->problem, "a condition is missing");
    const struct document_node *value = doc_first(node);
    for (; value != NULL && policy_is_good(c); value = doc_next(value)) {
        size_t index = group_index(doc_key(value));
        if (group_names[index] != NULL)
            compile_group(c, group, group_kinds[index], value);
        else
            compile_test(c, group, value);
    }
}

struct policy_condition *policy_compile_when(struct policy_compiler *c,
                                             const struct document_node *node)
{
    if (node == NULL)
        return NULL;
    struct policy_condition *when = new_condition(c, node, NULL);
    if (when == NULL)
        return NULL;
    when->kind = POLICY_CONDITION_ALL;
    const char *text = doc_text(node);
    if (text != NULL && strcmp(text, "always") != 0)
        doc_fail(node, c->problem, "expected conditions, or the word always");
    else if (text == NULL)
        compile_entries(c, when, node);
    return when;
}
