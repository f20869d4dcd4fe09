#include "ota-server/api/policy_check.h"

#include "policies/analyse/analyse.h"
#include "policies/evaluate/cases.h"

/* With the place of the mistake; one of the document as a whole has none. */
static void refuse(struct http_response *response, const struct document_problem *problem)
{
    static const char title[] = "The policy cannot be used";
    if (problem->line == 0) {
        http_problem(response, 422, "policy-invalid", title, "%s", problem->text);
        return;
    }
    http_problem(response, 422, "policy-invalid", title, "line %u, column %u: %s", problem->line,
                 problem->column, problem->text);
    http_problem_number(response, "line", problem->line);
    http_problem_number(response, "column", problem->column);
    http_problem_text(response, "source", problem->source);
}

bool policy_check_compiles(struct scp_bytes yaml, struct policy **out,
                           struct http_response *response)
{
    struct document_problem problem = {.error = DOC_OK};
    if (policy_compile("policy", yaml, out, &problem) == DOC_OK)
        return true;
    refuse(response, &problem);
    return false;
}

bool policy_check_cases(const struct policy *policy, struct http_response *response)
{
    size_t count = policy_case_count(policy);
    for (size_t i = 0; i < count; i++) {
        struct policy_case_result result;
        policy_case_run(policy, i, &result);
        if (result.passed)
            continue;
        http_problem(response, 422, "policy-case-failed", "A case of the policy fails",
                     "line %u, case '%s': %s", result.line, result.name, result.difference);
        http_problem_number(response, "line", result.line);
        return false;
    }
    return true;
}

static void add_finding(void *user, const struct policy_finding *finding)
{
    (void)json_array_append_new(user, json_pack("{s:s, s:s, s:i, s:s, s:s, s:b}", "kind",
                                                policy_finding_name(finding->kind), "id",
                                                finding->id, "line", (int)finding->line, "other",
                                                finding->other, "text", finding->text, "mistake",
                                                policy_finding_is_mistake(finding->kind)));
}

json_t *policy_check_report(const struct policy *policy)
{
    json_t *findings = json_array();
    if (!policy_analyse(policy, add_finding, findings)) {
        json_decref(findings);
        return NULL;
    }
    return json_pack("{s:s, s:i, s:i, s:o}", "name", policy_name(policy), "rules",
                     (int)policy_rule_count(policy), "cases", (int)policy_case_count(policy),
                     "findings", findings);
}
