/* RSA without padding: what signatures with message recovery are made and read with (EMV 4.3 Book 2
 * B2.1). Nothing is allocated.
 *
 *     uint8_t out[SCP_RSA_MODULUS_MAX];
 *     SCP_TRY(scp_rsa_public(modulus, exponent, signature, out));
 */
#ifndef SCP_CRYPTO_RSA_H
#define SCP_CRYPTO_RSA_H

#include "scp/base/bytes.h"

enum { SCP_RSA_MODULUS_MAX = 256 };

/* `in` to the power of `exponent` modulo `modulus`; `out` has room for modulus.len bytes, as many
 * as `in` has. OUT_OF_RANGE when `in` has another length or is not below the modulus, for a modulus
 * that is empty, even or longer than SCP_RSA_MODULUS_MAX, and for an exponent of none or more than
 * four bytes; CRYPTO. */
SCP_MUST_USE enum scp_error scp_rsa_public(struct scp_bytes modulus, struct scp_bytes exponent,
                                           struct scp_bytes in, uint8_t *out);

/* The same with a private exponent, of at most as many bytes as the modulus. Wipes what it computed
 * with. The time depends on the key: for cards in software, not for keys that others could time. */
SCP_MUST_USE enum scp_error scp_rsa_private(struct scp_bytes modulus, struct scp_bytes exponent,
                                            struct scp_bytes in, uint8_t *out);

#endif
