#include "agent/relay/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_TAIL "/progress"

enum { PROGRESS_PATH_MAX = AGENT_URI_MAX + sizeof PROGRESS_TAIL };

struct agent_progress {
    struct agent_progress_setup setup;
    pthread_t thread;
    bool started; /* of the watch's thread alone */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping; /* guarded by the mutex from here on */
    bool telling;  /* a script runs and the server wants to hear of it */
    bool due;      /* the thread shall post */
    uint64_t scripts;
    uint64_t not_before_ms;
    size_t commands;
    char path[PROGRESS_PATH_MAX];
};

/* What one post says. */
struct message {
    uint64_t script;
    size_t commands;
    char path[PROGRESS_PATH_MAX];
};

/* ---- in the object's thread --------------------------------------------------------------- */

/* Wait for the next message; false: stop. */
static bool take(struct agent_progress *p, struct message *message)
{
    (void)pthread_mutex_lock(&p->mutex);
    while (!p->stopping && !p->due)
        (void)pthread_cond_wait(&p->changed, &p->mutex);
    bool taken = !p->stopping;
    if (taken) {
        p->due = false;
        p->not_before_ms = rebind_monotonic_ms(p->setup.env) + AGENT_PROGRESS_INTERVAL_MS;
        message->script = p->scripts;
        message->commands = p->commands;
        memcpy(message->path, p->path, sizeof message->path);
    }
    (void)pthread_mutex_unlock(&p->mutex);
    return taken;
}

/* The server refused: no more of this script. */
static void fall_silent(struct agent_progress *p, uint64_t script)
{
    (void)pthread_mutex_lock(&p->mutex);
    if (p->scripts == script)
        p->telling = p->due = false;
    (void)pthread_mutex_unlock(&p->mutex);
}

static void *thread_main(void *ctx)
{
    struct agent_progress *p = ctx;
    const struct agent_progress_poster *poster = &p->setup.poster;
    struct message message;
    while (take(p, &message)) {
        enum agent_error error = poster->post(poster->ctx, message.path, message.commands);
        if (error == AGENT_REFUSED)
            fall_silent(p, message.script);
        if (error != AGENT_OK)
            REBIND_LOG(p->setup.log, REBIND_LOG_DEBUG, "progress.untold",
                       REBIND_TEXT("cause", agent_error_text(error)));
    }
    return NULL;
}

/* ---- in the thread that runs the script --------------------------------------------------- */

static void begin(void *ctx, const char *next_uri)
{
    struct agent_progress *p = ctx;
    (void)pthread_mutex_lock(&p->mutex);
    int len = snprintf(p->path, sizeof p->path, "%s%s", next_uri, PROGRESS_TAIL);
    p->telling = len > 0 && (size_t)len < sizeof p->path && strpbrk(next_uri, "?#") == NULL;
    p->due = false;
    p->scripts++;
    p->not_before_ms = rebind_monotonic_ms(p->setup.env) + AGENT_PROGRESS_INTERVAL_MS;
    (void)pthread_mutex_unlock(&p->mutex);
}

static void start_thread(struct agent_progress *p)
{
    if (p->started)
        return;
    p->started = pthread_create(&p->thread, NULL, thread_main, p) == 0;
    if (!p->started)
        rebind_log_event(p->setup.log, REBIND_LOG_DEBUG, "progress.no_thread");
}

static void ran(void *ctx, size_t commands)
{
    struct agent_progress *p = ctx;
    (void)pthread_mutex_lock(&p->mutex);
    p->commands = commands;
    bool wake = p->telling && !p->due && rebind_monotonic_ms(p->setup.env) >= p->not_before_ms;
    if (wake) {
        p->due = true;
        (void)pthread_cond_signal(&p->changed);
    }
    (void)pthread_mutex_unlock(&p->mutex);
    if (wake)
        start_thread(p);
}

static void end(void *ctx)
{
    struct agent_progress *p = ctx;
    (void)pthread_mutex_lock(&p->mutex);
    p->telling = p->due = false;
    (void)pthread_mutex_unlock(&p->mutex);
}

struct agent_watch agent_progress_watch(struct agent_progress *progress)
{
    return (struct agent_watch){.ctx = progress, .begin = begin, .ran = ran, .end = end};
}

/* ---- life --------------------------------------------------------------------------------- */

struct agent_progress *agent_progress_new(const struct agent_progress_setup *setup)
{
    struct agent_progress *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->setup = *setup;
    if (pthread_mutex_init(&p->mutex, NULL) != 0) {
        free(p);
        return NULL;
    }
    if (pthread_cond_init(&p->changed, NULL) != 0) {
        (void)pthread_mutex_destroy(&p->mutex);
        free(p);
        return NULL;
    }
    return p;
}

static void stop(struct agent_progress *p)
{
    (void)pthread_mutex_lock(&p->mutex);
    p->stopping = true;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->mutex);
    p->setup.poster.cancel(p->setup.poster.ctx);
    if (p->started)
        (void)pthread_join(p->thread, NULL);
}

void agent_progress_free(struct agent_progress *progress)
{
    if (progress == NULL)
        return;
    stop(progress);
    (void)pthread_cond_destroy(&progress->changed);
    (void)pthread_mutex_destroy(&progress->mutex);
    free(progress);
}
