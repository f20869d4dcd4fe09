#include "tests/unit/agent/card/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/card/invariants.h"
#include "agent/card/issue.h"
#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/gp/card_data.h"
#include "scp/gp/chaining.h"
#include "scp/gp/privileges.h"
#include "tests/support/cap_maker.h"

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

/* ---- content management -----------------------------------------------------------------------
 */

uint16_t rig_install(struct rig *rig, struct scp_install install)
{
    uint8_t buffer[SCP_COMMAND_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_install_command(&install, &w, &apdu));
    return rig_send(rig, apdu);
}

uint16_t rig_delete(struct rig *rig, struct scp_bytes aid, bool related)
{
    uint8_t buffer[64];
    struct scp_apdu apdu;
    const struct scp_delete delete = {.aid = aid, .related = related};
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_delete_command(&delete, &w, &apdu));
    return rig_send(rig, apdu);
}

static const struct rig_loading unsigned_file = {.dap_count = 0};

static struct scp_bytes make_load_file(const struct rig_package *package,
                                       const struct rig_loading *loading, uint8_t *memory,
                                       size_t size)
{
    struct cap_spec spec = {.major = 1, .applet_count = 1, .method_size = package->size};
    assert_int_equal(SCP_OK, scp_aid_from(&spec.package, package->aid));
    assert_int_equal(SCP_OK, scp_aid_from(&spec.applets[0], package->module));
    size_t third = size / 3;
    struct scp_components components;
    struct scp_writer w = scp_writer_on(memory, third);
    assert_int_equal(SCP_OK, cap_make_components(&spec, &w, &components));
    struct scp_writer block = scp_writer_on(memory + third, third);
    scp_put_data_block(&block, &components, false);
    struct scp_writer file = scp_writer_on(memory + 2 * third, third);
    scp_put_load_file(&file, loading->daps, loading->dap_count, scp_written(&block));
    assert_int_equal(SCP_OK, scp_writer_status(&file));
    return scp_written(&file);
}

void rig_package_hash(const struct rig_package *package, struct scp_digest *digest)
{
    rig_package_hash_with(package, SCP_HASH_SHA256, digest);
}

void rig_package_hash_with(const struct rig_package *package, enum scp_hash hash,
                           struct scp_digest *digest)
{
    size_t size = 3 * (package->size + CAP_MAKER_OVERHEAD + 64);
    uint8_t *memory = malloc(size);
    struct scp_load_file parsed;
    assert_non_null(memory);
    assert_int_equal(SCP_OK, scp_load_file_parse(
                                 make_load_file(package, &unsigned_file, memory, size), &parsed));
    assert_int_equal(SCP_OK, scp_data_block_hash(hash, parsed.data_block, digest));
    free(memory);
}

static uint16_t send_load_file(struct rig *rig, const struct rig_package *package,
                               const struct rig_loading *loading)
{
    enum { SIGNATURES = 2048 };
    size_t size = 3 * (package->size + CAP_MAKER_OVERHEAD + SIGNATURES);
    uint8_t *memory = malloc(size);
    assert_non_null(memory);
    struct scp_bytes file = make_load_file(package, loading, memory, size);
    struct scp_apdu apdu;
    size_t room = scp_channel_room(&rig->channel);
    for (size_t i = 0; scp_load_block(file, room, i, &apdu) == SCP_OK; i++)
        if (rig_send(rig, apdu) != 0x9000)
            break;
    free(memory);
    return rig->sw;
}

uint16_t rig_load_with(struct rig *rig, const struct rig_package *package,
                       const struct rig_loading *loading)
{
    struct scp_install install = {.p1 = SCP_INSTALL_FOR_LOAD,
                                  .load_file = package->aid,
                                  .security_domain = loading->domain,
                                  .hash = loading->hash};
    return rig_install(rig, install) == 0x9000 ? send_load_file(rig, package, loading) : rig->sw;
}

uint16_t rig_load(struct rig *rig, const struct rig_package *package, struct scp_bytes domain)
{
    return rig_load_with(rig, package, &(struct rig_loading){.domain = domain});
}

uint16_t rig_load_blocks(struct rig *rig, const struct rig_package *package)
{
    return send_load_file(rig, package, &unsigned_file);
}

uint16_t rig_instantiate(struct rig *rig, uint8_t p1, const struct rig_package *package,
                         struct scp_bytes aid, uint8_t privileges)
{
    return rig_install(rig, (struct scp_install){.p1 = p1,
                                                 .load_file = package->aid,
                                                 .module = package->module,
                                                 .application = aid,
                                                 .privileges = scp_bytes_of(&privileges, 1),
                                                 .parameters = SCP_LITERAL(0xC9, 0x00)});
}

/* ---- data and keys ----------------------------------------------------------------------------
 */

