/* YAML events (libyaml) -> tree. No recursion: `open` is the list or mapping being filled. */
#include "policies/document/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct builder {
    struct document *doc;
    struct document_node *open; /* NULL at the top */
    struct document_node *key;  /* read, its value not yet */
    size_t depth;
    struct document_problem *problem;
};

static struct doc_place place_of(yaml_mark_t mark)
{
    return (struct doc_place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

#define FAIL(b, event, ...) \
    doc_fail_at((b)->doc, place_of((event)->start_mark), (b)->problem, __VA_ARGS__)

static void set_end(struct document_node *node, const yaml_event_t *event)
{
    struct doc_place end = place_of(event->end_mark);
    node->end_line = end.line;
    node->end_column = end.column;
}

static struct document_node *new_node(struct builder *b, const yaml_event_t *event,
                                      enum doc_kind kind, struct scp_bytes text)
{
    if (b->doc->node_count >= b->doc->nodes_max) {
        (void)FAIL(b, event, "the document has more than %zu values", b->doc->nodes_max);
        return NULL;
    }
    struct document_node *node = calloc(1, sizeof *node + text.len + 1);
    if (node == NULL) {
        (void)doc_fail_whole(b->doc->file, DOC_NO_MEMORY, b->problem, "%s",
                             doc_error_text(DOC_NO_MEMORY));
        return NULL;
    }
    struct doc_place place = place_of(event->start_mark);
    node->doc = b->doc;
    node->made_before = b->doc->newest;
    node->kind = kind;
    node->line = place.line;
    node->column = place.column;
    set_end(node, event);
    node->len = text.len;
    if (text.len > 0)
        memcpy(node->text, text.ptr, text.len);
    b->doc->newest = node;
    b->doc->node_count++;
    return node;
}

/* Put a finished or just opened value where it belongs: under the pending key, in the open list, or
 * at the root. */
static void attach(struct builder *b, struct document_node *node)
{
    struct document_node *parent = b->open;
    node->parent = parent;
    if (parent == NULL) {
        b->doc->root = node;
        return;
    }
    node->key = b->key;
    b->key = NULL;
    if (parent->last != NULL)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    parent->count++;
}

static bool awaits_key(const struct builder *b)
{
    return b->open != NULL && b->open->kind == DOC_MAPPING && b->key == NULL;
}

static enum document_error take_key(struct builder *b, const yaml_event_t *event,
                                    struct document_node *node)
{
    if (node->len == 0)
        return FAIL(b, event, "a key is empty");
    if (b->open->count >= DOC_KEYS_MAX)
        return FAIL(b, event, "the mapping has more than %d keys", DOC_KEYS_MAX);
    const struct document_node *twin = doc_get(b->open, node->text);
    if (twin != NULL)
        return FAIL(b, event, "the key '%s' is given twice; the first is in line %u", node->text,
                    twin->key->line);
    b->key = node;
    return DOC_OK;
}

/* Anchors, aliases and tags make a file mean something else than it seems to say. */
static enum document_error refuse_indirection(struct builder *b, const yaml_event_t *event,
                                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL)
        return FAIL(b, event, "anchors (&%.32s) are not allowed", (const char *)anchor);
    if (tag != NULL)
        return FAIL(b, event, "tags (%.32s) are not allowed", (const char *)tag);
    return DOC_OK;
}

static enum document_error on_scalar(struct builder *b, const yaml_event_t *event)
{
    enum document_error error =
        refuse_indirection(b, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (error != DOC_OK)
        return error;
    struct scp_bytes text = scp_bytes_of(event->data.scalar.value, event->data.scalar.length);
    if (text.len > 0 && memchr(text.ptr, 0, text.len) != NULL)
        return FAIL(b, event, "the value has a NUL character");
    struct document_node *node = new_node(b, event, DOC_SCALAR, text);
    if (node == NULL)
        return b->problem->error;
    yaml_scalar_style_t style = event->data.scalar.style;
    node->quoted = style != YAML_PLAIN_SCALAR_STYLE;
    node->block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    if (awaits_key(b))
        return take_key(b, event, node);
    attach(b, node);
    return DOC_OK;
}

static enum document_error open_container(struct builder *b, const yaml_event_t *event,
                                          enum doc_kind kind, bool flow)
{
    if (awaits_key(b))
        return FAIL(b, event, "a key must be a single word or text");
    if (b->depth >= DOC_DEPTH_MAX)
        return FAIL(b, event, "lists and mappings are nested deeper than %d", DOC_DEPTH_MAX);
    struct document_node *node = new_node(b, event, kind, SCP_EMPTY);
    if (node == NULL)
        return b->problem->error;
    node->flow = flow;
    attach(b, node);
    b->open = node;
    b->depth++;
    return DOC_OK;
}

static enum document_error on_list(struct builder *b, const yaml_event_t *event)
{
    enum document_error error = refuse_indirection(b, event, event->data.sequence_start.anchor,
                                                   event->data.sequence_start.tag);
    return error != DOC_OK
               ? error
               : open_container(b, event, DOC_LIST,
                                event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
}

static enum document_error on_mapping(struct builder *b, const yaml_event_t *event)
{
    enum document_error error = refuse_indirection(b, event, event->data.mapping_start.anchor,
                                                   event->data.mapping_start.tag);
    return error != DOC_OK
               ? error
               : open_container(b, event, DOC_MAPPING,
                                event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
}

static enum document_error on_end(struct builder *b, const yaml_event_t *event)
{
    set_end(b->open, event);
    b->open = b->open->parent;
    b->depth--;
    return DOC_OK;
}

static enum document_error on_alias(struct builder *b, const yaml_event_t *event)
{
    return FAIL(b, event, "aliases (*%.32s) are not allowed",
                (const char *)event->data.alias.anchor);
}

static enum document_error on_document(struct builder *b, const yaml_event_t *event)
{
    return b->doc->root == NULL ? DOC_OK : FAIL(b, event, "a second document is in the same file");
}

static enum document_error on_nothing(struct builder *b, const yaml_event_t *event)
{
    (void)b;
    (void)event;
    return DOC_OK;
}

/* By yaml_event_type_t. */
static enum document_error (*const handlers[])(struct builder *, const yaml_event_t *) = {
    [YAML_NO_EVENT] = on_nothing,           [YAML_STREAM_START_EVENT] = on_nothing,
    [YAML_STREAM_END_EVENT] = on_nothing,   [YAML_DOCUMENT_START_EVENT] = on_document,
    [YAML_DOCUMENT_END_EVENT] = on_nothing, [YAML_ALIAS_EVENT] = on_alias,
    [YAML_SCALAR_EVENT] = on_scalar,        [YAML_SEQUENCE_START_EVENT] = on_list,
    [YAML_SEQUENCE_END_EVENT] = on_end,     [YAML_MAPPING_START_EVENT] = on_mapping,
    [YAML_MAPPING_END_EVENT] = on_end,
};

/* Where a byte of the source is. The YAML reader gives only an offset for bytes that are no text.
 */
static struct doc_place place_of_offset(const struct document *doc, size_t offset)
{
    struct doc_place place = {1, 1};
    for (size_t i = 0; i < offset && i < doc->source_len; i++) {
        bool ends_line = doc->source[i] == '\n';
        place.line += ends_line;
        place.column = ends_line ? 1 : place.column + ((doc->source[i] & 0xC0) != 0x80);
    }
    return place;
}

/* The mistake that people make most, which the YAML reader tells in several ways. */
static bool is_indented_by_tab(const struct document *doc, unsigned line, const char *problem)
{
    size_t at = 0;
    for (unsigned before = 1; before < line && at < doc->source_len; at++)
        before += doc->source[at] == '\n';
    while (at < doc->source_len && doc->source[at] == ' ')
        at++;
    return at < doc->source_len && doc->source[at] == '\t' &&
           (strstr(problem, "cannot start any token") != NULL || strstr(problem, "tab") != NULL);
}

static enum document_error fail_syntax(struct builder *b, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return doc_fail_whole(b->doc->file, DOC_NO_MEMORY, b->problem, "%s",
                              doc_error_text(DOC_NO_MEMORY));
    struct doc_place place = parser->error == YAML_READER_ERROR
                                 ? place_of_offset(b->doc, parser->problem_offset)
                                 : place_of(parser->problem_mark);
    if (is_indented_by_tab(b->doc, place.line, parser->problem))
        return doc_fail_at(b->doc, place, b->problem, "a tab; lines are indented with blanks");
    const char *context = parser->context != NULL ? parser->context : "";
    return doc_fail_at(b->doc, place, b->problem, "not YAML: %s%s%s", parser->problem,
                       *context != '\0' ? ", " : "", context);
}

static enum document_error read_events(struct builder *b, yaml_parser_t *parser)
{
    yaml_event_type_t type = YAML_NO_EVENT;
    while (type != YAML_STREAM_END_EVENT) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return fail_syntax(b, parser);
        type = event.type;
        enum document_error error = handlers[type](b, &event);
        yaml_event_delete(&event);
        if (error != DOC_OK)
            return error;
    }
    if (b->doc->root == NULL)
        return doc_fail_whole(b->doc->file, DOC_INVALID, b->problem, "the document is empty");
    return DOC_OK;
}

/* A line that opens with % is a directive, and directives only serve tags. They are refused before
 * the parser sees them: it takes time that grows with the square of their number. */
static enum document_error refuse_directives(const struct document *doc,
                                             struct document_problem *problem)
{
    struct scp_bytes source = doc_source(doc);
    struct doc_place place = {1, 1};
    bool line_starts = true;
    for (size_t i = 0; i < source.len; i++) {
        if (line_starts && source.ptr[i] == '%')
            return doc_fail_at(doc, place, problem, "a line may not begin with %%");
        size_t len = doc_break_length(scp_bytes_from(source, i));
        line_starts = len > 0;
        place.line += line_starts;
        i += line_starts ? len - 1 : 0;
    }
    return DOC_OK;
}

static enum document_error parse(struct document *doc, struct document_problem *problem)
{
    struct builder b = {.doc = doc, .problem = problem};
    yaml_parser_t parser;
    if (refuse_directives(doc, problem) != DOC_OK)
        return problem->error;
    if (!yaml_parser_initialize(&parser))
        return doc_fail_whole(doc->file, DOC_NO_MEMORY, problem, "%s",
                              doc_error_text(DOC_NO_MEMORY));
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, doc->source, doc->source_len);
    enum document_error error = read_events(&b, &parser);
    yaml_parser_delete(&parser);
    return error;
}

static struct document *new_document(const char *file, struct scp_bytes text)
{
    struct document *doc = calloc(1, sizeof *doc);
    uint8_t *source = malloc(text.len + 1);
    if (doc == NULL || source == NULL) {
        free(doc);
        free(source);
        return NULL;
    }
    (void)snprintf(doc->file, sizeof doc->file, "%s", file);
    if (text.len > 0)
        memcpy(source, text.ptr, text.len);
    source[text.len] = '\0';
    doc->source = source;
    doc->source_len = text.len;
    return doc;
}

/* Some editors open a file with a byte order mark, which is no part of the text. */
static struct scp_bytes without_mark(struct scp_bytes text)
{
    struct scp_bytes mark = SCP_LITERAL(0xEF, 0xBB, 0xBF);
    return scp_bytes_start_with(text, mark) ? scp_bytes_from(text, mark.len) : text;
}

enum document_error doc_new(const char *file, struct scp_bytes text, struct document **out,
                            struct document_problem *problem)
{
    static const struct document_limits limits = {.size = DOC_SIZE_MAX, .nodes = DOC_NODES_MAX};
    return doc_new_limited(file, text, &limits, out, problem);
}

enum document_error doc_new_limited(const char *file, struct scp_bytes text,
                                    const struct document_limits *limits, struct document **out,
                                    struct document_problem *problem)
{
    *out = NULL;
    if (problem->error != DOC_OK)
        return problem->error;
    if (text.len > limits->size)
        return doc_fail_whole(file, DOC_INVALID, problem, "the document is longer than %zu bytes",
                              limits->size);
    struct document *doc = new_document(file, without_mark(text));
    if (doc == NULL)
        return doc_fail_whole(file, DOC_NO_MEMORY, problem, "%s", doc_error_text(DOC_NO_MEMORY));
    doc->nodes_max = limits->nodes;
    enum document_error error = parse(doc, problem);
    if (error != DOC_OK) {
        doc_free(doc);
        return error;
    }
    *out = doc;
    return DOC_OK;
}
