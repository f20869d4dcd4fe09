/* ota-policy check: are these files valid? */
#include "policies/ota-policy/json.h"

#include <stdio.h>

static json_t *valid_json(const char *file, const struct policy *policy)
{
    char digest[OTA_POLICY_DIGEST_TEXT];
    return json_pack("{s:s, s:b, s:s, s:s, s:I, s:I}", "file", file, "valid", 1, "name",
                     policy_name(policy), "sha256", ota_policy_digest(policy, digest), "rules",
                     (json_int_t)policy_rule_count(policy), "tests",
                     (json_int_t)policy_case_count(policy));
}

static json_t *invalid_json(const char *file, const struct document_problem *problem)
{
    return json_pack("{s:s, s:b, s:o}", "file", file, "valid", 0, "problem",
                     ota_policy_json_problem(problem));
}

static void print_valid(const char *file, const struct policy *policy)
{
    char digest[OTA_POLICY_DIGEST_TEXT];
    (void)printf("%s: %s is valid: %zu rules, %zu tests, SHA-256 %s\n", file, policy_name(policy),
                 policy_rule_count(policy), policy_case_count(policy),
                 ota_policy_digest(policy, digest));
}

static enum ota_policy_exit worse(enum ota_policy_exit a, enum ota_policy_exit b)
{
    return a > b ? a : b;
}

/* `list` is NULL for an answer in text. */
static enum ota_policy_exit check_file(const char *file, json_t *list)
{
    struct document_problem problem = {0};
    struct policy *policy;
    enum document_error error = ota_policy_load(file, &policy, &problem);
    if (list != NULL)
        (void)json_array_append_new(list, error == DOC_OK ? valid_json(file, policy)
                                                          : invalid_json(file, &problem));
    else if (error == DOC_OK)
        print_valid(file, policy);
    else
        ota_policy_print_problem(&problem);
    policy_free(policy);
    if (error == DOC_OK)
        return OTA_POLICY_OK;
    return error == DOC_INVALID ? OTA_POLICY_FAILED : OTA_POLICY_BAD;
}

enum ota_policy_exit ota_policy_check(const struct ota_policy_options *options)
{
    enum ota_policy_exit status = OTA_POLICY_OK;
    json_t *list = options->json ? json_array() : NULL;
    for (size_t i = 0; i < options->file_count; i++)
        status = worse(status, check_file(options->files[i], list));
    if (!options->json)
        return status;
    return ota_policy_json_print(json_pack("{s:o}", "files", list), status);
}
