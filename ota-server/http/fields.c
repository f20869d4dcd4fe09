#include "ota-server/http/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char separator[] = ", ";

void http_fields_fini(struct http_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        free(fields->items[i].name);
        free(fields->items[i].value);
    }
    *fields = (struct http_fields){0};
}

static bool is_clean(struct scp_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

static enum scp_error check(const struct http_fields *fields, struct scp_bytes name,
                            struct scp_bytes value)
{
    size_t room = HTTP_HEADER_BYTES_MAX - fields->bytes;
    if (name.len + value.len + sizeof separator > room)
        return SCP_TOO_LONG;
    return name.len > 0 && is_clean(name) && is_clean(value) ? SCP_OK : SCP_MALFORMED;
}

static char *copy(struct scp_bytes text)
{
    return text.len == 0 ? strdup("") : strndup((const char *)text.ptr, text.len);
}

enum scp_error http_fields_add(struct http_fields *fields, struct scp_bytes name,
                               struct scp_bytes value)
{
    if (fields->count == HTTP_HEADERS_MAX)
        return SCP_TOO_LONG;
    SCP_TRY(check(fields, name, value));
    struct http_field field = {.name = copy(name), .value = copy(value)};
    if (field.name == NULL || field.value == NULL) {
        free(field.name);
        free(field.value);
        return SCP_NO_MEMORY;
    }
    fields->items[fields->count++] = field;
    fields->bytes += name.len + value.len;
    return SCP_OK;
}

static struct http_field *find(struct http_fields *fields, struct scp_bytes name)
{
    for (size_t i = 0; i < fields->count; i++) {
        const char *have = fields->items[i].name;
        if (scp_bytes_equal(scp_bytes_of(have, strlen(have)), name))
            return &fields->items[i];
    }
    return NULL;
}

enum scp_error http_fields_join(struct http_fields *fields, struct scp_bytes name,
                                struct scp_bytes value)
{
    struct http_field *field = find(fields, name);
    if (field == NULL)
        return http_fields_add(fields, name, value);
    SCP_TRY(check(fields, name, value));
    size_t len = strlen(field->value);
    char *joined = realloc(field->value, len + sizeof separator + value.len);
    if (joined == NULL)
        return SCP_NO_MEMORY;
    field->value = joined;
    struct scp_writer w = scp_writer_on((uint8_t *)joined + len, sizeof separator + value.len);
    scp_put(&w, scp_bytes_of(separator, sizeof separator - 1));
    scp_put(&w, value);
    scp_put_u8(&w, 0);
    fields->bytes += sizeof separator - 1 + value.len;
    return scp_writer_status(&w);
}

const char *http_fields_get(const struct http_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (strcasecmp(fields->items[i].name, name) == 0)
            return fields->items[i].value;
    }
    return NULL;
}
