#include "scp/crypto/mac.h"

#include "scp/crypto/cipher.h"
#include "scp/crypto/wolf.h"

#include <string.h>

/* ---- DES ---------------------------------------------------------------------------------- */

/* The last block of ISO-padded `in`, and how many whole blocks come before it. */
static size_t padded_tail(struct scp_bytes in, uint8_t tail[SCP_DES_BLOCK])
{
    size_t whole = in.len / SCP_DES_BLOCK;
    struct scp_writer w = scp_writer_on(tail, SCP_DES_BLOCK);
    scp_put(&w, scp_bytes_from(in, whole * SCP_DES_BLOCK));
    scp_pad(&w, SCP_DES_BLOCK);
    return whole;
}

/* CBC over `count` blocks; `chain` goes in as the IV and comes out as the last cipher block. */
static enum scp_error des3_chain(const struct scp_key *key, struct scp_bytes blocks,
                                 uint8_t chain[SCP_DES_BLOCK])
{
    uint8_t sink[16 * SCP_DES_BLOCK];
    for (size_t at = 0; at < blocks.len; at += sizeof sink) {
        struct scp_bytes part = scp_bytes_slice(blocks, at, sizeof sink);
        SCP_TRY(scp_des3_cbc_encrypt(key, chain, part, sink));
        memcpy(chain, sink + part.len - SCP_DES_BLOCK, SCP_DES_BLOCK);
    }
    return SCP_OK;
}

enum scp_error scp_mac_des3_full(const struct scp_key *key, const uint8_t iv[8],
                                 struct scp_bytes in, uint8_t mac[8])
{
    uint8_t tail[SCP_DES_BLOCK];
    uint8_t chain[SCP_DES_BLOCK];
    size_t whole = padded_tail(in, tail);
    memcpy(chain, iv, sizeof chain);
    SCP_TRY(des3_chain(key, scp_bytes_slice(in, 0, whole * SCP_DES_BLOCK), chain));
    return scp_des3_cbc_encrypt(key, chain, SCP_BYTES(tail), mac);
}

/* Single DES CBC with the first half of the key over whole blocks. */
static enum scp_error des_chain(const struct scp_key *key, struct scp_bytes blocks,
                                uint8_t chain[SCP_DES_BLOCK])
{
    Des des;
    uint8_t iv[SCP_DES_BLOCK];
    memcpy(iv, chain, sizeof iv);
    int failed = wc_Des_SetKey(&des, key->bytes, iv, DES_ENCRYPTION);
    for (size_t at = 0; failed == 0 && at < blocks.len; at += SCP_DES_BLOCK)
        failed = wc_Des_CbcEncrypt(&des, chain, blocks.ptr + at, SCP_DES_BLOCK);
    scp_wipe(&des, sizeof des);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}

enum scp_error scp_mac_des_retail(const struct scp_key *key, const uint8_t iv[8],
                                  struct scp_bytes in, uint8_t mac[8])
{
    if (key->len != 16)
        return SCP_OUT_OF_RANGE;
    uint8_t tail[SCP_DES_BLOCK];
    uint8_t chain[SCP_DES_BLOCK];
    size_t whole = padded_tail(in, tail);
    memcpy(chain, iv, sizeof chain);
    SCP_TRY(des_chain(key, scp_bytes_slice(in, 0, whole * SCP_DES_BLOCK), chain));
    return scp_des3_cbc_encrypt(key, chain, SCP_BYTES(tail), mac);
}

/* ---- AES-CMAC ----------------------------------------------------------------------------- */

/* The last block is held back in `block` until the end shows whether it is whole (SP 800-38B 6.2).
 * `aes` chains from call to call. */
struct cmac {
    Aes aes;
    uint8_t chain[SCP_AES_BLOCK];
    uint8_t block[SCP_AES_BLOCK];
    size_t used;
};

static enum scp_error cmac_absorb(struct cmac *c, const uint8_t block[SCP_AES_BLOCK])
{
    return wc_AesCbcEncrypt(&c->aes, c->chain, block, SCP_AES_BLOCK) == 0 ? SCP_OK : SCP_CRYPTO;
}

