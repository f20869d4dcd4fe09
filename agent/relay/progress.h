/* How far a script is, told to the server while it runs. Best effort: what is not told in time is
 * never told, and nobody waits for it.
 *
 * The thread that runs the script leaves a number, no more: a thread of this object's own, started
 * when there is something to tell for the first time, posts the latest one. A script that ends
 * within AGENT_PROGRESS_INTERVAL_MS is not told about, and posts begin at least that far apart. A
 * server that refuses a post (the script's result came first; it knows no progress) is told nothing
 * more until the next script. No data of a command or response come here.
 *
 *     struct agent_progress *progress = agent_progress_new(&setup);
 *     struct agent_watch watch = agent_progress_watch(progress);
 *     ... exchanges, one after the other, with &watch ...
 *     agent_progress_free(progress);
 *
 * Threads: the watch belongs to one thread at a time. */
#ifndef AGENT_RELAY_PROGRESS_H
#define AGENT_RELAY_PROGRESS_H

#include "agent/relay/exchange.h"

enum { AGENT_PROGRESS_INTERVAL_MS = 500 };

/* How a number gets to the server. */
struct agent_progress_poster {
    void *ctx;
    /* Blocks; in the object's own thread. REFUSED; any other error is of this one post. */
    enum agent_error (*post)(void *ctx, const char *path, size_t commands);
    /* Let a post that is under way, and any later one, return at once. In another thread. */
    void (*cancel)(void *ctx);
};

struct agent_progress_setup {
    struct agent_progress_poster poster;
    const struct rebind_env *env; /* borrowed */
    struct rebind_log *log;
};

struct agent_progress;

/* NULL when memory is exhausted. */
struct agent_progress *agent_progress_new(const struct agent_progress_setup *setup);
/* Cancels what is under way and joins the thread; NULL is allowed. */
void agent_progress_free(struct agent_progress *progress);
/* The functions for an exchange; borrow the object. They never wait for the server. */
struct agent_watch agent_progress_watch(struct agent_progress *progress);

#endif
