#include "scp/crypto/cipher.h"

#include "scp/crypto/wolf.h"

#include <string.h>

_Static_assert(sizeof(Aes) <= SCP_AES_OPAQUE && _Alignof(Aes) <= 16, "an Aes fits its schedule");
_Static_assert(sizeof(Des) <= SCP_DES_OPAQUE && _Alignof(Des) <= 16, "a Des fits its schedule");
_Static_assert(sizeof(Des3) <= SCP_DES3_OPAQUE && _Alignof(Des3) <= 16, "a Des3 fits its schedule");

static const uint8_t zero[SCP_AES_BLOCK];

/* ---- schedules ---------------------------------------------------------------------------- */

static enum scp_error result(int failed)
{
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}

enum scp_error scp_aes_set(struct scp_aes *aes, const struct scp_key *key,
                           enum scp_direction direction)
{
    int of_wolf = direction == SCP_ENCRYPT ? AES_ENCRYPTION : AES_DECRYPTION;
    if (key->len != 16 && key->len != 24 && key->len != 32)
        return SCP_OUT_OF_RANGE;
    int failed = wc_AesInit(scp_aes_in(aes), NULL, INVALID_DEVID);
    if (failed == 0)
        failed = wc_AesSetKey(scp_aes_in(aes), key->bytes, (word32)key->len, zero, of_wolf);
    if (failed != 0)
        scp_wipe(aes, sizeof *aes);
    return result(failed);
}

enum scp_error scp_des_set(struct scp_des *des, const uint8_t key[8], enum scp_direction direction)
{
    int of_wolf = direction == SCP_ENCRYPT ? DES_ENCRYPTION : DES_DECRYPTION;
    int failed = wc_Des_SetKey(scp_des_in(des), key, zero, of_wolf);
    if (failed != 0)
        scp_wipe(des, sizeof *des);
    return result(failed);
}

enum scp_error scp_des3_set(struct scp_des3 *des, const struct scp_key *key,
                            enum scp_direction direction)
{
    int of_wolf = direction == SCP_ENCRYPT ? DES_ENCRYPTION : DES_DECRYPTION;
    uint8_t full[SCP_DES3_KEY];
    if (key->len != 16 && key->len != SCP_DES3_KEY)
        return SCP_OUT_OF_RANGE;
    memcpy(full, key->bytes, 16);
    memcpy(full + 16, key->len == 16 ? key->bytes : key->bytes + 16, 8);
    int failed = wc_Des3Init(scp_des3_in(des), NULL, INVALID_DEVID);
    if (failed == 0)
        failed = wc_Des3_SetKey(scp_des3_in(des), full, zero, of_wolf);
    scp_wipe(full, sizeof full);
    if (failed != 0)
        scp_wipe(des, sizeof *des);
    return result(failed);
}

enum scp_error scp_aes_encrypt(struct scp_aes *aes, const uint8_t iv[16], struct scp_bytes in,
                               uint8_t *out)
{
    if (in.len % SCP_AES_BLOCK != 0)
        return SCP_OUT_OF_RANGE;
    int failed = wc_AesSetIV(scp_aes_in(aes), iv);
    if (failed == 0 && in.len > 0)
        failed = wc_AesCbcEncrypt(scp_aes_in(aes), out, in.ptr, (word32)in.len);
    return result(failed);
}

enum scp_error scp_aes_decrypt(struct scp_aes *aes, const uint8_t iv[16], struct scp_bytes in,
                               uint8_t *out)
{
    if (in.len % SCP_AES_BLOCK != 0)
        return SCP_OUT_OF_RANGE;
    int failed = wc_AesSetIV(scp_aes_in(aes), iv);
    if (failed == 0 && in.len > 0)
        failed = wc_AesCbcDecrypt(scp_aes_in(aes), out, in.ptr, (word32)in.len);
    return result(failed);
}

enum scp_error scp_des_encrypt(struct scp_des *des, const uint8_t iv[8], struct scp_bytes in,
                               uint8_t *out)
{
    if (in.len % SCP_DES_BLOCK != 0)
        return SCP_OUT_OF_RANGE;
    wc_Des_SetIV(scp_des_in(des), iv);
    return in.len == 0 ? SCP_OK
                       : result(wc_Des_CbcEncrypt(scp_des_in(des), out, in.ptr, (word32)in.len));
}

enum scp_error scp_des_decrypt(struct scp_des *des, const uint8_t iv[8], struct scp_bytes in,
                               uint8_t *out)
{
    if (in.len % SCP_DES_BLOCK != 0)
        return SCP_OUT_OF_RANGE;
    wc_Des_SetIV(scp_des_in(des), iv);
    return in.len == 0 ? SCP_OK
                       : result(wc_Des_CbcDecrypt(scp_des_in(des), out, in.ptr, (word32)in.len));
}

enum scp_error scp_des3_encrypt(struct scp_des3 *des, const uint8_t iv[8], struct scp_bytes in,
                                uint8_t *out)
{
    if (in.len % SCP_DES_BLOCK != 0)
        return SCP_OUT_OF_RANGE;
    int failed = wc_Des3_SetIV(scp_des3_in(des), iv);
    if (failed == 0 && in.len > 0)
        failed = wc_Des3_CbcEncrypt(scp_des3_in(des), out, in.ptr, (word32)in.len);
    return result(failed);
}

