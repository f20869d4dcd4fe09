/* Single computations: derivation, diversification, check values, MACs, sensitive data. */
#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/crypto/mac.h"
#include "tests/vectors/families.h"

#include <stdio.h>
#include <string.h>

static const uint8_t zero[16];

/* ---- derivation --------------------------------------------------------------------------- */

static void kdf(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "key");
    uint32_t constant = vector_u32(v, v->inputs, "constant", 0);
    size_t len = (size_t)vector_number(v, v->inputs, "L_bits") / 8;
    uint8_t out[SCP_KEY_MAX];
    if (vector_ok(v, "scp03_derive",
                  scp03_derive(&key, (enum scp03_constant)constant,
                               vector_hex(v, v->inputs, "context"), out, len)))
        vector_expect_bytes(v, v->expected, "output", scp_bytes_of(out, len));
}

/* The source of these gives check values of the derived keys only. */
static void scp03_session_keys_by_kcv(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "key");
    struct scp_bytes context = vector_hex(v, v->inputs, "context");
    struct scp_key out = {.len = (size_t)vector_number(v, v->inputs, "L_bits") / 8};
    size_t i;
    json_t *constant;
    json_array_foreach(json_object_get(v->inputs, "constants"), i, constant)
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

static void expect_scp02_key(struct vector *v, const char *name, enum scp02_constant constant)
{
    struct scp_key key = vector_key(v, v->inputs, "static_key");
    uint16_t counter = (uint16_t)vector_u32(v, v->inputs, "sequence_counter", 0);
    struct scp_key out;
    if (vector_ok(v, "scp02_derive", scp02_derive(&key, constant, counter, &out)))
        vector_expect_bytes(v, v->expected, name, scp_key_bytes(&out));
}

static void scp02_session_keys(struct vector *v)
{
    uint32_t constant = vector_u32(v, v->inputs, "constant", SCP02_S_ENC);
    expect_scp02_key(v, "key", (enum scp02_constant)constant);
    expect_scp02_key(v, "enc", SCP02_S_ENC);
    expect_scp02_key(v, "cmac", SCP02_C_MAC);
    expect_scp02_key(v, "rmac", SCP02_R_MAC);
    expect_scp02_key(v, "dek", SCP02_DEK);
}

static void scp03_cryptogram(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "session_mac");
    struct scp_bytes context = vector_hex(v, v->inputs, "context");
    uint8_t out[8];
    if (vector_ok(v, "host", scp03_derive(&key, SCP03_HOST_CRYPTOGRAM, context, out, sizeof out)))
        vector_expect_bytes(v, v->expected, "host_cryptogram", SCP_BYTES(out));
    if (vector_ok(v, "card", scp03_derive(&key, SCP03_CARD_CRYPTOGRAM, context, out, sizeof out)))
        vector_expect_bytes(v, v->expected, "card_cryptogram", SCP_BYTES(out));
}

/* ---- diversification and check values ----------------------------------------------------- */

typedef enum scp_error (*kcv_of)(const struct scp_key *key, uint8_t kcv[3]);

static void expect_kcv(struct vector *v, const char *name, kcv_of run, const struct scp_key *key)
{
    uint8_t kcv[3];
    if (vector_ok(v, "kcv", run(key, kcv)))
        vector_expect_bytes(v, json_object_get(v->expected, "kcvs"), name, SCP_BYTES(kcv));
}

static void diversify(struct vector *v, const char *scheme, kcv_of run)
{
    struct scp_diversifier diversifier;
    struct scp_diversifier_problem problem;
    struct scp_key master = vector_key(v, v->inputs, "master_key");
    struct scp_key_set masters = {master, master, master};
    struct scp_bytes data = vector_hex(v, v->inputs, "key_diversification_data");
    struct scp_key_set out;
    if (data.len != SCP_DIVERSIFICATION_DATA ||
        !vector_ok(v, "parse", scp_diversifier_parse(scheme, &diversifier, &problem)) ||
        !vector_ok(v, "run", scp_diversifier_run(&diversifier, &masters, data.ptr, &out)))
        return;
    json_t *keys = json_object_get(v->expected, "keys");
    vector_expect_bytes(v, keys, "enc", scp_key_bytes(&out.enc));
    vector_expect_bytes(v, keys, "mac", scp_key_bytes(&out.mac));
    vector_expect_bytes(v, keys, "dek", scp_key_bytes(&out.dek));
    expect_kcv(v, "enc", run, &out.enc);
    expect_kcv(v, "mac", run, &out.mac);
    expect_kcv(v, "dek", run, &out.dek);
}

