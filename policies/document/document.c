#include "policies/document/node.h"
#include "scp/base/secret.h"

#include <stdlib.h>
#include <string.h>

void doc_free(struct document *doc)
{
    if (doc == NULL)
        return;
    while (doc->newest != NULL) {
        struct document_node *node = doc->newest;
        doc->newest = node->made_before;
        scp_wipe(node->text, node->len);
        free(node);
    }
    scp_wipe(doc->source, doc->source_len);
    free(doc->source);
    free(doc);
}

const struct document_node *doc_root(const struct document *doc)
{
    return doc->root;
}

struct scp_bytes doc_source(const struct document *doc)
{
    return scp_bytes_of(doc->source, doc->source_len);
}

enum doc_kind doc_kind(const struct document_node *node)
{
    return node->kind;
}

unsigned doc_line(const struct document_node *node)
{
    return node->line;
}

unsigned doc_column(const struct document_node *node)
{
    return node->column;
}

size_t doc_count(const struct document_node *node)
{
    return node->count;
}

const struct document_node *doc_first(const struct document_node *node)
{
    return node != NULL ? node->first : NULL;
}

const struct document_node *doc_next(const struct document_node *item)
{
    return item->next;
}

const struct document_node *doc_key_node(const struct document_node *value)
{
    return value->key;
}

const char *doc_key(const struct document_node *value)
{
    return value->key != NULL ? value->key->text : NULL;
}

const char *doc_text(const struct document_node *node)
{
    return node->kind == DOC_SCALAR ? node->text : NULL;
}

bool doc_is_quoted(const struct document_node *node)
{
    return node->quoted;
}

const struct document_node *doc_get(const struct document_node *node, const char *key)
{
    if (node == NULL || node->kind != DOC_MAPPING)
        return NULL;
    for (const struct document_node *value = node->first; value != NULL; value = value->next)
        if (strcmp(value->key->text, key) == 0)
            return value;
    return NULL;
}
