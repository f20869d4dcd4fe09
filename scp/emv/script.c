#include "scp/emv/script.h"

#include "scp/crypto/cipher.h"
#include "scp/emv/scheme_table.h"

enum {
    DATA_MAX = 255,
    BLOCK = SCP_EMV_PIN_BLOCK_SIZE,
    PREFIXED = 2 * BLOCK, /* length, PIN block, padding */
    MASK_AT = 4,          /* bytes 5 to 8 of the left key half and of the block */
    PIN_MIN = 4,
    PIN_MAX = 12,
    FORMAT_2 = 0x20,
};

static enum scp_error script_key(const struct scp_key *card_key,
                                 const struct scp_emv_request *request, struct scp_key *out)
{
    if (request->scheme->script_key == NULL)
        return scp_emv_session_key_from(card_key, request->cryptogram, out);
    return request->scheme->script_key(card_key, request->atc, out);
}

enum scp_error scp_emv_script_mac(const struct scp_key *mac_key,
                                  const struct scp_emv_request *request,
                                  const struct scp_emv_script *script,
                                  uint8_t mac[SCP_EMV_CRYPTOGRAM_SIZE])
{
    uint8_t input[sizeof script->header + 2 + SCP_EMV_CRYPTOGRAM_SIZE + DATA_MAX];
    struct scp_key key = {.len = 0};
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put(&w, SCP_BYTES(script->header));
    scp_put_u16(&w, request->atc);
    scp_put(&w, SCP_BYTES(request->cryptogram));
    scp_put(&w, script->data);
    if (scp_writer_status(&w) != SCP_OK)
        return SCP_TOO_LONG;
    enum scp_error error = script_key(mac_key, request, &key);
    if (error == SCP_OK)
        error = scp_emv_cryptogram(&key, scp_written(&w), mac);
    scp_wipe(&key, sizeof key);
    return error;
}

/* ---- PIN ------------------------------------------------------------------------------------- */

/* The scheme's block has the length where format 2 has `2n`, and four bytes of the card's
 * cryptogram key over the last half. The same operation both ways, but for the first byte. */
static void mask(const struct scp_key *cryptogram_key, uint8_t block[BLOCK])
{
    for (size_t i = MASK_AT; i < BLOCK; i++)
        block[i] ^= cryptogram_key->bytes[i];
}

enum scp_error scp_emv_pin_encipher(const struct scp_emv_pin_keys *keys,
                                    const struct scp_emv_request *request,
                                    const uint8_t block[SCP_EMV_PIN_BLOCK_SIZE],
                                    struct scp_writer *out)
{
    uint8_t clear[PREFIXED];
    uint8_t own[BLOCK];
    struct scp_key key = {.len = 0};
    struct scp_writer w = scp_writer_on(clear, sizeof clear);
    for (size_t i = 0; i < BLOCK; i++)
        own[i] = block[i];
    if (request->scheme->pin_masked) {
        own[0] &= 0x0F;
        mask(keys->cryptogram, own);
    }
    if (request->scheme->pin_prefixed)
        scp_put_u8(&w, BLOCK);
    scp_put(&w, SCP_BYTES(own));
    if (request->scheme->pin_prefixed)
        scp_pad(&w, BLOCK);
    enum scp_error error = script_key(keys->confidentiality, request, &key);
    uint8_t *cipher = scp_put_space(out, scp_written(&w).len);
    if (error == SCP_OK)
        error = scp_writer_status(out);
    if (error == SCP_OK)
        error = scp_des3_ecb_encrypt(&key, scp_written(&w), cipher);
    scp_wipe(&key, sizeof key);
    scp_wipe(clear, sizeof clear);
    scp_wipe(own, sizeof own);
    return error;
}

/* The block inside a deciphered field. */
static enum scp_error take_block(const struct scp_emv_pin_keys *keys,
                                 const struct scp_emv_request *request, struct scp_bytes clear,
                                 uint8_t block[BLOCK])
{
    struct scp_reader r = scp_reader_on(clear);
    size_t len = clear.len;
    bool prefixed = request->scheme->pin_prefixed;
    if (prefixed &&
        (scp_unpad(clear, &len) != SCP_OK || len != BLOCK + 1 || scp_get_u8(&r) != BLOCK))
        return SCP_BAD_PADDING;
    scp_get_into(&r, block, BLOCK);
    SCP_TRY(scp_reader_status(&r));
    if (request->scheme->pin_masked) {
        mask(keys->cryptogram, block);
        block[0] |= FORMAT_2;
    }
    return scp_emv_pin_block_valid(block) ? SCP_OK : SCP_MALFORMED;
}

enum scp_error scp_emv_pin_decipher(const struct scp_emv_pin_keys *keys,
                                    const struct scp_emv_request *request, struct scp_bytes cipher,
                                    uint8_t block[SCP_EMV_PIN_BLOCK_SIZE])
{
    uint8_t clear[PREFIXED];
    struct scp_key key = {.len = 0};
    if (cipher.len != (request->scheme->pin_prefixed ? (size_t)PREFIXED : (size_t)BLOCK))
        return SCP_OUT_OF_RANGE;
    enum scp_error error = script_key(keys->confidentiality, request, &key);
    if (error == SCP_OK)
        error = scp_des3_ecb_decrypt(&key, cipher, clear);
    if (error == SCP_OK)
        error = take_block(keys, request, scp_bytes_of(clear, cipher.len), block);
    scp_wipe(&key, sizeof key);
    scp_wipe(clear, sizeof clear);
    return error;
}

bool scp_emv_pin_block_valid(const uint8_t block[SCP_EMV_PIN_BLOCK_SIZE])
{
    size_t digits = block[0] & 0x0F;
    if ((block[0] & 0xF0) != FORMAT_2 || digits < PIN_MIN || digits > PIN_MAX)
        return false;
    for (size_t i = 0; i < (size_t)2 * (BLOCK - 1); i++) {
        uint8_t nibble = i % 2 == 0 ? block[1 + i / 2] >> 4 : block[1 + i / 2] & 0x0F;
        if (i < digits ? nibble > 9 : nibble != 0x0F)
            return false;
    }
    return true;
}
