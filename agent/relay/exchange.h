/* The loop of one card: ask, run the script, journal the answers, post them, until nothing is left.
 *
 * What a journal still holds of the card is posted first, with resume set: a script of an earlier
 * process is reported with the answers recorded and never begun again. While the server cannot be
 * reached, answers are posted again and again (the wait function says how long and whether); the
 * card is powered down meanwhile, so that others may use it.
 *
 * Sessions span scripts, so the card stays under power from one script to the next, and the target
 * application is selected only when it changes or the card was powered up anew, and never for a
 * script that begins with a SELECT of its own. */
#ifndef AGENT_RELAY_EXCHANGE_H
#define AGENT_RELAY_EXCHANGE_H

#include "agent/reader/reader.h"
#include "agent/relay/runner.h"
#include "agent/relay/transport.h"
#include "scp/host/log.h"

/* How the loop reaches the card. */
struct agent_card_access {
    void *ctx;
    /* NO_CARD when the card is not in reach (any more). */
    enum agent_error (*connect)(void *ctx, struct agent_contact **contact);
};

/* When to try again, and when to stop. What is not posted stays in the journal. */
struct agent_wait {
    void *ctx;
    /* Wait before posting once more; false: give up. */
    bool (*pause)(void *ctx, uint32_t attempt);
    /* Whether no further script shall be begun. */
    bool (*stopping)(void *ctx);
};

/* Who is told how far a script is. The functions must return at once: they run between two commands
 * to the card. */
struct agent_watch {
    void *ctx;
    void (*begin)(void *ctx, const char *next_uri); /* of the script that is about to run */
    void (*ran)(void *ctx, size_t commands);        /* so many responses are recorded */
    void (*end)(void *ctx);
};

struct agent_exchange {
    const char *se;
    const char *journal_directory;
    const char *place; /* for the log: the card itself is not named there */
    struct agent_transport transport;
    struct agent_card_access access;
    struct agent_wait wait;
    const struct agent_watch *watch; /* NULL: nobody */
    struct rebind_log *log;
};

/* Returns OK when the server had nothing more to do. NO_CARD, BUSY, READER when the card cannot be
 * powered up before the server is asked; UNREACHABLE, REFUSED, FORBIDDEN, SERVER_ANSWER,
 * STOPPED, JOURNAL, NO_MEMORY; a card that goes later is
 * reported to the server and is no error here. */
SCP_MUST_USE enum agent_error agent_exchange_run(const struct agent_exchange *exchange);

#endif
