/* What cards answer: data objects, registry, card data. */
#include "scp/gp/card_data.h"
#include "scp/gp/commands.h"
#include "scp/gp/privileges.h"
#include "scp/gp/registry.h"
#include "scp/gp/store_data.h"
#include "scp/gp/tlv.h"
#include "tests/vectors/families.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 96 };

static struct scp_bytes response(struct vector *v)
{
    return vector_hex(v, v->inputs, "response_data");
}

static json_t *parsed(const struct vector *v)
{
    return json_object_get(v->expected, "parsed");
}

static void expect_refused(struct vector *v, enum scp_error error)
{
    vector_expect_bool(v, v->expected, "accept", error == SCP_OK);
}

/* ---- BER-TLV and DGI ---------------------------------------------------------------------- */

/* Lengths, and how each is written. */
static void lengths(struct vector *v, void (*put)(struct scp_writer *, size_t))
{
    size_t i;
    json_t *length;
    json_array_foreach(json_object_get(v->inputs, "lengths"), i, length)
    {
        uint8_t buffer[8];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        put(&w, (size_t)json_integer_value(length));
        struct scp_bytes expected =
            vector_hex_of(v, json_array_get(json_object_get(v->expected, "encoded"), i));
        if (!scp_bytes_equal(expected, scp_written(&w)))
            vector_fail_bytes(v, "length", expected, scp_written(&w));
    }
    vector_taken(v->expected, "encoded");
}

static uint32_t tag_of(const char *hex)
{
    return (uint32_t)strtoul(hex, NULL, 16);
}

static void tree(struct vector *v)
{
    uint8_t buffer[128];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const char *name;
    json_t *children;
    json_object_foreach(json_object_get(v->inputs, "tree"), name, children)
    {
        size_t i;
        json_t *child;
        size_t mark = scp_tlv_begin(&w, tag_of(name));
        json_array_foreach(children, i, child)
        {
            scp_put_tlv(&w, tag_of(json_string_value(json_array_get(child, 0))),
                        vector_hex_of(v, json_array_get(child, 1)));
        }
        scp_tlv_end(&w, mark);
    }
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
        if (expected == NULL || strcmp(camel(name, text), expected) != 0)
            vector_fail(v, "name", expected == NULL ? "no more" : expected, text);
    }
    if (count == json_array_size(names))
        vector_taken(v->expected, "names");
}

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
        set |= privilege_named(json_string_value(name));
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

/* Some cards add a byte to the life cycle state; the first is the state. */
static void expect_life_cycle(struct vector *v, json_t *of, uint8_t state)
{
    struct scp_bytes expected = vector_hex(v, of, "life_cycle");
    if (expected.len == 0 || expected.ptr[0] != state)
        vector_fail_bytes(v, "life_cycle", expected, scp_bytes_of(&state, 1));
    vector_taken(of, "life_cycle");
}

static void expect_modules(struct vector *v, json_t *of, const struct scp_registry_entry *entry)
{
    const json_t *modules = json_object_get(of, "modules");
    if (json_array_size(modules) != entry->module_count)
        vector_fail(v, "modules", "as many", "another number");
    for (size_t i = 0; i < entry->module_count; i++) {
        struct scp_bytes expected = vector_hex_of(v, json_array_get(modules, i));
        if (!scp_bytes_equal(expected, scp_aid_bytes(&entry->modules[i])))
            vector_fail_bytes(v, "module", expected, scp_aid_bytes(&entry->modules[i]));
    }
    vector_taken(of, "modules");
}

static void expect_entry(struct vector *v, json_t *of, const struct scp_registry_entry *entry)
{
    vector_expect_bytes(v, of, "aid", scp_aid_bytes(&entry->aid));
    expect_life_cycle(v, of, entry->life_cycle);
    expect_privileges(v, of, entry);
    expect_modules(v, of, entry);
    vector_expect_bytes(v, of, "load_file_aid", scp_aid_bytes(&entry->load_file));
    vector_expect_bytes(v, of, "security_domain_aid", scp_aid_bytes(&entry->security_domain));
    vector_expect_bytes(v, of, "version", entry->version);
    vector_expect_bytes(v, of, "tag_EA", entry->uicc);
    vector_taken(of, "tag_C6"); /* a tag of one vendor, passed over */
}

/* Compare all entries; returns how the reading ended. */
static enum scp_error expect_entries(struct vector *v, json_t *entries, size_t *count)
{
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    struct scp_bytes command =
        vector_has(v->inputs, "command") ? vector_hex(v, v->inputs, "command") : SCP_EMPTY;
    uint8_t subset = command.len > 2 ? command.ptr[2] : SCP_STATUS_APPLICATIONS;
    enum scp_error error;
    scp_registry_open(&r, subset, response(v));
    for (*count = 0; (error = scp_registry_next(&r, &entry)) == SCP_OK; ++*count)
        expect_entry(v, json_array_get(entries, *count), &entry);
    return error;
}

