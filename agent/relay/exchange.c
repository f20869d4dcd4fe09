#include "agent/relay/exchange.h"

#include "agent/relay/identify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SW_OK = 0x9000,
    SW1_WARNING = 0x62,
    /* Tag and length around one response and around the list. */
    RESPONSE_OVERHEAD = 4,
    LIST_OVERHEAD = 16,
};

/* The card within one run of the loop. */
struct card_state {
    const struct agent_exchange *exchange;
    struct agent_contact *contact; /* NULL: powered down */
    char target[AGENT_URI_MAX];    /* what the last script ran on */
};

static void power_down(struct card_state *card)
{
    agent_contact_close(card->contact);
    card->contact = NULL;
    card->target[0] = '\0';
}

static enum agent_error power_up(struct card_state *card)
{
    if (card->contact != NULL)
        return AGENT_OK;
    const struct agent_card_access *access = &card->exchange->access;
    return access->connect(access->ctx, &card->contact);
}

/* ---- running a script --------------------------------------------------------------------- */

/* Where the responses of a script with a journal go. */
struct record {
    struct agent_journal journal;
    const struct agent_watch *watch;
};

static enum agent_error journal_sink(void *ctx, size_t index, size_t total,
                                     struct scp_bytes response)
{
    struct record *record = ctx;
    (void)total;
    AGENT_TRY(agent_journal_response(&record->journal, response));
    if (record->watch != NULL)
        record->watch->ran(record->watch->ctx, index + 1);
    return AGENT_OK;
}

static enum agent_error no_sink(void *ctx, size_t index, size_t total, struct scp_bytes response)
{
    (void)ctx;
    (void)index;
    (void)total;
    (void)response;
    return AGENT_OK;
}

/* Make the script's target the selected application. */
static enum agent_error select_target(struct card_state *card, const struct agent_reply *reply,
                                      bool selects_first, enum agent_script_status *status)
{
    *status = AGENT_SCRIPT_OK;
    bool same = strcmp(card->target, reply->target) == 0;
    memcpy(card->target, reply->target, sizeof card->target);
    if (same || selects_first || reply->target[0] == '\0')
        return AGENT_OK;
    uint8_t buffer[SCP_AID_MAX];
    struct scp_writer aid = scp_writer_on(buffer, sizeof buffer);
    struct agent_answer answer;
    *status = AGENT_SCRIPT_UNKNOWN_APPLICATION;
    if (agent_target_aid(reply->target, &aid) != SCP_OK)
        return AGENT_OK;
    AGENT_TRY(agent_select(&card->contact->card, scp_written(&aid), &answer));
    if (answer.sw == SW_OK || answer.sw >> 8 == SW1_WARNING)
        *status = AGENT_SCRIPT_OK;
    return AGENT_OK;
}

static void log_run(const struct agent_exchange *exchange, const struct agent_run *run)
{
    char sw[SCP_HEX_SIZE(2)];
    uint8_t bytes[2];
    scp_store_u16(bytes, run->last_sw);
    scp_hex_encode(sw, sizeof sw, SCP_BYTES(bytes));
    REBIND_LOG(exchange->log, run->end == AGENT_RUN_COMPLETE ? REBIND_LOG_INFO : REBIND_LOG_WARN,
               "script.ran", REBIND_TEXT("place", exchange->place),
               REBIND_TEXT("end", agent_run_end_name(run->end)),
               REBIND_UINT("executed", run->executed), REBIND_UINT("commands", run->total),
               REBIND_TEXT("sw", sw),
               REBIND_TEXT("cause", run->error == AGENT_OK ? NULL : agent_error_text(run->error)));
}

/* A status word or a guard that stops a script is an ordinary end: the responses tell. */
static const enum agent_script_status status_of_end[] = {
    [AGENT_RUN_COMPLETE] = AGENT_SCRIPT_OK,
    [AGENT_RUN_STATUS] = AGENT_SCRIPT_OK,
    [AGENT_RUN_GUARD] = AGENT_SCRIPT_OK,
    [AGENT_RUN_CARD] = AGENT_SCRIPT_UNAVAILABLE_SE,
    [AGENT_RUN_SINK] = AGENT_SCRIPT_UNAVAILABLE_SE,
    [AGENT_RUN_FORMAT] = AGENT_SCRIPT_FORMAT_ERROR,
};

