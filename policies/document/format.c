/* doc_format: the tree written again, with the comments where they were. */
#include "policies/document/comments.h"
#include "scp/host/text.h"

#include <stdlib.h>
#include <string.h>

enum { INDENT = 2, WIDTH = 100, OUT_MAX = 16 * 1024 * 1024 };

struct formatting {
    const struct document *doc;
    struct doc_comments comments;
    size_t next_comment;
    struct rebind_text out;
    size_t line_start;     /* of `out` */
    unsigned written_line; /* of the source: the last that is in `out` */
    size_t *lines;         /* where each line of the source begins; [0] is line 1 */
    size_t line_count;
    struct document_problem *problem;
};

/* ---- lines and comments ------------------------------------------------------------------- */

static void put(struct formatting *f, const char *text)
{
    rebind_text_add(&f->out, text);
}

static void end_line(struct formatting *f)
{
    rebind_text_add_char(&f->out, '\n');
    f->line_start = f->out.len;
}

static void put_indent(struct formatting *f, size_t indent)
{
    for (size_t i = 0; i < indent; i++)
        rebind_text_add_char(&f->out, ' ');
}

static void put_comment(struct formatting *f)
{
    const struct doc_comment *comment = &f->comments.list[f->next_comment++];
    rebind_text_add_len(&f->out, (const char *)comment->text.ptr, comment->text.len);
}

/* One blank line, where the source has any above its line `line`. */
static void keep_blank_line(struct formatting *f, unsigned line)
{
    if (f->out.len > 0 && line > f->written_line + 1)
        end_line(f);
    if (line > f->written_line)
        f->written_line = line;
}

/* Comments that stand above the source's line `line`, and the blank line before it. */
static void put_comments_before(struct formatting *f, unsigned line, size_t indent)
{
    while (f->next_comment < f->comments.count && f->comments.list[f->next_comment].line < line) {
        keep_blank_line(f, f->comments.list[f->next_comment].line);
        put_indent(f, indent);
        put_comment(f);
        end_line(f);
    }
    keep_blank_line(f, line);
}

/* End an output line whose last token stands in the source's line `line`. */
static void end_line_of(struct formatting *f, unsigned line)
{
    if (line > f->written_line)
        f->written_line = line;
    if (f->next_comment < f->comments.count && f->comments.list[f->next_comment].line == line &&
        !f->comments.list[f->next_comment].alone) {
        put(f, " ");
        put_comment(f);
    }
    end_line(f);
}

/* ---- scalars ------------------------------------------------------------------------------ */

static bool find_lines(struct formatting *f)
{
    struct scp_bytes source = doc_source(f->doc);
    size_t count = 1;
    for (size_t i = 0; i < source.len; i++)
        count += doc_break_length(scp_bytes_from(source, i)) > 0;
    f->lines = calloc(count, sizeof *f->lines);
    if (f->lines == NULL)
        return false;
    f->line_count = 1;
    for (size_t i = 0; i < source.len; i++) {
        size_t len = doc_break_length(scp_bytes_from(source, i));
        if (len == 0)
            continue;
        f->lines[f->line_count++] = i + len;
        i += len - 1;
    }
    return true;
}

static struct scp_bytes source_line(const struct formatting *f, unsigned line)
{
    if (line == 0 || line > f->line_count)
        return SCP_EMPTY;
    struct scp_bytes rest = scp_bytes_from(doc_source(f->doc), f->lines[line - 1]);
    size_t len = 0;
    while (len < rest.len && doc_break_length(scp_bytes_from(rest, len)) == 0)
        len++;
    return scp_bytes_slice(rest, 0, len);
}

/* Bytes of a line before a column, which counts characters. */
static size_t bytes_before(struct scp_bytes line, unsigned column)
{
    size_t at = 0;
    for (unsigned i = 1; i < column && at < line.len; i++)
        do
            at++;
        while (at < line.len && (line.ptr[at] & 0xC0) == 0x80);
    return at;
}

/* A scalar in one line stands as it did. */
static void put_as_written(struct formatting *f, const struct document_node *node)
{
    struct scp_bytes line = source_line(f, node->line);
    size_t from = bytes_before(line, node->column);
    struct scp_bytes text =
        scp_bytes_slice(line, from, bytes_before(line, node->end_column) - from);
    rebind_text_add_len(&f->out, (const char *)text.ptr, text.len);
}

/* A text of several lines becomes one. */
static void put_joined(struct formatting *f, const struct document_node *node)
{
    if (strchr(node->text, '\n') != NULL) {
        doc_fail(node, f->problem, "a text with line breaks is written with | or >");
        return;
    }
    if (node->quoted)
        rebind_text_add_json(&f->out, node->text, node->len);
    else
        put(f, node->text);
}

