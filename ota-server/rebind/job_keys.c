/* Which keys open which channel.
 *
 * Of a security domain the record may have several key sets: a change of keys that was cut short
 * leaves two candidates, and the card knows which of them it has. They are tried in the order of
 * their likelihood, each under its guard or by its own cryptogram, so that trying costs the card
 * nothing. */
#include "ota-server/rebind/job.h"

#include <stdio.h>
#include <string.h>

/* FF: what a card has before it was given keys of its own. The others begin the ranges of secure
 * channel keys (GPCS E.1.3, Amendment D 5.1). */
enum { KVN_INITIAL = 0xFF, KVN_SCP02 = 0x20, KVN_SCP03 = 0x30 };

/* ---- what the session asks for ------------------------------------------------------------ */

static struct vault_key_transfer transfer_of(const struct store_key_set *set,
                                             const struct scp_keys *keys,
                                             const struct scp_session_context *session)
{
    return (struct vault_key_transfer){
        .label = set->label, .kvn = set->kvn, .keys = keys, .session = session};
}

static enum scp_error key_domain(void *ctx, const struct scp_keys *keys,
                                 const struct scp_session_context *session, struct scp_writer *dgis)
{
    const struct job *job = ctx;
    const struct vault_key_transfer transfer =
        transfer_of(&job->key_sets[PLAN_CHANNEL_BANK], keys, session);
    return vault_transfer_keys(job->service->vault, &transfer, dgis);
}

static enum scp_error put_keys(void *ctx, const struct scp_keys *keys,
                               const struct scp_session_context *session, struct scp_writer *fields)
{
    const struct job *job = ctx;
    const struct vault_key_transfer transfer =
        transfer_of(&job->key_sets[PLAN_CHANNEL_NEW_KEYS], keys, session);
    return vault_code_keys(job->service->vault, &transfer, &job->profile->put_key, fields);
}

/* ---- candidates --------------------------------------------------------------------------- */

struct candidates {
    struct store_key_set sets[STORE_KEY_SETS_MAX];
    size_t count;
};

static bool is_new(const struct job *job, const struct store_key_set *set)
{
    return job->has_rekey && set->kvn == job->rekey.kvn &&
           strcmp(set->security_domain, job->rekey.security_domain) == 0;
}

/* Those of one security domain, the likeliest first; without the ones that a change of keys brings,
 * which have a channel of their own. */
static enum rebind_refusal find_candidates(const struct job *job, const char *domain,
                                           struct candidates *out)
{
    struct store_key_set sets[STORE_KEY_SETS_MAX];
    size_t count;
    out->count = 0;
    enum store_error error =
        store_key_set_list(job->tx, job->card.id, sets, STORE_KEY_SETS_MAX, &count);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    for (int standing = STORE_KEYS_PRESENT; standing <= STORE_KEYS_COMING; standing++) {
        for (size_t i = 0; i < count; i++) {
            if ((int)sets[i].standing == standing && !is_new(job, &sets[i]) &&
                strcmp(sets[i].security_domain, domain) == 0)
                out->sets[out->count++] = sets[i];
        }
    }
    return REBIND_REFUSED_NONE;
}

static enum rebind_refusal take(struct job *job, enum plan_channel channel,
                                const struct store_key_set *set)
{
    job->key_sets[channel] = *set;
    enum scp_error error = vault_card_keys(job->service->vault, set->label,
                                           &job->key_handles[channel], &job->keys.keys[channel]);
    return error == SCP_OK ? REBIND_REFUSED_NONE : REBIND_REFUSED_INTERNAL;
}

/* The candidate after those that the card has not. */
static const struct store_key_set *choose(const struct job *job, enum plan_channel channel,
                                          const struct candidates *candidates)
{
    size_t index = job->missed[channel];
    if (candidates->count == 0)
        return NULL;
    return &candidates->sets[index < candidates->count ? index : candidates->count - 1];
}

/* A key set that the record does not have yet, on the card of that other one. Its counter is that
 * of a new card. */
static struct store_key_set made_up(const struct job *job, const char *domain,
                                    enum plan_channel like)
{
    const struct store_key_set *other = &job->key_sets[like];
    struct store_key_set set = {.standing = STORE_KEYS_COMING, .counter_known = true};
    snprintf(set.card, sizeof set.card, "%s", job->card.id);
    snprintf(set.security_domain, sizeof set.security_domain, "%s", domain);
    memcpy(set.diversification_data, other->diversification_data, sizeof set.diversification_data);
    return set;
}

