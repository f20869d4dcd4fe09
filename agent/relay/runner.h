/* Runs an administration script on a card: the core of the agent.
 *
 * No I/O of its own, no heap, no keys: commands go through a transceive function, each response
 * goes to a sink before the next command leaves, so that a sink that writes a journal never loses
 * one.
 *
 * The runner stops at the first response whose status word the script does not accept or whose data
 * do not hash to the guard; that response is the last one recorded. A skipped command would break
 * the chain of MACs, and a guard that does not hold means that what follows was made for another
 * counter or key: EXTERNAL AUTHENTICATE must then never reach the card. */
#ifndef AGENT_RELAY_RUNNER_H
#define AGENT_RELAY_RUNNER_H

#include "agent/reader/transceive.h"
#include "scp/ota/script.h"

/* Where responses go. */
struct agent_sink {
    void *ctx;
    /* Response `index` (from 0) of a script of `total` commands, status word included. An error
     * stops the run. */
    enum agent_error (*fn)(void *ctx, size_t index, size_t total, struct scp_bytes response);
};

enum agent_run_end {
    AGENT_RUN_COMPLETE, /* every command was answered as the script accepts */
    AGENT_RUN_STATUS,   /* stopped at a status word that the script does not accept */
    AGENT_RUN_GUARD,    /* stopped at response data that do not hash to the guard */
    AGENT_RUN_CARD,     /* stopped because the card gave no answer: see error */
    AGENT_RUN_SINK,     /* stopped because a response could not be recorded: see error */
    AGENT_RUN_FORMAT,   /* nothing was sent: the script is malformed, see format */
};
const char *agent_run_end_name(enum agent_run_end end);

struct agent_run {
    enum agent_run_end end;
    size_t total;    /* commands in the script */
    size_t executed; /* responses recorded */
    uint16_t last_sw;
    enum agent_error error;
    enum scp_error format;
};

/* What a script is, before it is run. */
struct agent_script_info {
    size_t commands;
    bool extended;
    bool selects_first; /* the first command is a SELECT by name: the script chooses its target */
};
/* SCP errors of scp_script_open and scp_script_next; TOO_LONG above SCP_SCRIPT_COMMANDS_MAX. */
SCP_MUST_USE enum scp_error agent_script_inspect(struct scp_bytes script,
                                                 struct agent_script_info *info);

/* Run it. The whole script is read before its first command is sent. */
void agent_run_script(const struct agent_transceive *card, struct scp_bytes script,
                      const struct agent_sink *sink, struct agent_run *run);

#endif
