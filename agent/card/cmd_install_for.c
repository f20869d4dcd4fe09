/* INSTALL [for install] and [for make selectable] (GPCS 9.3.6, 9.3.7). */
#include <stdlib.h>

#include "agent/card/applet.h"
#include "agent/card/cmd_install.h"
#include "agent/card/registry.h"

/* ---- what is installed ------------------------------------------------------------------------
 */

static bool has_module(const struct card_load_file *file, struct scp_bytes module)
{
    for (size_t i = 0; i < file->module_count; i++)
        if (card_aid_is(&file->modules[i], module))
            return true;
    return false;
}

/* Domains are made from a package of the chip by whoever may install. */
static bool may_install_from(const struct softcard *card, const struct card_load_file *file)
{
    return card_aid_is(&file->aid, card_domain_package) ||
           card_governs(&card->image, card_selected(card), scp_aid_bytes(&file->domain));
}

/* The load file that INSTALL names; the end of a combined process may leave it out. */
static const struct card_load_file *load_file_of(const struct softcard *card,
                                                 const struct scp_install *install)
{
    bool combined = install->p1 == SCP_INSTALL_FOR_ALL;
    struct scp_bytes loaded = scp_aid_bytes(&card->load.file);
    if (combined && install->load_file.len > 0 && !scp_bytes_equal(install->load_file, loaded))
        return NULL;
    const struct card_load_file *file =
        card_load_file_find(&card->image, combined ? loaded : install->load_file);
    bool usable = file != NULL && has_module(file, install->module) && may_install_from(card, file);
    return usable ? file : NULL;
}

