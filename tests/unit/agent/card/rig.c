#include "tests/unit/agent/card/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/card/invariants.h"
#include "agent/card/issue.h"
#include "scp/crypto/kdf.h"
#include "scp/gp/card_data.h"
#include "scp/gp/chaining.h"

const struct scp_bytes rig_isd = {(const uint8_t[]){0xA0, 0x00, 0x00, 0x01, 0x51, 0, 0, 0}, 8};
const struct scp_bytes rig_social = {(const uint8_t[]){0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E,
                                                       0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5,
                                                       0xCF},
                                     15};
const struct scp_bytes rig_ppse = {(const uint8_t *)"2PAY.SYS.DDF01", 14};
const struct scp_bytes rig_payment_module = {
    (const uint8_t[]){0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x01, 0x01}, 8};
const struct scp_bytes rig_old_bank = {
    (const uint8_t[]){0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x01}, 9};

static const char issuance[] =
    "diversification_data: '00010203040506070809'\n"
    "iin: '42310000'\n"
    "cin: '9156000011112222'\n"
    "content:\n"
    "  - package: 7378312E736801\n"
    "    version: '0300'\n"
    "    size: 6000\n"
    "    modules: [7378312E73680101]\n"
    "    instances:\n"
    "      - aid: 7378312E73682EC9E7BBE1B1A3D5CF\n"
    "        module: 7378312E73680101\n"
    "        files:\n"
    "          - {ef: '05', records: ['0110AABBCCDDEEFF00112233445566778899', '020131']}\n"
    "          - {ef: '06', records: ['0112313233']}\n"
    "          - {df: '02', ef: '05', records: ['7001AA']}\n"
    "          - {df: '03', ef: '05', binary: '00112233445566778899', update: pin}\n"
    "          - {df: '04', ef: '01', records: ['AA'], update: never}\n"
    "        pin: '313233343536'\n"
    "  - package: D15600012701\n"
    "    size: 1500\n"
    "    modules: [D1560001270101]\n"
    "    instances:\n"
    "      - aid: 325041592E5359532E4444463031\n"
    "        module: D1560001270101\n"
    "        dgis:\n"
    "          - {dgi: '9102', value: 'A513BF0C10610E4F09A00000033301010101870101'}\n"
    "  - package: A000000333F001\n"
    "    size: 12000\n"
    "    modules: [A000000333F00101]\n"
    "    instances:\n"
    "      - aid: A00000033301010101\n"
    "        module: A000000333F00101\n"
    "        dgis:\n"
    "          - {dgi: '9102', value: 'A50750024F4C870101'}\n"
    "          - {dgi: '9104', value: '82027C00940408010100'}\n"
    "          - {dgi: '8000', value: '01010101010101010101010101010101"
    "0202020202020202020202020202020203030303030303030303030303030303'}\n";

/* ---- making -----------------------------------------------------------------------------------
 */

static enum scp_error keep_image(void *ctx, size_t at, struct scp_bytes bytes)
{
    struct rig *rig = ctx;
    if (rig->storage_fails)
        return SCP_IO;
    assert_true(at <= rig->image_len && at + bytes.len <= sizeof rig->image);
    memcpy(rig->image + at, bytes.ptr, bytes.len);
    rig->image_len = at + bytes.len;
    rig->writes++;
    return SCP_OK;
}

static void bring_to_life(struct rig *rig)
{
    const struct softcard_storage storage = {.ctx = rig, .write = keep_image};
    assert_int_equal(SCP_OK, softcard_restore(scp_bytes_of(rig->image, rig->image_len), &rig->env,
                                              storage, &rig->card));
}

void rig_reopen(struct rig *rig)
{
    softcard_free(rig->card);
    scp_channel_fini(&rig->channel);
    bring_to_life(rig);
}

void rig_power(struct rig *rig)
{
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len = 0;
    softcard_power(rig->card, atr, &atr_len);
}