static void get_status(struct vector *v)
{
    size_t count;
    enum scp_error error = expect_entries(v, parsed(v), &count);
    if (error != SCP_NOT_FOUND)
        (void)vector_ok(v, "scp_registry_next", error);
    if (count != json_array_size(parsed(v)))
        vector_fail(v, "entries", "as many", "another number");
}

static void get_status_truncated(struct vector *v)
{
    size_t count;
    if (expect_entries(v, json_object_get(parsed(v), "entries"), &count) != SCP_TRUNCATED)
        vector_fail(v, "scp_registry_next", "TRUNCATED", "another end");
    vector_expect_number(v, parsed(v), "entries_complete", (long)count);
    vector_taken(parsed(v), "incomplete_tail");
}

/* ---- card recognition data ---------------------------------------------------------------- */

static void expect_oid(struct vector *v, json_t *of, const char *name, struct scp_bytes oid)
{
    char text[TEXT] = "";
    if (vector_ok(v, "scp_oid_text", scp_oid_text(oid, text, sizeof text)))
        vector_expect_text(v, of, name, text);
}

static void expect_oid_in(struct vector *v, json_t *of, const char *name, struct scp_bytes value)
{
    struct scp_bytes oid;
    if (vector_ok(v, "scp_tlv_find", scp_tlv_find(value, 0x06, &oid)))
        expect_oid(v, of, name, oid);
}

static void expect_protocol(struct vector *v, json_t *of, uint8_t protocol, uint8_t i)
{
    char text[TEXT];
    const uint8_t suffix[2] = {protocol, i};
    (void)snprintf(text, sizeof text, "1.2.840.114283.4.%u.%u", protocol, i);
    vector_expect_text(v, of, "oid", text);
    vector_expect_bytes(v, of, "scp", scp_bytes_of(&protocol, 1));
    vector_expect_number(v, of, "i", i);
    vector_expect_bytes(v, of, "raw_suffix", SCP_BYTES(suffix));
}

static void card_recognition(struct vector *v)
{
    static const char version_arc[] = "1.2.840.114283.2.";
    struct scp_card_recognition data;
    char version[TEXT] = "";
    if (!vector_ok(v, "scp_card_recognition_parse", scp_card_recognition_parse(response(v), &data)))
        return;
    expect_oid(v, parsed(v), "oid", data.oid);
    expect_oid(v, parsed(v), "card_identification_scheme_oid", data.identification);
    expect_oid_in(v, parsed(v), "card_configuration_oid", data.configuration);
    expect_oid_in(v, parsed(v), "card_chip_details_oid", data.chip);
    if (vector_ok(v, "scp_oid_text", scp_oid_text(data.version, version, sizeof version)) &&
        strncmp(version, version_arc, sizeof version_arc - 1) == 0)
        vector_expect_text(v, parsed(v), "gp_version", &version[sizeof version_arc - 1]);
    for (size_t n = 0; n < data.protocol_count; n++)
        expect_protocol(v, json_array_get(json_object_get(parsed(v), "scp"), n),
                        data.protocols[n].protocol, data.protocols[n].i);
}

static void card_recognition_negative(struct vector *v)
{
    struct scp_card_recognition data;
    expect_refused(v, scp_card_recognition_parse(response(v), &data));
}

/* ---- key information ---------------------------------------------------------------------- */

static void expect_key(struct vector *v, json_t *of, const struct scp_key_info *info)
{
    json_t *components = json_object_get(of, "components");
    vector_expect_number(v, of, "key_id", info->key_id);
    vector_expect_number(v, of, "key_version", info->kvn);
    for (size_t i = 0; i < info->component_count; i++) {
        json_t *component = json_array_get(components, i);
        vector_expect_bytes(v, component, "type", scp_bytes_of(&info->components[i].type, 1));
        vector_expect_number(v, component, "length", info->components[i].len);
    }
}

static void key_information_data(struct vector *v)
{
    struct scp_key_info info;
    struct scp_bytes value;
    if (vector_ok(v, "C0", scp_tlv_expect(vector_hex(v, v->inputs, "tlv"), 0xC0, &value)) &&
        vector_ok(v, "scp_key_info_parse", scp_key_info_parse(value, &info)))
        expect_key(v, parsed(v), &info);
}

static void key_information(struct vector *v)
{
    struct scp_key_info_reader r;
    struct scp_key_info info;
    size_t count = 0;
    if (!vector_ok(v, "scp_key_info_open", scp_key_info_open(&r, response(v))))
        return;
    while (scp_key_info_next(&r, &info) == SCP_OK)
        expect_key(v, json_array_get(parsed(v), count++), &info);
}

