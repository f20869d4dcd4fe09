/* Single messages of SCP02 and SCP03: a MAC, an encryption, a derivation, each from its own inputs
 * or as the one command of a session. */
#include "scp/crypto/kdf.h"
#include "tests/vectors/families.h"
#include "tests/vectors/trace.h"

#include <stdio.h>
#include <string.h>

/* Under any of its names: a MAC as it is, or as much of it as travels. */
static void expect_mac(struct vector *v, const char *const names[], const uint8_t *mac, size_t len)
{
    const char *name = trace_name(v->expected, names);
    if (!vector_has(v->expected, name))
        return;
    size_t given = vector_hex(v, v->expected, name).len;
    vector_expect_bytes(v, v->expected, name, scp_bytes_of(mac, given == 8 && len == 16 ? 8 : len));
}

static struct scp_bytes input(struct vector *v, const char *const names[])
{
    const char *name = trace_name(v->inputs, names);
    return vector_has(v->inputs, name) ? vector_hex(v, v->inputs, name) : SCP_EMPTY;
}

static const char *const mac_names[] = {"mac", "cmac", "c_mac", NULL};
static const char *const rmac_names[] = {"rmac", "r_mac", "mac", NULL};
static const char *const icv_names[] = {"icv", "mac_chaining_value", "chaining_value", NULL};

/* ---- one command -------------------------------------------------------------------------- */

/* The record's command as the one of a session that is opened or resumed. */
static bool open_one(struct vector *v, struct trace *t, enum scp_protocol protocol)
{
    trace_init(v, t, protocol);
    if (trace_has_static_keys(v))
        return trace_open(v, t);
    trace_resume(v, t);
    return true;
}

static json_t *command_of(const struct vector *v)
{
    json_t *plain = json_object_get(
        v->inputs, trace_name(v->inputs, TRACE_NAMES("command_plain", "plain", "command")));
    return json_pack("{sO* sO*}", "plain", plain, "wrapped",
                     json_object_get(v->expected, "wrapped"));
}

static bool exchange_one(struct vector *v, struct trace *t)
{
    json_t *one = command_of(v);
    bool done = one != NULL && trace_exchange(v, t, one);
    json_decref(one);
    vector_taken(v->expected, "wrapped");
    return done;
}

static bool has_command(const struct vector *v)
{
    return vector_has(v->inputs, "command_plain") || vector_has(v->inputs, "plain") ||
           vector_has(v->inputs, "command");
}

/* ---- C-MAC -------------------------------------------------------------------------------- */

static void c_mac_of_command(struct vector *v, enum scp_protocol protocol)
{
    struct trace t;
    if (!open_one(v, &t, protocol) || !exchange_one(v, &t))
        return;
    size_t len = protocol == SCP_PROTOCOL_02 ? 8 : 16;
    expect_mac(v, mac_names, t.host.chaining, len);
    expect_mac(v, TRACE_NAMES("next_mac_chaining_value", "mac_chaining_value", "chaining_value"),
               t.host.chaining, len);
    uint8_t icv[8];
    if (protocol == SCP_PROTOCOL_02 &&
        vector_ok(v, "icv", scp_des_encrypt_block(t.host.keys.mac.bytes, t.host.chaining, icv)))
        expect_mac(v, TRACE_NAMES("next_icv", "encrypted_icv", "icv"), icv, sizeof icv);
}

static void scp02_c_mac(struct vector *v)
{
    if (has_command(v)) {
        c_mac_of_command(v, SCP_PROTOCOL_02);
        return;
    }
    struct scp_key key = trace_session_key(v, "mac");
    struct scp_bytes icv = input(v, icv_names);
    uint8_t zero[8] = {0};
    uint8_t mac[8];
    if (vector_ok(v, "retail",
                  scp_mac_des_retail(&key, icv.len == 8 ? icv.ptr : zero,
                                     input(v, TRACE_NAMES("mac_input", "data")), mac)))
        expect_mac(v, mac_names, mac, sizeof mac);
}

static void scp03_c_mac(struct vector *v)
{
    if (has_command(v)) {
        c_mac_of_command(v, SCP_PROTOCOL_03);
        return;
    }
    struct scp_key key = trace_session_key(v, "mac");
    const struct scp_bytes parts[] = {input(v, icv_names),
                                      input(v, TRACE_NAMES("mac_input", "data"))};
    uint8_t mac[16];
    if (vector_ok(v, "scp_cmac", scp_cmac(&key, parts, 2, mac)))
        expect_mac(v, mac_names, mac, sizeof mac);
}

/* ---- R-MAC -------------------------------------------------------------------------------- */

