#include "agent/card/invariants.h"

#include "agent/card/card.h"
#include "agent/card/lifecycle.h"
#include "agent/card/registry.h"
#include "scp/gp/parameters.h"

/* ---- the registry (GPCS 6.5) ------------------------------------------------------------------
 */

static bool aid_has_length(const struct scp_aid *aid)
{
    return aid->len >= SCP_AID_MIN && aid->len <= SCP_AID_MAX;
}

/* How many applications and load files have the AID. */
static size_t bearers(const struct card_image *image, const struct scp_aid *aid)
{
    size_t count = 0;
    for (size_t i = 0; i < image->application_count; i++)
        count += scp_aid_equal(&image->applications[i]->aid, aid);
    for (size_t i = 0; i < image->load_file_count; i++)
        count += scp_aid_equal(&image->load_files[i]->aid, aid);
    return count;
}

static bool aids_are_unique(const struct card_image *image)
{
    for (size_t i = 0; i < image->application_count; i++)
        if (!aid_has_length(&image->applications[i]->aid) ||
            bearers(image, &image->applications[i]->aid) != 1)
            return false;
    for (size_t i = 0; i < image->load_file_count; i++)
        if (!aid_has_length(&image->load_files[i]->aid) ||
            bearers(image, &image->load_files[i]->aid) != 1)
            return false;
    return true;
}

static bool issuer_comes_first(const struct card_image *image)
{
    const struct card_application *isd = card_isd(image);
    return isd->sd != NULL && scp_aid_equal(&isd->domain, &isd->aid) &&
           card_life_cycle_exists(isd->state);
}

static bool instances_have_their_module(const struct card_image *image)
{
    for (size_t i = 1; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        const struct card_load_file *file =
            card_load_file_find(image, scp_aid_bytes(&app->load_file));
        bool found = false;
        for (size_t k = 0; file != NULL && k < file->module_count; k++)
            found = found || scp_aid_equal(&file->modules[k], &app->module);
        if (!found)
            return false;
    }
    return true;
}

/* ---- the hierarchy (GPCS 7.2, 5.3.2) ----------------------------------------------------------
 */

/* A domain that serves others is the issuer's, or was PERSONALIZED when it came to them. */
static bool serves(const struct card_image *image, const struct scp_aid *aid)
{
    const struct card_application *domain = card_domain_find(image, scp_aid_bytes(aid));
    if (domain == NULL)
        return false;
    uint8_t state =
        scp_life_cycle_is_locked(domain->state) ? domain->state_unlocked : domain->state;
    return card_is_isd(image, domain) || state == SCP_SECURITY_DOMAIN_PERSONALIZED;
}

/* Whether the way up ends in a domain that is associated with itself. */
static bool has_root(const struct card_image *image, const struct card_application *app)
{
    for (size_t depth = 0; app != NULL && depth <= image->application_count; depth++) {
        if (scp_aid_equal(&app->domain, &app->aid))
            return true;
        app = card_domain_find(image, scp_aid_bytes(&app->domain));
    }
    return false;
}

static bool domains_are_a_forest(const struct card_image *image)
{
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        if (!has_root(image, app) || !serves(image, &app->domain))
            return false;
    }
    for (size_t i = 0; i < image->load_file_count; i++)
        if (!serves(image, &image->load_files[i]->domain))
            return false;
    return true;
}

/* ---- states and privileges (GPCS 5.3, 6.6) ----------------------------------------------------
 */

static bool states_exist(const struct card_image *image)
{
    for (size_t i = 1; i < image->application_count; i++)
        if (!card_application_state_exists(image->applications[i]))
            return false;
    return true;
}

static bool privileges_are_consistent(const struct card_image *image)
{
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        bool is_domain = scp_privileges_have(app->privileges, SCP_PRIVILEGE_SECURITY_DOMAIN);
        if (is_domain != (app->sd != NULL))
            return false;
        if (!card_is_isd(image, app) && !scp_privileges_consistent(app->privileges))
            return false;
    }
    return true;
}

static bool single_privileges_are_single(const struct card_image *image)
{
    size_t reset = 0;
    size_t final = 0;
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        bool ends = scp_privileges_have(app->privileges, SCP_PRIVILEGE_FINAL_APPLICATION);
        if (ends && !card_is_isd(image, app) && scp_life_cycle_is_locked(app->state))
            return false;
        reset += scp_privileges_have(app->privileges, SCP_PRIVILEGE_CARD_RESET);
        final += ends;
    }
    return reset == 1 && final == 1;
}

