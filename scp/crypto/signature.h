/* Signatures of card content management: tokens, receipts, load file signatures (DAP),
 * certificates.
 *
 * GlobalPlatform names no algorithm in these structures: type and length of the key decide (GPCS
 * table C-1, appendix B).
 *
 *     key                     algorithm                                  hash      signature
 *     DES, 16 bytes           single DES plus final triple DES MAC       -         8 bytes
 *     AES, 16, 24, 32 bytes   CMAC                                       -         16 bytes
 *     RSA, 1024 bits          RSASSA-PKCS1-v1_5                          SHA-1     128 bytes
 *     RSA, 1025 to 4096 bits  RSASSA-PSS, MGF1, salt of 32 bytes         SHA-256   as the modulus
 *     EC, 256 bits            ECDSA, r ‖ s plain (TR-03111)              SHA-256   64 bytes
 *     EC, 384 bits            the same                                   SHA-384   96 bytes
 *     EC, 512 and 521 bits    the same                                   SHA-512   128, 132 bytes
 *
 * Life cycle: one of the makers checks the parts of a key and fills in a struct scp_signature_key,
 * a plain value that borrows them; there is nothing to release, and whoever holds the parts of a
 * private key wipes them. A key without its private part verifies only. Our code allocates nothing;
 * wolfCrypt takes memory from the heap while it calculates with RSA and EC keys.
 *
 * Randomness: nothing here reads any. Salts, nonces and blinding come from a Hash_DRBG (NIST SP
 * 800-90A) that is instantiated for each signature from the caller's random bytes as entropy, with
 * digests of private key and message as personalisation string. Random bytes that come back by
 * mistake (a restored machine) therefore do not repeat an ECDSA nonce under another message, and
 * the same three inputs give the same signature, so a test can replay. RFC 6979 proper would do for
 * ECDSA alone, and wolfCrypt has it for hashes of 32 bytes only.
 *
 *     struct scp_signature_key key;
 *     SCP_TRY(scp_signature_key_ec(&key, SCP_CURVE_P256, point, scalar));
 *     SCP_TRY(scp_sign(&key, random, message, &signature));
 *     SCP_TRY(scp_verify(&key, message, scp_written(&signature)));
 */
#ifndef SCP_CRYPTO_SIGNATURE_H
#define SCP_CRYPTO_SIGNATURE_H

#include "scp/base/limits.h"
#include "scp/base/secret.h"
#include "scp/crypto/hash.h"

/* ---- curves ------------------------------------------------------------------------------- */

/* By their key parameter reference (GPCS table B-2). wolfCrypt has no twisted brainpool curve (t1):
 * making a key on one gives UNSUPPORTED. */
enum scp_curve {
    SCP_CURVE_P256 = 0x00,
    SCP_CURVE_P384 = 0x01,
    SCP_CURVE_P521 = 0x02,
    SCP_CURVE_BRAINPOOL_P256R1 = 0x03,
    SCP_CURVE_BRAINPOOL_P256T1 = 0x04,
    SCP_CURVE_BRAINPOOL_P384R1 = 0x05,
    SCP_CURVE_BRAINPOOL_P384T1 = 0x06,
    SCP_CURVE_BRAINPOOL_P512R1 = 0x07,
    SCP_CURVE_BRAINPOOL_P512T1 = 0x08,
};

/* "P-256", "brainpoolP256r1"; NULL for a reference that is not in the table. */
const char *scp_curve_name(enum scp_curve curve);
/* NOT_FOUND. */
SCP_MUST_USE enum scp_error scp_curve_from_name(const char *name, enum scp_curve *out);
/* A curve in the form that PUT KEY has for those without a reference. */
struct scp_curve_parameters {
    struct scp_bytes prime; /* of the field */
    struct scp_bytes a;
    struct scp_bytes b;
    struct scp_bytes generator; /* 04 ‖ x ‖ y */
    struct scp_bytes order;
};
/* The curve of the table that has these parameters. UNSUPPORTED for any other: a key is for known
 * curves only. */
SCP_MUST_USE enum scp_error scp_curve_from_parameters(const struct scp_curve_parameters *parameters,
                                                      enum scp_curve *out);
/* Bytes of a coordinate, a scalar, and each half of a signature; 0 for a curve that is not there.
 */
