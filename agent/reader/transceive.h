/* One command to a card, its whole response back.
 *
 * struct agent_transceive is all that the agent's core and the terminal need of a card, so a phone
 * or a terminal embeds them by giving one function. agent_transceive_over makes such a function
 * from a bare link that carries single TPDUs: it asks for what `61xx` announces, repeats a command
 * with the length that `6Cxx` names, and leaves out Le where T=0 cannot carry it (ISO/IEC 7816-3
 * 12.2, 7816-4 5.3.4 and 11.7.1). */
#ifndef AGENT_READER_TRANSCEIVE_H
#define AGENT_READER_TRANSCEIVE_H

#include "agent/reader/error.h"
#include "scp/base/bytes.h"

enum {
    AGENT_RESPONSE_MAX = 8192, /* a response put together from its parts, status word included */
    AGENT_GET_RESPONSES_MAX = 64,
};

struct agent_transceive {
    void *ctx;
    /* Send `command`, append the response with its status word. NO_CARD, BUSY, READER,
     * CARD_ANSWER (no status word, or a longer response than the writer has room for). */
    enum agent_error (*fn)(void *ctx, struct scp_bytes command, struct scp_writer *response);
};

/* A bare link to a card. */
struct agent_link {
    struct agent_transceive tpdu; /* one command, one response as it comes */
    bool t0;                      /* the link speaks T=0: a case 4 command goes without its Le */
};

/* The transceive function over a link, which is borrowed. */
struct agent_transceive agent_transceive_over(struct agent_link *link);

/* Send, and split the answer. `buffer` holds the response; `data` borrows from it. */
struct agent_answer {
    uint8_t buffer[AGENT_RESPONSE_MAX];
    struct scp_bytes data;
    uint16_t sw;
};
SCP_MUST_USE enum agent_error agent_send(const struct agent_transceive *card,
                                         struct scp_bytes command, struct agent_answer *answer);

#endif
