/* The agent: looks at its readers, keeps the push stream open for the cards in reach, and serves
 * each card that has work in a thread of its own, some at a time. */
#ifndef AGENT_RELAY_AGENT_H
#define AGENT_RELAY_AGENT_H

#include "agent/reader/reader.h"
#include "agent/relay/cards.h"
#include "agent/relay/client.h"

/* All borrowed. */
struct agent_setup {
    struct agent_endpoint endpoint;
    struct agent_reader *readers[AGENT_READERS_MAX];
    size_t reader_count;
    const char *journal; /* an existing directory */
    size_t contacts;     /* cards served at once */
    uint32_t poll_ms;
    bool progress; /* tell the server how far a script is */
    bool once;     /* serve each card in reach once, then return */
    int stop_fd;   /* becomes readable when the agent shall stop, and stays so */
    const struct rebind_env *env;
    struct rebind_log *log;
};

/* Run until stopped (OK), or once: the first error of a card. A script that is being run when the
 * stop comes is finished, and its responses are journaled and posted if the server answers at once.
 * JOURNAL when another agent uses the same journal; NO_MEMORY, SYSTEM. */
SCP_MUST_USE enum agent_error agent_run(const struct agent_setup *setup);

#endif
