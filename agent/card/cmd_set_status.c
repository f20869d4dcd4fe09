/* SET STATUS (GPCS 11.10, 9.6). */
#include "agent/card/card.h"
#include "agent/card/lifecycle.h"
#include "agent/card/registry.h"

/* A move that the figures of chapter 5 do not have, or not for this domain, is refused. */
static uint16_t done(bool moved)
{
    return moved ? SCP_SW_SUCCESS : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

static uint16_t set_card(struct softcard *card, const struct scp_set_status *status)
{
    if (!card_life_cycle_exists(status->state))
        return SCP_SW_WRONG_P1_P2;
    return done(card_life_cycle_move(&card->image, status->state, card_selected(card)));
}

/* The application that stays when the card is locked cannot be locked itself (GPCS 9.6.2). */
static bool lockable(const struct card_image *image, const struct card_application *app)
{
    return !card_is_isd(image, app) &&
           !scp_privileges_have(app->privileges, SCP_PRIVILEGE_FINAL_APPLICATION);
}

/* Only the lock matters when another's state is set; a state it is in already is refused. */
static uint16_t set_other(struct card_application *app, uint8_t state)
{
    bool locks = (state & SCP_LIFE_CYCLE_LOCKED) != 0;
    return done(locks ? card_application_lock(app) : card_application_unlock(app));
}

/* A security domain about itself: PERSONALIZED or LOCKED, and no way back (GPCS 11.10.2.2). */
static uint16_t set_own(const struct card_image *image, struct card_application *domain,
                        uint8_t state)
{
    if ((state & SCP_LIFE_CYCLE_LOCKED) != 0)
        return done(lockable(image, domain) && card_application_lock(domain));
    return done(state == SCP_SECURITY_DOMAIN_PERSONALIZED && card_domain_personalise(domain));
}

static bool may_lock(const struct card_image *image, const struct card_application *domain,
                     const struct card_application *app)
{
    return scp_privileges_have(domain->privileges, SCP_PRIVILEGE_GLOBAL_LOCK) ||
           card_governs(image, domain, scp_aid_bytes(&app->domain));
}

static uint16_t set_application(struct softcard *card, const struct scp_set_status *status)
{
    struct card_application *domain = card_selected(card);
    struct card_application *app = card_application_find(&card->image, status->aid);
    if (app == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (card_is_isd(&card->image, app)) /* its state is the card's */
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (app == domain)
        return set_own(&card->image, app, status->state);
    bool allowed = lockable(&card->image, app) && may_lock(&card->image, domain, app);
    return allowed ? set_other(app, status->state) : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

/* A domain with all that is below it; what is in the state already stays. */
static uint16_t set_tree(struct softcard *card, const struct scp_set_status *status)
{
    struct card_image *image = &card->image;
    const struct card_application *domain = card_selected(card);
    const struct card_application *root = card_domain_find(image, status->aid);
    if (root == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (root == domain || !lockable(image, root) || !may_lock(image, domain, root))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    for (size_t i = 1; i < image->application_count; i++) {
        struct card_application *app = image->applications[i];
        bool below = app == root || card_governs(image, root, scp_aid_bytes(&app->domain));
        if (below && lockable(image, app))
            (void)set_other(app, status->state);
    }
    return SCP_SW_SUCCESS;
}

/* The bits of P1 that say what is meant; the others are reserved and ignored (GPCS table 11-86). */
enum { TYPE = 0xE0 };

uint16_t card_cmd_set_status(struct softcard *card, const struct scp_apdu *apdu,
                             struct scp_writer *out)
{
    struct scp_set_status status;
    (void)out;
    uint8_t type = apdu->p1 & TYPE;
    if (type != SCP_SET_STATUS_CARD && type != SCP_SET_STATUS_APPLICATION &&
        type != SCP_SET_STATUS_DOMAIN_TREE)
        return SCP_SW_WRONG_P1_P2;
    if (scp_set_status_parse(type, apdu->p2, apdu->data, &status) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (type == SCP_SET_STATUS_CARD)
        return set_card(card, &status);
    return type == SCP_SET_STATUS_DOMAIN_TREE ? set_tree(card, &status)
                                              : set_application(card, &status);
}
