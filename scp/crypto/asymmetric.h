/* Private to scp/crypto: what signature.c has of RSA and EC, and the generator behind them. */
#ifndef SCP_CRYPTO_ASYMMETRIC_H
#define SCP_CRYPTO_ASYMMETRIC_H

#include "scp/crypto/signature.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/random.h>

/* A wolfCrypt generator over the caller's bytes. wolfCrypt seeds a WC_RNG from the system and
 * offers no other way but a process-wide table of callbacks; the working state of its Hash_DRBG is
 * public, so it is instantiated here as SP 800-90A 10.1.1.2 has it. Never given to wc_FreeRng,
 * which would release the state: scp_generator_fini wipes it. */
struct scp_generator {
    WC_RNG rng;
    struct DRBG_internal state;
};

enum { SCP_PERSONALIZATION_MAX = 64 };

/* NO_SPACE (a longer personalisation string), CRYPTO. The caller calls scp_generator_fini, also
 * after an error. */
SCP_MUST_USE enum scp_error scp_generator_init(struct scp_generator *generator,
                                               const uint8_t random[SCP_SIGNATURE_RANDOM],
                                               struct scp_bytes personalization);
void scp_generator_fini(struct scp_generator *generator);

/* Bits of p · q; 0 when there is no such number. */
size_t scp_rsa_modulus_bits(struct scp_bytes p, struct scp_bytes q);

/* The message comes as its digest under key->hash. Errors: as scp_sign and scp_verify. */
SCP_MUST_USE enum scp_error scp_rsa_sign(const struct scp_signature_key *key, WC_RNG *rng,
                                         const struct scp_digest *digest,
                                         struct scp_writer *signature);
SCP_MUST_USE enum scp_error scp_rsa_verify(const struct scp_signature_key *key,
                                           const struct scp_digest *digest,
                                           struct scp_bytes signature);
SCP_MUST_USE enum scp_error scp_ec_sign(const struct scp_signature_key *key, WC_RNG *rng,
                                        const struct scp_digest *digest,
                                        struct scp_writer *signature);
SCP_MUST_USE enum scp_error scp_ec_verify(const struct scp_signature_key *key,
                                          const struct scp_digest *digest,
                                          struct scp_bytes signature);

#endif
