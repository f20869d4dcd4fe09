/* The grammar of scp/crypto/diversify.h. */
#include "scp/crypto/diversify.h"

#include <string.h>

enum { KEY_COUNT = 3, ALL_KEYS = 0x07 };

struct word {
    const char *at;
    size_t len;
};

struct parser {
    const char *text;
    const char *at;
    struct scp_diversifier *out;
    unsigned given; /* a bit for each key that has a rule */
    struct scp_diversifier_problem *problem;
};

static enum scp_error fail(struct parser *p, const char *at, const char *text)
{
    p->problem->column = (size_t)(at - p->text) + 1;
    p->problem->text = text;
    return SCP_MALFORMED;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word, without taking it; a mark is a word of its own, the end is empty. */
static struct word peek(struct parser *p)
{
    static const char marks[] = ",:;";
    while (is_blank(*p->at))
        p->at++;
    struct word w = {p->at, 0};
    if (*w.at != '\0' && strchr(marks, *w.at) != NULL)
        w.len = 1;
    else
        w.len = strcspn(w.at, ",:; \t\n\r");
    return w;
}

static struct word take(struct parser *p)
{
    struct word w = peek(p);
    p->at = w.at + w.len;
    return w;
}

static bool is(struct word w, const char *text)
{
    return strlen(text) == w.len && memcmp(w.at, text, w.len) == 0;
}

/* Take the next word if it is this one. */
static bool accept(struct parser *p, const char *text)
{
    bool same = is(peek(p), text);
    if (same)
        (void)take(p);
    return same;
}

/* ---- items --------------------------------------------------------------------------------- */

static enum scp_error add(struct parser *p, struct word w, struct scp_diversifier_rule *rule,
                          struct scp_diversifier_item item)
{
    if (rule->count == SCP_DIVERSIFIER_ITEMS_MAX)
        return fail(p, w.at, "the rule is too long");
    rule->items[rule->count++] = item;
    return SCP_OK;
}

/* One index of D at `*at`; the data have ten bytes, so it is one digit. */
static bool read_index(const char **at, uint8_t *index)
{
    if (**at < '0' || **at > '9')
        return false;
    *index = (uint8_t)(*(*at)++ - '0');
    return true;
}

/* "d", "d[4]", "d[4..9]" */
static enum scp_error parse_data(struct parser *p, struct word w, struct scp_diversifier_rule *rule)
{
    struct scp_diversifier_item item = {SCP_DIVERSIFIER_DATA, 0, SCP_DIVERSIFICATION_DATA - 1};
    if (w.len == 1)
        return add(p, w, rule, item);
    const char *at = w.at + 2;
    bool good = w.at[1] == '[' && read_index(&at, &item.first);
    item.last = item.first;
    if (good && at[0] == '.') {
        good = at[1] == '.';
        at += 2;
        good = good && read_index(&at, &item.last);
    }
    if (!good || at[0] != ']' || at + 1 != w.at + w.len)
        return fail(p, w.at, "the data are written d, d[4] or d[4..9], with indexes from 0 to 9");
    if (item.last < item.first)
        return fail(p, w.at, "a part of the data ends before it begins");
    return add(p, w, rule, item);
}

static enum scp_error parse_hex(struct parser *p, struct word w, struct scp_diversifier_rule *rule)
{
    for (size_t i = 0; i < w.len; i += 2) {
        int high = scp_hex_digit(w.at[i]);
        int low = i + 1 < w.len ? scp_hex_digit(w.at[i + 1]) : -1;
        if (high < 0 || low < 0)
            return fail(p, w.at, "an item is hex bytes, d, d[4], d[4..9], n, i, i2, i4, l2 or l4");
        SCP_TRY(add(p, w, rule,
                    (struct scp_diversifier_item){SCP_DIVERSIFIER_CONSTANT,
                                                  (uint8_t)(high << 4 | low), 0}));
    }
    return SCP_OK;
}

static const struct {
    const char *word;
    struct scp_diversifier_item item;
} numbers[] = {
    {"n", {SCP_DIVERSIFIER_NUMBER, 1, 0}},   {"i", {SCP_DIVERSIFIER_COUNTER, 1, 0}},
    {"i2", {SCP_DIVERSIFIER_COUNTER, 2, 0}}, {"i4", {SCP_DIVERSIFIER_COUNTER, 4, 0}},
    {"l2", {SCP_DIVERSIFIER_LENGTH, 2, 0}},  {"l4", {SCP_DIVERSIFIER_LENGTH, 4, 0}},
};

static enum scp_error parse_item(struct parser *p, struct scp_diversifier_rule *rule)
{
    struct word w = take(p);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (is(w, numbers[i].word))
            return add(p, w, rule, numbers[i].item);
    }
    if (w.at[0] == 'd' && (w.len == 1 || w.at[1] == '['))
        return parse_data(p, w, rule);
    return parse_hex(p, w, rule);
}

