/* Commands but INSTALL and PUT KEY, and the structure of load files. */
#include "scp/gp/commands.h"
#include "scp/gp/load_file.h"
#include "scp/gp/logical_channel.h"
#include "scp/gp/store_data.h"
#include "scp/gp/tlv.h"
#include "tests/vectors/families.h"

#include <string.h>

enum { DATA_MAX = 1024, BLOCKS = 256, DGIS_MAX = 64, COMMANDS_MAX = 256, ROOM_MIN = 6 };

/* ---- LOAD and STORE DATA ------------------------------------------------------------------ */

/* Data in which the given block stands at its number: the blocks before it are zeros of its size,
 * and one byte follows when it is not the last. */
static struct scp_bytes around(struct vector *v, size_t number, bool last)
{
    static uint8_t buffer[BLOCKS * BLOCKS];
    struct scp_bytes block = vector_hex(v, v->inputs, "data");
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_fill(&w, 0, number * block.len);
    scp_put(&w, block);
    scp_put_fill(&w, 0, last ? 0 : 1);
    return scp_written(&w);
}

static void load(struct vector *v)
{
    size_t number = vector_u32(v, v->inputs, "block_number", 0);
    size_t room = vector_hex(v, v->inputs, "data").len;
    struct scp_bytes file = around(v, number, vector_flag(v, "last"));
    struct scp_apdu apdu;
    if (room > 0 && vector_ok(v, "scp_load_block", scp_load_block(file, room, number, &apdu)))
        vector_expect_apdu(v, &apdu);
}

static void store_chain(struct vector *v, const json_t *chain, const json_t *expected)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    uint8_t p1 = (uint8_t)vector_u32(v, chain, "base_p1", 0);
    const json_t *blocks = json_object_get(chain, "blocks");
    size_t i;
    json_t *block;
    json_array_foreach(blocks, i, block)
    {
        scp_put(&w, vector_hex_of(v, block));
    }
    vector_expect_count(v, "p1 of a chain", expected, json_array_size(blocks));
    size_t room = scp_written(&w).len / (i > 0 ? i : 1);
    for (i = 0; room > 0 && i < json_array_size(blocks); i++) {
        struct scp_apdu apdu;
        struct scp_bytes want = vector_hex_of(v, json_array_get(expected, i));
        if (vector_ok(v, "scp_store_block", scp_store_block(p1, scp_written(&w), room, i, &apdu)) &&
            !scp_bytes_equal(want, scp_bytes_of(&apdu.p1, 1)))
            vector_fail_bytes(v, "p1", want, scp_bytes_of(&apdu.p1, 1));
    }
}

static void store_chains(struct vector *v)
{
    const json_t *chains = json_object_get(v->inputs, "chains");
    const json_t *expected = json_object_get(v->expected, "p1");
    size_t i;
    json_t *chain;
    vector_expect_count(v, "p1", expected, json_array_size(chains));
    json_array_foreach(chains, i, chain)
    {
        store_chain(v, chain, json_array_get(expected, i));
    }
    vector_taken(v->expected, "p1");
}

/* Groupings as objects of id and value, or as pairs. */
static size_t groupings_of(struct vector *v, struct scp_dgi dgis[DGIS_MAX])
{
    const json_t *list = json_object_get(v->inputs, "dgis");
    size_t count = 0;
    for (; count < json_array_size(list) && count < DGIS_MAX; count++) {
        const json_t *entry = json_array_get(list, count);
        struct scp_bytes id = json_is_object(entry) ? vector_hex(v, entry, "id")
                                                    : vector_hex_of(v, json_array_get(entry, 0));
        dgis[count] = (struct scp_dgi){
            .id = id.len == 2 ? scp_load_u16(id.ptr) : 0,
            .value = json_is_object(entry) ? vector_hex(v, entry, "value")
                                           : vector_hex_of(v, json_array_get(entry, 1)),
            .encrypted = json_is_true(json_object_get(entry, "encrypted"))};
    }
    return count;
}

static void store_groupings(struct vector *v)
{
    static uint8_t buffers[COMMANDS_MAX][SCP_APDU_MAX];
    struct scp_dgi dgis[DGIS_MAX];
    struct scp_bytes commands[COMMANDS_MAX];
    struct scp_store_data s;
    struct scp_apdu apdu;
    uint8_t data[SCP_APDU_DATA_MAX];
    size_t count = groupings_of(v, dgis);
    size_t made = 0;
    enum scp_error error;
    uint32_t room = vector_u32(v, v->inputs, "room", SCP_APDU_DATA_MAX);
    if (room < ROOM_MIN || room > SCP_APDU_DATA_MAX) {
        vector_fail(v, "room", "a number of bytes that fits", "another");
        return;
    }
    scp_store_data_begin(&s, dgis, count, room, !vector_flag(v, "one_each"));
    while ((error = scp_store_data_next(&s, data, &apdu)) == SCP_OK && made < COMMANDS_MAX) {
        struct scp_writer w = scp_writer_on(buffers[made], SCP_APDU_MAX);
        scp_put_apdu(&w, &apdu);
        commands[made++] = scp_written(&w);
    }
    if (error != SCP_NOT_FOUND)
        vector_fail(v, "scp_store_data_next", "an end", scp_error_name(error));
    vector_expect_list(v, v->expected, "commands", commands, made);
}

