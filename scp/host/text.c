#include "scp/host/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scp/base/secret.h"

enum { FIRST_CAP = 64 };

struct rebind_text rebind_text_new(size_t max)
{
    return (struct rebind_text){.max = max};
}

void rebind_text_free(struct rebind_text *text)
{
    if (text->ptr != NULL)
        scp_wipe(text->ptr, text->cap);
    free(text->ptr);
    *text = (struct rebind_text){.max = text->max};
}

void rebind_text_clear(struct rebind_text *text)
{
    if (text->ptr != NULL)
        text->ptr[0] = '\0';
    text->len = 0;
    text->error = SCP_OK;
}

enum scp_error rebind_text_status(const struct rebind_text *text)
{
    return text->error;
}

const char *rebind_text_string(const struct rebind_text *text)
{
    return text->ptr != NULL ? text->ptr : "";
}

/* Make room for `more` characters and a NUL; false, with the error set, when there is none. */
static bool reserve(struct rebind_text *text, size_t more)
{
    if (text->error != SCP_OK)
        return false;
    if (more > text->max - text->len) {
        text->error = SCP_TOO_LONG;
        return false;
    }
    size_t need = text->len + more + 1;
    if (need <= text->cap)
        return true;
    size_t cap = text->cap < FIRST_CAP ? FIRST_CAP : text->cap;
    while (cap < need)
        cap *= 2;
    char *bigger = calloc(1, cap);
    if (bigger == NULL) {
        text->error = SCP_NO_MEMORY;
        return false;
    }
    if (text->ptr != NULL) { /* not realloc: the old place is wiped */
        memcpy(bigger, text->ptr, text->len);
        scp_wipe(text->ptr, text->cap);
        free(text->ptr);
    }
    text->ptr = bigger;
    text->cap = cap;
    return true;
}

void rebind_text_add_len(struct rebind_text *text, const char *chars, size_t len)
{
    if (len == 0 || !reserve(text, len))
        return;
    memcpy(text->ptr + text->len, chars, len);
    text->len += len;
    text->ptr[text->len] = '\0';
}

void rebind_text_add(struct rebind_text *text, const char *string)
{
    rebind_text_add_len(text, string, strlen(string));
}

void rebind_text_add_char(struct rebind_text *text, char c)
{
    rebind_text_add_len(text, &c, 1);
}

void rebind_text_addf(struct rebind_text *text, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len > 0 && reserve(text, (size_t)len)) {
        (void)vsnprintf(text->ptr + text->len, (size_t)len + 1, format, again);
        text->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static bool is_continuation(char c)
{
    return ((uint8_t)c & 0xC0) == 0x80;
}

/* The length of the UTF-8 sequence of two or more bytes at `s` (RFC 3629 4), or 0. */
static size_t utf8_sequence(const char *s, size_t left)
{
    static const struct {
        uint8_t from, to;               /* the first byte */
        uint8_t second_from, second_to; /* the second: refuses overlong forms and surrogates */
        size_t len;
    } rows[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    uint8_t first = (uint8_t)s[0];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (first < rows[i].from || first > rows[i].to)
            continue;
        if (left < rows[i].len || (uint8_t)s[1] < rows[i].second_from ||
            (uint8_t)s[1] > rows[i].second_to)
            return 0;
        for (size_t k = 2; k < rows[i].len; k++) {
            if (!is_continuation(s[k]))
                return 0;
        }
        return rows[i].len;
    }
    return 0;
}

static void add_json_ascii(struct rebind_text *text, char c)
{
    if (c == '"' || c == '\\')
        rebind_text_addf(text, "\\%c", c);
    else if (c == '\n')
        rebind_text_add(text, "\\n");
    else if ((uint8_t)c < 0x20 || c == 0x7F)
        rebind_text_addf(text, "\\u%04x", (unsigned)(uint8_t)c);
    else
        rebind_text_add_char(text, c);
}

void rebind_text_add_json(struct rebind_text *text, const char *string, size_t len)
{
    rebind_text_add_char(text, '"');
    for (size_t i = 0; i < len;) {
        if ((uint8_t)string[i] < 0x80) {
            add_json_ascii(text, string[i++]);
            continue;
        }
        size_t sequence = utf8_sequence(string + i, len - i);
        if (sequence == 0)
            rebind_text_add(text, "\\ufffd");
        else
            rebind_text_add_len(text, string + i, sequence);
        i += sequence == 0 ? 1 : sequence;
    }
    rebind_text_add_char(text, '"');
}

/* ---- other encodings ---------------------------------------------------------------------- */

static const char upper_hex[] = "0123456789ABCDEF";

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void rebind_text_add_percent(struct rebind_text *text, const char *string)
{
    for (const char *s = string; *s != '\0'; s++) {
        uint8_t byte = (uint8_t)*s;
        if (is_unreserved(*s))
            rebind_text_add_char(text, *s);
        else
            rebind_text_add_len(text,
                                (const char[]){'%', upper_hex[byte >> 4], upper_hex[byte & 15]}, 3);
    }
}

void rebind_text_add_hex(struct rebind_text *text, struct scp_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = bytes.ptr[i];
        rebind_text_add_len(text, (const char[]){upper_hex[byte >> 4], upper_hex[byte & 15]}, 2);
    }
}

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void rebind_text_add_base64url(struct rebind_text *text, struct scp_bytes bytes)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        bits = (bits << 8) | bytes.ptr[i];
        count += 8;
        for (; count >= 6; count -= 6)
            rebind_text_add_char(text, base64url[(bits >> (count - 6)) & 63]);
    }
    if (count > 0)
        rebind_text_add_char(text, base64url[(bits << (6 - count)) & 63]);
}

enum scp_error rebind_base64url_decode(const char *text, struct scp_writer *to)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (const char *s = text; *s != '\0'; s++) {
        const char *digit = strchr(base64url, *s);
        if (digit == NULL)
            return SCP_MALFORMED;
        bits = (bits << 6) | (uint32_t)(digit - base64url);
        count += 6;
        if (count >= 8) {
            count -= 8;
            scp_put_u8(to, (uint8_t)(bits >> count));
        }
    }
    if (count >= 6 || (bits & ((1U << count) - 1)) != 0)
        return SCP_MALFORMED;
    return scp_writer_status(to);
}

char *rebind_time_format(uint64_t unix_ms, char to[REBIND_TIME_SIZE])
{
    static const uint64_t last_ms = 253402300799999; /* 9999-12-31T23:59:59.999Z */
    uint64_t ms = unix_ms > last_ms ? last_ms : unix_ms;
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    (void)gmtime_r(&seconds, &t);
    size_t len = strftime(to, REBIND_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &t);
    (void)snprintf(to + len, REBIND_TIME_SIZE - len, ".%03uZ", (unsigned)(ms % 1000));
    return to;
}

enum scp_error rebind_number_parse(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return SCP_MALFORMED;
    for (const char *s = text; *s != '\0'; s++) {
        if (*s < '0' || *s > '9')
            return SCP_MALFORMED;
        uint64_t digit = (uint64_t)(*s - '0');
        if (digit > max || value > (max - digit) / 10)
            return SCP_OUT_OF_RANGE;
        value = value * 10 + digit;
    }
    *out = value;
    return SCP_OK;
}
