/* ota-policy test: does each policy decide its own cases as it says, and does a case exercise each
 * rule, limit and exception? A rule or limit is exercised when it is among those that decide a
 * case, an exception when it lifts something. */
#include "policies/evaluate/cases.h"
#include "policies/ota-policy/json.h"

#include <stdio.h>
#include <stdlib.h>

struct report {
    size_t failed;
    bool *exercised; /* by rule, then by limit, then by exception */
    json_t *cases;   /* NULL for an answer in text */
    json_t *unexercised;
};

static size_t part_count(const struct policy *policy)
{
    return policy_rule_count(policy) + policy_limit_count(policy) + policy_exception_count(policy);
}

/* What has an id: the rule, limit or exception of that place in `exercised`. */
struct part {
    const char *kind;
    const char *id;
    unsigned line;
    bool needs_no_case; /* a stop comes and goes */
};

static struct part part_at(const struct policy *policy, size_t index)
{
    size_t rules = policy_rule_count(policy);
    size_t limits = policy_limit_count(policy);
    if (index < rules) {
        struct policy_rule_info rule = policy_rule_info(policy, index);
        return (struct part){"rule", rule.id, rule.line, rule.is_stop};
    }
    if (index < rules + limits) {
        struct policy_limit_info limit = policy_limit_info(policy, index - rules);
        return (struct part){"limit", limit.id, limit.line, false};
    }
    struct policy_exception_info exception = policy_exception_info(policy, index - rules - limits);
    return (struct part){"exception", exception.id, exception.line, false};
}

static void mark_exercised(const struct policy *policy, size_t index,
                           const struct policy_case_result *result, struct report *report)
{
    size_t rules = policy_rule_count(policy);
    for (size_t i = 0; i < part_count(policy); i++) {
        const char *id = part_at(policy, i).id;
        bool now = i < rules ? policy_case_exercises(policy, index, result, i)
                             : policy_decision_has_rule(&result->decision, id) ||
                                   policy_decision_has_exception(&result->decision, id);
        report->exercised[i] = report->exercised[i] || now;
    }
}

static json_t *case_json(const struct policy *policy, const struct policy_case_result *result)
{
    return json_pack("{s:s, s:i, s:b, s:s, s:o}", "name", result->name, "line", (int)result->line,
                     "passed", result->passed, "difference", result->difference, "decision",
                     ota_policy_json_decision(policy, &result->decision));
}

static void print_case(const char *file, const struct policy_case_result *result)
{
    if (result->passed)
        (void)printf("  pass  %s  (%s by %s)\n", result->name,
                     policy_effect_name(result->decision.effect),
                     policy_decision_rule(&result->decision));
    else
        (void)printf("  FAIL  %s\n        %s:%u: %s\n", result->name, file, result->line,
                     result->difference);
}

static void run_cases(const char *file, const struct policy *policy, struct report *report)
{
    for (size_t i = 0; i < policy_case_count(policy); i++) {
        struct policy_case_result result;
        policy_case_run(policy, i, &result);
        report->failed += !result.passed;
        mark_exercised(policy, i, &result, report);
        if (report->cases != NULL)
            (void)json_array_append_new(report->cases, case_json(policy, &result));
        else
            print_case(file, &result);
    }
}

static void report_unexercised(const char *file, const struct policy *policy, struct report *report)
{
    for (size_t i = 0; i < part_count(policy); i++) {
        struct part part = part_at(policy, i);
        if (report->exercised[i] || part.needs_no_case)
            continue;
        if (report->unexercised != NULL)
            (void)json_array_append_new(report->unexercised, json_string(part.id));
        else
            (void)printf("  note  %s:%u: no case exercises the %s %s\n", file, part.line, part.kind,
                         part.id);
    }
}

static void test_as_text(const char *file, const struct policy *policy, struct report *report)
{
    size_t count = policy_case_count(policy);
    (void)printf("%s: %s\n", file, policy_name(policy));
    run_cases(file, policy, report);
    report_unexercised(file, policy, report);
    (void)printf("  %zu of %zu cases passed\n", count - report->failed, count);
}

static void test_as_json(const char *file, const struct policy *policy, struct report *report,
                         json_t *list)
{
    report->cases = json_array();
    report->unexercised = json_array();
    run_cases(file, policy, report);
    report_unexercised(file, policy, report);
    (void)json_array_append_new(
        list, json_pack("{s:s, s:s, s:I, s:I, s:o, s:o}", "file", file, "name", policy_name(policy),
                        "passed", (json_int_t)(policy_case_count(policy) - report->failed),
                        "failed", (json_int_t)report->failed, "cases", report->cases, "unexercised",
                        report->unexercised));
}

static enum ota_policy_exit test_policy(const char *file, const struct policy *policy, json_t *list)
{
    struct report report = {.exercised = calloc(part_count(policy), sizeof *report.exercised)};
    if (report.exercised == NULL) {
        (void)fputs("ota-policy: memory is exhausted\n", stderr);
        return OTA_POLICY_BAD;
    }
    if (list != NULL)
        test_as_json(file, policy, &report, list);
    else
        test_as_text(file, policy, &report);
    free(report.exercised);
    return report.failed == 0 ? OTA_POLICY_OK : OTA_POLICY_FAILED;
}

/* `list` is NULL for an answer in text. */
static enum ota_policy_exit test_file(const char *file, json_t *list)
{
    struct document_problem problem = {0};
    struct policy *policy;
    if (ota_policy_load(file, &policy, &problem) != DOC_OK) {
        if (list != NULL)
            (void)json_array_append_new(list, json_pack("{s:s, s:o}", "file", file, "problem",
                                                        ota_policy_json_problem(&problem)));
        else
            ota_policy_print_problem(&problem);
        return OTA_POLICY_BAD;
    }
    enum ota_policy_exit status = test_policy(file, policy, list);
    policy_free(policy);
    return status;
}

enum ota_policy_exit ota_policy_test(const struct ota_policy_options *options)
{
    enum ota_policy_exit status = OTA_POLICY_OK;
    json_t *list = options->json ? json_array() : NULL;
    for (size_t i = 0; i < options->file_count; i++) {
        enum ota_policy_exit one = test_file(options->files[i], list);
        status = one > status ? one : status;
    }
    if (!options->json)
        return status;
    return ota_policy_json_print(json_pack("{s:o}", "files", list), status);
}
