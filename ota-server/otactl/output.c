#include "ota-server/otactl/output.h"

#include "scp/host/text.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_MAX = 4096, COLUMNS_MAX = 16, BAR_WIDTH = 24 };

/* ---- values as text ----------------------------------------------------------------------- */

static const json_t *find_member(const json_t *object, const char *member)
{
    char name[64];
    const char *rest = member;
    const json_t *value = object;
    while (value != NULL && rest[0] != '\0') {
        size_t len = strcspn(rest, ".");
        (void)snprintf(name, sizeof name, "%.*s", (int)len, rest);
        value = json_object_get(value, name);
        rest += len + (rest[len] == '.' ? 1 : 0);
    }
    return value;
}

static void add_clean(struct rebind_text *text, const char *string)
{
    for (const char *c = string; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            rebind_text_add_char(text, '?');
        else
            rebind_text_add_char(text, *c);
    }
}

static void add_scalar(struct rebind_text *text, const json_t *value)
{
    if (value == NULL || json_is_null(value))
        rebind_text_add(text, "-");
    else if (json_is_string(value))
        add_clean(text, json_string_value(value));
    else if (json_is_boolean(value))
        rebind_text_add(text, json_is_true(value) ? "yes" : "no");
    else if (json_is_integer(value))
        rebind_text_addf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        rebind_text_addf(text, "%g", json_real_value(value));
    else
        rebind_text_add(text, "…");
}

/* What is empty is shown as "-" too, so that a table has a word in every cell. */
static void add_value(struct rebind_text *text, const json_t *value)
{
    bool empty = (json_is_array(value) && json_array_size(value) == 0) ||
                 (json_is_string(value) && json_string_length(value) == 0);
    if (!json_is_array(value) || empty) {
        add_scalar(text, empty ? NULL : value);
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        rebind_text_add(text, i == 0 ? "" : ", ");
        add_scalar(text, json_array_get(value, i));
    }
}

char *otactl_member_text(const json_t *object, const char *member)
{
    struct rebind_text text = rebind_text_new(CELL_MAX);
    add_value(&text, find_member(object, member));
    char *copy = strdup(rebind_text_string(&text));
    rebind_text_free(&text);
    return copy;
}

/* Columns on a terminal, near enough: characters, and two for those of East Asia. */
static size_t shown_width(const char *text)
{
    size_t width = 0;
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if ((byte & 0xC0) != 0x80)
            width += byte >= 0xE3 && byte <= 0xED ? 2 : 1;
    }
    return width;
}

/* ---- tables ------------------------------------------------------------------------------- */

void otactl_print_json(FILE *to, const json_t *value)
{
    (void)json_dumpf(value, to, JSON_INDENT(2) | JSON_ENCODE_ANY);
    (void)fputc('\n', to);
}

static size_t column_count(const struct otactl_column *columns)
{
    size_t count = 0;
    while (count < COLUMNS_MAX && columns[count].title != NULL)
        count++;
    return count;
}

static void print_cell(FILE *to, const char *text, size_t width, bool last)
{
    size_t shown = shown_width(text);
    (void)fprintf(to, "%s%*s", text, last || shown >= width ? 0 : (int)(width - shown), "");
    (void)fputs(last ? "\n" : "  ", to);
}

static void measure(const json_t *items, const struct otactl_column *columns, size_t count,
                    size_t widths[COLUMNS_MAX])
{
    for (size_t k = 0; k < count; k++)
        widths[k] = shown_width(columns[k].title);
    for (size_t i = 0; i < json_array_size(items); i++) {
        for (size_t k = 0; k < count; k++) {
            char *text = otactl_member_text(json_array_get(items, i), columns[k].member);
            size_t width = text == NULL ? 0 : shown_width(text);
            widths[k] = width > widths[k] ? width : widths[k];
            free(text);
        }
    }
}

