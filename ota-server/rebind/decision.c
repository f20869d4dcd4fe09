#include "ota-server/rebind/decision.h"

#include "policies/evaluate/evaluate.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static const char *const card_statuses[] = {
    [STORE_CARD_ACTIVE] = "active",
    [STORE_CARD_QUARANTINED] = "quarantined",
    [STORE_CARD_RETIRED] = "retired",
};
static const char *const bank_statuses[] = {
    [STORE_BANK_ACTIVE] = "active",
    [STORE_BANK_SUSPENDED] = "suspended",
    [STORE_BANK_LEAVING] = "leaving",
};

bool decision_allows(const struct store_decision *decision)
{
    return strcmp(decision->effect, policy_effect_name(POLICY_ALLOW)) == 0;
}

/* The bank's regions as the policy wants them; `items` has STORE_REGIONS_MAX places. */
static void set_bank(struct policy_facts *facts, const struct store_bank *bank,
                     const char *items[STORE_REGIONS_MAX])
{
    for (size_t i = 0; i < bank->region_count; i++)
        items[i] = bank->regions[i];
    policy_facts_set_string(facts, POLICY_BANK_ID, bank->id);
    policy_facts_set_string(facts, POLICY_BANK_STATUS, bank_statuses[bank->status]);
    policy_facts_set_set(facts, POLICY_BANK_LICENSED_REGIONS, items, bank->region_count);
}

static void set_history(struct policy_facts *facts, const struct store_binding_history *history,
                        uint64_t now_ms)
{
    policy_facts_set_int(facts, POLICY_BINDING_ACTIVE_BANKS, (int64_t)history->active_banks);
    if (history->switches > 0)
        policy_facts_set_int(facts, POLICY_BINDING_DAYS_SINCE_LAST_SWITCH,
                             ((int64_t)now_ms - history->last_change_ms) / DAY_MS);
}

/* An allowance with an obligation that nothing here can see to is none. */
static void refuse_unmet(struct policy_decision *made)
{
    if (!made->obligations.second_person &&
        made->obligations.consent_evidence == POLICY_EVIDENCE_NONE)
        return;
    made->effect = POLICY_DENY;
    made->reason = "The policy asks for a second person or evidence of consent, which cannot be "
                   "given here yet.";
    made->obligations = (struct policy_obligations){.retire_old_bank = POLICY_RETIRE_KEEP};
}

static void keep(const struct policy_decision *made, const struct store_policy *policy,
                 struct store_decision *decision, struct store_obligations *obligations)
{
    static const enum store_retire retires[] = {
        [POLICY_RETIRE_KEEP] = STORE_RETIRE_KEEP,
        [POLICY_RETIRE_LOCK] = STORE_RETIRE_LOCK,
        [POLICY_RETIRE_DELETE] = STORE_RETIRE_DELETE,
    };
    *decision = (struct store_decision){.policy_version = policy->version};
    snprintf(decision->effect, sizeof decision->effect, "%s", policy_effect_name(made->effect));
    snprintf(decision->rule, sizeof decision->rule, "%s", policy_decision_rule(made));
    snprintf(decision->reason, sizeof decision->reason, "%s", made->reason);
    memcpy(decision->policy_digest, policy->digest, sizeof decision->policy_digest);
    obligations->retire = retires[made->obligations.retire_old_bank];
    obligations->break_before_make = made->obligations.allow_break_before_make;
}

static enum rebind_refusal active_policy(struct store_tx *tx, struct store_policy *stored,
                                         struct policy **policy)
{
    struct store_blob yaml = {.len = 0};
    struct document_problem problem = {.error = DOC_OK};
    enum store_error error = store_policy_active(tx, stored);
    if (error == STORE_NOT_FOUND)
        return REBIND_REFUSED_NO_POLICY;
    if (error == STORE_OK)
        error = store_policy_yaml(tx, stored->version, &yaml);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum document_error compiled =
        policy_compile("active policy", store_blob_bytes(&yaml), policy, &problem);
    store_blob_fini(&yaml);
    return compiled == DOC_OK ? REBIND_REFUSED_NONE : REBIND_REFUSED_INTERNAL;
}

enum rebind_refusal decision_make(const struct rebind_service *service, struct store_tx *tx,
                                  const struct decision_request *request,
                                  struct store_decision *decision,
                                  struct store_obligations *obligations)
{
    struct policy_facts facts = {.has_refused = false};
    const char *regions[STORE_REGIONS_MAX];
    struct store_binding_history history;
    struct store_policy stored;
    struct policy_decision made;
    struct policy *policy = NULL;

    enum rebind_refusal refusal = active_policy(tx, &stored, &policy);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    enum store_error error = store_binding_history(tx, request->card->id, request->role, &history);
    if (error == STORE_OK) {
        policy_facts_set_string(&facts, POLICY_CARD_ID, request->card->id);
        policy_facts_set_string(&facts, POLICY_CARD_REGION, request->card->region);
        policy_facts_set_string(&facts, POLICY_CARD_STATUS, card_statuses[request->card->status]);
        policy_facts_set_string(&facts, POLICY_CARD_GENERATION, request->card->generation);
        policy_facts_set_string(&facts, POLICY_PRODUCT_ROLE, request->role);
        policy_facts_set_string(&facts, POLICY_REQUEST_ACTION, request->action);
        policy_facts_set_string(&facts, POLICY_REQUEST_ACTOR_KIND, request->actor_kind);
        policy_facts_set_int(&facts, POLICY_REQUEST_TIME, (int64_t)rebind_now_ms(service->env));
        set_history(&facts, &history, rebind_now_ms(service->env));
        if (request->bank != NULL)
            set_bank(&facts, request->bank, regions);
        policy_evaluate(policy, &facts, &made);
        refuse_unmet(&made);
        keep(&made, &stored, decision, obligations);
    }
    policy_free(policy);
    return rebind_refusal_of_store(error);
}