/* ---- implicit selection (GPCS 6.4.1) ----------------------------------------------------------
 */

static bool overlap(uint8_t a, uint8_t b)
{
    enum { INTERFACES = SCP_IMPLICIT_CONTACT | SCP_IMPLICIT_CONTACTLESS };
    return (a & SCP_IMPLICIT_CHANNEL) == (b & SCP_IMPLICIT_CHANNEL) && (a & b & INTERFACES) != 0;
}

static bool compete(const struct card_application *a, const struct card_application *b)
{
    for (size_t i = 0; i < a->implicit_count; i++)
        for (size_t k = 0; k < b->implicit_count; k++)
            if (overlap(a->implicit[i], b->implicit[k]))
                return true;
    return false;
}

static bool implicit_selection_is_given_once(const struct card_image *image)
{
    for (size_t i = 1; i < image->application_count; i++)
        for (size_t k = 1; k < i; k++)
            if (compete(image->applications[i], image->applications[k]))
                return false;
    return true;
}

/* ---- keys (GPCS 7.5) --------------------------------------------------------------------------
 */

static bool version_holds(const struct card_traits *traits, const struct card_domain *sd,
                          const struct card_key_version *version)
{
    uint32_t max = sd->protocol == SCP_PROTOCOL_03 ? CARD_COUNTER_MAX_03 : CARD_COUNTER_MAX_02;
    return version->kvn != 0 && version->failed <= traits->tries && version->counter <= max;
}

static bool keys_hold_together(const struct card_image *image)
{
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_domain *sd = image->applications[i]->sd;
        if (sd == NULL)
            continue;
        if (!card_key_versions_match(sd))
            return false;
        for (size_t k = 0; k < sd->version_count; k++)
            if (!version_holds(&image->traits, sd, &sd->versions[k]))
                return false;
        for (size_t k = 0; k < sd->key_count; k++)
            if (card_key_find(sd, sd->keys[k].kvn, sd->keys[k].id) != &sd->keys[k])
                return false;
    }
    return true;
}

static bool issuer_has_keys(const struct card_image *image)
{
    return card_key_owner(image, card_isd(image)) != NULL;
}

/* ---- memory (GPCS 9.7) ------------------------------------------------------------------------
 */

static bool memory_is_within_its_limits(const struct card_image *image)
{
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        if (app->quota != 0 &&
            (card_application_used(app) > app->quota || app->reserved > app->quota))
            return false;
    }
    return card_memory_fits(image);
}

static bool nothing_is_half_deleted(const struct card_image *image)
{
    return image->started.deletion.len == 0;
}

static const struct {
    bool (*holds)(const struct card_image *image);
    const char *rule;
} rules[] = {
    {issuer_comes_first, "the issuer security domain is application 0 and under itself"},
    {aids_are_unique, "AIDs of applications and load files are unique"},
    {instances_have_their_module, "each instance has its load file and module"},
    {domains_are_a_forest, "each association leads through personalized domains to a root"},
    {states_exist, "each life cycle state is one of the tables"},
    {privileges_are_consistent, "privileges may stand together"},
    {single_privileges_are_single, "Card Reset and Final Application have one unlocked holder"},
    {implicit_selection_is_given_once, "an implicit selection belongs to one application"},
    {keys_hold_together, "each key has its version, counters are within their limits"},
    {issuer_has_keys, "the issuer security domain has secure channel keys"},
    {memory_is_within_its_limits, "memory and quotas are kept"},
    {nothing_is_half_deleted, "a deletion is complete"},
};

/* ---- what a loss of power ends ----------------------------------------------------------------
 */

static const char *broken_channel(const struct softcard *card,
                                  const struct card_logical_channel *channel)
{
    bool runs = channel->session.state != CARD_SESSION_NONE || channel->store.target.len > 0 ||
                channel->rest.bytes != NULL;
    if (!channel->open)
        return runs ? "nothing happens on a closed logical channel" : NULL;
    if (card_application_find(&card->image, scp_aid_bytes(&channel->selected)) == NULL)
        return "what is selected is in the registry";
    return NULL;
}

const char *softcard_broken_invariant(const struct softcard *card)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (!rules[i].holds(&card->image))
            return rules[i].rule;
    if (!card->channels[0].open)
        return "the basic logical channel is open";
    for (size_t i = 0; i <= card->image.traits.channels; i++) {
        const char *broken = broken_channel(card, &card->channels[i]);
        if (broken != NULL)
            return broken;
    }
    if ((card->load.active || card->load.loaded) && !card->load.by->open)
        return "a load goes on where it was begun";
    return NULL;
}
