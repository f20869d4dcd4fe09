#include "scp/emv/cryptogram.h"

#include "scp/crypto/cipher.h"
#include "scp/crypto/mac.h"

enum { TDES_KEY = 16, HALF = 8 };

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

/* The digits of a PAN as it stands in tag 5A, one a byte. */
static enum scp_error pan_digits(struct scp_bytes pan, struct scp_writer *digits)
{
    if (pan.len > SCP_EMV_PAN_MAX)
        return SCP_TOO_LONG;
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
    return scp_written(digits).len > 0 ? SCP_OK : SCP_MALFORMED;
}

/* The right-most sixteen digits of PAN and sequence number, zeros before a shorter number. */
static enum scp_error card_block(struct scp_bytes pan, uint8_t psn, uint8_t block[HALF])
{
    uint8_t digits[16 + 2 * SCP_EMV_PAN_MAX + 2] = {0};
    struct scp_writer w = scp_writer_on(digits + 16, sizeof digits - 16);
    enum scp_error error = pan_digits(pan, &w);
    scp_put_u8(&w, psn >> 4);
    scp_put_u8(&w, psn & 0x0F);
    const uint8_t *last = digits + scp_written(&w).len;
    for (size_t i = 0; i < HALF; i++)
        block[i] = (uint8_t)(last[2 * i] << 4 | last[2 * i + 1]);
    scp_wipe(digits, sizeof digits);
    return error;
}

enum scp_error scp_emv_card_key(const struct scp_key *issuer_master, struct scp_bytes pan,
                                uint8_t psn, struct scp_key *card_key)
{
    uint8_t blocks[TDES_KEY];
    enum scp_error error = card_block(pan, psn, blocks);
    for (size_t i = 0; i < HALF; i++)
        blocks[HALF + i] = blocks[i] ^ 0xFF;
    if (error == SCP_OK)
        error = derive(issuer_master, blocks, card_key);
    scp_wipe(blocks, sizeof blocks);
    return error;
}

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

enum scp_error scp_emv_cryptogram(const struct scp_key *session_key, struct scp_bytes data,
                                  uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE])
{
    if (session_key->len != TDES_KEY)
        return SCP_OUT_OF_RANGE;
    const uint8_t zero[HALF] = {0};
    return scp_mac_des_retail(session_key, zero, data, cryptogram);
}