static void print_rows(FILE *to, const json_t *items, const struct otactl_column *columns,
                       const char *indent)
{
    size_t widths[COLUMNS_MAX];
    size_t count = column_count(columns);
    measure(items, columns, count, widths);
    (void)fputs(indent, to);
    for (size_t k = 0; k < count; k++)
        print_cell(to, columns[k].title, widths[k], k + 1 == count);
    for (size_t i = 0; i < json_array_size(items); i++) {
        (void)fputs(indent, to);
        for (size_t k = 0; k < count; k++) {
            char *text = otactl_member_text(json_array_get(items, i), columns[k].member);
            print_cell(to, text != NULL ? text : "?", widths[k], k + 1 == count);
            free(text);
        }
    }
}

void otactl_print_table(FILE *to, const json_t *items, const struct otactl_column *columns)
{
    if (json_array_size(items) == 0)
        (void)fputs("none\n", to);
    else
        print_rows(to, items, columns, "");
}

/* ---- objects ------------------------------------------------------------------------------ */

static bool holds_objects(const json_t *value)
{
    return json_is_object(json_array_get(value, 0));
}

/* A table whose columns are the members of the first element. */
static void print_nested(FILE *to, const char *name, const json_t *items)
{
    struct otactl_column columns[COLUMNS_MAX + 1] = {{NULL, NULL}};
    json_t *first = json_array_get(items, 0);
    size_t count = 0;
    for (void *at = json_object_iter(first); at != NULL && count < COLUMNS_MAX;
         at = json_object_iter_next(first, at), count++)
        columns[count] = (struct otactl_column){json_object_iter_key(at), json_object_iter_key(at)};
    (void)fprintf(to, "%s\n", name);
    print_rows(to, items, columns, "  ");
}

static bool is_block(const json_t *value)
{
    return json_is_string(value) && strchr(json_string_value(value), '\n') != NULL;
}

/* Text of several lines, such as a policy: each line indented. */
static void print_block(FILE *to, const char *name, const char *text)
{
    (void)fprintf(to, "%s\n  ", name);
    for (const char *c = text; *c != '\0'; c++) {
        bool control = (unsigned char)*c < 0x20 || *c == 0x7F;
        if (*c == '\n')
            (void)fputs(c[1] == '\0' ? "" : "\n  ", to);
        else
            (void)fputc(control && *c != '\t' ? '?' : *c, to);
    }
    (void)fputc('\n', to);
}

static void print_line(FILE *to, const char *name, const json_t *value)
{
    struct rebind_text text = rebind_text_new(CELL_MAX);
    add_value(&text, value);
    (void)fprintf(to, "%-20s %s\n", name, rebind_text_string(&text));
    rebind_text_free(&text);
}

static void print_members(FILE *to, json_t *object, const char *prefix)
{
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        json_t *value = json_object_iter_value(at);
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", prefix, json_object_iter_key(at));
        if (json_is_object(value)) {
            (void)strncat(name, ".", sizeof name - strlen(name) - 1);
            print_members(to, value, name);
        } else if (holds_objects(value)) {
            print_nested(to, name, value);
        } else if (is_block(value)) {
            print_block(to, name, json_string_value(value));
        } else {
            print_line(to, name, value);
        }
    }
}

void otactl_print_object(FILE *to, json_t *object)
{
    print_members(to, object, "");
}

/* ---- progress ----------------------------------------------------------------------------- */

static json_int_t number(const json_t *object, const char *member)
{
    return json_integer_value(find_member(object, member));
}

void otactl_format_progress(char *to, size_t cap, const json_t *operation)
{
    json_int_t done = number(operation, "steps.done");
    json_int_t total = number(operation, "steps.total");
    char bar[BAR_WIDTH + 1];
    for (json_int_t i = 0; i < BAR_WIDTH; i++)
        bar[i] = total > 0 && i * total < done * BAR_WIDTH ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    const char *state = json_string_value(json_object_get(operation, "state"));
    (void)snprintf(to, cap, "[%s] %lld/%lld steps  %.1f/%.1f KiB  %s", bar, (long long)done,
                   (long long)total, (double)number(operation, "bytes.done") / 1024,
                   (double)number(operation, "bytes.total") / 1024, state != NULL ? state : "?");
}