/* Three master keys of `len` bytes, as a key set file. */
static void make_masters(const char *scheme, size_t len, char *text, size_t size,
                         struct scp_key_set *masters)
{
    struct scp_key *const keys[] = {&masters->enc, &masters->mac, &masters->dek};
    char hex[3][SCP_HEX_SIZE(SCP_KEY_MAX)];
    for (size_t i = 0; i < 3; i++) {
        keys[i]->len = len;
        for (size_t k = 0; k < len; k++)
            keys[i]->bytes[k] = (uint8_t)(0x40 + 0x10 * i + k);
        (void)scp_hex_encode(hex[i], sizeof hex[i], scp_key_bytes(keys[i]));
    }
    (void)snprintf(text, size,
                   "scheme: %s\nenc: '%s'\nmac: '%s'\ndek: '%s'\n"
                   "social_update: 0123456789ABCDEFFEDCBA9876543210\n",
                   scheme, hex[0], hex[1], hex[2]);
}

static void read_params(struct rig *rig, const struct document *profile, size_t *key_len)
{
    struct document_problem problem = {0};
    const struct document_node *card = doc_get(doc_root(profile), "card");
    bool aes = strcmp(doc_text(doc_get(card, "protocol")), "scp03") == 0;
    rig->params.protocol = aes ? SCP_PROTOCOL_03 : SCP_PROTOCOL_02;
    assert_int_equal(1, doc_hex(doc_get(card, "i"), &rig->params.i, 1, 1, &problem));
    rig->params.kvn = (uint8_t)doc_integer(doc_get(card, "kvn"), 1, 255, 0, &problem);
    rig->params.level = scp_level_highest(rig->params.protocol, rig->params.i);
    *key_len = (size_t)doc_integer(doc_get(card, "key_length"), 16, 32, 0, &problem);
}

static struct document *document(const char *name, const char *text)
{
    struct document_problem problem = {0};
    struct document *doc = NULL;
    assert_int_equal(DOC_OK, doc_new(name, scp_bytes_of(text, strlen(text)), &doc, &problem));
    return doc;
}

/* A profile of configs/profiles, whose last section is `soft`, with more lines of that section and,
 * unless it is negative, another option. */
static struct document *read_profile(const char *name, const char *soft_lines, int option)
{
    char path[512];
    struct rebind_blob text;
    struct document_problem problem = {0};
    struct document *profile = NULL;
    (void)snprintf(path, sizeof path, "%s/configs/profiles/%s.yaml", REBIND_SOURCE_DIR, name);
    assert_int_equal(SCP_OK, rebind_file_read(path, 65536, &text, NULL));
    size_t size = text.len + strlen(soft_lines);
    char *longer = malloc(size + 1);
    assert_non_null(longer);
    (void)snprintf(longer, size + 1, "%.*s%s", (int)text.len, (const char *)text.ptr, soft_lines);
    char *i = strstr(longer, "  i: \"");
    assert_non_null(i);
    if (option >= 0) {
        (void)snprintf(i + 6, 3, "%02X", (unsigned)option & 0xFF);
        i[8] = '"'; /* in place of the end that snprintf wrote */
    }
    assert_int_equal(DOC_OK, doc_new(path, scp_bytes_of(longer, size), &profile, &problem));
    free(longer);
    rebind_blob_free(&text);
    return profile;
}

/* How a card differs from the plain one of its profile. */
struct making {
    const char *profile;
    const char *soft_lines;
    int option; /* negative: the profile's */
    const char *state;
};

static struct document *make_issuance(const char *state)
{
    char text[sizeof issuance + 64];
    (void)snprintf(text, sizeof text, "state: %s\n%s", state, issuance);
    return document("issuance.yaml", text);
}

