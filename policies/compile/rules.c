/* `rules:` and `stops:`; a stop is a rule that denies, made from what it names. */
#include "policies/compile/program.h"

size_t policy_span_count(const struct policy_span *span)
{
    return (size_t)(span->from != NULL) + (size_t)(span->until != NULL);
}

void policy_compile_span(struct policy_compiler *c, struct policy_span *span,
                         struct policy_condition *to)
{
    span->from_ms = 0;
    span->before_ms = INT64_MAX;
    if (span->from != NULL) {
        span->from_ms = policy_compile_time(c, span->from, false);
        *to++ = policy_make_test(c, doc_line(span->from), POLICY_REQUEST_TIME, "from",
                                 (struct policy_value){.present = true, .number = span->from_ms});
    }
    if (span->until != NULL) {
        span->before_ms = policy_compile_time(c, span->until, true);
        *to = policy_make_test(c, doc_line(span->until), POLICY_REQUEST_TIME, "before",
                               (struct policy_value){.present = true, .number = span->before_ms});
    }
    if (policy_is_good(c) && span->before_ms <= span->from_ms)
        doc_fail(span->until, c->problem, "this ends before it begins");
}

/* ---- rules -------------------------------------------------------------------------------- */

static void compile_condition(struct policy_compiler *c, const struct document_node *node,
                              struct policy_rule *rule)
{
    static const char *const keys[] = {"from", "until", NULL};
    const struct document_node *valid = doc_get(node, "valid");
    if (valid != NULL)
        (void)doc_expect_keys(valid, keys, c->problem);
    struct policy_span span = {.from = doc_get(valid, "from"), .until = doc_get(valid, "until")};
    if (valid != NULL && policy_is_good(c) && policy_span_count(&span) == 0)
        doc_fail(valid, c->problem, "expected `from`, `until`, or both");
    policy_compile_when(c, doc_require(node, "when", c->problem), policy_span_count(&span),
                        &rule->when);
    if (policy_is_good(c))
        policy_compile_span(c, &span, rule->when.members);
}

static void compile_rule(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {"id",     "effect",      "valid", "when",
                                       "reason", "obligations", NULL};
    struct policy_rule *rule = &c->policy->rules[c->policy->rule_count];
    if (!doc_expect_keys(node, keys, c->problem))
        return;
    const struct document_node *obligations = doc_get(node, "obligations");
    c->facts = 0;
    rule->line = doc_line(node);
    rule->id = policy_compile_id(c, node);
    rule->effect = policy_compile_effect(c, doc_require(node, "effect", c->problem));
    if (policy_is_good(c))
        compile_condition(c, node, rule);
    rule->reason = policy_compile_reason(c, doc_require(node, "reason", c->problem));
    rule->obligations = policy_compile_obligations(c, obligations);
    if (obligations != NULL && rule->effect == POLICY_DENY)
        doc_fail(doc_key_node(obligations), c->problem, "a rule that denies has no obligations");
    rule->facts = c->facts;
    c->policy->rule_count++;
}

/* ---- stops -------------------------------------------------------------------------------- */

static struct policy_value text_value(const struct document_node *node)
{
    return (struct policy_value){.present = true, .text = doc_text(node)};
}

/* `actions:`, or all but revocation. */
static struct policy_value stopped_actions(struct policy_compiler *c,
                                           const struct document_node *node)
{
    static const char *const usual[] = {"bind", "switch"};
    if (node != NULL)
        return policy_compile_list(c, POLICY_REQUEST_ACTION, node);
    struct policy_value actions = {.present = true, .items = usual, .count = 2};
    for (size_t i = 0; i < actions.count; i++)
        actions.number |= INT64_C(1) << policy_word_index(POLICY_REQUEST_ACTION, usual[i]);
    return actions;
}

static void compile_stop_condition(struct policy_compiler *c, const struct document_node *node,
                                   struct policy_rule *rule, struct policy_stop_info *info)
{
    const struct document_node *bank = doc_get(node, "bank");
    const struct document_node *region = doc_get(node, "region");
    struct policy_span span = {.from = doc_get(node, "from"), .until = doc_get(node, "until")};
    info->bank = doc_string(bank, NULL, c->problem);
    info->region = doc_string(region, NULL, c->problem);
    if (policy_is_good(c) && bank == NULL && region == NULL)
        doc_fail(node, c->problem, "expected `bank`, `region`, or both");
    size_t count = (size_t)(bank != NULL) + (size_t)(region != NULL) + 1 + policy_span_count(&span);
    policy_compile_when(c, NULL, count, &rule->when);
    struct policy_condition *to = rule->when.members;
    if (!policy_is_good(c))
        return;
    if (bank != NULL)
        *to++ = policy_make_test(c, doc_line(bank), POLICY_BANK_ID, "equals", text_value(bank));
    if (region != NULL)
        *to++ =
            policy_make_test(c, doc_line(region), POLICY_CARD_REGION, "equals", text_value(region));
    *to++ = policy_make_test(c, doc_line(node), POLICY_REQUEST_ACTION, "in",
                             stopped_actions(c, doc_get(node, "actions")));
    policy_compile_span(c, &span, to);
    info->from_ms = span.from_ms;
    info->before_ms = span.before_ms;
}

static void compile_stop(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {
        "id", "bank", "region", "actions", "from", "until", "reason", "cancel_outstanding", NULL};
    struct policy_rule *rule = &c->policy->rules[c->policy->rule_count];
    struct policy_stop *stop = &c->policy->stops[c->policy->stop_count];
    if (!doc_expect_keys(node, keys, c->problem))
        return;
    c->facts = 0;
    rule->line = doc_line(node);
    rule->id = policy_compile_id(c, node);
    rule->effect = POLICY_DENY;
    rule->is_stop = true;
    rule->reason = policy_compile_reason(c, doc_require(node, "reason", c->problem));
    stop->rule = c->policy->rule_count;
    stop->info.id = rule->id;
    stop->info.cancel_outstanding = doc_bool(doc_get(node, "cancel_outstanding"), true, c->problem);
    if (policy_is_good(c))
        compile_stop_condition(c, node, rule, &stop->info);
    rule->facts = c->facts;
    c->policy->rule_count++;
    c->policy->stop_count++;
}

void policy_compile_rules(struct policy_compiler *c, const struct document_node *root)
{
    struct policy *policy = c->policy;
    void *stops = NULL;
    const struct document_node *rules = doc_require(root, "rules", c->problem);
    const struct document_node *stop = policy_compile_items(
        c, doc_get(root, "stops"), POLICY_STOPS_MAX, sizeof *policy->stops, &stops);
    if (!doc_expect(rules, DOC_LIST, c->problem) || !policy_is_good(c))
        return;
    if (doc_count(rules) == 0 || doc_count(rules) > POLICY_RULES_MAX)
        doc_fail(rules, c->problem, "expected 1 to %d rules", POLICY_RULES_MAX);
    policy->stops = stops;
    policy->rules = policy_alloc(c, doc_count(rules) + POLICY_STOPS_MAX, sizeof *policy->rules);
    const struct document_node *item = doc_first(rules);
    for (; item != NULL && policy_is_good(c); item = doc_next(item))
        compile_rule(c, item);
    for (; stop != NULL && policy_is_good(c); stop = doc_next(stop))
        compile_stop(c, stop);
    for (size_t i = 0; i < policy->rule_count; i++)
        policy->facts |= policy->rules[i].facts;
}
