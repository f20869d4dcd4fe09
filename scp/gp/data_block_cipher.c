/* The ciphered load file data block (GPCS C.6). */
#include "scp/crypto/cipher.h"
#include "scp/gp/load_file.h"

#include <string.h>

typedef enum scp_error (*cbc)(const struct scp_key *key, const uint8_t *iv, struct scp_bytes in,
                              uint8_t *out);

/* What the type of a key decides. */
struct mode {
    size_t block;
    cbc encrypt;
    cbc decrypt;
};

static const struct mode des = {SCP_DES_BLOCK, scp_des3_cbc_encrypt, scp_des3_cbc_decrypt};
static const struct mode aes = {SCP_AES_BLOCK, scp_aes_cbc_encrypt, scp_aes_cbc_decrypt};

enum { BLOCK_MAX = SCP_AES_BLOCK };

/* The mode and its initial chaining value: as stated, or zeros. */
static enum scp_error set_up(const struct scp_data_block_cipher *cipher, const struct mode **mode,
                             uint8_t icv[BLOCK_MAX])
{
    if (cipher->type != SCP_KEY_TYPE_DES && cipher->type != SCP_KEY_TYPE_AES)
        return SCP_UNSUPPORTED;
    *mode = cipher->type == SCP_KEY_TYPE_DES ? &des : &aes;
    memset(icv, 0, BLOCK_MAX);
    if (cipher->icv.len == 0)
        return SCP_OK;
    if (cipher->icv.len != (*mode)->block)
        return SCP_OUT_OF_RANGE;
    memcpy(icv, cipher->icv.ptr, cipher->icv.len);
    return SCP_OK;
}

enum scp_error scp_data_block_encrypt(const struct scp_data_block_cipher *cipher,
                                      struct scp_bytes data_block, struct scp_writer *out)
{
    const struct mode *mode;
    uint8_t icv[BLOCK_MAX];
    SCP_TRY(set_up(cipher, &mode, icv));
    size_t padded = data_block.len - data_block.len % mode->block + mode->block;
    uint8_t *at = scp_put_space(out, padded);
    SCP_TRY(scp_writer_status(out));
    struct scp_writer w = scp_writer_on(at, padded);
    scp_put(&w, data_block);
    scp_pad(&w, mode->block);
    enum scp_error error = mode->encrypt(cipher->key, icv, scp_written(&w), at);
    if (error != SCP_OK)
        scp_writer_fail(out, error);
    return error;
}

/* Padding is never longer than a block. */
static enum scp_error unpad(struct scp_bytes padded, size_t block, size_t *len)
{
    SCP_TRY(scp_unpad(padded, len));
    return padded.len - *len <= block ? SCP_OK : SCP_BAD_PADDING;
}

enum scp_error scp_data_block_decrypt(const struct scp_data_block_cipher *cipher,
                                      struct scp_bytes ciphered, struct scp_writer *out)
{
    const struct mode *mode;
    uint8_t icv[BLOCK_MAX];
    size_t len = 0;
    SCP_TRY(set_up(cipher, &mode, icv));
    if (ciphered.len == 0 || ciphered.len % mode->block != 0)
        return SCP_OUT_OF_RANGE;
    uint8_t *at = scp_put_space(out, ciphered.len);
    SCP_TRY(scp_writer_status(out));
    enum scp_error error = mode->decrypt(cipher->key, icv, ciphered, at);
    if (error == SCP_OK)
        error = unpad(scp_bytes_of(at, ciphered.len), mode->block, &len);
    if (error != SCP_OK)
        scp_writer_fail(out, error);
    out->len -= ciphered.len - len;
    return error;
}
