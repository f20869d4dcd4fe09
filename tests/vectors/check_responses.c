/* Data objects, privileges, and the registries that cards show. */
#include "scp/gp/commands.h"
#include "scp/gp/crs.h"
#include "scp/gp/privileges.h"
#include "scp/gp/registry.h"
#include "scp/gp/store_data.h"
#include "scp/gp/tlv.h"
#include "tests/vectors/families.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 96, TREE = 4096 };

static struct scp_bytes response(struct vector *v)
{
    return vector_hex(v, v->inputs, "response_data");
}

static json_t *parsed(const struct vector *v)
{
    return json_object_get(v->expected, "parsed");
}

/* ---- BER-TLV and DGI ---------------------------------------------------------------------- */

/* Lengths, and how each is written. */
static void lengths(struct vector *v, void (*put)(struct scp_writer *, size_t))
{
    const json_t *list = json_object_get(v->inputs, "lengths");
    const json_t *encoded = json_object_get(v->expected, "encoded");
    size_t i;
    json_t *length;
    vector_expect_count(v, "encoded", encoded, json_array_size(list));
    json_array_foreach(list, i, length)
    {
        uint8_t buffer[8];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        put(&w, (size_t)json_integer_value(length));
        struct scp_bytes expected = vector_hex_of(v, json_array_get(encoded, i));
        if (!scp_bytes_equal(expected, scp_written(&w)))
            vector_fail_bytes(v, "length", expected, scp_written(&w));
    }
    vector_taken(v->expected, "encoded");
}

static uint32_t tag_of(const char *hex)
{
    return hex == NULL ? 0 : (uint32_t)strtoul(hex, NULL, 16);
}

static void put_node(struct vector *v, struct scp_writer *w, uint32_t tag, json_t *value);

/* An object of {tag: value}, or a list of [tag, value]. */
static void put_nodes(struct vector *v, struct scp_writer *w, json_t *nodes)
{
    const char *name;
    json_t *value;
    size_t i;
    json_t *pair;
    json_object_foreach(nodes, name, value)
    {
        put_node(v, w, tag_of(name), value);
    }
    json_array_foreach(nodes, i, pair)
    {
        put_node(v, w, tag_of(json_string_value(json_array_get(pair, 0))), json_array_get(pair, 1));
    }
}

/* A value is a hex string, or the nodes that it is made of. */
static void put_node(struct vector *v, struct scp_writer *w, uint32_t tag, json_t *value)
{
    if (json_is_string(value)) {
        scp_put_tlv(w, tag, vector_hex_of(v, value));
        return;
    }
    size_t mark = scp_tlv_begin(w, tag);
    put_nodes(v, w, value);
    scp_tlv_end(w, mark);
}

static void tree(struct vector *v)
{
    static uint8_t buffer[TREE];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    put_nodes(v, &w, json_object_get(v->inputs, "tree"));
    if (vector_ok(v, "scp_put_tlv", scp_writer_status(&w)))
        vector_expect_bytes(v, v->expected, "encoded", scp_written(&w));
}

static void ber_tlv(struct vector *v)
{
    if (vector_has(v->inputs, "tree"))
        tree(v);
    else
        lengths(v, scp_put_ber_length);
}

static void ber_tlv_negative(struct vector *v)
{
    bool accepted = false;
    size_t i;
    json_t *data;
    json_array_foreach(json_object_get(v->inputs, "data"), i, data)
    {
        struct scp_tlv tlv;
        if (scp_tlv_parse(vector_hex_of(v, data), &tlv) == SCP_OK)
            accepted = true;
    }
    vector_expect_bool(v, v->expected, "accept", accepted);
}

static void dgi_length(struct vector *v)
{
    lengths(v, scp_put_dgi_length);
}

/* ---- privileges --------------------------------------------------------------------------- */

/* "card-reset" as the sources write it: "CardReset". */
static const char *camel(const char *name, char text[TEXT])
{
    size_t at = 0;
    bool upper = true;
    for (; *name != '\0' && at + 1 < TEXT; name++) {
        if (*name != '-')
            text[at++] = (char)(upper ? toupper((unsigned char)*name) : *name);
        upper = *name == '-';
    }
    text[at] = '\0';
    return text;
}

