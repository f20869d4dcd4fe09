#include "policies/ota-policy/facts_file.h"

#include "policies/document/document.h"
#include "policies/ota-policy/facts_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ABOUT_SIZE = 192 };

static bool fail(struct facts_file *file, const char *what)
{
    (void)snprintf(file->problem, sizeof file->problem, "%s: %s", file->name, what);
    return false;
}

/* ": 'card.regoin'; did you mean 'card.region'?" behind what is wrong; "" without a name. */
struct about {
    char text[ABOUT_SIZE];
};

static struct about about(const char *name)
{
    struct about out = {""};
    bool known = name != NULL && policy_fact_by_name(name) < POLICY_FACT_COUNT;
    if (name != NULL)
        (void)snprintf(out.text, sizeof out.text, ": '%.40s'%s", name,
                       known ? "" : doc_hint(name, policy_fact_names).text);
    return out;
}

static uint64_t size_of(FILE *from)
{
    struct stat status;
    return fstat(fileno(from), &status) == 0 && S_ISREG(status.st_mode) ? (uint64_t)status.st_size
                                                                        : 0;
}

/* The first line of a CSV file names its columns. */
static bool read_header(struct facts_file *file)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len = getline(&line, &cap, file->from);
    const char *wrong = len < 0 || len > FACTS_BLOCK_SIZE ? "the first line cannot be read" : NULL;
    if (wrong == NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        wrong = facts_line_header(line, file);
    }
    if (wrong != NULL)
        (void)snprintf(file->problem, sizeof file->problem, "%s: %s%s", file->name, wrong,
                       about(file->about).text);
    free(line);
    file->line++;
    return wrong == NULL;
}

/* The first character, which stays to be read, behind a byte order mark. */
static int pass_mark(FILE *from)
{
    static const char mark[] = "\xEF\xBB\xBF";
    int first = fgetc(from);
    for (size_t i = 0; mark[i] != '\0' && first == (uint8_t)mark[i]; i++)
        first = fgetc(from);
    if (first != EOF)
        (void)ungetc(first, from);
    return first;
}

bool facts_file_open(struct facts_file *file, const char *path)
{
    *file = (struct facts_file){.name = path, .line = 1};
    file->from = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (file->from == NULL)
        return fail(file, strerror(errno));
    file->rest = malloc(FACTS_BLOCK_SIZE);
    if (file->rest == NULL)
        return fail(file, "memory is exhausted");
    file->all_bytes = size_of(file->from);
    int first = pass_mark(file->from);
    file->is_csv = first != '{' && first != '\n' && first != EOF;
    return !file->is_csv || read_header(file);
}

void facts_file_close(struct facts_file *file)
{
    free(file->rest);
    if (file->from != NULL && file->from != stdin)
        (void)fclose(file->from);
}

static uint64_t count_lines(const char *text, size_t len)
{
    uint64_t count = 0;
    const char *end = text + len;
    for (const char *at = text; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        count++;
    return count;
}

bool facts_file_next(struct facts_file *file, struct facts_block *block)
{
    memcpy(block->text, file->rest, file->rest_len);
    size_t more =
        fread(block->text + file->rest_len, 1, FACTS_BLOCK_SIZE - file->rest_len, file->from);
    if (ferror(file->from))
        return fail(file, "it cannot be read");
    size_t len = file->rest_len + more;
    size_t whole = len;
    bool at_end = len < FACTS_BLOCK_SIZE;
    while (!at_end && whole > 0 && block->text[whole - 1] != '\n')
        whole--;
    if (memchr(block->text, '\0', len) != NULL)
        return fail(file, "it has a NUL character");
    if (len > 0 && whole == 0)
        return fail(file, "a line is longer than 1 MiB");
    file->rest_len = len - whole;
    memcpy(file->rest, block->text + whole, file->rest_len);
    file->read_bytes += more;
    block->text[whole] = '\0';
    block->len = whole;
    block->line = file->line;
    file->line += count_lines(block->text, whole);
    return true;
}

bool facts_line_next(const struct facts_file *file, char **at, uint64_t *line,
                     struct facts_line *out, char *problem)
{
    problem[0] = '\0';
    while (**at == '\n' || **at == '\r') {
        *line += **at == '\n';
        ++*at;
    }
    if (**at == '\0')
        return false;
    char *text = *at;
    size_t len = strcspn(text, "\n");
    *at += len + (text[len] == '\n');
    text[len] = '\0';
    if (len > 0 && text[len - 1] == '\r')
        text[len - 1] = '\0';
    memset(&out->facts, 0, sizeof out->facts);
    out->item_count = 0;
    out->about = NULL;
    const char *wrong = file->is_csv ? facts_line_csv(file, text, out) : facts_line_json(text, out);
    if (wrong != NULL)
        (void)snprintf(problem, FACTS_PROBLEM_SIZE, "%s:%" PRIu64 ": %s%s", file->name, *line,
                       wrong, about(out->about).text);
    ++*line;
    return wrong == NULL;
}
