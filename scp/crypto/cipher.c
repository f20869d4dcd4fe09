#include "scp/crypto/cipher.h"

#include "scp/crypto/wolf.h"

#include <string.h>

enum scp_error scp_des3_key_expand(const struct scp_key *key, uint8_t full[SCP_DES3_KEY])
{
    if (key->len != 16 && key->len != SCP_DES3_KEY)
        return SCP_OUT_OF_RANGE;
    memcpy(full, key->bytes, 16);
    memcpy(full + 16, key->len == 16 ? key->bytes : key->bytes + 16, 8);
    return SCP_OK;
}

/* ---- single DES --------------------------------------------------------------------------- */

/* With a zero IV, CBC over one block is the block cipher. */
static enum scp_error des_block(const uint8_t key[8], const uint8_t in[8], uint8_t out[8],
                                int direction)
{
    const uint8_t zero[SCP_DES_BLOCK] = {0};
    Des des;
    int failed = wc_Des_SetKey(&des, key, zero, direction);
    if (failed == 0)
        failed = direction == DES_ENCRYPTION ? wc_Des_CbcEncrypt(&des, out, in, SCP_DES_BLOCK)
                                             : wc_Des_CbcDecrypt(&des, out, in, SCP_DES_BLOCK);
    scp_wipe(&des, sizeof des);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}

enum scp_error scp_des_encrypt_block(const uint8_t key[8], const uint8_t in[8], uint8_t out[8])
{
    return des_block(key, in, out, DES_ENCRYPTION);
}

enum scp_error scp_des_decrypt_block(const uint8_t key[8], const uint8_t in[8], uint8_t out[8])
{
    return des_block(key, in, out, DES_DECRYPTION);
}

/* ---- 3DES --------------------------------------------------------------------------------- */

static enum scp_error des3_setup(Des3 *des, const struct scp_key *key, const uint8_t iv[8],
                                 int direction)
{
    uint8_t full[SCP_DES3_KEY];
    SCP_TRY(scp_des3_key_expand(key, full));
    int failed = wc_Des3Init(des, NULL, INVALID_DEVID);
    if (failed == 0)
        failed = wc_Des3_SetKey(des, full, iv, direction);
    scp_wipe(full, sizeof full);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}

typedef int (*des3_run)(Des3 *des, byte *out, const byte *in, word32 len);

/* How a 3DES function differs from its neighbours. */
struct des3_mode {
    int direction;
    des3_run run;
};

static enum scp_error des3(const struct des3_mode *mode, const struct scp_key *key,
                           const uint8_t iv[8], struct scp_bytes in, uint8_t *out)
{
    if (in.len % SCP_DES_BLOCK != 0)
        return SCP_OUT_OF_RANGE;
    Des3 des;
    enum scp_error error = des3_setup(&des, key, iv, mode->direction);
    if (error == SCP_OK && in.len > 0 && mode->run(&des, out, in.ptr, (word32)in.len) != 0)
        error = SCP_CRYPTO;
    scp_wipe(&des, sizeof des);
    return error;
}

static const uint8_t no_iv[SCP_DES_BLOCK];

enum scp_error scp_des3_ecb_encrypt(const struct scp_key *key, struct scp_bytes in, uint8_t *out)
{
    const struct des3_mode mode = {DES_ENCRYPTION, wc_Des3_EcbEncrypt};
    return des3(&mode, key, no_iv, in, out);
}

enum scp_error scp_des3_ecb_decrypt(const struct scp_key *key, struct scp_bytes in, uint8_t *out)
{
    const struct des3_mode mode = {DES_DECRYPTION, wc_Des3_EcbDecrypt};
    return des3(&mode, key, no_iv, in, out);
}

enum scp_error scp_des3_cbc_encrypt(const struct scp_key *key, const uint8_t iv[8],
                                    struct scp_bytes in, uint8_t *out)
{
    const struct des3_mode mode = {DES_ENCRYPTION, wc_Des3_CbcEncrypt};
    return des3(&mode, key, iv, in, out);
}

enum scp_error scp_des3_cbc_decrypt(const struct scp_key *key, const uint8_t iv[8],
                                    struct scp_bytes in, uint8_t *out)
{
    const struct des3_mode mode = {DES_DECRYPTION, wc_Des3_CbcDecrypt};
    return des3(&mode, key, iv, in, out);
}

/* ---- AES ---------------------------------------------------------------------------------- */

enum scp_error scp_aes_setup(Aes *aes, const struct scp_key *key, int direction,
                             const uint8_t iv[16])
{
    if (key->len != 16 && key->len != 24 && key->len != 32)
        return SCP_OUT_OF_RANGE;
    if (wc_AesInit(aes, NULL, INVALID_DEVID) != 0)
        return SCP_CRYPTO;
    if (wc_AesSetKey(aes, key->bytes, (word32)key->len, iv, direction) != 0)
        return SCP_CRYPTO;
    return SCP_OK;
}

void scp_aes_wipe(Aes *aes)
{
    scp_wipe(aes->key, sizeof aes->key);
    scp_wipe(aes->reg, sizeof aes->reg);
    scp_wipe(aes->tmp, sizeof aes->tmp);
}

typedef int (*aes_run)(Aes *aes, byte *out, const byte *in, word32 len);

struct aes_mode {
    int direction;
    aes_run run;
};

static enum scp_error aes_cbc(const struct aes_mode *mode, const struct scp_key *key,
                              const uint8_t iv[16], struct scp_bytes in, uint8_t *out)
{
    if (in.len % SCP_AES_BLOCK != 0)
        return SCP_OUT_OF_RANGE;
    Aes aes;
    enum scp_error error = scp_aes_setup(&aes, key, mode->direction, iv);
    if (error == SCP_OK && in.len > 0 && mode->run(&aes, out, in.ptr, (word32)in.len) != 0)
        error = SCP_CRYPTO;
    scp_aes_wipe(&aes);
    return error;
}

enum scp_error scp_aes_cbc_encrypt(const struct scp_key *key, const uint8_t iv[16],
                                   struct scp_bytes in, uint8_t *out)
{
    const struct aes_mode mode = {AES_ENCRYPTION, wc_AesCbcEncrypt};
    return aes_cbc(&mode, key, iv, in, out);
}

enum scp_error scp_aes_cbc_decrypt(const struct scp_key *key, const uint8_t iv[16],
                                   struct scp_bytes in, uint8_t *out)
{
    const struct aes_mode mode = {AES_DECRYPTION, wc_AesCbcDecrypt};
    return aes_cbc(&mode, key, iv, in, out);
}

enum scp_error scp_aes_encrypt_block(const struct scp_key *key, const uint8_t in[16],
                                     uint8_t out[16])
{
    const uint8_t zero[SCP_AES_BLOCK] = {0};
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
