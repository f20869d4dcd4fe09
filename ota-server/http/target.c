#include "ota-server/http/target.h"

#include <stdlib.h>
#include <string.h>

void http_target_fini(struct http_target *target)
{
    free(target->path);
    free(target->text);
    *target = (struct http_target){0};
}

/* The character at *from, which moves behind it; 0 for a bad escape or a control character. */
static unsigned char decode_one(const char **from, char plus)
{
    unsigned char c = (unsigned char)**from;
    size_t len = 1;
    if (c == '%') {
        int high = scp_hex_digit((*from)[1]);
        int low = high < 0 ? -1 : scp_hex_digit((*from)[2]);
        if (low < 0)
            return 0;
        c = (unsigned char)(high * 16 + low);
        len = 3;
    } else if (c == '+') {
        c = (unsigned char)plus;
    }
    *from += len;
    return c < 0x20 || c == 0x7F ? 0 : c;
}

/* Decode in place: the decoded text is never longer. */
static bool decode(char *text, char plus)
{
    const char *from = text;
    char *to = text;
    while (*from != '\0') {
        unsigned char c = decode_one(&from, plus);
        if (c == 0)
            return false;
        *to++ = (char)c;
    }
    *to = '\0';
    return true;
}

/* Ends `text` at the first `mark`; what follows, or NULL when there is none. */
static char *cut(char *text, char mark)
{
    char *at = strchr(text, mark);
    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + 1;
}

static enum scp_error split_path(struct http_target *target, char *path)
{
    for (char *segment = path + 1; segment != NULL;) {
        if (target->segment_count == HTTP_SEGMENTS_MAX)
            return SCP_OUT_OF_RANGE;
        char *next = cut(segment, '/');
        if (!decode(segment, '+'))
            return SCP_MALFORMED;
        target->segments[target->segment_count++] = segment;
        segment = next;
    }
    return SCP_OK;
}

static enum scp_error split_query(struct http_target *target, char *query)
{
    static const char no_value[] = "";
    for (char *name = query; name != NULL;) {
        char *next = cut(name, '&');
        char *value = cut(name, '=');
        if (*name != '\0') {
            if (target->query_count == HTTP_QUERY_MAX)
                return SCP_MALFORMED;
            if (!decode(name, ' ') || (value != NULL && !decode(value, ' ')))
                return SCP_MALFORMED;
            target->query[target->query_count++] =
                (struct http_query){name, value == NULL ? no_value : value};
        }
        name = next;
    }
    return SCP_OK;
}

static enum scp_error parse(struct http_target *target, struct scp_bytes text)
{
    if (text.len > HTTP_TARGET_MAX)
        return SCP_TOO_LONG;
    if (text.len == 0 || text.ptr[0] != '/' || memchr(text.ptr, 0, text.len) != NULL)
        return SCP_MALFORMED;
    target->text = strndup((const char *)text.ptr, text.len);
    if (target->text == NULL)
        return SCP_NO_MEMORY;
    char *query = cut(target->text, '?');
    target->path = strdup(target->text);
    if (target->path == NULL)
        return SCP_NO_MEMORY;
    SCP_TRY(split_path(target, target->text));
    return split_query(target, query);
}

enum scp_error http_target_parse(struct http_target *target, struct scp_bytes text)
{
    enum scp_error error = parse(target, text);
    if (error != SCP_OK)
        http_target_fini(target);
    return error;
}

const char *http_target_query(const struct http_target *target, const char *name)
{
    for (size_t i = 0; i < target->query_count; i++) {
        if (strcmp(target->query[i].name, name) == 0)
            return target->query[i].value;
    }
    return NULL;
}
