#include "policies/document/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum document_error read_open_file(const char *path, FILE *file, struct document **out,
                                          struct document_problem *problem)
{
    const size_t cap = DOC_SIZE_MAX + 1; /* one more, so that a longer file is noticed */
    uint8_t *text = malloc(cap);
    if (text == NULL)
        return doc_fail_whole(path, DOC_NO_MEMORY, problem, "%s", doc_error_text(DOC_NO_MEMORY));
    size_t len = fread(text, 1, cap, file);
    enum document_error error =
        ferror(file) ? doc_fail_whole(path, DOC_UNREADABLE, problem, "%s", strerror(errno))
                     : doc_new(path, scp_bytes_of(text, len), out, problem);
    free(text);
    return error;
}

enum document_error doc_new_from_file(const char *path, struct document **out,
                                      struct document_problem *problem)
{
    *out = NULL;
    if (problem->error != DOC_OK)
        return problem->error;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return doc_fail_whole(path, DOC_UNREADABLE, problem, "%s", strerror(errno));
    enum document_error error = read_open_file(path, file, out, problem);
    (void)fclose(file);
    return error;
}
