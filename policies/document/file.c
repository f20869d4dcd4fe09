#include "policies/document/document.h"

#include "scp/host/file.h"

enum document_error doc_new_from_file(const char *path, struct document **out,
                                      struct document_problem *problem)
{
    *out = NULL;
    if (problem->error != DOC_OK)
        return problem->error;
    struct rebind_blob text;
    struct rebind_problem cause;
    if (rebind_file_read(path, DOC_SIZE_MAX, &text, &cause) != SCP_OK)
        return doc_fail_whole(path, DOC_UNREADABLE, problem, "%s", cause.text);
    enum document_error error = doc_new(path, rebind_blob_bytes(&text), out, problem);
    rebind_blob_free(&text);
    return error;
}
