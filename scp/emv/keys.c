/* Card keys and session keys (cryptogram.h). */
#include "scp/crypto/cipher.h"
#include "scp/crypto/hash.h"
#include "scp/emv/cryptogram.h"

enum { TDES_KEY = 16, HALF = 8, SHORT_PAN_DIGITS = 16, SHA1_SIZE = 20 };

/* Room for zeros before a short number, the digits, and those of the sequence number. */
enum { DIGITS_MAX = SHORT_PAN_DIGITS + 2 * SCP_EMV_PAN_MAX + 2 };

/* DES keys carry odd parity in the lowest bit of each byte. */
static void set_odd_parity(struct scp_key *key)
{
    for (size_t i = 0; i < key->len; i++) {
        uint8_t bits = key->bytes[i] >> 1;
        uint8_t ones = 0;
        for (; bits != 0; bits >>= 1)
            ones += bits & 1;
        key->bytes[i] = (uint8_t)((key->bytes[i] & 0xFE) | ((ones & 1) ^ 1));
    }
}

/* Encrypt two blocks under `key`: they are the two halves of the derived key. */
static enum scp_error derive(const struct scp_key *key, const uint8_t blocks[TDES_KEY],
                             struct scp_key *out)
{
    if (key->len != TDES_KEY)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(scp_des3_ecb_encrypt(key, scp_bytes_of(blocks, TDES_KEY), out->bytes));
    out->len = TDES_KEY;
    set_odd_parity(out);
    return SCP_OK;
}

/* ---- the card's key -------------------------------------------------------------------------- */

/* The digits of a PAN as it stands in tag 5A, one a byte. */
static enum scp_error pan_digits(struct scp_bytes pan, struct scp_writer *digits)
{
    if (pan.len > SCP_EMV_PAN_MAX)
        return SCP_TOO_LONG;
    size_t before = scp_written(digits).len;
    bool ended = false;
    for (size_t i = 0; i < 2 * pan.len; i++) {
        uint8_t digit = i % 2 == 0 ? pan.ptr[i / 2] >> 4 : pan.ptr[i / 2] & 0x0F;
        if (digit == 0x0F)
            ended = true;
        else if (ended || digit > 9)
            return SCP_MALFORMED;
        else
            scp_put_u8(digits, digit);
    }
    SCP_TRY(scp_writer_status(digits));
    return scp_written(digits).len > before ? SCP_OK : SCP_MALFORMED;
}

/* Pack the last `2 * count` of the digits into bytes. */
static void pack(struct scp_bytes digits, size_t count, struct scp_writer *out)
{
    struct scp_bytes last = scp_bytes_from(digits, digits.len - 2 * count);
    for (size_t i = 0; i < count; i++)
        scp_put_u8(out, (uint8_t)(last.ptr[2 * i] << 4 | last.ptr[2 * i + 1]));
}

/* Decimalisation of a hash: its decimal digits first, then its letters as 0 to 5. */
static void decimalise(const uint8_t hash[SHA1_SIZE], uint8_t block[HALF])
{
    uint8_t digits[4 * SHA1_SIZE];
    struct scp_writer w = scp_writer_on(digits, sizeof digits);
    struct scp_writer out = scp_writer_on(block, HALF);
    for (int letters = 0; letters <= 1; letters++) {
        for (size_t i = 0; i < (size_t)2 * SHA1_SIZE; i++) {
            uint8_t nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 0x0F;
            if ((nibble > 9) == (letters == 1))
                scp_put_u8(&w, nibble > 9 ? nibble - 10 : nibble);
        }
    }
    pack(scp_bytes_slice(scp_written(&w), 0, SHORT_PAN_DIGITS), HALF, &out);
    scp_wipe(digits, sizeof digits);
}

/* The block that is encrypted for the left half: the right-most sixteen digits of PAN and sequence
 * number, or those of the hash over all of them. */