static size_t leading_blanks(struct scp_bytes line)
{
    size_t count = 0;
    while (count < line.len && line.ptr[count] == ' ')
        count++;
    return count;
}

/* A text after | or >: its lines are moved, and stay as they are otherwise. */
static void put_block(struct formatting *f, const struct document_node *node, size_t indent)
{
    struct scp_bytes head = source_line(f, node->line);
    head = scp_bytes_from(head, bytes_before(head, node->column));
    rebind_text_add_len(&f->out, (const char *)head.ptr, head.len);
    end_line(f);
    size_t old = 0;
    unsigned last = node->end_column > 1 ? node->end_line : node->end_line - 1;
    for (unsigned at = node->line + 1; at <= last; at++) {
        struct scp_bytes line = source_line(f, at);
        size_t blanks = leading_blanks(line);
        if (old == 0 && blanks < line.len)
            old = blanks;
        if (blanks < line.len) {
            put_indent(f, indent + (blanks > old ? blanks - old : 0));
            line = scp_bytes_from(line, blanks);
            rebind_text_add_len(&f->out, (const char *)line.ptr, line.len);
        }
        if (at < last)
            end_line(f);
    }
    f->written_line = last;
}

static void put_scalar(struct formatting *f, const struct document_node *node)
{
    if (node->line == node->end_line)
        put_as_written(f, node);
    else
        put_joined(f, node);
}

/* ---- lists and mappings in one line -------------------------------------------------------- */

static void put_flow(struct formatting *f, const struct document_node *node)
{
    bool mapping = node->kind == DOC_MAPPING;
    if (node->kind == DOC_SCALAR) {
        put_scalar(f, node);
        return;
    }
    put(f, mapping ? "{" : "[");
    for (const struct document_node *item = node->first; item != NULL; item = item->next) {
        put(f, item == node->first ? "" : ", ");
        if (mapping) {
            put_scalar(f, item->key);
            put(f, ": ");
        }
        put_flow(f, item);
    }
    put(f, mapping ? "}" : "]");
}

/* Whether a comment stands inside, so that it needs lines of its own. */
static bool has_comment(const struct formatting *f, const struct document_node *node)
{
    size_t i = f->next_comment;
    while (i < f->comments.count && f->comments.list[i].line < node->line)
        i++;
    return i < f->comments.count && f->comments.list[i].line < node->end_line;
}

/* Put it in this line, if it stood so and fits; false, with nothing put, otherwise. */
static bool put_flow_if_it_fits(struct formatting *f, const struct document_node *node)
{
    size_t before = f->out.len;
    if (node->count > 0 && (!node->flow || has_comment(f, node)))
        return false;
    put_flow(f, node);
    size_t width = f->out.len - f->line_start;
    if (node->count == 0 || width <= WIDTH || f->out.ptr == NULL)
        return true;
    f->out.len = before;
    f->out.ptr[before] = '\0';
    return false;
}

/* ---- blocks ------------------------------------------------------------------------------- */

static void put_node(struct formatting *f, const struct document_node *node, size_t indent,
                     bool begun);

static unsigned first_line(const struct document_node *node)
{
    return node->first->key != NULL ? node->first->key->line : node->first->line;
}

/* What follows "key:" in its line, or in lines of its own. */
static void put_value(struct formatting *f, const struct document_node *node, size_t indent)
{
    unsigned key_line = node->key->end_line;
    if (node->kind == DOC_SCALAR && node->len == 0 && !node->quoted) {
        end_line_of(f, key_line);
        return;
    }
    put(f, " ");
    if (node->kind == DOC_SCALAR && node->block) {
        put_block(f, node, indent + INDENT);
        end_line(f);
        return;
    }
    if (node->kind == DOC_SCALAR)
        put_scalar(f, node);
    if (node->kind == DOC_SCALAR || put_flow_if_it_fits(f, node)) {
        end_line_of(f, node->end_line);
        return;
    }
    f->out.len--; /* the blank */
    f->out.ptr[f->out.len] = '\0';
    if (first_line(node) > key_line)
        end_line_of(f, key_line);
    else
        end_line(f); /* the comment there is the first entry's */
    put_node(f, node, indent + INDENT, false);
}

