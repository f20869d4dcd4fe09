/* Payment applications: keys, cryptograms, secure messaging of scripts, certificates. */
#include "scp/crypto/cipher.h"
#include "scp/emv/certificate.h"
#include "scp/emv/cryptogram.h"
#include "tests/vectors/families.h"

#include <stdio.h>
#include <string.h>

static bool is(struct vector *v, const char *name, const char *text)
{
    return vector_has(v->inputs, name) && strcmp(vector_text(v, v->inputs, name), text) == 0;
}

/* Decimal digits as tag 5A holds them; a failure when they are none. */
static struct scp_bytes pan_of(struct vector *v, uint8_t buffer[SCP_EMV_PAN_MAX])
{
    const char *digits = vector_text(v, v->inputs, "pan");
    char text[2 * SCP_EMV_PAN_MAX + 2];
    size_t len = digits == NULL ? 0 : strlen(digits);
    if (len == 0 || len > (size_t)2 * SCP_EMV_PAN_MAX)
        return SCP_EMPTY;
    (void)snprintf(text, sizeof text, "%s%s", digits, len % 2 == 0 ? "" : "F");
    struct scp_writer w = scp_writer_on(buffer, SCP_EMV_PAN_MAX);
    return vector_ok(v, "pan", scp_hex_decode(text, &w)) ? scp_written(&w) : SCP_EMPTY;
}

typedef enum scp_error card_key_of(const struct scp_key *issuer_master, struct scp_bytes pan,
                                   uint8_t psn, struct scp_key *card_key);

static struct scp_key card_key(struct vector *v, const char *master_name, card_key_of *derive)
{
    struct scp_key master = vector_key(v, v->inputs, master_name);
    struct scp_key out = {.len = 0};
    uint8_t buffer[SCP_EMV_PAN_MAX];
    uint8_t psn = (uint8_t)vector_u32(v, v->inputs, "psn", 0);
    (void)vector_ok(v, "card key", derive(&master, pan_of(v, buffer), psn, &out));
    return out;
}

static struct scp_key session_key(struct vector *v, const struct scp_key *card)
{
    struct scp_key out = {.len = 0};
    struct scp_bytes value = vector_hex(v, v->inputs, "session_diversifier");
    (void)vector_ok(v, "session_diversifier", value.len == 8 ? SCP_OK : SCP_OUT_OF_RANGE);
    if (value.len == 8)
        (void)vector_ok(v, "session key", scp_emv_session_key_from(card, value.ptr, &out));
    return out;
}

/* ---- keys and cryptograms -------------------------------------------------------------------- */

static void check_response(struct vector *v, const struct scp_key *key, const uint8_t arqc[8])
{
    if (!vector_has(v->expected, "arpc"))
        return;
    uint8_t response[SCP_EMV_CRYPTOGRAM_SIZE];
    struct scp_bytes data = vector_hex(v, v->inputs, "arpc_data");
    bool short_one = is(v, "arpc_method", "2");
    size_t size = short_one ? SCP_EMV_SHORT_CRYPTOGRAM_SIZE : SCP_EMV_CRYPTOGRAM_SIZE;
    if (!short_one && data.len != 2) {
        vector_fail(v, "arpc_data", "a response code", "another length");
        return;
    }
    if (vector_ok(v, "arpc",
                  short_one ? scp_emv_response_2(key, arqc, data, response)
                            : scp_emv_response_1(key, arqc, data.ptr, response)))
        vector_expect_bytes(v, v->expected, "arpc", scp_bytes_of(response, size));
}

static void key_and_cryptogram(struct vector *v)
{
    struct scp_key card = card_key(v, "issuer_master_key",
                                   is(v, "option", "B") ? scp_emv_card_key_b : scp_emv_card_key);
    vector_expect_bytes(v, v->expected, "card_master_key", scp_key_bytes(&card));
    if (!vector_has(v->inputs, "session_diversifier"))
        return;
    struct scp_key session = session_key(v, &card);
    vector_expect_bytes(v, v->expected, "session_key", scp_key_bytes(&session));
    if (!vector_has(v->inputs, "cryptogram_data"))
        return;
    struct scp_bytes data = vector_hex(v, v->inputs, "cryptogram_data");
    uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE];
    if (!vector_ok(v, "cryptogram",
                   is(v, "cryptogram_padding", "00")
                       ? scp_emv_cryptogram_zero_padded(&session, data, cryptogram)
                       : scp_emv_cryptogram(&session, data, cryptogram)))
        return;
    vector_expect_bytes(v, v->expected, "cryptogram", SCP_BYTES(cryptogram));
    check_response(v, is(v, "arpc_key", "session key") ? &session : &card, cryptogram);
}

