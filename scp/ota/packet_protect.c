#include "scp/ota/packet_protect.h"

#include "scp/crypto/cipher.h"
#include "scp/crypto/mac.h"

enum { DES_KEY = 8, KEY_LENGTHS = 3, MAC_CHUNK = 16 * SCP_DES_BLOCK };

/* The key as the ciphers take it. Single DES is triple DES with the same key twice. The caller
 * wipes `out`. */
static enum scp_error usable_key(const struct scp_key *key, const size_t lengths[KEY_LENGTHS],
                                 struct scp_key *out)
{
    if (key == NULL)
        return SCP_KEY_UNAVAILABLE;
    bool fits = false;
    for (size_t i = 0; i < KEY_LENGTHS; i++)
        fits = fits || (key->len != 0 && key->len == lengths[i]);
    if (!fits)
        return SCP_OUT_OF_RANGE;
    struct scp_writer w = scp_writer_on(out->bytes, sizeof out->bytes);
    scp_put(&w, scp_key_bytes(key));
    if (key->len == DES_KEY)
        scp_put(&w, scp_key_bytes(key));
    out->len = w.len;
    return scp_writer_status(&w);
}

/* ---- ciphers ------------------------------------------------------------------------------- */

typedef enum scp_error (*cipher_run)(const struct scp_key *key, const uint8_t *iv,
                                     struct scp_bytes in, uint8_t *out);

static enum scp_error ecb_encrypt(const struct scp_key *key, const uint8_t *iv, struct scp_bytes in,
                                  uint8_t *out)
{
    (void)iv;
    return scp_des3_ecb_encrypt(key, in, out);
}

static enum scp_error ecb_decrypt(const struct scp_key *key, const uint8_t *iv, struct scp_bytes in,
                                  uint8_t *out)
{
    (void)iv;
    return scp_des3_ecb_decrypt(key, in, out);
}

static const struct {
    size_t block;
    cipher_run encrypt;
    cipher_run decrypt;
    size_t key_lengths[KEY_LENGTHS];
} ciphers[] = {
    [SCP_PACKET_PLAIN] = {1, NULL, NULL, {0}},
    [SCP_PACKET_DES_CBC] = {SCP_DES_BLOCK, scp_des3_cbc_encrypt, scp_des3_cbc_decrypt, {DES_KEY}},
    [SCP_PACKET_DES_ECB] = {SCP_DES_BLOCK, ecb_encrypt, ecb_decrypt, {DES_KEY}},
    [SCP_PACKET_DES3_CBC] = {SCP_DES_BLOCK, scp_des3_cbc_encrypt, scp_des3_cbc_decrypt, {16, 24}},
    [SCP_PACKET_AES_CBC] = {SCP_AES_BLOCK, scp_aes_cbc_encrypt, scp_aes_cbc_decrypt, {16, 24, 32}},
};

size_t scp_packet_padding(enum scp_packet_cipher cipher, size_t len)
{
    size_t block = ciphers[cipher].block;
    return (block - len % block) % block;
}

static enum scp_error run_cipher(const struct scp_packet_security *security, cipher_run run,
                                 uint8_t *blocks, size_t len)
{
    static const uint8_t zero_iv[SCP_AES_BLOCK];
    struct scp_key key = {.len = 0};
    if (run == NULL)
        return SCP_OK;
    enum scp_error error =
        usable_key(security->cipher_key, ciphers[security->cipher].key_lengths, &key);
    if (error == SCP_OK)
        error = run(&key, zero_iv, scp_bytes_of(blocks, len), blocks);
    scp_wipe(&key, sizeof key);
    return error;
}

enum scp_error scp_packet_encipher(const struct scp_packet_security *security, uint8_t *blocks,
                                   size_t len)
{
    return run_cipher(security, ciphers[security->cipher].encrypt, blocks, len);
}

enum scp_error scp_packet_decipher(const struct scp_packet_security *security, uint8_t *blocks,
                                   size_t len)
{
    return run_cipher(security, ciphers[security->cipher].decrypt, blocks, len);
}

/* ---- redundancy checks (TS 102 225 5.1.3.2) ------------------------------------------------ */

/* A reflected CRC whose initial and final value are all ones (ISO/IEC 13239). */
static uint32_t crc(uint32_t polynomial, uint32_t ones, const struct scp_bytes *parts, size_t count)
{
    uint32_t value = ones;
    for (size_t part = 0; part < count; part++) {
        for (size_t i = 0; i < parts[part].len; i++) {
            value ^= parts[part].ptr[i];
            for (int bit = 0; bit < 8; bit++)
                value = value >> 1 ^ ((value & 1) != 0 ? polynomial : 0);
        }
    }
    return value ^ ones;
}

typedef enum scp_error (*check_run)(const struct scp_key *key, const struct scp_bytes *parts,
                                    size_t count, uint8_t check[SCP_AES_BLOCK]);

static enum scp_error crc16(const struct scp_key *key, const struct scp_bytes *parts, size_t count,
                            uint8_t check[SCP_AES_BLOCK])
{
    (void)key;
    scp_store_u16(check, (uint16_t)crc(0x8408, 0xFFFF, parts, count));
    return SCP_OK;
}

