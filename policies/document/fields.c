#include "policies/document/node.h"

#include <inttypes.h>
#include <string.h>

static const char *const kind_names[] = {
    [DOC_SCALAR] = "a single value", [DOC_LIST] = "a list", [DOC_MAPPING] = "a mapping"};

bool doc_expect(const struct document_node *node, enum doc_kind kind,
                struct document_problem *problem)
{
    if (node == NULL)
        return false;
    if (node->kind == kind)
        return true;
    return doc_fail(node, problem, "%s%sexpected %s, found %s", node->key ? node->key->text : "",
                    node->key ? ": " : "", kind_names[kind], kind_names[node->kind]);
}

static bool is_one_of(const char *word, const char *const words[])
{
    for (; *words != NULL; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

bool doc_expect_keys(const struct document_node *node, const char *const keys[],
                     struct document_problem *problem)
{
    if (!doc_expect(node, DOC_MAPPING, problem))
        return false;
    for (const struct document_node *value = node->first; value != NULL; value = value->next)
        if (!is_one_of(value->key->text, keys))
            return doc_fail(value->key, problem, "unknown key '%.64s'%s", value->key->text,
                            doc_hint(value->key->text, keys).text);
    return true;
}

const struct document_node *doc_require(const struct document_node *node, const char *key,
                                        struct document_problem *problem)
{
    if (!doc_expect(node, DOC_MAPPING, problem))
        return NULL;
    const struct document_node *value = doc_get(node, key);
    if (value == NULL)
        doc_fail(node, problem, "the key '%s' is missing", key);
    return value;
}

/* The text of a scalar that has one; NULL, with a problem if the node is there, otherwise. */
static const char *text_of(const struct document_node *node, struct document_problem *problem)
{
    if (!doc_expect(node, DOC_SCALAR, problem))
        return NULL;
    if (node->len > 0)
        return node->text;
    doc_fail(node, problem, "%s%sa value is missing", node->key ? node->key->text : "",
             node->key ? ": " : "");
    return NULL;
}

const char *doc_string(const struct document_node *node, const char *fallback,
                       struct document_problem *problem)
{
    const char *text = text_of(node, problem);
    return text != NULL ? text : fallback;
}

void doc_string_into(const struct document_node *node, char *to, size_t size,
                     struct document_problem *problem)
{
    const char *text = text_of(node, problem);
    if (text == NULL)
        return;
    if (node->len >= size)
        doc_fail(node, problem, "the text is longer than %zu bytes", size - 1);
    else
        memcpy(to, text, node->len + 1);
}

static int digit_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    char lower = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    const char *at = c != '\0' ? strchr(digits, lower) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Digits at the start of `text`, up to 18 decimal or 15 hexadecimal ones so that nothing overflows.
 * Returns what follows them; `text` itself when there is none. */
static const char *scan_digits(const char *text, int base, int64_t *value)
{
    const size_t most = base == 16 ? 15 : 18;
    size_t count = 0;
    *value = 0;
    for (; count < most; count++) {
        int digit = digit_value(text[count]);
        if (digit < 0 || digit >= base)
            break;
        *value = *value * base + digit;
    }
    return text + count;
}

static bool parse_integer(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    text += negative;
    bool hexadecimal = text[0] == '0' && text[1] == 'x';
    text += hexadecimal ? 2 : 0;
    const char *end = scan_digits(text, hexadecimal ? 16 : 10, value);
    if (negative)
        *value = -*value;
    return end != text && *end == '\0';
}

int64_t doc_integer(const struct document_node *node, int64_t min, int64_t max, int64_t fallback,
                    struct document_problem *problem)
{
    const char *text = text_of(node, problem);
    if (text == NULL)
        return fallback;
    int64_t value;
    if (node->quoted || !parse_integer(text, &value)) {
        doc_fail(node, problem, "expected a whole number%s", node->quoted ? " without quotes" : "");
        return fallback;
    }
    if (value < min || value > max) {
        doc_fail(node, problem, "%s is out of range: %" PRId64 " to %" PRId64, text, min, max);
        return fallback;
    }
    return value;
}

bool doc_bool(const struct document_node *node, bool fallback, struct document_problem *problem)
{
    const char *text = text_of(node, problem);
    if (text == NULL)
        return fallback;
    bool value = strcmp(text, "true") == 0;
    if (node->quoted || (!value && strcmp(text, "false") != 0)) {
        doc_fail(node, problem, "expected true or false");
        return fallback;
    }
    return value;
}

int64_t doc_duration_ms(const struct document_node *node, int64_t fallback,
                        struct document_problem *problem)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    const char *text = text_of(node, problem);
    if (text == NULL)
        return fallback;
    int64_t number;
    const char *unit = scan_digits(text, 10, &number);
    for (size_t i = 0; unit != text && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0 && number <= INT64_MAX / units[i].ms)
            return number * units[i].ms;
    doc_fail(node, problem, "expected a duration: a whole number with ms, s, m, h or d, like 30s");
    return fallback;
}

/* "keep, lock, delete"; words that do not fit are left out. */
static const char *join_words(const char *const words[], char *to, size_t cap)
{
    struct scp_writer w = scp_writer_on((uint8_t *)to, cap - 1);
    for (size_t i = 0; words[i] != NULL && scp_writer_room(&w) >= strlen(words[i]) + 2; i++) {
        scp_put(&w, scp_bytes_of(", ", i > 0 ? 2 : 0));
        scp_put(&w, scp_bytes_of(words[i], strlen(words[i])));
    }
    to[w.len] = '\0';
    return to;
}

size_t doc_word(const struct document_node *node, const char *const words[], size_t fallback,
                struct document_problem *problem)
{
    const char *text = text_of(node, problem);
    if (text == NULL)
        return fallback;
    for (size_t i = 0; words[i] != NULL; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    char all[192];
    doc_fail(node, problem, "'%.64s' is none of: %s%s", text, join_words(words, all, sizeof all),
             doc_hint(text, words).text);
    return fallback;
}

size_t doc_hex(const struct document_node *node, uint8_t *to, size_t min, size_t max,
               struct document_problem *problem)
{
    const char *text = text_of(node, problem);
    if (text == NULL)
        return 0;
    struct scp_writer w = scp_writer_on(to, max);
    enum scp_error error = scp_hex_decode(text, &w);
    if (error == SCP_MALFORMED) {
        doc_fail(node, problem, "expected bytes as pairs of hex digits");
        return 0;
    }
    if (error == SCP_OK && w.len >= min)
        return w.len;
    if (min == max)
        doc_fail(node, problem, "expected %zu bytes as hex digits", min);
    else
        doc_fail(node, problem, "expected %zu to %zu bytes as hex digits", min, max);
    return 0;
}