static uint16_t status_of(struct vector *v)
{
    const char *name = trace_name(v->inputs, TRACE_NAMES("response_sw", "sw", "status"));
    return (uint16_t)vector_u32(v, v->inputs, name, 0x9000);
}

/* A command and its response: the card makes the R-MAC, the host takes it. */
static void r_mac_of_command(struct vector *v, enum scp_protocol protocol)
{
    struct trace t;
    uint8_t sent[SCP_RESPONSE_MAX + 32];
    uint8_t read[SCP_RESPONSE_MAX + 32];
    struct scp_writer w = scp_writer_on(sent, sizeof sent);
    struct scp_writer r = scp_writer_on(read, sizeof read);
    struct scp_bytes response = input(v, TRACE_NAMES("response_data", "response_plain", "data"));
    uint16_t sw = status_of(v);
    if (!open_one(v, &t, protocol))
        return;
    if (!exchange_one(v, &t) ||
        !vector_ok(v, "respond", scp_card_channel_respond(&t.card, response, sw, &w)))
        return;
    size_t len = scp_channel_mac_len(&t.host);
    size_t at = w.len >= len + 2 ? w.len - len - 2 : 0;
    expect_mac(v, rmac_names, &sent[at], len);
    const char *wrapped =
        trace_name(v->expected, TRACE_NAMES("response_wrapped", "response", "wrapped_response"));
    vector_expect_bytes(v, v->expected, wrapped, scp_written(&w));
    if (vector_ok(v, "unwrap", scp_channel_unwrap(&t.host, scp_written(&w), &r, &sw)) &&
        !scp_bytes_equal(scp_written(&r), response))
        vector_fail_bytes(v, "unwrapped", response, scp_written(&r));
}

static void scp02_r_mac(struct vector *v)
{
    if (has_command(v)) {
        r_mac_of_command(v, SCP_PROTOCOL_02);
        return;
    }
    struct scp_key key = trace_session_key(v, "rmac");
    struct scp_bytes icv = input(v, TRACE_NAMES("icv", "rmac_icv", "mac_chaining_value"));
    uint8_t zero[8] = {0};
    uint8_t mac[8];
    if (vector_ok(v, "retail",
                  scp_mac_des_retail(&key, icv.len == 8 ? icv.ptr : zero,
                                     input(v, TRACE_NAMES("mac_input", "data")), mac)))
        expect_mac(v, rmac_names, mac, sizeof mac);
}

static void scp03_r_mac(struct vector *v)
{
    if (has_command(v)) {
        r_mac_of_command(v, SCP_PROTOCOL_03);
        return;
    }
    struct scp_key key = trace_session_key(v, "rmac");
    uint8_t status[2];
    scp_store_u16(status, status_of(v));
    bool whole = vector_has(v->inputs, "mac_input");
    const struct scp_bytes parts[] = {
        input(v, icv_names),
        whole ? vector_hex(v, v->inputs, "mac_input")
              : input(v, TRACE_NAMES("response_data", "data", "response")),
        whole ? SCP_EMPTY : SCP_BYTES(status)};
    uint8_t mac[16];
    if (vector_ok(v, "scp_cmac", scp_cmac(&key, parts, 3, mac)))
        expect_mac(v, rmac_names, mac, sizeof mac);
}

/* ---- encryption --------------------------------------------------------------------------- */

static const char *const cipher_names[] = {"encrypted", "ciphertext", NULL};
static const char *const plain_names[] = {"data", "plain_data", "plaintext", "plain", NULL};

static bool pad(struct vector *v, struct scp_bytes plain, size_t block, struct scp_writer *w)
{
    scp_put(w, plain);
    scp_pad(w, block);
    return vector_ok(v, "pad", scp_writer_status(w));
}

static void scp02_c_enc(struct vector *v)
{
    struct scp_key key = trace_session_key(v, "enc");
    const uint8_t zero[8] = {0};
    uint8_t body[SCP_COMMAND_MAX + 8];
    struct scp_writer w = scp_writer_on(body, sizeof body);
    if (pad(v, input(v, plain_names), SCP_DES_BLOCK, &w) &&
        vector_ok(v, "cbc", scp_des3_cbc_encrypt(&key, zero, scp_written(&w), body)))
        vector_expect_bytes(v, v->expected, trace_name(v->expected, cipher_names), scp_written(&w));
}

/* The IV for the counter, checked against `icv`. Its first byte says command or response. */
static bool scp03_icv(struct vector *v, const struct scp_key *key, uint8_t first, uint8_t iv[16])
{
    uint8_t block[16] = {first};
    scp_store_u32(block + 12, trace_number(v, v->inputs, "counter", 1));
    if (!vector_ok(v, "iv", scp_aes_encrypt_block(key, block, iv)))
        return false;
    vector_expect_bytes(v, v->expected, trace_name(v->expected, TRACE_NAMES("icv", "iv")),
                        scp_bytes_of(iv, 16));
    return true;
}

