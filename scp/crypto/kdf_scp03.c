#include "scp/crypto/kdf.h"
#include "scp/crypto/mac.h"

#include <string.h>

enum { CMAC_SIZE = 16, LABEL_ZEROS = 11, FIXED_SIZE = LABEL_ZEROS + 1 + 1 + 2 + 1 };

enum scp_error scp03_derive_with(struct scp_cmac_key *key, enum scp03_constant constant,
                                 struct scp_bytes context, uint8_t *out, size_t out_len)
{
    if (out_len == 0 || out_len > SCP_KEY_MAX || out_len % 8 != 0)
        return SCP_OUT_OF_RANGE;
    uint8_t block[CMAC_SIZE];
    enum scp_error error = SCP_OK;
    for (size_t done = 0; error == SCP_OK && done < out_len; done += CMAC_SIZE) {
        uint8_t fixed[FIXED_SIZE];
        struct scp_writer w = scp_writer_on(fixed, sizeof fixed);
        scp_put_fill(&w, 0x00, LABEL_ZEROS);
        scp_put_u8(&w, (uint8_t)constant);
        scp_put_u8(&w, 0x00); /* separation indicator */
        scp_put_u16(&w, (uint16_t)(8 * out_len));
        scp_put_u8(&w, (uint8_t)(done / CMAC_SIZE + 1));
        const struct scp_bytes parts[] = {scp_written(&w), context};
        error = scp_cmac_with(key, parts, 2, block);
        size_t left = out_len - done;
        if (error == SCP_OK)
            memcpy(out + done, block, left < CMAC_SIZE ? left : CMAC_SIZE);
    }
    scp_wipe(block, sizeof block);
    return error;
}

enum scp_error scp03_derive(const struct scp_key *key, enum scp03_constant constant,
                            struct scp_bytes context, uint8_t *out, size_t out_len)
{
    struct scp_cmac_key schedule;
    SCP_TRY(scp_cmac_set(&schedule, key));
    enum scp_error error = scp03_derive_with(&schedule, constant, context, out, out_len);
    scp_wipe(&schedule, sizeof schedule);
    return error;
}
