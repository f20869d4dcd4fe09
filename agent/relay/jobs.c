#include "agent/relay/jobs.h"

#include "agent/relay/exchange.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PAUSE_FIRST_MS = 1000, PAUSE_LAST_MS = 60000, ONCE_ATTEMPTS = 5 };

/* What one thread works on. It copies what main's thread may change. */
struct agent_job {
    const struct agent_setup *setup;
    struct agent_card *card; /* main's */
    struct agent_reader *reader;
    char place[AGENT_PLACE_MAX];
    char se[AGENT_SE_MAX];
    struct agent_backoff backoff;
    int wake_fd;
    pthread_t thread;
    enum agent_error result;
    atomic_bool done;
};

/* ---- in the thread ------------------------------------------------------------------------ */

/* Open the card and make sure that it is still the one whose work this is. */
static enum agent_error connect_card(void *ctx, struct agent_contact **contact)
{
    const struct agent_job *job = ctx;
    char se[AGENT_SE_MAX];
    *contact = NULL;
    if (job->reader == NULL)
        return AGENT_NO_CARD;
    AGENT_TRY(agent_reader_connect(job->reader, job->place, contact));
    enum agent_error error = agent_identify(&(*contact)->card, se);
    if (error == AGENT_OK && strcmp(se, job->se) != 0)
        error = AGENT_NO_CARD;
    if (error != AGENT_OK) {
        agent_contact_close(*contact);
        *contact = NULL;
    }
    return error;
}

static bool stop_comes_within(const struct agent_job *job, uint32_t ms)
{
    struct pollfd fd = {.fd = job->setup->stop_fd, .events = POLLIN};
    return poll(&fd, 1, (int)ms) > 0;
}

static bool stopping(void *ctx)
{
    return stop_comes_within(ctx, 0);
}

static bool pause_before_retry(void *ctx, uint32_t attempt)
{
    struct agent_job *job = ctx;
    uint8_t random[4];
    if (job->setup->once && attempt + 1 >= ONCE_ATTEMPTS)
        return false;
    rebind_random(job->setup->env, random, sizeof random);
    return !stop_comes_within(job, agent_backoff_next(&job->backoff, scp_load_u32(random)));
}

static enum agent_error serve(struct agent_job *job)
{
    const struct agent_setup *setup = job->setup;
    struct agent_client *client = agent_client_new(&setup->endpoint, setup->log);
    if (client == NULL)
        return AGENT_NO_MEMORY;
    struct agent_exchange exchange = {
        .se = job->se,
        .journal_directory = setup->journal,
        .place = job->place,
        .transport = agent_client_transport(client),
        .access = {.ctx = job, .connect = connect_card},
        .wait = {.ctx = job, .pause = pause_before_retry, .stopping = stopping},
        .log = setup->log,
    };
    enum agent_error error = agent_exchange_run(&exchange);
    agent_client_free(client);
    return error;
}

static void *thread_main(void *ctx)
{
    struct agent_job *job = ctx;
    job->result = serve(job);
    atomic_store(&job->done, true);
    (void)eventfd_write(job->wake_fd, 1);
    return NULL;
}

/* ---- in main's thread --------------------------------------------------------------------- */

enum agent_error agent_jobs_init(struct agent_jobs *jobs, const struct agent_setup *setup)
{
    *jobs = (struct agent_jobs){.setup = setup, .wake_fd = -1};
    jobs->items = calloc(setup->contacts, sizeof(struct agent_job *));
    if (jobs->items == NULL)
        return AGENT_NO_MEMORY;
    jobs->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (jobs->wake_fd < 0) {
        agent_jobs_fini(jobs);
        return AGENT_SYSTEM;
    }
    return AGENT_OK;
}

void agent_jobs_fini(struct agent_jobs *jobs)
{
    if (jobs->items == NULL)
        return;
    for (size_t i = 0; i < jobs->running; i++) {
        struct agent_job *job = jobs->items[i];
        assert(job != NULL);
        (void)pthread_join(job->thread, NULL);
        free(job);
    }
    free(jobs->items);
    if (jobs->wake_fd >= 0)
        (void)close(jobs->wake_fd);
    *jobs = (struct agent_jobs){0};
}

bool agent_jobs_full(const struct agent_jobs *jobs)
{
    return jobs->running == jobs->setup->contacts;
}

enum agent_error agent_jobs_start(struct agent_jobs *jobs, struct agent_card *card)
{
    struct agent_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return AGENT_NO_MEMORY;
    job->setup = jobs->setup;
    job->card = card;
    job->reader = card->present ? card->reader : NULL;
    memcpy(job->place, card->place, sizeof job->place);
    memcpy(job->se, card->se, sizeof job->se);
    job->backoff = (struct agent_backoff){.first_ms = PAUSE_FIRST_MS, .cap_ms = PAUSE_LAST_MS};
    job->wake_fd = jobs->wake_fd;
    atomic_init(&job->done, false);
    if (pthread_create(&job->thread, NULL, thread_main, job) != 0) {
        free(job);
        return AGENT_SYSTEM;
    }
    jobs->items[jobs->running++] = job;
    card->served = true;
    card->work = false;
    return AGENT_OK;
}

bool agent_jobs_reap(struct agent_jobs *jobs, struct agent_card **card, enum agent_error *result)
{
    eventfd_t ended = 0;
    (void)eventfd_read(jobs->wake_fd, &ended);
    for (size_t i = 0; i < jobs->running; i++) {
        struct agent_job *job = jobs->items[i];
        if (!atomic_load(&job->done))
            continue;
        (void)pthread_join(job->thread, NULL);
        *card = job->card;
        *result = job->result;
        free(job);
        jobs->items[i] = jobs->items[--jobs->running];
        return true;
    }
    return false;
}
