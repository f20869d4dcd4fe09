#include "scp/crypto/asymmetric.h"

#include <wolfssl/wolfcrypt/ecc.h>

#include <string.h>

enum { SIZE_MAX_EC = 66 };

static const struct {
    const char *name;
    int id; /* of wolfCrypt; 0: it does not have the curve */
    uint8_t size;
} curves[] = {
    [SCP_CURVE_P256] = {"P-256", ECC_SECP256R1, 32},
    [SCP_CURVE_P384] = {"P-384", ECC_SECP384R1, 48},
    [SCP_CURVE_P521] = {"P-521", ECC_SECP521R1, 66},
    [SCP_CURVE_BRAINPOOL_P256R1] = {"brainpoolP256r1", ECC_BRAINPOOLP256R1, 32},
    [SCP_CURVE_BRAINPOOL_P256T1] = {"brainpoolP256t1", 0, 0},
    [SCP_CURVE_BRAINPOOL_P384R1] = {"brainpoolP384r1", ECC_BRAINPOOLP384R1, 48},
    [SCP_CURVE_BRAINPOOL_P384T1] = {"brainpoolP384t1", 0, 0},
    [SCP_CURVE_BRAINPOOL_P512R1] = {"brainpoolP512r1", ECC_BRAINPOOLP512R1, 64},
    [SCP_CURVE_BRAINPOOL_P512T1] = {"brainpoolP512t1", 0, 0},
};

enum { CURVE_COUNT = sizeof curves / sizeof curves[0] };

const char *scp_curve_name(enum scp_curve curve)
{
    return (size_t)curve < CURVE_COUNT ? curves[curve].name : NULL;
}

enum scp_error scp_curve_from_name(const char *name, enum scp_curve *out)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (strcmp(curves[i].name, name) == 0) {
            *out = (enum scp_curve)i;
            return SCP_OK;
        }
    }
    return SCP_NOT_FOUND;
}

size_t scp_curve_size(enum scp_curve curve)
{
    return (size_t)curve < CURVE_COUNT ? curves[curve].size : 0;
}

static bool is_number(struct scp_bytes bytes, const char *hex)
{
    mp_int given, known;
    return mp_init(&given) == 0 && mp_init(&known) == 0 && bytes.len <= SIZE_MAX_EC &&
           mp_read_unsigned_bin(&given, bytes.ptr, (word32)bytes.len) == 0 &&
           mp_read_radix(&known, hex, MP_RADIX_HEX) == 0 && mp_cmp(&given, &known) == MP_EQ;
}

static bool has_parameters(const ecc_set_type *curve, const struct scp_curve_parameters *given)
{
    size_t size = (size_t)curve->size;
    return given->generator.len == 1 + 2 * size && given->generator.ptr[0] == 0x04 &&
           is_number(given->prime, curve->prime) && is_number(given->a, curve->Af) &&
           is_number(given->b, curve->Bf) && is_number(given->order, curve->order) &&
           is_number(scp_bytes_slice(given->generator, 1, size), curve->Gx) &&
           is_number(scp_bytes_from(given->generator, 1 + size), curve->Gy);
}

enum scp_error scp_curve_from_parameters(const struct scp_curve_parameters *parameters,
                                         enum scp_curve *out)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        const ecc_set_type *curve =
            curves[i].size == 0 ? NULL
                                : wc_ecc_get_curve_params(wc_ecc_get_curve_idx(curves[i].id));
        if (curve != NULL && has_parameters(curve, parameters)) {
            *out = (enum scp_curve)i;
            return SCP_OK;
        }
    }
    return SCP_UNSUPPORTED;
}

/* wolfCrypt keeps multiples of the points that a thread has used, over a megabyte, and forgets them
 * when the thread ends: they go at once, at the price of some speed. */
static void release(ecc_key *ec)
{
    wc_ecc_free(ec);
    wc_ecc_fp_free();
    scp_wipe(ec, sizeof *ec);
}

/* ---- signing ------------------------------------------------------------------------------ */

/* Whether the scalar is one of 1 to n - 1, which the import does not look at. */
static bool in_range(const ecc_key *ec)
{
    const ecc_set_type *curve = wc_ecc_get_curve_params(ec->idx);
    mp_int order;
    return curve != NULL && mp_init(&order) == 0 &&
           mp_read_radix(&order, curve->order, MP_RADIX_HEX) == 0 && !mp_iszero(&ec->k) &&
           mp_cmp(&ec->k, &order) == MP_LT;
}

