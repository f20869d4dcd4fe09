/* Commands: INSTALL, LOAD, DELETE, statuses, STORE DATA, PUT KEY, and the structures in them. */
#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "scp/gp/load_file.h"
#include "scp/gp/put_key.h"
#include "scp/gp/store_data.h"
#include "scp/gp/tlv.h"
#include "tests/vectors/families.h"

enum { DATA_MAX = 1024, BLOCKS_DATA_MAX = 4096, KEYS = 3 };

static struct scp_bytes optional(struct vector *v, const char *name)
{
    return vector_has(v->inputs, name) ? vector_hex(v, v->inputs, name) : SCP_EMPTY;
}

static bool flag(const struct vector *v, const char *name)
{
    return json_is_true(json_object_get(v->inputs, name));
}

static void expect_apdu(struct vector *v, const struct scp_apdu *apdu)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_apdu(&w, apdu);
    if (vector_ok(v, "scp_put_apdu", scp_writer_status(&w)))
        vector_expect_command(v, v->expected, "command", scp_written(&w));
    vector_expect_bytes(v, v->expected, "command_data", apdu->data);
}

/* A field of `expected` that is a list of hex strings. */
static void expect_hex_at(struct vector *v, const json_t *list, size_t i, struct scp_bytes actual)
{
    struct scp_bytes expected = vector_hex_of(v, json_array_get(list, i));
    if (!scp_bytes_equal(expected, actual))
        vector_fail_bytes(v, "an element", expected, actual);
}

/* ---- INSTALL ------------------------------------------------------------------------------ */

static void install(struct vector *v, uint8_t p1)
{
    uint8_t parameters[DATA_MAX];
    uint8_t data[DATA_MAX];
    struct scp_writer p = scp_writer_on(parameters, sizeof parameters);
    struct scp_writer w = scp_writer_on(data, sizeof data);
    struct scp_apdu apdu;
    struct scp_install back;
    if (vector_has(v->inputs, "application_parameters"))
        scp_put_parameters(
            &p, &(struct scp_parameters){.has_application = true,
                                         .application = optional(v, "application_parameters")});
    scp_put(&p, optional(v, "parameters"));
    bool instance = vector_has(v->inputs, "instance_aid");
    const struct scp_install in = {.p1 = (uint8_t)vector_u32(v, v->inputs, "p1", p1),
                                   .load_file = optional(v, "load_file_aid"),
                                   .module = optional(v, "module_aid"),
                                   .application =
                                       optional(v, instance ? "instance_aid" : "application_aid"),
                                   .security_domain = optional(v, "security_domain_aid"),
                                   .privileges = optional(v, "privileges"),
                                   .parameters = scp_written(&p),
                                   .token = optional(v, "token")};
    if (!vector_ok(v, "scp_install_command", scp_install_command(&in, &w, &apdu)))
        return;
    expect_apdu(v, &apdu);
    (void)vector_ok(v, "scp_install_parse", scp_install_parse(apdu.p1, apdu.p2, apdu.data, &back));
}

static void install_for_load(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_LOAD);
}

static void install_for_install(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_INSTALL);
}

static void install_for_extradition(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_EXTRADITION);
}

static void install_for_personalization(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_PERSONALIZATION);
}

/* The source puts the quotas in another order and adds a toolkit parameter: read, not written. */
static void install_parameters(struct vector *v)
{
    struct scp_parameters out;
    struct scp_bytes toolkit;
    if (!vector_ok(v, "scp_parameters_parse",
                   scp_parameters_parse(vector_hex(v, v->expected, "encoded"), &out)))
        return;
    if (!out.has_application || out.application.len != 0)
        vector_fail(v, "C9", "empty", "something else");
    if (out.memory.non_volatile != (uint32_t)vector_number(v, v->inputs, "non_volatile") ||
        out.memory.volatile_ram != (uint32_t)vector_number(v, v->inputs, "volatile"))
        vector_fail(v, "memory", "the inputs", "something else");
    if (vector_ok(v, "CA", scp_tlv_find(out.system, 0xCA, &toolkit)) &&
        !scp_bytes_equal(toolkit, vector_hex(v, v->inputs, "toolkit")))
        vector_fail_bytes(v, "toolkit", vector_hex(v, v->inputs, "toolkit"), toolkit);
    vector_taken(v->expected, "encoded");
}

