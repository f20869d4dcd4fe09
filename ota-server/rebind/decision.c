#include "ota-server/rebind/decision.h"

#include "ota-server/rebind/decision_facts.h"
#include "ota-server/rebind/language.h"
#include "ota-server/rebind/operation_json.h"
#include "ota-server/rebind/policy_cache.h"
#include "ota-server/rebind/product_ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

bool decision_allows(const struct store_decision *decision)
{
    return strcmp(decision->effect, policy_effect_name(POLICY_ALLOW)) == 0;
}

/* ---- deciding ----------------------------------------------------------------------------- */

static void to_stored(const struct decision_answer *answer, const struct store_policy *policy,
                      struct store_decision *out)
{
    *out = (struct store_decision){.policy_version = policy->version};
    snprintf(out->effect, sizeof out->effect, "%s", policy_effect_name(answer->effect));
    snprintf(out->rule, sizeof out->rule, "%s", answer->rule);
    snprintf(out->reason, sizeof out->reason, "%s", answer->reason);
    memcpy(out->policy_digest, policy->digest, sizeof out->policy_digest);
}

static void set_obligations(const struct policy_obligations *from, struct store_obligations *to)
{
    static const enum store_retire retires[] = {
        [POLICY_RETIRE_KEEP] = STORE_RETIRE_KEEP,
        [POLICY_RETIRE_LOCK] = STORE_RETIRE_LOCK,
        [POLICY_RETIRE_DELETE] = STORE_RETIRE_DELETE,
    };
    to->retire = retires[from->retire_old_bank];
    to->break_before_make = from->allow_break_before_make;
}

/* The event that limits will count, if the decision is acted on. */
static void set_change(const struct decision_gathering *g, const struct policy_obligations *o,
                       struct store_change *change)
{
    const struct decision_request *request = g->request;
    bool is_switch = strcmp(request->action, "switch") == 0;
    if (!is_switch && strcmp(request->action, "bind") != 0)
        return;
    snprintf(change->card, sizeof change->card, "%s", request->card->id);
    snprintf(change->role, sizeof change->role, "%s", request->role);
    snprintf(change->bank, sizeof change->bank, "%s", request->bank->id);
    snprintf(change->region, sizeof change->region, "%s", request->card->region);
    change->is_switch = is_switch;
    change->time_ms = g->now_ms;
    change->cool_down_until_ms = o->cool_down_days > 0 ? g->now_ms + o->cool_down_days * day_ms : 0;
}

static void set_record(const struct decision_gathering *g, struct decision *out)
{
    const struct decision_request *request = g->request;
    struct store_decision_record *record = &out->record;
    snprintf(record->card, sizeof record->card, "%s", request->card->id);
    snprintf(record->principal, sizeof record->principal, "%s", request->actor);
    snprintf(record->bank, sizeof record->bank, "%s",
             request->bank == NULL ? "" : request->bank->id);
    snprintf(record->previous_bank, sizeof record->previous_bank, "%s", g->old_bank.id);
    record->time_ms = g->now_ms;
    record->decision = out->stored;
}

static bool write_inputs(const struct policy *policy, const struct decision_inputs *inputs,
                         const struct decision_answer *answer, struct store_blob *to)
{
    json_t *json = decision_inputs_json(policy, inputs, answer);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    *to = (struct store_blob){(uint8_t *)text, text == NULL ? 0 : strlen(text)};
    return text != NULL;
}

static enum rebind_refusal decide(struct decision_gathering *g, const struct store_policy *stored,
                                  struct decision *out)
{
    struct decision_answer answer;
    enum store_error error = decision_gather(g);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    decision_answer(g->policy, &g->inputs, &answer);
    if (g->error != STORE_OK)
        return rebind_refusal_of_store(g->error);
    const char *language = g->request->given == NULL ? NULL : g->request->given->language;
    const char *reason = answer.reasons == NULL
                             ? answer.reason
                             : answer.reasons[language_choose(g->policy, language)];
    to_stored(&answer, stored, &out->stored);
    snprintf(out->reason, sizeof out->reason, "%s", reason);
    set_obligations(&answer.made.obligations, &out->obligations);
    set_change(g, &answer.made.obligations, &out->change);
    set_record(g, out);
    snprintf(out->confirmation, sizeof out->confirmation, "%s", g->confirmation.id);
    return write_inputs(g->policy, &g->inputs, &answer, &out->record.json)
               ? REBIND_REFUSED_NONE
               : REBIND_REFUSED_INTERNAL;
}