static void issue(struct rig *rig, const struct making *making)
{
    static const uint8_t diversification_data[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    char keys_text[512];
    size_t key_len = 0;
    struct document_problem problem = {0};
    struct rebind_blob blob;
    struct scp_key_set masters = {0};
    struct document *profile = read_profile(making->profile, making->soft_lines, making->option);
    read_params(rig, profile, &key_len);
    bool aes = rig->params.protocol == SCP_PROTOCOL_03;
    make_masters(aes ? "kdf3" : "emv", key_len, keys_text, sizeof keys_text, &masters);
    struct document *issuance_doc = make_issuance(making->state);
    struct document *keys_doc = document("keys.yaml", keys_text);
    bool issued = softcard_issue(profile, issuance_doc, keys_doc, &blob, &problem);
    if (!issued)
        fail_msg("%s:%u:%u: %s", problem.file, problem.line, problem.column, problem.text);
    assert_true(blob.len <= sizeof rig->image);
    memcpy(rig->image, blob.ptr, blob.len);
    rig->image_len = blob.len;
    assert_int_equal(SCP_OK, scp_diversify(aes ? SCP_DIVERSIFY_KDF3 : SCP_DIVERSIFY_EMV, &masters,
                                           diversification_data, &rig->keys));
    rebind_blob_free(&blob);
    doc_free(keys_doc);
    doc_free(issuance_doc);
    doc_free(profile);
}

static struct rig *make(struct making making)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->env = rebind_env_seeded(&rig->seeded, 7, 1700000000000);
    issue(rig, &making);
    bring_to_life(rig);
    return rig;
}

struct rig *rig_new(const char *profile)
{
    return rig_new_with(profile, "");
}

struct rig *rig_new_with(const char *profile, const char *soft_lines)
{
    return make((struct making){profile, soft_lines, -1, "secured"});
}

struct rig *rig_new_option(const char *profile, uint8_t i)
{
    return make((struct making){profile, "", i, "secured"});
}

struct rig *rig_new_state(const char *profile, const char *state)
{
    return make((struct making){profile, "", -1, state});
}

void rig_free(struct rig *rig)
{
    softcard_close(rig->card);
    scp_channel_fini(&rig->channel);
    rebind_seeded_fini(&rig->seeded);
    free(rig);
}

/* ---- talking ----------------------------------------------------------------------------------
 */

/* The class byte for the logical channel (GPCS 11.1.4); no MAC covers its number. */
static uint8_t on_channel(uint8_t cla, uint8_t number)
{
    if (number < 4)
        return cla | number;
    uint8_t secured = (cla & 0x04) != 0 ? 0x20 : 0x00;
    return (uint8_t)((cla & 0x90) | 0x40 | secured | (number - 4));
}

static struct scp_bytes transmit(struct rig *rig, struct scp_bytes command)
{
    uint8_t sent[SCP_APDU_MAX];
    struct scp_writer on = scp_writer_on(sent, sizeof sent);
    scp_put(&on, command);
    assert_int_equal(SCP_OK, scp_writer_status(&on));
    if (command.len > 0 && rig->channel_number != 0)
        sent[0] = on_channel(sent[0], rig->channel_number);
    struct scp_writer w = scp_writer_on(rig->response, sizeof rig->response);
    if (rig->watch != NULL)
        rig->watch(rig->watch_ctx, command);
    assert_int_equal(SCP_OK, softcard_transmit(rig->card, scp_written(&on), &w));
    const char *broken = softcard_broken_invariant(rig->card);
    if (broken != NULL)
        fail_msg("no longer: %s", broken);
    return scp_written(&w);
}

static uint16_t take_plain(struct rig *rig, struct scp_bytes response)
{
    struct scp_response parsed;
    assert_int_equal(SCP_OK, scp_response_parse(response, &parsed));
    rig->data = parsed.data;
    rig->sw = parsed.sw;
    return parsed.sw;
}

uint16_t rig_plain(struct rig *rig, struct scp_apdu apdu)
{
    uint8_t command[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    scp_put_apdu(&w, &apdu);
    assert_int_equal(SCP_OK, scp_writer_status(&w));
    return take_plain(rig, transmit(rig, scp_written(&w)));
}

uint16_t rig_hex(struct rig *rig, const char *hex)
{
    uint8_t command[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &w));
    return take_plain(rig, transmit(rig, scp_written(&w)));
}

uint16_t rig_select(struct rig *rig, struct scp_bytes aid)
{
    return rig_plain(rig, scp_select(aid));
}

