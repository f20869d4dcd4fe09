#include "scp/crypto/signature.h"

#include "scp/crypto/asymmetric.h"
#include "scp/crypto/mac.h"

enum {
    DES_MAC = 8,
    AES_MAC = 16,
    MAC_MAX = 16,
    DES_KEY = 16,
    SHA256 = 32,
    RSA_BITS_MIN = 1024, /* also the longest modulus of scheme 1 (GPCS B.3.1) */
    RSA_BITS_MAX = 8 * SCP_SIGNATURE_MAX,
};

/* ---- keys --------------------------------------------------------------------------------- */

/* Table C-3, the column of load file data block encryption, for DES and AES keys of any use. */
static enum scp_hash symmetric_hash(enum scp_signature_type type, size_t len)
{
    if (type == SCP_SIGNATURE_DES)
        return SCP_HASH_SHA1;
    return len == 16 ? SCP_HASH_SHA256 : len == 24 ? SCP_HASH_SHA384 : SCP_HASH_SHA512;
}

enum scp_error scp_signature_key_symmetric(struct scp_signature_key *key,
                                           enum scp_signature_type type, struct scp_bytes secret)
{
    if (type != SCP_SIGNATURE_DES && type != SCP_SIGNATURE_AES)
        return SCP_UNSUPPORTED;
    bool fits = type == SCP_SIGNATURE_DES
                    ? secret.len == DES_KEY
                    : secret.len == 16 || secret.len == 24 || secret.len == 32;
    if (!fits)
        return SCP_OUT_OF_RANGE;
    *key = (struct scp_signature_key){
        .type = type, .hash = symmetric_hash(type, secret.len), .secret = secret};
    return SCP_OK;
}

static struct scp_bytes without_zeros(struct scp_bytes number)
{
    size_t zeros = 0;
    while (zeros < number.len && number.ptr[zeros] == 0)
        zeros++;
    return scp_bytes_from(number, zeros);
}

/* Of a number without leading zeros. */
static size_t bits_of(struct scp_bytes number)
{
    size_t bits = 8 * number.len;
    for (unsigned top = number.len == 0 ? 0xFF : number.ptr[0]; top < 0x80; top <<= 1)
        bits--;
    return bits;
}

static bool is_odd(struct scp_bytes number)
{
    return number.len > 0 && (number.ptr[number.len - 1] & 1) != 0;
}

static bool is_modulus_length(size_t bits)
{
    return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
}

static enum scp_hash rsa_hash(size_t bits)
{
    return bits == RSA_BITS_MIN ? SCP_HASH_SHA1 : SCP_HASH_SHA256;
}

enum scp_error scp_signature_key_rsa(struct scp_signature_key *key, struct scp_bytes modulus,
                                     struct scp_bytes exponent, struct scp_bytes d)
{
    static const uint8_t customary[] = {0x01, 0x00, 0x01};
    struct scp_bytes n = without_zeros(modulus);
    struct scp_bytes e = without_zeros(exponent);
    size_t bits = bits_of(n);
    if (exponent.len == 0 && d.len > 0)
        e = SCP_BYTES(customary);
    if (!is_modulus_length(bits) || !is_odd(e) || e.len > n.len || without_zeros(d).len > n.len)
        return SCP_OUT_OF_RANGE;
    if (!is_odd(n))
        return SCP_MALFORMED;
    *key = (struct scp_signature_key){.type = SCP_SIGNATURE_RSA,
                                      .hash = rsa_hash(bits),
                                      .secret = without_zeros(d),
                                      .modulus = n,
                                      .exponent = e};
    return SCP_OK;
}

enum scp_error scp_signature_key_rsa_crt(struct scp_signature_key *key,
                                         const struct scp_rsa_crt *crt)
{
    const struct scp_bytes parts[] = {crt->p, crt->q, crt->pq, crt->dp1, crt->dq1};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].len == 0 || parts[i].len > SCP_SIGNATURE_MAX)
            return SCP_OUT_OF_RANGE;
    }
    size_t bits = scp_rsa_modulus_bits(crt->p, crt->q);
    if (!is_modulus_length(bits))
        return SCP_OUT_OF_RANGE;
    *key = (struct scp_signature_key){
        .type = SCP_SIGNATURE_RSA, .hash = rsa_hash(bits), .secret = crt->p, .crt = *crt};
    return SCP_OK;
}

/* Table B-3. */
static enum scp_hash curve_hash(size_t size)
{
    return size < 48 ? SCP_HASH_SHA256 : size < 64 ? SCP_HASH_SHA384 : SCP_HASH_SHA512;
}

