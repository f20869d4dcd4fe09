/* INSTALL (GPCS 11.5, 9.3 to 9.4). The forms are a table; cmd_install_for.c holds what creates
 * applications, this file the rest. */
#include "agent/card/cmd_install.h"

#include "agent/card/registry.h"
#include "scp/gp/tlv.h"

/* ---- [for load] (GPCS 9.3.5) ------------------------------------------------------------------
 */

/* A domain that takes load files and applications: the issuer's, or a personalised one. */
static bool domain_ready(const struct card_image *image, const struct card_application *domain)
{
    return card_is_isd(image, domain) || domain->state == SCP_SECURITY_DOMAIN_PERSONALIZED;
}

/* Whether a load file for `domain` would need a signature check that this card does not have. */
static bool needs_dap(const struct card_image *image, const struct card_application *domain)
{
    if (scp_privileges_have(domain->privileges, SCP_PRIVILEGE_DAP_VERIFICATION))
        return true;
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        if (scp_privileges_have(app->privileges, SCP_PRIVILEGE_MANDATED_DAP_VERIFICATION) &&
            app->state == SCP_SECURITY_DOMAIN_PERSONALIZED)
            return true;
    }
    return false;
}

static uint16_t load_target(const struct softcard *card, const struct scp_install *install,
                            struct card_application **target)
{
    const struct card_image *image = &card->image;
    struct card_application *selected = card_selected(card);
    *target = install->security_domain.len == 0 ? selected
                                                : card_domain_find(image, install->security_domain);
    if (*target == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (*target == selected)
        return SCP_SW_SUCCESS;
    bool allowed = domain_ready(image, *target) &&
                   card_governs(image, selected, scp_aid_bytes(&(*target)->aid)) &&
                   card_accepts(image, (*target)->sd->accept_extradition_to, *target, selected);
    return allowed ? SCP_SW_SUCCESS : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

uint16_t card_install_for_load(struct softcard *card, const struct scp_install *install)
{
    struct card_application *target = NULL;
    uint16_t sw = load_target(card, install, &target);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (needs_dap(&card->image, target))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (install->load_file.len == 0 || card_aid_used(&card->image, install->load_file))
        return SCP_SW_WRONG_DATA;
    if (install->hash.len != 0 && install->hash.len != 20 && install->hash.len != 32)
        return SCP_SW_WRONG_DATA;
    struct scp_parameters parameters;
    if (scp_parameters_parse(install->parameters, &parameters) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    uint64_t wanted = (uint64_t)parameters.memory.code + parameters.memory.non_volatile;
    if (wanted > softcard_memory_free(card))
        return SCP_SW_NOT_ENOUGH_MEMORY;
    struct card_load *load = &card->load;
    if (load->by != NULL && load->by != card->at) /* one load at a time (GPCS 9.3.1) */
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    load->by = card->at;
    load->active = true;
    load->combined = install->p1 == SCP_INSTALL_FOR_ALL;
    load->file = card_aid_of(install->load_file);
    load->domain = target->aid;
    struct scp_writer hash = scp_writer_on(load->hash, sizeof load->hash);
    scp_put(&hash, install->hash);
    load->hash_len = install->hash.len;
    return SCP_SW_SUCCESS;
}

/* ---- [for personalization] (GPCS 7.3.2) -------------------------------------------------------
 */

static uint16_t for_personalization(struct softcard *card, const struct scp_install *install)
{
    const struct card_application *domain = card_selected(card);
    const struct card_application *app = card_application_find(&card->image, install->application);
    if (app == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    bool forwards = card_is_isd(&card->image, domain) ||
                    scp_privileges_have(domain->privileges, SCP_PRIVILEGE_TRUSTED_PATH);
    bool ready = app->state != SCP_APPLICATION_INSTALLED || app->sd != NULL ||
                 card->image.traits.personalises_in_installed;
    if (!forwards || !ready || scp_life_cycle_is_locked(app->state) ||
        !scp_aid_equal(&app->domain, &domain->aid) || card_is_isd(&card->image, app))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    card->at->store.target = app->aid;
    return SCP_SW_SUCCESS;
}

/* ---- [for extradition] (GPCS 9.4.1) -----------------------------------------------------------
 */

/* Whether `from` may hand the application `app` (NULL: a load file) over to `to`. */
static bool may_extradite(const struct card_image *image, const struct card_application *from,
                          const struct card_application *to, const struct card_application *app)
{
    bool loop = app != NULL && card_governs(image, app, scp_aid_bytes(&to->aid));
    return domain_ready(image, to) && !loop && (app == NULL || !card_is_isd(image, app)) &&
           card_accepts(image, to->sd->accept_extradition_to, to, from) &&
           card_accepts(image, from->sd->accept_extradition_from, from, from);
}

static uint16_t extradite(struct softcard *card, struct scp_bytes content,
                          struct scp_bytes security_domain)
{
    struct card_image *image = &card->image;
    const struct card_application *from = card_selected(card);
    const struct card_application *to = card_domain_find(image, security_domain);
    struct card_application *app = card_application_find(image, content);
    struct card_load_file *file = card_load_file_find(image, content);
    if (to == NULL || (app == NULL && file == NULL))
        return SCP_SW_DATA_NOT_FOUND;
    struct scp_aid *domain = app != NULL ? &app->domain : &file->domain;
    if (!scp_aid_equal(domain, &from->aid) || !may_extradite(image, from, to, app))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    bool signs = scp_privileges_have(to->privileges, SCP_PRIVILEGE_DAP_VERIFICATION);
    if (file != NULL && signs) /* a load file comes to such a domain by LOAD only */
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    *domain = to->aid;
    return SCP_SW_SUCCESS;
}

static uint16_t for_extradition(struct softcard *card, const struct scp_install *install)
{
    return extradite(card, install->application, install->security_domain);
}

/* ---- [for registry update] (GPCS 9.4.2) -------------------------------------------------------
 */

static uint16_t update_privileges(const struct card_image *image, struct card_application *app,
                                  struct scp_bytes privileges)
{
    uint32_t set = 0;
    if (scp_privileges_complete(privileges, &set) != SCP_OK || !scp_privileges_consistent(set))
        return SCP_SW_WRONG_DATA;
    if (scp_privileges_have(set, SCP_PRIVILEGE_SECURITY_DOMAIN) != (app->sd != NULL))
        return SCP_SW_WRONG_DATA;
    if (scp_privileges_have(set, SCP_PRIVILEGE_CARD_RESET) && !card_reset_free(image, app))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    app->privileges = set;
    return SCP_SW_SUCCESS;
}

static uint16_t for_registry_update(struct softcard *card, const struct scp_install *install)
{
    struct card_application *app = card_application_find(&card->image, install->application);
    if (install->application.len == 0) /* restricting the card itself is not offered */
        return SCP_SW_WRONG_DATA;
    if (app == NULL ||
        !card_governs(&card->image, card_selected(card), scp_aid_bytes(&app->domain)))
        return SCP_SW_DATA_NOT_FOUND;
    uint16_t sw = card_add_implicit(app, install->parameters);
    if (sw == SCP_SW_SUCCESS && install->privileges.len > 0)
        sw = update_privileges(&card->image, app, install->privileges);
    if (sw == SCP_SW_SUCCESS && install->security_domain.len > 0)
        sw = extradite(card, install->application, install->security_domain);
    return sw;
}

/* ---- the forms ------------------------------------------------------------------------------- */

struct form {
    uint8_t p1;
    uint8_t p2;
    bool manages; /* needs the power to manage content without a token */
    uint16_t (*handler)(struct softcard *card, const struct scp_install *install);
};

static const struct form forms[] = {
    {SCP_INSTALL_FOR_LOAD, SCP_INSTALL_ALONE, true, card_install_for_load},
    {SCP_INSTALL_FOR_INSTALL, SCP_INSTALL_ALONE, true, card_install_for_install},
    {SCP_INSTALL_FOR_MAKE_SELECTABLE, SCP_INSTALL_ALONE, true, card_install_for_make_selectable},
    {SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, SCP_INSTALL_ALONE, true,
     card_install_for_install},
    {SCP_INSTALL_FOR_ALL, SCP_INSTALL_BEGIN, true, card_install_for_load},
    {SCP_INSTALL_FOR_ALL, SCP_INSTALL_END, true, card_install_for_install},
    {SCP_INSTALL_FOR_EXTRADITION, SCP_INSTALL_ALONE, true, for_extradition},
    {SCP_INSTALL_FOR_PERSONALIZATION, SCP_INSTALL_ALONE, false, for_personalization},
    {SCP_INSTALL_FOR_REGISTRY_UPDATE, SCP_INSTALL_ALONE, true, for_registry_update},
};

static const struct form *find_form(uint8_t p1, uint8_t p2)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].p1 == p1 && forms[i].p2 == p2)
            return &forms[i];
    return NULL;
}

/* The end of a combined process needs its beginning; every other INSTALL breaks it off. */
static bool continues(const struct softcard *card, const struct form *form)
{
    return form->p1 == SCP_INSTALL_FOR_ALL && form->p2 == SCP_INSTALL_END && card->load.loaded &&
           card->load.by == card->at;
}

uint16_t card_cmd_install(struct softcard *card, const struct scp_apdu *apdu,
                          struct scp_writer *out)
{
    if ((apdu->p1 & SCP_INSTALL_MORE) != 0)
        return SCP_SW_CHAINING_NOT_SUPPORTED;
    const struct form *form = find_form(apdu->p1, apdu->p2);
    if (form == NULL)
        return SCP_SW_WRONG_P1_P2;
    struct scp_install install;
    if (scp_install_parse(apdu->p1, apdu->p2, apdu->data, &install) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    bool going_on = continues(card, form);
    if (!going_on && card->load.by == card->at)
        card_load_end(card);
    card_store_end(card);
    if (form->p2 == SCP_INSTALL_END && !going_on)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    /* Tokens are for managers without authority of their own; this card verifies none. */
    if (form->manages && !card_manages(&card->image, card_selected(card)))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (install.token.len > 0)
        return SCP_SW_WRONG_DATA;
    uint16_t sw = form->handler(card, &install);
    if (going_on)
        card_load_end(card);
    if (sw == SCP_SW_SUCCESS && !card_memory_fits(&card->image))
        sw = SCP_SW_NOT_ENOUGH_MEMORY;
    if (sw == SCP_SW_SUCCESS)
        scp_put_u8(out, 0x00); /* no confirmation */
    return sw;
}
