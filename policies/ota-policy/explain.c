/* ota-policy explain: what would be decided on these facts, and why? */
#include "policies/evaluate/explain.h"

#include "policies/ota-policy/arguments.h"
#include "policies/ota-policy/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MISSING_SIZE = POLICY_ID_MAX + 16 };

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

/* The fact, or the counter of the first limit that had none. */
static const char *missing_name(const struct policy_decision *decision, char to[MISSING_SIZE])
{
    const struct policy_use *use = decision->uses;
    const struct policy_use *end = use + decision->use_count;
    if (decision->missing < POLICY_FACT_COUNT)
        return policy_fact_info(decision->missing)->name;
    while (use < end && !use->unknown)
        use++;
    (void)snprintf(to, MISSING_SIZE, "a counter%s%s", use < end ? ": " : "",
                   use < end ? use->limit : "");
    return to;
}

static void print_use(const struct policy_use *use)
{
    (void)printf("  limit        %s: ", use->limit);
    if (use->unknown) {
        (void)printf("not known\n");
        return;
    }
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
    char missing[MISSING_SIZE];
    const struct policy_decision *decision = &q->decision;
    (void)printf("%s  by %s\n", policy_effect_name(decision->effect),
                 policy_decision_rule(decision));
    for (size_t i = 0; i < policy_language_count(q->policy); i++)
        (void)printf("  %-12s %s\n", i == 0 ? "reason" : policy_language(q->policy, i),
                     decision->reasons[i]);
    if (decision->incomplete)
        (void)printf("  missing      %s\n", missing_name(decision, missing));
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

/* A rule's own conditions hold, and an exception does too. */
struct lift {
    bool conditions_hold;
    bool exception_holds;
};

static void look_for_lift(void *user, const struct policy_explanation *item)
{
    struct lift *lift = user;
    if (item->depth > 0)
        return;
    bool holds = item->answer == POLICY_YES;
    if (item->is_exception)
        lift->exception_holds = lift->exception_holds || holds;
    else
        lift->conditions_hold = lift->conditions_hold && holds;
}

/* What became of a rule. */
struct verdict {
    enum policy_answer answer;
    bool is_lifted;
};

static struct verdict verdict_of(const struct question *q, size_t rule)
{
    struct lift lift = {.conditions_hold = true};
    enum policy_answer answer =
        policy_explain_rule(q->policy, rule, q->facts, look_for_lift, &lift);
    return (struct verdict){answer, lift.conditions_hold && lift.exception_holds};
}

/* The rules that decided and those that exceptions lifted; when none decided, all that could have:
 * those that cannot be told, or those that allow. */
static bool is_of_interest(const struct question *q, size_t rule, struct verdict verdict)
{
    if (is_deciding(q, rule) || verdict.is_lifted)
        return true;
    if (q->decision.incomplete)
        return verdict.answer != POLICY_NO;
    return q->decision.rule_count == 0 && policy_rule_info(q->policy, rule).effect == POLICY_ALLOW;
}

static const char *verdict_text(struct verdict verdict)
{
    static const char *const texts[] = {
        [POLICY_NO] = "does not hold", [POLICY_UNKNOWN] = "cannot be told", [POLICY_YES] = "holds"};
    return verdict.is_lifted ? "is lifted by an exception" : texts[verdict.answer];
}

static void print_rule(const struct question *q, const char *file, size_t index,
                       struct verdict verdict)
{
    struct policy_rule_info rule = policy_rule_info(q->policy, index);
    (void)printf("\n%s %s (%s:%u) %s%s\n", policy_effect_name(rule.effect), rule.id, file,
                 rule.line, verdict_text(verdict), is_deciding(q, index) ? " and decides" : "");
    (void)policy_explain_rule(q->policy, index, q->facts, print_condition, NULL);
}

static enum ota_policy_exit explain_as_text(const struct question *q,
                                            const struct ota_policy_options *options)
{
    print_decision(q);
    for (size_t i = 0; i < policy_rule_count(q->policy); i++) {
        struct verdict verdict = verdict_of(q, i);
        if (options->all || is_of_interest(q, i, verdict))
            print_rule(q, options->files[0], i, verdict);
    }
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
    json_t *found = item->is_group ? NULL : ota_policy_json_text(item->found);
    json_t *json = json_pack("{s:o, s:b, s:b, s:i, s:o*, s:o*}", "condition",
                             ota_policy_json_text(item->condition), "holds",
                             item->answer == POLICY_YES, "unknown", item->answer == POLICY_UNKNOWN,
                             "line", (int)item->line, "found", found, "conditions", members);
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
                ota_policy_json_text(policy_facts_format(q->facts, fact, value, sizeof value)));
    }
    return read;
}

static enum ota_policy_exit explain_as_json(const struct question *q)
{
    char digest[OTA_POLICY_DIGEST_TEXT];
    char missing[MISSING_SIZE];
    const struct policy_decision *decision = &q->decision;
    json_t *rules = json_array();
    for (size_t i = 0; i < policy_rule_count(q->policy); i++)
        (void)json_array_append_new(rules, rule_json(q, i));
    json_t *json = json_pack("{s:{s:s, s:s}, s:o, s:s*, s:o, s:o}", "policy", "name",
                             policy_name(q->policy), "sha256", ota_policy_digest(q->policy, digest),
                             "decision", ota_policy_json_decision(q->policy, decision), "missing",
                             decision->incomplete ? missing_name(decision, missing) : NULL,
                             "facts_read", facts_read_json(q), "rules", rules);
    return ota_policy_json_print(json, OTA_POLICY_OK);
}

/* ---- both --------------------------------------------------------------------------------- */

/* A count of a limit that the policy does not have would change nothing, unseen. */
static bool are_counted(const struct policy *policy, const struct ota_policy_arguments *arguments)
{
    const char *names[POLICY_LIMITS_MAX + 1] = {NULL};
    size_t limits = policy_limit_count(policy);
    for (size_t i = 0; i < limits; i++)
        names[i] = policy_limit_info(policy, i).id;
    for (size_t i = 0; i < arguments->count_count; i++) {
        const char *wanted = arguments->counts[i].limit;
        size_t at = 0;
        while (at < limits && strcmp(names[at], wanted) != 0)
            at++;
        if (at < limits)
            continue;
        (void)fprintf(stderr, "ota-policy: --count %s: no limit has that id%s\n", wanted,
                      doc_hint(wanted, names).text);
        return false;
    }
    return true;
}

static enum ota_policy_exit explain_policy(const struct ota_policy_options *options,
                                           const struct policy *policy)
{
    struct ota_policy_arguments arguments;
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (ota_policy_arguments_read(options, &arguments) && are_counted(policy, &arguments)) {
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
    return ota_policy_refuse(options, &problem);
}
