#include "agent/card/issue.h"

#include <stdio.h>
#include <string.h>

#include "scp/base/secret.h"
#include "scp/host/text.h"

enum { PATH_LEN_MAX = 4096, KEY_FILE_MAX = 16 * 1024 };

/* A problem of a file as a whole. */
static bool fail_file(const char *path, const char *text, struct document_problem *problem)
{
    if (problem->error != DOC_OK)
        return false;
    problem->error = DOC_UNREADABLE;
    (void)snprintf(problem->file, sizeof problem->file, "%s", path);
    (void)snprintf(problem->text, sizeof problem->text, "%s", text);
    return false;
}

/* The path that the issuance gives, from the folder it is in. */
static bool keys_path(const char *issuance_path, const struct document *issuance,
                      struct rebind_text *path, struct document_problem *problem)
{
    const char *name = doc_string(doc_require(doc_root(issuance), "keys", problem), NULL, problem);
    if (name == NULL)
        return false;
    const char *slash = strrchr(issuance_path, '/');
    if (name[0] != '/' && slash != NULL)
        rebind_text_add_len(path, issuance_path, (size_t)(slash - issuance_path) + 1);
    rebind_text_add(path, name);
    return rebind_text_status(path) == SCP_OK || fail_file(issuance_path, "path too long", problem);
}

static bool read_keys(const char *path, struct document **keys, struct document_problem *problem)
{
    struct rebind_blob blob = {NULL, 0};
    struct rebind_problem why = {{0}};
    if (rebind_file_read_private(path, KEY_FILE_MAX, &blob, &why) != SCP_OK)
        return fail_file(path, why.text, problem);
    bool read = doc_new(path, rebind_blob_bytes(&blob), keys, problem) == DOC_OK;
    rebind_blob_free(&blob);
    return read;
}

static bool issue_with_keys(const struct softcard_issue_files *files,
                            const struct document *profile, const struct document *issuance,
                            struct rebind_blob *image, struct document_problem *problem)
{
    struct rebind_text path = rebind_text_new(PATH_LEN_MAX);
    struct document *keys = NULL;
    bool done = files->keys != NULL || keys_path(files->issuance, issuance, &path, problem);
    const char *name = files->keys != NULL ? files->keys : rebind_text_string(&path);
    done = done && read_keys(name, &keys, problem) &&
           softcard_issue(profile, issuance, keys, image, problem);
    doc_free(keys);
    rebind_text_free(&path);
    return done;
}

bool softcard_issue_from_files(const struct softcard_issue_files *files, struct rebind_blob *image,
                               struct document_problem *problem)
{
    struct document *profile = NULL;
    struct document *issuance = NULL;
    *image = (struct rebind_blob){NULL, 0};
    bool done = doc_new_from_file(files->profile, &profile, problem) == DOC_OK;
    if (done && files->issuance == NULL)
        done = softcard_issue(profile, NULL, NULL, image, problem);
    else if (done)
        done = doc_new_from_file(files->issuance, &issuance, problem) == DOC_OK &&
               issue_with_keys(files, profile, issuance, image, problem);
    doc_free(issuance);
    doc_free(profile);
    return done;
}
