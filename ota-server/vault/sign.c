/* The vault's own signatures: ECDSA over P-256 with SHA-256, in DER, as other programs take them.
 * Nothing here reads the system's randomness: it is the environment's. */
#include "ota-server/vault/internal.h"
#include "scp/crypto/signature.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/ecc.h>

#include <string.h>

enum {
    SCALAR_LEN = 32,
    POINT_LEN = 1 + 2 * SCALAR_LEN, /* 04 ‖ x ‖ y */
    PLAIN_LEN = 2 * SCALAR_LEN,     /* r ‖ s */
    DER_SEQUENCE = 0x30,
    DER_INTEGER = 0x02,
};

/* SubjectPublicKeyInfo of a P-256 key up to its point (RFC 5480). */
static const uint8_t public_key_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                          0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                          0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

void vault_make_signing_key(const struct rebind_env *env, uint8_t key[32])
{
    /* The order of P-256 begins with FFFFFFFF 00000000: whatever begins with less is below it. */
    do {
        rebind_random(env, key, SCALAR_LEN);
    } while (scp_load_u32(key) == UINT32_MAX || scp_load_u32(key) == 0);
}

/* ---- DER (X.690 8.3, 8.9) ----------------------------------------------------------------- */

/* A number in as few bytes as it takes, never negative. */
static void put_integer(struct scp_writer *w, struct scp_bytes number)
{
    while (number.len > 1 && number.ptr[0] == 0)
        number = scp_bytes_from(number, 1);
    bool pad = (number.ptr[0] & 0x80) != 0;
    scp_put_u8(w, DER_INTEGER);
    scp_put_u8(w, (uint8_t)(number.len + pad));
    if (pad)
        scp_put_u8(w, 0);
    scp_put(w, number);
}

static enum scp_error put_der(struct scp_writer *w, struct scp_bytes plain)
{
    uint8_t body[VAULT_SIGNATURE_MAX];
    struct scp_writer numbers = scp_writer_on(body, sizeof body);
    put_integer(&numbers, scp_bytes_slice(plain, 0, SCALAR_LEN));
    put_integer(&numbers, scp_bytes_from(plain, SCALAR_LEN));
    scp_put_u8(w, DER_SEQUENCE);
    scp_put_lv(w, scp_written(&numbers));
    return scp_writer_status(w);
}

static void get_integer(struct scp_reader *r, uint8_t out[SCALAR_LEN])
{
    if (scp_get_u8(r) != DER_INTEGER)
        scp_reader_fail(r, SCP_MALFORMED);
    struct scp_bytes number = scp_get_lv(r);
    if (number.len > 1 && number.ptr[0] == 0)
        number = scp_bytes_from(number, 1);
    if (number.len == 0 || number.len > SCALAR_LEN) {
        scp_reader_fail(r, SCP_MALFORMED);
        return;
    }
    memset(out, 0, SCALAR_LEN);
    memcpy(out + SCALAR_LEN - number.len, number.ptr, number.len);
}

static bool get_der(struct scp_bytes der, uint8_t plain[PLAIN_LEN])
{
    struct scp_reader outer = scp_reader_on(der);
    bool is_sequence = scp_get_u8(&outer) == DER_SEQUENCE;
    struct scp_reader r = scp_reader_on(scp_get_lv(&outer));
    get_integer(&r, plain);
    get_integer(&r, plain + SCALAR_LEN);
    return is_sequence && scp_reader_end(&outer) == SCP_OK && scp_reader_end(&r) == SCP_OK;
}

/* ---- signing ------------------------------------------------------------------------------ */

enum scp_error vault_sign(struct vault *vault, struct scp_bytes bytes, struct scp_writer *signature)
{
    struct scp_signature_key key;
    uint8_t random[SCP_SIGNATURE_RANDOM];
    uint8_t plain[PLAIN_LEN];
    struct scp_writer w = scp_writer_on(plain, sizeof plain);
    SCP_TRY(scp_signature_key_ec(&key, SCP_CURVE_P256, SCP_EMPTY,
                                 SCP_BYTES(vault->secrets->signing_key)));
    rebind_random(vault->env, random, sizeof random);
    enum scp_error error = scp_sign(&key, random, bytes, &w);
    scp_wipe(random, sizeof random);
    return error == SCP_OK ? put_der(signature, scp_written(&w)) : error;
}

/* The point of the scalar. wolfCrypt keeps what a thread has calculated with until told not to. */
static enum scp_error make_point(const uint8_t scalar[SCALAR_LEN], uint8_t point[POINT_LEN])
{
    ecc_key key;
    word32 len = POINT_LEN;
    if (wc_ecc_init(&key) != 0)
        return SCP_CRYPTO;
    int failed = wc_ecc_import_private_key_ex(scalar, SCALAR_LEN, NULL, 0, &key, ECC_SECP256R1);
    if (failed == 0)
        failed = wc_ecc_make_pub(&key, NULL);
    if (failed == 0)
        failed = wc_ecc_export_x963(&key, point, &len);
    wc_ecc_free(&key);
    wc_ecc_fp_free();
    scp_wipe(&key, sizeof key);
    return failed == 0 && len == POINT_LEN ? SCP_OK : SCP_CRYPTO;
}

enum scp_error vault_public_key(struct vault *vault, struct scp_writer *out)
{
    uint8_t point[POINT_LEN];
    SCP_TRY(make_point(vault->secrets->signing_key, point));
    scp_put(out, SCP_BYTES(public_key_head));
    scp_put(out, SCP_BYTES(point));
    return scp_writer_status(out);
}

enum scp_error vault_verify(struct scp_bytes public_key, struct scp_bytes bytes,
                            struct scp_bytes signature)
{
    struct scp_signature_key key;
    uint8_t plain[PLAIN_LEN];
    struct scp_bytes head = scp_bytes_slice(public_key, 0, sizeof public_key_head);
    if (public_key.len != sizeof public_key_head + POINT_LEN ||
        !scp_bytes_equal(head, SCP_BYTES(public_key_head)) || signature.len == 0)
        return SCP_MALFORMED;
    SCP_TRY(scp_signature_key_ec(&key, SCP_CURVE_P256,
                                 scp_bytes_from(public_key, sizeof public_key_head), SCP_EMPTY));
    return get_der(signature, plain) ? scp_verify(&key, bytes, SCP_BYTES(plain))
                                     : SCP_BAD_SIGNATURE;
}
