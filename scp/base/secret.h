/* Secrets: a key type of its own, wiping, comparison in constant time.
 *
 * Whoever holds a struct scp_key or scp_key_set wipes it at the end of the function or object
 * that held it. There is no function that prints one, on purpose.
 *
 *     struct scp_key key;
 *     SCP_TRY(scp_key_from(&key, bytes));
 *     …
 *     scp_wipe(&key, sizeof key);
 */
#ifndef SCP_BASE_SECRET_H
#define SCP_BASE_SECRET_H

#include "scp/base/bytes.h"

#define SCP_KEY_MAX 32

/* A symmetric key: DES keys of 16 (two-key) or 24 bytes, AES keys of 16, 24 or 32. Secured packets
 * (ota/packet.h) know single DES keys of 8 too. */
struct scp_key {
    uint8_t bytes[SCP_KEY_MAX];
    size_t len;
};

/* A secure-channel key set of a security domain: ENC, MAC and DEK under one key version number. */
struct scp_key_set {
    struct scp_key enc;
    struct scp_key mac;
    struct scp_key dek;
};

/* Overwrite with zeros in a way the compiler does not remove. */
void scp_wipe(void *ptr, size_t len);

/* Whether two secrets of `len` bytes are the same; the time depends on `len` alone. */
bool scp_equal_constant_time(const void *a, const void *b, size_t len);

/* OUT_OF_RANGE when the length is none of 16, 24, 32. */
SCP_MUST_USE enum scp_error scp_key_from(struct scp_key *key, struct scp_bytes bytes);
struct scp_bytes scp_key_bytes(const struct scp_key *key);

#endif
