#include "policies/ota-policy/command.h"

#include "scp/host/file.h"

#include <stdio.h>

enum document_error ota_policy_load(const char *path, struct policy **out,
                                    struct document_problem *problem)
{
    struct rebind_blob text;
    struct rebind_problem cause;
    *out = NULL;
    if (rebind_file_read(path, POLICY_SIZE_MAX, &text, &cause) != SCP_OK)
        return doc_fail_whole(path, DOC_UNREADABLE, problem, "%s", cause.text);
    enum document_error error = policy_compile(path, rebind_blob_bytes(&text), out, problem);
    rebind_blob_free(&text);
    return error;
}

void ota_policy_print_problem(const struct document_problem *problem)
{
    char text[DOC_PROBLEM_SIZE];
    (void)fputs(doc_problem_format(problem, text, sizeof text), stderr);
}

char *ota_policy_digest(const struct policy *policy, char to[OTA_POLICY_DIGEST_TEXT])
{
    return scp_hex_encode(to, OTA_POLICY_DIGEST_TEXT,
                          scp_bytes_of(policy_digest(policy), POLICY_DIGEST_SIZE));
}