static enum scp_error card_block(struct scp_bytes pan, uint8_t psn, bool hashed,
                                 uint8_t block[HALF])
{
    uint8_t digits[DIGITS_MAX] = {0};
    struct scp_writer w = scp_writer_on(digits, sizeof digits);
    struct scp_writer out = scp_writer_on(block, HALF);
    scp_put_fill(&w, 0, SHORT_PAN_DIGITS);
    enum scp_error error = pan_digits(pan, &w);
    size_t count = scp_written(&w).len - SHORT_PAN_DIGITS;
    scp_put_u8(&w, psn >> 4);
    scp_put_u8(&w, psn & 0x0F);
    pack(scp_written(&w), HALF, &out);
    if (error == SCP_OK && hashed && count > SHORT_PAN_DIGITS) {
        uint8_t number[SCP_EMV_PAN_MAX + 1];
        uint8_t hash[SHA1_SIZE];
        struct scp_writer n = scp_writer_on(number, sizeof number);
        pack(scp_written(&w), (count + 1) / 2 + 1, &n);
        error = scp_sha1(scp_written(&n), hash);
        if (error == SCP_OK)
            decimalise(hash, block);
        scp_wipe(number, sizeof number);
        scp_wipe(hash, sizeof hash);
    }
    scp_wipe(digits, sizeof digits);
    return error;
}

static enum scp_error card_key_by(const struct scp_key *issuer_master, struct scp_bytes pan,
                                  uint8_t psn, bool hashed, struct scp_key *card_key)
{
    uint8_t blocks[TDES_KEY];
    enum scp_error error = card_block(pan, psn, hashed, blocks);
    for (size_t i = 0; i < HALF; i++)
        blocks[HALF + i] = blocks[i] ^ 0xFF;
    if (error == SCP_OK)
        error = derive(issuer_master, blocks, card_key);
    scp_wipe(blocks, sizeof blocks);
    return error;
}

enum scp_error scp_emv_card_key(const struct scp_key *issuer_master, struct scp_bytes pan,
                                uint8_t psn, struct scp_key *card_key)
{
    return card_key_by(issuer_master, pan, psn, false, card_key);
}

enum scp_error scp_emv_card_key_b(const struct scp_key *issuer_master, struct scp_bytes pan,
                                  uint8_t psn, struct scp_key *card_key)
{
    return card_key_by(issuer_master, pan, psn, true, card_key);
}

/* ---- session keys ---------------------------------------------------------------------------- */

enum scp_error scp_emv_session_key_from(const struct scp_key *card_key, const uint8_t value[8],
                                        struct scp_key *session_key)
{
    uint8_t blocks[TDES_KEY];
    struct scp_writer w = scp_writer_on(blocks, sizeof blocks);
    scp_put(&w, scp_bytes_of(value, HALF));
    scp_put(&w, scp_bytes_of(value, HALF));
    SCP_TRY(scp_writer_status(&w));
    blocks[2] = 0xF0;
    blocks[HALF + 2] = 0x0F;
    return derive(card_key, blocks, session_key);
}

enum scp_error scp_emv_session_key(const struct scp_key *card_key, uint16_t atc,
                                   struct scp_key *session_key)
{
    uint8_t value[8] = {0};
    scp_store_u16(value, atc);
    return scp_emv_session_key_from(card_key, value, session_key);
}

/* Two blocks of zeros that end with the counter and with its complement. */
static void counter_blocks(uint16_t atc, uint8_t blocks[TDES_KEY])
{
    for (size_t i = 0; i < TDES_KEY; i++)
        blocks[i] = 0;
    scp_store_u16(blocks + HALF - 2, atc);
    scp_store_u16(blocks + TDES_KEY - 2, (uint16_t)~atc);
}

enum scp_error scp_emv_session_key_pboc(const struct scp_key *card_key, uint16_t atc,
                                        struct scp_key *session_key)
{
    uint8_t blocks[TDES_KEY];
    counter_blocks(atc, blocks);
    return derive(card_key, blocks, session_key);
}

enum scp_error scp_emv_session_key_xor(const struct scp_key *card_key, uint16_t atc,
                                       struct scp_key *session_key)
{
    uint8_t blocks[TDES_KEY];
    if (card_key->len != TDES_KEY)
        return SCP_OUT_OF_RANGE;
    counter_blocks(atc, blocks);
    for (size_t i = 0; i < TDES_KEY; i++)
        session_key->bytes[i] = card_key->bytes[i] ^ blocks[i];
    session_key->len = TDES_KEY;
    set_odd_parity(session_key);
    return SCP_OK;
}
