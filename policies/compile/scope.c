/* `scope:` - the regions and generations of cards that the policy is about. */
#include "policies/compile/program.h"

static bool compile_part(struct policy_compiler *c, const struct document_node *node,
                         enum policy_fact fact, struct policy_condition *to)
{
    if (node == NULL)
        return false;
    struct policy_value list = policy_compile_list(c, fact, node);
    if (policy_is_good(c) && list.count == 0)
        doc_fail(node, c->problem, "the list is empty");
    if (policy_is_good(c))
        *to = policy_make_test(c, doc_line(node), fact, "in", list);
    return policy_is_good(c);
}

void policy_compile_scope(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {"regions", "card_generations", NULL};
    struct policy_condition *scope = &c->policy->scope;
    scope->kind = POLICY_CONDITION_ALL;
    if (node == NULL || !doc_expect_keys(node, keys, c->problem))
        return;
    scope->members = policy_alloc(c, 2, sizeof *scope->members);
    if (scope->members == NULL)
        return;
    c->facts = 0;
    scope->count += compile_part(c, doc_get(node, "regions"), POLICY_CARD_REGION,
                                 &scope->members[scope->count]);
    scope->count += compile_part(c, doc_get(node, "card_generations"), POLICY_CARD_GENERATION,
                                 &scope->members[scope->count]);
    c->policy->facts |= c->facts;
}
