/* Hashes. */
#ifndef SCP_CRYPTO_HASH_H
#define SCP_CRYPTO_HASH_H

#include "scp/base/bytes.h"

SCP_MUST_USE enum scp_error scp_sha1(struct scp_bytes in, uint8_t digest[20]);
SCP_MUST_USE enum scp_error scp_sha256(struct scp_bytes in, uint8_t digest[32]);

#endif