/* ---- a change of keys --------------------------------------------------------------------- */

static void find_old(struct job *job, const struct candidates *old)
{
    struct plan_rekey *to = &job->plan_rekey;
    for (size_t i = 0; i < old->count && to->old_count < PLAN_OLD_KEYS_MAX; i++) {
        bool stays = old->sets[i].kvn == KVN_INITIAL && job->profile->keeps_initial_keys;
        if (!stays)
            to->old_kvns[to->old_count++] = old->sets[i].kvn;
    }
}

/* The new key set, as the record has it or as it will be. */
static enum rebind_refusal load_new(struct job *job, const struct candidates *old)
{
    const struct store_key_set_ref ref = {job->card.id, job->rekey.security_domain, job->rekey.kvn};
    struct store_key_set set;
    struct plan_rekey *to = &job->plan_rekey;
    enum store_error error = store_key_set_get(job->tx, &ref, &set);
    if (error != STORE_OK && error != STORE_NOT_FOUND)
        return rebind_refusal_of_store(error);
    if (error == STORE_NOT_FOUND) {
        set = made_up(job, job->rekey.security_domain, to->domain);
        set.kvn = job->rekey.kvn;
        snprintf(set.label, sizeof set.label, "%s", job->rekey.label);
    }
    to->kvn = set.kvn;
    to->on_card = error == STORE_OK && job->missed[PLAN_CHANNEL_NEW_KEYS] == 0;
    to->has_channel = old->count > job->missed[to->domain];
    find_old(job, old);
    return take(job, PLAN_CHANNEL_NEW_KEYS, &set);
}

static enum rebind_refusal load_rekey(struct job *job, const char *issuer)
{
    if (job->operation.kind != STORE_OPERATION_REKEY)
        return REBIND_REFUSED_NONE;
    bool own = true;
    enum store_error error = store_rekey_get(job->tx, job->operation.id, &job->rekey);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    job->has_rekey = true;
    job->plan_rekey = (struct plan_rekey){.domain = PLAN_CHANNEL_ISSUER};
    if (scp_aid_parse(&job->plan_rekey.aid, job->rekey.security_domain) != SCP_OK)
        return REBIND_REFUSED_INTERNAL;
    own = strcmp(job->rekey.security_domain, issuer) == 0;
    if (!own) {
        job->plan_rekey.domain = PLAN_CHANNEL_BANK;
        job->has_domain = true;
        job->plan_domain.aid = job->plan_rekey.aid;
    }
    return REBIND_REFUSED_NONE;
}

/* ---- loading ------------------------------------------------------------------------------ */

/* When all old key sets of the issuer's are gone the new one stands for it. */
static enum rebind_refusal load_issuer(struct job *job, const char *issuer,
                                       struct candidates *candidates)
{
    struct store_key_set new_keys;
    const struct store_key_set_ref ref = {job->card.id, issuer, job->rekey.kvn};
    enum rebind_refusal refusal = find_candidates(job, issuer, candidates);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    const struct store_key_set *set = choose(job, PLAN_CHANNEL_ISSUER, candidates);
    if (set != NULL)
        return take(job, PLAN_CHANNEL_ISSUER, set);
    if (!job->has_rekey || store_key_set_get(job->tx, &ref, &new_keys) != STORE_OK)
        return REBIND_REFUSED_INTERNAL;
    return take(job, PLAN_CHANNEL_ISSUER, &new_keys);
}

/* Of a bank's domain: the same as the issuer's, unless that is one that cannot be given. */
static uint8_t first_kvn(const struct card_profile *profile)
{
    if (profile->kvn != KVN_INITIAL)
        return profile->kvn;
    return profile->protocol == SCP_PROTOCOL_02 ? KVN_SCP02 : KVN_SCP03;
}

static enum rebind_refusal load_bank(struct job *job, struct candidates *candidates)
{
    char domain[STORE_AID_SIZE];
    scp_hex_encode(domain, sizeof domain, scp_aid_bytes(&job->plan_domain.aid));
    enum rebind_refusal refusal = find_candidates(job, domain, candidates);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    const struct store_key_set *set = choose(job, PLAN_CHANNEL_BANK, candidates);
    if (set != NULL)
        return take(job, PLAN_CHANNEL_BANK, set);
    if (job->has_rekey)
        return REBIND_REFUSED_NONE; /* its old key sets are gone */
    struct store_key_set first = made_up(job, domain, PLAN_CHANNEL_ISSUER);
    first.kvn = first_kvn(job->profile);
    snprintf(first.label, sizeof first.label, "%s", job->domain_label);
    return take(job, PLAN_CHANNEL_BANK, &first);
}

