#include "scp/crypto/mac.h"

#include "scp/crypto/wolf.h"

#include <string.h>

/* A message is gathered here and encrypted in place, so that the library is called once for many
 * blocks: a short APDU with a chaining value before it goes in one call. */
enum { STAGE = 18 * SCP_AES_BLOCK };

static const uint8_t zero[SCP_AES_BLOCK];

/* Add bytes to the stage; those that do not fit stay in `part`. */
static void gather(uint8_t stage[STAGE], size_t *used, struct scp_bytes *part)
{
    struct scp_bytes taken = scp_bytes_slice(*part, 0, STAGE - *used);
    if (taken.len > 0)
        memcpy(stage + *used, taken.ptr, taken.len);
    *used += taken.len;
    *part = scp_bytes_from(*part, taken.len);
}

/* ---- full triple DES ---------------------------------------------------------------------- */

static enum scp_error des3_full(struct scp_des3 *des, const uint8_t iv[8], struct scp_bytes in,
                                uint8_t mac[8])
{
    uint8_t stage[STAGE + SCP_DES_BLOCK];
    enum scp_error error = SCP_OK;
    memmove(mac, iv, SCP_DES_BLOCK); /* it may be the same memory */
    for (bool ended = false; error == SCP_OK && !ended;) {
        size_t used = 0;
        gather(stage, &used, &in);
        struct scp_writer w = {.buf = stage, .cap = sizeof stage, .len = used};
        ended = used < STAGE;
        if (ended)
            scp_pad(&w, SCP_DES_BLOCK);
        error = scp_des3_encrypt(des, mac, scp_written(&w), stage);
        memcpy(mac, stage + w.len - SCP_DES_BLOCK, SCP_DES_BLOCK);
    }
    scp_wipe(stage, sizeof stage);
    return error;
}

enum scp_error scp_mac_des3_full(const struct scp_key *key, const uint8_t iv[8],
                                 struct scp_bytes in, uint8_t mac[8])
{
    struct scp_des3 des;
    SCP_TRY(scp_des3_set(&des, key, SCP_ENCRYPT));
    enum scp_error error = des3_full(&des, iv, in, mac);
    scp_wipe(&des, sizeof des);
    return error;
}

/* ---- single DES plus final triple DES ----------------------------------------------------- */

enum scp_error scp_retail_set(struct scp_retail_key *schedule, const struct scp_key *key)
{
    if (key->len != 16)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(scp_des_set(&schedule->first, key->bytes, SCP_ENCRYPT));
    return scp_des3_set(&schedule->whole, key, SCP_ENCRYPT);
}

void scp_retail_start(struct scp_retail *mac, const uint8_t iv[8])
{
    *mac = (struct scp_retail){.used = 0};
    memcpy(mac->chain, iv, sizeof mac->chain);
}

/* Chain the whole blocks of the stage; what is left of it stays pending. */
static enum scp_error retail_absorb(struct scp_des *des, struct scp_retail *mac,
                                    uint8_t stage[STAGE], size_t used)
{
    size_t whole = used - used % SCP_DES_BLOCK;
    memcpy(mac->pending, stage + whole, used - whole);
    mac->used = (uint8_t)(used - whole);
    if (whole == 0)
        return SCP_OK;
    SCP_TRY(scp_des_encrypt(des, mac->chain, scp_bytes_of(stage, whole), stage));
    memcpy(mac->chain, stage + whole - SCP_DES_BLOCK, SCP_DES_BLOCK);
    return SCP_OK;
}

enum scp_error scp_retail_add(struct scp_retail_key *schedule, struct scp_retail *mac,
                              struct scp_bytes part)
{
    uint8_t stage[STAGE];
    enum scp_error error = SCP_OK;
    size_t used = 0;
    while (error == SCP_OK && part.len > 0) {
        used = mac->used;
        memcpy(stage, mac->pending, used);
        gather(stage, &used, &part);
        error = retail_absorb(&schedule->first, mac, stage, used);
    }
    scp_wipe(stage, sizeof stage);
    return error;
}

/* Padding always adds a byte, so the last block is always one of less than eight. */
enum scp_error scp_retail_end(struct scp_retail_key *schedule, struct scp_retail *mac,
                              uint8_t out[8])
{
    uint8_t *block = mac->pending;
    block[mac->used] = 0x80;
    memset(block + mac->used + 1, 0, (size_t)SCP_DES_BLOCK - mac->used - 1);
    enum scp_error error =
        scp_des3_encrypt(&schedule->whole, mac->chain, scp_bytes_of(block, SCP_DES_BLOCK), out);
    scp_wipe(mac, sizeof *mac);
    return error;
}