static enum scp_error cmac_update(struct cmac *c, struct scp_bytes part)
{
    while (part.len > 0) {
        if (c->used == SCP_AES_BLOCK) {
            SCP_TRY(cmac_absorb(c, c->block));
            c->used = 0;
        }
        while (c->used == 0 && part.len > SCP_AES_BLOCK) {
            SCP_TRY(cmac_absorb(c, part.ptr));
            part = scp_bytes_from(part, SCP_AES_BLOCK);
        }
        size_t room = SCP_AES_BLOCK - c->used;
        struct scp_bytes next = scp_bytes_slice(part, 0, room);
        memcpy(c->block + c->used, next.ptr, next.len);
        c->used += next.len;
        part = scp_bytes_from(part, next.len);
    }
    return SCP_OK;
}

/* Doubling in GF(2^128) without a branch on secret bits. */
static void cmac_double(uint8_t value[SCP_AES_BLOCK])
{
    uint8_t carry = (uint8_t)(value[0] >> 7);
    for (size_t i = 0; i < SCP_AES_BLOCK - 1; i++)
        value[i] = (uint8_t)(value[i] << 1 | value[i + 1] >> 7);
    value[SCP_AES_BLOCK - 1] = (uint8_t)(value[SCP_AES_BLOCK - 1] << 1 ^ (0x87 & -carry));
}

/* SP 800-38B 6.1 and 6.2, steps 4 to 6. */
static enum scp_error cmac_finish(struct cmac *c, const uint8_t zero_encrypted[SCP_AES_BLOCK],
                                  uint8_t mac[SCP_AES_BLOCK])
{
    uint8_t subkey[SCP_AES_BLOCK];
    memcpy(subkey, zero_encrypted, sizeof subkey);
    cmac_double(subkey);
    if (c->used < SCP_AES_BLOCK) {
        cmac_double(subkey);
        c->block[c->used] = 0x80;
        memset(c->block + c->used + 1, 0, SCP_AES_BLOCK - c->used - 1);
    }
    for (size_t i = 0; i < SCP_AES_BLOCK; i++)
        c->block[i] ^= subkey[i];
    enum scp_error error = cmac_absorb(c, c->block);
    memcpy(mac, c->chain, SCP_AES_BLOCK);
    scp_wipe(subkey, sizeof subkey);
    return error;
}

static enum scp_error cmac_run(struct cmac *c, const struct scp_bytes *parts, size_t count,
                               uint8_t mac[SCP_AES_BLOCK])
{
    const uint8_t zero[SCP_AES_BLOCK] = {0};
    uint8_t zero_encrypted[SCP_AES_BLOCK];
    SCP_TRY(cmac_absorb(c, zero));
    memcpy(zero_encrypted, c->chain, sizeof zero_encrypted);
    if (wc_AesSetIV(&c->aes, zero) != 0)
        return SCP_CRYPTO;
    enum scp_error error = SCP_OK;
    for (size_t i = 0; error == SCP_OK && i < count; i++)
        error = cmac_update(c, parts[i]);
    if (error == SCP_OK)
        error = cmac_finish(c, zero_encrypted, mac);
    scp_wipe(zero_encrypted, sizeof zero_encrypted);
    return error;
}

enum scp_error scp_cmac(const struct scp_key *key, const struct scp_bytes *parts, size_t count,
                        uint8_t mac[16])
{
    const uint8_t zero[SCP_AES_BLOCK] = {0};
    struct cmac c;
    c.used = 0;
    enum scp_error error = scp_aes_setup(&c.aes, key, AES_ENCRYPTION, zero);
    if (error == SCP_OK)
        error = cmac_run(&c, parts, count, mac);
    scp_aes_wipe(&c.aes);
    scp_wipe(c.chain, sizeof c.chain);
    scp_wipe(c.block, sizeof c.block);
    return error;
}