enum rebind_refusal decision_make(const struct rebind_service *service, struct store_tx *tx,
                                  const struct decision_request *request, struct decision *out)
{
    struct decision_gathering g = {
        .tx = tx, .request = request, .now_ms = (int64_t)rebind_now_ms(service->env)};
    struct store_policy stored;
    struct policy_loan loan;
    *out = (struct decision){.change = {.time_ms = 0}};
    enum store_error error = store_policy_active(tx, &stored);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? REBIND_REFUSED_NO_POLICY : rebind_refusal_of_store(error);
    enum rebind_refusal refusal = policy_cache_borrow(service->policies, tx, &stored, &loan);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    g.policy = loan.policy;
    refusal = decide(&g, &stored, out);
    policy_cache_return(service->policies, &loan);
    return refusal;
}

json_t *decision_facts(const struct rebind_service *service, struct store_tx *tx,
                       const struct decision_request *request, enum store_error *error)
{
    struct decision_gathering g = {
        .tx = tx, .request = request, .now_ms = (int64_t)rebind_now_ms(service->env)};
    char time[OPERATION_TIME_SIZE];
    *error = decision_gather(&g);
    if (*error != STORE_OK)
        return NULL;
    json_t *json = decision_facts_json(&g.inputs.facts, ~(policy_fact_set)0);
    if (json == NULL || json_object_set_new(json, policy_fact_names[POLICY_REQUEST_TIME],
                                            json_string(operation_time(time, g.now_ms))) != 0)
        *error = STORE_NO_MEMORY;
    return json;
}

enum store_error decision_keep(struct store_tx *tx, struct decision *decision,
                               const char *operation)
{
    snprintf(decision->record.operation, sizeof decision->record.operation, "%s", operation);
    STORE_TRY(store_decision_add(tx, &decision->record));
    if (operation[0] == '\0')
        return STORE_OK;
    if (decision->confirmation[0] != '\0')
        STORE_TRY(store_confirmation_use(tx, decision->confirmation, operation));
    if (decision->change.bank[0] == '\0')
        return STORE_OK;
    snprintf(decision->change.operation, sizeof decision->change.operation, "%s", operation);
    return store_change_add(tx, &decision->change);
}

void decision_fini(struct decision *decision)
{
    store_decision_fini(&decision->record);
}

/* ---- again -------------------------------------------------------------------------------- */

static enum rebind_refusal answer_again(const struct policy *policy,
                                        const struct store_policy *stored, const json_t *json,
                                        struct store_decision *again)
{
    struct decision_inputs inputs;
    struct decision_answer answer;
    if (!decision_inputs_read(&inputs, json))
        return REBIND_REFUSED_INTERNAL;
    decision_answer(policy, &inputs, &answer);
    to_stored(&answer, stored, again);
    return REBIND_REFUSED_NONE;
}

static bool is_same(const struct store_decision *a, const struct store_decision *b)
{
    return strcmp(a->effect, b->effect) == 0 && strcmp(a->rule, b->rule) == 0 &&
           strcmp(a->reason, b->reason) == 0 && a->policy_version == b->policy_version &&
           memcmp(a->policy_digest, b->policy_digest, sizeof a->policy_digest) == 0;
}

enum rebind_refusal decision_make_again(const struct rebind_service *service, struct store_tx *tx,
                                        const struct store_decision_record *record,
                                        struct decision_replay *out)
{
    struct store_policy stored;
    struct policy_loan loan;
    *out = (struct decision_replay){.same = false};
    enum store_error error = store_policy_get(tx, record->decision.policy_version, &stored);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum rebind_refusal refusal = policy_cache_borrow(service->policies, tx, &stored, &loan);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    json_t *json = json_loadb((const char *)record->json.ptr, record->json.len, 0, NULL);
    refusal = answer_again(loan.policy, &stored, json, &out->again);
    json_decref(json);
    policy_cache_return(service->policies, &loan);
    out->same = refusal == REBIND_REFUSED_NONE && is_same(&out->again, &record->decision);
    return refusal;
}

/* ---- showing ------------------------------------------------------------------------------ */

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

json_t *decision_json(const struct store_decision_record *record)
{
    const struct store_decision *decision = &record->decision;
    char digest[SCP_HEX_SIZE(sizeof decision->policy_digest)];
    char time[OPERATION_TIME_SIZE];
    json_t *inputs = json_loadb((const char *)record->json.ptr, record->json.len, 0, NULL);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s?, s:s, s:s?, s:s?, s:s, s:s, s:s, s:i, s:s}", "id", record->id, "time",
        operation_time(time, record->time_ms), "card", record->card, "operation",
        or_null(record->operation), "principal", record->principal, "bank", or_null(record->bank),
        "previous_bank", or_null(record->previous_bank), "effect", decision->effect, "rule",
        decision->rule, "reason", decision->reason, "policy", (int)decision->policy_version,
        "digest", scp_hex_encode(digest, sizeof digest, SCP_BYTES(decision->policy_digest)));
    if (json != NULL && inputs != NULL)
        (void)json_object_update(json, inputs);
    json_decref(inputs);
    return json;
}
