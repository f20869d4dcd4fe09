/* What cards say about themselves: answers to GET DATA and SELECT. */
#include "scp/gp/capability.h"
#include "scp/gp/card_data.h"
#include "scp/gp/tlv.h"
#include "tests/vectors/families.h"

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

/* ---- card recognition data ---------------------------------------------------------------- */

static void expect_oid(struct vector *v, json_t *of, const char *name, struct scp_bytes oid)
{
    char text[TEXT] = "";
    if (vector_has(of, name) && vector_ok(v, name, scp_oid_text(oid, text, sizeof text)))
        vector_expect_text(v, of, name, text);
}

static void expect_oid_in(struct vector *v, json_t *of, const char *name, struct scp_bytes value)
{
    struct scp_bytes oid;
    if (vector_has(of, name) && vector_ok(v, name, scp_tlv_find(value, 0x06, &oid)))
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

static void expect_version(struct vector *v, struct scp_bytes oid)
{
    static const char arc[] = "1.2.840.114283.2.";
    char text[TEXT] = "";
    if (vector_has(parsed(v), "gp_version") &&
        vector_ok(v, "gp_version", scp_oid_text(oid, text, sizeof text)) &&
        strncmp(text, arc, sizeof arc - 1) == 0)
        vector_expect_text(v, parsed(v), "gp_version", &text[sizeof arc - 1]);
}

static void card_recognition(struct vector *v)
{
    struct scp_card_recognition data;
    if (!vector_expect_accept(v, scp_card_recognition_parse(response(v), &data)))
        return;
    const json_t *protocols = json_object_get(parsed(v), "scp");
    expect_oid(v, parsed(v), "oid", data.oid);
    expect_oid(v, parsed(v), "card_identification_scheme_oid", data.identification);
    expect_oid_in(v, parsed(v), "card_configuration_oid", data.configuration);
    expect_oid_in(v, parsed(v), "card_chip_details_oid", data.chip);
    expect_version(v, data.version);
    if (protocols != NULL)
        vector_expect_count(v, "scp", protocols, data.protocol_count);
    for (size_t n = 0; n < data.protocol_count; n++)
        expect_protocol(v, json_array_get(protocols, n), data.protocols[n].protocol,
                        data.protocols[n].i);
}

/* ---- card capability information ---------------------------------------------------------- */

static void expect_capability_protocol(struct vector *v, json_t *of,
                                       const struct scp_capability_protocol *protocol)
{
    struct scp_bytes options[UINT8_MAX];
    size_t count = 0;
    for (; count < protocol->options.len && count < UINT8_MAX; count++)
        options[count] = scp_bytes_slice(protocol->options, count, 1);
    vector_expect_bytes(v, of, "scp", scp_bytes_of(&protocol->protocol, 1));
    vector_expect_list(v, of, "i_values", options, count);
    vector_expect_bytes(v, of, "key_sizes_bitmap", scp_bytes_of(&protocol->key_sizes, 1));
    vector_expect_bytes(v, of, "tls_cipher_suites", protocol->suites);
    vector_expect_number(v, of, "max_psk_length", protocol->pre_shared_max);
}

static void expect_capability(struct vector *v, json_t *of,
                              const struct scp_card_capability *capability)
{
    const json_t *protocols = json_object_get(of, "scp");
    if (protocols != NULL)
        vector_expect_count(v, "scp", protocols, capability->protocol_count);
    for (size_t i = 0; i < capability->protocol_count; i++)
        expect_capability_protocol(v, json_array_get(protocols, i), &capability->protocols[i]);
    vector_expect_bytes(v, of, "ssd_privileges", capability->domain_privileges);
    vector_expect_bytes(v, of, "app_privileges", capability->application_privileges);
    vector_expect_bytes(v, of, "lfdbh_algorithms", capability->hashes);
    vector_expect_bytes(v, of, "lfdb_encryption_ciphers", capability->load_file_ciphers);
    vector_expect_bytes(v, of, "token_ciphers", capability->token_ciphers);
    vector_expect_bytes(v, of, "receipt_ciphers", capability->receipt_ciphers);
    vector_expect_bytes(v, of, "dap_ciphers", capability->dap_ciphers);
    vector_expect_bytes(v, of, "key_parameter_reference_list", capability->curves);
}

static void card_capability(struct vector *v)
{
    struct scp_card_capability capability;
    if (!vector_expect_accept(v, scp_card_capability_parse(response(v), &capability)))
        return;
    expect_capability(v, parsed(v), &capability);
    expect_capability(v, json_object_get(v->expected, "inner"), &capability);
}

/* ---- key information ---------------------------------------------------------------------- */

static void expect_component(struct vector *v, json_t *of, const struct scp_key_info *info,
                             size_t i)
{
    const uint8_t type[] = {0xFF, info->components[i].type};
    bool two = info->extended && vector_has(of, "type") && vector_hex(v, of, "type").len == 2;
    vector_expect_bytes(v, of, "type", two ? SCP_BYTES(type) : scp_bytes_of(&type[1], 1));
    vector_expect_number(v, of, "length", info->components[i].len);
}

static void expect_key(struct vector *v, json_t *of, const struct scp_key_info *info)
{
    const json_t *components = json_object_get(of, "components");
    vector_expect_number(v, of, "key_id", info->key_id);
    vector_expect_number(v, of, "key_version", info->kvn);
    vector_expect_bytes(v, of, "usage", info->usage);
    vector_expect_bytes(v, of, "access", info->access);
    vector_expect_bytes(v, of, "key_usage", info->usage);
    vector_expect_bytes(v, of, "key_access", info->access);
    if (components != NULL)
        vector_expect_count(v, "components", components, info->component_count);
    for (size_t i = 0; i < info->component_count; i++)
        expect_component(v, json_array_get(components, i), info, i);
}

/* One C0 data object, read and written again. */
static void key_information_data(struct vector *v)
{
    struct scp_key_info info;
    struct scp_bytes value;
    uint8_t buffer[UINT8_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_bytes tlv = vector_hex(v, v->inputs, "tlv");
    enum scp_error error = scp_tlv_expect(tlv, 0xC0, &value);
    if (error == SCP_OK)
        error = scp_key_info_parse(value, &info);
    if (!vector_expect_accept(v, error))
        return;
    expect_key(v, parsed(v), &info);
    scp_put_key_info(&w, &info);
    if (!scp_bytes_equal(tlv, scp_written(&w)))
        vector_fail_bytes(v, "written again", tlv, scp_written(&w));
}

/* Call for each key of the template; NULL counts them. */
static enum scp_error each_key(struct vector *v, size_t *count,
                               void (*take)(struct vector *v, const struct scp_key_info *info,
                                            size_t index))
{
    struct scp_key_info_reader r;
    struct scp_key_info info;
    enum scp_error error;
    *count = 0;
    SCP_TRY(scp_key_info_open(&r, response(v)));
    for (; (error = scp_key_info_next(&r, &info)) == SCP_OK; ++*count)
        take(v, &info, *count);
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

static void take_key(struct vector *v, const struct scp_key_info *info, size_t index)
{
    expect_key(v, json_array_get(parsed(v), index), info);
}

static void key_information(struct vector *v)
{
    size_t count;
    if (vector_expect_accept(v, each_key(v, &count, take_key)) && parsed(v) != NULL)
        vector_expect_count(v, "keys", parsed(v), count);
}

/* A long list is expected by its identifiers and versions, with or without its keys. */
static void take_named_key(struct vector *v, const struct scp_key_info *info, size_t index)
{
    const uint8_t actual[2] = {info->key_id, info->kvn};
    const json_t *names = json_object_get(parsed(v), "key_ids_and_versions");
    struct scp_bytes expected =
        names == NULL ? SCP_BYTES(actual) : vector_hex_of(v, json_array_get(names, index));
    if (!info->extended)
        vector_fail(v, "the format", "extended", "basic");
    if (!scp_bytes_equal(expected, SCP_BYTES(actual)))
        vector_fail_bytes(v, "a key", expected, SCP_BYTES(actual));
    expect_key(v, json_array_get(json_object_get(parsed(v), "keys"), index), info);
}

static void key_information_extended(struct vector *v)
{
    size_t count;
    if (json_is_array(parsed(v))) {
        key_information(v);
        return;
    }
    if (!vector_expect_accept(v, each_key(v, &count, take_named_key)))
        return;
    vector_expect_number(v, parsed(v), "entries", (long)count);
    if (vector_has(parsed(v), "key_ids_and_versions"))
        vector_expect_count(v, "key_ids_and_versions",
                            json_object_get(parsed(v), "key_ids_and_versions"), count);
    vector_taken(parsed(v), "key_ids_and_versions");
}

/* ---- production data ---------------------------------------------------------------------- */

static void cplc(struct vector *v)
{
    struct scp_bytes bytes;
    if (!vector_expect_accept(v, scp_cplc_parse(response(v), &bytes)))
        return;
    for (int i = 0; i < SCP_CPLC_FIELD_COUNT; i++) {
        enum scp_cplc_field field = (enum scp_cplc_field)i;
        vector_expect_bytes(v, parsed(v), scp_cplc_field_name(field), scp_cplc_field(bytes, field));
    }
}

/* "2021-07-30". */
static bool date_of(struct vector *v, const char *text, struct scp_date *out)
{
    char *end;
    unsigned long year = strtoul(text, &end, 10);
    unsigned long month = *end == '-' ? strtoul(end + 1, &end, 10) : 0;
    unsigned long day = *end == '-' ? strtoul(end + 1, &end, 10) : 0;
    if (*end != '\0' || month == 0 || month > 12 || day == 0 || day > 31)
        vector_fail(v, "today", "a date", text);
    *out = (struct scp_date){.year = (uint16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
    return *end == '\0';
}

/* The date, or null where the bytes are none. */
static void expect_date(struct vector *v, const char *today, const json_t *expected)
{
    struct scp_date latest;
    struct scp_date date;
    char text[TEXT] = "no date";
    const char *want = json_is_null(expected) ? text : json_string_value(expected);
    if (!date_of(v, today, &latest))
        return;
    enum scp_error error = scp_cplc_date(vector_hex(v, v->inputs, "date"), &latest, &date);
    if (json_is_null(expected) != (error != SCP_OK))
        vector_fail(v, "result", json_is_null(expected) ? "null" : "a date", scp_error_name(error));
    if (error != SCP_OK)
        return;
    (void)snprintf(text, sizeof text, "%04u-%02u-%02u", date.year, date.month, date.day);
    if (want == NULL || strcmp(text, want) != 0)
        vector_fail(v, "result", want == NULL ? "none" : want, text);
}

static void cplc_date(struct vector *v)
{
    const json_t *today = json_object_get(v->inputs, "today");
    const json_t *result = json_object_get(v->expected, "result");
    if (json_is_string(today))
        expect_date(v, json_string_value(today), result);
    else
        vector_expect_count(v, "result", result, json_array_size(today));
    for (size_t i = 0; i < json_array_size(today); i++) {
        const char *text = json_string_value(json_array_get(today, i));
        expect_date(v, text == NULL ? "" : text, json_array_get(result, i));
    }
    vector_taken(v->expected, "result");
}

/* ---- small ones --------------------------------------------------------------------------- */

static void extended_resources(struct vector *v)
{
    struct scp_card_resources out;
    if (!vector_expect_accept(v, scp_card_resources_parse(response(v), &out)))
        return;
    vector_expect_number(v, parsed(v), "installed_applications", (long)out.applications);
    vector_expect_number(v, parsed(v), "free_non_volatile", (long)out.non_volatile_free);
    vector_expect_number(v, parsed(v), "free_volatile", (long)out.volatile_free);
}

/* The tag that the record states or, as in "get-data-c1", its kind names. */
static uint32_t tag_of(struct vector *v)
{
    size_t name = strlen("get-data-");
    unsigned long named = strlen(v->kind) > name ? strtoul(&v->kind[name], NULL, 16) : 0;
    return vector_u32(v, parsed(v), "tag", (uint32_t)named);
}

/* Any data object. */
static void data_value(struct vector *v)
{
    struct scp_bytes value;
    struct scp_tlv tlv;
    uint32_t tag = tag_of(v);
    if (!vector_expect_accept(v, scp_data_value(response(v), (uint16_t)tag, &value)))
        return;
    bool tagged = scp_tlv_parse(response(v), &tlv) == SCP_OK && tlv.tag == tag;
    if (tagged && !scp_bytes_equal(tlv.value, value))
        vector_fail_bytes(v, "value", tlv.value, value);
    vector_expect_bytes(v, parsed(v), "value", value);
    vector_taken(parsed(v), "tag");
}

static void sequence_counter(struct vector *v)
{
    uint32_t counter;
    if (!vector_expect_accept(v, scp_sequence_counter_parse(response(v), &counter)))
        return;
    if (counter != vector_u32(v, parsed(v), "value", counter))
        vector_fail(v, "counter", "the value", "another number");
    data_value(v);
}

static void confirmation_counter(struct vector *v)
{
    uint16_t counter;
    if (!vector_expect_accept(v, scp_confirmation_counter_parse(response(v), &counter)))
        return;
    if (counter != vector_u32(v, parsed(v), "value", counter))
        vector_fail(v, "counter", "the value", "another number");
    data_value(v);
}

static void application_list(struct vector *v)
{
    const json_t *list = json_is_array(parsed(v)) ? parsed(v) : json_object_get(parsed(v), "aids");
    struct scp_reader r = scp_reader_on(response(v));
    struct scp_aid aid;
    enum scp_error error;
    size_t count = 0;
    for (; (error = scp_application_list_next(&r, &aid)) == SCP_OK; count++) {
        if (list == NULL) /* a record of what must be refused names none */
            continue;
        struct scp_bytes expected = vector_hex_of(v, json_array_get(list, count));
        if (!scp_bytes_equal(expected, scp_aid_bytes(&aid)))
            vector_fail_bytes(v, "an application", expected, scp_aid_bytes(&aid));
    }
    if (!vector_expect_accept(v, error == SCP_NOT_FOUND ? SCP_OK : error) || list == NULL)
        return;
    vector_expect_count(v, "applications", list, count);
    vector_taken(json_is_array(parsed(v)) ? v->expected : parsed(v),
                 json_is_array(parsed(v)) ? "parsed" : "aids");
}

/* Tags of the proprietary template go by their names. */
static void select_fci(struct vector *v)
{
    struct scp_fci fci;
    const char *name;
    json_t *value;
    void *next;
    if (!vector_expect_accept(v, scp_fci_parse(response(v), &fci)))
        return;
    json_t *proprietary = json_object_get(parsed(v), "proprietary");
    vector_expect_bytes(v, parsed(v), "aid", fci.aid);
    if (vector_u32(v, proprietary, "9F65", fci.data_max) != fci.data_max)
        vector_fail(v, "9F65", "the number", "another one");
    json_object_foreach_safe(proprietary, next, name, value)
    {
        struct scp_bytes actual;
        uint32_t tag = (uint32_t)strtoul(name, NULL, 16);
        if (vector_ok(v, name, scp_tlv_find(fci.proprietary, tag, &actual)))
            vector_expect_bytes(v, proprietary, name, actual);
    }
}

static const struct vector_kind kinds[] = {
    {"GP", "card-recognition", card_recognition},
    {"GP", "card-capability", card_capability},
    {"GP", "key-information", key_information},
    {"GP", "key-information-data", key_information_data},
    {"GP", "key-information-extended", key_information_extended},
    {"GP", "extended-card-resources", extended_resources},
    {"GP", "cplc", cplc},
    {"GP", "cplc-date", cplc_date},
    {"GP", "get-data-42", data_value},
    {"GP", "get-data-45", data_value},
    {"GP", "get-data-5f50", data_value},
    {"GP", "get-data-c1", sequence_counter},
    {"GP", "get-data-c2", confirmation_counter},
    {"GP", "get-data-cf", data_value},
    {"GP", "get-data-d3", data_value},
    {"GP", "get-data-2f00", application_list},
    {"GP", "get-data-*", data_value},
    {"GP", "select-fci", select_fci},
};
const struct vector_family vector_card_data = VECTOR_FAMILY(kinds);
