/* The inside of a document: nodes linked as a tree, each one block of the heap with its text.
 * Private to policies/document. */
#ifndef POLICIES_DOCUMENT_NODE_H
#define POLICIES_DOCUMENT_NODE_H

#include "policies/document/document.h"

struct document_node {
    const struct document *doc;
    struct document_node *made_before; /* the chain of all nodes, for doc_free */
    struct document_node *parent;
    struct document_node *key;   /* of a mapping's value */
    struct document_node *first; /* children */
    struct document_node *last;
    struct document_node *next; /* sibling */
    size_t count;               /* of children */
    unsigned line;
    unsigned column;
    unsigned end_line; /* where it ends, the column behind its last character */
    unsigned end_column;
    enum doc_kind kind;
    bool quoted;
    bool block; /* a scalar that opens with | or > */
    bool flow;  /* a list in [], a mapping in {} */
    size_t len; /* of text, without its NUL */
    char text[];
};

struct document {
    char file[DOC_FILE_SIZE];
    uint8_t *source;
    size_t source_len;
    struct document_node *root;
    struct document_node *newest;
    size_t node_count;
    size_t nodes_max;
};

/* A place in a document; both from 1. */
struct doc_place {
    unsigned line;
    unsigned column;
};

/* Record a problem at a place, unless there is one already. Returns the error recorded first. */
enum document_error doc_fail_at(const struct document *doc, struct doc_place place,
                                struct document_problem *problem, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Length of the line break that `rest` opens with, 0 for none. YAML 1.1 4.2 knows these five beside
 * CR LF, and columns are counted from all of them. */
size_t doc_break_length(struct scp_bytes rest);

#endif