uint16_t rig_store(struct rig *rig, const struct scp_dgi *dgis, size_t count)
{
    struct scp_dgi ready[32];
    uint8_t cipher[8][256];
    size_t used = 0;
    size_t block = rig->params.protocol == SCP_PROTOCOL_03 ? 16 : 8;
    assert_true(count <= 32);
    for (size_t i = 0; i < count; i++) {
        ready[i] = dgis[i];
        if (!dgis[i].encrypted)
            continue;
        assert_true(used < 8 && dgis[i].value.len % block == 0);
        assert_int_equal(SCP_OK, scp_channel_dek_encrypt(&rig->channel, &rig->holder, dgis[i].value,
                                                         cipher[used]));
        ready[i].value = scp_bytes_of(cipher[used++], dgis[i].value.len);
    }
    struct scp_store_data store;
    struct scp_apdu apdu;
    uint8_t buffer[SCP_APDU_DATA_MAX];
    scp_store_data_begin(&store, ready, count, scp_channel_room(&rig->channel), true);
    while (scp_store_data_next(&store, buffer, &apdu) == SCP_OK)
        if (rig_send(rig, apdu) != 0x9000)
            break;
    return rig->sw;
}

struct scp_key_set rig_keys(const struct rig *rig, uint8_t seed)
{
    struct scp_key_set set = {0};
    struct scp_key *const keys[] = {&set.enc, &set.mac, &set.dek};
    for (size_t i = 0; i < 3; i++) {
        keys[i]->len = rig->keys.enc.len;
        for (size_t k = 0; k < keys[i]->len; k++)
            keys[i]->bytes[k] = (uint8_t)(seed + 0x20 * i + 3 * k);
    }
    return set;
}

uint16_t rig_put_keys(struct rig *rig, uint8_t replaced, uint8_t kvn, const struct scp_key_set *set)
{
    const struct scp_key *const keys[] = {&set->enc, &set->mac, &set->dek};
    bool aes = rig->params.protocol == SCP_PROTOCOL_03;
    struct scp_put_key put_key = {
        .replaced_kvn = replaced, .kvn = kvn, .first_key_id = 1, .key_count = 3};
    uint8_t cipher[3][48];
    uint8_t kcv[3][3];
    for (size_t i = 0; i < 3; i++) {
        uint8_t padded[48] = {0};
        memcpy(padded, keys[i]->bytes, keys[i]->len);
        size_t len = aes ? (keys[i]->len + 15) / 16 * 16 : keys[i]->len;
        assert_int_equal(SCP_OK, scp_channel_dek_encrypt(&rig->channel, &rig->holder,
                                                         scp_bytes_of(padded, len), cipher[i]));
        assert_int_equal(SCP_OK, aes ? scp_kcv_aes(keys[i], kcv[i]) : scp_kcv_des(keys[i], kcv[i]));
        const struct scp_put_key_quirks quirks = {0};
        put_key.keys[i] = scp_symmetric_key(aes ? SCP_KEY_TYPE_AES : SCP_KEY_TYPE_DES,
                                            scp_bytes_of(cipher[i], len), keys[i]->len,
                                            SCP_BYTES(kcv[i]), &quirks);
    }
    uint8_t buffer[255];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_put_key_command(&put_key, &w, &apdu));
    uint16_t sw = rig_send(rig, apdu);
    if (sw == 0x9000)
        assert_int_equal(SCP_OK, scp_put_key_confirm(&put_key, rig->data));
    return sw;
}

void rig_make_domain(struct rig *rig, struct scp_bytes aid, uint32_t privileges,
                     const struct scp_key_set *keys)
{
    static const uint8_t package[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
    static const uint8_t module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};
    const struct scp_security_domain_parameters parameters = {
        .protocol = (uint8_t)rig->params.protocol,
        .i = rig->params.i,
        .extradition_here = SCP_LITERAL(0xF0),
        .deletion = SCP_LITERAL(0x20),
        .extradition_away = SCP_LITERAL(0x20)};
    uint8_t c9[64];
    uint8_t field[80];
    uint8_t privilege_bytes[3];
    struct scp_writer inner = scp_writer_on(c9, sizeof c9);
    struct scp_writer outer = scp_writer_on(field, sizeof field);
    scp_put_security_domain_parameters(&inner, &parameters);
    scp_put_parameters(&outer, &(struct scp_parameters){.has_application = true,
                                                        .application = scp_written(&inner)});
    scp_privileges_store(privilege_bytes, privileges);
    assert_sw(0x9000, rig_install(rig, (struct scp_install){
                                           .p1 = SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
                                           .load_file = SCP_BYTES(package),
                                           .module = SCP_BYTES(module),
                                           .application = aid,
                                           .privileges = SCP_BYTES(privilege_bytes),
                                           .parameters = scp_written(&outer)}));
    assert_sw(0x9000, rig_select(rig, aid));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, rig_put_keys(rig, 0, rig->params.kvn, keys));
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
