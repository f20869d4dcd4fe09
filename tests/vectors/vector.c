#include "tests/vectors/vector.h"

#include "scp/gp/chaining.h"

#include <stdio.h>
#include <string.h>

/* ---- inputs ------------------------------------------------------------------------------- */

bool vector_has(const json_t *of, const char *name)
{
    return json_object_get(of, name) != NULL;
}

struct scp_bytes vector_hex_of(struct vector *v, const json_t *value)
{
    struct scp_writer w = scp_writer_on(v->arena + v->used, sizeof v->arena - v->used);
    const char *text = json_string_value(value);
    if (text == NULL || scp_hex_decode(text, &w) != SCP_OK) {
        vector_fail(v, "input", "a hex string", text == NULL ? "none" : text);
        return SCP_EMPTY;
    }
    v->used += scp_written(&w).len;
    return scp_written(&w);
}

uint8_t *vector_space(struct vector *v, size_t size)
{
    uint8_t *space = v->arena + v->used;
    if (size > sizeof v->arena - v->used) {
        vector_fail(v, "input", "a record that fits", "a longer one");
        return NULL;
    }
    v->used += size;
    return space;
}

struct scp_bytes vector_hex(struct vector *v, const json_t *of, const char *name)
{
    if (!vector_has(of, name)) {
        vector_fail(v, name, "a field", "none");
        return SCP_EMPTY;
    }
    return vector_hex_of(v, json_object_get(of, name));
}

struct scp_bytes vector_any_of(struct vector *v, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (vector_has(v->inputs, *names))
            return vector_hex(v, v->inputs, *names);
    }
    return SCP_EMPTY;
}

bool vector_flag(const struct vector *v, const char *name)
{
    return json_is_true(json_object_get(v->inputs, name));
}

uint32_t vector_u32(struct vector *v, const json_t *of, const char *name, uint32_t otherwise)
{
    const json_t *field = json_object_get(of, name);
    if (field == NULL)
        return otherwise;
    if (json_is_integer(field))
        return (uint32_t)json_integer_value(field);
    struct scp_bytes bytes = vector_hex(v, of, name);
    uint32_t value = 0;
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | bytes.ptr[i];
    return value;
}

long vector_number(struct vector *v, const json_t *of, const char *name)
{
    const json_t *value = json_object_get(of, name);
    if (!json_is_integer(value))
        vector_fail(v, name, "a number", "none");
    return (long)json_integer_value(value);
}

const char *vector_text(struct vector *v, const json_t *of, const char *name)
{
    const char *text = json_string_value(json_object_get(of, name));
    if (text == NULL)
        vector_fail(v, name, "a string", "none");
    return text == NULL ? "" : text;
}

struct scp_key vector_key(struct vector *v, const json_t *of, const char *name)
{
    struct scp_key key = {.len = 0};
    (void)vector_ok(v, name, scp_key_from(&key, vector_hex(v, of, name)));
    return key;
}

struct scp_key_set vector_key_set(struct vector *v, const json_t *of)
{
    struct scp_key_set set = {.enc = {.len = 0}};
    if (vector_has(of, "enc"))
        set.enc = vector_key(v, of, "enc");
    if (vector_has(of, "mac"))
        set.mac = vector_key(v, of, "mac");
    if (vector_has(of, "dek"))
        set.dek = vector_key(v, of, "dek");
    return set;
}

/* ---- answers ------------------------------------------------------------------------------ */

void vector_fail(struct vector *v, const char *what, const char *expected, const char *actual)
{
    v->failures++;
    printf("FAILED %s: %s\n  expected %s\n  actual   %s\n", v->id, what, expected, actual);
}

void vector_fail_bytes(struct vector *v, const char *what, struct scp_bytes expected,
                       struct scp_bytes actual)
{
    static char texts[2][SCP_HEX_SIZE(4096)];
    vector_fail(v, what, scp_hex_encode(texts[0], sizeof texts[0], expected),
                scp_hex_encode(texts[1], sizeof texts[1], actual));
}

bool vector_ok(struct vector *v, const char *what, enum scp_error error)
{
    if (error != SCP_OK)
        vector_fail(v, what, "OK", scp_error_name(error));
    return error == SCP_OK;
}

void vector_skip(struct vector *v, const char *reason)
{
    v->skipped = reason;
}

/* ---- comparisons -------------------------------------------------------------------------- */

void vector_taken(json_t *of, const char *name)
{
    (void)json_object_del(of, name);
}

void vector_expect_bytes(struct vector *v, json_t *of, const char *name, struct scp_bytes actual)
{
    if (!vector_has(of, name))
        return;
    struct scp_bytes expected = vector_hex(v, of, name);
    if (!scp_bytes_equal(expected, actual))
        vector_fail_bytes(v, name, expected, actual);
    vector_taken(of, name);
}

