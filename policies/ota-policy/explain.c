/* ota-policy explain: what would be decided on these facts, and why? */
#include "policies/evaluate/explain.h"

#include "policies/ota-policy/arguments.h"
#include "policies/ota-policy/json.h"

#include <inttypes.h>
#include <stdio.h>

struct question {
    const struct policy *policy;
    const struct policy_facts *facts;
    struct policy_decision decision;
};

static bool is_deciding(const struct question *q, size_t rule)
{
    return q->decision.rule_count > 0 &&
           policy_decision_has_rule(&q->decision, policy_rule_info(q->policy, rule).id);
}

static bool was_read(const struct question *q, enum policy_fact fact)
{
    return (q->decision.facts_read & POLICY_FACT_BIT(fact)) != 0;
}

/* ---- text --------------------------------------------------------------------------------- */

static const char *missing_name(const struct policy_decision *decision)
{
    return decision->missing < POLICY_FACT_COUNT ? policy_fact_info(decision->missing)->name
                                                 : "a counter";
}

static void print_use(const struct policy_use *use)
{
    (void)printf("  limit        %s: ", use->limit);
    if (use->counted == INT64_MAX)
        (void)printf("never before");
    else
        (void)printf("%" PRId64, use->counted);
    if (use->of > 0)
        (void)printf(" of %" PRId64, use->of);
    (void)printf(", %" PRId64 " %s%s\n", use->at_most, use->reached ? "reached" : "not reached",
                 use->consumes && !use->reached ? ", counts" : "");
}

static void print_decision(const struct question *q)
{
    char obligations[256];
    const struct policy_decision *decision = &q->decision;
    (void)printf("%s  by %s\n", policy_effect_name(decision->effect),
                 policy_decision_rule(decision));
    for (size_t i = 0; i < policy_language_count(q->policy); i++)
        (void)printf("  %-12s %s\n", i == 0 ? "reason" : policy_language(q->policy, i),
                     decision->reasons[i]);
    if (decision->incomplete)
        (void)printf("  missing      %s\n", missing_name(decision));
    for (size_t i = 0; i < decision->exception_count; i++)
        (void)printf("  exception    %s\n", decision->exceptions[i]);
    for (size_t i = 0; i < decision->use_count; i++)
        print_use(&decision->uses[i]);
    if (decision->effect == POLICY_ALLOW)
        (void)printf(
            "  obligations  %s\n",
            policy_obligations_format(&decision->obligations, obligations, sizeof obligations));
}

static const char *const answers[] = {
    [POLICY_NO] = "no ", [POLICY_UNKNOWN] = "?  ", [POLICY_YES] = "yes"};

static void print_condition(void *user, const struct policy_explanation *item)
{
    (void)user;
    (void)printf("    %s  %*s%s", answers[item->answer], (int)(2 * item->depth), "",
                 item->condition);
    if (item->is_group)
        (void)printf(":\n");
    else
        (void)printf("  (%s)\n", item->found);
}

static void ignore_condition(void *user, const struct policy_explanation *item)
{
    (void)user;
    (void)item;
}

/* The rules that decided; when none did, all that could have. */
static bool is_of_interest(const struct question *q, size_t rule)
{
    return is_deciding(q, rule) || (q->decision.rule_count == 0 &&
                                    policy_rule_info(q->policy, rule).effect == POLICY_ALLOW);
}

static void print_rule(const struct question *q, const char *file, size_t index)
{
    struct policy_rule_info rule = policy_rule_info(q->policy, index);
    static const char *const verdicts[] = {
        [POLICY_NO] = "does not hold", [POLICY_UNKNOWN] = "cannot be told", [POLICY_YES] = "holds"};
    enum policy_answer answer =
        policy_explain_rule(q->policy, index, q->facts, ignore_condition, NULL);
    (void)printf("\n%s %s (%s:%u) %s%s\n", policy_effect_name(rule.effect), rule.id, file,
                 rule.line, verdicts[answer], is_deciding(q, index) ? " and decides" : "");
    (void)policy_explain_rule(q->policy, index, q->facts, print_condition, NULL);
}

