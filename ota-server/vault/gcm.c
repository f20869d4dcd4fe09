#include "ota-server/vault/gcm.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hmac.h>

void writer_take_back(struct scp_writer *w, size_t len)
{
    if (w->len > len)
        scp_wipe(&w->buf[len], w->len - len);
    w->len = len;
}

static enum scp_error set_up(Aes *aes, const struct scp_key *key)
{
    if (key->len != GCM_KEY_LEN)
        return SCP_OUT_OF_RANGE;
    if (wc_AesInit(aes, NULL, INVALID_DEVID) != 0)
        return SCP_CRYPTO;
    return wc_AesGcmSetKey(aes, key->bytes, GCM_KEY_LEN) == 0 ? SCP_OK : SCP_CRYPTO;
}

static void tear_down(Aes *aes)
{
    wc_AesFree(aes);
    scp_wipe(aes, sizeof *aes);
}

enum scp_error gcm_seal(const struct scp_key *key, const uint8_t nonce[GCM_NONCE_LEN],
                        struct scp_bytes associated, struct scp_bytes plain, struct scp_writer *out)
{
    Aes aes = {0};
    const size_t before = out->len;
    uint8_t *cipher = scp_put_space(out, plain.len);
    uint8_t *tag = scp_put_space(out, GCM_TAG_LEN);
    SCP_TRY(scp_writer_status(out));
    enum scp_error error = set_up(&aes, key);
    if (error == SCP_OK &&
        wc_AesGcmEncrypt(&aes, cipher, plain.ptr, (word32)plain.len, nonce, GCM_NONCE_LEN, tag,
                         GCM_TAG_LEN, associated.ptr, (word32)associated.len) != 0)
        error = SCP_CRYPTO;
    tear_down(&aes);
    if (error != SCP_OK)
        writer_take_back(out, before);
    return error;
}

static enum scp_error decrypt(Aes *aes, const uint8_t nonce[GCM_NONCE_LEN],
                              struct scp_bytes associated, struct scp_bytes sealed, uint8_t *plain)
{
    const size_t len = sealed.len - GCM_TAG_LEN;
    const struct scp_bytes tag = scp_bytes_from(sealed, len);
    int result = wc_AesGcmDecrypt(aes, plain, sealed.ptr, (word32)len, nonce, GCM_NONCE_LEN,
                                  tag.ptr, GCM_TAG_LEN, associated.ptr, (word32)associated.len);
    if (result == AES_GCM_AUTH_E)
        return SCP_BAD_MAC;
    return result == 0 ? SCP_OK : SCP_CRYPTO;
}

enum scp_error gcm_open(const struct scp_key *key, const uint8_t nonce[GCM_NONCE_LEN],
                        struct scp_bytes associated, struct scp_bytes sealed,
                        struct scp_writer *out)
{
    Aes aes = {0};
    const size_t before = out->len;
    if (sealed.len < GCM_TAG_LEN)
        return SCP_TRUNCATED;
    uint8_t *plain = scp_put_space(out, sealed.len - GCM_TAG_LEN);
    SCP_TRY(scp_writer_status(out));
    enum scp_error error = set_up(&aes, key);
    if (error == SCP_OK)
        error = decrypt(&aes, nonce, associated, sealed, plain);
    tear_down(&aes);
    if (error != SCP_OK)
        writer_take_back(out, before);
    return error;
}

enum scp_error hmac_sha256(const uint8_t key[32], const struct scp_bytes *parts, size_t count,
                           uint8_t out[32])
{
    Hmac hmac;
    if (wc_HmacInit(&hmac, NULL, INVALID_DEVID) != 0)
        return SCP_CRYPTO;
    int result = wc_HmacSetKey(&hmac, WC_SHA256, key, 32);
    for (size_t i = 0; i < count && result == 0; i++)
        if (parts[i].len > 0)
            result = wc_HmacUpdate(&hmac, parts[i].ptr, (word32)parts[i].len);
    if (result == 0)
        result = wc_HmacFinal(&hmac, out);
    wc_HmacFree(&hmac);
    scp_wipe(&hmac, sizeof hmac);
    return result == 0 ? SCP_OK : SCP_CRYPTO;
}