/* The same command as a block of a chain that is as long as its number says. */
static void expect_in_chain(struct vector *v, const struct scp_apdu *alone)
{
    bool last = (alone->p1 & SCP_STORE_LAST) != 0;
    struct scp_apdu apdu;
    if (alone->data.len == 0 || (!last && alone->p2 == UINT8_MAX))
        return; /* a chain does not go on after block FF */
    if (!vector_ok(v, "scp_store_block",
                   scp_store_block((uint8_t)(alone->p1 & ~SCP_STORE_LAST),
                                   around(v, alone->p2, last), alone->data.len, alone->p2, &apdu)))
        return;
    if (apdu.p1 != alone->p1 || apdu.p2 != alone->p2 || !scp_bytes_equal(apdu.data, alone->data))
        vector_fail(v, "the command in a chain", "the same", "another one");
}

static void store_data(struct vector *v)
{
    if (vector_has(v->inputs, "chains")) {
        store_chains(v);
        return;
    }
    if (vector_has(v->inputs, "dgis")) {
        store_groupings(v);
        return;
    }
    const struct scp_apdu apdu = scp_store_command(
        (uint8_t)vector_u32(v, v->inputs, "p1", 0),
        (uint8_t)vector_u32(v, v->inputs, "block_number", 0), vector_hex(v, v->inputs, "data"));
    expect_in_chain(v, &apdu);
    vector_expect_apdu(v, &apdu);
}

/* ---- the other commands ------------------------------------------------------------------- */

static void delete_command(struct vector *v)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    struct scp_delete back;
    bool p2 = (vector_u32(v, v->inputs, "p2", 0) & 0x80) != 0;
    const struct scp_delete in = {.aid = VECTOR_ANY(v, "aid", "application_aid", "load_file_aid"),
                                  .related = p2 || vector_flag(v, "related"),
                                  .has_key_id = vector_has(v->inputs, "key_id"),
                                  .key_id = (uint8_t)vector_u32(v, v->inputs, "key_id", 0),
                                  .has_kvn = vector_has(v->inputs, "key_version"),
                                  .kvn = (uint8_t)vector_u32(v, v->inputs, "key_version", 0),
                                  .signature = VECTOR_ANY(v, "control_reference", "crt"),
                                  .token = VECTOR_ANY(v, "token", "delete_token")};
    if (!vector_ok(v, "scp_delete_command", scp_delete_command(&in, &w, &apdu)))
        return;
    vector_expect_apdu(v, &apdu);
    if (vector_ok(v, "scp_delete_parse", scp_delete_parse(apdu.p2, apdu.data, &back)) &&
        (!scp_bytes_equal(back.aid, in.aid) || back.related != in.related ||
         back.has_kvn != in.has_kvn || back.kvn != in.kvn || back.key_id != in.key_id ||
         !scp_bytes_equal(back.token, in.token)))
        vector_fail(v, "the fields read back", "the inputs", "something else");
}

/* The search criteria are read, and written again from what was read. */
static void get_status(struct vector *v)
{
    static const uint8_t all[] = {0x4F, 0x00};
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    struct scp_get_status in;
    uint8_t p1 = (uint8_t)vector_u32(v, v->inputs, "p1", 0);
    uint8_t p2 = (uint8_t)vector_u32(v, v->inputs, "p2", vector_flag(v, "next") ? 0x03 : 0x02);
    struct scp_bytes search =
        vector_has(v->inputs, "search") ? vector_hex(v, v->inputs, "search") : SCP_BYTES(all);
    if (!vector_ok(v, "scp_get_status_parse", scp_get_status_parse(p1, p2, search, &in)))
        return;
    if (vector_has(v->inputs, "tag_list"))
        in.tag_list = vector_hex(v, v->inputs, "tag_list");
    if (vector_ok(v, "scp_get_status_command", scp_get_status_command(&in, &w, &apdu)))
        vector_expect_apdu(v, &apdu);
}

static void set_status(struct vector *v)
{
    const struct scp_set_status in = {.type = (uint8_t)vector_u32(v, v->inputs, "target", 0),
                                      .state = (uint8_t)vector_u32(v, v->inputs, "status", 0),
                                      .aid = VECTOR_ANY(v, "data", "aid")};
    const struct scp_apdu apdu = scp_set_status(&in);
    struct scp_set_status back;
    vector_expect_apdu(v, &apdu);
    if (vector_ok(v, "scp_set_status_parse",
                  scp_set_status_parse(apdu.p1, apdu.p2, apdu.data, &back)) &&
        (back.type != in.type || back.state != in.state))
        vector_fail(v, "the fields read back", "the inputs", "something else");
}

