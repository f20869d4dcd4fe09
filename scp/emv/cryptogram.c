#include "scp/emv/cryptogram.h"

#include "scp/crypto/cipher.h"
#include "scp/crypto/mac.h"

enum { TDES_KEY = 16, HALF = 8, RESPONSE_2_MAX = 12 };

static const uint8_t zero[HALF];

enum scp_error scp_emv_cryptogram(const struct scp_key *session_key, struct scp_bytes data,
                                  uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE])
{
    if (session_key->len != TDES_KEY)
        return SCP_OUT_OF_RANGE;
    return scp_mac_des_retail(session_key, zero, data, cryptogram);
}

/* The algorithm itself, because scp_mac_des_retail pads in its own way. */
enum scp_error scp_emv_cryptogram_zero_padded(const struct scp_key *session_key,
                                              struct scp_bytes data,
                                              uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE])
{
    uint8_t chain[HALF] = {0};
    if (session_key->len != TDES_KEY || data.len == 0)
        return SCP_OUT_OF_RANGE;
    for (size_t at = 0; at < data.len; at += HALF) {
        struct scp_bytes block = scp_bytes_slice(data, at, HALF);
        for (size_t i = 0; i < block.len; i++)
            chain[i] ^= block.ptr[i];
        SCP_TRY(scp_des_encrypt_block(session_key->bytes, chain, chain));
    }
    SCP_TRY(scp_des_decrypt_block(session_key->bytes + HALF, chain, chain));
    return scp_des_encrypt_block(session_key->bytes, chain, cryptogram);
}

enum scp_error scp_emv_response_1(const struct scp_key *key, const uint8_t arqc[8],
                                  const uint8_t code[2], uint8_t response[SCP_EMV_CRYPTOGRAM_SIZE])
{
    uint8_t block[HALF];
    if (key->len != TDES_KEY)
        return SCP_OUT_OF_RANGE;
    for (size_t i = 0; i < HALF; i++)
        block[i] = (uint8_t)(arqc[i] ^ (i < 2 ? code[i] : 0));
    return scp_des3_ecb_encrypt(key, SCP_BYTES(block), response);
}

enum scp_error scp_emv_response_2(const struct scp_key *key, const uint8_t arqc[8],
                                  struct scp_bytes status_update,
                                  uint8_t response[SCP_EMV_SHORT_CRYPTOGRAM_SIZE])
{
    uint8_t data[HALF + RESPONSE_2_MAX];
    uint8_t mac[SCP_EMV_CRYPTOGRAM_SIZE];
    if (status_update.len > RESPONSE_2_MAX)
        return SCP_TOO_LONG;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    scp_put(&w, scp_bytes_of(arqc, HALF));
    scp_put(&w, status_update);
    SCP_TRY(scp_emv_cryptogram(key, scp_written(&w), mac));
    struct scp_writer out = scp_writer_on(response, SCP_EMV_SHORT_CRYPTOGRAM_SIZE);
    scp_put(&out, scp_bytes_slice(SCP_BYTES(mac), 0, SCP_EMV_SHORT_CRYPTOGRAM_SIZE));
    return scp_writer_status(&out);
}