void vector_expect_command(struct vector *v, json_t *of, const char *name, struct scp_bytes actual)
{
    if (!vector_has(of, name))
        return;
    struct scp_bytes expected = vector_hex(v, of, name);
    size_t common = expected.len < actual.len ? expected.len : actual.len;
    struct scp_bytes more = expected.len < actual.len ? actual : expected;
    struct scp_bytes rest = scp_bytes_from(more, common);
    bool same =
        scp_bytes_equal(scp_bytes_slice(expected, 0, common), scp_bytes_slice(actual, 0, common));
    if (!same || !(rest.len == 0 || scp_bytes_equal(rest, SCP_LITERAL(0x00))))
        vector_fail_bytes(v, name, expected, actual);
    vector_taken(of, name);
}

void vector_expect_number(struct vector *v, json_t *of, const char *name, long actual)
{
    if (!vector_has(of, name))
        return;
    char texts[2][24];
    long expected = vector_number(v, of, name);
    (void)snprintf(texts[0], sizeof texts[0], "%ld", expected);
    (void)snprintf(texts[1], sizeof texts[1], "%ld", actual);
    if (expected != actual)
        vector_fail(v, name, texts[0], texts[1]);
    vector_taken(of, name);
}

void vector_expect_bool(struct vector *v, json_t *of, const char *name, bool actual)
{
    if (!vector_has(of, name))
        return;
    const json_t *value = json_object_get(of, name);
    if (!json_is_boolean(value) || json_is_true(value) != actual)
        vector_fail(v, name, json_is_true(value) ? "true" : "false", actual ? "true" : "false");
    vector_taken(of, name);
}

void vector_expect_text(struct vector *v, json_t *of, const char *name, const char *actual)
{
    if (!vector_has(of, name))
        return;
    const char *expected = vector_text(v, of, name);
    if (strcmp(expected, actual) != 0)
        vector_fail(v, name, expected, actual);
    vector_taken(of, name);
}

/* The parts of a command as `commands` lists them. */
static void expect_parts(struct vector *v, const struct scp_apdu *apdu)
{
    const json_t *list = json_object_get(v->expected, "commands");
    size_t room = vector_u32(v, v->inputs, "room", SCP_APDU_DATA_MAX);
    struct scp_apdu part;
    size_t count = 0;
    if (list == NULL)
        return;
    for (; scp_segment(apdu, room, count, &part) == SCP_OK; count++) {
        uint8_t buffer[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        scp_put_apdu(&w, &part);
        struct scp_bytes expected = vector_hex_of(v, json_array_get(list, count));
        if (!scp_bytes_equal(expected, scp_written(&w)))
            vector_fail_bytes(v, "a part", expected, scp_written(&w));
    }
    vector_expect_count(v, "commands", list, count);
    vector_taken(v->expected, "commands");
}

void vector_expect_apdu(struct vector *v, const struct scp_apdu *apdu)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_apdu(&w, apdu);
    if (vector_has(v->expected, "command") && vector_ok(v, "scp_put_apdu", scp_writer_status(&w)))
        vector_expect_command(v, v->expected, "command", scp_written(&w));
    vector_expect_bytes(v, v->expected, "command_data", apdu->data);
    vector_expect_bytes(v, v->expected, "data", apdu->data);
    vector_expect_bytes(v, v->expected, "p1", scp_bytes_of(&apdu->p1, 1));
    vector_expect_bytes(v, v->expected, "p2", scp_bytes_of(&apdu->p2, 1));
    expect_parts(v, apdu);
}

void vector_expect_count(struct vector *v, const char *what, const json_t *list, size_t actual)
{
    char texts[2][24];
    if (json_array_size(list) == actual)
        return;
    (void)snprintf(texts[0], sizeof texts[0], "%zu of them", json_array_size(list));
    (void)snprintf(texts[1], sizeof texts[1], "%zu", actual);
    vector_fail(v, what, texts[0], texts[1]);
}

void vector_expect_list(struct vector *v, json_t *of, const char *name,
                        const struct scp_bytes *actual, size_t count)
{
    const json_t *list = json_object_get(of, name);
    if (list == NULL)
        return;
    vector_expect_count(v, name, list, count);
    for (size_t i = 0; i < count && i < json_array_size(list); i++) {
        struct scp_bytes expected = vector_hex_of(v, json_array_get(list, i));
        if (!scp_bytes_equal(expected, actual[i]))
            vector_fail_bytes(v, name, expected, actual[i]);
    }
    vector_taken(of, name);
}

bool vector_expect_accept(struct vector *v, enum scp_error error)
{
    if (vector_has(v->expected, "accept")) {
        vector_expect_bool(v, v->expected, "accept", error == SCP_OK);
        return error == SCP_OK;
    }
    return vector_ok(v, "acceptance", error);
}
