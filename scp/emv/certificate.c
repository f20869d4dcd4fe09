#include "scp/emv/certificate.h"

#include "scp/crypto/hash.h"

enum {
    HEADER = 0x6A,
    TRAILER = 0xBC,
    HASH_SIZE = 20,
    FRAME = 3, /* header, format, trailer */
    ISSUER_FORMAT = 0x02,
    STATIC_FORMAT = 0x03,
    DYNAMIC_FORMAT = 0x05,
    FILLER = 0xBB,
    NUMBER_MIN = 2,
    NUMBER_MAX = 8,
    DYNAMIC_MODULUS_MIN = 48,
    SHA1 = 0x01,
    RSA = 0x01,
    ISSUER_FIXED = 13, /* identifier, expiry, serial number, two algorithms, two lengths */
    HASHED_MAX = 4096,
};

enum scp_error scp_emv_recover(const struct scp_emv_public_key *key, struct scp_bytes signature,
                               uint8_t buffer[SCP_EMV_MODULUS_MAX], struct scp_emv_recovered *out)
{
    size_t size = key->modulus.len;
    if (size > SCP_EMV_MODULUS_MAX || size < FRAME + HASH_SIZE)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(scp_rsa_public(key->modulus, key->exponent, signature, buffer));
    struct scp_bytes whole = scp_bytes_of(buffer, size);
    if (buffer[0] != HEADER || buffer[size - 1] != TRAILER)
        return SCP_BAD_SIGNATURE;
    out->whole = whole;
    out->format = buffer[1];
    out->content = scp_bytes_slice(whole, 2, size - FRAME - HASH_SIZE);
    out->hash = scp_bytes_slice(whole, size - 1 - HASH_SIZE, HASH_SIZE);
    return SCP_OK;
}

/* The hash goes over format and content, then over what was too long for the block. */
static enum scp_error hash_of(const struct scp_emv_recovered *block, struct scp_bytes first,
                              struct scp_bytes second, uint8_t hash[HASH_SIZE])
{
    uint8_t input[HASHED_MAX];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put_u8(&w, block->format);
    scp_put(&w, block->content);
    scp_put(&w, first);
    scp_put(&w, second);
    return scp_writer_status(&w) == SCP_OK ? scp_sha1(scp_written(&w), hash) : SCP_TOO_LONG;
}

static enum scp_error check_hash(const struct scp_emv_recovered *block, struct scp_bytes first,
                                 struct scp_bytes second)
{
    uint8_t hash[HASH_SIZE];
    SCP_TRY(hash_of(block, first, second, hash));
    return scp_bytes_equal(block->hash, SCP_BYTES(hash)) ? SCP_OK : SCP_BAD_SIGNATURE;
}

/* The modulus: as much as fits stands in the block, with padding behind, the rest beside it. */
static enum scp_error join_modulus(struct scp_bytes in_block, struct scp_bytes remainder,
                                   size_t length, struct scp_emv_issuer_key *out)
{
    struct scp_writer w = scp_writer_on(out->modulus_buffer, sizeof out->modulus_buffer);
    scp_put(&w, scp_bytes_slice(in_block, 0, length));
    scp_put(&w, remainder);
    if (scp_writer_status(&w) != SCP_OK)
        return SCP_TOO_LONG;
    out->modulus_len = scp_written(&w).len;
    return out->modulus_len == length ? SCP_OK : SCP_OUT_OF_RANGE;
}

enum scp_error scp_emv_issuer_key_recover(const struct scp_emv_public_key *authority,
                                          const struct scp_emv_issuer_certificate *certificate,
                                          uint8_t buffer[SCP_EMV_MODULUS_MAX],
                                          struct scp_emv_issuer_key *out)
{
    struct scp_emv_recovered block;
    SCP_TRY(scp_emv_recover(authority, certificate->certificate, buffer, &block));
    if (block.format != ISSUER_FORMAT || block.content.len < ISSUER_FIXED)
        return SCP_BAD_SIGNATURE;
    struct scp_reader r = scp_reader_on(block.content);
    out->issuer_id = scp_get(&r, 4);
    out->expiry = scp_get(&r, 2);
    out->serial = scp_get(&r, 3);
    uint8_t hash_algorithm = scp_get_u8(&r);
    uint8_t key_algorithm = scp_get_u8(&r);
    if (hash_algorithm != SHA1 || key_algorithm != RSA)
        return SCP_UNSUPPORTED;
    size_t length = scp_get_u8(&r);
    if (scp_get_u8(&r) != certificate->exponent.len)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(check_hash(&block, certificate->remainder, certificate->exponent));
    return join_modulus(scp_reader_rest(&r), certificate->remainder, length, out);
}