/* ---- secure messaging ------------------------------------------------------------------------ */

static void secure_messaging(struct vector *v)
{
    uint8_t cipher[8];
    uint8_t input[5 + sizeof cipher];
    uint8_t mac[SCP_EMV_CRYPTOGRAM_SIZE];
    struct scp_key card = card_key(v, "issuer_master_key_mac", scp_emv_card_key);
    struct scp_key session = session_key(v, &card);
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put(&w, vector_hex(v, v->inputs, "command_header"));
    vector_expect_bytes(v, v->expected, "session_key_mac", scp_key_bytes(&session));
    if (vector_has(v->inputs, "pin_block")) {
        struct scp_bytes block = vector_hex(v, v->inputs, "pin_block");
        struct scp_key other = card_key(v, "issuer_master_key_enc", scp_emv_card_key);
        struct scp_key enc = session_key(v, &other);
        vector_expect_bytes(v, v->expected, "session_key_enc", scp_key_bytes(&enc));
        if (block.len != sizeof cipher ||
            !vector_ok(v, "encrypt", scp_des3_ecb_encrypt(&enc, block, cipher)))
            return;
        vector_expect_bytes(v, v->expected, "encrypted", SCP_BYTES(cipher));
        scp_put(&w, SCP_BYTES(cipher));
    }
    if (vector_ok(v, "mac", scp_emv_cryptogram(&session, scp_written(&w), mac)))
        vector_expect_bytes(v, v->expected, "mac", SCP_BYTES(mac));
}

/* ---- certificates ---------------------------------------------------------------------------- */

static void public_key_recovery(struct vector *v)
{
    const struct scp_emv_public_key authority = {.modulus = vector_hex(v, v->inputs, "ca_modulus"),
                                                 .exponent =
                                                     vector_hex(v, v->inputs, "ca_exponent")};
    const struct scp_emv_issuer_certificate certificate = {
        .certificate = vector_hex(v, v->inputs, "certificate_tag90"),
        .remainder = vector_hex(v, v->inputs, "remainder_tag92"),
        .exponent = vector_hex(v, v->inputs, "exponent_tag9F32")};
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_emv_issuer_key issuer;
    struct scp_emv_recovered block;
    if (!vector_ok(v, "recover",
                   scp_emv_recover(&authority, certificate.certificate, buffer, &block)))
        return;
    vector_expect_bytes(v, v->expected, "recovered", block.whole);
    vector_expect_bytes(v, v->expected, "hash", block.hash);
    if (!vector_ok(v, "issuer key",
                   scp_emv_issuer_key_recover(&authority, &certificate, buffer, &issuer)))
        return;
    vector_expect_bytes(v, v->expected, "issuer_id", issuer.issuer_id);
    vector_expect_bytes(v, v->expected, "expiry", issuer.expiry);
    vector_expect_bytes(v, v->expected, "serial", issuer.serial);
    vector_expect_bytes(v, v->expected, "issuer_modulus",
                        scp_bytes_of(issuer.modulus_buffer, issuer.modulus_len));
}

/* The records that were signed are not in the source: what can be checked is the recovery. */
static void static_signature(struct vector *v)
{
    const struct scp_emv_public_key issuer = {.modulus = vector_hex(v, v->inputs, "issuer_modulus"),
                                              .exponent =
                                                  vector_hex(v, v->inputs, "issuer_exponent")};
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_emv_recovered block;
    if (!vector_ok(v, "recover",
                   scp_emv_recover(&issuer, vector_hex(v, v->inputs, "signed_data_tag93"), buffer,
                                   &block)))
        return;
    vector_expect_bytes(v, v->expected, "recovered", block.whole);
    vector_expect_bytes(v, v->expected, "data_authentication_code",
                        scp_bytes_slice(block.content, 1, 2));
    vector_expect_bytes(v, v->expected, "hash", block.hash);
}

static const struct vector_kind kinds[] = {
    {"EMV", "card-key-and-cryptogram", key_and_cryptogram},
    {"EMV", "secure-messaging", secure_messaging},
    {"EMV", "public-key-recovery", public_key_recovery},
    {"EMV", "static-signature", static_signature},
};

const struct vector_family vector_emv = VECTOR_FAMILY(kinds);
