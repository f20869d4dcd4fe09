/* ota-policy fmt: policies in one form, their comments kept. */
#include "policies/ota-policy/json.h"
#include "scp/host/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One file under way; `list` gathers answers in JSON, and is NULL for text. */
struct formatting {
    const struct ota_policy_options *options;
    const char *path;
    json_t *list;
};

static enum ota_policy_exit complain(const struct formatting *f,
                                     const struct document_problem *problem)
{
    if (f->list != NULL)
        (void)json_array_append_new(f->list, json_pack("{s:s, s:o}", "file", f->path, "problem",
                                                       ota_policy_json_problem(problem)));
    else
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

/* Nothing but the verdict for --check, nothing at all for --write. */
static enum ota_policy_exit print_text(const struct formatting *f, bool same, const char *text)
{
    if (f->options->only_check && !same)
        (void)printf("%s is not in the form of ota-policy fmt\n", f->path);
    if (f->options->only_check || f->options->write)
        return OTA_POLICY_OK;
    return fputs(text, stdout) >= 0 ? OTA_POLICY_OK : OTA_POLICY_BAD;
}

/* With --check nothing is written, and a file that would change is a failure. */
static enum ota_policy_exit deliver(const struct formatting *f, struct scp_bytes before,
                                    const char *text)
{
    bool same = scp_bytes_equal(before, scp_bytes_of(text, strlen(text)));
    bool silent = f->options->only_check || f->options->write;
    enum ota_policy_exit status = OTA_POLICY_OK;
    if (f->list == NULL)
        status = print_text(f, same, text);
    else
        (void)json_array_append_new(f->list,
                                    json_pack("{s:s, s:b, s:s*}", "file", f->path, "formatted",
                                              same, "text", silent ? NULL : text));
    if (f->options->only_check && !same)
        return OTA_POLICY_FAILED;
    return f->options->write && !f->options->only_check && !same ? rewrite(f->path, text) : status;
}

static enum ota_policy_exit format_file(const struct formatting *f)
{
    static const struct document_limits limits = {.size = POLICY_SIZE_MAX,
                                                  .nodes = POLICY_NODES_MAX};
    struct document_problem problem = {0};
    struct rebind_problem cause;
    struct rebind_blob file;
    struct document *doc = NULL;
    char *text = NULL;
    if (rebind_file_read(f->path, POLICY_SIZE_MAX, &file, &cause) != SCP_OK) {
        (void)doc_fail_whole(f->path, DOC_UNREADABLE, &problem, "%s", cause.text);
        return complain(f, &problem);
    }
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (doc_new_limited(f->path, rebind_blob_bytes(&file), &limits, &doc, &problem) == DOC_OK &&
        doc_format(doc, &text, &problem) == DOC_OK)
        status = deliver(f, rebind_blob_bytes(&file), text);
    else
        status = complain(f, &problem);
    free(text);
    doc_free(doc);
    rebind_blob_free(&file);
    return status;
}

enum ota_policy_exit ota_policy_fmt(const struct ota_policy_options *options)
{
    enum ota_policy_exit status = OTA_POLICY_OK;
    json_t *list = options->json ? json_array() : NULL;
    for (size_t i = 0; i < options->file_count; i++) {
        const struct formatting f = {options, options->files[i], list};
        enum ota_policy_exit one = format_file(&f);
        status = one > status ? one : status;
    }
    if (!options->json)
        return status;
    return ota_policy_json_print(json_pack("{s:o}", "files", list), status);
}
