#include "ota-server/api/body.h"

#include "ota-server/api/problem.h"
#include "ota-server/rebind/operation_json.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REGION_DIGITS = 6, PATH_SIZE = 160, AID_HEX_MIN = 10, AID_HEX_MAX = 32 };

/* One member being read. */
struct field {
    const struct body_member *member;
    json_t *value;
    char wrong[96]; /* what the value should have been */
};

__attribute__((format(printf, 2, 3))) static void expect(struct field *field, const char *format,
                                                         ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(field->wrong, sizeof field->wrong, format, arguments);
    va_end(arguments);
}

bool text_is_slug(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len > 0 && text[len] == '\0' && len < STORE_SLUG_SIZE;
}

bool text_is_region(const char *text)
{
    return strspn(text, "0123456789") == REGION_DIGITS && text[REGION_DIGITS] == '\0';
}

bool text_to_aid(const char *text, char aid[STORE_AID_SIZE])
{
    size_t len = strlen(text);
    if (len < AID_HEX_MIN || len > AID_HEX_MAX || len % 2 != 0)
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && !isxdigit((unsigned char)text[i]))
            return false;
        aid[i] = (char)toupper((unsigned char)text[i]);
    }
    return true;
}

static bool read_text(struct field *field)
{
    const char *text = json_string_value(field->value);
    expect(field, "a string of 1 to %zu bytes", field->member->size - 1);
    if (text == NULL || *text == '\0' || json_string_length(field->value) >= field->member->size)
        return false;
    snprintf(field->member->text, field->member->size, "%s", text);
    return true;
}

static bool read_slug(struct field *field)
{
    bool fits = read_text(field);
    expect(field, "1 to %zu lower-case letters, digits and hyphens", field->member->size - 1);
    return fits && text_is_slug(field->member->text);
}

static bool read_aid(struct field *field)
{
    const char *text = json_string_value(field->value);
    expect(field, "an AID of 5 to 16 bytes in hex");
    return text != NULL && text_to_aid(text, field->member->text);
}

static bool read_hex(struct field *field)
{
    const struct body_member *member = field->member;
    const char *text = json_string_value(field->value);
    struct scp_writer w = scp_writer_on(member->bytes, member->size);
    if (member->minimum == (int64_t)member->size)
        expect(field, "%zu bytes in hex", member->size);
    else
        expect(field, "%lld to %zu bytes in hex", (long long)member->minimum, member->size);
    if (text == NULL || scp_hex_decode(text, &w) != SCP_OK || (int64_t)w.len < member->minimum)
        return false;
    if (member->count != NULL)
        *member->count = scp_written(&w).len;
    return true;
}

/* One byte or three (GPCS 2.3.1 11.1.2). */
static bool read_privileges(struct field *field)
{
    size_t count = 0;
    const struct body_member *member = field->member;
    const struct body_member as_hex = {.bytes = member->bytes, .size = 3, .count = &count};
    struct field hex = {.member = &as_hex, .value = field->value};
    expect(field, "one or three bytes in hex");
    return read_hex(&hex) && (count == 1 || count == 3);
}

static bool read_region(struct field *field)
{
    bool fits = read_text(field);
    expect(field, "a region code of six digits");
    return fits && text_is_region(field->member->text);
}

static bool read_time(struct field *field)
{
    const char *text = json_string_value(field->value);
    expect(field, "a moment like 2026-12-31T12:00:00Z");
    return text != NULL && operation_time_parse(text, field->member->number);
}

static bool read_integer(struct field *field)
{
    const struct body_member *member = field->member;
    expect(field, "a whole number from %lld to %lld", (long long)member->minimum,
           (long long)member->maximum);
    if (!json_is_integer(field->value))
        return false;
    *member->number = json_integer_value(field->value);
    return *member->number >= member->minimum && *member->number <= member->maximum;
}

static bool read_bool(struct field *field)
{
    expect(field, "true or false");
    if (!json_is_boolean(field->value))
        return false;
    *field->member->flag = json_is_true(field->value);
    return true;
}

static bool read_array(struct field *field)
{
    expect(field, "an array");
    *field->member->json = field->value;
    return json_is_array(field->value);
}

static bool read_object(struct field *field)
{
    expect(field, "an object");
    *field->member->json = field->value;
    return json_is_object(field->value);
}

static bool (*const readers[])(struct field *field) = {
    [BODY_TEXT] = read_text,     [BODY_SLUG] = read_slug,
    [BODY_AID] = read_aid,       [BODY_HEX] = read_hex,
    [BODY_BOOL] = read_bool,     [BODY_INTEGER] = read_integer,
    [BODY_ARRAY] = read_array,   [BODY_PRIVILEGES] = read_privileges,
    [BODY_OBJECT] = read_object, [BODY_REGION] = read_region,
    [BODY_TIME] = read_time,
};

bool body_open(struct body *body, const struct http_request *request,
               struct http_response *response)
{
    struct scp_bytes bytes = http_request_body(request);
    json_error_t error = {.line = 1, .column = 1, .text = "the body is empty"};
    body->root = bytes.len == 0 ? NULL
                                : json_loadb((const char *)bytes.ptr, bytes.len,
                                             JSON_REJECT_DUPLICATES, &error);
    if (body->root == NULL) {
        http_problem(response, 400, "malformed-json", "The body is not JSON",
                     "line %d, column %d: %s", error.line, error.column, error.text);
        return false;
    }
    if (!json_is_object(body->root)) {
        http_problem(response, 422, "invalid-member", "A member of the request is not valid",
                     "the body must be an object");
        body_close(body);
        return false;
    }
    return true;
}

void body_close(struct body *body)
{
    json_decref(body->root);
    body->root = NULL;
}

static bool has_row(const char *name, const struct body_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool refuse_unknown(const char *path, json_t *object, const struct body_member *members,
                           size_t count, struct http_response *response)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (has_row(name, members, count))
            continue;
        char where[PATH_SIZE];
        snprintf(where, sizeof where, "%s%s%s", path, *path == '\0' ? "" : ".", name);
        problem_member(response, where, "is not a member of this request");
        return false;
    }
    return true;
}

static bool read_member(const char *path, json_t *object, const struct body_member *member,
                        struct http_response *response)
{
    struct field field = {.member = member, .value = json_object_get(object, member->name)};
    char where[PATH_SIZE];
    char what[PATH_SIZE];
    bool absent = field.value == NULL || (member->nullable && json_is_null(field.value));

    snprintf(where, sizeof where, "%s%s%s", path, *path == '\0' ? "" : ".", member->name);
    if (member->present != NULL)
        *member->present = !absent;
    if (absent && !member->required)
        return true;
    if (absent) {
        problem_member(response, where, "is missing");
        return false;
    }
    if (readers[member->type](&field))
        return true;
    snprintf(what, sizeof what, "must be %s", field.wrong);
    problem_member(response, where, what);
    return false;
}

bool body_read_at(const char *path, json_t *object, const struct body_member *members, size_t count,
                  struct http_response *response)
{
    if (!json_is_object(object)) {
        problem_member(response, path, "must be an object");
        return false;
    }
    if (!refuse_unknown(path, object, members, count, response))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!read_member(path, object, &members[i], response))
            return false;
    }
    return true;
}

bool body_read(struct body *body, const struct body_member *members, size_t count,
               struct http_response *response)
{
    return body_read_at("", body->root, members, count, response);
}