/* In whichever direction the record asks. */
static void scp03_enc(struct vector *v, uint8_t first)
{
    struct scp_key key = trace_session_key(v, "enc");
    struct scp_bytes cipher = input(v, cipher_names);
    uint8_t iv[16];
    uint8_t body[SCP_COMMAND_MAX + 16];
    size_t len;
    struct scp_writer w = scp_writer_on(body, sizeof body);
    if (!scp03_icv(v, &key, first, iv))
        return;
    if (cipher.len == 0) {
        if (pad(v, input(v, plain_names), SCP_AES_BLOCK, &w) &&
            vector_ok(v, "cbc", scp_aes_cbc_encrypt(&key, iv, scp_written(&w), body)))
            vector_expect_bytes(v, v->expected, trace_name(v->expected, cipher_names),
                                scp_written(&w));
        return;
    }
    if (cipher.len <= sizeof body &&
        vector_ok(v, "cbc", scp_aes_cbc_decrypt(&key, iv, cipher, body)) &&
        vector_ok(v, "padding", scp_unpad(scp_bytes_of(body, cipher.len), &len)))
        vector_expect_bytes(v, v->expected, trace_name(v->expected, plain_names),
                            scp_bytes_of(body, len));
}

static void scp03_c_enc(struct vector *v)
{
    scp03_enc(v, 0x00);
}

static void scp03_r_enc(struct vector *v)
{
    scp03_enc(v, 0x80);
}

/* ---- derivation --------------------------------------------------------------------------- */

static void scp02_key(struct vector *v, const char *which, const char *name,
                      enum scp02_constant constant)
{
    const json_t *set = json_object_get(v->inputs, "static_keys");
    struct scp_key out;
    if (!vector_has(v->expected, name))
        return;
    struct scp_key key =
        set != NULL
            ? vector_key(v, set, which)
            : vector_key(v, v->inputs,
                         trace_name(v->inputs, TRACE_NAMES("static_key", "base_key", "key")));
    uint32_t counter = trace_number(
        v, v->inputs, trace_name(v->inputs, TRACE_NAMES("sequence_counter", "counter")), 0);
    if (vector_ok(v, "scp02_derive", scp02_derive(&key, constant, (uint16_t)counter, &out)))
        vector_expect_bytes(v, v->expected, name, scp_key_bytes(&out));
}

static void scp02_session_key(struct vector *v)
{
    uint32_t constant = vector_u32(v, v->inputs, "constant", SCP02_S_ENC);
    scp02_key(v, "enc", "key", (enum scp02_constant)constant);
    scp02_key(v, "enc", "output", (enum scp02_constant)constant);
    scp02_key(v, "enc", "enc", SCP02_S_ENC);
    scp02_key(v, "mac", "mac", SCP02_C_MAC);
    scp02_key(v, "mac", "cmac", SCP02_C_MAC);
    scp02_key(v, "mac", "rmac", SCP02_R_MAC);
    scp02_key(v, "dek", "dek", SCP02_DEK);
}

/* One source gives check values of the derived keys only. */
static void scp03_key_by_kcv(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "key");
    struct scp_bytes context = vector_hex(v, v->inputs, "context");
    struct scp_key out = {.len = (size_t)vector_number(v, v->inputs, "L_bits") / 8};
    size_t n;
    json_t *constant;
    json_array_foreach(json_object_get(v->inputs, "constants"), n, constant)
    {
        char name[16];
        uint8_t kcv[3];
        struct scp_bytes value = vector_hex_of(v, constant);
        (void)snprintf(name, sizeof name, "kcv_%s", json_string_value(constant));
        if (value.len == 1 &&
            vector_ok(v, "scp03_derive",
                      scp03_derive(&key, (enum scp03_constant)value.ptr[0], context, out.bytes,
                                   out.len)) &&
            vector_ok(v, "scp_kcv_aes", scp_kcv_aes(&out, kcv)))
            vector_expect_bytes(v, v->expected, name, SCP_BYTES(kcv));
    }
}

/* From static keys and challenges, or by check values. */
static void scp03_session_key(struct vector *v)
{
    struct trace t;
    if (vector_has(v->inputs, "constants")) {
        scp03_key_by_kcv(v);
        return;
    }
    trace_init(v, &t, SCP_PROTOCOL_03);
    trace_expect_keys(v, &t, v->expected, TRACE_SHORT_NAMES);
    trace_expect_keys(v, &t, json_object_get(v->expected, "session_keys"), TRACE_SHORT_NAMES);
}