static enum scp_error crc32(const struct scp_key *key, const struct scp_bytes *parts, size_t count,
                            uint8_t check[SCP_AES_BLOCK])
{
    (void)key;
    scp_store_u32(check, crc(0xEDB88320, 0xFFFFFFFF, parts, count));
    return SCP_OK;
}

/* ---- cryptographic checksums (TS 102 225 5.1.3.1) ------------------------------------------ */

/* Chain over the blocks gathered so far; `chain` goes in as the IV and comes out as the last one.
 */
static enum scp_error mac_absorb(const struct scp_key *key, struct scp_writer *blocks,
                                 uint8_t chain[SCP_DES_BLOCK])
{
    struct scp_bytes in = scp_written(blocks);
    if (in.len == 0)
        return SCP_OK;
    SCP_TRY(scp_des3_cbc_encrypt(key, chain, in, blocks->buf));
    struct scp_writer w = scp_writer_on(chain, SCP_DES_BLOCK);
    scp_put(&w, scp_bytes_from(in, in.len - SCP_DES_BLOCK));
    blocks->len = 0;
    return scp_writer_status(&w);
}

/* CBC-MAC; zeros fill the last block. */
static enum scp_error des3_mac(const struct scp_key *key, const struct scp_bytes *parts,
                               size_t count, uint8_t check[SCP_AES_BLOCK])
{
    uint8_t chunk[MAC_CHUNK];
    struct scp_writer blocks = scp_writer_on(chunk, sizeof chunk);
    enum scp_error error = SCP_OK;
    for (size_t i = 0; i < SCP_DES_BLOCK; i++)
        check[i] = 0;
    for (size_t i = 0; error == SCP_OK && i < count; i++) {
        for (size_t at = 0; error == SCP_OK && at < parts[i].len;) {
            struct scp_bytes next = scp_bytes_slice(parts[i], at, scp_writer_room(&blocks));
            scp_put(&blocks, next);
            at += next.len;
            if (scp_writer_room(&blocks) == 0)
                error = mac_absorb(key, &blocks, check);
        }
    }
    if (error == SCP_OK) {
        scp_put_fill(&blocks, 0x00, scp_packet_padding(SCP_PACKET_DES3_CBC, blocks.len));
        error = mac_absorb(key, &blocks, check);
    }
    scp_wipe(chunk, sizeof chunk);
    return error;
}

static const struct {
    uint8_t kind; /* in the SPI */
    size_t len;
    check_run run;
    size_t key_lengths[KEY_LENGTHS]; /* none: no key */
} checks[] = {
    [SCP_PACKET_UNCHECKED] = {0, 0, NULL, {0}},
    [SCP_PACKET_CRC16] = {SCP_SPI_RC, 2, crc16, {0}},
    [SCP_PACKET_CRC32] = {SCP_SPI_RC, 4, crc32, {0}},
    [SCP_PACKET_DES_MAC] = {SCP_SPI_CC, 8, des3_mac, {DES_KEY}},
    [SCP_PACKET_DES3_MAC] = {SCP_SPI_CC, 8, des3_mac, {16, 24}},
    [SCP_PACKET_AES_CMAC] = {SCP_SPI_CC, 8, scp_cmac, {16, 24, 32}},
};

enum { CC_SHORT = 4 };

uint8_t scp_packet_check_kind(enum scp_packet_check check)
{
    return checks[check].kind;
}

enum scp_error scp_packet_check_len(const struct scp_packet_security *security, size_t *len)
{
    *len = checks[security->check].len;
    if (checks[security->check].kind != SCP_SPI_CC || security->cc_len == 0)
        return SCP_OK;
    if (security->cc_len != *len && security->cc_len != CC_SHORT)
        return SCP_OUT_OF_RANGE;
    *len = security->cc_len;
    return SCP_OK;
}

bool scp_packet_check_len_fits(const struct scp_packet_security *security, size_t len)
{
    size_t expected;
    if (scp_packet_check_len(security, &expected) != SCP_OK)
        return false;
    bool either = checks[security->check].kind == SCP_SPI_CC && security->cc_len == 0;
    return len == expected || (either && len == CC_SHORT);
}

enum scp_error scp_packet_checksum(const struct scp_packet_security *security,
                                   const struct scp_bytes *parts, size_t count,
                                   struct scp_writer *out)
{
    uint8_t check[SCP_AES_BLOCK];
    struct scp_key key = {.len = 0};
    size_t len;
    check_run run = checks[security->check].run;
    const size_t *key_lengths = checks[security->check].key_lengths;
    SCP_TRY(scp_packet_check_len(security, &len));
    if (run == NULL)
        return SCP_OK;
    enum scp_error error = SCP_OK;
    if (key_lengths[0] != 0)
        error = usable_key(security->check_key, key_lengths, &key);
    if (error == SCP_OK)
        error = run(&key, parts, count, check);
    if (error == SCP_OK)
        scp_put(out, scp_bytes_of(check, len));
    scp_wipe(&key, sizeof key);
    scp_wipe(check, sizeof check);
    return error == SCP_OK ? scp_writer_status(out) : error;
}
