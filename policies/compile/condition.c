/* `when:` -> a tree of groups and tests. Everything that could never hold is refused here, where
 * its author sees it, instead of being silently false for ever. */
#include "policies/compile/program.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const group_names[] = {"all", "any", "none", NULL};
static const enum policy_condition_kind group_kinds[] = {POLICY_CONDITION_ALL, POLICY_CONDITION_ANY,
                                                         POLICY_CONDITION_NONE};

/* The numbers that a fact can still be, while the operators of one condition are read. */
struct range {
    int64_t low;
    int64_t high;
};

/* Conditions being filled in. */
struct filling {
    struct policy_condition *members;
    size_t count;
};

static struct range range_of(enum policy_fact fact)
{
    int64_t most = policy_fact_info(fact)->most;
    return (struct range){0, most > 0 ? most : INT64_MAX};
}

static struct filling new_members(struct policy_compiler *c, const struct document_node *node,
                                  size_t count)
{
    struct filling filling = {0};
    if (count > POLICY_CONDITIONS_MAX - c->policy->condition_count) {
        doc_fail(node, c->problem, "the policy has more than %d conditions", POLICY_CONDITIONS_MAX);
        return filling;
    }
    c->policy->condition_count += count;
    filling.members = policy_alloc(c, count, sizeof *filling.members);
    return filling;
}

static struct policy_condition *next_member(struct filling *filling,
                                            const struct document_node *node)
{
    assert(filling->members != NULL); /* or there is a problem, and nobody asks */
    struct policy_condition *condition = &filling->members[filling->count++];
    condition->line = doc_line(node);
    return condition;
}

/* ---- operands ----------------------------------------------------------------------------- */

bool policy_names_fact(const struct document_node *node)
{
    const char *text = doc_text(node);
    return text != NULL && text[0] == '$' && !doc_is_quoted(node);
}

/* Whether the value of `other` can ever be what the operator compares the fact with. */
static bool is_comparable(const struct policy_condition *test, enum policy_fact other)
{
    enum policy_type left = policy_fact_info(test->test.fact)->type;
    enum policy_type right = policy_fact_info(other)->type;
    if (test->op->holds_with_fact == NULL)
        return false;
    if (test->op->operand == POLICY_OPERAND_MANY)
        return right == POLICY_SET;
    return left == POLICY_SET ? right == POLICY_TEXT : left == right;
}

/* Every fact that anything asks about, in the part and in the policy; what is derived needs its
 * source. */
static void note_fact(struct policy_compiler *c, const struct document_node *node,
                      enum policy_fact fact)
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    c->facts |= POLICY_FACT_BIT(fact);
    if (info->presence != POLICY_DERIVED)
        return;
    c->facts |= POLICY_FACT_BIT(POLICY_REQUEST_TIME);
    if (fact == POLICY_REQUEST_WORKING_DAY && !c->policy->has_calendar)
        doc_fail(node, c->problem, "%s needs `calendar: {working_days: […]}`", info->name);
    else if (!c->policy->has_zone)
        doc_fail(node, c->problem, "%s needs `calendar: {time_zone: …}`", info->name);
}

