#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/crypto/mac.h"

#include <string.h>

enum { DES_KEY = 16, DATA_SIZE = 10, PICKED = 6, CMAC_SIZE = 16 };

/* The number of a key in its set: 1 for ENC, 2 for MAC, 3 for DEK. */
typedef enum scp_error (*diversify_key)(const struct scp_key *master, const uint8_t data[DATA_SIZE],
                                        uint8_t number, struct scp_key *out);

/* Two 3DES blocks: picked bytes ‖ F0 n, picked bytes ‖ 0F n. */
static enum scp_error diversify_des(const struct scp_key *master, const uint8_t data[DATA_SIZE],
                                    const uint8_t picks[PICKED], uint8_t number,
                                    struct scp_key *out)
{
    if (master->len != DES_KEY)
        return SCP_OUT_OF_RANGE;
    uint8_t blocks[DES_KEY];
    for (size_t i = 0; i < PICKED; i++)
        blocks[i] = blocks[SCP_DES_BLOCK + i] = data[picks[i]];
    blocks[6] = 0xF0;
    blocks[SCP_DES_BLOCK + 6] = 0x0F;
    blocks[7] = blocks[SCP_DES_BLOCK + 7] = number;
    SCP_TRY(scp_des3_ecb_encrypt(master, SCP_BYTES(blocks), out->bytes));
    out->len = DES_KEY;
    return SCP_OK;
}

static enum scp_error diversify_none(const struct scp_key *master, const uint8_t data[DATA_SIZE],
                                     uint8_t number, struct scp_key *out)
{
    (void)data;
    (void)number;
    *out = *master;
    return SCP_OK;
}

/* EMV CPS 1.1, 5.2. */
static enum scp_error diversify_emv(const struct scp_key *master, const uint8_t data[DATA_SIZE],
                                    uint8_t number, struct scp_key *out)
{
    static const uint8_t picks[PICKED] = {4, 5, 6, 7, 8, 9};
    return diversify_des(master, data, picks, number, out);
}

static enum scp_error diversify_visa2(const struct scp_key *master, const uint8_t data[DATA_SIZE],
                                      uint8_t number, struct scp_key *out)
{
    static const uint8_t picks[PICKED] = {0, 1, 4, 5, 6, 7};
    return diversify_des(master, data, picks, number, out);
}

/* SP 800-108 counter mode: counter ‖ label (000000 n) ‖ 00 ‖ context (the data), and no length. */
static enum scp_error diversify_kdf3(const struct scp_key *master, const uint8_t data[DATA_SIZE],
                                     uint8_t number, struct scp_key *out)
{
    if (master->len != 16 && master->len != 24 && master->len != 32)
        return SCP_OUT_OF_RANGE;
    uint8_t block[CMAC_SIZE];
    enum scp_error error = SCP_OK;
    for (size_t done = 0; error == SCP_OK && done < master->len; done += CMAC_SIZE) {
        uint8_t input[1 + 4 + 1 + DATA_SIZE];
        struct scp_writer w = scp_writer_on(input, sizeof input);
        scp_put_u8(&w, (uint8_t)(done / CMAC_SIZE + 1));
        scp_put_u32(&w, number);
        scp_put_u8(&w, 0x00);
        scp_put(&w, scp_bytes_of(data, DATA_SIZE));
        const struct scp_bytes part = scp_written(&w);
        error = scp_cmac(master, &part, 1, block);
        size_t left = master->len - done;
        if (error == SCP_OK)
            memcpy(out->bytes + done, block, left < CMAC_SIZE ? left : CMAC_SIZE);
    }
    out->len = master->len;
    scp_wipe(block, sizeof block);
    return error;
}

static const struct {
    const char *name;
    diversify_key run;
} schemes[] = {
    [SCP_DIVERSIFY_NONE] = {"none", diversify_none},
    [SCP_DIVERSIFY_EMV] = {"emv", diversify_emv},
    [SCP_DIVERSIFY_VISA2] = {"visa2", diversify_visa2},
    [SCP_DIVERSIFY_KDF3] = {"kdf3", diversify_kdf3},
};

enum { SCHEME_COUNT = sizeof schemes / sizeof schemes[0] };

enum scp_error scp_diversification_from_name(const char *name, enum scp_diversification *out)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        if (strcmp(schemes[i].name, name) == 0) {
            *out = (enum scp_diversification)i;
            return SCP_OK;
        }
    }
    return SCP_NOT_FOUND;
}

const char *scp_diversification_name(enum scp_diversification scheme)
{
    return (size_t)scheme < SCHEME_COUNT ? schemes[scheme].name : "?";
}

enum scp_error scp_diversify(enum scp_diversification scheme, const struct scp_key_set *masters,
                             const uint8_t diversification_data[10], struct scp_key_set *out)
{
    if ((size_t)scheme >= SCHEME_COUNT)
        return SCP_OUT_OF_RANGE;
    memset(out, 0, sizeof *out);
    diversify_key run = schemes[scheme].run;
    enum scp_error error = run(&masters->enc, diversification_data, 1, &out->enc);
    if (error == SCP_OK)
        error = run(&masters->mac, diversification_data, 2, &out->mac);
    if (error == SCP_OK)
        error = run(&masters->dek, diversification_data, 3, &out->dek);
    if (error != SCP_OK)
        scp_wipe(out, sizeof *out);
    return error;
}