enum scp_error scp_mac_des_retail(const struct scp_key *key, const uint8_t iv[8],
                                  struct scp_bytes in, uint8_t mac[8])
{
    struct scp_retail_key schedule;
    struct scp_retail run;
    SCP_TRY(scp_retail_set(&schedule, key));
    scp_retail_start(&run, iv);
    enum scp_error error = scp_retail_add(&schedule, &run, in);
    if (error == SCP_OK)
        error = scp_retail_end(&schedule, &run, mac);
    scp_wipe(&run, sizeof run);
    scp_wipe(&schedule, sizeof schedule);
    return error;
}

/* ---- AES-CMAC ----------------------------------------------------------------------------- */

/* Doubling in GF(2^128) without a branch on secret bits. */
static void cmac_double(uint8_t to[SCP_AES_BLOCK], const uint8_t from[SCP_AES_BLOCK])
{
    uint8_t carry = (uint8_t)(from[0] >> 7);
    for (size_t i = 0; i < SCP_AES_BLOCK - 1; i++)
        to[i] = (uint8_t)(from[i] << 1 | from[i + 1] >> 7);
    to[SCP_AES_BLOCK - 1] = (uint8_t)(from[SCP_AES_BLOCK - 1] << 1 ^ (0x87 & -carry));
}

/* SP 800-38B 6.1. */
enum scp_error scp_cmac_set(struct scp_cmac_key *schedule, const struct scp_key *key)
{
    uint8_t encrypted[SCP_AES_BLOCK];
    SCP_TRY(scp_aes_set(&schedule->aes, key, SCP_ENCRYPT));
    enum scp_error error = scp_aes_encrypt(&schedule->aes, zero, SCP_BYTES(zero), encrypted);
    cmac_double(schedule->subkeys[0], encrypted);
    cmac_double(schedule->subkeys[1], schedule->subkeys[0]);
    scp_wipe(encrypted, sizeof encrypted);
    return error;
}

/* SP 800-38B 6.2, steps 4 to 6, over what is left in the stage: at least one byte, unless the
 * message is empty. Returns where the last block is. */
static size_t cmac_close(const struct scp_cmac_key *schedule, uint8_t stage[STAGE], size_t used)
{
    size_t last = used == 0 ? 0 : (used - 1) / SCP_AES_BLOCK * SCP_AES_BLOCK;
    bool whole = used - last == SCP_AES_BLOCK;
    const uint8_t *subkey = schedule->subkeys[whole ? 0 : 1];
    if (!whole) {
        stage[used] = 0x80;
        memset(stage + used + 1, 0, last + SCP_AES_BLOCK - used - 1);
    }
    for (size_t i = 0; i < SCP_AES_BLOCK; i++)
        stage[last + i] ^= subkey[i];
    return last;
}

enum scp_error scp_cmac_with(struct scp_cmac_key *schedule, const struct scp_bytes *parts,
                             size_t count, uint8_t mac[16])
{
    Aes *aes = scp_aes_in(&schedule->aes);
    uint8_t stage[STAGE];
    size_t used = 0;
    int failed = wc_AesSetIV(aes, zero);
    for (size_t i = 0; failed == 0 && i < count; i++) {
        struct scp_bytes part = parts[i];
        while (failed == 0 && part.len > 0) {
            if (used == STAGE) { /* more follows, so none of these blocks is the last */
                failed = wc_AesCbcEncrypt(aes, stage, stage, STAGE);
                used = 0;
            }
            gather(stage, &used, &part);
        }
    }
    size_t last = cmac_close(schedule, stage, used);
    if (failed == 0 && last > 0)
        failed = wc_AesCbcEncrypt(aes, stage, stage, (word32)last);
    /* Not by way of the stage: a MAC is often a key, and a copy of it here might leave its trace in
     * a register that the compiler spills. */
    if (failed == 0)
        failed = wc_AesCbcEncrypt(aes, mac, &stage[last], SCP_AES_BLOCK);
    scp_wipe(stage, sizeof stage);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}

enum scp_error scp_cmac(const struct scp_key *key, const struct scp_bytes *parts, size_t count,
                        uint8_t mac[16])
{
    struct scp_cmac_key schedule;
    SCP_TRY(scp_cmac_set(&schedule, key));
    enum scp_error error = scp_cmac_with(&schedule, parts, count, mac);
    scp_wipe(&schedule, sizeof schedule);
    return error;
}