enum scp_error scp_des3_decrypt(struct scp_des3 *des, const uint8_t iv[8], struct scp_bytes in,
                                uint8_t *out)
{
    if (in.len % SCP_DES_BLOCK != 0)
        return SCP_OUT_OF_RANGE;
    int failed = wc_Des3_SetIV(scp_des3_in(des), iv);
    if (failed == 0 && in.len > 0)
        failed = wc_Des3_CbcDecrypt(scp_des3_in(des), out, in.ptr, (word32)in.len);
    return result(failed);
}

/* ---- one call: DES ------------------------------------------------------------------------ */

/* With a zero IV, CBC over one block is the block cipher. */
enum scp_error scp_des_encrypt_block(const uint8_t key[8], const uint8_t in[8], uint8_t out[8])
{
    struct scp_des des;
    SCP_TRY(scp_des_set(&des, key, SCP_ENCRYPT));
    enum scp_error error = scp_des_encrypt(&des, zero, scp_bytes_of(in, SCP_DES_BLOCK), out);
    scp_wipe(&des, sizeof des);
    return error;
}

enum scp_error scp_des_decrypt_block(const uint8_t key[8], const uint8_t in[8], uint8_t out[8])
{
    struct scp_des des;
    SCP_TRY(scp_des_set(&des, key, SCP_DECRYPT));
    enum scp_error error = scp_des_decrypt(&des, zero, scp_bytes_of(in, SCP_DES_BLOCK), out);
    scp_wipe(&des, sizeof des);
    return error;
}

typedef int (*ecb_run)(Des3 *des, byte *out, const byte *in, word32 len);

static enum scp_error des3_ecb(ecb_run run, struct scp_des3 *des, struct scp_bytes in, uint8_t *out)
{
    enum scp_error error = SCP_OK;
    if (in.len % SCP_DES_BLOCK != 0)
        error = SCP_OUT_OF_RANGE;
    else if (in.len > 0)
        error = result(run(scp_des3_in(des), out, in.ptr, (word32)in.len));
    scp_wipe(des, sizeof *des);
    return error;
}

enum scp_error scp_des3_ecb_encrypt(const struct scp_key *key, struct scp_bytes in, uint8_t *out)
{
    struct scp_des3 des;
    SCP_TRY(scp_des3_set(&des, key, SCP_ENCRYPT));
    return des3_ecb(wc_Des3_EcbEncrypt, &des, in, out);
}

enum scp_error scp_des3_ecb_decrypt(const struct scp_key *key, struct scp_bytes in, uint8_t *out)
{
    struct scp_des3 des;
    SCP_TRY(scp_des3_set(&des, key, SCP_DECRYPT));
    return des3_ecb(wc_Des3_EcbDecrypt, &des, in, out);
}

enum scp_error scp_des3_cbc_encrypt(const struct scp_key *key, const uint8_t iv[8],
                                    struct scp_bytes in, uint8_t *out)
{
    struct scp_des3 des;
    SCP_TRY(scp_des3_set(&des, key, SCP_ENCRYPT));
    enum scp_error error = scp_des3_encrypt(&des, iv, in, out);
    scp_wipe(&des, sizeof des);
    return error;
}

enum scp_error scp_des3_cbc_decrypt(const struct scp_key *key, const uint8_t iv[8],
                                    struct scp_bytes in, uint8_t *out)
{
    struct scp_des3 des;
    SCP_TRY(scp_des3_set(&des, key, SCP_DECRYPT));
    enum scp_error error = scp_des3_decrypt(&des, iv, in, out);
    scp_wipe(&des, sizeof des);
    return error;
}

/* ---- one call: AES ------------------------------------------------------------------------ */

enum scp_error scp_aes_cbc_encrypt(const struct scp_key *key, const uint8_t iv[16],
                                   struct scp_bytes in, uint8_t *out)
{
    struct scp_aes aes;
    SCP_TRY(scp_aes_set(&aes, key, SCP_ENCRYPT));
    enum scp_error error = scp_aes_encrypt(&aes, iv, in, out);
    scp_wipe(&aes, sizeof aes);
    return error;
}

enum scp_error scp_aes_cbc_decrypt(const struct scp_key *key, const uint8_t iv[16],
                                   struct scp_bytes in, uint8_t *out)
{
    struct scp_aes aes;
    SCP_TRY(scp_aes_set(&aes, key, SCP_DECRYPT));
    enum scp_error error = scp_aes_decrypt(&aes, iv, in, out);
    scp_wipe(&aes, sizeof aes);
    return error;
}

enum scp_error scp_aes_encrypt_block(const struct scp_key *key, const uint8_t in[16],
                                     uint8_t out[16])
{
    return scp_aes_cbc_encrypt(key, zero, scp_bytes_of(in, SCP_AES_BLOCK), out);
}

/* ---- padding ------------------------------------------------------------------------------ */

void scp_pad(struct scp_writer *w, size_t block)
{
    scp_put_u8(w, 0x80);
    if (w->len % block != 0)
        scp_put_fill(w, 0x00, block - w->len % block);
}

enum scp_error scp_unpad(struct scp_bytes padded, size_t *len)
{
    size_t end = padded.len;
    while (end > 0 && padded.ptr[end - 1] == 0x00)
        end--;
    if (end == 0 || padded.ptr[end - 1] != 0x80)
        return SCP_BAD_PADDING;
    *len = end - 1;
    return SCP_OK;
}
