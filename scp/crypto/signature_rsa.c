#include "scp/crypto/asymmetric.h"

#include <wolfssl/wolfcrypt/rsa.h>

#include <string.h>

enum { SHA1 = 20, SHA1_INFO_PREFIX = 15, SHA1_INFO = SHA1_INFO_PREFIX + SHA1, BASES = 64 };

static enum scp_error load_public(const struct scp_signature_key *key, RsaKey *rsa)
{
    if (wc_InitRsaKey(rsa, NULL) != 0)
        return SCP_CRYPTO;
    int failed = wc_RsaPublicKeyDecodeRaw(key->modulus.ptr, (word32)key->modulus.len,
                                          key->exponent.ptr, (word32)key->exponent.len, rsa);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}

/* The DigestInfo of a SHA-1 digest in DER (PKCS#1 9.2, note 1). */
static void digest_info(const struct scp_digest *digest, uint8_t info[SHA1_INFO])
{
    static const uint8_t prefix[SHA1_INFO_PREFIX] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E,
                                                     0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14};
    memcpy(info, prefix, sizeof prefix);
    memcpy(info + sizeof prefix, digest->bytes, SHA1);
}

/* ---- the primes --------------------------------------------------------------------------- */

/* Numbers on the way from n, e, d to the primes. */
struct factoring {
    mp_int odd; /* e·d - 1 = odd · 2^twos */
    int twos;
    mp_int minus_one; /* n - 1 */
    mp_int root;
    mp_int square;
};

static int prepare(struct factoring *f, const RsaKey *rsa)
{
    memset(f, 0, sizeof *f);
    int failed =
        mp_init(&f->odd) | mp_init(&f->minus_one) | mp_init(&f->root) | mp_init(&f->square);
    if (failed == 0)
        failed = mp_mul(&rsa->e, &rsa->d, &f->odd);
    if (failed == 0)
        failed = mp_sub_d(&f->odd, 1, &f->odd);
    if (failed != 0 || mp_iszero(&f->odd))
        return -1;
    f->twos = mp_cnt_lsb(&f->odd);
    (void)mp_rshb(&f->odd, f->twos);
    return mp_sub_d(&rsa->n, 1, &f->minus_one);
}

/* Square base^odd until 1 comes out: what was squared last is a root of 1. Returns whether it is
 * one other than 1 and -1, which shares a prime with n when one is taken from it. */
static bool find_root(struct factoring *f, RsaKey *rsa, mp_digit base)
{
    if (mp_set(&f->square, base) != 0 || mp_exptmod(&f->square, &f->odd, &rsa->n, &f->root) != 0 ||
        mp_cmp_d(&f->root, 1) == MP_EQ)
        return false;
    for (int i = 0; i < f->twos && mp_cmp(&f->root, &f->minus_one) != MP_EQ; i++) {
        if (mp_sqrmod(&f->root, &rsa->n, &f->square) != 0)
            return false;
        if (mp_cmp_d(&f->square, 1) == MP_EQ)
            return true;
        if (mp_copy(&f->square, &f->root) != 0)
            return false;
    }
    return false;
}

static bool find_primes(struct factoring *f, RsaKey *rsa)
{
    bool found = false;
    for (mp_digit base = 2; !found && base < BASES; base++)
        found = find_root(f, rsa, base);
    return found && mp_sub_d(&f->root, 1, &f->root) == 0 &&
           mp_gcd(&f->root, &rsa->n, &rsa->p) == 0 &&
           mp_div(&rsa->n, &rsa->p, &rsa->q, &f->root) == 0 && mp_iszero(&f->root);
}

/* wolfCrypt signs with the primes alone; a key that says n, e, d has them implicitly (SP 800-56B,
 * appendix C). The larger one is p, as wolfCrypt's subtraction wants it. */
static bool complete(RsaKey *rsa)
{
    struct factoring f;
    bool done = prepare(&f, rsa) == 0 && find_primes(&f, rsa);
    if (done && mp_cmp(&rsa->p, &rsa->q) == MP_LT)
        done = mp_exch(&rsa->p, &rsa->q) == 0;
    done = done && mp_sub_d(&rsa->p, 1, &f.root) == 0 && mp_mod(&rsa->d, &f.root, &rsa->dP) == 0 &&
           mp_sub_d(&rsa->q, 1, &f.root) == 0 && mp_mod(&rsa->d, &f.root, &rsa->dQ) == 0 &&
           mp_invmod(&rsa->q, &rsa->p, &rsa->u) == 0;
    scp_wipe(&f, sizeof f);
    return done;
}

/* ---- primes that are given ---------------------------------------------------------------- */

static bool read_number(mp_int *to, struct scp_bytes from)
{
    return mp_read_unsigned_bin(to, from.ptr, (word32)from.len) == 0;
}

size_t scp_rsa_modulus_bits(struct scp_bytes p, struct scp_bytes q)
{
    mp_int product, factor;
    bool made = mp_init(&product) == 0 && mp_init(&factor) == 0 && read_number(&product, p) &&
                read_number(&factor, q) && mp_mul(&product, &factor, &product) == 0;
    int bits = made ? mp_count_bits(&product) : 0;
    scp_wipe(&product, sizeof product);
    scp_wipe(&factor, sizeof factor);
    return bits > 0 ? (size_t)bits : 0;
}

/* The larger prime is p; swapped ones need another inverse. */
static bool order_primes(RsaKey *rsa)
{
    if (mp_cmp(&rsa->p, &rsa->q) != MP_LT)
        return true;
    return mp_exch(&rsa->p, &rsa->q) == 0 && mp_exch(&rsa->dP, &rsa->dQ) == 0 &&
           mp_invmod(&rsa->q, &rsa->p, &rsa->u) == 0;
}

