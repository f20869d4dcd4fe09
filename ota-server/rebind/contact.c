#include "ota-server/rebind/contact.h"

#include "ota-server/rebind/outcome.h"
#include "scp/crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASSOCIATED_SIZE = 2 * (STORE_ID_SIZE - 1) };

/* One call of this file at work. */
struct contact {
    const struct rebind_service *service;
    const struct contact_agent *agent;
    struct store_tx *tx;
    struct contact_reply *reply;
    struct job job;
    struct session session;
};

static bool has_extensions(const struct contact_agent *agent)
{
    return agent->peer.guard && agent->peer.targets;
}

void contact_reply_fini(struct contact_reply *reply)
{
    store_blob_fini(&reply->script);
    *reply = (struct contact_reply){.has_script = false};
}

/* ---- handing out -------------------------------------------------------------------------- */

static enum rebind_refusal reply_with(struct contact *c, const struct store_exchange *exchange)
{
    if (store_exchange_script(c->tx, exchange->id, &c->reply->script) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    c->reply->has_script = true;
    c->reply->target = session_target(&c->session);
    snprintf(c->reply->exchange, sizeof c->reply->exchange, "%s", exchange->id);
    return REBIND_REFUSED_NONE;
}

static enum rebind_refusal fail(struct contact *c, const char *cause)
{
    return rebind_refusal_of_store(outcome_fail(&c->job, c->agent->id, cause));
}

/* What a sealed session belongs to: it opens for no other exchange. */
static struct scp_bytes associated_with(const struct store_exchange *exchange,
                                        uint8_t buffer[ASSOCIATED_SIZE])
{
    struct scp_writer w = scp_writer_on(buffer, ASSOCIATED_SIZE);
    scp_put(&w, scp_bytes_of(exchange->operation, strlen(exchange->operation)));
    scp_put(&w, scp_bytes_of(exchange->id, strlen(exchange->id)));
    return scp_written(&w);
}

static void name_exchange(const struct contact *c, struct store_exchange *exchange)
{
    uint8_t id[(STORE_ID_SIZE - 1) / 2];
    rebind_random(c->service->env, id, sizeof id);
    scp_hex_encode(exchange->id, sizeof exchange->id, SCP_BYTES(id));
    snprintf(exchange->operation, sizeof exchange->operation, "%s", c->job.operation.id);
    snprintf(exchange->card, sizeof exchange->card, "%s", c->job.card.id);
    snprintf(exchange->agent, sizeof exchange->agent, "%s", c->agent->id);
}

/* Seal the session and commit the script to be sent. */
static enum rebind_refusal keep_exchange(struct contact *c, struct scp_bytes script,
                                         struct store_exchange *exchange)
{
    uint8_t saved[SESSION_SAVED_MAX];
    uint8_t sealed[SESSION_SAVED_MAX + VAULT_SEAL_OVERHEAD];
    uint8_t associated[ASSOCIATED_SIZE];
    struct scp_writer state = scp_writer_on(saved, sizeof saved);
    struct scp_writer seal = scp_writer_on(sealed, sizeof sealed);

