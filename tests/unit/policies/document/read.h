/* Reading a literal as a document, for tests. */
#ifndef TESTS_UNIT_POLICIES_DOCUMENT_READ_H
#define TESTS_UNIT_POLICIES_DOCUMENT_READ_H

#include "policies/document/document.h"

#include <string.h>

static inline struct document *read_text(const char *text, struct document_problem *problem)
{
    struct document *doc;
    *problem = (struct document_problem){0};
    enum document_error error =
        doc_new("sample.yaml", scp_bytes_of(text, strlen(text)), &doc, problem);
    assert_int_equal(error, problem->error);
    assert_true((doc == NULL) == (error != DOC_OK));
    return doc;
}

static inline struct document *read_good(const char *text)
{
    struct document_problem problem;
    struct document *doc = read_text(text, &problem);
    assert_string_equal(problem.text, "");
    assert_non_null(doc);
    return doc;
}

#endif