static void security_domain_parameters(struct vector *v)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_security_domain_parameters in = {
        .protocol = (uint8_t)vector_u32(v, v->inputs, "scp", 0),
        .i = (uint8_t)vector_u32(v, v->inputs, "i", 0),
        .extradition_here = optional(v, "accept_extradition_here"),
        .deletion = optional(v, "accept_deletion"),
        .explicit_personalised = flag(v, "personalized"),
        .controlling_authority = optional(v, "casd"),
        .extradition_away = optional(v, "accept_extradition_away")};
    scp_put_security_domain_parameters(&w, &in);
    vector_expect_bytes(v, v->expected, "encoded", scp_written(&w));
}

/* ---- LOAD and STORE DATA ------------------------------------------------------------------ */

/* Data in which the given block stands at its number: the blocks before it are zeros of its size,
 * and one byte follows when it is not the last. */
static struct scp_bytes around(struct vector *v, uint8_t *buffer, size_t number, bool last)
{
    struct scp_bytes block = vector_hex(v, v->inputs, "data");
    struct scp_writer w = scp_writer_on(buffer, BLOCKS_DATA_MAX);
    scp_put_fill(&w, 0, number * block.len);
    scp_put(&w, block);
    scp_put_fill(&w, 0, last ? 0 : 1);
    return scp_written(&w);
}

static void load(struct vector *v)
{
    uint8_t buffer[BLOCKS_DATA_MAX];
    size_t number = vector_u32(v, v->inputs, "block_number", 0);
    size_t room = vector_hex(v, v->inputs, "data").len;
    struct scp_bytes file = around(v, buffer, number, flag(v, "last"));
    struct scp_apdu apdu;
    if (vector_ok(v, "scp_load_block", scp_load_block(file, room, number, &apdu)))
        expect_apdu(v, &apdu);
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
    size_t room = scp_written(&w).len / json_array_size(blocks);
    for (i = 0; i < json_array_size(blocks); i++) {
        struct scp_apdu apdu;
        if (vector_ok(v, "scp_store_block", scp_store_block(p1, scp_written(&w), room, i, &apdu)))
            expect_hex_at(v, expected, i, scp_bytes_of(&apdu.p1, 1));
    }
}

static void store_chains(struct vector *v)
{
    size_t i;
    json_t *chain;
    json_array_foreach(json_object_get(v->inputs, "chains"), i, chain)
    {
        store_chain(v, chain, json_array_get(json_object_get(v->expected, "p1"), i));
    }
    vector_taken(v->expected, "p1");
}

static void store_data(struct vector *v)
{
    if (vector_has(v->inputs, "chains")) {
        store_chains(v);
        return;
    }
    uint8_t buffer[BLOCKS_DATA_MAX];
    uint8_t p1 = (uint8_t)vector_u32(v, v->inputs, "p1", 0);
    size_t number = vector_u32(v, v->inputs, "block_number", 0);
    size_t room = vector_hex(v, v->inputs, "data").len;
    bool last = (p1 & SCP_STORE_LAST) != 0;
    struct scp_apdu apdu;
    if (!last && number + 1 == SCP_STORE_BLOCKS_MAX) {
        vector_skip(v, "block FF is not the last: more than 256 blocks are refused");
        return;
    }
    struct scp_bytes data = around(v, buffer, number, last);
    uint8_t base = (uint8_t)(p1 & ~SCP_STORE_LAST);
    if (vector_ok(v, "scp_store_block", scp_store_block(base, data, room, number, &apdu)))
        expect_apdu(v, &apdu);
}

/* ---- the other commands ------------------------------------------------------------------- */

static void delete (struct vector *v)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    const struct scp_delete in = {.aid = optional(v, "aid"),
                                  .has_key_id = vector_has(v->inputs, "key_id"),
                                  .key_id = (uint8_t)vector_u32(v, v->inputs, "key_id", 0),
                                  .has_kvn = vector_has(v->inputs, "key_version"),
                                  .kvn = (uint8_t)vector_u32(v, v->inputs, "key_version", 0)};
    if (vector_ok(v, "scp_delete_command", scp_delete_command(&in, &w, &apdu)))
        expect_apdu(v, &apdu);
}

static void get_status(struct vector *v)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    struct scp_get_status in = {.subset = (uint8_t)vector_u32(v, v->inputs, "p1", 0),
                                .next = flag(v, "next")};
    if (vector_ok(v, "search", scp_tlv_expect(vector_hex(v, v->inputs, "search"), 0x4F, &in.aid)) &&
        vector_ok(v, "scp_get_status_command", scp_get_status_command(&in, &w, &apdu)))
        expect_apdu(v, &apdu);
}

