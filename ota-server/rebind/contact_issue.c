#include "ota-server/rebind/contact_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASSOCIATED_SIZE = 2 * (STORE_ID_SIZE - 1) };

bool contact_has_extensions(const struct contact_agent *agent)
{
    return agent->peer.guard && agent->peer.targets;
}

/* ---- handing out -------------------------------------------------------------------------- */

enum rebind_refusal contact_reply_with(struct contact *c, const struct store_exchange *exchange)
{
    if (store_exchange_script(c->tx, exchange->id, &c->reply->script) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    c->reply->has_script = true;
    c->reply->target = session_target(&c->session);
    snprintf(c->reply->exchange, sizeof c->reply->exchange, "%s", exchange->id);
    return REBIND_REFUSED_NONE;
}

enum rebind_refusal contact_fail(struct contact *c, const char *cause)
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
    snprintf(exchange->record, sizeof exchange->record, "%s", c->job.record.id);
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
    return contact_fail(c, cause);
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
enum rebind_refusal contact_issue(struct contact *c, struct store_exchange *exchange)
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
        c->job.operation.cause[0] = '\0';
        c->job.operation.progress.bytes_total += scp_written(&script).len;
        refusal = rebind_refusal_of_store(job_save_operation(&c->job));
        if (refusal == REBIND_REFUSED_NONE && session_script_steps(&c->session) > 0)
            refusal = rebind_refusal_of_store(job_doubt_content(&c->job));
        if (refusal == REBIND_REFUSED_NONE)
            refusal = rebind_refusal_of_store(enter_script(c));
        if (refusal == REBIND_REFUSED_NONE)
            refusal = contact_reply_with(c, exchange);
    }
    free(buffer);
    return refusal;
}

/* No way: which is said together with what would make one. */
static enum rebind_refusal fail_plan(struct contact *c, enum plan_error error,
                                     const struct plan *made)
{
    char cause[STORE_REASON_SIZE];
    char aid[STORE_AID_SIZE];
    int len = snprintf(cause, sizeof cause, "%s", plan_error_text(error));
    for (size_t i = 0; i < made->spare_count && len < (int)sizeof cause; i++) {
        scp_hex_encode(aid, sizeof aid, scp_aid_bytes(&made->spare[i].aid));
        len += snprintf(cause + len, sizeof cause - (size_t)len, "%s%s",
                        i == 0 ? "; what would have to go: " : ", ", aid);
    }
    snprintf(c->job.operation.why, sizeof c->job.operation.why, "%s", made->why);
    return contact_fail(c, cause);
}

/* Plan from what is known; the operation fails when there is no way, and is done when the card is
 * as it should be. */
static enum rebind_refusal plan(struct contact *c, bool *planned)
{
    struct plan made;
    enum plan_error error = job_plan(&c->job, contact_has_extensions(c->agent), &made);
    *planned = error == PLAN_OK;
    if (!*planned)
        return fail_plan(c, error, &made);
    snprintf(c->job.operation.why, sizeof c->job.operation.why, "%s", made.why);
    *planned = made.count > 0;
    if (!*planned)
        return rebind_refusal_of_store(outcome_complete(&c->job, c->agent->id));
    session_plan(&c->session, &made);
    /* A plan that only reads comes before the one that works: the total never goes back for it. */
    struct store_progress *progress = &c->job.operation.progress;
    uint32_t total = progress->steps_done + (uint32_t)made.count;
    if (total > progress->steps_total)
        progress->steps_total = total;
    return REBIND_REFUSED_NONE;
}

enum rebind_refusal contact_plan_and_issue(struct contact *c, struct store_exchange *exchange)
{
    bool planned;
    enum rebind_refusal refusal = plan(c, &planned);
    return refusal == REBIND_REFUSED_NONE && planned ? contact_issue(c, exchange) : refusal;
}

/* ---- taking up -------------------------------------------------------------------------- */

enum rebind_refusal contact_restore_session(struct contact *c,
                                            const struct store_exchange *exchange)
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
