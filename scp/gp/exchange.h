/* One command and its whole response, over a link that carries single short APDUs: what `61xx`
 * announces is asked for by GET RESPONSE, a command whose Le the card corrects by `6Cxx` is sent
 * once more, and over T=0 a case 4 command goes without its Le (ISO/IEC 7816-3 12.2, 7816-4 5.3.4
 * and 11.7.1; GPCS 11.1.5.2).
 *
 *     scp_exchange_begin(&x, &command, t0, &response);
 *     while (!x.done) {
 *         struct scp_bytes answer = send(&x.next);           // the caller's link
 *         SCP_TRY(scp_exchange_take(&x, answer));
 *     }
 *     scp_response_parse(scp_written(&response), &out);       // apdu.h
 *
 * No I/O here. The command's data and the response's writer are borrowed until it is done. */
#ifndef SCP_GP_EXCHANGE_H
#define SCP_GP_EXCHANGE_H

#include "scp/gp/apdu.h"

enum { SCP_GET_RESPONSES_MAX = 64 }; /* for one command */

struct scp_exchange {
    struct scp_apdu next; /* what to send now */
    bool done;            /* the response is whole: data, then the last status word */
    uint8_t cla;          /* private from here on: of the command */
    bool corrected;       /* Le of `next` has been corrected */
    size_t asked;         /* number of GET RESPONSE */
    struct scp_writer *response;
};

void scp_exchange_begin(struct scp_exchange *x, const struct scp_apdu *command, bool t0,
                        struct scp_writer *response);

/* What came back for `next`, status word included. TRUNCATED when it has none; TOO_LONG when the
 * card announces more and more data; NO_SPACE when the response does not fit. */
SCP_MUST_USE enum scp_error scp_exchange_take(struct scp_exchange *x, struct scp_bytes answer);

/* GET RESPONSE for `count` bytes (00: 256) on the logical channel of class `cla`. */
struct scp_apdu scp_get_response(uint8_t cla, uint8_t count);

#endif
