/* INSTALL [for extradition] and [for registry update] (GPCS 9.4). */
#include "agent/card/cmd_install.h"
#include "agent/card/registry.h"

/* ---- extradition (GPCS 9.4.1) -----------------------------------------------------------------
 */

/* Whether both domains agree that content goes from one to the other on the word of `requester`. */
static bool agreed(const struct card_image *image, const struct card_application *from,
                   const struct card_application *to, const struct card_application *requester)
{
    return from != NULL && from != to && card_domain_ready(image, from) &&
           card_domain_ready(image, to) &&
           (from == requester || !card_is_isd(image, from)) && /* the issuer lets go by itself */
           card_accepts(image, from->sd->accept_extradition_from, from, requester) &&
           card_accepts(image, to->sd->accept_extradition_to, to, requester);
}

/* A domain may come under itself, as the root of a hierarchy of its own, but not under what is
 * below it (GPCS 7.2). */
static bool keeps_the_tree(const struct card_image *image, const struct card_application *app,
                           const struct card_application *to)
{
    return !card_is_isd(image, app) &&
           (app == to || !card_governs(image, app, scp_aid_bytes(&to->aid)));
}

static uint16_t extradite(struct softcard *card, struct scp_bytes content,
                          struct scp_bytes security_domain)
{
    struct card_image *image = &card->image;
    const struct card_application *to = card_domain_find(image, security_domain);
    struct card_application *app = card_application_find(image, content);
    struct card_load_file *file = card_load_file_find(image, content);
    if (to == NULL || (app == NULL && file == NULL))
        return SCP_SW_DATA_NOT_FOUND;
    struct scp_aid *domain = app != NULL ? &app->domain : &file->domain;
    const struct card_application *from = card_domain_find(image, scp_aid_bytes(domain));
    /* A load file comes to a domain that verifies signatures by LOAD only. */
    bool unsigned_file =
        app == NULL && scp_privileges_have(to->privileges, SCP_PRIVILEGE_DAP_VERIFICATION);
    if (!agreed(image, from, to, card_selected(card)) || unsigned_file ||
        (app != NULL && !keeps_the_tree(image, app, to)))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    *domain = to->aid;
    return SCP_SW_SUCCESS;
}

uint16_t card_install_for_extradition(struct softcard *card, const struct scp_install *install,
                                      const struct scp_parameters *parameters)
{
    (void)parameters; /* only what goes with a token (GPCS table 11-51) */
    return extradite(card, install->application, install->security_domain);
}

/* ---- implicit selection (GPCS 6.4.1) ----------------------------------------------------------
 */

enum { INTERFACES = SCP_IMPLICIT_CONTACT | SCP_IMPLICIT_CONTACTLESS };

/* Whether both are registered for a channel of an interface. */
static bool overlap(uint8_t a, uint8_t b)
{
    return (a & SCP_IMPLICIT_CHANNEL) == (b & SCP_IMPLICIT_CHANNEL) && (a & b & INTERFACES) != 0;
}

/* The Card Reset privilege without parameters stands for the basic channel of each interface. */
static bool registered_for(const struct card_application *app, uint8_t parameter)
{
    for (size_t i = 0; i < app->implicit_count; i++)
        if (overlap(app->implicit[i], parameter))
            return true;
    return app->implicit_count == 0 && overlap(INTERFACES, parameter) &&
           scp_privileges_have(app->privileges, SCP_PRIVILEGE_CARD_RESET) &&
           app->state != SCP_APPLICATION_INSTALLED;
}

static bool free_for(const struct card_image *image, const struct card_application *app,
                     uint8_t parameter)
{
    for (size_t i = 1; i < image->application_count; i++)
        if (image->applications[i] != app && registered_for(image->applications[i], parameter))
            return false;
    return true;
}

uint16_t card_add_implicit(const struct card_image *image, struct card_application *app,
                           const struct scp_parameters *parameters)
{
    for (size_t i = 0; i < parameters->implicit_count; i++) {
        uint8_t parameter = parameters->implicit[i];
        if ((parameter & SCP_IMPLICIT_CHANNEL) >= CARD_CHANNELS_MAX ||
            app->implicit_count == CARD_IMPLICIT_MAX)
            return SCP_SW_WRONG_DATA;
        if (!free_for(image, app, parameter))
            return SCP_SW_CONDITIONS_NOT_SATISFIED;
        app->implicit[app->implicit_count++] = parameter;
    }
    return SCP_SW_SUCCESS;
}

/* ---- registry update (GPCS 9.4.2.1) -----------------------------------------------------------
 */

/* Without an application the card itself is restricted, for good; nothing else can be meant. */
static uint16_t restrict_card(struct softcard *card, const struct scp_install *install,
                              const struct scp_parameters *parameters)
{
    if (parameters->restricted == 0 || install->security_domain.len > 0 ||
        install->privileges.len > 0 || parameters->implicit_count > 0)
        return SCP_SW_WRONG_DATA;
    if (!scp_privileges_have(card_selected(card)->privileges, SCP_PRIVILEGE_GLOBAL_LOCK))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    card->image.restricted |= parameters->restricted;
    return SCP_SW_SUCCESS;
}

static uint16_t update_privileges(struct card_image *image, struct card_application *app,
                                  struct scp_bytes privileges)
{
    uint32_t set = 0;
    if (!card_privileges_read(privileges, app->sd != NULL, &set))
        return SCP_SW_WRONG_DATA;
    /* What is locked cannot be all that a locked card selects. */
    if (scp_privileges_have(set, SCP_PRIVILEGE_FINAL_APPLICATION) &&
        scp_life_cycle_is_locked(app->state))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    /* Without its own the issuer security domain could not give any back. */
    if (card_is_isd(image, app) || !card_privileges_give(image, app, set))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return SCP_SW_SUCCESS;
}

static uint16_t update(struct softcard *card, struct card_application *app,
                       const struct scp_install *install, const struct scp_parameters *parameters)
{
    struct card_image *image = &card->image;
    if (parameters->restricted != 0 && app->sd == NULL)
        return SCP_SW_WRONG_DATA;
    if (app->sd != NULL)
        app->sd->restricted |= parameters->restricted;
    uint16_t sw = card_add_implicit(image, app, parameters);
    if (sw == SCP_SW_SUCCESS && install->privileges.len > 0)
        sw = update_privileges(image, app, install->privileges);
    if (sw == SCP_SW_SUCCESS && install->security_domain.len > 0)
        sw = extradite(card, install->application, install->security_domain);
    return sw == SCP_SW_SUCCESS ? card_take_provider(parameters, &app->provider) : sw;
}

uint16_t card_install_for_registry_update(struct softcard *card, const struct scp_install *install,
                                          const struct scp_parameters *parameters)
{
    if (install->application.len == 0)
        return restrict_card(card, install, parameters);
    struct card_application *app = card_application_find(&card->image, install->application);
    if (app == NULL ||
        !card_governs(&card->image, card_selected(card), scp_aid_bytes(&app->domain)))
        return SCP_SW_DATA_NOT_FOUND;
    return update(card, app, install, parameters);
}