static void key_information_extended(struct vector *v)
{
    struct scp_key_info_reader r;
    struct scp_key_info info;
    const json_t *names = json_object_get(parsed(v), "key_ids_and_versions");
    long count = 0;
    if (!vector_ok(v, "scp_key_info_open", scp_key_info_open(&r, response(v))))
        return;
    while (scp_key_info_next(&r, &info) == SCP_OK) {
        const uint8_t actual[2] = {info.key_id, info.kvn};
        struct scp_bytes expected = vector_hex_of(v, json_array_get(names, (size_t)count++));
        if (!scp_bytes_equal(expected, SCP_BYTES(actual)))
            vector_fail_bytes(v, "key", expected, SCP_BYTES(actual));
    }
    vector_expect_number(v, parsed(v), "entries", count);
    vector_taken(parsed(v), "key_ids_and_versions");
}

static void key_information_negative(struct vector *v)
{
    struct scp_key_info_reader r;
    expect_refused(v, scp_key_info_open(&r, response(v)));
}

/* ---- small ones --------------------------------------------------------------------------- */

static void extended_resources(struct vector *v)
{
    struct scp_card_resources out;
    if (!vector_ok(v, "scp_card_resources_parse", scp_card_resources_parse(response(v), &out)))
        return;
    vector_expect_number(v, parsed(v), "installed_applications", (long)out.applications);
    vector_expect_number(v, parsed(v), "free_non_volatile", (long)out.non_volatile_free);
    vector_expect_number(v, parsed(v), "free_volatile", (long)out.volatile_free);
}

static void cplc(struct vector *v)
{
    struct scp_bytes bytes;
    if (!vector_ok(v, "scp_cplc_parse", scp_cplc_parse(response(v), &bytes)))
        return;
    for (int i = 0; i < SCP_CPLC_FIELD_COUNT; i++) {
        enum scp_cplc_field field = (enum scp_cplc_field)i;
        vector_expect_bytes(v, parsed(v), scp_cplc_field_name(field), scp_cplc_field(bytes, field));
    }
}

static void cplc_negative(struct vector *v)
{
    struct scp_bytes bytes;
    expect_refused(v, scp_cplc_parse(response(v), &bytes));
}

static void data_value(struct vector *v)
{
    struct scp_bytes value;
    uint16_t tag = (uint16_t)vector_u32(v, parsed(v), "tag", 0);
    if (vector_ok(v, "scp_data_value", scp_data_value(response(v), tag, &value)))
        vector_expect_bytes(v, parsed(v), "value", value);
    vector_taken(parsed(v), "tag");
}

static void sequence_counter(struct vector *v)
{
    uint32_t counter;
    if (vector_ok(v, "scp_sequence_counter_parse",
                  scp_sequence_counter_parse(response(v), &counter)) &&
        counter != vector_u32(v, parsed(v), "value", 0))
        vector_fail(v, "counter", "the value", "another number");
    data_value(v);
}

static void select_fci(struct vector *v)
{
    struct scp_fci fci;
    if (!vector_ok(v, "scp_fci_parse", scp_fci_parse(response(v), &fci)))
        return;
    json_t *proprietary = json_object_get(parsed(v), "proprietary");
    vector_expect_bytes(v, parsed(v), "aid", fci.aid);
    if (vector_u32(v, proprietary, "9F65", 0) == fci.data_max)
        vector_taken(proprietary, "9F65");
}

static const struct vector_kind kinds[] = {
    {"GP", "ber-tlv", ber_tlv},
    {"GP", "ber-tlv-negative", ber_tlv_negative},
    {"GP", "dgi-length", dgi_length},
    {"GP", "privileges", privileges},
    {"GP", "privileges-encode", privileges_encode},
    {"GP", "get-status", get_status},
    {"GP", "get-status-legacy", get_status},
    {"GP", "get-status-quirk", get_status},
    {"GP", "get-status-truncated", get_status_truncated},
    {"GP", "card-recognition", card_recognition},
    {"GP", "card-recognition-negative", card_recognition_negative},
    {"GP", "key-information", key_information},
    {"GP", "key-information-data", key_information_data},
    {"GP", "key-information-extended", key_information_extended},
    {"GP", "key-information-negative", key_information_negative},
    {"GP", "extended-card-resources", extended_resources},
    {"GP", "cplc", cplc},
    {"GP", "cplc-negative", cplc_negative},
    {"GP", "get-data-c1", sequence_counter},
    {"GP", "get-data-cf", data_value},
    {"GP", "select-fci", select_fci},
};
const struct vector_family vector_responses = VECTOR_FAMILY(kinds);
