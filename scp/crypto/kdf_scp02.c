#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"

enum { SCP02_KEY = 16 };

enum scp_error scp02_derive(const struct scp_key *key, enum scp02_constant constant,
                            uint16_t counter, struct scp_key *out)
{
    if (key->len != SCP02_KEY)
        return SCP_OUT_OF_RANGE;
    const uint8_t zero[SCP_DES_BLOCK] = {0};
    uint8_t data[SCP02_KEY] = {0};
    scp_store_u16(data, (uint16_t)constant);
    scp_store_u16(data + 2, counter);
    uint8_t derived[SCP02_KEY];
    enum scp_error error = scp_des3_cbc_encrypt(key, zero, SCP_BYTES(data), derived);
    if (error == SCP_OK)
        error = scp_key_from(out, SCP_BYTES(derived));
    scp_wipe(derived, sizeof derived);
    return error;
}