static enum scp_error load_private(const struct scp_signature_key *key, WC_RNG *rng, ecc_key *ec)
{
    if (wc_ecc_set_rng(ec, rng) != 0 ||
        wc_ecc_import_private_key_ex(key->secret.ptr, (word32)key->secret.len, NULL, 0, ec,
                                     curves[key->curve].id) != 0)
        return SCP_CRYPTO;
    return in_range(ec) ? SCP_OK : SCP_MALFORMED;
}

/* The two numbers as wolfCrypt has them. */
struct pair {
    mp_int r;
    mp_int s;
};

static enum scp_error run_sign(ecc_key *ec, WC_RNG *rng, const struct scp_digest *digest,
                               struct pair *pair)
{
    if (mp_init(&pair->r) != 0 || mp_init(&pair->s) != 0 ||
        wc_ecc_sign_hash_ex(digest->bytes, (word32)digest->len, rng, ec, &pair->r, &pair->s) != 0)
        return SCP_CRYPTO;
    return SCP_OK;
}

static enum scp_error put_pair(struct scp_writer *w, const struct pair *pair, size_t size)
{
    uint8_t halves[2 * SIZE_MAX_EC];
    if (mp_to_unsigned_bin_len(&pair->r, halves, (int)size) != 0 ||
        mp_to_unsigned_bin_len(&pair->s, halves + size, (int)size) != 0)
        return SCP_CRYPTO;
    scp_put(w, scp_bytes_of(halves, 2 * size));
    return scp_writer_status(w);
}

enum scp_error scp_ec_sign(const struct scp_signature_key *key, WC_RNG *rng,
                           const struct scp_digest *digest, struct scp_writer *signature)
{
    ecc_key ec;
    struct pair pair;
    if (wc_ecc_init(&ec) != 0)
        return SCP_CRYPTO;
    enum scp_error error = load_private(key, rng, &ec);
    if (error == SCP_OK)
        error = run_sign(&ec, rng, digest, &pair);
    if (error == SCP_OK)
        error = put_pair(signature, &pair, curves[key->curve].size);
    release(&ec);
    return error;
}

/* ---- verifying ---------------------------------------------------------------------------- */

/* A point on one of these curves is of their one order: the cofactor is 1. */
static enum scp_error load_public(const struct scp_signature_key *key, ecc_key *ec)
{
    int failed =
        wc_ecc_import_x963_ex(key->point.ptr, (word32)key->point.len, ec, curves[key->curve].id);
    if (failed == 0)
        failed = wc_ecc_point_is_on_curve(&ec->pubkey, ec->idx);
    return failed == 0 ? SCP_OK : SCP_MALFORMED;
}

static enum scp_error run_verify(ecc_key *ec, const struct scp_digest *digest,
                                 struct scp_bytes signature)
{
    struct pair pair;
    int valid = 0;
    word32 size = (word32)(signature.len / 2);
    if (mp_init(&pair.r) != 0 || mp_init(&pair.s) != 0 ||
        mp_read_unsigned_bin(&pair.r, signature.ptr, size) != 0 ||
        mp_read_unsigned_bin(&pair.s, signature.ptr + size, size) != 0)
        return SCP_CRYPTO;
    int failed =
        wc_ecc_verify_hash_ex(&pair.r, &pair.s, digest->bytes, (word32)digest->len, &valid, ec);
    return failed == 0 && valid == 1 ? SCP_OK : SCP_BAD_SIGNATURE;
}

enum scp_error scp_ec_verify(const struct scp_signature_key *key, const struct scp_digest *digest,
                             struct scp_bytes signature)
{
    if (key->point.len == 0)
        return SCP_KEY_UNAVAILABLE;
    if (signature.len != 2 * (size_t)curves[key->curve].size)
        return SCP_BAD_SIGNATURE;
    ecc_key ec;
    if (wc_ecc_init(&ec) != 0)
        return SCP_CRYPTO;
    enum scp_error error = load_public(key, &ec);
    if (error == SCP_OK)
        error = run_verify(&ec, digest, signature);
    release(&ec);
    return error;
}
