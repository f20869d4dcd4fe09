/* The push: one event stream on which the server names the cards that have work.
 *
 * The stream belongs to main's thread and moves only inside agent_work_stream_run. It is opened
 * anew when the set of cards changes, and reopened with growing, jittered delays when it breaks.
 * While no card is in reach there is no stream. */
#ifndef AGENT_RELAY_WORK_STREAM_H
#define AGENT_RELAY_WORK_STREAM_H

#include "agent/relay/client.h"

struct agent_work_stream;

/* Called from agent_work_stream_run for each card that the server names. */
typedef void agent_on_work(void *ctx, const char *se);

struct agent_work_stream_setup {
    const struct agent_endpoint *endpoint; /* borrowed */
    const struct rebind_env *env;          /* borrowed */
    struct rebind_log *log;
    agent_on_work *on_work;
    void *ctx;
};

/* NULL when memory is exhausted. */
struct agent_work_stream *agent_work_stream_new(const struct agent_work_stream_setup *setup);
void agent_work_stream_free(struct agent_work_stream *stream);

/* The cards in reach now, as the value of X-Admin-SE-List ("" for none). NO_MEMORY. */
SCP_MUST_USE enum agent_error agent_work_stream_cards(struct agent_work_stream *stream,
                                                      const char *se_list);

/* Move bytes for at most `timeout_ms`; returns early when something came in or one of the wake
 * descriptors becomes readable. */
void agent_work_stream_run(struct agent_work_stream *stream, const int wake_fds[2],
                           uint32_t timeout_ms);

/* The card that an event's data name: {"se": "//se-id/CUD/<hex>"}. False when they name none. */
bool agent_work_card(const char *data, char se[AGENT_SE_MAX]);

#endif
