#include "ota-server/rebind/outcome.h"

#include "ota-server/rebind/operation_json.h"
#include "scp/gp/status_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the handlers of the outcomes work with. */
struct report {
    struct job *job;
    const char *agent;
    const struct session_result *result;
    enum outcome_next next;
};

static enum store_error audit(struct job *job, const char *agent, const char *action)
{
    char object[STORE_NAME_SIZE];
    json_t *json = operation_json(&job->operation);
    char *detail = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    struct store_audit_entry entry = {.actor = agent, .action = action, .object = object};
    enum store_error error = STORE_NO_MEMORY;

    snprintf(object, sizeof object, "card/%s", job->card.id);
    if (detail != NULL) {
        entry.detail = detail;
        error = store_audit_append(job->tx, &entry, NULL);
    }
    free(detail);
    json_decref(json);
    return error;
}

enum store_error outcome_fail(struct job *job, const char *agent, const char *cause)
{
    job->operation.state = STORE_OPERATION_FAILED;
    snprintf(job->operation.cause, sizeof job->operation.cause, "%s", cause);
    STORE_TRY(job_save_operation(job));
    return audit(job, agent, "operation.failed");
}

/* Another contact may do better, up to a limit. */
static enum store_error retry(struct report *report, const char *cause)
{
    struct job *job = report->job;
    report->next = OUTCOME_CLOSE;
    STORE_TRY(job_save_content(job));
    if (job->operation.attempts >= job->service->attempts_max)
        return outcome_fail(job, report->agent, cause);
    job->operation.state = STORE_OPERATION_PENDING;
    snprintf(job->operation.cause, sizeof job->operation.cause, "%s", cause);
    return job_save_operation(job);
}

/* The answers cannot have come from the card: look at the agent first, not at the card. */
static enum store_error suspect(struct report *report, const char *cause)
{
    STORE_TRY(retry(report, cause));
    return audit(report->job, report->agent, "agent.suspected");
}

static void add_evidence(struct store_operation *operation, const char *what)
{
    size_t used = strlen(operation->evidence_by);
    if (strstr(operation->evidence_by, what) != NULL)
        return;
    snprintf(operation->evidence_by + used, sizeof operation->evidence_by - used, "%s%s",
             used == 0 ? "" : ",", what);
    operation->evidence = STORE_EVIDENCE_PROVEN;
}

static void prove_instance(struct job *job)
{
    const struct content_entry *found = content_find(&job->content, &job->plan_product.instance);
    if (found == NULL)
        return;
    struct content_entry entry = *found;
    entry.grade = CONTENT_PROVEN;
    if (content_put(&job->content, &entry) == SCP_OK)
        add_evidence(&job->operation, "cryptogram");
}

static enum store_error on_done(struct report *report)
{
    struct job *job = report->job;
    const struct session_result *result = report->result;

    report->next = OUTCOME_CLOSE;
    if (result->proof.present) {
        const struct store_key_set_ref ref = job_key_set(job, PLAN_CHANNEL_ISSUER);
        if (job_verify_proof(job, &result->proof) != SCP_OK)
            return suspect(report, "the new instance's cryptogram does not verify under its key");
        prove_instance(job);
        STORE_TRY(store_key_set_clear_failures(job->tx, &ref));
    }
    STORE_TRY(job_save_content(job));
    job->operation.state = STORE_OPERATION_DONE;
    job->operation.progress.steps_total = job->operation.progress.steps_done;
    job->operation.cause[0] = '\0';
    STORE_TRY(job_save_operation(job));
    return audit(job, report->agent, "operation.done");
}

static enum store_error on_continue(struct report *report)
{
    report->next = OUTCOME_WRITE;
    return job_save_content(report->job);
}

static enum store_error on_replan(struct report *report)
{
    report->next = OUTCOME_PLAN;
    return job_save_content(report->job);
}

static enum store_error on_stopped(struct report *report)
{
    char cause[STORE_REASON_SIZE];
    snprintf(cause, sizeof cause, "the card answered %04X (%s) in step %zu", report->result->sw,
             scp_sw_text(report->result->sw), report->result->step + 1);
    return retry(report, cause);
}