static void diversify_emv(struct vector *v)
{
    diversify(v, "emv", scp_kcv_des);
}

static void diversify_visa2(struct vector *v)
{
    diversify(v, "visa2", scp_kcv_des);
}

static void diversify_visa(struct vector *v)
{
    diversify(v, "visa", scp_kcv_des);
}

static void diversify_kdf3(struct vector *v)
{
    diversify(v, "kdf3", scp_kcv_aes);
}

/* The keys of a device that a pass phrase opens: ENC, then MAC. */
static void keys_of_pass_phrase(struct vector *v)
{
    const char *phrase = vector_text(v, v->inputs, "password_ascii");
    const char *salt = vector_text(v, v->inputs, "salt_ascii");
    size_t len = (size_t)vector_number(v, v->inputs, "length");
    uint8_t out[2 * SCP_KEY_MAX];
    if (len > sizeof out ||
        !vector_ok(v, "scp_pbkdf2",
                   scp_pbkdf2(scp_bytes_of(phrase, strlen(phrase)),
                              scp_bytes_of(salt, strlen(salt)),
                              (uint32_t)vector_number(v, v->inputs, "iterations"), out, len)))
        return;
    vector_expect_bytes(v, v->expected, "enc", scp_bytes_of(out, len / 2));
    vector_expect_bytes(v, v->expected, "mac", scp_bytes_of(out + len / 2, len - len / 2));
    vector_expect_bytes(v, v->expected, "key", scp_bytes_of(out, len));
}

static void kcv(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "key");
    bool aes = strcmp(vector_text(v, v->inputs, "algorithm"), "AES") == 0;
    uint8_t out[3];
    if (vector_ok(v, "kcv", aes ? scp_kcv_aes(&key, out) : scp_kcv_des(&key, out)))
        vector_expect_bytes(v, v->expected, "kcv", SCP_BYTES(out));
}

/* ---- sensitive data ----------------------------------------------------------------------- */

static void scp02_sensitive_data(struct vector *v)
{
    struct scp_bytes data = vector_hex(v, v->inputs, "data");
    struct scp_key dek;
    uint8_t out[64];
    if (vector_has(v->inputs, "dek")) {
        dek = vector_key(v, v->inputs, "dek");
    } else {
        struct scp_key master = vector_key(v, v->inputs, "static_dek");
        uint16_t counter = (uint16_t)vector_u32(v, v->inputs, "sequence_counter", 0);
        if (!vector_ok(v, "scp02_derive", scp02_derive(&master, SCP02_DEK, counter, &dek)))
            return;
        vector_expect_bytes(v, v->expected, "session_dek", scp_key_bytes(&dek));
    }
    if (data.len <= sizeof out && vector_ok(v, "ecb", scp_des3_ecb_encrypt(&dek, data, out)))
        vector_expect_bytes(v, v->expected, "encrypted", scp_bytes_of(out, data.len));
}

static void scp03_sensitive_data(struct vector *v)
{
    struct scp_bytes data = vector_hex(v, v->inputs, "data");
    struct scp_key dek = vector_key(v, v->inputs, "dek");
    uint8_t out[1 + 64] = {(uint8_t)data.len};
    if (data.len > 64 || !vector_ok(v, "cbc", scp_aes_cbc_encrypt(&dek, zero, data, out + 1)))
        return;
    vector_expect_bytes(v, v->expected, "encrypted", scp_bytes_of(out + 1, data.len));
    vector_expect_bytes(v, v->expected, "with_length_prefix", scp_bytes_of(out, 1 + data.len));
}

