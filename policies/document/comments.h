/* The comments of a document, which its tree does not have. Private to policies/document. */
#ifndef POLICIES_DOCUMENT_COMMENTS_H
#define POLICIES_DOCUMENT_COMMENTS_H

#include "policies/document/node.h"

struct doc_comment {
    struct scp_bytes text; /* from # on, without blanks at the end; of the document's source */
    unsigned line;
    bool alone; /* nothing else is on its line */
};

struct doc_comments {
    struct doc_comment *list; /* the heap's */
    size_t count;
};

/* In the order of the file. False when memory is exhausted; free in any case. */
bool doc_comments_find(const struct document *doc, struct doc_comments *out);
void doc_comments_free(struct doc_comments *comments);

#endif