/* ---- rules --------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    size_t sizes[2]; /* of all items; none: any */
    bool items;
    bool counter;
    const char *problem;
} methods[] = {
    [SCP_DIVERSIFIER_COPY] = {"copy", {0}, false, false, "copy takes no items"},
    [SCP_DIVERSIFIER_DES3_ECB] =
        {"3des-ecb", {16, 24}, true, false, "3DES encrypts 16 or 24 bytes to a key"},
    [SCP_DIVERSIFIER_DES3_CBC] =
        {"3des-cbc", {16, 24}, true, false, "3DES encrypts 16 or 24 bytes to a key"},
    [SCP_DIVERSIFIER_AES_ECB] =
        {"aes-ecb", {16, 32}, true, false, "AES encrypts 16 or 32 bytes to a key"},
    [SCP_DIVERSIFIER_AES_CBC] =
        {"aes-cbc", {16, 32}, true, false, "AES encrypts 16 or 32 bytes to a key"},
    [SCP_DIVERSIFIER_AES_CMAC] = {"aes-cmac", {0}, true, true, "aes-cmac needs items"},
};

static size_t size_of(const struct scp_diversifier_item *item)
{
    switch (item->kind) {
    case SCP_DIVERSIFIER_DATA:
        return item->last - item->first + (size_t)1;
    case SCP_DIVERSIFIER_COUNTER:
    case SCP_DIVERSIFIER_LENGTH:
        return item->first;
    default:
        return 1;
    }
}

/* Whether a method can work with the items it got. */
static enum scp_error check_rule(struct parser *p, struct word method,
                                 const struct scp_diversifier_rule *rule)
{
    size_t size = 0;
    bool only_encrypts = methods[rule->method].items && !methods[rule->method].counter;
    for (size_t i = 0; i < rule->count; i++) {
        size += size_of(&rule->items[i]);
        if (only_encrypts && (rule->items[i].kind == SCP_DIVERSIFIER_COUNTER ||
                              rule->items[i].kind == SCP_DIVERSIFIER_LENGTH))
            return fail(p, method.at, "only aes-cmac counts blocks and knows the key's length");
    }
    const size_t *sizes = methods[rule->method].sizes;
    bool fits = sizes[0] == 0 ? (size > 0) == methods[rule->method].items
                              : size == sizes[0] || size == sizes[1];
    return fits ? SCP_OK : fail(p, method.at, methods[rule->method].problem);
}

static enum scp_error parse_method(struct parser *p, struct scp_diversifier_rule *rule)
{
    struct word w = take(p);
    size_t method = 0;
    size_t count = sizeof methods / sizeof methods[0];
    while (method < count && !is(w, methods[method].word))
        method++;
    if (method == count)
        return fail(p, w.at, "a method is copy, 3des-ecb, 3des-cbc, aes-ecb, aes-cbc or aes-cmac");
    *rule = (struct scp_diversifier_rule){.method = (enum scp_diversifier_method)method};
    while (peek(p).len > 0 && !is(peek(p), ";"))
        SCP_TRY(parse_item(p, rule));
    return check_rule(p, w, rule);
}

/* The keys a rule is for, as bits; all of them when it names none. */
static enum scp_error parse_keys(struct parser *p, unsigned *keys)
{
    static const char *const names[KEY_COUNT] = {"enc", "mac", "dek"};
    *keys = 0;
    for (;;) {
        struct word w = peek(p);
        size_t key = 0;
        while (key < KEY_COUNT && !is(w, names[key]))
            key++;
        if (key == KEY_COUNT && *keys == 0)
            break;
        if (key == KEY_COUNT)
            return fail(p, w.at, "a key is enc, mac or dek");
        if (((*keys | p->given) & 1U << key) != 0)
            return fail(p, w.at, "the key has a rule already");
        (void)take(p);
        *keys |= 1U << key;
        if (accept(p, ":"))
            return SCP_OK;
        if (!accept(p, ","))
            return fail(p, peek(p).at, "the keys of a rule end with a colon");
    }
    if (p->given != 0)
        return fail(p, peek(p).at, "only a rule that stands alone is for all keys");
    *keys = ALL_KEYS;
    return SCP_OK;
}

static enum scp_error parse_rule(struct parser *p)
{
    struct scp_diversifier_rule rule;
    unsigned keys;
    SCP_TRY(parse_keys(p, &keys));
    SCP_TRY(parse_method(p, &rule));
    for (size_t key = 0; key < KEY_COUNT; key++) {
        if ((keys & 1U << key) != 0)
            p->out->rules[key] = rule;
    }
    p->given |= keys;
    return SCP_OK;
}

enum scp_error scp_diversifier_parse(const char *text, struct scp_diversifier *out,
                                     struct scp_diversifier_problem *problem)
{
    enum scp_diversification scheme;
    if (scp_diversification_from_name(text, &scheme) == SCP_OK)
        text = scp_diversification_template(scheme);
    struct parser p = {.text = text, .at = text, .out = out, .problem = problem};
    *out = (struct scp_diversifier){.rules = {{.count = 0}}};
    *problem = (struct scp_diversifier_problem){.column = 0, .text = ""};
    do
        SCP_TRY(parse_rule(&p));
    while (accept(&p, ";"));
    if (p.given != ALL_KEYS)
        return fail(&p, p.at, "a key has no rule: enc, mac and dek need one each");
    return SCP_OK;
}