static void scp03_kdf(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "key");
    uint32_t constant = trace_number(v, v->inputs, "constant", 0);
    size_t len = vector_has(v->inputs, "L_bits") ? (size_t)vector_number(v, v->inputs, "L_bits") / 8
                                                 : vector_hex(v, v->expected, "output").len;
    uint8_t out[SCP_KEY_MAX];
    if (len <= sizeof out && vector_ok(v, "scp03_derive",
                                       scp03_derive(&key, (enum scp03_constant)constant,
                                                    vector_hex(v, v->inputs, "context"), out, len)))
        vector_expect_bytes(v, v->expected, "output", scp_bytes_of(out, len));
}

/* One output of the function, or the keys of a session. */
static void scp03_key_derivation(struct vector *v)
{
    if (vector_has(v->inputs, "constant"))
        scp03_kdf(v);
    else
        scp03_session_key(v);
}

/* ---- sensitive data ----------------------------------------------------------------------- */

/* By way of the key holder, with the session that the record tells of. */
static void sensitive_data(struct vector *v, enum scp_protocol protocol, const char *dek_name)
{
    struct trace t;
    struct scp_bytes data = input(v, plain_names);
    uint8_t out[1 + 64] = {(uint8_t)data.len};
    trace_init(v, &t, protocol);
    if (vector_has(v->inputs, dek_name))
        t.set.enc = t.set.dek = vector_key(v, v->inputs, dek_name);
    if (data.len > 64 ||
        !vector_ok(v, "dek_encrypt", t.keys.dek_encrypt(t.keys.ctx, &t.session, data, out + 1)))
        return;
    vector_expect_bytes(v, v->expected, trace_name(v->expected, cipher_names),
                        scp_bytes_of(out + 1, data.len));
    vector_expect_bytes(v, v->expected, "with_length_prefix", scp_bytes_of(out, 1 + data.len));
    struct scp_key dek;
    if (protocol == SCP_PROTOCOL_02 &&
        vector_ok(v, "dek", scp02_derive(&t.set.dek, SCP02_DEK, (uint16_t)t.session.counter, &dek)))
        vector_expect_bytes(v, v->expected, "session_dek", scp_key_bytes(&dek));
}

/* Under a session key that is given there is only the cipher to check. */
static void scp02_sensitive_data(struct vector *v)
{
    const uint8_t zero[8] = {0};
    struct scp_bytes data = input(v, plain_names);
    uint8_t out[64];
    if (!vector_has(v->inputs, "dek")) {
        sensitive_data(v, SCP_PROTOCOL_02, "static_dek");
        return;
    }
    struct scp_key dek = vector_key(v, v->inputs, "dek");
    uint8_t i = (uint8_t)trace_number(v, v->inputs, "i", 0x15);
    enum scp_error error = data.len > sizeof out ? SCP_TOO_LONG
                           : scp_option_implicit(SCP_PROTOCOL_02, i)
                               ? scp_des3_cbc_encrypt(&dek, zero, data, out)
                               : scp_des3_ecb_encrypt(&dek, data, out);
    if (vector_ok(v, "encrypt", error))
        vector_expect_bytes(v, v->expected, trace_name(v->expected, cipher_names),
                            scp_bytes_of(out, data.len));
}

static void scp03_sensitive_data(struct vector *v)
{
    sensitive_data(v, SCP_PROTOCOL_03,
                   trace_name(v->inputs, TRACE_NAMES("dek", "static_dek", "key_dek")));
}

static const struct vector_kind kinds[] = {
    {"SCP02", "sensitive-data-encryption", scp02_sensitive_data},
    {"SCP03", "sensitive-data-encryption", scp03_sensitive_data},
    {"SCP02", "c-mac", scp02_c_mac},
    {"SCP03", "c-mac", scp03_c_mac},
    {"SCP02", "r-mac", scp02_r_mac},
    {"SCP03", "r-mac", scp03_r_mac},
    {"SCP02", "c-enc", scp02_c_enc},
    {"SCP03", "c-enc", scp03_c_enc},
    {"SCP03", "r-enc", scp03_r_enc},
    {"SCP02", "session-key-derivation", scp02_session_key},
    {"SCP03", "session-key-derivation", scp03_session_key},
    {"SCP02", "key-derivation", scp02_session_key},
    {"SCP03", "key-derivation", scp03_key_derivation},
    {"SCP02", "kdf", scp02_session_key},
    {"SCP03", "kdf", scp03_key_derivation},
};

const struct vector_family vector_messages = VECTOR_FAMILY(kinds);