void rig_open_with(struct rig *rig, const struct scp_key_set *keys, uint8_t kvn, uint8_t level)
{
    static const uint8_t challenge[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t command[SCP_APDU_MAX];
    struct scp_channel_params params = rig->params;
    params.level = level;
    params.kvn = kvn;
    size_t challenge_len = scp_host_challenge_len(params.protocol, params.i);
    rig->holder = scp_keys_of_set(keys);
    struct scp_writer w = scp_writer_on(command, sizeof command);
    scp_channel_fini(&rig->channel);
    assert_int_equal(SCP_OK, scp_channel_begin(&rig->channel, &params,
                                               scp_bytes_of(challenge, challenge_len), &w));
    assert_sw(0x9000, take_plain(rig, transmit(rig, scp_written(&w))));
    assert_int_equal(SCP_OK, scp_channel_open(&rig->channel, &rig->holder, rig->data));
    w = scp_writer_on(command, sizeof command);
    assert_int_equal(SCP_OK, scp_channel_authenticate(&rig->channel, &w));
    assert_sw(0x9000, take_plain(rig, transmit(rig, scp_written(&w))));
}

void rig_open(struct rig *rig)
{
    assert_sw(0x9000, rig_select(rig, rig_isd));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
}

static uint16_t take_protected(struct rig *rig, struct scp_bytes response)
{
    struct scp_writer data = scp_writer_on(rig->plain, sizeof rig->plain);
    assert_int_equal(SCP_OK, scp_channel_unwrap(&rig->channel, response, &data, &rig->sw));
    rig->data = scp_written(&data);
    return rig->sw;
}

uint16_t rig_send_wrapped(struct rig *rig, struct scp_bytes command)
{
    return take_protected(rig, transmit(rig, command));
}

uint16_t rig_send(struct rig *rig, struct scp_apdu apdu)
{
    uint8_t command[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    assert_int_equal(SCP_OK, scp_channel_wrap(&rig->channel, &apdu, &w));
    return rig_send_wrapped(rig, scp_written(&w));
}

uint16_t rig_send_long(struct rig *rig, struct scp_apdu apdu)
{
    uint8_t buffer[SCP_WRAPPED_MAX];
    struct scp_apdu whole;
    struct scp_apdu part;
    assert_int_equal(SCP_OK, scp_channel_wrap_long(&rig->channel, &apdu, buffer, &whole));
    size_t count = scp_segment_count(whole.data.len, SCP_APDU_DATA_MAX);
    for (size_t i = 0; i < count; i++) {
        uint8_t command[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(command, sizeof command);
        assert_int_equal(SCP_OK, scp_segment(&whole, SCP_APDU_DATA_MAX, i, &part));
        scp_put_apdu(&w, &part);
        struct scp_bytes response = transmit(rig, scp_written(&w));
        if (i + 1 == count)
            return take_protected(rig, response);
        assert_sw(0x9000, take_plain(rig, response));
        assert_int_equal(0, rig->data.len);
    }
    return rig->sw;
}

uint16_t rig_send_hex(struct rig *rig, const char *hex)
{
    uint8_t command[SCP_APDU_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(command, sizeof command);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &w));
    assert_int_equal(SCP_OK, scp_apdu_parse(scp_written(&w), &apdu));
    return rig_send(rig, apdu);
}

uint16_t rig_send_body(struct rig *rig, uint8_t ins, uint8_t p1, const char *data_hex)
{
    uint8_t data[SCP_APDU_DATA_MAX];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    assert_int_equal(SCP_OK, scp_hex_decode(data_hex, &w));
    return rig_send(rig,
                    (struct scp_apdu){.cla = 0x80, .ins = ins, .p1 = p1, .data = scp_written(&w)});
}

void rig_send_rows(struct rig *rig, const struct rig_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t sw = rig_send_hex(rig, rows[i].command);
        if (sw != rows[i].sw)
            fail_msg("%s: %04X instead of %04X", rows[i].command, sw, rows[i].sw);
    }
}

void assert_data_hex(const struct rig *rig, const char *hex)
{
    uint8_t expected[SOFTCARD_RESPONSE_MAX];
    char text[SCP_HEX_SIZE(SOFTCARD_RESPONSE_MAX)];
    char wanted[SCP_HEX_SIZE(SOFTCARD_RESPONSE_MAX)];
    struct scp_writer w = scp_writer_on(expected, sizeof expected);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &w));
    assert_string_equal(scp_hex_encode(wanted, sizeof wanted, scp_written(&w)),
                        scp_hex_encode(text, sizeof text, rig->data));
}