/* Card Reset is for what becomes selectable at once (GPCS 11.5.2.3.2). */
static uint16_t give_privileges(struct softcard *card, struct card_application *app,
                                const struct scp_install *install)
{
    bool selectable = (install->p1 & SCP_INSTALL_FOR_MAKE_SELECTABLE) != 0;
    uint32_t set = 0;
    if (!card_privileges_read(install->privileges, app->sd != NULL, &set))
        return SCP_SW_WRONG_DATA;
    if (!selectable && scp_privileges_have(set, SCP_PRIVILEGE_CARD_RESET))
        return SCP_SW_WRONG_DATA;
    return card_privileges_give(&card->image, app, set) ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

/* ---- security domains -------------------------------------------------------------------------
 */

static uint8_t policy_of(struct scp_bytes value)
{
    return value.len > 0 ? value.ptr[0] : 0;
}

/* The chip has one protocol, with all options of it that there are. */
static bool offers(const struct card_traits *traits,
                   const struct scp_security_domain_parameters *parameters)
{
    return parameters->protocol == traits->protocol && parameters->further_count == 0 &&
           scp_level_valid((enum scp_protocol)traits->protocol, parameters->i, SCP_LEVEL_NONE);
}

/* What C9 says of a new security domain; what it leaves out refuses. */
static uint16_t make_domain(const struct card_traits *traits, struct scp_bytes c9,
                            struct card_application *app)
{
    struct scp_security_domain_parameters parameters;
    if (scp_security_domain_parameters_parse(c9, &parameters) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    bool named = parameters.protocol != 0;
    if (named && !offers(traits, &parameters))
        return SCP_SW_WRONG_DATA;
    app->sd = calloc(1, sizeof *app->sd);
    if (app->sd == NULL)
        return SCP_SW_MEMORY_FAILURE;
    app->sd->protocol = traits->protocol;
    app->sd->i = named ? parameters.i : traits->i;
    app->sd->accept_extradition_to = policy_of(parameters.extradition_here);
    app->sd->accept_deletion = policy_of(parameters.deletion);
    app->sd->accept_extradition_from = policy_of(parameters.extradition_away);
    app->sd->explicit_personalised = parameters.explicit_personalised;
    return SCP_SW_SUCCESS;
}

/* ---- applications -----------------------------------------------------------------------------
 */

/* A quota is for all that an application holds, so it is not below what is reserved (GPCS 9.7). */
static uint16_t assign_memory(const struct card_traits *traits, struct card_application *app,
                              const struct scp_memory *memory)
{
    bool reserves_more =
        (memory->non_volatile != 0 && memory->non_volatile < memory->non_volatile_reserved) ||
        (memory->volatile_ram != 0 && memory->volatile_ram < memory->volatile_reserved);
    if (reserves_more)
        return SCP_SW_WRONG_DATA;
    app->quota = memory->non_volatile;
    app->reserved = memory->non_volatile_reserved;
    app->volatile_bytes = traits->application_volatile;
    if (memory->volatile_reserved > app->volatile_bytes)
        app->volatile_bytes = memory->volatile_reserved;
    bool fits = memory->volatile_ram == 0 || app->volatile_bytes <= memory->volatile_ram;
    return fits ? SCP_SW_SUCCESS : SCP_SW_NOT_ENOUGH_MEMORY;
}

static uint16_t fill(struct softcard *card, struct card_application *app,
                     const struct scp_install *install, const struct scp_parameters *parameters)
{
    const struct card_traits *traits = &card->image.traits;
    uint16_t sw = SCP_SW_SUCCESS;
    if (app->applet == CARD_APPLET_DOMAIN)
        sw = make_domain(traits, parameters->application, app);
    if (sw == SCP_SW_SUCCESS)
        sw = give_privileges(card, app, install);
    if (sw == SCP_SW_SUCCESS)
        sw = assign_memory(traits, app, &parameters->memory);
    return sw == SCP_SW_SUCCESS ? card_take_provider(parameters, &app->provider) : sw;
}

static uint16_t create(struct softcard *card, const struct scp_install *install,
                       const struct scp_parameters *parameters, const struct card_load_file *file)
{
    struct card_image *image = &card->image;
    uint8_t kind = card_native_for(&image->traits, install->module);
    struct scp_aid domain = kind == CARD_APPLET_DOMAIN ? card->at->selected : file->domain;
    const struct card_application *owner = card_domain_find(image, scp_aid_bytes(&domain));
    if (owner == NULL || !card_domain_ready(image, owner))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    struct card_application *app = card_image_add_application(image);
    if (app == NULL)
        return SCP_SW_MEMORY_FAILURE;
    app->aid = card_aid_of(install->application);
    app->load_file = file->aid;
    app->module = card_aid_of(install->module);
    app->domain = domain;
    app->applet = kind;
    app->state = SCP_APPLICATION_INSTALLED;
    return fill(card, app, install, parameters);
}

uint16_t card_install_for_install(struct softcard *card, const struct scp_install *install,
                                  const struct scp_parameters *parameters)
{
    struct card_image *image = &card->image;
    const struct card_load_file *file = load_file_of(card, install);
    if (file == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (card_aid_used(image, install->application) || !parameters->has_application)
        return SCP_SW_WRONG_DATA;
    if (image->application_count >= CARD_APPLICATIONS_MAX)
        return SCP_SW_NOT_ENOUGH_MEMORY;
    uint16_t sw = create(card, install, parameters, file);
    if (sw != SCP_SW_SUCCESS || (install->p1 & SCP_INSTALL_FOR_MAKE_SELECTABLE) == 0)
        return sw;
    struct card_application *app = card_application_find(image, install->application);
    app->state = SCP_APPLICATION_SELECTABLE;
    return card_add_implicit(image, app, parameters);
}

/* ---- [for make selectable] --------------------------------------------------------------------
 */

/* Of the privileges Card Reset alone is looked at (GPCS 11.5.2.3.3). */
static uint16_t take_card_reset(struct card_image *image, struct card_application *app,
                                struct scp_bytes privileges)
{
    uint32_t set = 0;
    if (scp_privileges_parse(privileges, &set) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    uint32_t more = app->privileges | (set & (uint32_t)SCP_PRIVILEGE_CARD_RESET);
    return card_privileges_give(image, app, more) ? SCP_SW_SUCCESS
                                                  : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

/* What is selectable already keeps its state: GPCS 9.3.7 asks for none, and a later command may
 * give it Card Reset or append implicit selections (table 11-49, note). */
uint16_t card_install_for_make_selectable(struct softcard *card, const struct scp_install *install,
                                          const struct scp_parameters *parameters)
{
    struct card_image *image = &card->image;
    struct card_application *app = card_application_find(image, install->application);
    if (app == NULL || !card_governs(image, card_selected(card), scp_aid_bytes(&app->domain)))
        return SCP_SW_DATA_NOT_FOUND;
    const struct card_application *owner = card_domain_find(image, scp_aid_bytes(&app->domain));
    if (scp_life_cycle_is_locked(app->state) || !card_domain_ready(image, owner))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    uint16_t sw = take_card_reset(image, app, install->privileges);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (app->state == SCP_APPLICATION_INSTALLED)
        app->state = SCP_APPLICATION_SELECTABLE;
    sw = card_add_implicit(image, app, parameters);
    return sw == SCP_SW_SUCCESS ? card_take_provider(parameters, &app->provider) : sw;
}
