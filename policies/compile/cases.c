/* The cases that a policy file carries about itself. */
#include "policies/compile/program.h"

#include <string.h>

static void set_fact(struct policy_compiler *c, struct policy_facts *facts,
                     const struct document_node *node)
{
    enum policy_fact fact = policy_compile_fact_name(c, doc_key_node(node), doc_key(node));
    if (!policy_is_good(c))
        return;
    facts->values[fact] = policy_compile_constant(c, fact, node);
    if (policy_is_good(c) && facts->values[fact].number < 0)
        doc_fail(node, c->problem, "%s is never negative", policy_fact_info(fact)->name);
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

/* `rule:` is a rule's id, or one of the two names that stand for none. */
static const char *compile_expected_rule(struct policy_compiler *c,
                                         const struct document_node *node)
{
    const char *ids[POLICY_RULES_MAX + 3] = {POLICY_RULE_DEFAULT, POLICY_RULE_INCOMPLETE};
    for (size_t i = 0; i < c->policy->rule_count; i++)
        ids[i + 2] = c->policy->rules[i].id;
    const char *rule = doc_string(node, NULL, c->problem);
    if (rule == NULL)
        return NULL;
    for (const char *const *id = ids; *id != NULL; id++)
        if (strcmp(*id, rule) == 0)
            return rule;
    doc_fail(node, c->problem, "no rule has the id '%.64s'%s", rule, doc_hint(rule, ids).text);
    return NULL;
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
    static const char *const keys[] = {"name", "facts",       "without", "expect",
                                       "rule", "obligations", NULL};
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
    item->expect = policy_compile_effect(c, doc_require(node, "expect", c->problem));
    item->rule = compile_expected_rule(c, doc_get(node, "rule"));
    item->expects_obligations = obligations != NULL;
    item->obligations = policy_compile_obligations(c, obligations);
    c->policy->case_count++;
}

void policy_compile_cases(struct policy_compiler *c, const struct document_node *root)
{
    struct policy_facts common = {0};
    set_facts(c, &common, doc_get(root, "test_facts"));
    const struct document_node *list = doc_get(root, "tests");
    if (!doc_expect(list, DOC_LIST, c->problem))
        return;
    if (doc_count(list) > POLICY_CASES_MAX) {
        doc_fail(list, c->problem, "expected at most %d cases", POLICY_CASES_MAX);
        return;
    }
    c->policy->cases = policy_alloc(c, doc_count(list), sizeof *c->policy->cases);
    if (c->policy->cases == NULL)
        return;
    const struct document_node *item = doc_first(list);
    for (; item != NULL && policy_is_good(c); item = doc_next(item))
        compile_case(c, &common, item);
}