static void privileges(struct vector *v)
{
    uint32_t set;
    if (!vector_ok(v, "scp_privileges_parse",
                   scp_privileges_parse(vector_hex(v, v->inputs, "privileges"), &set)))
        return;
    const json_t *names = json_object_get(v->expected, "names");
    const char *name;
    char text[TEXT];
    size_t count = 0;
    for (; (name = scp_privileges_nth_name(set, count)) != NULL; count++) {
        const char *expected = json_string_value(json_array_get(names, count));
        const char *actual = camel(name, text);
        if (expected == NULL || strcmp(actual, expected) != 0)
            vector_fail(v, "name", expected == NULL ? "no more" : expected, actual);
    }
    vector_expect_count(v, "names", names, count);
    vector_taken(v->expected, "names");
}

/* 0 for a name that is none. */
static uint32_t privilege_named(const char *camel_name)
{
    char text[TEXT];
    const char *name;
    for (size_t i = 0; (name = scp_privileges_nth_name(0xFFFFFF, i)) != NULL; i++) {
        enum scp_privilege privilege;
        if (strcmp(camel(name, text), camel_name) == 0 &&
            scp_privilege_from_name(name, &privilege) == SCP_OK)
            return (uint32_t)privilege;
    }
    return 0;
}

static void privileges_encode(struct vector *v)
{
    uint8_t buffer[3];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    uint32_t set = 0;
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(v->inputs, "names"), i, name)
    {
        const char *text = json_string_value(name);
        uint32_t privilege = text == NULL ? 0 : privilege_named(text);
        if (privilege == 0)
            vector_fail(v, "names", "a privilege", text == NULL ? "no text" : text);
        set |= privilege;
    }
    scp_put_privileges_short(&w, set);
    vector_expect_bytes(v, v->expected, "privileges", scp_written(&w));
}

/* ---- registry ----------------------------------------------------------------------------- */

static void expect_privileges(struct vector *v, json_t *of, const struct scp_registry_entry *entry)
{
    uint8_t bytes[3];
    scp_privileges_store(bytes, entry->privileges);
    if (vector_has(of, "privileges") && !entry->has_privileges)
        vector_fail(v, "privileges", "some", "none");
    else if (vector_has(of, "privileges"))
        vector_expect_bytes(v, of, "privileges",
                            scp_bytes_of(bytes, vector_hex(v, of, "privileges").len));
}

/* The life cycle state; the bytes that some cards add to it are looked up in the entry. */
static void expect_life_cycle(struct vector *v, json_t *of, const struct scp_registry_entry *entry)
{
    struct scp_bytes whole = scp_bytes_of(&entry->life_cycle, 1);
    struct scp_bytes found;
    if (scp_tlv_find(entry->data, 0x9F70, &found) == SCP_OK && found.len > 0 &&
        found.ptr[0] == entry->life_cycle)
        whole = found;
    vector_expect_bytes(v, of, "life_cycle", whole);
}

static void expect_modules(struct vector *v, json_t *of, const struct scp_registry_entry *entry)
{
    struct scp_bytes modules[SCP_REGISTRY_MODULES_MAX];
    for (size_t i = 0; i < entry->module_count; i++)
        modules[i] = scp_aid_bytes(&entry->modules[i]);
    vector_expect_list(v, of, "modules", modules, entry->module_count);
}

/* One string, or one for each parameter. */
static void expect_implicit(struct vector *v, json_t *of, const struct scp_registry_entry *entry)
{
    struct scp_bytes all = scp_bytes_of(entry->implicit, entry->implicit_count);
    struct scp_bytes each[SCP_REGISTRY_IMPLICIT_MAX];
    for (size_t i = 0; i < all.len; i++)
        each[i] = scp_bytes_slice(all, i, 1);
    if (json_is_array(json_object_get(of, "implicit_selection")))
        vector_expect_list(v, of, "implicit_selection", each, all.len);
    else
        vector_expect_bytes(v, of, "implicit_selection", all);
}

/* Tags without a field of their own: "tag_EA". */
static void expect_tags(struct vector *v, json_t *of, struct scp_bytes data)
{
    static const char prefix[] = "tag_";
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(of, next, name, value)
    {
        struct scp_bytes actual;
        if (strncmp(name, prefix, sizeof prefix - 1) == 0 &&
            vector_ok(v, name, scp_tlv_find(data, tag_of(&name[sizeof prefix - 1]), &actual)))
            vector_expect_bytes(v, of, name, actual);
    }
}