    name_exchange(c, exchange);
    session_save(&c->session, &state);
    enum scp_error error = scp_writer_status(&state);
    if (error == SCP_OK)
        error = vault_seal(c->service->vault, "session", associated_with(exchange, associated),
                           scp_written(&state), &seal);
    scp_wipe(saved, sizeof saved);
    if (error != SCP_OK)
        return REBIND_REFUSED_INTERNAL;
    return rebind_refusal_of_store(store_exchange_add(c->tx, exchange, script, scp_written(&seal)));
}

static enum rebind_refusal write_script(struct contact *c, struct scp_writer *script)
{
    struct session_materials materials = job_materials(&c->job);
    const char *why = NULL;
    enum scp_error error =
        session_write(&c->session, &c->job.keys, &materials, &c->agent->peer, script, &why);
    if (error == SCP_OK)
        return REBIND_REFUSED_NONE;
    char cause[STORE_REASON_SIZE];
    snprintf(cause, sizeof cause, "the script cannot be built: %s",
             why != NULL ? why : scp_error_text(error));
    return fail(c, cause);
}

/* Counters of the script are given out before it is. */
static enum store_error give_out_counters(struct contact *c)
{
    for (size_t i = 0; i < PLAN_CHANNELS; i++) {
        const struct session_domain *domain = session_domain(&c->session, (enum plan_channel)i);
        const struct store_key_set_ref ref = job_key_set(&c->job, (enum plan_channel)i);
        if (domain->present && domain->unused_from > c->job.key_sets[i].unused_from)
            STORE_TRY(store_key_set_give_out(c->tx, &ref, domain->unused_from));
    }
    return STORE_OK;
}

/* From the moment that a script goes out, the card may carry what the record says, and have the
 * keys that the script puts. */
static enum store_error enter_script(struct contact *c)
{
    STORE_TRY(job_enter_keys(&c->job, &c->session));
    if (session_script_has(&c->session, PLAN_STEP_PERSONALISE))
        STORE_TRY(store_personalisation_use(c->tx, c->job.record.id, c->job.operation.id));
    return give_out_counters(c);
}

/* Write the next script of the session and hand it out. The operation may end instead. */
static enum rebind_refusal issue(struct contact *c, struct store_exchange *exchange)
{
    uint8_t *buffer = malloc(SCP_SCRIPT_MAX);
    if (buffer == NULL)
        return REBIND_REFUSED_INTERNAL;
    struct scp_writer script = scp_writer_on(buffer, SCP_SCRIPT_MAX);
    enum rebind_refusal refusal = write_script(c, &script);
    bool goes_on =
        refusal == REBIND_REFUSED_NONE && store_operation_is_open(c->job.operation.state);
    if (goes_on)
        refusal = keep_exchange(c, scp_written(&script), exchange);
    if (goes_on && refusal == REBIND_REFUSED_NONE) {
        c->job.operation.state = STORE_OPERATION_RUNNING;
        c->job.operation.progress.bytes_total += scp_written(&script).len;
        refusal = rebind_refusal_of_store(job_save_operation(&c->job));
        if (refusal == REBIND_REFUSED_NONE && session_script_steps(&c->session) > 0)
            refusal = rebind_refusal_of_store(job_doubt_content(&c->job));
        if (refusal == REBIND_REFUSED_NONE)
            refusal = rebind_refusal_of_store(enter_script(c));
        if (refusal == REBIND_REFUSED_NONE)
            refusal = reply_with(c, exchange);
    }
    free(buffer);
    return refusal;
}

/* Plan from what is known; the operation fails when there is no way. */
static enum rebind_refusal plan(struct contact *c, bool *planned)
{
    struct plan made;
    enum plan_error error = job_plan(&c->job, has_extensions(c->agent), &made);
    *planned = error == PLAN_OK;
    if (!*planned)
        return fail(c, plan_error_text(error));
    session_plan(&c->session, &made);
    /* A plan that only reads comes before the one that works: the total never goes back for it. */
    struct store_progress *progress = &c->job.operation.progress;
    uint32_t total = progress->steps_done + (uint32_t)made.count;
    if (total > progress->steps_total)
        progress->steps_total = total;
    return REBIND_REFUSED_NONE;
}

static enum rebind_refusal plan_and_issue(struct contact *c, struct store_exchange *exchange)
{
    bool planned;
    enum rebind_refusal refusal = plan(c, &planned);
    return refusal == REBIND_REFUSED_NONE && planned ? issue(c, exchange) : refusal;
}

static enum rebind_refusal close_contact(struct contact *c)
{
    c->reply->more_work = c->job.operation.state == STORE_OPERATION_PENDING;
    return rebind_refusal_of_store(store_contact_release(c->tx, c->job.card.id, c->agent->id));
}

/* ---- beginning ---------------------------------------------------------------------------- */

static enum rebind_refusal restore_session(struct contact *c, const struct store_exchange *exchange)
{
    uint8_t saved[SESSION_SAVED_MAX];
    struct scp_writer state = scp_writer_on(saved, sizeof saved);
    struct store_blob sealed = {.len = 0};
    uint8_t associated[ASSOCIATED_SIZE];
    if (store_exchange_sealed_state(c->tx, exchange->id, &sealed) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    enum scp_error error =
        vault_unseal(c->service->vault, "session", associated_with(exchange, associated),
                     store_blob_bytes(&sealed), &state);
    if (error == SCP_OK)
        error = session_restore(&c->session, scp_written(&state));
    store_blob_fini(&sealed);
    scp_wipe(saved, sizeof saved);
    return error == SCP_OK ? REBIND_REFUSED_NONE : REBIND_REFUSED_INTERNAL;
}

/* A script is about that nobody waits for, but that the card may still run: the sessions to come
 * spend its counters first (struct session_domain). */
static enum store_error burn(struct contact *c, const char *exchange)
{
    STORE_TRY(store_exchange_give_up(c->tx, exchange));
    c->job.content.known = false;
    return job_doubt_content(&c->job);
}

/* A script of this operation that was prepared whole goes out again as the same bytes. Any other is
 * burned: one that belonged to an open session, or to an operation that has ended. */
static enum rebind_refusal resend_or_burn(struct contact *c, bool *resent)
{
    struct store_exchange exchange;
    *resent = false;
    enum store_error error = store_exchange_outstanding(c->tx, c->job.card.id, &exchange);
    if (error == STORE_NOT_FOUND)
        return REBIND_REFUSED_NONE;
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum rebind_refusal refusal = restore_session(c, &exchange);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    bool prepared = session_is_prepared(&c->session);
    bool own = strcmp(exchange.operation, c->job.operation.id) == 0;
    *resent = own && prepared && has_extensions(c->agent);
    if (*resent)
        refusal = reply_with(c, &exchange);
    session_fini(&c->session);
    if (*resent)
        return refusal;
    return rebind_refusal_of_store(burn(c, exchange.id));
}

/* An agent through which the card refused the host is not given the card again. */
static enum rebind_refusal refuse_suspected(struct contact *c)
{
    const struct session_card card = job_session_card(&c->job);
    bool failed = false;
    for (size_t i = 0; i < PLAN_CHANNELS && !failed; i++) {
        const struct store_key_set_ref ref = job_key_set(&c->job, (enum plan_channel)i);
        if (!card.domains[i].present)
            continue;
        enum store_error error = store_key_set_failed_at(c->tx, &ref, c->agent->id, &failed);
        if (error != STORE_OK)
            return rebind_refusal_of_store(error);
    }
    return failed ? REBIND_REFUSED_AGENT_SUSPECTED : REBIND_REFUSED_NONE;
}

static enum rebind_refusal start(struct contact *c)
{
    struct store_exchange exchange = {.created_ms = 0};
    bool resent;
    enum rebind_refusal refusal = resend_or_burn(c, &resent);
    if (refusal != REBIND_REFUSED_NONE || resent)
        return refusal;
    c->job.operation.attempts++;
    job_begin_session(&c->job, &c->session);
    return plan_and_issue(c, &exchange);
}

/* May this agent have this card? */
static enum rebind_refusal admit(struct contact *c, const uint8_t identity[32],
                                 struct store_card *card)
{
    enum store_error error = store_card_by_identity(c->tx, identity, card);
    if (error == STORE_NOT_FOUND)
        return REBIND_REFUSED_CARD_UNKNOWN;
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    if (strcmp(card->region, c->agent->region) != 0)
        return REBIND_REFUSED_OUTSIDE_REGION;
    if (card->status != STORE_CARD_ACTIVE)
        return REBIND_REFUSED_CARD_INACTIVE;
    error = store_contact_claim(c->tx, card->id, c->agent->id, c->service->contact_window_ms);
    return error == STORE_CONFLICT ? REBIND_REFUSED_CARD_ELSEWHERE : rebind_refusal_of_store(error);
}

/* What job_load may refuse because of the operation's own data ends the operation, not the request.
 */
static enum rebind_refusal load(struct contact *c, const struct store_operation *operation,
                                bool *loaded)
{
    enum rebind_refusal refusal = job_load(&c->job, c->service, c->tx, operation);
    *loaded = refusal == REBIND_REFUSED_NONE;
    snprintf(c->reply->operation, sizeof c->reply->operation, "%s", operation->id);
    bool ends = refusal == REBIND_REFUSED_PERSONALISATION_MISSING ||
                refusal == REBIND_REFUSED_PRODUCT_UNKNOWN;
    if (ends && store_operation_is_open(operation->state))
        return fail(c, rebind_refusal_text(refusal)->title);
    return refusal;
}

static enum rebind_refusal begin(struct contact *c, const uint8_t identity[32])
{
    struct store_card card;
    struct store_operation operation;
    bool loaded;
    enum rebind_refusal refusal = admit(c, identity, &card);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    enum store_error error = store_operation_due(c->tx, card.id, &operation);
    if (error == STORE_NOT_FOUND)
        return rebind_refusal_of_store(store_contact_release(c->tx, card.id, c->agent->id));
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    refusal = load(c, &operation, &loaded);
    if (refusal == REBIND_REFUSED_NONE && loaded)
        refusal = refuse_suspected(c);
    if (refusal == REBIND_REFUSED_NONE && loaded)
        refusal = start(c);
    if (refusal == REBIND_REFUSED_NONE && !c->reply->has_script)
        refusal = close_contact(c);
    return refusal;
}

/* ---- answering ---------------------------------------------------------------------------- */

/* The card has not the keys that were tried: go on under the next candidate. */
static enum rebind_refusal reopen(struct contact *c, struct store_exchange *exchange)
{
    enum rebind_refusal refusal = job_load_keys(&c->job);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    session_fini(&c->session);
    job_begin_session(&c->job, &c->session);
    return plan_and_issue(c, exchange);
}

static enum rebind_refusal go_on(struct contact *c, enum outcome_next next,
                                 struct store_exchange *exchange)
{
    enum rebind_refusal refusal = REBIND_REFUSED_NONE;
    if (next == OUTCOME_WRITE)
        refusal = issue(c, exchange);
    else if (next == OUTCOME_PLAN)
        refusal = plan_and_issue(c, exchange);
    else if (next == OUTCOME_REOPEN)
        refusal = reopen(c, exchange);
    if (refusal == REBIND_REFUSED_NONE && !c->reply->has_script)
        refusal = close_contact(c);
    return refusal;
}

/* Read the responses, enter what they say, and hand out what comes next. */
static enum rebind_refusal advance(struct contact *c, const struct contact_answer *answer)
{
    struct store_blob script = {.len = 0};
    struct store_exchange next_exchange = {.created_ms = 0};
    struct session_result result;
    enum outcome_next next;