size_t scp_curve_size(enum scp_curve curve);

/* ---- keys --------------------------------------------------------------------------------- */

enum scp_signature_type {
    SCP_SIGNATURE_DES,
    SCP_SIGNATURE_AES,
    SCP_SIGNATURE_RSA,
    SCP_SIGNATURE_EC,
};

/* The Chinese-remainder form of an RSA private key, as PUT KEY has it. */
struct scp_rsa_crt {
    struct scp_bytes p;
    struct scp_bytes q;
    struct scp_bytes pq;  /* q⁻¹ mod p */
    struct scp_bytes dp1; /* d mod (p - 1) */
    struct scp_bytes dq1; /* d mod (q - 1) */
};

struct scp_signature_key {
    enum scp_signature_type type;
    enum scp_hash
        hash; /* of RSA and EC: see the table; of all: the weakest one that a load file
                 data block hash may use beside this key (GPCS table C-3, Amendment D 8.1) */
    struct scp_bytes secret;   /* DES, AES: the key; RSA: d, or p; EC: the scalar; empty: verifies
                                  only */
    struct scp_bytes modulus;  /* RSA; empty: signs only */
    struct scp_bytes exponent; /* RSA: e */
    struct scp_rsa_crt crt;    /* RSA, instead of d */
    struct scp_bytes point;    /* EC: 04 ‖ x ‖ y; empty: signs only */
    enum scp_curve curve;      /* EC */
};

/* DES or AES. OUT_OF_RANGE (length), UNSUPPORTED (a type that is not symmetric). */
SCP_MUST_USE enum scp_error scp_signature_key_symmetric(struct scp_signature_key *key,
                                                        enum scp_signature_type type,
                                                        struct scp_bytes secret);
/* RSA from its numbers, big-endian; `d` is empty for a public key. Beside `d` the exponent may be
 * empty: a card is not told it, and it is 65537 then. A private key in this form is factored again
 * by every signature, which costs more than the signature itself. OUT_OF_RANGE for a modulus
 * shorter than 1024 or longer than 4096 bits or an empty or even exponent; MALFORMED for an even
 * modulus. */
SCP_MUST_USE enum scp_error scp_signature_key_rsa(struct scp_signature_key *key,
                                                  struct scp_bytes modulus,
                                                  struct scp_bytes exponent, struct scp_bytes d);
/* RSA from primes and what belongs to them: signs faster, and verifies nothing. OUT_OF_RANGE (the
 * product is shorter or longer than a modulus may be, a part is empty), CRYPTO. */
SCP_MUST_USE enum scp_error scp_signature_key_rsa_crt(struct scp_signature_key *key,
                                                      const struct scp_rsa_crt *crt);
/* EC from a point, a scalar, or both; the other is empty. UNSUPPORTED (curve), OUT_OF_RANGE (a
 * length that is not the curve's, neither of the two), MALFORMED (the point is not coded as
 * 04 ‖ x ‖ y). */
SCP_MUST_USE enum scp_error scp_signature_key_ec(struct scp_signature_key *key,
                                                 enum scp_curve curve, struct scp_bytes point,
                                                 struct scp_bytes scalar);

/* ---- signing and verifying ---------------------------------------------------------------- */

/* Bytes of randomness for one signature: entropy and nonce of a generator of 256-bit strength. */
enum { SCP_SIGNATURE_RANDOM = 48 };

/* Append the signature of `message`. `random` may be NULL for a DES or AES key. KEY_UNAVAILABLE (no
 * private part), MALFORMED (the parts of the key do not belong together), NO_SPACE, TOO_LONG,
 * CRYPTO. */
SCP_MUST_USE enum scp_error scp_sign(const struct scp_signature_key *key,
                                     const uint8_t random[SCP_SIGNATURE_RANDOM],
                                     struct scp_bytes message, struct scp_writer *signature);

/* BAD_SIGNATURE; KEY_UNAVAILABLE (no public part), MALFORMED (a point that is not on its curve),
 * TOO_LONG, CRYPTO. A MAC is compared in constant time. */
SCP_MUST_USE enum scp_error scp_verify(const struct scp_signature_key *key,
                                       struct scp_bytes message, struct scp_bytes signature);

#endif
