/* Message authentication codes. `in` is unpadded; each function pads as its standard says. A MAC is
 * compared with scp_equal_constant_time. */
#ifndef SCP_CRYPTO_MAC_H
#define SCP_CRYPTO_MAC_H

#include "scp/base/secret.h"

/* Full triple DES MAC over ISO-padded data (GPCS B.1.2.1). */
SCP_MUST_USE enum scp_error scp_mac_des3_full(const struct scp_key *key, const uint8_t iv[8],
                                              struct scp_bytes in, uint8_t mac[8]);

/* Single DES plus final triple DES ("retail MAC", ISO 9797-1 algorithm 3; GPCS B.1.2.2). */
SCP_MUST_USE enum scp_error scp_mac_des_retail(const struct scp_key *key, const uint8_t iv[8],
                                               struct scp_bytes in, uint8_t mac[8]);

/* AES-CMAC (NIST SP 800-38B) over the concatenation of `count` parts. */
SCP_MUST_USE enum scp_error scp_cmac(const struct scp_key *key, const struct scp_bytes *parts,
                                     size_t count, uint8_t mac[16]);

#endif