/* Run the reply's script with its responses into `sink`. */
static enum agent_script_status
run_on_card(struct card_state *card, const struct agent_reply *reply, const struct agent_sink *sink)
{
    const struct agent_exchange *exchange = card->exchange;
    struct scp_bytes script = scp_bytes_of(reply->script, reply->script_len);
    struct agent_script_info info;
    struct agent_run run = {.end = AGENT_RUN_FORMAT, .error = AGENT_SCRIPT};
    enum agent_script_status status = AGENT_SCRIPT_FORMAT_ERROR;
    if (agent_script_inspect(script, &info) == SCP_OK) {
        run = (struct agent_run){.end = AGENT_RUN_CARD, .total = info.commands};
        run.error = power_up(card);
        if (run.error == AGENT_OK)
            run.error = select_target(card, reply, info.selects_first, &status);
        if (run.error == AGENT_OK && status != AGENT_SCRIPT_OK)
            return status;
        if (run.error == AGENT_OK)
            agent_run_script(&card->contact->card, script, sink, &run);
    }
    log_run(exchange, &run);
    if (run.end == AGENT_RUN_CARD)
        power_down(card);
    return status_of_end[run.end];
}

/* The same, watched from its first command to its last. */
static enum agent_script_status run_watched(struct card_state *card,
                                            const struct agent_reply *reply, struct record *record)
{
    const struct agent_watch *watch = record->watch;
    const struct agent_sink sink = {.ctx = record, .fn = journal_sink};
    if (watch != NULL)
        watch->begin(watch->ctx, reply->next_uri);
    enum agent_script_status status = run_on_card(card, reply, &sink);
    if (watch != NULL)
        watch->end(watch->ctx);
    return status;
}

static enum agent_error run_with_journal(struct card_state *card, const struct agent_reply *reply)
{
    const struct agent_exchange *exchange = card->exchange;
    struct scp_bytes script = scp_bytes_of(reply->script, reply->script_len);
    struct agent_script_info info;
    struct record record = {.watch = exchange->watch};
    if (agent_script_inspect(script, &info) != SCP_OK)
        info.commands = 0;
    AGENT_TRY(agent_journal_begin(&record.journal, exchange->journal_directory,
                                  &(struct agent_journal_script){.se = exchange->se,
                                                                 .next_uri = reply->next_uri,
                                                                 .script = script,
                                                                 .commands = info.commands}));
    enum agent_script_status status = run_watched(card, reply, &record);
    enum agent_error error = agent_journal_end(&record.journal, status);
    agent_journal_close(&record.journal);
    return error;
}

/* ---- posting ------------------------------------------------------------------------------ */

static enum agent_error build_body(const struct agent_journal_entry *entry, uint8_t **buffer,
                                   struct scp_bytes *body)
{
    size_t cap = LIST_OVERHEAD;
    for (size_t i = 0; i < entry->count; i++)
        cap += RESPONSE_OVERHEAD + entry->responses[i].len;
    *buffer = malloc(cap);
    if (*buffer == NULL)
        return AGENT_NO_MEMORY;
    struct scp_writer w = scp_writer_on(*buffer, cap);
    if (scp_script_put_responses(&w, entry->responses, entry->count) != SCP_OK) {
        free(*buffer);
        return AGENT_JOURNAL;
    }
    *body = scp_written(&w);
    return AGENT_OK;
}

/* Post until the server has it or the wait says to give up. */
static enum agent_error post_until_taken(struct card_state *card, struct agent_request *request,
                                         struct agent_reply *reply)
{
    const struct agent_exchange *exchange = card->exchange;
    for (uint32_t attempt = 0;; attempt++) {
        enum agent_error error = exchange->transport.post(exchange->transport.ctx, request, reply);
        if (error != AGENT_UNREACHABLE)
            return error;
        power_down(card);
        request->resume = true;
        REBIND_LOG(exchange->log, REBIND_LOG_WARN, "result.waits",
                   REBIND_TEXT("place", exchange->place), REBIND_UINT("attempt", attempt + 1));
        if (!exchange->wait.pause(exchange->wait.ctx, attempt))
            return AGENT_STOPPED;
    }
}

