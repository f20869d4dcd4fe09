/* Short command and response APDUs (ISO/IEC 7816-3 12.1).
 *
 *     const struct scp_apdu apdu = {.cla = 0x80, .ins = SCP_INS_GET_DATA, .p2 = 0x66, .le = 0};
 *     struct scp_writer w = scp_writer_on(buffer, SCP_APDU_MAX);
 *     scp_put_apdu(&w, &apdu);
 *     …
 *     SCP_TRY(scp_response_parse(answer, &response));
 *     SCP_TRY(scp_sw_check(response.sw));                    // status_words.h
 *
 * Plain values whose views borrow: after parsing from the bytes parsed, before writing from the
 * caller. Nothing has to be released. */
#ifndef SCP_GP_APDU_H
#define SCP_GP_APDU_H

#include "scp/base/bytes.h"
#include "scp/base/limits.h"

enum { SCP_NO_LE = -1 };

/* A command. `data` borrows. Case 1: no data, no Le; 2: Le; 3: data; 4: both. */
struct scp_apdu {
    uint8_t cla;
    uint8_t ins;
    uint8_t p1;
    uint8_t p2;
    struct scp_bytes data; /* up to 255 bytes; more only until chaining.h has cut it */
    int le;                /* SCP_NO_LE, or 0 to 255 as it stands in the byte: 0 means 256 */
};

/* Parse a whole short command. TRUNCATED, TRAILING; UNSUPPORTED for an extended length. */
SCP_MUST_USE enum scp_error scp_apdu_parse(struct scp_bytes bytes, struct scp_apdu *out);

/* Append the command. TOO_LONG when the data exceed 255 bytes. */
void scp_put_apdu(struct scp_writer *w, const struct scp_apdu *apdu);

/* A response split into data and status word. TRUNCATED when shorter than two bytes. */
struct scp_response {
    struct scp_bytes data;
    uint16_t sw;
};
SCP_MUST_USE enum scp_error scp_response_parse(struct scp_bytes bytes, struct scp_response *out);

#endif