static enum ota_policy_exit explain_as_text(const struct question *q,
                                            const struct ota_policy_options *options)
{
    print_decision(q);
    for (size_t i = 0; i < policy_rule_count(q->policy); i++)
        if (options->all || is_of_interest(q, i))
            print_rule(q, options->files[0], i);
    return OTA_POLICY_OK;
}

/* ---- JSON --------------------------------------------------------------------------------- */

/* The arrays being filled, by depth: borrowed, each owned by the one above. */
struct json_tree {
    json_t *lists[DOC_DEPTH_MAX + 1];
};

static void add_condition(void *user, const struct policy_explanation *item)
{
    struct json_tree *tree = user;
    json_t *members = item->is_group ? json_array() : NULL;
    json_t *json = json_pack("{s:s, s:b, s:b, s:i, s:s*, s:o*}", "condition", item->condition,
                             "holds", item->answer == POLICY_YES, "unknown",
                             item->answer == POLICY_UNKNOWN, "line", (int)item->line, "found",
                             item->is_group ? NULL : item->found, "conditions", members);
    (void)json_array_append_new(tree->lists[item->depth], json);
    if (item->is_group)
        tree->lists[item->depth + 1] = members;
}

static json_t *rule_json(const struct question *q, size_t index)
{
    struct policy_rule_info rule = policy_rule_info(q->policy, index);
    struct json_tree tree = {.lists = {json_array()}};
    enum policy_answer answer =
        policy_explain_rule(q->policy, index, q->facts, add_condition, &tree);
    return json_pack("{s:s, s:s, s:i, s:b, s:b, s:b, s:o}", "id", rule.id, "effect",
                     policy_effect_name(rule.effect), "line", (int)rule.line, "holds",
                     answer == POLICY_YES, "unknown", answer == POLICY_UNKNOWN, "decides",
                     is_deciding(q, index), "conditions", tree.lists[0]);
}

static json_t *facts_read_json(const struct question *q)
{
    json_t *read = json_object();
    for (size_t i = 0; i < POLICY_FACT_COUNT; i++) {
        enum policy_fact fact = (enum policy_fact)i;
        char value[512];
        if (was_read(q, fact))
            (void)json_object_set_new(
                read, policy_fact_info(fact)->name,
                json_string(policy_facts_format(q->facts, fact, value, sizeof value)));
    }
    return read;
}

static enum ota_policy_exit explain_as_json(const struct question *q)
{
    char digest[OTA_POLICY_DIGEST_TEXT];
    const struct policy_decision *decision = &q->decision;
    json_t *rules = json_array();
    for (size_t i = 0; i < policy_rule_count(q->policy); i++)
        (void)json_array_append_new(rules, rule_json(q, i));
    json_t *json = json_pack("{s:{s:s, s:s}, s:o, s:s*, s:o, s:o}", "policy", "name",
                             policy_name(q->policy), "sha256", ota_policy_digest(q->policy, digest),
                             "decision", ota_policy_json_decision(q->policy, decision), "missing",
                             decision->incomplete ? missing_name(decision) : NULL, "facts_read",
                             facts_read_json(q), "rules", rules);
    return ota_policy_json_print(json, OTA_POLICY_OK);
}

/* ---- both --------------------------------------------------------------------------------- */

static enum ota_policy_exit explain_policy(const struct ota_policy_options *options,
                                           const struct policy *policy)
{
    struct ota_policy_arguments arguments;
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (ota_policy_arguments_read(options, &arguments)) {
        struct question q = {.policy = policy, .facts = &arguments.facts};
        policy_evaluate(policy, q.facts, &q.decision);
        status = options->json ? explain_as_json(&q) : explain_as_text(&q, options);
    }
    ota_policy_arguments_fini(&arguments);
    return status;
}

enum ota_policy_exit ota_policy_explain(const struct ota_policy_options *options)
{
    struct document_problem problem = {0};
    struct policy *policy;
    if (ota_policy_load(options->files[0], &policy, &problem) == DOC_OK) {
        enum ota_policy_exit status = explain_policy(options, policy);
        policy_free(policy);
        return status;
    }
    if (options->json)
        return ota_policy_json_print(
            json_pack("{s:o}", "problem", ota_policy_json_problem(&problem)), OTA_POLICY_BAD);
    ota_policy_print_problem(&problem);
    return OTA_POLICY_BAD;
}