/* The server does not want the answers: keep asking would never end, so they are let go. */
static void let_go(const struct agent_exchange *exchange, const struct agent_journal_entry *entry)
{
    REBIND_LOG(exchange->log, REBIND_LOG_ERROR, "result.refused",
               REBIND_TEXT("place", exchange->place), REBIND_TEXT("exchange", entry->next_uri),
               REBIND_UINT("responses", entry->count));
    if (agent_journal_posted(exchange->journal_directory, exchange->se) != AGENT_OK)
        rebind_log_event(exchange->log, REBIND_LOG_ERROR, "journal.failed");
}

/* Post what the journal holds. */
static enum agent_error post_journal(struct card_state *card,
                                     const struct agent_journal_entry *entry, bool resume,
                                     struct agent_reply *reply)
{
    const struct agent_exchange *exchange = card->exchange;
    uint8_t *buffer = NULL;
    struct agent_request request = {.path = entry->next_uri,
                                    .se = exchange->se,
                                    .has_result = true,
                                    .resume = resume,
                                    .status = entry->status};
    AGENT_TRY(build_body(entry, &buffer, &request.body));
    enum agent_error error = post_until_taken(card, &request, reply);
    free(buffer);
    if (error == AGENT_REFUSED)
        let_go(exchange, entry);
    if (error == AGENT_OK)
        REBIND_LOG(
            exchange->log, REBIND_LOG_INFO, "result.posted", REBIND_TEXT("place", exchange->place),
            REBIND_TEXT("exchange", entry->next_uri), REBIND_UINT("responses", entry->count),
            REBIND_TEXT("status", agent_script_status_name(entry->status)),
            REBIND_BOOL("interrupted", !entry->ended), REBIND_BOOL("resume", request.resume));
    return error;
}

/* Post the journal of the card; *found is false when it has none. */
static enum agent_error deliver(struct card_state *card, bool resume, struct agent_reply *reply,
                                bool *found)
{
    const struct agent_exchange *exchange = card->exchange;
    const char *directory = exchange->journal_directory;
    struct agent_journal_entry entry;
    enum agent_error error = agent_journal_load(directory, exchange->se, &entry, found);
    if (error == AGENT_JOURNAL) {
        rebind_log_event(exchange->log, REBIND_LOG_ERROR, "journal.damaged");
        return agent_journal_set_aside(directory, exchange->se);
    }
    if (error != AGENT_OK || !*found) /* without memory the journal waits for better times */
        return error;
    error = post_journal(card, &entry, resume, reply);
    agent_journal_entry_fini(&entry);
    return error;
}

/* ---- the loop ----------------------------------------------------------------------------- */

static enum agent_error ask(const struct agent_exchange *exchange, struct agent_reply *reply)
{
    struct agent_request request = {.path = AGENT_ADMIN_PATH, .se = exchange->se};
    return exchange->transport.post(exchange->transport.ctx, &request, reply);
}

/* Run one script, and replace `reply` by what the server says to its responses. */
static enum agent_error turn(struct card_state *card, struct agent_reply *reply)
{
    if (reply->next_uri[0] == '\0') {
        (void)run_on_card(card, reply, &(struct agent_sink){.fn = no_sink});
        agent_reply_fini(reply);
        return AGENT_OK;
    }
    enum agent_error error = run_with_journal(card, reply);
    agent_reply_fini(reply);
    bool found = false;
    if (error == AGENT_OK)
        error = deliver(card, false, reply, &found);
    return error == AGENT_OK && !found ? AGENT_JOURNAL : error;
}

static enum agent_error loop(struct card_state *card)
{
    const struct agent_exchange *exchange = card->exchange;
    struct agent_reply reply = {0};
    bool found = false;
    enum agent_error error = deliver(card, true, &reply, &found);
    if (error == AGENT_OK && !found)
        error = power_up(card); /* a card that cannot be had now is no business of the server's */
    if (error == AGENT_OK && !found)
        error = ask(exchange, &reply);
    while (error == AGENT_OK && reply.has_script)
        error = exchange->wait.stopping(exchange->wait.ctx) ? AGENT_STOPPED : turn(card, &reply);
    agent_reply_fini(&reply);
    AGENT_TRY(error);
    return agent_journal_posted(exchange->journal_directory, exchange->se);
}

enum agent_error agent_exchange_run(const struct agent_exchange *exchange)
{
    struct card_state card = {.exchange = exchange};
    enum agent_error error = loop(&card);
    power_down(&card);
    return error;
}