    if (store_exchange_script(c->tx, answer->exchange, &script) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    const struct session_exchange exchange = {
        .script = store_blob_bytes(&script),
        .responses = answer->responses,
        .product = c->job.has_product ? &c->job.plan_product : NULL,
        .domain = c->job.has_domain ? &c->job.plan_domain : NULL,
    };
    c->job.content.known = c->session.plan.content_known;
    enum scp_error error =
        session_read(&c->session, &c->job.keys, &exchange, &c->job.content, &result);
    c->job.operation.progress.bytes_done += script.len;
    c->job.operation.progress.exchanges++;
    store_blob_fini(&script);
    if (error != SCP_OK)
        return REBIND_REFUSED_RESPONSES_MALFORMED;
    if (outcome_apply(&c->job, c->agent->id, &result, &next) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    enum rebind_refusal refusal = go_on(c, next, &next_exchange);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    return rebind_refusal_of_store(
        store_exchange_set_reply(c->tx, answer->exchange, c->reply->exchange));
}

/* The same answer again: the same reply, and nothing changes. */
static enum rebind_refusal repeat(struct contact *c, const struct store_exchange *exchange,
                                  const uint8_t digest[32])
{
    struct store_exchange next = {.created_ms = 0};
    if (exchange->state != STORE_EXCHANGE_ANSWERED ||
        memcmp(exchange->response_digest, digest, sizeof exchange->response_digest) != 0)
        return REBIND_REFUSED_EXCHANGE_ANSWERED;
    if (exchange->reply[0] == '\0')
        return REBIND_REFUSED_NONE;
    if (store_exchange_get(c->tx, exchange->reply, &next) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    enum rebind_refusal refusal = restore_session(c, &next);
    return refusal == REBIND_REFUSED_NONE ? reply_with(c, &next) : refusal;
}

/* Only the agent that has the card in contact may answer for it. */
static enum rebind_refusal find_exchange(struct contact *c, const char *id,
                                         struct store_exchange *exchange)
{
    struct store_contact contact;
    enum store_error error = store_exchange_get(c->tx, id, exchange);
    if (error == STORE_NOT_FOUND)
        return REBIND_REFUSED_EXCHANGE_UNKNOWN;
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    error = store_contact_get(c->tx, exchange->card, &contact);
    bool holds = error == STORE_OK ? strcmp(contact.agent, c->agent->id) == 0
                                   : strcmp(exchange->agent, c->agent->id) == 0;
    return holds ? REBIND_REFUSED_NONE : REBIND_REFUSED_EXCHANGE_UNKNOWN;
}

/* The answer to a script of an operation that has ended in the meantime: taken, so that the agent
 * is rid of it, and believed in nothing. */
static enum rebind_refusal take_late(struct contact *c, const struct store_exchange *exchange,
                                     const uint8_t digest[32])
{
    enum store_error error = store_exchange_answer(c->tx, exchange->id, digest);
    if (error == STORE_OK)
        error = job_doubt_content(&c->job);
    return error == STORE_OK ? close_contact(c) : rebind_refusal_of_store(error);
}

static enum rebind_refusal take(struct contact *c, const struct contact_answer *answer)
{
    struct store_exchange exchange;
    struct store_operation operation;
    uint8_t digest[32];
    bool loaded;
    enum rebind_refusal refusal = find_exchange(c, answer->exchange, &exchange);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    if (scp_sha256(answer->responses, digest) != SCP_OK)
        return REBIND_REFUSED_INTERNAL;
    if (store_operation_get(c->tx, exchange.operation, &operation) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    refusal = load(c, &operation, &loaded);
    if (refusal != REBIND_REFUSED_NONE || !loaded)
        return refusal;
    if (exchange.state != STORE_EXCHANGE_OUTSTANDING)
        return repeat(c, &exchange, digest);
    if (!store_operation_is_open(operation.state))
        return take_late(c, &exchange, digest);
    refusal = restore_session(c, &exchange);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = job_resume_keys(&c->job, &c->session);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = rebind_refusal_of_store(store_exchange_answer(c->tx, exchange.id, digest));
    return refusal == REBIND_REFUSED_NONE ? advance(c, answer) : refusal;
}

/* ---- the two calls ------------------------------------------------------------------------ */

/* Everything of one call is one transaction; what leaves the server was committed before. */
static enum rebind_refusal finish(struct contact *c, enum rebind_refusal refusal)
{
    enum store_error error =
        store_end(c->tx, refusal == REBIND_REFUSED_NONE ? STORE_OK : STORE_INVALID);
    session_fini(&c->session);
    job_fini(&c->job);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = rebind_refusal_of_store(error);
    if (refusal != REBIND_REFUSED_NONE)
        contact_reply_fini(c->reply);
    return refusal;
}

enum rebind_refusal contact_begin(const struct rebind_service *service,
                                  const struct contact_agent *agent, const uint8_t identity[32],
                                  struct contact_reply *reply)
{
    struct contact c = {.service = service, .agent = agent, .reply = reply};
    *reply = (struct contact_reply){.has_script = false};
    enum store_error error = store_begin(service->store, STORE_WRITE, &c.tx);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    return finish(&c, begin(&c, identity));
}

enum rebind_refusal contact_answer(const struct rebind_service *service,
                                   const struct contact_agent *agent,
                                   const struct contact_answer *answer, struct contact_reply *reply)
{
    struct contact c = {.service = service, .agent = agent, .reply = reply};
    *reply = (struct contact_reply){.has_script = false};
    enum store_error error = store_begin(service->store, STORE_WRITE, &c.tx);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    return finish(&c, take(&c, answer));
}

/* ---- progress ----------------------------------------------------------------------------- */

/* Bytes of the script's first commands, and how many of them there are at most. */
static size_t script_bytes(struct scp_bytes script, size_t *commands)
{
    struct scp_script_reader reader;
    struct scp_script_command command;
    size_t bytes = 0;
    size_t count = 0;
    if (scp_script_open(&reader, script) == SCP_OK) {
        while (count < *commands && scp_script_next(&reader, &command) == SCP_OK) {
            bytes += command.apdu.len;
            count++;
        }
    }
    *commands = count;
    return bytes;
}

static enum rebind_refusal report(struct contact *c, const struct contact_progress *progress)
{
    struct store_exchange exchange;
    struct store_blob script = {.len = 0};
    size_t commands = progress->commands;
    enum rebind_refusal refusal = find_exchange(c, progress->exchange, &exchange);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    if (exchange.state != STORE_EXCHANGE_OUTSTANDING)
        return REBIND_REFUSED_EXCHANGE_ANSWERED;
    if (store_operation_get(c->tx, exchange.operation, &c->job.operation) != STORE_OK ||
        store_exchange_script(c->tx, exchange.id, &script) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    refusal = restore_session(c, &exchange);
    c->job.operation.progress.bytes_done += script_bytes(store_blob_bytes(&script), &commands);
    c->job.operation.progress.steps_done += (uint32_t)session_steps_within(&c->session, commands);
    store_blob_fini(&script);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    return rebind_refusal_of_store(job_show_operation(&c->job));
}

enum rebind_refusal contact_report(const struct rebind_service *service,
                                   const struct contact_agent *agent,
                                   const struct contact_progress *progress,
                                   char operation[STORE_ID_SIZE])
{
    struct contact_reply reply = {.has_script = false};
    struct contact c = {.service = service, .agent = agent, .reply = &reply};
    enum store_error error = store_begin(service->store, STORE_WRITE, &c.tx);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    c.job.tx = c.tx;
    enum rebind_refusal refusal = report(&c, progress);
    snprintf(operation, STORE_ID_SIZE, "%s", c.job.operation.id);
    return finish(&c, refusal);
}

enum store_error contact_has_work(const struct rebind_service *service, const uint8_t identity[32],
                                  bool *has_work)
{
    struct store_card card;
    struct store_operation operation;
    struct store_tx *tx;
    *has_work = false;
    STORE_TRY(store_begin(service->store, STORE_READ, &tx));
    enum store_error error = store_card_by_identity(tx, identity, &card);
    if (error == STORE_OK)
        error = store_operation_due(tx, card.id, &operation);
    store_rollback(tx);
    *has_work = error == STORE_OK;
    return error == STORE_NOT_FOUND ? STORE_OK : error;
}
