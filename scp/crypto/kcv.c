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

enum scp_error scp_kcv_aes(const struct scp_key *key, uint8_t kcv[3])
{
    uint8_t ones[SCP_AES_BLOCK];
    uint8_t out[SCP_AES_BLOCK];
    memset(ones, 0x01, sizeof ones);
    SCP_TRY(scp_aes_encrypt_block(key, ones, out));
    memcpy(kcv, out, KCV_SIZE);
    scp_wipe(out, sizeof out);
    return SCP_OK;
}
