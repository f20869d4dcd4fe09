/* Message authentication codes. Messages are unpadded; each function pads as its standard says. A
 * MAC is compared with scp_equal_constant_time.
 *
 * Like the ciphers (see cipher.h), each MAC is there in two ways: one call with a struct scp_key,
 * and with a schedule that is set up once, wiped by who set it up, and used by one thread at a
 * time.
 *
 *     struct scp_cmac_key schedule;
 *     SCP_TRY(scp_cmac_set(&schedule, &key));
 *     SCP_TRY(scp_cmac_with(&schedule, parts, 2, mac));    // as often as wanted
 *     scp_wipe(&schedule, sizeof schedule);
 */
#ifndef SCP_CRYPTO_MAC_H
#define SCP_CRYPTO_MAC_H

#include "scp/crypto/cipher.h"

/* Full triple DES MAC over ISO-padded data (GPCS B.1.2.1). */
SCP_MUST_USE enum scp_error scp_mac_des3_full(const struct scp_key *key, const uint8_t iv[8],
                                              struct scp_bytes in, uint8_t mac[8]);

/* ---- single DES plus final triple DES ("retail MAC", GPCS B.1.2.2) ------------------------ */

SCP_MUST_USE enum scp_error scp_mac_des_retail(const struct scp_key *key, const uint8_t iv[8],
                                               struct scp_bytes in, uint8_t mac[8]);

struct scp_retail_key {
    struct scp_des first; /* the first half of the key */
    struct scp_des3 whole;
};

/* A MAC in the making: what has been added so far. It holds no key, so it can be stored. */
struct scp_retail {
    uint8_t chain[SCP_DES_BLOCK];
    uint8_t pending[SCP_DES_BLOCK];
    uint8_t used; /* of pending, 0 to 7 */
};

/* OUT_OF_RANGE for a key that has not 16 bytes. */
SCP_MUST_USE enum scp_error scp_retail_set(struct scp_retail_key *schedule,
                                           const struct scp_key *key);
void scp_retail_start(struct scp_retail *mac, const uint8_t iv[8]);
SCP_MUST_USE enum scp_error scp_retail_add(struct scp_retail_key *schedule, struct scp_retail *mac,
                                           struct scp_bytes part);
SCP_MUST_USE enum scp_error scp_retail_end(struct scp_retail_key *schedule, struct scp_retail *mac,
                                           uint8_t out[8]);

/* ---- AES-CMAC (NIST SP 800-38B) ----------------------------------------------------------- */

/* Over the concatenation of `count` parts. */
SCP_MUST_USE enum scp_error scp_cmac(const struct scp_key *key, const struct scp_bytes *parts,
                                     size_t count, uint8_t mac[16]);

struct scp_cmac_key {
    struct scp_aes aes;
    uint8_t subkeys[2][SCP_AES_BLOCK]; /* for a last block that is whole, and one that is not */
};

SCP_MUST_USE enum scp_error scp_cmac_set(struct scp_cmac_key *schedule, const struct scp_key *key);
SCP_MUST_USE enum scp_error scp_cmac_with(struct scp_cmac_key *schedule,
                                          const struct scp_bytes *parts, size_t count,
                                          uint8_t mac[16]);

#endif
