/* The cases that a policy file carries about itself. */
#include "policies/compile/program.h"

#include <string.h>

static void set_fact(struct policy_compiler *c, struct policy_facts *facts,
                     const struct document_node *node)
{
    enum policy_fact fact = policy_compile_fact_name(c, doc_key_node(node), doc_key(node));
    if (!policy_is_good(c))
        return;
    const struct policy_fact_info *info = policy_fact_info(fact);
    if (info->presence == POLICY_DERIVED) {
        doc_fail(doc_key_node(node), c->problem, "%s follows from request.time; give that instead",
                 info->name);
        return;
    }
    facts->values[fact] = policy_compile_constant(c, fact, node);
    int64_t number = facts->values[fact].number;
    if (policy_is_good(c) && number < 0)
        doc_fail(node, c->problem, "%s is never negative", info->name);
}

/* `facts:` of a case, or `test_facts:`. */
static void set_facts(struct policy_compiler *c, struct policy_facts *facts,
                      const struct document_node *node)
{
    if (!doc_expect(node, DOC_MAPPING, c->problem))
        return;
    const struct document_node *value = doc_first(node);
    for (; value != NULL && policy_is_good(c); value = doc_next(value))
        set_fact(c, facts, value);
}

/* `without:` of a case: facts of test_facts that this case does not have. */
static void remove_facts(struct policy_compiler *c, struct policy_facts *facts,
                         const struct document_node *node)
{
    if (!doc_expect(node, DOC_LIST, c->problem))
        return;
    const struct document_node *item = doc_first(node);
    for (; item != NULL; item = doc_next(item)) {
        const char *name = doc_string(item, NULL, c->problem);
        enum policy_fact fact =
            name != NULL ? policy_compile_fact_name(c, item, name) : POLICY_FACT_COUNT;
        if (fact == POLICY_FACT_COUNT)
            return;
        policy_facts_remove(facts, fact);
    }
}

/* `daily: 4999`, and for a share `cap: {bank: 40, region: 100}`. */
static void set_count(struct policy_compiler *c, struct policy_case_count *out,
                      const struct document_node *node)
{
    static const char *const keys[] = {"bank", "region", NULL};
    const struct policy_limit *limit = policy_find(c->policy, doc_key(node)).limit;
    if (limit == NULL) {
        doc_fail(doc_key_node(node), c->problem, "no limit has the id '%.64s'", doc_key(node));
        return;
    }
    out->limit = (size_t)(limit - c->policy->limits);
    if (limit->kind != POLICY_LIMIT_SHARE) {
        out->number = doc_integer(node, 0, INT32_MAX, 0, c->problem);
        return;
    }
    if (!doc_expect_keys(node, keys, c->problem))
        return;
    out->number = doc_integer(doc_require(node, "bank", c->problem), 0, INT32_MAX, 0, c->problem);
    out->of = doc_integer(doc_require(node, "region", c->problem), 0, INT32_MAX, 0, c->problem);
    if (policy_is_good(c) && out->number > out->of)
        doc_fail(node, c->problem, "a bank has no more than its region");
}

static void set_counts(struct policy_compiler *c, struct policy_case *item,
                       const struct document_node *node)
{
    if (!doc_expect(node, DOC_MAPPING, c->problem))
        return;
    struct policy_case_count *counts = policy_alloc(c, doc_count(node), sizeof *counts);
    const struct document_node *value = doc_first(node);
    for (; value != NULL && policy_is_good(c); value = doc_next(value))
        set_count(c, &counts[item->count_count++], value);
    item->counts = counts;
}

/* `rule:` is the id of a rule or limit, or one of the names that stand for none. */
static const char *compile_expected_rule(struct policy_compiler *c,
                                         const struct document_node *node)
{
    const char *id = doc_string(node, NULL, c->problem);
    if (id == NULL)
        return NULL;
    for (const char *const *reserved = policy_default_ids; *reserved != NULL; reserved++)
        if (strcmp(*reserved, id) == 0)
            return id;
    struct policy_named named = policy_find(c->policy, id);
    if (named.rule == NULL && named.limit == NULL)
        policy_fail_unknown_id(c, node);
    return id;
}

static const char *compile_expected_exception(struct policy_compiler *c,
                                              const struct document_node *node)
{
    const char *id = doc_string(node, NULL, c->problem);
    if (id != NULL && policy_find(c->policy, id).exception == NULL)
        doc_fail(node, c->problem, "no exception has the id '%.64s'", id);
    return id;
}

static void check_name_is_free(struct policy_compiler *c, const struct document_node *node,
                               const char *name)
{
    for (size_t i = 0; name != NULL && i < c->policy->case_count; i++)
        if (strcmp(c->policy->cases[i].name, name) == 0)
            doc_fail(node, c->problem, "the name is taken by the case in line %u",
                     c->policy->cases[i].line);
}

static void compile_case(struct policy_compiler *c, const struct policy_facts *common,
                         const struct document_node *node)
{
    static const char *const keys[] = {"name", "facts",     "without",     "counts", "expect",
                                       "rule", "exception", "obligations", NULL};
    if (!doc_expect_keys(node, keys, c->problem))
        return;
    struct policy_case *item = &c->policy->cases[c->policy->case_count];
    const struct document_node *name = doc_require(node, "name", c->problem);
    const struct document_node *obligations = doc_get(node, "obligations");
    item->line = doc_line(node);
    item->name = doc_string(name, NULL, c->problem);
    check_name_is_free(c, name, item->name);
    item->facts = *common;
    remove_facts(c, &item->facts, doc_get(node, "without"));
    set_facts(c, &item->facts, doc_get(node, "facts"));
    set_counts(c, item, doc_get(node, "counts"));
    item->expect = policy_compile_effect(c, doc_require(node, "expect", c->problem));
    item->rule = compile_expected_rule(c, doc_get(node, "rule"));
    item->exception = compile_expected_exception(c, doc_get(node, "exception"));
    item->expects_obligations = obligations != NULL;
    item->obligations = policy_compile_obligations(c, obligations);
    c->policy->case_count++;
}

void policy_compile_cases(struct policy_compiler *c, const struct document_node *root)
{
    struct policy_facts common = {0};
    void *room = NULL;
    set_facts(c, &common, doc_get(root, "test_facts"));
    const struct document_node *item = policy_compile_items(
        c, doc_get(root, "tests"), POLICY_CASES_MAX, sizeof *c->policy->cases, &room);
    c->policy->cases = room;
    for (; item != NULL && policy_is_good(c); item = doc_next(item))
        compile_case(c, &common, item);
}
