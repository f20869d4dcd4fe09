/* The cards in reach: a table kept up to date by looking at the readers, each card with its name
 * once it has been read. Main's thread alone uses it. */
#ifndef AGENT_RELAY_CARDS_H
#define AGENT_RELAY_CARDS_H

#include "agent/reader/reader.h"
#include "agent/relay/backoff.h"
#include "agent/relay/identify.h"
#include "scp/host/log.h"

enum {
    AGENT_READERS_MAX = 2,
    AGENT_LIST_CARDS_MAX = 200,    /* cards that one stream is opened for */
    AGENT_LIST_TEXT_MAX = 12288,   /* their names: a header that servers still take */
    AGENT_ASK_INTERVAL_MS = 60000, /* how often a card that is in no stream asks by itself */
};

struct agent_card {
    struct agent_reader *reader; /* NULL: not in reach, known from its journal alone */
    char place[AGENT_PLACE_MAX];
    uint64_t insertion;
    bool present;
    bool identified;
    bool hopeless; /* it has no name: not tried again until it is inserted anew */
    char se[AGENT_SE_MAX];
    bool work;   /* the server named it */
    bool served; /* a thread serves it */
    uint64_t not_before_ms;
    uint64_t ask_at_ms; /* when it asks by itself, because the stream has no room for it */
    struct agent_backoff backoff;
};

struct agent_cards {
    struct agent_reader *readers[AGENT_READERS_MAX]; /* borrowed */
    bool reader_failed[AGENT_READERS_MAX];
    size_t reader_count;
    struct agent_card **items; /* entries stay where they are until they are removed */
    size_t count;
    size_t cap;
    const struct rebind_env *env;
    struct rebind_log *log;
};

/* Borrows env and log. */
void agent_cards_init(struct agent_cards *cards, const struct rebind_env *env,
                      struct rebind_log *log);
void agent_cards_fini(struct agent_cards *cards);

/* Look at the readers and read the names of new cards. A card that is gone leaves the table, unless
 * it is being served. NO_MEMORY. */
SCP_MUST_USE enum agent_error agent_cards_scan(struct agent_cards *cards);
/* Add a card that is not in reach but has a journal, with work. NO_MEMORY. */
SCP_MUST_USE enum agent_error agent_cards_add_absent(struct agent_cards *cards, const char *se);

/* Mark a card as having work; false when it is not in the table. */
bool agent_cards_work(struct agent_cards *cards, const char *se);
/* A card that may be served now, or NULL. */
struct agent_card *agent_cards_next(struct agent_cards *cards);
/* A thread has served the card, with this result: decide whether and when to try again. */
void agent_cards_served(struct agent_cards *cards, struct agent_card *card,
                        enum agent_error result);

/* The names of the cards in reach, separated by ", ", on the heap; "" when there are none. Cards
 * beyond the limits get work every AGENT_ASK_INTERVAL_MS instead: the server cannot call them. NULL
 * when memory is exhausted. */
char *agent_cards_list(struct agent_cards *cards);

#endif