/* Entries, each in lines of its own; the first may go on in a line that is begun. */
static void put_mapping(struct formatting *f, const struct document_node *node, size_t indent,
                        bool begun)
{
    for (const struct document_node *value = node->first; value != NULL; value = value->next) {
        if (!begun) {
            put_comments_before(f, value->key->line, indent);
            put_indent(f, indent);
        }
        begun = false;
        put_scalar(f, value->key);
        put(f, ":");
        put_value(f, value, indent);
    }
}

static void put_item(struct formatting *f, const struct document_node *item, size_t indent)
{
    put(f, "- ");
    if (item->kind == DOC_SCALAR && item->block) {
        put_block(f, item, indent + INDENT);
        end_line(f);
    } else if (item->kind == DOC_SCALAR || put_flow_if_it_fits(f, item)) {
        if (item->kind == DOC_SCALAR)
            put_scalar(f, item);
        end_line_of(f, item->end_line);
    } else
        put_node(f, item, indent + INDENT, true);
}

static void put_list(struct formatting *f, const struct document_node *node, size_t indent,
                     bool begun)
{
    for (const struct document_node *item = node->first; item != NULL; item = item->next) {
        if (!begun) {
            put_comments_before(f, item->line, indent);
            put_indent(f, indent);
        }
        begun = false;
        put_item(f, item, indent);
    }
}

/* The recursion is as deep as the document, DOC_DEPTH_MAX at most. */
static void put_node(struct formatting *f, const struct document_node *node, size_t indent,
                     bool begun)
{
    if (node->kind == DOC_MAPPING)
        put_mapping(f, node, indent, begun);
    else
        put_list(f, node, indent, begun);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static bool same_tree(const struct document_node *a, const struct document_node *b)
{
    if (a->kind != b->kind || a->count != b->count || a->quoted != b->quoted ||
        (a->kind == DOC_SCALAR && strcmp(a->text, b->text) != 0))
        return false;
    const struct document_node *y = b->first;
    for (const struct document_node *x = a->first; x != NULL; x = x->next, y = y->next)
        if (!same_tree(x, y) || (x->key != NULL && !same_tree(x->key, y->key)))
            return false;
    return true;
}

static bool same_comments(const struct doc_comments *a, const struct doc_comments *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = scp_bytes_equal(a->list[i].text, b->list[i].text);
    return same;
}

/* What was written must be read as what it was written from. */
static void verify(struct formatting *f)
{
    struct document_problem problem = {0};
    struct document *again;
    struct doc_comments comments = {0};
    const struct document_limits limits = {.size = OUT_MAX, .nodes = f->doc->nodes_max};
    const char *text = rebind_text_string(&f->out);
    bool same = doc_new_limited(f->doc->file, scp_bytes_of(text, f->out.len), &limits, &again,
                                &problem) == DOC_OK &&
                doc_comments_find(again, &comments) && same_tree(f->doc->root, again->root) &&
                same_comments(&f->comments, &comments);
    doc_comments_free(&comments);
    doc_free(again);
    if (!same)
        (void)doc_fail_whole(f->doc->file, DOC_INVALID, f->problem,
                             "this cannot be formatted without changing what it says");
}

static void put_document(struct formatting *f)
{
    const struct document_node *root = f->doc->root;
    if (root->kind == DOC_SCALAR)
        doc_fail(root, f->problem, "expected a mapping or a list");
    else if (root->count == 0) {
        put_flow(f, root);
        end_line_of(f, root->end_line);
    } else
        put_node(f, root, 0, false);
    put_comments_before(f, f->written_line, 0);
    while (f->next_comment < f->comments.count) {
        keep_blank_line(f, f->comments.list[f->next_comment].line);
        put_comment(f);
        end_line(f);
    }
}

enum document_error doc_format(const struct document *doc, char **out,
                               struct document_problem *problem)
{
    struct formatting f = {.doc = doc, .out = rebind_text_new(OUT_MAX), .problem = problem};
    *out = NULL;
    bool found = doc_comments_find(doc, &f.comments) && find_lines(&f);
    if (found)
        put_document(&f);
    if (!found || rebind_text_status(&f.out) != SCP_OK)
        (void)doc_fail_whole(doc->file, DOC_NO_MEMORY, problem, "%s",
                             doc_error_text(DOC_NO_MEMORY));
    if (problem->error == DOC_OK)
        verify(&f);
    if (problem->error == DOC_OK) {
        *out = strdup(rebind_text_string(&f.out));
        if (*out == NULL)
            (void)doc_fail_whole(doc->file, DOC_NO_MEMORY, problem, "%s",
                                 doc_error_text(DOC_NO_MEMORY));
    }
    doc_comments_free(&f.comments);
    free(f.lines);
    rebind_text_free(&f.out);
    return problem->error;
}