static enum store_error on_interrupted(struct report *report)
{
    return retry(report, "the contact ended before the card had answered everything");
}

/* Trying a key set costs the card nothing, so the next candidate is tried in the same contact. */
static bool tries_other_keys(struct report *report)
{
    if (!job_miss_keys(report->job, report->result->channel))
        return false;
    report->next = OUTCOME_REOPEN;
    return true;
}

static enum store_error on_no_keys(struct report *report)
{
    char cause[STORE_REASON_SIZE];
    if (tries_other_keys(report))
        return job_save_content(report->job);
    snprintf(cause, sizeof cause, "the card answered %04X (%s) to the opening under its key set",
             report->result->sw, scp_sw_text(report->result->sw));
    return retry(report, cause);
}

static enum store_error on_wrong_keys(struct report *report)
{
    if (tries_other_keys(report))
        return job_save_content(report->job);
    return suspect(report, "the card cryptogram does not verify under the card's key set; "
                           "nothing was authenticated");
}

/* EXTERNAL AUTHENTICATE failed although the card's own cryptogram was right: one try is spent, says
 * the agent. It gets no second one; only when as many agents as the budget has tries say the same
 * is it the card that goes into quarantine, so that one kiosk cannot block citizens. */
static enum store_error on_refused(struct report *report)
{
    struct job *job = report->job;
    const struct store_key_set_ref ref = job_key_set(job, report->result->channel);
    uint32_t failures;
    STORE_TRY(store_key_set_add_failure(job->tx, &ref, report->agent, &failures));
    if (failures < job->service->failure_budget)
        return suspect(report,
                       "the card refused the authentication of the host, as its agent says");
    report->next = OUTCOME_CLOSE;
    STORE_TRY(store_card_set_status(job->tx, job->card.id, STORE_CARD_QUARANTINED,
                                    "the budget of failed authentications is spent"));
    return outcome_fail(job, report->agent,
                        "the card is quarantined: the budget of failed authentications is spent");
}

static enum store_error on_forged(struct report *report)
{
    return suspect(report, "a response does not verify: it is not the card's");
}

static enum store_error (*const handlers[])(struct report *report) = {
    [SESSION_DONE] = on_done,
    [SESSION_CONTINUE] = on_continue,
    [SESSION_REPLAN] = on_replan,
    [SESSION_STOPPED] = on_stopped,
    [SESSION_INTERRUPTED] = on_interrupted,
    [SESSION_NO_KEYS] = on_no_keys,
    [SESSION_WRONG_KEYS] = on_wrong_keys,
    [SESSION_REFUSED] = on_refused,
    [SESSION_FORGED] = on_forged,
};

/* What the card has shown of a domain. A success is believed only when it is proven, like
 * everything that an agent says. */
static enum store_error keep_shown(struct job *job, enum plan_channel channel,
                                   const struct session_shown *shown)
{
    const struct store_key_set_ref ref = job_key_set(job, channel);
    if (shown->opened)
        STORE_TRY(job_prove_keys(job, channel));
    if (shown->counter_seen)
        STORE_TRY(store_key_set_set_counter(job->tx, &ref, shown->counter));
    if (!shown->r_mac)
        return STORE_OK;
    add_evidence(&job->operation, "r-mac");
    return store_key_set_clear_failures(job->tx, &ref);
}

enum store_error outcome_apply(struct job *job, const char *agent,
                               const struct session_result *result, enum outcome_next *next)
{
    struct report report = {.job = job, .agent = agent, .result = result, .next = OUTCOME_CLOSE};
    for (size_t i = 0; i < PLAN_CHANNELS; i++)
        STORE_TRY(keep_shown(job, (enum plan_channel)i, &result->shown[i]));
    for (size_t i = 0; i < result->deleted_count; i++)
        STORE_TRY(job_retire_keys(job, result->deleted_kvns[i]));
    job->operation.progress.steps_done += (uint32_t)result->steps_done;
    STORE_TRY(handlers[result->outcome](&report));
    *next = report.next;
    return STORE_OK;
}