enum rebind_refusal job_load_keys(struct job *job)
{
    struct candidates issuers, banks = {.count = 0};
    char issuer[STORE_AID_SIZE];
    job->keys.key_domain = key_domain;
    job->keys.put_keys = put_keys;
    scp_hex_encode(issuer, sizeof issuer, scp_aid_bytes(&job->profile->isd));
    enum rebind_refusal refusal = load_rekey(job, issuer);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = load_issuer(job, issuer, &issuers);
    if (refusal == REBIND_REFUSED_NONE && job->has_domain)
        refusal = load_bank(job, &banks);
    if (refusal != REBIND_REFUSED_NONE || !job->has_rekey)
        return refusal;
    return load_new(job, job->plan_rekey.domain == PLAN_CHANNEL_ISSUER ? &issuers : &banks);
}

/* The record may have changed since, so that another candidate would be the likeliest now. */
static enum rebind_refusal take_as_before(struct job *job, enum plan_channel channel, uint8_t kvn)
{
    struct store_key_set set;
    const struct store_key_set_ref ref = {job->card.id, job->key_sets[channel].security_domain,
                                          kvn};
    if (job->key_sets[channel].kvn == kvn)
        return REBIND_REFUSED_NONE;
    enum store_error error = store_key_set_get(job->tx, &ref, &set);
    return error == STORE_OK ? take(job, channel, &set) : rebind_refusal_of_store(error);
}

enum rebind_refusal job_resume_keys(struct job *job, const struct session *session)
{
    memcpy(job->missed, session->missed, sizeof job->missed);
    enum rebind_refusal refusal = job_load_keys(job);
    job->puts_keys = session_plan_has(session, PLAN_STEP_PUT_KEYS);
    job->deletes_keys = session_plan_has(session, PLAN_STEP_DELETE_KEYS);
    for (size_t i = 0; i < PLAN_CHANNELS && refusal == REBIND_REFUSED_NONE; i++) {
        const struct session_domain *domain = session_domain(session, (enum plan_channel)i);
        if (domain->present)
            refusal = take_as_before(job, (enum plan_channel)i, domain->kvn);
    }
    return refusal;
}

/* ---- missing ------------------------------------------------------------------------------ */

/* Keys that this session put are no candidate: the card has them, or somebody lies. */
bool job_miss_keys(struct job *job, enum plan_channel channel)
{
    struct candidates left;
    if (channel == PLAN_CHANNEL_NONE || (channel == PLAN_CHANNEL_NEW_KEYS && job->puts_keys))
        return false;
    job->missed[channel]++;
    if (channel == PLAN_CHANNEL_NEW_KEYS)
        return job->plan_rekey.has_channel;
    if (find_candidates(job, job->key_sets[channel].security_domain, &left) != REBIND_REFUSED_NONE)
        return false;
    bool new_untried =
        job->has_rekey && job->plan_rekey.domain == channel && job->plan_rekey.on_card;
    return left.count > job->missed[channel] || new_untried;
}

/* ---- sessions ----------------------------------------------------------------------------- */

static struct session_domain session_domain_of(const struct job *job, enum plan_channel channel,
                                               const struct scp_aid *aid)
{
    const struct store_key_set *set = &job->key_sets[channel];
    struct session_domain domain = {
        .present = true,
        .aid = *aid,
        .protocol = job->profile->protocol,
        .i = job->profile->i,
        .kvn = set->kvn,
        .counter_known = set->counter_known,
        .counter = set->counter,
        .unused_from = set->unused_from,
    };
    memcpy(domain.diversification_data, set->diversification_data,
           sizeof domain.diversification_data);
    return domain;
}