enum scp_error scp_signature_key_ec(struct scp_signature_key *key, enum scp_curve curve,
                                    struct scp_bytes point, struct scp_bytes scalar)
{
    size_t size = scp_curve_size(curve);
    if (size == 0)
        return SCP_UNSUPPORTED;
    bool lengths_fit =
        (point.len == 0 || point.len == 1 + 2 * size) && (scalar.len == 0 || scalar.len == size);
    if (!lengths_fit || (point.len == 0 && scalar.len == 0))
        return SCP_OUT_OF_RANGE;
    if (point.len > 0 && point.ptr[0] != 0x04)
        return SCP_MALFORMED;
    *key = (struct scp_signature_key){.type = SCP_SIGNATURE_EC,
                                      .hash = curve_hash(size),
                                      .secret = scalar,
                                      .point = point,
                                      .curve = curve};
    return SCP_OK;
}

/* ---- symmetric keys ----------------------------------------------------------------------- */

static enum scp_error mac_of(const struct scp_signature_key *key, struct scp_bytes message,
                             uint8_t mac[MAC_MAX], size_t *len)
{
    const uint8_t zero[DES_MAC] = {0};
    struct scp_key secret;
    SCP_TRY(scp_key_from(&secret, key->secret));
    bool des = key->type == SCP_SIGNATURE_DES;
    *len = des ? DES_MAC : AES_MAC;
    enum scp_error error =
        des ? scp_mac_des_retail(&secret, zero, message, mac) : scp_cmac(&secret, &message, 1, mac);
    scp_wipe(&secret, sizeof secret);
    return error;
}

static enum scp_error mac_sign(const struct scp_signature_key *key, struct scp_bytes message,
                               struct scp_writer *signature)
{
    uint8_t mac[MAC_MAX];
    size_t len = 0;
    SCP_TRY(mac_of(key, message, mac, &len));
    scp_put(signature, scp_bytes_of(mac, len));
    return scp_writer_status(signature);
}

static enum scp_error mac_verify(const struct scp_signature_key *key, struct scp_bytes message,
                                 struct scp_bytes signature)
{
    uint8_t mac[MAC_MAX];
    size_t len = 0;
    SCP_TRY(mac_of(key, message, mac, &len));
    bool same = signature.len == len && scp_equal_constant_time(signature.ptr, mac, len);
    scp_wipe(mac, sizeof mac);
    return same ? SCP_OK : SCP_BAD_SIGNATURE;
}

/* ---- any key ------------------------------------------------------------------------------ */

static bool is_symmetric(const struct scp_signature_key *key)
{
    return key->type == SCP_SIGNATURE_DES || key->type == SCP_SIGNATURE_AES;
}

/* The generator for one signature: no other key and no other message gets the same. */
static enum scp_error start(struct scp_generator *generator, const struct scp_signature_key *key,
                            const uint8_t random[SCP_SIGNATURE_RANDOM],
                            const struct scp_digest *message)
{
    uint8_t both[2 * SHA256];
    enum scp_error error = scp_sha256(key->secret, both);
    if (error == SCP_OK)
        error = scp_sha256(scp_digest_bytes(message), both + SHA256);
    if (error == SCP_OK)
        error = scp_generator_init(generator, random, SCP_BYTES(both));
    scp_wipe(both, sizeof both);
    return error;
}

enum scp_error scp_sign(const struct scp_signature_key *key,
                        const uint8_t random[SCP_SIGNATURE_RANDOM], struct scp_bytes message,
                        struct scp_writer *signature)
{
    if (key->secret.len == 0)
        return SCP_KEY_UNAVAILABLE;
    if (is_symmetric(key))
        return mac_sign(key, message, signature);
    struct scp_digest digest;
    struct scp_generator generator;
    SCP_TRY(scp_hash(key->hash, message, &digest));
    enum scp_error error = start(&generator, key, random, &digest);
    if (error == SCP_OK)
        error = key->type == SCP_SIGNATURE_RSA
                    ? scp_rsa_sign(key, &generator.rng, &digest, signature)
                    : scp_ec_sign(key, &generator.rng, &digest, signature);
    scp_generator_fini(&generator);
    return error;
}

enum scp_error scp_verify(const struct scp_signature_key *key, struct scp_bytes message,
                          struct scp_bytes signature)
{
    if (is_symmetric(key))
        return mac_verify(key, message, signature);
    struct scp_digest digest;
    SCP_TRY(scp_hash(key->hash, message, &digest));
    return key->type == SCP_SIGNATURE_RSA ? scp_rsa_verify(key, &digest, signature)
                                          : scp_ec_verify(key, &digest, signature);
}
