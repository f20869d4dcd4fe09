#include "ota-server/rebind/contact_call.h"
#include "ota-server/rebind/sighting.h"
#include "scp/crypto/hash.h"

#include <stdio.h>
#include <string.h>

void contact_reply_fini(struct contact_reply *reply)
{
    store_blob_fini(&reply->script);
    *reply = (struct contact_reply){.has_script = false};
}

static enum rebind_refusal close_contact(struct contact *c)
{
    if (c->job.operation.state == STORE_OPERATION_PENDING)
        c->reply->more_work = true;
    return rebind_refusal_of_store(store_contact_release(c->tx, c->job.card.id, c->agent->id));
}

/* ---- beginning ---------------------------------------------------------------------------- */

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
    enum rebind_refusal refusal = contact_restore_session(c, &exchange);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    bool prepared = session_is_prepared(&c->session);
    bool own = strcmp(exchange.operation, c->job.operation.id) == 0;
    *resent = own && prepared && contact_has_extensions(c->agent);
    if (*resent)
        refusal = contact_reply_with(c, &exchange);
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
    return contact_plan_and_issue(c, &exchange);
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
                                const char *record, bool *loaded)
{
    enum rebind_refusal refusal = job_load(&c->job, c->service, c->tx, operation, record);
    *loaded = refusal == REBIND_REFUSED_NONE;
    snprintf(c->reply->operation, sizeof c->reply->operation, "%s", operation->id);
    bool ends = refusal == REBIND_REFUSED_PERSONALISATION_MISSING ||
                refusal == REBIND_REFUSED_PRODUCT_UNKNOWN;
    if (ends && store_operation_is_open(operation->state))
        return contact_fail(c, rebind_refusal_text(refusal)->title);
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
    enum store_error error = contact_take_work(c, card.id, &operation);
    if (error == STORE_NOT_FOUND)
        return rebind_refusal_of_store(store_contact_release(c->tx, card.id, c->agent->id));
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    refusal = load(c, &operation, "", &loaded);
    if (refusal == REBIND_REFUSED_NONE && loaded)
        refusal = refuse_suspected(c);
    if (refusal == REBIND_REFUSED_NONE && loaded)
        refusal = start(c);
    if (refusal == REBIND_REFUSED_NONE && !c->reply->has_script)
        refusal = close_contact(c);
    return refusal;
}

/* More than any operation needs: a card that shows the same after every deletion is not asked for
 * ever. */
enum { EXCHANGES_MAX = 512 };

/* ---- answering ---------------------------------------------------------------------------- */

/* The card has not the keys that were tried: go on under the next candidate. */
static enum rebind_refusal reopen(struct contact *c, struct store_exchange *exchange)
{
    enum rebind_refusal refusal = job_load_keys(&c->job);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    session_fini(&c->session);
    job_begin_session(&c->job, &c->session);
    return contact_plan_and_issue(c, exchange);
}

static enum rebind_refusal go_on(struct contact *c, enum outcome_next next,
                                 struct store_exchange *exchange)
{
    enum rebind_refusal refusal = REBIND_REFUSED_NONE;
    bool goes_round = c->job.operation.progress.exchanges >= EXCHANGES_MAX;
    if (goes_round && next != OUTCOME_CLOSE)
        refusal = contact_fail(c, "the card does not come to what was planned");
    else if (next == OUTCOME_WRITE)
        refusal = contact_issue(c, exchange);
    else if (next == OUTCOME_PLAN)
        refusal = contact_plan_and_issue(c, exchange);
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
    enum rebind_refusal refusal = contact_restore_session(c, &next);
    return refusal == REBIND_REFUSED_NONE ? contact_reply_with(c, &next) : refusal;
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

/* What the script did nobody can tell but the card, which is asked next. */
static enum store_error ask_the_card(struct contact *c)
{
    struct store_operation open;
    struct store_operation reading;
    enum store_error error = store_operation_open(c->tx, c->job.card.id, &open);
    if (error != STORE_NOT_FOUND)
        return error;
    c->reply->more_work = true;
    return operation_life_order_reading(
        c->tx, c->job.card.id,
        "A script was answered after its operation had ended: the card is read for what it did.",
        &reading);
}

/* The answer to a script of an operation that has ended in the meantime, or that cannot be loaded
 * any more: taken, so that the agent is rid of it, and believed in nothing. */
static enum rebind_refusal take_late(struct contact *c, const struct store_exchange *exchange,
                                     const uint8_t digest[32])
{
    enum store_error error = store_exchange_answer(c->tx, exchange->id, digest);
    if (error == STORE_OK)
        error = job_doubt_content(&c->job);
    if (error == STORE_OK)
        error = ask_the_card(c);
    return error == STORE_OK ? close_contact(c) : rebind_refusal_of_store(error);
}

/* The deadline counts when the answer comes: nothing of it is believed afterwards. */
static enum store_error expire_loaded(struct contact *c)
{
    return operation_life_is_overdue(c->service, &c->job.operation)
               ? operation_life_expire(c->tx, &c->job.operation)
               : STORE_OK;
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
    refusal = load(c, &operation, exchange.record, &loaded);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    if (exchange.state != STORE_EXCHANGE_OUTSTANDING)
        return repeat(c, &exchange, digest);
    if (expire_loaded(c) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    if (!loaded || !store_operation_is_open(c->job.operation.state))
        return take_late(c, &exchange, digest);
    refusal = contact_restore_session(c, &exchange);
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
    c->reply->news = c->news;
    for (size_t i = 0; i < c->job.news.count; i++)
        operation_news_add(&c->reply->news, c->job.news.ids[i]);
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
    enum rebind_refusal refusal = finish(&c, begin(&c, identity));
    error = sighting_report(service, agent->id, identity, refusal, &reply->has_sighting);
    return error == STORE_OK ? refusal : rebind_refusal_of_store(error);
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
    refusal = contact_restore_session(c, &exchange);
    c->job.operation.progress.bytes_done += script_bytes(store_blob_bytes(&script), &commands);
    c->job.operation.progress.steps_done += (uint32_t)session_steps_within(&c->session, commands);
    store_blob_fini(&script);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    return rebind_refusal_of_store(
        operation_life_show_progress(c->tx, &c->job.operation, &exchange));
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
