#include "policies/ota-policy/facts_line.h"

#include "policies/ota-policy/fact_text.h"
#include "scp/base/bytes.h"

#include <string.h>

static const char too_many_items[] = "a set has too many items";

static const char *set_items(struct facts_line *out, enum policy_fact fact, size_t first)
{
    if (out->facts.values[fact].present)
        return "a fact is given twice";
    policy_facts_set_set(&out->facts, fact, &out->items[first], out->item_count - first);
    return NULL;
}

static bool add_item(struct facts_line *out, const char *item)
{
    if (out->item_count == FACTS_ITEMS_MAX)
        return false;
    out->items[out->item_count++] = item;
    return true;
}

/* ---- JSON --------------------------------------------------------------------------------- */

struct cursor {
    char *at;
    const char *wrong; /* the first mistake */
};

static void fail(struct cursor *c, const char *what)
{
    if (c->wrong == NULL)
        c->wrong = what;
}

static void skip_blanks(struct cursor *c)
{
    while (*c->at == ' ' || *c->at == '\t')
        c->at++;
}

/* Whether the next character is this one, which is then passed. */
static bool take(struct cursor *c, char wanted)
{
    skip_blanks(c);
    if (*c->at != wanted)
        return false;
    c->at++;
    return true;
}

/* The four digits of \uXXXX as UTF-8; surrogates are not put together. Returns the bytes written.
 */
static size_t put_unicode(struct cursor *c, char *to)
{
    unsigned code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = scp_hex_digit(c->at[0]);
        if (digit < 0) {
            fail(c, "\\u needs four hex digits");
            return 0;
        }
        code = code << 4 | (unsigned)digit;
        c->at++;
    }
    if (code == 0 || (code >= 0xD800 && code < 0xE000)) {
        fail(c, "a text has a character that no fact may have");
        return 0;
    }
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : 3;
    to[0] = (char)(len == 2 ? 0xC0 | code >> 6 : 0xE0 | code >> 12);
    if (len == 3)
        to[1] = (char)(0x80 | (code >> 6 & 0x3F));
    to[len - 1] = (char)(0x80 | (code & 0x3F));
    return len;
}

/* A string, unescaped where it stands: it never gets longer. NULL after a mistake. */
static const char *take_string(struct cursor *c)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (!take(c, '"')) {
        fail(c, "expected a text in double quotes");
        return NULL;
    }
    char *start = c->at;
    char *to = start + strcspn(start, "\"\\"); /* most texts have no escapes */
    c->at = to;
    while (*c->at != '"' && c->wrong == NULL) {
        const char *escape = *c->at == '\\' && c->at[1] != '\0' ? strchr(escapes, c->at[1]) : NULL;
        if (*c->at == '\0')
            fail(c, "a text does not end");
        else if (*c->at != '\\')
            *to++ = *c->at++;
        else if (escape != NULL) {
            *to++ = meanings[escape - escapes];
            c->at += 2;
        } else if (c->at[1] == 'u') {
            c->at += 2;
            to += put_unicode(c, to);
        } else
            fail(c, "an escape is not known");
    }
    if (c->wrong != NULL)
        return NULL;
    c->at++;
    *to = '\0';
    return start;
}

static void take_set(struct cursor *c, struct facts_line *out, enum policy_fact fact)
{
    size_t first = out->item_count;
    if (!take(c, '['))
        fail(c, "a set is a list of texts: [\"a\", \"b\"]");
    bool more = c->wrong == NULL && !take(c, ']');
    while (more && c->wrong == NULL) {
        const char *item = take_string(c);
        if (item != NULL && !add_item(out, item))
            fail(c, too_many_items);
        more = take(c, ',');
        if (!more && !take(c, ']'))
            fail(c, "a list does not end");
    }
    if (c->wrong == NULL)
        c->wrong = set_items(out, fact, first);
}

/* A number, true or false, as text: ended by a NUL in place of what follows, which is given back.
 */
static char take_bare(struct cursor *c, char **text)
{
    skip_blanks(c);
    *text = c->at;
    c->at += strcspn(c->at, ",} \t");
    char follows = *c->at;
    *c->at = '\0';
    return follows;
}

static void take_value(struct cursor *c, struct facts_line *out, enum policy_fact fact)
{
    enum policy_type type = policy_fact_info(fact)->type;
    skip_blanks(c);
    if (strncmp(c->at, "null", 4) == 0) {
        c->at += 4;
        return;
    }
    if (type == POLICY_SET) {
        take_set(c, out, fact);
        return;
    }
    bool bare = type == POLICY_NUMBER || type == POLICY_TRUTH;
    char *text = NULL;
    char follows = '\0';
    if (bare)
        follows = take_bare(c, &text);
    const char *value = bare ? text : take_string(c);
    if (value != NULL && c->wrong == NULL)
        c->wrong = ota_policy_fact_set(&out->facts, fact, value);
    if (bare)
        *c->at = follows;
}

