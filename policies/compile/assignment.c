/* `assignment:` - which bank a card gets whose holder states no choice. */
#include "policies/compile/program.h"

#include <stdlib.h>
#include <string.h>

enum { SHARE_MAX = 1000000 };

static int by_bank(const void *a, const void *b)
{
    return strcmp(((const struct policy_share_info *)a)->bank,
                  ((const struct policy_share_info *)b)->bank);
}

static void compile_shares(struct policy_compiler *c, const struct document_node *node)
{
    struct policy *policy = c->policy;
    if (!doc_expect(node, DOC_MAPPING, c->problem))
        return;
    if (doc_count(node) == 0 || doc_count(node) > POLICY_BANKS_MAX)
        doc_fail(node, c->problem, "expected the shares of 1 to %d banks", POLICY_BANKS_MAX);
    policy->shares = policy_alloc(c, doc_count(node), sizeof *policy->shares);
    const struct document_node *value = doc_first(node);
    for (; value != NULL && policy_is_good(c); value = doc_next(value))
        policy->shares[policy->share_count++] = (struct policy_share_info){
            doc_key(value), doc_integer(value, 1, SHARE_MAX, 0, c->problem)};
    if (policy_is_good(c))
        qsort(policy->shares, policy->share_count, sizeof *policy->shares, by_bank);
}

void policy_compile_assignment(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {"method", "shares", NULL};
    static const char *const methods[] = {"weighted", "draw", NULL};
    if (node == NULL || !doc_expect_keys(node, keys, c->problem))
        return;
    size_t method = doc_word(doc_require(node, "method", c->problem), methods, 0, c->problem);
    c->policy->method = method == 0 ? POLICY_ASSIGN_WEIGHTED : POLICY_ASSIGN_DRAW;
    compile_shares(c, doc_require(node, "shares", c->problem));
}
