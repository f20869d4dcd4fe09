#include "ota-server/rebind/outcome.h"

#include "ota-server/rebind/desire.h"
#include "ota-server/rebind/sighting.h"
#include "scp/base/bytes.h"
#include "scp/gp/status_words.h"

#include <stdio.h>
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
    return operation_life_audit(job->tx, &job->operation, agent, action);
}

enum store_error outcome_fail(struct job *job, const char *agent, const char *cause)
{
    return operation_life_fail(job->tx, &job->operation, agent, cause);
}

/* How long to wait after so many failed contacts: nothing after the first, since a card that was
 * pulled out comes back at once; then twice as long each time, of which a random half, so that
 * cards that failed together do not come back together. */
static int64_t backoff_ms(const struct rebind_service *service, uint32_t attempts)
{
    uint8_t random[4];
    int64_t delay = service->backoff_first_ms;
    if (attempts < 2 || delay <= 0)
        return 0;
    for (uint32_t i = 2; i < attempts && delay < service->backoff_last_ms; i++)
        delay *= 2;
    if (delay > service->backoff_last_ms)
        delay = service->backoff_last_ms;
    rebind_random(service->env, random, sizeof random);
    return delay / 2 + scp_load_u32(random) % (delay / 2 + 1);
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
    job->operation.not_before_ms = (int64_t)rebind_now_ms(job->service->env) +
                                   backoff_ms(job->service, job->operation.attempts);
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

enum store_error outcome_complete(struct job *job, const char *agent)
{
    STORE_TRY(job_save_content(job));
    job->operation.state = STORE_OPERATION_DONE;
    job->operation.progress.steps_total = job->operation.progress.steps_done;
    job->operation.cause[0] = '\0';
    STORE_TRY(job_save_operation(job));
    return audit(job, agent, "operation.done");
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
    return outcome_complete(job, report->agent);
}

/* Every entry was read under an R-MAC. */
static bool is_proven(const struct card_content *content)
{
    size_t i = 0;
    while (i < content->count && content->entries[i].grade == CONTENT_PROVEN)
        i++;
    return i == content->count;
}

/* The card was read: what differs from what is desired. */
static enum store_error finish_audit(struct report *report)
{
    struct job *job = report->job;
    struct desire desire;
    struct store_finding findings[STORE_FINDINGS_MAX];
    size_t count = 0;
    report->next = OUTCOME_CLOSE;
    STORE_TRY(desire_load(job->tx, job->card.id, &desire));
    STORE_TRY(desire_findings(job->tx, &desire, &job->content, findings, &count));
    STORE_TRY(store_finding_replace(job->tx, job->operation.id, findings, count));
    if (is_proven(&job->content))
        add_evidence(&job->operation, "r-mac");
    return outcome_complete(job, report->agent);
}

static enum store_error on_continue(struct report *report)
{
    report->next = OUTCOME_WRITE;
    return job_save_content(report->job);
}

static enum store_error on_replan(struct report *report)
{
    struct job *job = report->job;
    report->next = OUTCOME_PLAN;
    if (job->operation.kind == STORE_OPERATION_AUDIT && job->content.known)
        return finish_audit(report);
    return job_save_content(job);
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

/* The record has at least one key set that is on the card, so the agent's word is against it. */
static enum store_error on_no_keys(struct report *report)
{
    char cause[STORE_REASON_SIZE];
    if (tries_other_keys(report))
        return job_save_content(report->job);
    snprintf(cause, sizeof cause, "the card has no key set of its record: it answered %04X (%s)",
             report->result->sw, scp_sw_text(report->result->sw));
    return suspect(report, cause);
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

/* The counter that SCP02 keeps is one more than what the card has proven: that EXTERNAL
 * AUTHENTICATE was answered 9000 is the agent's word (GPCS E.1.2.2). */
static bool went_back(const struct job *job, enum plan_channel channel, uint32_t counter)
{
    const struct store_key_set *set = &job->key_sets[channel];
    uint32_t unproven = job->profile->protocol == SCP_PROTOCOL_02 ? 1 : 0;
    return set->counter_shown && set->counter_known && counter + unproven < set->counter;
}

/* No card counts backwards under the same keys: there are two of it, or it was put back to an
 * earlier state. */
static enum store_error quarantine_copy(struct report *report)
{
    static const char cause[] = "the card's counter went back: there may be a copy of it";
    struct job *job = report->job;
    struct store_sighting sighting = {.kind = STORE_SIGHTING_COUNTER_BACK};
    bool is_news;
    memcpy(sighting.identity, job->card.identity, sizeof sighting.identity);
    snprintf(sighting.agent, sizeof sighting.agent, "%s", report->agent);
    report->next = OUTCOME_CLOSE;
    STORE_TRY(sighting_note(job->tx, &sighting, &is_news));
    STORE_TRY(store_card_set_status(job->tx, job->card.id, STORE_CARD_QUARANTINED, cause));
    STORE_TRY(job_doubt_content(job));
    return outcome_fail(job, report->agent, cause);
}

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

/* Steps were answered in a session under a counter above all that were given out before: what was
 * given up can run no more. */
static enum store_error burn_given_up(struct job *job, const struct session_result *result)
{
    char operations[OPERATION_NEWS_MAX][STORE_ID_SIZE];
    size_t count = 0;
    bool was_read = result->outcome == SESSION_REPLAN && job->content.known;
    if (result->steps_done == 0 && !was_read)
        return STORE_OK;
    STORE_TRY(
        store_exchange_given_up(job->tx, job->card.id, operations, OPERATION_NEWS_MAX, &count));
    STORE_TRY(store_exchange_burn(job->tx, job->card.id));
    for (size_t i = 0; i < count; i++) {
        struct store_operation burned;
        STORE_TRY(store_operation_get(job->tx, operations[i], &burned));
        operation_news_add(&job->news, burned.id);
        if (!store_operation_is_open(burned.state))
            STORE_TRY(operation_life_show(job->tx, &burned));
    }
    return STORE_OK;
}

enum store_error outcome_apply(struct job *job, const char *agent,
                               const struct session_result *result, enum outcome_next *next)
{
    struct report report = {.job = job, .agent = agent, .result = result, .next = OUTCOME_CLOSE};
    bool is_copy = false;
    for (size_t i = 0; i < PLAN_CHANNELS; i++) {
        const struct session_shown *shown = &result->shown[i];
        is_copy = is_copy ||
                  (shown->counter_seen && went_back(job, (enum plan_channel)i, shown->counter));
        STORE_TRY(keep_shown(job, (enum plan_channel)i, shown));
    }
    for (size_t i = 0; i < result->deleted_count; i++)
        STORE_TRY(job_retire_keys(job, result->deleted_kvns[i]));
    job->operation.progress.steps_done += (uint32_t)result->steps_done;
    STORE_TRY(burn_given_up(job, result));
    STORE_TRY(is_copy ? quarantine_copy(&report) : handlers[result->outcome](&report));
    *next = report.next;
    return STORE_OK;
}
