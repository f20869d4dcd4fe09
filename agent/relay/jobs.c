#include "agent/relay/jobs.h"

#include "agent/relay/exchange.h"
#include "agent/relay/progress_client.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PAUSE_FIRST_MS = 1000, PAUSE_LAST_MS = 60000, ONCE_ATTEMPTS = 5 };

/* Tells the server how far one card's scripts are. */
struct agent_reporter {
    struct agent_progress_client *client;
    struct agent_progress *progress;
    struct agent_watch watch;
};

/* What one thread works on. It copies what main's thread may change. */
struct agent_job {
    const struct agent_setup *setup;
    struct agent_card *card; /* main's */
    struct agent_reader *reader;
    struct agent_reporter *reporter; /* NULL: nothing is told */
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
        .watch = job->reporter == NULL ? NULL : &job->reporter->watch,
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

/* ---- reporters ---------------------------------------------------------------------------- */

static void reporter_free(struct agent_reporter *reporter)
{
    if (reporter == NULL)
        return;
    agent_progress_free(reporter->progress);
    agent_progress_client_free(reporter->client);
    free(reporter);
}

static struct agent_reporter *reporter_new(const struct agent_setup *setup)
{
    struct agent_reporter *reporter = calloc(1, sizeof *reporter);
    if (reporter == NULL)
        return NULL;
    reporter->client = agent_progress_client_new(&setup->endpoint);
    if (reporter->client != NULL)
        reporter->progress = agent_progress_new(
            &(struct agent_progress_setup){.poster = agent_progress_client_poster(reporter->client),
                                           .env = setup->env,
                                           .log = setup->log});
    if (reporter->progress == NULL) {
        reporter_free(reporter);
        return NULL;
    }
    reporter->watch = agent_progress_watch(reporter->progress);
    return reporter;
}

/* One that is idle, else a new one. None is no error: a card is served without it too. */
static struct agent_reporter *take_reporter(struct agent_jobs *jobs)
{
    if (!jobs->setup->progress)
        return NULL;
    return jobs->idle_count > 0 ? jobs->idle[--jobs->idle_count] : reporter_new(jobs->setup);
}

/* Its connection is of use to the next card. */
static void give_back(struct agent_jobs *jobs, struct agent_reporter *reporter)
{
    if (reporter != NULL)
        jobs->idle[jobs->idle_count++] = reporter;
}

/* ---- in main's thread --------------------------------------------------------------------- */

enum agent_error agent_jobs_init(struct agent_jobs *jobs, const struct agent_setup *setup)
{
    *jobs = (struct agent_jobs){.setup = setup, .wake_fd = -1};
    jobs->items = calloc(setup->contacts, sizeof(struct agent_job *));
    if (jobs->items == NULL)
        return AGENT_NO_MEMORY;
    jobs->idle = calloc(setup->contacts, sizeof(struct agent_reporter *));
    if (jobs->idle != NULL)
        jobs->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (jobs->wake_fd < 0) {
        enum agent_error error = jobs->idle == NULL ? AGENT_NO_MEMORY : AGENT_SYSTEM;
        agent_jobs_fini(jobs);
        return error;
    }
    return AGENT_OK;
}

/* The thread of a job has ended or is about to. */
static void finish_job(struct agent_jobs *jobs, struct agent_job *job)
{
    (void)pthread_join(job->thread, NULL);
    give_back(jobs, job->reporter);
    free(job);
}

void agent_jobs_fini(struct agent_jobs *jobs)
{
    if (jobs->items == NULL)
        return;
    for (size_t i = 0; i < jobs->running; i++) {
        struct agent_job *job = jobs->items[i];
        assert(job != NULL);
        finish_job(jobs, job);
    }
    while (jobs->idle != NULL && jobs->idle_count > 0)
        reporter_free(jobs->idle[--jobs->idle_count]);
    free(jobs->items);
    free(jobs->idle);
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
    job->reporter = take_reporter(jobs);
    if (pthread_create(&job->thread, NULL, thread_main, job) != 0) {
        give_back(jobs, job->reporter);
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
        *card = job->card;
        *result = job->result;
        finish_job(jobs, job);
        jobs->items[i] = jobs->items[--jobs->running];
        return true;
    }
    return false;
}
