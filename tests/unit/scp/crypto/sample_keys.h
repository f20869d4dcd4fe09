/* Key pairs for tests of signatures; nothing real is protected by any of them. */
#ifndef TESTS_UNIT_SCP_CRYPTO_SAMPLE_KEYS_H
#define TESTS_UNIT_SCP_CRYPTO_SAMPLE_KEYS_H

#include "scp/crypto/signature.h"

/* Symmetric keys of GPCS's lengths, RSA keys, and EC keys whose origin stands beside them. */
enum sample_key {
    SAMPLE_DES,
    SAMPLE_AES_128,
    SAMPLE_AES_192,
    SAMPLE_AES_256,
    SAMPLE_RSA_1024,
    SAMPLE_RSA_2048,
    SAMPLE_RSA_4096,
    SAMPLE_P256,
    SAMPLE_P384,
    SAMPLE_P521,
    SAMPLE_BRAINPOOL_P256,
    SAMPLE_BRAINPOOL_P384,
    SAMPLE_BRAINPOOL_P512,
    SAMPLE_KEYS,
};

/* The key with its private part; it borrows memory that stays. Fails the test when it cannot be
 * made. */
struct scp_signature_key sample_key(enum sample_key which);
/* What a verifier has: of a symmetric key the same. */
struct scp_signature_key sample_public(enum sample_key which);
/* "AES-192". */
const char *sample_name(enum sample_key which);
/* Bytes of its signatures. */
size_t sample_signature_len(enum sample_key which);

#endif
