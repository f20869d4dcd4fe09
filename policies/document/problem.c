#include "policies/document/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const error_texts[] = {
#define DOC_ERROR_TEXT(name, text) text,
    DOC_ERRORS(DOC_ERROR_TEXT)
#undef DOC_ERROR_TEXT
};

const char *doc_error_text(enum document_error error)
{
    size_t index = (size_t)error;
    return index < sizeof error_texts / sizeof error_texts[0] ? error_texts[index]
                                                              : "unknown error";
}

size_t doc_break_length(struct scp_bytes rest)
{
    static const char *const breaks[] = {"\r\n",     "\n",           "\r",
                                         "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
    if (rest.len == 0 || strchr("\r\n\xC2\xE2", rest.ptr[0]) == NULL)
        return 0; /* what nearly every byte is */
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        size_t len = strlen(breaks[i]);
        if (scp_bytes_start_with(rest, scp_bytes_of(breaks[i], len)))
            return len;
    }
    return 0;
}

static struct scp_bytes first_line(struct scp_bytes rest)
{
    size_t len = 0;
    while (len < rest.len && doc_break_length(scp_bytes_from(rest, len)) == 0)
        len++;
    return scp_bytes_slice(rest, 0, len);
}

static struct scp_bytes line_of(struct scp_bytes source, unsigned line)
{
    struct scp_bytes rest = source;
    for (unsigned at = 1; at < line && rest.len > 0; at++) {
        rest = scp_bytes_from(rest, first_line(rest).len);
        rest = scp_bytes_from(rest, doc_break_length(rest));
    }
    return first_line(rest);
}

static bool continues_character(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the first `characters` characters of a line. */
static size_t bytes_of_characters(struct scp_bytes line, size_t characters)
{
    size_t at = 0;
    for (; at < line.len && characters > 0; characters--)
        do
            at++;
        while (at < line.len && continues_character(line.ptr[at]));
    return at;
}

/* Copy what fits of `line` around the column, whole characters only, control characters as blanks.
 */
static void show_line(struct document_problem *problem, struct scp_bytes line)
{
    enum { BEFORE = 60 };
    unsigned before = problem->column > 0 ? problem->column - 1 : 0;
    unsigned skipped = before > BEFORE ? before - BEFORE : 0;
    struct scp_bytes shown = scp_bytes_from(line, bytes_of_characters(line, skipped));
    size_t len = shown.len < sizeof problem->source ? shown.len : sizeof problem->source - 1;
    while (len < shown.len && len > 0 && continues_character(shown.ptr[len]))
        len--;
    for (size_t i = 0; i < len; i++)
        problem->source[i] =
            (char)(shown.ptr[i] < ' ' || shown.ptr[i] == 0x7F ? ' ' : shown.ptr[i]);
    problem->source[len] = '\0';
    problem->caret = before - skipped;
}

/* Whether a problem is to be recorded: the first one stays. */
static bool open_problem(struct document_problem *problem, enum document_error error,
                         const char *file)
{
    if (problem->error != DOC_OK)
        return false;
    problem->error = error;
    (void)snprintf(problem->file, sizeof problem->file, "%s", file);
    return true;
}

static bool open_problem_at(struct document_problem *problem, const struct document *doc,
                            struct doc_place place)
{
    if (!open_problem(problem, DOC_INVALID, doc->file))
        return false;
    problem->line = place.line;
    problem->column = place.column;
    show_line(problem, line_of(doc_source(doc), place.line));
    return true;
}

enum document_error doc_fail_at(const struct document *doc, struct doc_place place,
                                struct document_problem *problem, const char *format, ...)
{
    if (!open_problem_at(problem, doc, place))
        return problem->error;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
    return DOC_INVALID;
}

bool doc_fail(const struct document_node *node, struct document_problem *problem,
              const char *format, ...)
{
    if (!open_problem_at(problem, node->doc, (struct doc_place){node->line, node->column}))
        return false;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
    return false;
}

enum document_error doc_fail_whole(const char *file, enum document_error error,
                                   struct document_problem *problem, const char *format, ...)
{
    if (!open_problem(problem, error, file))
        return problem->error;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
    return error;
}

char *doc_problem_format(const struct document_problem *problem, char *to, size_t cap)
{
    if (problem->error == DOC_UNREADABLE) {
        (void)snprintf(to, cap, "%s\n", problem->text); /* which names the file itself */
        return to;
    }
    if (problem->line == 0) {
        (void)snprintf(to, cap, "%s: %s\n", problem->file, problem->text);
        return to;
    }
    char number[16];
    int width = snprintf(number, sizeof number, "%u", problem->line);
    (void)snprintf(to, cap, "%s:%u:%u: %s\n  %s | %s\n  %*s | %*s^\n", problem->file, problem->line,
                   problem->column, problem->text, number, problem->source, width, "",
                   (int)problem->caret, "");
    return to;
}
