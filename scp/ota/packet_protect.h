/* Private to scp/ota: the algorithms under a secured packet, one table row each. */
#ifndef SCP_OTA_PACKET_PROTECT_H
#define SCP_OTA_PACKET_PROTECT_H

#include "scp/ota/packet.h"

/* Which of the SPI's four kinds of check an algorithm is: none, RC or CC. */
uint8_t scp_packet_check_kind(enum scp_packet_check check);

/* The length to write. OUT_OF_RANGE for a CC length other than 4 and 8. */
SCP_MUST_USE enum scp_error scp_packet_check_len(const struct scp_packet_security *security,
                                                 size_t *len);
/* Whether a received check may have this length. */
bool scp_packet_check_len_fits(const struct scp_packet_security *security, size_t len);

/* Cipher whole blocks in place under a zero IV. OUT_OF_RANGE when they are not whole. */
SCP_MUST_USE enum scp_error scp_packet_encipher(const struct scp_packet_security *security,
                                                uint8_t *blocks, size_t len);
SCP_MUST_USE enum scp_error scp_packet_decipher(const struct scp_packet_security *security,
                                                uint8_t *blocks, size_t len);

#endif