static enum policy_fact fact_named(struct facts_line *out, size_t position, const char *name)
{
    enum policy_fact guess = out->guess[position < POLICY_FACT_COUNT ? position : 0];
    if (strcmp(policy_fact_names[guess], name) == 0)
        return guess;
    enum policy_fact fact = policy_fact_by_name(name);
    if (fact < POLICY_FACT_COUNT && position < POLICY_FACT_COUNT)
        out->guess[position] = fact;
    return fact;
}

const char *facts_line_json(char *line, /* NOLINT(readability-non-const-parameter): cut up */
                            struct facts_line *out)
{
    struct cursor c = {.at = line};
    if (!take(&c, '{'))
        return "expected one JSON object a line";
    bool more = !take(&c, '}');
    for (size_t position = 0; more && c.wrong == NULL; position++) {
        const char *name = take_string(&c);
        enum policy_fact fact = name != NULL ? fact_named(out, position, name) : POLICY_FACT_COUNT;
        out->about = name;
        if (fact == POLICY_FACT_COUNT)
            fail(&c, "a name is no fact's");
        else if (!take(&c, ':'))
            fail(&c, "a colon is missing");
        else
            take_value(&c, out, fact);
        if (c.wrong != NULL)
            return c.wrong;
        out->about = NULL;
        more = take(&c, ',');
        if (!more && !take(&c, '}'))
            fail(&c, "expected a comma or the end of the object");
    }
    skip_blanks(&c);
    if (*c.at != '\0')
        fail(&c, "something follows the object");
    return c.wrong;
}

/* ---- CSV ---------------------------------------------------------------------------------- */

/* Cut the next field off; NULL, with `*wrong` set, when its quotes do not end. `*at` becomes NULL
 * behind the last one. */
static char *take_field(char **at, const char **wrong)
{
    char *field = *at;
    if (*field != '"') {
        size_t len = strcspn(field, ",");
        *at = field[len] == ',' ? field + len + 1 : NULL;
        field[len] = '\0';
        return field;
    }
    char *to = field;
    char *from = field + 1;
    for (; *from != '\0' && !(from[0] == '"' && from[1] != '"'); from++) {
        from += from[0] == '"'; /* a doubled one */
        *to++ = *from;
    }
    if (*from == '\0' || (from[1] != ',' && from[1] != '\0')) {
        *wrong = "a field in quotes does not end";
        return NULL;
    }
    *at = from[1] == ',' ? from + 2 : NULL;
    *to = '\0';
    return field;
}

const char *facts_line_header(char *line, struct facts_file *file)
{
    const char *wrong = NULL;
    for (char *at = line; at != NULL;) {
        const char *name = take_field(&at, &wrong);
        enum policy_fact fact = name != NULL ? policy_fact_by_name(name) : POLICY_FACT_COUNT;
        file->about = name;
        if (fact == POLICY_FACT_COUNT || policy_fact_info(fact)->presence == POLICY_DERIVED)
            return wrong != NULL ? wrong : "the first line names a column that is no fact";
        for (size_t i = 0; i < file->column_count; i++)
            if (file->columns[i] == fact)
                return "the first line names a fact twice";
        file->columns[file->column_count++] = fact;
    }
    file->about = NULL;
    return NULL;
}

/* "310000|320000" */
static const char *set_csv_items(struct facts_line *out, enum policy_fact fact, char *field)
{
    size_t first = out->item_count;
    for (char *at = field; at != NULL;) {
        if (!add_item(out, at))
            return too_many_items;
        at = strchr(at, '|');
        if (at != NULL)
            *at++ = '\0';
    }
    return set_items(out, fact, first);
}

const char *facts_line_csv(const struct facts_file *file, char *line, struct facts_line *out)
{
    const char *wrong = NULL;
    char *at = line;
    for (size_t i = 0; i < file->column_count && wrong == NULL; i++) {
        out->about = NULL;
        if (at == NULL)
            return "the line has fewer fields than the first";
        enum policy_fact fact = file->columns[i];
        out->about = policy_fact_names[fact];
        char *field = take_field(&at, &wrong);
        if (field == NULL || *field == '\0')
            continue;
        wrong = policy_fact_info(fact)->type == POLICY_SET
                    ? set_csv_items(out, fact, field)
                    : ota_policy_fact_set(&out->facts, fact, field);
    }
    if (wrong != NULL || at == NULL)
        return wrong;
    out->about = NULL;
    return "the line has more fields than the first";
}