/* ---- MACs and encryption of single messages ----------------------------------------------- */

static void scp02_c_mac(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "session_cmac");
    struct scp_bytes icv = vector_hex(v, v->inputs, "icv");
    uint8_t mac[8];
    if (icv.len == 8 &&
        vector_ok(v, "retail",
                  scp_mac_des_retail(&key, icv.ptr, vector_hex(v, v->inputs, "mac_input"), mac)))
        vector_expect_bytes(v, v->expected, "mac", SCP_BYTES(mac));
}

static void scp03_r_mac(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "session_rmac");
    const struct scp_bytes parts[] = {vector_hex(v, v->inputs, "mac_chaining_value"),
                                      vector_hex(v, v->inputs, "response_data"),
                                      vector_hex(v, v->inputs, "sw")};
    uint8_t mac[16];
    if (vector_ok(v, "scp_cmac", scp_cmac(&key, parts, 3, mac)))
        vector_expect_bytes(v, v->expected, "rmac", scp_bytes_of(mac, 8));
}

/* The IV for the counter, checked against `icv`. Its first byte says command or response. */
static bool scp03_icv(struct vector *v, const struct scp_key *key, uint8_t first, uint8_t iv[16])
{
    uint8_t block[16] = {first};
    scp_store_u32(block + 12, (uint32_t)vector_number(v, v->inputs, "counter"));
    if (!vector_ok(v, "iv", scp_aes_encrypt_block(key, block, iv)))
        return false;
    vector_expect_bytes(v, v->expected, "icv", scp_bytes_of(iv, 16));
    return true;
}

static void scp03_c_enc(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "session_enc");
    uint8_t iv[16];
    uint8_t body[256];
    struct scp_writer w = scp_writer_on(body, sizeof body);
    scp_put(&w, vector_hex(v, v->inputs, "data"));
    scp_pad(&w, SCP_AES_BLOCK);
    if (scp03_icv(v, &key, 0x00, iv) &&
        vector_ok(v, "cbc", scp_aes_cbc_encrypt(&key, iv, scp_written(&w), body)))
        vector_expect_bytes(v, v->expected, "encrypted", scp_written(&w));
}

static void scp03_r_enc(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "session_enc");
    struct scp_bytes cipher = vector_hex(v, v->inputs, "encrypted");
    uint8_t iv[16];
    uint8_t plain[256];
    size_t len;
    if (cipher.len <= sizeof plain && scp03_icv(v, &key, 0x80, iv) &&
        vector_ok(v, "cbc", scp_aes_cbc_decrypt(&key, iv, cipher, plain)) &&
        vector_ok(v, "padding", scp_unpad(scp_bytes_of(plain, cipher.len), &len)))
        vector_expect_bytes(v, v->expected, "data", scp_bytes_of(plain, len));
}

static const struct vector_kind kinds[] = {
    {"SCP03", "kdf", kdf},
    {"SCP03", "session-key-derivation", scp03_session_keys_by_kcv},
    {"SCP02", "session-key-derivation", scp02_session_keys},
    {"SCP03", "cryptogram", scp03_cryptogram},
    {"key-diversification", "EMV-CPS", diversify_emv},
    {"key-diversification", "VISA2", diversify_visa2},
    {"key-diversification", "VISA", diversify_visa},
    {"key-diversification", "KDF3", diversify_kdf3},
    {"key-diversification", "PBKDF2", keys_of_pass_phrase},
    {"GP", "KCV", kcv},
    {"SCP02", "sensitive-data-encryption", scp02_sensitive_data},
    {"SCP03", "sensitive-data-encryption", scp03_sensitive_data},
    {"SCP02", "c-mac", scp02_c_mac},
    {"SCP03", "r-mac", scp03_r_mac},
    {"SCP03", "c-enc", scp03_c_enc},
    {"SCP03", "r-enc", scp03_r_enc},
};

const struct vector_family vector_crypto = VECTOR_FAMILY(kinds);
