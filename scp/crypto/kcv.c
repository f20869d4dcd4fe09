#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"

#include <string.h>

enum { KCV_SIZE = 3 };

enum scp_error scp_kcv_des(const struct scp_key *key, uint8_t kcv[3])
{
    const uint8_t zeros[SCP_DES_BLOCK] = {0};
    uint8_t out[SCP_DES_BLOCK];
    SCP_TRY(scp_des3_ecb_encrypt(key, SCP_BYTES(zeros), out));
    memcpy(kcv, out, KCV_SIZE);
    scp_wipe(out, sizeof out);
    return SCP_OK;
}

static enum scp_error kcv_aes_of(const struct scp_key *key, uint8_t fill, uint8_t kcv[3])
{
    uint8_t in[SCP_AES_BLOCK];
    uint8_t out[SCP_AES_BLOCK];
    memset(in, fill, sizeof in);
    SCP_TRY(scp_aes_encrypt_block(key, in, out));
    memcpy(kcv, out, KCV_SIZE);
    scp_wipe(out, sizeof out);
    return SCP_OK;
}

enum scp_error scp_kcv_aes(const struct scp_key *key, uint8_t kcv[3])
{
    return kcv_aes_of(key, 0x01, kcv);
}

enum scp_error scp_kcv_aes_zeros(const struct scp_key *key, uint8_t kcv[3])
{
    return kcv_aes_of(key, 0x00, kcv);
}
