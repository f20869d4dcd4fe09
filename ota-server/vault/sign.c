/* ECDSA over P-256 with SHA-256. */
#include "ota-server/vault/internal.h"
#include "scp/crypto/hash.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>

enum { SCALAR_LEN = 32 };

/* wolfCrypt's generator blinds the arithmetic; it takes its seed from the system, and nothing of it
 * is seen outside, for the signature's own random number is derived from key and message. */
struct signer {
    WC_RNG rng;
    ecc_key key;
};

void vault_make_signing_key(const struct rebind_env *env, uint8_t key[32])
{
    /* The order of P-256 begins with FFFFFFFF 00000000: whatever begins with less is below it. */
    do {
        rebind_random(env, key, SCALAR_LEN);
    } while (scp_load_u32(key) == UINT32_MAX || scp_load_u32(key) == 0);
}

static enum scp_error set_up(struct signer *signer, const uint8_t *scalar)
{
    int result = wc_InitRng(&signer->rng);
    if (result == 0)
        result = wc_ecc_init(&signer->key);
    if (result == 0)
        result =
            wc_ecc_import_private_key_ex(scalar, SCALAR_LEN, NULL, 0, &signer->key, ECC_SECP256R1);
    if (result == 0)
        result = wc_ecc_set_rng(&signer->key, &signer->rng);
    return result == 0 ? SCP_OK : SCP_CRYPTO;
}

static void tear_down(struct signer *signer)
{
    wc_ecc_free(&signer->key);
    wc_FreeRng(&signer->rng);
    scp_wipe(signer, sizeof *signer);
}

static enum scp_error append(struct scp_writer *out, int result, struct scp_bytes bytes)
{
    if (result < 0)
        return SCP_CRYPTO;
    scp_put(out, bytes);
    return scp_writer_status(out);
}

enum scp_error vault_sign(struct vault *vault, struct scp_bytes bytes, struct scp_writer *signature)
{
    struct signer signer = {0};
    uint8_t digest[32], der[VAULT_SIGNATURE_MAX];
    word32 len = sizeof der;
    SCP_TRY(scp_sha256(bytes, digest));
    enum scp_error error = set_up(&signer, vault->secrets->signing_key);
    if (error == SCP_OK) {
        int result = wc_ecc_set_deterministic(&signer.key, 1);
        if (result == 0)
            result = wc_ecc_sign_hash(digest, sizeof digest, der, &len, &signer.rng, &signer.key);
        error = append(signature, result, scp_bytes_of(der, result == 0 ? len : 0));
    }
    tear_down(&signer);
    return error;
}

enum scp_error vault_public_key(struct vault *vault, struct scp_writer *out)
{
    struct signer signer = {0};
    uint8_t der[VAULT_PUBLIC_KEY_MAX];
    enum scp_error error = set_up(&signer, vault->secrets->signing_key);
    if (error == SCP_OK) {
        int len = wc_ecc_make_pub_ex(&signer.key, NULL, &signer.rng);
        if (len == 0)
            len = wc_EccPublicKeyToDer(&signer.key, der, sizeof der, 1);
        error = append(out, len, scp_bytes_of(der, len > 0 ? (size_t)len : 0));
    }
    tear_down(&signer);
    return error;
}

static enum scp_error verify(ecc_key *key, struct scp_bytes public_key, const uint8_t digest[32],
                             struct scp_bytes signature)
{
    word32 at = 0;
    int is_valid = 0;
    if (wc_EccPublicKeyDecode(public_key.ptr, &at, key, (word32)public_key.len) != 0 ||
        at != public_key.len || wc_ecc_get_curve_id(key->idx) != ECC_SECP256R1)
        return SCP_MALFORMED;
    int result =
        wc_ecc_verify_hash(signature.ptr, (word32)signature.len, digest, 32, &is_valid, key);
    return result == 0 && is_valid == 1 ? SCP_OK : SCP_BAD_SIGNATURE;
}

enum scp_error vault_verify(struct scp_bytes public_key, struct scp_bytes bytes,
                            struct scp_bytes signature)
{
    ecc_key key;
    uint8_t digest[32];
    SCP_TRY(scp_sha256(bytes, digest));
    if (public_key.len == 0 || signature.len == 0)
        return SCP_MALFORMED;
    if (wc_ecc_init(&key) != 0)
        return SCP_CRYPTO;
    enum scp_error error = verify(&key, public_key, digest, signature);
    wc_ecc_free(&key);
    return error;
}
