/* ota-policy fmt: policies in one form, their comments kept. */
#include "policies/ota-policy/command.h"

#include "scp/host/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ota_policy_exit complain(const struct document_problem *problem)
{
    ota_policy_print_problem(problem);
    return OTA_POLICY_BAD;
}

static enum ota_policy_exit rewrite(const char *path, const char *text)
{
    struct rebind_problem cause;
    struct scp_bytes content = scp_bytes_of(text, strlen(text));
    if (rebind_file_write(path, content, 0644, &cause) == SCP_OK)
        return OTA_POLICY_OK;
    (void)fprintf(stderr, "ota-policy: %s\n", cause.text);
    return OTA_POLICY_BAD;
}

/* With --check nothing is written, and a file that would change is a failure. */
static enum ota_policy_exit deliver(const struct ota_policy_options *options, const char *path,
                                    struct scp_bytes before, const char *text)
{
    bool same = scp_bytes_equal(before, scp_bytes_of(text, strlen(text)));
    if (options->only_check) {
        if (!same)
            (void)printf("%s is not in the form of ota-policy fmt\n", path);
        return same ? OTA_POLICY_OK : OTA_POLICY_FAILED;
    }
    if (options->write)
        return same ? OTA_POLICY_OK : rewrite(path, text);
    return fputs(text, stdout) >= 0 ? OTA_POLICY_OK : OTA_POLICY_BAD;
}

static enum ota_policy_exit format_file(const struct ota_policy_options *options, const char *path)
{
    static const struct document_limits limits = {.size = POLICY_SIZE_MAX,
                                                  .nodes = POLICY_NODES_MAX};
    struct document_problem problem = {0};
    struct rebind_problem cause;
    struct rebind_blob file;
    struct document *doc = NULL;
    char *text = NULL;
    if (rebind_file_read(path, POLICY_SIZE_MAX, &file, &cause) != SCP_OK) {
        (void)fprintf(stderr, "ota-policy: %s\n", cause.text);
        return OTA_POLICY_BAD;
    }
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (doc_new_limited(path, rebind_blob_bytes(&file), &limits, &doc, &problem) == DOC_OK &&
        doc_format(doc, &text, &problem) == DOC_OK)
        status = deliver(options, path, rebind_blob_bytes(&file), text);
    else
        status = complain(&problem);
    free(text);
    doc_free(doc);
    rebind_blob_free(&file);
    return status;
}

enum ota_policy_exit ota_policy_fmt(const struct ota_policy_options *options)
{
    enum ota_policy_exit status = OTA_POLICY_OK;
    for (size_t i = 0; i < options->file_count; i++) {
        enum ota_policy_exit one = format_file(options, options->files[i]);
        status = one > status ? one : status;
    }
    return status;
}