static void set_status(struct vector *v)
{
    const struct scp_set_status in = {.type = (uint8_t)vector_u32(v, v->inputs, "target", 0),
                                      .state = (uint8_t)vector_u32(v, v->inputs, "status", 0),
                                      .aid = optional(v, "data")};
    struct scp_apdu apdu = scp_set_status(&in);
    expect_apdu(v, &apdu);
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

/* The source has both a clear and a ciphered data block in one load file, which only the writer of
 * data objects can make. */
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
        if (dap_of(v, json_array_get(dap, 0), json_array_get(dap, 1), &daps[count]))
            count++;
    }
    scp_put_load_file(&w, daps, count, vector_hex(v, v->inputs, "load_file_data_block"));
    scp_put_tlv(&w, 0xD3, vector_hex(v, v->inputs, "icv"));
    scp_put_tlv(&w, 0xD4, vector_hex(v, v->inputs, "ciphered"));
    vector_expect_bytes(v, v->expected, "encoded", scp_written(&w));
}

/* ---- PUT KEY ------------------------------------------------------------------------------ */

/* Encrypt one key as its protocol does; `kcv` gets its check value. */
static enum scp_error protect(bool aes, const struct scp_key *dek, const struct scp_key *key,
                              uint8_t encrypted[16], uint8_t kcv[3])
{
    static const uint8_t zero[16];
    if (aes) {
        SCP_TRY(scp_aes_cbc_encrypt(dek, zero, scp_key_bytes(key), encrypted));
        return scp_kcv_aes(key, kcv);
    }
    SCP_TRY(scp_des3_ecb_encrypt(dek, scp_key_bytes(key), encrypted));
    return scp_kcv_des(key, kcv);
}

static void fill_put_key(struct vector *v, bool aes, struct scp_put_key *out,
                         uint8_t bytes[KEYS][16 + 3])
{
    struct scp_key dek = vector_key(v, v->inputs, aes ? "static_dek" : "session_dek");
    const json_t *keys = json_object_get(v->inputs, "keys");
    enum scp_key_type type = aes ? SCP_KEY_TYPE_AES : SCP_KEY_TYPE_DES;
    for (out->key_count = 0; out->key_count < KEYS; out->key_count++) {
        size_t i = out->key_count;
        struct scp_key key;
        struct scp_bytes kcv = scp_bytes_of(&bytes[i][16], 3);
        if (!vector_ok(v, "scp_key_from",
                       scp_key_from(&key, vector_hex_of(v, json_array_get(keys, i)))) ||
            !vector_ok(v, "encryption", protect(aes, &dek, &key, bytes[i], &bytes[i][16])))
            return;
        out->keys[i] = scp_symmetric_key(type, scp_bytes_of(bytes[i], 16), 16, kcv, NULL);
        expect_hex_at(v, json_object_get(v->expected, "encrypted"), i, scp_bytes_of(bytes[i], 16));
        expect_hex_at(v, json_object_get(v->expected, "kcvs"), i, kcv);
    }
    vector_taken(v->expected, "encrypted");
    vector_taken(v->expected, "kcvs");
}

static void put_key(struct vector *v)
{
    uint8_t bytes[KEYS][16 + 3];
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    struct scp_put_key back;
    struct scp_put_key in = {.replaced_kvn = (uint8_t)vector_u32(v, v->inputs, "p1", 0),
                             .first_key_id = vector_u32(v, v->inputs, "p2", 0) & 0x7F,
                             .kvn = (uint8_t)vector_number(v, v->inputs, "new_key_version")};
    bool aes = vector_u32(v, v->inputs, "key_type", 0) == SCP_KEY_TYPE_AES;
    fill_put_key(v, aes, &in, bytes);
    if (!vector_ok(v, "scp_put_key_command", scp_put_key_command(&in, &w, &apdu)))
        return;
    expect_apdu(v, &apdu);
    if (vector_ok(v, "scp_put_key_parse", scp_put_key_parse(apdu.p1, apdu.p2, apdu.data, &back)) &&
        back.key_count != KEYS)
        vector_fail(v, "keys read back", "3", "another number");
}

static const struct vector_kind kinds[] = {
    {"GP", "install-for-load", install_for_load},
    {"GP", "install-for-install", install_for_install},
    {"GP", "install-for-extradition", install_for_extradition},
    {"GP", "install-for-personalization", install_for_personalization},
    {"GP", "install-parameters", install_parameters},
    {"GP", "security-domain-parameters", security_domain_parameters},
    {"GP", "load", load},
    {"GP", "store-data", store_data},
    {"GP", "delete", delete},
    {"GP", "delete-key", delete},
    {"GP", "get-status-command", get_status},
    {"GP", "set-status", set_status},
    {"GP", "dap-block", dap_block},
    {"GP", "load-file-structure", load_file},
    {"SCP02", "PUT-KEY", put_key},
    {"SCP03", "PUT-KEY", put_key},
};
const struct vector_family vector_gp = VECTOR_FAMILY(kinds);
