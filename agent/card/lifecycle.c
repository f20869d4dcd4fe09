/* Life cycles (GPCS chapter 5): which states there are and which follows which. */
#include "agent/card/lifecycle.h"

#include "agent/card/registry.h"
#include "scp/gp/lifecycle.h"

/* ---- the card (GPCS figure 5-1) ---------------------------------------------------------------
 */

/* The privilege that allows a transition; 0: the issuer security domain alone does it. */
static const struct card_transition {
    uint8_t from;
    uint8_t to;
    uint32_t privilege;
} card_transitions[] = {
    {SCP_CARD_OP_READY, SCP_CARD_INITIALIZED, 0},
    {SCP_CARD_INITIALIZED, SCP_CARD_SECURED, 0},
    {SCP_CARD_SECURED, SCP_CARD_LOCKED, SCP_PRIVILEGE_CARD_LOCK},
    {SCP_CARD_LOCKED, SCP_CARD_SECURED, SCP_PRIVILEGE_CARD_LOCK},
    {SCP_CARD_OP_READY, SCP_CARD_TERMINATED, SCP_PRIVILEGE_CARD_TERMINATE},
    {SCP_CARD_INITIALIZED, SCP_CARD_TERMINATED, SCP_PRIVILEGE_CARD_TERMINATE},
    {SCP_CARD_SECURED, SCP_CARD_TERMINATED, SCP_PRIVILEGE_CARD_TERMINATE},
    {SCP_CARD_LOCKED, SCP_CARD_TERMINATED, SCP_PRIVILEGE_CARD_TERMINATE},
};

bool card_life_cycle_move(struct card_image *image, uint8_t state,
                          const struct card_application *by)
{
    struct card_application *isd = card_isd(image);
    for (size_t i = 0; i < sizeof card_transitions / sizeof card_transitions[0]; i++) {
        const struct card_transition *t = &card_transitions[i];
        if (t->from != isd->state || t->to != state)
            continue;
        bool allowed = t->privilege == 0 ? by == isd : (by->privileges & t->privilege) != 0;
        if (allowed)
            isd->state = state;
        return allowed;
    }
    return false;
}

bool card_life_cycle_exists(uint8_t state)
{
    for (size_t i = 0; i < sizeof card_transitions / sizeof card_transitions[0]; i++)
        if (card_transitions[i].from == state || card_transitions[i].to == state)
            return true;
    return false;
}

/* ---- applications and security domains (GPCS figures 5-2, 5-3) --------------------------------
 */

bool card_application_lock(struct card_application *app)
{
    if (scp_life_cycle_is_locked(app->state))
        return false;
    app->state_unlocked = app->state;
    app->state |= SCP_LIFE_CYCLE_LOCKED;
    return true;
}

bool card_application_unlock(struct card_application *app)
{
    if (!scp_life_cycle_is_locked(app->state))
        return false;
    app->state = app->state_unlocked;
    return true;
}

bool card_domain_personalise(struct card_application *domain)
{
    if (domain->state != SCP_SECURITY_DOMAIN_SELECTABLE)
        return false;
    domain->state = SCP_SECURITY_DOMAIN_PERSONALIZED;
    return true;
}

static bool domain_state_exists(uint8_t state)
{
    return state == SCP_SECURITY_DOMAIN_INSTALLED || state == SCP_SECURITY_DOMAIN_SELECTABLE ||
           state == SCP_SECURITY_DOMAIN_PERSONALIZED;
}

/* SELECTABLE with any of the bits that are the application's own. */
static bool application_state_exists(uint8_t state)
{
    return state == SCP_APPLICATION_INSTALLED ||
           (state & (SCP_LIFE_CYCLE_LOCKED | SCP_APPLICATION_SELECTABLE)) ==
               SCP_APPLICATION_SELECTABLE;
}

bool card_application_state_exists(const struct card_application *app)
{
    bool locked = scp_life_cycle_is_locked(app->state);
    uint8_t state = locked ? app->state_unlocked : app->state;
    if (locked && app->state != (app->state_unlocked | SCP_LIFE_CYCLE_LOCKED))
        return false;
    return app->sd != NULL ? domain_state_exists(state) : application_state_exists(state);
}
