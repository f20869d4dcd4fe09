/* Private: transmission protocol T=0 (ISO/IEC 7816-3 10 and 12.2), which cannot carry data both
 * ways in one exchange.
 *
 * A card speaks it when its ATR offers it first. Response data of a command with data wait for GET
 * RESPONSE behind 61xx; those of a command without data wait behind 6Cxx for the same command with
 * the right length, which is not run again. */
#ifndef AGENT_CARD_T0_H
#define AGENT_CARD_T0_H

#include "scp/base/bytes.h"
#include "scp/base/limits.h"

/* What waits to be fetched. All zero: nothing. */
struct card_t0 {
    bool waits;
    bool by_header;    /* the command itself fetches it, else GET RESPONSE */
    uint8_t header[4]; /* of that command */
    uint8_t data[SCP_RESPONSE_DATA_MAX];
    size_t len;
    uint16_t sw;
};

/* Whether the ATR offers T=0 first. */
bool card_t0_offered(struct scp_bytes atr);

/* If the command fetches what waits, append the answer and return true; what is left then waits on.
 * Any other command makes it forgotten. */
bool card_t0_fetch(struct card_t0 *t0, struct scp_bytes command, struct scp_writer *response);

/* Append the answer to a command whose full response, status word included, is `whole`. */
void card_t0_answer(struct card_t0 *t0, struct scp_bytes command, struct scp_bytes whole,
                    struct scp_writer *response);

#endif
