#include "policies/document/comments.h"

#include <stdlib.h>
#include <string.h>

/* A walk over the source, which knows line and column and passes over scalars. */
struct walk {
    struct scp_bytes source;
    size_t at;
    struct doc_place place;
    const struct document_node **scalars; /* in the order of the file */
    size_t scalar_count;
    size_t next_scalar;
    bool line_is_empty; /* so far, but for blanks */
};

static bool is_before(struct doc_place a, unsigned line, unsigned column)
{
    return a.line < line || (a.line == line && a.column < column);
}

static void step(struct walk *w)
{
    size_t len = doc_break_length(scp_bytes_from(w->source, w->at));
    if (len > 0) {
        w->at += len;
        w->place = (struct doc_place){w->place.line + 1, 1};
        w->line_is_empty = true;
        return;
    }
    uint8_t byte = w->source.ptr[w->at++];
    while (w->at < w->source.len && (w->source.ptr[w->at] & 0xC0) == 0x80)
        w->at++;
    w->place.column++;
    w->line_is_empty = w->line_is_empty && (byte == ' ' || byte == '\t');
}

/* Pass over the scalar that stands here, if one does. */
static bool pass_scalar(struct walk *w)
{
    while (w->next_scalar < w->scalar_count) {
        const struct document_node *scalar = w->scalars[w->next_scalar];
        if (is_before(w->place, scalar->line, scalar->column))
            return false;
        w->next_scalar++;
        bool any = is_before(w->place, scalar->end_line, scalar->end_column);
        while (w->at < w->source.len && is_before(w->place, scalar->end_line, scalar->end_column))
            step(w);
        if (any)
            return true;
    }
    return false;
}

static bool begins_comment(const struct walk *w)
{
    if (w->source.ptr[w->at] != '#')
        return false;
    uint8_t before = w->at > 0 ? w->source.ptr[w->at - 1] : '\n';
    return w->line_is_empty || before == ' ' || before == '\t';
}

static struct doc_comment take_comment(struct walk *w)
{
    struct doc_comment comment = {.line = w->place.line, .alone = w->line_is_empty};
    size_t start = w->at;
    while (w->at < w->source.len && doc_break_length(scp_bytes_from(w->source, w->at)) == 0)
        step(w);
    size_t len = w->at - start;
    while (len > 0 &&
           (w->source.ptr[start + len - 1] == ' ' || w->source.ptr[start + len - 1] == '\t'))
        len--;
    comment.text = scp_bytes_slice(w->source, start, len);
    return comment;
}

/* The scalars with text, in the order of the file: the tree chains its nodes backwards. */
static bool gather_scalars(const struct document *doc, struct walk *w)
{
    const size_t size = sizeof *w->scalars; /* NOLINT(bugprone-sizeof-expression): pointers */
    w->scalars = calloc(doc->node_count + 1, size);
    if (w->scalars == NULL)
        return false;
    size_t at = doc->node_count;
    for (const struct document_node *node = doc->newest; node != NULL; node = node->made_before)
        if (node->kind == DOC_SCALAR)
            w->scalars[--at] = node;
    w->scalar_count = doc->node_count - at;
    memmove(w->scalars, w->scalars + at, w->scalar_count * size);
    return true;
}

static size_t count_marks(struct scp_bytes source)
{
    size_t count = 0;
    for (size_t i = 0; i < source.len; i++)
        count += source.ptr[i] == '#';
    return count;
}

bool doc_comments_find(const struct document *doc, struct doc_comments *out)
{
    struct walk w = {.source = doc_source(doc), .place = {1, 1}, .line_is_empty = true};
    *out = (struct doc_comments){.list = calloc(count_marks(w.source) + 1, sizeof *out->list)};
    bool good = out->list != NULL && gather_scalars(doc, &w);
    while (good && w.at < w.source.len) {
        if (pass_scalar(&w))
            continue;
        if (begins_comment(&w))
            out->list[out->count++] = take_comment(&w);
        else
            step(&w);
    }
    free(w.scalars);
    return good;
}

void doc_comments_free(struct doc_comments *comments)
{
    free(comments->list);
}