enum scp_error scp_emv_static_data_check(const struct scp_emv_public_key *issuer,
                                         struct scp_bytes signature, struct scp_bytes data,
                                         uint8_t code[2])
{
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_emv_recovered block;
    SCP_TRY(scp_emv_recover(issuer, signature, buffer, &block));
    struct scp_reader r = scp_reader_on(block.content);
    if (block.format != STATIC_FORMAT)
        return SCP_BAD_SIGNATURE;
    if (scp_get_u8(&r) != SHA1)
        return SCP_UNSUPPORTED;
    scp_get_into(&r, code, 2);
    SCP_TRY(scp_reader_status(&r));
    return check_hash(&block, data, SCP_EMPTY);
}

/* ---- dynamic data ---------------------------------------------------------------------------- */

enum scp_error scp_emv_dynamic_data_sign(const struct scp_emv_private_key *key,
                                         struct scp_bytes number, struct scp_bytes data,
                                         struct scp_writer *signature)
{
    uint8_t block[SCP_EMV_MODULUS_MAX];
    uint8_t hash[HASH_SIZE];
    size_t size = key->modulus.len;
    if (size < DYNAMIC_MODULUS_MIN || size > SCP_EMV_MODULUS_MAX || number.len < NUMBER_MIN ||
        number.len > NUMBER_MAX)
        return SCP_OUT_OF_RANGE;
    struct scp_writer w = scp_writer_on(block, size);
    scp_put_u8(&w, HEADER);
    scp_put_u8(&w, DYNAMIC_FORMAT);
    scp_put_u8(&w, SHA1);
    scp_put_u8(&w, (uint8_t)(number.len + 1)); /* of the dynamic data: a length and the number */
    scp_put_lv(&w, number);
    scp_put_fill(&w, FILLER, size - scp_written(&w).len - HASH_SIZE - 1);
    const struct scp_emv_recovered signed_block = {.format = DYNAMIC_FORMAT,
                                                   .content = scp_bytes_from(scp_written(&w), 2)};
    SCP_TRY(hash_of(&signed_block, data, SCP_EMPTY, hash));
    scp_put(&w, SCP_BYTES(hash));
    scp_put_u8(&w, TRAILER);
    uint8_t *out = scp_put_space(signature, size);
    SCP_TRY(scp_writer_status(signature));
    SCP_TRY(scp_writer_status(&w));
    return scp_rsa_private(key->modulus, key->exponent, scp_written(&w), out);
}

enum scp_error scp_emv_dynamic_data_check(const struct scp_emv_public_key *card,
                                          struct scp_bytes signature, struct scp_bytes data,
                                          uint8_t buffer[SCP_EMV_MODULUS_MAX],
                                          struct scp_bytes *number)
{
    struct scp_emv_recovered block;
    SCP_TRY(scp_emv_recover(card, signature, buffer, &block));
    struct scp_reader r = scp_reader_on(block.content);
    if (block.format != DYNAMIC_FORMAT)
        return SCP_BAD_SIGNATURE;
    if (scp_get_u8(&r) != SHA1)
        return SCP_UNSUPPORTED;
    SCP_TRY(check_hash(&block, data, SCP_EMPTY));
    struct scp_reader dynamic = scp_reader_on(scp_get_lv(&r));
    *number = scp_get_lv(&dynamic);
    return scp_reader_status(&r) == SCP_OK ? scp_reader_status(&dynamic) : scp_reader_status(&r);
}
