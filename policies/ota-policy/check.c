/* ota-policy check: are these files valid, and what does the analysis say of them? */
#include "policies/analyse/analyse.h"
#include "policies/ota-policy/json.h"

#include <stdio.h>

enum { CONFLICTS_SHOWN = 20 };

/* What the analysis finds, as it is printed or gathered. */
struct findings {
    const char *file;
    json_t *list; /* NULL for text */
    size_t mistakes;
    size_t conflicts;
};

static void add_finding(void *user, const struct policy_finding *finding)
{
    struct findings *findings = user;
    findings->mistakes += policy_finding_is_mistake(finding->kind);
    findings->conflicts += finding->kind == POLICY_CONFLICT;
    if (findings->list != NULL) {
        (void)json_array_append_new(
            findings->list, json_pack("{s:s, s:s, s:i, s:s, s:i, s:s, s:b}", "kind",
                                      policy_finding_name(finding->kind), "id", finding->id, "line",
                                      (int)finding->line, "other", finding->other, "other_line",
                                      (int)finding->other_line, "text", finding->text, "mistake",
                                      policy_finding_is_mistake(finding->kind)));
        return;
    }
    if (finding->kind == POLICY_CONFLICT && findings->conflicts > CONFLICTS_SHOWN)
        return;
    (void)printf("%s:%u: %s: %s: %s", findings->file, finding->line,
                 policy_finding_name(finding->kind), finding->id, finding->text);
    if (finding->other_line > 0)
        (void)printf(" %s (line %u)", finding->other, finding->other_line);
    (void)putchar('\n');
}

/* False when memory is exhausted. */
static bool find(const char *file, const struct policy *policy, json_t *list, size_t *mistakes)
{
    struct findings findings = {.file = file, .list = list};
    bool good = policy_analyse(policy, add_finding, &findings);
    if (list == NULL && findings.conflicts > CONFLICTS_SHOWN)
        (void)printf("%s: %zu conflicts in all; --json has them\n", file, findings.conflicts);
    *mistakes = findings.mistakes;
    return good;
}

static json_t *valid_json(const char *file, const struct policy *policy, json_t *findings)
{
    char digest[OTA_POLICY_DIGEST_TEXT];
    return json_pack("{s:s, s:b, s:s, s:s, s:I, s:I, s:o}", "file", file, "valid", 1, "name",
                     policy_name(policy), "sha256", ota_policy_digest(policy, digest), "rules",
                     (json_int_t)policy_rule_count(policy), "tests",
                     (json_int_t)policy_case_count(policy), "findings", findings);
}

static json_t *invalid_json(const char *file, const struct document_problem *problem)
{
    return json_pack("{s:s, s:b, s:o}", "file", file, "valid", 0, "problem",
                     ota_policy_json_problem(problem));
}

static void print_valid(const char *file, const struct policy *policy)
{
    char digest[OTA_POLICY_DIGEST_TEXT];
    size_t rules = policy_rule_count(policy);
    size_t tests = policy_case_count(policy);
    (void)printf("%s: %s is valid: %zu rule%s, %zu test%s, SHA-256 %s\n", file, policy_name(policy),
                 rules, rules == 1 ? "" : "s", tests, tests == 1 ? "" : "s",
                 ota_policy_digest(policy, digest));
}

static enum ota_policy_exit worse(enum ota_policy_exit a, enum ota_policy_exit b)
{
    return a > b ? a : b;
}

static enum ota_policy_exit check_policy(const struct ota_policy_options *options, const char *file,
                                         const struct policy *policy, json_t *list)
{
    size_t mistakes = 0;
    json_t *findings = list != NULL ? json_array() : NULL;
    if (list == NULL)
        print_valid(file, policy);
    bool good = find(file, policy, findings, &mistakes);
    if (list != NULL)
        (void)json_array_append_new(list, valid_json(file, policy, findings));
    if (!good) {
        (void)fputs("ota-policy: memory is exhausted\n", stderr);
        return OTA_POLICY_BAD;
    }
    return options->strict && mistakes > 0 ? OTA_POLICY_FAILED : OTA_POLICY_OK;
}

/* `list` is NULL for an answer in text. */
static enum ota_policy_exit check_file(const struct ota_policy_options *options, const char *file,
                                       json_t *list)
{
    struct document_problem problem = {0};
    struct policy *policy;
    enum document_error error = ota_policy_load(file, &policy, &problem);
    if (error == DOC_OK) {
        enum ota_policy_exit status = check_policy(options, file, policy, list);
        policy_free(policy);
        return status;
    }
    if (list != NULL)
        (void)json_array_append_new(list, invalid_json(file, &problem));
    else
        ota_policy_print_problem(&problem);
    return error == DOC_INVALID ? OTA_POLICY_FAILED : OTA_POLICY_BAD;
}

enum ota_policy_exit ota_policy_check(const struct ota_policy_options *options)
{
    enum ota_policy_exit status = OTA_POLICY_OK;
    json_t *list = options->json ? json_array() : NULL;
    for (size_t i = 0; i < options->file_count; i++)
        status = worse(status, check_file(options, options->files[i], list));
    if (!options->json)
        return status;
    return ota_policy_json_print(json_pack("{s:o}", "files", list), status);
}