static void manage_channel(struct vector *v)
{
    bool close = vector_flag(v, "close") || vector_u32(v, v->inputs, "p1", 0) == 0x80 ||
                 (vector_has(v->inputs, "open") && !vector_flag(v, "open"));
    uint32_t p2 = vector_u32(v, v->inputs, "p2", 0);
    uint32_t number = vector_u32(v, v->inputs, "channel_number", p2);
    uint32_t channel = vector_u32(v, v->inputs, "channel", number);
    const struct scp_manage_channel in = {.close = close, .channel = (uint8_t)channel};
    const struct scp_apdu apdu = scp_manage_channel(&in);
    struct scp_manage_channel back;
    uint8_t opened = 0;
    vector_expect_apdu(v, &apdu);
    if (vector_ok(v, "scp_manage_channel_parse",
                  scp_manage_channel_parse(apdu.p1, apdu.p2, &back)) &&
        (back.close != in.close || back.channel != in.channel))
        vector_fail(v, "the fields read back", "the inputs", "something else");
    if (vector_has(v->inputs, "response_data") &&
        vector_ok(v, "scp_channel_opened",
                  scp_channel_opened(vector_hex(v, v->inputs, "response_data"), &opened)))
        vector_expect_number(v, v->expected, "channel", opened);
}

static void get_data(struct vector *v)
{
    uint32_t otherwise = vector_u32(v, v->inputs, "p1", 0) << 8 | vector_u32(v, v->inputs, "p2", 0);
    struct scp_apdu apdu = scp_get_data((uint16_t)vector_u32(v, v->inputs, "tag", otherwise));
    apdu.cla = (uint8_t)vector_u32(v, v->inputs, "cla", apdu.cla);
    apdu.data = VECTOR_ANY(v, "data", "tag_list");
    vector_expect_apdu(v, &apdu);
}

static void select_command(struct vector *v)
{
    struct scp_bytes aid = VECTOR_ANY(v, "aid", "data");
    bool next = vector_flag(v, "next") || vector_u32(v, v->inputs, "p2", 0) == 0x02;
    const struct scp_apdu apdu = next ? scp_select_next(aid) : scp_select(aid);
    vector_expect_apdu(v, &apdu);
}

/* ---- load files --------------------------------------------------------------------------- */

static bool dap_of(struct vector *v, const json_t *aid, const json_t *signature,
                   struct scp_dap *out)
{
    out->signature = vector_hex_of(v, signature);
    return vector_ok(v, "scp_aid_from", scp_aid_from(&out->security_domain, vector_hex_of(v, aid)));
}

static void dap_block(struct vector *v)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_dap dap;
    if (!dap_of(v, json_object_get(v->inputs, "security_domain_aid"),
                json_object_get(v->inputs, "signature"), &dap))
        return;
    scp_put_dap(&w, &dap);
    vector_expect_bytes(v, v->expected, "encoded", scp_written(&w));
}

/* A source may have both a clear and a ciphered data block in one load file, which only the writer
 * of data objects can make. */
static void load_file(struct vector *v)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_dap daps[SCP_LOAD_FILE_DAPS_MAX];
    size_t count = 0;
    size_t i;
    json_t *dap;
    json_array_foreach(json_object_get(v->inputs, "dap"), i, dap)
    {
        if (count < SCP_LOAD_FILE_DAPS_MAX &&
            dap_of(v, json_array_get(dap, 0), json_array_get(dap, 1), &daps[count]))
            count++;
    }
    scp_put_load_file(&w, daps, count, vector_hex(v, v->inputs, "load_file_data_block"));
    if (vector_has(v->inputs, "icv"))
        scp_put_tlv(&w, 0xD3, vector_hex(v, v->inputs, "icv"));
    if (vector_has(v->inputs, "ciphered"))
        scp_put_tlv(&w, 0xD4, vector_hex(v, v->inputs, "ciphered"));
    vector_expect_bytes(v, v->expected, "encoded", scp_written(&w));
}

static const struct vector_kind kinds[] = {
    {"GP", "load", load},
    {"GP", "store-data", store_data},
    {"GP", "delete", delete_command},
    {"GP", "delete-key", delete_command},
    {"GP", "delete-card-content", delete_command},
    {"GP", "get-status-command", get_status},
    {"GP", "set-status", set_status},
    {"GP", "manage-channel", manage_channel},
    {"GP", "get-data", get_data},
    {"GP", "get-data-command", get_data},
    {"GP", "select", select_command},
    {"GP", "select-command", select_command},
    {"GP", "dap-block", dap_block},
    {"GP", "load-file-structure", load_file},
};
const struct vector_family vector_gp = VECTOR_FAMILY(kinds);
