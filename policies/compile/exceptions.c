/* `exceptions:` - for whom a rule that denies, or a limit, does not hold, until when and by whose
 * approval. */
#include "policies/compile/program.h"

#include <string.h>

enum { APPROVER_MAX = 128 };

/* Room doubles, so that many exceptions to one rule cost little. */
static void add_lift(struct policy_compiler *c, struct policy_lifts *lifts,
                     const struct policy_exception *exception)
{
    bool full = (lifts->count & (lifts->count - 1)) == 0; /* 0, 1, 2, 4, … */
    if (full) {
        size_t room = lifts->count > 0 ? 2 * lifts->count : 1;
        const struct policy_exception **larger = policy_alloc(
            c, room, sizeof *larger); /* NOLINT(bugprone-sizeof-expression): pointers */
        if (larger == NULL)
            return;
        for (size_t i = 0; i < lifts->count; i++)
            larger[i] = lifts->list[i];
        lifts->list = larger;
    }
    lifts->list[lifts->count++] = exception;
}

static void compile_override(struct policy_compiler *c, const struct document_node *node,
                             const struct policy_exception *exception)
{
    const char *id = doc_string(node, NULL, c->problem);
    if (id == NULL)
        return;
    struct policy_named named = policy_find(c->policy, id);
    struct policy_lifts *lifts = NULL;
    if (named.rule != NULL) {
        if (named.rule->is_stop)
            doc_fail(node, c->problem, "an emergency stop has no exceptions");
        else if (named.rule->effect == POLICY_ALLOW)
            doc_fail(node, c->problem, "'%s' allows; exceptions are to rules that deny", id);
        lifts = &named.rule->lifts;
        named.rule->facts |= exception->facts;
    } else if (named.limit != NULL) {
        lifts = &named.limit->lifts;
        named.limit->facts |= exception->facts;
    } else
        policy_fail_unknown_id(c, node);
    if (!policy_is_good(c) || lifts == NULL)
        return;
    if (lifts->count > 0 && lifts->list[lifts->count - 1] == exception)
        doc_fail(node, c->problem, "'%s' is in the list twice", id);
    else
        add_lift(c, lifts, exception);
}

static void compile_overrides(struct policy_compiler *c, const struct document_node *node,
                              const struct policy_exception *exception)
{
    if (!doc_expect(node, DOC_LIST, c->problem))
        return;
    if (doc_count(node) == 0)
        doc_fail(node, c->problem, "the list is empty");
    const struct document_node *item = doc_first(node);
    for (; item != NULL && policy_is_good(c); item = doc_next(item))
        compile_override(c, item, exception);
}

static const char *compile_approver(struct policy_compiler *c, const struct document_node *node)
{
    const char *approver = doc_string(node, NULL, c->problem);
    if (approver != NULL && strlen(approver) > APPROVER_MAX)
        doc_fail(node, c->problem, "the name is longer than %d bytes", APPROVER_MAX);
    return approver;
}

static void compile_exception(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {"id",      "overrides", "when", "approver",
                                       "expires", "reason",    NULL};
    struct policy_exception *out = &c->policy->exceptions[c->policy->exception_count];
    if (!doc_expect_keys(node, keys, c->problem))
        return;
    struct policy_span span = {.until = doc_require(node, "expires", c->problem)};
    c->facts = 0;
    out->line = doc_line(node);
    out->id = policy_compile_id(c, node);
    out->approver = compile_approver(c, doc_require(node, "approver", c->problem));
    out->reason = policy_compile_reason(c, doc_require(node, "reason", c->problem));
    policy_compile_when(c, doc_require(node, "when", c->problem), 1, &out->when);
    if (!policy_is_good(c))
        return;
    policy_compile_span(c, &span, out->when.members);
    out->before_ms = span.before_ms;
    out->facts = c->facts;
    c->policy->facts |= c->facts;
    c->policy->exception_count++;
    if (policy_is_good(c))
        compile_overrides(c, doc_require(node, "overrides", c->problem), out);
}

void policy_compile_exceptions(struct policy_compiler *c, const struct document_node *node)
{
    void *room = NULL;
    const struct document_node *item =
        policy_compile_items(c, node, POLICY_EXCEPTIONS_MAX, sizeof *c->policy->exceptions, &room);
    c->policy->exceptions = room;
    for (; item != NULL && policy_is_good(c); item = doc_next(item))
        compile_exception(c, item);
}