static void take_fact_operand(struct policy_compiler *c, struct policy_condition *test,
                              const struct document_node *node)
{
    enum policy_fact other = policy_compile_fact_name(c, node, doc_text(node) + 1);
    if (!policy_is_good(c))
        return;
    const struct policy_fact_info *left = policy_fact_info(test->test.fact);
    const struct policy_fact_info *right = policy_fact_info(other);
    if (other == test->test.fact)
        doc_fail(node, c->problem, "%s is compared with itself", left->name);
    else if (!is_comparable(test, other))
        doc_fail(node, c->problem, "'%s' cannot compare %s (%s) with %s (%s)", test->op->name,
                 left->name, policy_type_name(left->type), right->name,
                 policy_type_name(right->type));
    note_fact(c, node, other);
    test->against_fact = true;
    test->test.other = other;
    test->holds = test->op->holds_with_fact;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The constants of a test of a TEXT, or of the items of a SET, as symbols. */
static void take_symbols(struct policy_compiler *c, struct policy_test *test)
{
    const char *const *texts = test->constant.items != NULL
                                   ? test->constant.items
                                   : (const char *const *)&test->constant.text;
    size_t count = test->constant.items != NULL ? test->constant.count : 1;
    uint32_t *symbols = policy_alloc(c, count, sizeof *symbols);
    for (size_t i = 0; i < count && policy_is_good(c); i++)
        symbols[i] = policy_symbols_add(c, &c->policy->symbols, texts[i], 0);
    if (!policy_is_good(c))
        return;
    qsort(symbols, count, sizeof *symbols, by_number);
    if (policy_fact_info(test->fact)->type == POLICY_TEXT)
        c->policy->symbol_facts |= POLICY_FACT_BIT(test->fact);
    test->symbols = symbols;
}

static void take_one(struct policy_compiler *c, struct policy_condition *test,
                     const struct document_node *node)
{
    if (policy_names_fact(node))
        take_fact_operand(c, test, node);
    else if (policy_fact_info(test->test.fact)->type == POLICY_SET)
        test->test.constant =
            (struct policy_value){.present = true, .text = doc_string(node, NULL, c->problem)};
    else
        test->test.constant = policy_compile_constant(c, test->test.fact, node);
}

static void take_many(struct policy_compiler *c, struct policy_condition *test,
                      const struct document_node *node)
{
    if (policy_names_fact(node)) {
        take_fact_operand(c, test, node);
        return;
    }
    test->test.constant = policy_compile_list(c, test->test.fact, node);
    if (policy_is_good(c) && test->test.constant.count == 0)
        doc_fail(node, c->problem, "the list is empty");
}

static void take_true(struct policy_compiler *c, struct policy_condition *test,
                      const struct document_node *node)
{
    const struct policy_fact_info *info = policy_fact_info(test->test.fact);
    bool yes = doc_bool(node, false, c->problem);
    if (policy_is_good(c) && !yes)
        doc_fail(node, c->problem, "'%s' takes true; its opposite is '%s'", test->op->name,
                 test->op->meaning == POLICY_MEANS_PRESENT ? "absent" : "present");
    else if (policy_is_good(c) && info->presence != POLICY_SOMETIMES)
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
    enum policy_type type = policy_fact_info(test->test.fact)->type;
    bool texts = type == POLICY_TEXT || type == POLICY_SET;
    if (policy_is_good(c) && texts && !test->against_fact && test->test.constant.present)
        take_symbols(c, &test->test);
}

/* ---- tests -------------------------------------------------------------------------------- */

static void narrow(struct policy_compiler *c, struct range *range,
                   const struct policy_condition *test, const struct document_node *node)
{
    const struct policy_bound *bound = &test->op->bound;
    const struct policy_fact_info *info = policy_fact_info(test->test.fact);
    if (test->against_fact || !policy_is_good(c))
        return;
    int64_t edge = test->test.constant.number + bound->offset;
    if (bound->low && edge > range->low)
        range->low = edge;
    if (bound->high && edge < range->high)
        range->high = edge;
    if (range->low <= range->high)
        return;
    if (range->high >= 0 && info->most > 0 && range->low > info->most)
        doc_fail(node, c->problem, "this can never hold: %s is at most %d", info->name,
                 (int)info->most);
    else
        doc_fail(node, c->problem, "this can never hold: %s would have to be %s", info->name,
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

static void fill_test(struct policy_condition *test, enum policy_fact fact,
                      const struct policy_operator *op)
{
    test->kind = POLICY_CONDITION_TEST;
    test->test.fact = fact;
    test->op = op;
    test->holds = op->holds;
}

/* `card.region: {in: [a, b], not: c}`: one test for each operator, all of which must hold. */
static void compile_operators(struct policy_compiler *c, struct filling *filling,
                              enum policy_fact fact, const struct document_node *node)
{
    struct range range = range_of(fact);
    if (doc_count(node) == 0)
        doc_fail(node, c->problem, "an operator is missing");
    const struct document_node *value = doc_first(node);
    for (; value != NULL && policy_is_good(c); value = doc_next(value)) {
        const struct policy_operator *op = operator_of(c, fact, value);
        if (op == NULL)
            return;
        struct policy_condition *test = next_member(filling, value);
        fill_test(test, fact, op);
        take_operand(c, test, value);
        narrow(c, &range, test, value);
    }
}

/* What to write where a short form does not exist. */
static const char *long_form(enum policy_type type)
{
    static const char *const forms[POLICY_TYPE_COUNT] = {
        [POLICY_SET] = "{contains: …}", [POLICY_TIME] = "{from: …, before: …}"};
    return forms[type] != NULL ? forms[type] : "{in: …}";
}

/* `card.status: active`: the short form of {equals: active}. */
static void compile_equals(struct policy_compiler *c, struct filling *filling,
                           enum policy_fact fact, const struct document_node *node)
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    const struct policy_operator *op = policy_operator_find("equals", info->type);
    if (op == NULL || doc_kind(node) == DOC_LIST) {
        doc_fail(node, c->problem, "%s: write %s", info->name, long_form(info->type));
        return;
    }
    struct policy_condition *test = next_member(filling, node);
    struct range range = range_of(fact);
    fill_test(test, fact, op);
    take_operand(c, test, node);
    narrow(c, &range, test, node);
}

static void compile_test(struct policy_compiler *c, struct filling *filling,
                         const struct document_node *node)
{
    enum policy_fact fact = policy_compile_fact_name(c, doc_key_node(node), doc_key(node));
    if (!policy_is_good(c))
        return;
    note_fact(c, doc_key_node(node), fact);
    if (doc_kind(node) == DOC_MAPPING)
        compile_operators(c, filling, fact, node);
    else
        compile_equals(c, filling, fact, node);
}

struct policy_condition policy_make_test(struct policy_compiler *c, unsigned line,
                                         enum policy_fact fact, const char *op,
                                         struct policy_value constant)
{
    struct policy_condition test = {.line = line};
    const struct policy_operator *found = policy_operator_find(op, policy_fact_info(fact)->type);
    assert(found != NULL);
    fill_test(&test, fact, found);
    test.test.constant = constant;
    c->facts |= POLICY_FACT_BIT(fact);
    if (policy_fact_info(fact)->type == POLICY_TEXT)
        take_symbols(c, &test.test);
    return test;
}

/* ---- groups ------------------------------------------------------------------------------- */

static void compile_entries(struct policy_compiler *c, const struct document_node *node,
                            size_t spare, struct policy_condition *group);

/* `any: [{…}, {…}]`. The recursion is as deep as the document, DOC_DEPTH_MAX at most. */
static void compile_group(struct policy_compiler *c, struct policy_condition *group,
                          enum policy_condition_kind kind, const struct document_node *node)
{
    if (!doc_expect(node, DOC_LIST, c->problem))
        return;
    if (doc_count(node) == 0)
        doc_fail(node, c->problem, "the list is empty");
    struct filling filling = new_members(c, node, doc_count(node));
    group->kind = kind;
    group->members = filling.members;
    const struct document_node *item = doc_first(node);
    for (; item != NULL && policy_is_good(c); item = doc_next(item))
        compile_entries(c, item, 0, next_member(&filling, item));
    group->count = filling.count;
}

static size_t group_index(const char *key)
{
    size_t index = 0;
    while (group_names[index] != NULL && strcmp(group_names[index], key) != 0)
        index++;
    return index;
}

/* How many conditions a mapping stands for: an operator each, a group each. */
static size_t count_entries(const struct document_node *node)
{
    size_t count = 0;
    const struct document_node *value = doc_first(node);
    for (; value != NULL; value = doc_next(value))
        count += doc_kind(value) == DOC_MAPPING ? doc_count(value) : 1;
    return count;
}

static void compile_entries(struct policy_compiler *c, const struct document_node *node,
                            size_t spare, struct policy_condition *group)
{
    group->kind = POLICY_CONDITION_ALL;
    group->line = doc_line(node);
    if (!doc_expect(node, DOC_MAPPING, c->problem))
        return;
    if (doc_count(node) == 0)
        doc_fail(node, c->problem, "a condition is missing");
    struct filling filling = new_members(c, node, spare + count_entries(node));
    filling.count = spare;
    group->members = filling.members;
    const struct document_node *value = doc_first(node);
    for (; value != NULL && policy_is_good(c); value = doc_next(value)) {
        size_t index = group_index(doc_key(value));
        if (group_names[index] != NULL)
            compile_group(c, next_member(&filling, value), group_kinds[index], value);
        else
            compile_test(c, &filling, value);
    }
    group->count = filling.count;
}

void policy_compile_when(struct policy_compiler *c, const struct document_node *node, size_t spare,
                         struct policy_condition *out)
{
    *out = (struct policy_condition){.kind = POLICY_CONDITION_ALL, .count = spare};
    const char *text = node != NULL ? doc_text(node) : NULL;
    if (node != NULL && text == NULL) {
        compile_entries(c, node, spare, out);
        return;
    }
    out->line = node != NULL ? doc_line(node) : 0;
    if (text != NULL && strcmp(text, "always") != 0)
        doc_fail(node, c->problem, "expected conditions, or the word always");
    else
        out->members = policy_alloc(c, spare, sizeof *out->members);
}