/* n = p · q, and e as the inverse of d modulo p - 1: blinding and the check of the signature want
 * them. */
static bool load_crt(const struct scp_rsa_crt *crt, RsaKey *rsa)
{
    mp_int p_minus_one;
    bool loaded = read_number(&rsa->p, crt->p) && read_number(&rsa->q, crt->q) &&
                  read_number(&rsa->dP, crt->dp1) && read_number(&rsa->dQ, crt->dq1) &&
                  read_number(&rsa->u, crt->pq) && order_primes(rsa) &&
                  mp_mul(&rsa->p, &rsa->q, &rsa->n) == 0 && mp_init(&p_minus_one) == 0 &&
                  mp_sub_d(&rsa->p, 1, &p_minus_one) == 0 &&
                  mp_invmod(&rsa->dP, &p_minus_one, &rsa->e) == 0;
    scp_wipe(&p_minus_one, sizeof p_minus_one);
    return loaded;
}

/* ---- what a signature holds --------------------------------------------------------------- */

static bool holds_pkcs1(RsaKey *rsa, const struct scp_digest *digest, struct scp_bytes signature)
{
    uint8_t expected[SHA1_INFO];
    uint8_t out[SCP_SIGNATURE_MAX];
    digest_info(digest, expected);
    int len = wc_RsaSSL_Verify(signature.ptr, (word32)signature.len, out, sizeof out, rsa);
    return len == SHA1_INFO && memcmp(out, expected, sizeof expected) == 0;
}

static bool holds_pss(RsaKey *rsa, const struct scp_digest *digest, struct scp_bytes signature)
{
    uint8_t in[SCP_SIGNATURE_MAX]; /* the library does not promise to leave it as it is */
    uint8_t out[SCP_SIGNATURE_MAX];
    memcpy(in, signature.ptr, signature.len);
    return wc_RsaPSS_VerifyCheck(in, (word32)signature.len, out, sizeof out, digest->bytes,
                                 (word32)digest->len, WC_HASH_TYPE_SHA256, WC_MGF1SHA256, rsa) > 0;
}

static bool holds(RsaKey *rsa, const struct scp_digest *digest, struct scp_bytes signature)
{
    return digest->len == SHA1 ? holds_pkcs1(rsa, digest, signature)
                               : holds_pss(rsa, digest, signature);
}

/* ---- signing ------------------------------------------------------------------------------ */

static enum scp_error load_private(const struct scp_signature_key *key, WC_RNG *rng, RsaKey *rsa)
{
    bool has_primes = key->crt.p.len > 0;
    if (has_primes && wc_InitRsaKey(rsa, NULL) != 0)
        return SCP_CRYPTO;
    if (!has_primes)
        SCP_TRY(load_public(key, rsa));
    rsa->type = RSA_PRIVATE;
    if (wc_RsaSetRNG(rsa, rng) != 0)
        return SCP_CRYPTO;
    bool loaded =
        has_primes ? load_crt(&key->crt, rsa) : read_number(&rsa->d, key->secret) && complete(rsa);
    return loaded ? SCP_OK : SCP_MALFORMED;
}

static int run_sign(RsaKey *rsa, WC_RNG *rng, const struct scp_digest *digest,
                    uint8_t out[SCP_SIGNATURE_MAX])
{
    if (digest->len != SHA1)
        return wc_RsaPSS_Sign(digest->bytes, (word32)digest->len, out, SCP_SIGNATURE_MAX,
                              WC_HASH_TYPE_SHA256, WC_MGF1SHA256, rsa, rng);
    uint8_t info[SHA1_INFO];
    digest_info(digest, info);
    return wc_RsaSSL_Sign(info, sizeof info, out, SCP_SIGNATURE_MAX, rsa, rng);
}

/* A wrong signature by one right and one wrong prime gives the key away: none leaves unverified. */
enum scp_error scp_rsa_sign(const struct scp_signature_key *key, WC_RNG *rng,
                            const struct scp_digest *digest, struct scp_writer *signature)
{
    RsaKey rsa;
    uint8_t out[SCP_SIGNATURE_MAX];
    int len = 0;
    memset(&rsa, 0, sizeof rsa);
    enum scp_error error = load_private(key, rng, &rsa);
    if (error == SCP_OK) {
        len = run_sign(&rsa, rng, digest, out);
        if (len <= 0)
            error = SCP_CRYPTO;
        else if (!holds(&rsa, digest, scp_bytes_of(out, (size_t)len)))
            error = SCP_MALFORMED;
    }
    wc_FreeRsaKey(&rsa);
    scp_wipe(&rsa, sizeof rsa);
    if (error == SCP_OK)
        scp_put(signature, scp_bytes_of(out, (size_t)len));
    scp_wipe(out, sizeof out);
    return error == SCP_OK ? scp_writer_status(signature) : error;
}

/* ---- verifying ---------------------------------------------------------------------------- */

enum scp_error scp_rsa_verify(const struct scp_signature_key *key, const struct scp_digest *digest,
                              struct scp_bytes signature)
{
    if (key->modulus.len == 0)
        return SCP_KEY_UNAVAILABLE;
    if (signature.len != key->modulus.len)
        return SCP_BAD_SIGNATURE;
    RsaKey rsa;
    memset(&rsa, 0, sizeof rsa);
    enum scp_error error = load_public(key, &rsa);
    if (error == SCP_OK)
        error = holds(&rsa, digest, signature) ? SCP_OK : SCP_BAD_SIGNATURE;
    wc_FreeRsaKey(&rsa);
    return error;
}
