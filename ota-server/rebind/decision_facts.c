#include "ota-server/rebind/decision_facts.h"

#include "ota-server/rebind/product_ref.h"

#include <string.h>

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;
/* A second person's word is for what is about to be done. */
static const int64_t confirmation_lasts_ms = INT64_C(24) * 60 * 60 * 1000;

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

static bool asks(const struct decision_gathering *g, enum policy_fact fact)
{
    return g->policy == NULL || (policy_facts_asked(g->policy) & POLICY_FACT_BIT(fact)) != 0;
}

static void set(struct decision_gathering *g, enum policy_fact fact, const char *text)
{
    policy_facts_set_string(&g->inputs.facts, fact, text);
}

static void set_number(struct decision_gathering *g, enum policy_fact fact, int64_t number)
{
    policy_facts_set_int(&g->inputs.facts, fact, number);
}

/* ---- what is read ------------------------------------------------------------------------- */

static void set_card(struct decision_gathering *g)
{
    const struct store_card *card = g->request->card;
    set(g, POLICY_CARD_ID, card->id);
    set(g, POLICY_CARD_REGION, card->region);
    set(g, POLICY_CARD_STATUS, card_statuses[card->status]);
    set(g, POLICY_CARD_GENERATION, card->generation);
}

static void set_request(struct decision_gathering *g)
{
    static const struct decision_given nothing = {.channel = NULL};
    const struct decision_request *request = g->request;
    const struct decision_given *given = request->given != NULL ? request->given : &nothing;
    set(g, POLICY_PRODUCT_ID, request->product);
    set(g, POLICY_PRODUCT_ROLE, request->role);
    set(g, POLICY_REQUEST_ACTION, request->action);
    set(g, POLICY_REQUEST_ACTOR_KIND, request->actor_kind);
    set(g, POLICY_REQUEST_ACTOR, request->actor);
    set(g, POLICY_REQUEST_CHANNEL, given->channel);
    set(g, POLICY_REQUEST_REASON, given->reason);
    set(g, POLICY_HOLDER_AGE_BAND, given->age_band);
    set(g, POLICY_HOLDER_CONSENT, given->consent);
    set_number(g, POLICY_REQUEST_TIME, g->now_ms);
}

static enum store_error set_bank(struct decision_gathering *g)
{
    const struct store_bank *bank = g->request->bank;
    int64_t cards = 0;
    if (bank == NULL)
        return STORE_OK;
    for (size_t i = 0; i < bank->region_count; i++)
        g->inputs.items[i] = bank->regions[i];
    set(g, POLICY_BANK_ID, bank->id);
    set(g, POLICY_BANK_STATUS, bank_statuses[bank->status]);
    set(g, POLICY_BANK_KIND, bank->kind);
    policy_facts_set_set(&g->inputs.facts, POLICY_BANK_LICENSED_REGIONS, g->inputs.items,
                         bank->region_count);
    if (!asks(g, POLICY_BANK_CARDS_IN_REGION))
        return STORE_OK;
    STORE_TRY(store_holding_count(g->tx, g->request->card->region, bank->id, &cards));
    set_number(g, POLICY_BANK_CARDS_IN_REGION, cards);
    return STORE_OK;
}

static enum store_error set_old_bank(struct decision_gathering *g)
{
    char bank[STORE_SLUG_SIZE];
    char product[STORE_SLUG_SIZE];
    if (!product_ref_split(g->request->old_product, bank, product))
        return STORE_OK;
    STORE_TRY(store_bank_get(g->tx, bank, &g->old_bank));
    set(g, POLICY_OLD_BANK_ID, g->old_bank.id);
    set(g, POLICY_OLD_BANK_STATUS, bank_statuses[g->old_bank.status]);
    return STORE_OK;
}

static enum store_error set_region(struct decision_gathering *g)
{
    int64_t cards = 0;
    if (!asks(g, POLICY_REGION_CARDS))
        return STORE_OK;
    STORE_TRY(store_holding_count(g->tx, g->request->card->region, NULL, &cards));
    set_number(g, POLICY_REGION_CARDS, cards);
    return STORE_OK;
}