static void expect_entry(struct vector *v, json_t *of, const struct scp_registry_entry *entry)
{
    if (vector_has(of, "tag_EA") && !scp_bytes_equal(entry->uicc, vector_hex(v, of, "tag_EA")))
        vector_fail_bytes(v, "uicc", vector_hex(v, of, "tag_EA"), entry->uicc);
    vector_expect_bytes(v, of, "aid", scp_aid_bytes(&entry->aid));
    expect_life_cycle(v, of, entry);
    expect_privileges(v, of, entry);
    expect_modules(v, of, entry);
    vector_expect_bytes(v, of, "load_file_aid", scp_aid_bytes(&entry->load_file));
    vector_expect_bytes(v, of, "security_domain_aid", scp_aid_bytes(&entry->security_domain));
    vector_expect_bytes(v, of, "version", entry->version);
    expect_implicit(v, of, entry);
    expect_tags(v, of, entry->data);
}

/* Compare all entries; returns how the reading ended, and where. */
static enum scp_error expect_entries(struct vector *v, json_t *entries, size_t *count,
                                     struct scp_bytes *tail)
{
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    struct scp_bytes command = VECTOR_ANY(v, "command");
    uint8_t subset = command.len > 2 ? command.ptr[2] : SCP_STATUS_APPLICATIONS;
    enum scp_error error;
    scp_registry_open(&r, subset, response(v));
    *tail = scp_reader_rest(&r.in);
    for (*count = 0; (error = scp_registry_next(&r, &entry)) == SCP_OK; ++*count) {
        expect_entry(v, json_array_get(entries, *count), &entry);
        *tail = scp_reader_rest(&r.in);
    }
    if (entries != NULL) /* a record of what must be refused names none */
        vector_expect_count(v, "entries", entries, *count);
    return error;
}

static void get_status(struct vector *v)
{
    size_t count;
    struct scp_bytes tail;
    enum scp_error error = expect_entries(v, parsed(v), &count, &tail);
    vector_expect_accept(v, error == SCP_NOT_FOUND ? SCP_OK : error);
}

static void get_status_truncated(struct vector *v)
{
    size_t count;
    struct scp_bytes tail;
    if (expect_entries(v, json_object_get(parsed(v), "entries"), &count, &tail) != SCP_TRUNCATED)
        vector_fail(v, "scp_registry_next", "TRUNCATED", "another end");
    vector_expect_number(v, parsed(v), "entries_complete", (long)count);
    vector_expect_bytes(v, parsed(v), "incomplete_tail", tail);
}

/* ---- the contactless registry ------------------------------------------------------------- */

/* The fields of an entry go by their tags. */
static void expect_crs_entry(struct vector *v, json_t *of, const struct scp_crs_entry *entry)
{
    const uint8_t states[] = {entry->life_cycle, entry->activation};
    const char *name;
    json_t *value;
    void *next;
    vector_expect_bytes(v, of, "4F", scp_aid_bytes(&entry->aid));
    vector_expect_bytes(v, of, "9F70", SCP_BYTES(states));
    vector_expect_bytes(v, of, "80", entry->counter);
    vector_expect_bytes(v, of, "81", scp_bytes_of(&entry->priority, entry->has_priority ? 1 : 0));
    vector_expect_bytes(v, of, "A2", entry->head);
    vector_expect_bytes(v, of, "A3", entry->members);
    vector_expect_bytes(v, of, "A4", entry->observers);
    vector_expect_bytes(v, of, "A5", entry->restricted);
    vector_expect_bytes(v, of, "A6", entry->discretionary);
    vector_expect_bytes(v, of, "87", entry->family);
    json_object_foreach_safe(of, next, name, value)
    {
        struct scp_bytes actual;
        if (vector_ok(v, name, scp_tlv_find(entry->data, tag_of(name), &actual)))
            vector_expect_bytes(v, of, name, actual);
    }
}

static void crs_get_status(struct vector *v)
{
    struct scp_reader r = scp_reader_on(response(v));
    struct scp_crs_entry entry;
    enum scp_error error;
    size_t count = 0;
    for (; (error = scp_crs_next(&r, &entry)) == SCP_OK; count++)
        expect_crs_entry(v, json_array_get(parsed(v), count), &entry);
    if (parsed(v) != NULL)
        vector_expect_count(v, "entries", parsed(v), count);
    vector_expect_accept(v, error == SCP_NOT_FOUND ? SCP_OK : error);
}

static const struct vector_kind kinds[] = {
    {"GP", "ber-tlv", ber_tlv},
    {"GP", "ber-tlv-negative", ber_tlv_negative},
    {"GP", "dgi-length", dgi_length},
    {"GP", "privileges", privileges},
    {"GP", "privileges-encode", privileges_encode},
    {"GP", "get-status", get_status},
    {"GP", "get-status-legacy", get_status},
    {"GP", "get-status-truncated", get_status_truncated},
    {"GP", "crs-get-status", crs_get_status},
};
const struct vector_family vector_responses = VECTOR_FAMILY(kinds);
