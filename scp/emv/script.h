/* Secure messaging of issuer scripts (EMV 4.3 Book 2 9.2 and 9.3, format 2): the MAC of a command
 * and the enciphered PIN in it. Keys by the scheme of the card (scheme.h).
 *
 * Pure: nothing is kept or allocated. Errors of all functions: OUT_OF_RANGE for a key of another
 * length than 16, CRYPTO, and those named.
 *
 *     SCP_TRY(scp_emv_pin_encipher(&keys, &request, block, &out));
 *     script.data = scp_written(&out);
 *     SCP_TRY(scp_emv_script_mac(&mac_key, &request, &script, mac));
 */
#ifndef SCP_EMV_SCRIPT_H
#define SCP_EMV_SCRIPT_H

#include "scp/emv/scheme.h"

enum { SCP_EMV_PIN_BLOCK_SIZE = 8, SCP_EMV_SCRIPT_MAC_MIN = 4 };

/* The MAC of a command: over its header (Lc counts the MAC), the counter, the cryptogram that asked
 * the issuer, and its data as they are sent. TOO_LONG above 255 bytes of data. */
struct scp_emv_script {
    uint8_t header[5]; /* CLA INS P1 P2 Lc */
    struct scp_bytes data;
};
SCP_MUST_USE enum scp_error scp_emv_script_mac(const struct scp_key *mac_key,
                                               const struct scp_emv_request *request,
                                               const struct scp_emv_script *script,
                                               uint8_t mac[SCP_EMV_CRYPTOGRAM_SIZE]);

/* The card's keys that a new PIN needs: its confidentiality key, and the cryptogram key that masks
 * the block of some schemes. */
struct scp_emv_pin_keys {
    const struct scp_key *confidentiality;
    const struct scp_key *cryptogram;
};

/* Encipher a new PIN, given as a block of format 2 (`24 12 34 FF …`). */
SCP_MUST_USE enum scp_error scp_emv_pin_encipher(const struct scp_emv_pin_keys *keys,
                                                 const struct scp_emv_request *request,
                                                 const uint8_t block[SCP_EMV_PIN_BLOCK_SIZE],
                                                 struct scp_writer *out);
/* And back. OUT_OF_RANGE for another length, BAD_PADDING, MALFORMED when what comes out is no PIN
 * block. */
SCP_MUST_USE enum scp_error scp_emv_pin_decipher(const struct scp_emv_pin_keys *keys,
                                                 const struct scp_emv_request *request,
                                                 struct scp_bytes cipher,
                                                 uint8_t block[SCP_EMV_PIN_BLOCK_SIZE]);

/* Whether the block is a PIN of 4 to 12 digits in format 2 (ISO 9564-1). */
bool scp_emv_pin_block_valid(const uint8_t block[SCP_EMV_PIN_BLOCK_SIZE]);

#endif