static enum store_error set_history(struct decision_gathering *g)
{
    struct store_binding_history history;
    int64_t until = 0;
    const char *card = g->request->card->id;
    STORE_TRY(store_binding_history(g->tx, card, g->request->role, &history));
    set_number(g, POLICY_BINDING_ACTIVE_BANKS, (int64_t)history.active_banks);
    set_number(g, POLICY_BINDING_SWITCHES, (int64_t)history.switches);
    if (history.switches > 0 && history.last_change_ms <= g->now_ms)
        set_number(g, POLICY_BINDING_DAYS_SINCE_LAST_SWITCH,
                   (g->now_ms - history.last_change_ms) / day_ms);
    STORE_TRY(store_change_cool_down(g->tx, card, g->request->role, &until));
    if (until > g->now_ms)
        set_number(g, POLICY_BINDING_COOL_DOWN_DAYS_LEFT,
                   (until - g->now_ms + day_ms - 1) / day_ms);
    return STORE_OK;
}

/* ---- what is counted ---------------------------------------------------------------------- */

/* Each question and its answer is kept, so that the decision can be made again. */
static bool count(void *user, const struct policy_count *what, int64_t *number)
{
    struct decision_gathering *g = user;
    const struct store_change_query query = {
        .card = what->of_card ? g->request->card->id : NULL,
        .bank = what->bank,
        .region = what->region,
        .only_switches = what->only_switches,
        .since_ms = what->since_ms,
    };
    if (g->error == STORE_OK)
        g->error = store_change_count(g->tx, &query, number);
    if (g->error != STORE_OK || g->inputs.count == DECISION_COUNTS_MAX)
        return false;
    g->inputs.counts[g->inputs.count++] = (struct decision_count){*what, *number};
    return true;
}

/* ---- stops and obligations ---------------------------------------------------------------- */

/* A stop is about what would bring its bank; to be rid of one is always possible. */
static enum store_error find_stop(struct decision_gathering *g)
{
    const struct store_bank *bank = g->request->bank;
    if (bank == NULL)
        return STORE_OK;
    enum store_error error =
        store_stop_standing(g->tx, bank->id, g->request->card->region, &g->stop);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? STORE_OK : error;
    g->inputs.stop = g->stop.id;
    g->inputs.stop_reason = g->stop.reason;
    return STORE_OK;
}

/* A signature counts when the digest of what was signed is told, so that it can be shown later. */
static void take_consent(struct decision_gathering *g, const struct decision_given *given)
{
    bool has_evidence = given->evidence != NULL && given->evidence[0] != '\0';
    bool signs = given->consent != NULL && strcmp(given->consent, "signed") == 0;
    bool states = given->consent != NULL && strcmp(given->consent, "stated") == 0;
    if (has_evidence)
        g->inputs.evidence = given->evidence;
    if (signs && has_evidence)
        g->inputs.consent = POLICY_EVIDENCE_SIGNED;
    else if (signs || states)
        g->inputs.consent = POLICY_EVIDENCE_STATED;
}

/* Whether another person has confirmed this very change, lately, and for no other operation. */
static enum store_error confirms(const struct decision_gathering *g,
                                 const struct store_confirmation *c, bool *good)
{
    struct store_principal actor;
    const struct decision_request *request = g->request;
    *good = false;
    if (c->used_by[0] != '\0' || strcmp(c->card, request->card->id) != 0 ||
        strcmp(c->product, request->product == NULL ? "" : request->product) != 0 ||
        strcmp(c->principal, request->actor) == 0 || c->made_ms + confirmation_lasts_ms < g->now_ms)
        return STORE_OK;
    enum store_error error = store_principal_get(g->tx, request->actor, &actor);
    *good = error == STORE_OK && strcmp(c->person, actor.person) != 0;
    return error == STORE_NOT_FOUND ? STORE_OK : error;
}

static enum store_error take_confirmation(struct decision_gathering *g,
                                          const struct decision_given *given)
{
    struct store_confirmation found;
    bool good = false;
    if (given->confirmation == NULL || given->confirmation[0] == '\0')
        return STORE_OK;
    enum store_error error = store_confirmation_get(g->tx, given->confirmation, &found);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? STORE_OK : error;
    STORE_TRY(confirms(g, &found, &good));
    if (!good)
        return STORE_OK;
    g->confirmation = found;
    g->inputs.second_person = g->confirmation.principal;
    return STORE_OK;
}

enum store_error decision_gather(struct decision_gathering *g)
{
    g->error = STORE_OK;
    g->inputs.facts.counters = (struct policy_counters){count, g};
    set_card(g);
    set_request(g);
    STORE_TRY(set_bank(g));
    STORE_TRY(set_old_bank(g));
    STORE_TRY(set_region(g));
    STORE_TRY(set_history(g));
    STORE_TRY(find_stop(g));
    if (g->request->given == NULL)
        return STORE_OK;
    take_consent(g, g->request->given);
    return take_confirmation(g, g->request->given);
}
