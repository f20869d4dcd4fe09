#include "agent/relay/agent.h"

#include "agent/relay/jobs.h"
#include "agent/relay/work_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* How long main's thread waits at most for a job while it stops or runs once. */
enum { TICK_MS = 200, LOCK_PATH_MAX = AGENT_JOURNAL_PATH_MAX };

struct agent {
    const struct agent_setup *setup;
    struct agent_cards cards;
    struct agent_jobs jobs;
    struct agent_work_stream *stream;
    int lock_fd;
    uint64_t scan_at_ms;
    enum agent_error card_error; /* the first one, for a single run */
};

static bool stopping(const struct agent *agent)
{
    struct pollfd fd = {.fd = agent->setup->stop_fd, .events = POLLIN};
    return poll(&fd, 1, 0) > 0;
}

/* ---- start and end ------------------------------------------------------------------------ */

/* Two agents on one journal would post each other's answers. */
static enum agent_error lock_journal(struct agent *agent)
{
    char path[LOCK_PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/lock", agent->setup->journal);
    if (len < 0 || (size_t)len >= sizeof path)
        return AGENT_JOURNAL;
    agent->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (agent->lock_fd < 0 || flock(agent->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        rebind_log_event(agent->setup->log, REBIND_LOG_ERROR,
                         errno == EWOULDBLOCK ? "journal.in_use" : "journal.unusable");
        return AGENT_JOURNAL;
    }
    return AGENT_OK;
}

static void on_work(void *ctx, const char *se)
{
    struct agent *agent = ctx;
    bool known = agent_cards_work(&agent->cards, se);
    REBIND_LOG(agent->setup->log, REBIND_LOG_INFO, "work.named", REBIND_BOOL("in_reach", known));
}

/* A card with a journal has answers to be posted, wherever the card is now. */
static void on_journal(void *ctx, const char *se)
{
    struct agent *agent = ctx;
    if (!agent_cards_work(&agent->cards, se) &&
        agent_cards_add_absent(&agent->cards, se) != AGENT_OK)
        rebind_log_event(agent->setup->log, REBIND_LOG_ERROR, "memory.exhausted");
}

static enum agent_error find_journals(struct agent *agent)
{
    size_t damaged = 0;
    AGENT_TRY(agent_journal_each(agent->setup->journal, on_journal, agent, &damaged));
    if (damaged > 0)
        REBIND_LOG(agent->setup->log, REBIND_LOG_ERROR, "journal.damaged",
                   REBIND_UINT("files", damaged));
    return AGENT_OK;
}

static enum agent_error open_stream(struct agent *agent)
{
    if (agent->setup->once)
        return AGENT_OK;
    agent->stream =
        agent_work_stream_new(&(struct agent_work_stream_setup){.endpoint = &agent->setup->endpoint,
                                                                .env = agent->setup->env,
                                                                .log = agent->setup->log,
                                                                .on_work = on_work,
                                                                .ctx = agent});
    return agent->stream == NULL ? AGENT_NO_MEMORY : AGENT_OK;
}

static enum agent_error start(struct agent *agent)
{
    const struct agent_setup *setup = agent->setup;
    agent_cards_init(&agent->cards, setup->env, setup->log);
    for (size_t i = 0; i < setup->reader_count; i++)
        agent->cards.readers[agent->cards.reader_count++] = setup->readers[i];
    AGENT_TRY(lock_journal(agent));
    AGENT_TRY(agent_jobs_init(&agent->jobs, setup));
    AGENT_TRY(open_stream(agent));
    AGENT_TRY(agent_cards_scan(&agent->cards));
    return find_journals(agent);
}

static void finish(struct agent *agent)
{
    agent_work_stream_free(agent->stream);
    agent_jobs_fini(&agent->jobs);
    agent_cards_fini(&agent->cards);
    if (agent->lock_fd >= 0)
        (void)close(agent->lock_fd);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void reap(struct agent *agent)
{
    struct agent_card *card;
    enum agent_error result;
    while (agent_jobs_reap(&agent->jobs, &card, &result)) {
        REBIND_LOG(agent->setup->log, result == AGENT_OK ? REBIND_LOG_INFO : REBIND_LOG_WARN,
                   "card.served", REBIND_TEXT("place", card->place),
                   REBIND_TEXT("result", agent_error_name(result)));
        agent_cards_served(&agent->cards, card, result);
        if (agent->setup->once)
            card->work = false;
        if (agent->card_error == AGENT_OK)
            agent->card_error = result;
    }
}

static void serve(struct agent *agent)
{
    while (!agent_jobs_full(&agent->jobs)) {
        struct agent_card *card = agent_cards_next(&agent->cards);
        if (card == NULL)
            return;
        if (agent_jobs_start(&agent->jobs, card) != AGENT_OK) {
            agent_cards_served(&agent->cards, card, AGENT_NO_MEMORY);
            return;
        }
    }
}

/* Look at the readers when it is time, and tell the stream what is in reach. */
static enum agent_error scan(struct agent *agent)
{
    uint64_t now = rebind_monotonic_ms(agent->setup->env);
    if (now < agent->scan_at_ms)
        return AGENT_OK;
    agent->scan_at_ms = now + agent->setup->poll_ms;
    AGENT_TRY(agent_cards_scan(&agent->cards));
    char *list = agent_cards_list(&agent->cards);
    if (list == NULL)
        return AGENT_NO_MEMORY;
    enum agent_error error = agent_work_stream_cards(agent->stream, list);
    free(list);
    return error;
}

static enum agent_error run_until_stopped(struct agent *agent)
{
    const int wake[] = {agent->setup->stop_fd, agent->jobs.wake_fd};
    while (!stopping(agent)) {
        AGENT_TRY(scan(agent));
        serve(agent);
        agent_work_stream_run(agent->stream, wake, agent->setup->poll_ms);
        reap(agent);
    }
    return AGENT_OK;
}

/* The first failure of the only round: of a card, or of a reader whose cards nobody saw. */
static enum agent_error result_of_once(const struct agent *agent)
{
    if (agent->card_error != AGENT_OK)
        return agent->card_error;
    for (size_t i = 0; i < agent->cards.reader_count; i++)
        if (agent->cards.reader_failed[i])
            return AGENT_READER;
    return AGENT_OK;
}

static enum agent_error run_once(struct agent *agent)
{
    for (size_t i = 0; i < agent->cards.count; i++)
        agent->cards.items[i]->work = true;
    while (!stopping(agent)) {
        serve(agent);
        if (agent->jobs.running == 0)
            return result_of_once(agent);
        struct pollfd wake = {.fd = agent->jobs.wake_fd, .events = POLLIN};
        (void)poll(&wake, 1, TICK_MS);
        reap(agent);
    }
    return AGENT_STOPPED;
}

enum agent_error agent_run(const struct agent_setup *setup)
{
    struct agent agent = {.setup = setup, .lock_fd = -1};
    enum agent_error error = start(&agent);
    if (error == AGENT_OK)
        error = setup->once ? run_once(&agent) : run_until_stopped(&agent);
    finish(&agent);
    return error;
}