struct session_card job_session_card(const struct job *job)
{
    struct session_card card = {.domains = {{.present = false}}};
    card.domains[PLAN_CHANNEL_ISSUER] =
        session_domain_of(job, PLAN_CHANNEL_ISSUER, &job->profile->isd);
    if (job->has_domain && job->key_sets[PLAN_CHANNEL_BANK].label[0] != '\0')
        card.domains[PLAN_CHANNEL_BANK] =
            session_domain_of(job, PLAN_CHANNEL_BANK, &job->plan_domain.aid);
    if (job->has_rekey)
        card.domains[PLAN_CHANNEL_NEW_KEYS] =
            session_domain_of(job, PLAN_CHANNEL_NEW_KEYS, &job->plan_rekey.aid);
    return card;
}

void job_begin_session(const struct job *job, struct session *session)
{
    const struct session_card card = job_session_card(job);
    uint8_t seed[SESSION_SEED_SIZE];
    rebind_random(job->service->env, seed, sizeof seed);
    session_init(session, &card, seed);
    memcpy(session->missed, job->missed, sizeof session->missed);
}

struct store_key_set_ref job_key_set(const struct job *job, enum plan_channel channel)
{
    const struct store_key_set *set = &job->key_sets[channel];
    return (struct store_key_set_ref){job->card.id, set->security_domain, set->kvn};
}

struct protect_keys job_changed_keys(const struct job *job)
{
    if (!job->has_rekey)
        return (struct protect_keys){.added_kvn = 0};
    return (struct protect_keys){.added_kvn = job->rekey.kvn,
                                 .old_kvns = job->plan_rekey.old_kvns,
                                 .old_count = job->plan_rekey.old_count};
}

/* ---- entering ----------------------------------------------------------------------------- */

/* The counter of keys that are put starts anew; what was given out under them before stays so. */
static enum store_error enter_put(struct job *job, enum plan_channel channel)
{
    const struct store_key_set_ref ref = job_key_set(job, channel);
    struct store_key_set present;
    enum store_error error = store_key_set_get(job->tx, &ref, &present);
    if (error == STORE_NOT_FOUND)
        return store_key_set_put(job->tx, &job->key_sets[channel]);
    return error == STORE_OK ? store_key_set_set_counter(job->tx, &ref, 0) : error;
}

static enum store_error enter_deletion(struct job *job)
{
    for (size_t i = 0; i < job->plan_rekey.old_count; i++) {
        const struct store_key_set_ref ref = {job->card.id, job->rekey.security_domain,
                                              job->plan_rekey.old_kvns[i]};
        STORE_TRY(store_key_set_set_standing(job->tx, &ref, STORE_KEYS_LEAVING));
    }
    return STORE_OK;
}

/* The first keys that a card is given may take the place of those it was made with. */
static enum store_error doubt_initial(struct job *job)
{
    const struct store_key_set_ref ref = {job->card.id, job->rekey.security_domain, KVN_INITIAL};
    enum store_error error = store_key_set_set_standing(job->tx, &ref, STORE_KEYS_LEAVING);
    return error == STORE_NOT_FOUND ? STORE_OK : error;
}

enum store_error job_enter_keys(struct job *job, const struct session *session)
{
    if (session_script_has(session, PLAN_STEP_KEY_DOMAIN))
        STORE_TRY(enter_put(job, PLAN_CHANNEL_BANK));
    if (session_script_has(session, PLAN_STEP_PUT_KEYS)) {
        STORE_TRY(enter_put(job, PLAN_CHANNEL_NEW_KEYS));
        STORE_TRY(doubt_initial(job));
    }
    if (session_script_has(session, PLAN_STEP_DELETE_KEYS))
        STORE_TRY(enter_deletion(job));
    return STORE_OK;
}

/* A script that deletes keys, or puts the first ones, may have run to its end, whatever came back
 * of it. */
enum store_error job_prove_keys(struct job *job, enum plan_channel channel)
{
    const struct store_key_set_ref ref = job_key_set(job, channel);
    struct store_key_set set;
    STORE_TRY(store_key_set_get(job->tx, &ref, &set));
    bool goes = channel == job->plan_rekey.domain &&
                (job->deletes_keys || (job->puts_keys && set.kvn == KVN_INITIAL));
    if (set.standing == STORE_KEYS_PRESENT || (goes && set.standing == STORE_KEYS_LEAVING))
        return STORE_OK;
    return store_key_set_set_standing(job->tx, &ref, STORE_KEYS_PRESENT);
}

enum store_error job_retire_keys(struct job *job, uint8_t kvn)
{
    const struct store_key_set_ref ref = {job->card.id, job->rekey.security_domain, kvn};
    return store_key_set_retire(job->tx, &ref);
}
