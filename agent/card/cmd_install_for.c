/* INSTALL [for install] and [for make selectable] (GPCS 9.3.6, 9.3.7). */
#include <stdlib.h>

#include "agent/card/applet.h"
#include "agent/card/cmd_install.h"
#include "agent/card/registry.h"
#include "scp/gp/tlv.h"

bool card_reset_free(const struct card_image *image, const struct card_application *app)
{
    for (size_t i = 1; i < image->application_count; i++) {
        const struct card_application *other = image->applications[i];
        if (other != app && scp_privileges_have(other->privileges, SCP_PRIVILEGE_CARD_RESET))
            return false;
    }
    return true;
}

uint16_t card_add_implicit(struct card_application *app, struct scp_bytes parameters)
{
    struct scp_parameters parsed;
    if (scp_parameters_parse(parameters, &parsed) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    struct scp_reader r = scp_reader_on(parsed.system);
    struct scp_tlv tlv;
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        if (tlv.tag != 0xCF)
            continue;
        if (tlv.value.len != 1 || app->implicit_count == CARD_IMPLICIT_MAX)
            return SCP_SW_WRONG_DATA;
        app->implicit[app->implicit_count++] = tlv.value.ptr[0];
    }
    return error == SCP_NOT_FOUND ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

/* ---- what is installed ------------------------------------------------------------------------
 */

static bool has_module(const struct card_load_file *file, struct scp_bytes module)
{
    for (size_t i = 0; i < file->module_count; i++)
        if (card_aid_is(&file->modules[i], module))
            return true;
    return false;
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
    if (file == NULL || !has_module(file, install->module))
        return NULL;
    return card_governs(&card->image, card_selected(card), scp_aid_bytes(&file->domain)) ? file
                                                                                         : NULL;
}

static uint16_t check_privileges(const struct softcard *card, const struct scp_install *install,
                                 bool is_domain, uint32_t *set)
{
    bool selectable = (install->p1 & SCP_INSTALL_FOR_MAKE_SELECTABLE) != 0;
    if (scp_privileges_complete(install->privileges, set) != SCP_OK ||
        !scp_privileges_consistent(*set) ||
        scp_privileges_have(*set, SCP_PRIVILEGE_SECURITY_DOMAIN) != is_domain)
        return SCP_SW_WRONG_DATA;
    if (!scp_privileges_have(*set, SCP_PRIVILEGE_CARD_RESET))
        return SCP_SW_SUCCESS;
    return selectable && card_reset_free(&card->image, NULL) ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

/* ---- security domains -------------------------------------------------------------------------
 */

static uint8_t policy_of(struct scp_bytes value)
{
    return value.len > 0 ? value.ptr[0] : 0;
}

/* What C9 says of a new security domain; what it leaves out refuses. The protocol is the chip's. */
static uint16_t make_domain(const struct card_traits *traits, struct scp_bytes c9,
                            struct card_application *app)
{
    struct scp_security_domain_parameters parameters;
    if (scp_security_domain_parameters_parse(c9, &parameters) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    bool named = parameters.protocol != 0;
    if (named && (parameters.protocol != traits->protocol || parameters.i != traits->i))
        return SCP_SW_WRONG_DATA;
    app->sd = calloc(1, sizeof *app->sd);
    if (app->sd == NULL)
        return SCP_SW_MEMORY_FAILURE;
    app->sd->protocol = traits->protocol;
    app->sd->i = traits->i;
    app->sd->accept_extradition_to = policy_of(parameters.extradition_here);
    app->sd->accept_deletion = policy_of(parameters.deletion);
    app->sd->accept_extradition_from = policy_of(parameters.extradition_away);
    app->sd->explicit_personalised = parameters.explicit_personalised;
    return SCP_SW_SUCCESS;
}

/* ---- applications -----------------------------------------------------------------------------
 */

/* D7, D8: memory kept for the application (GPCS table 11-49). */
static uint16_t reserve(struct scp_bytes system, uint32_t tag, uint32_t *to)
{
    struct scp_bytes value;
    enum scp_error error = scp_tlv_find(system, tag, &value);
    if (error == SCP_NOT_FOUND)
        return SCP_SW_SUCCESS;
    if (error != SCP_OK || (value.len != 2 && value.len != 4))
        return SCP_SW_WRONG_DATA;
    uint32_t amount = value.len == 2 ? scp_load_u16(value.ptr) : scp_load_u32(value.ptr);
    if (amount > *to)
        *to = amount;
    return SCP_SW_SUCCESS;
}

static uint16_t apply_memory(const struct card_traits *traits, struct card_application *app,
                             const struct scp_parameters *parameters)
{
    app->volatile_bytes = traits->application_volatile;
    app->quota = parameters->memory.non_volatile;
    uint16_t sw = reserve(parameters->system, 0xD7, &app->volatile_bytes);
    return sw == SCP_SW_SUCCESS ? reserve(parameters->system, 0xD8, &app->reserved) : sw;
}

static uint16_t create(struct softcard *card, const struct scp_install *install,
                       const struct card_load_file *file)
{
    struct card_image *image = &card->image;
    uint8_t kind = card_native_for(&image->traits, install->module);
    bool is_domain = kind == CARD_APPLET_DOMAIN;
    uint32_t privileges = 0;
    uint16_t sw = check_privileges(card, install, is_domain, &privileges);
    struct scp_parameters parameters;
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (scp_parameters_parse(install->parameters, &parameters) != SCP_OK ||
        !parameters.has_application)
        return SCP_SW_WRONG_DATA;
    struct scp_aid domain = is_domain ? card->at->selected : file->domain;
    struct card_application *app = card_image_add_application(image);
    if (app == NULL)
        return SCP_SW_MEMORY_FAILURE;
    app->aid = card_aid_of(install->application);
    app->load_file = file->aid;
    app->module = card_aid_of(install->module);
    app->domain = domain;
    app->applet = kind;
    app->state = SCP_APPLICATION_INSTALLED;
    app->privileges = privileges;
    sw = is_domain ? make_domain(&image->traits, parameters.application, app) : SCP_SW_SUCCESS;
    return sw == SCP_SW_SUCCESS ? apply_memory(&image->traits, app, &parameters) : sw;
}

uint16_t card_install_for_install(struct softcard *card, const struct scp_install *install)
{
    struct card_image *image = &card->image;
    const struct card_load_file *file = load_file_of(card, install);
    if (file == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (card_aid_used(image, install->application))
        return SCP_SW_WRONG_DATA;
    if (image->application_count >= CARD_APPLICATIONS_MAX)
        return SCP_SW_NOT_ENOUGH_MEMORY;
    uint16_t sw = create(card, install, file);
    if (sw != SCP_SW_SUCCESS || (install->p1 & SCP_INSTALL_FOR_MAKE_SELECTABLE) == 0)
        return sw;
    struct card_application *app = card_application_find(image, install->application);
    app->state = SCP_APPLICATION_SELECTABLE;
    return card_add_implicit(app, install->parameters);
}

/* ---- [for make selectable] --------------------------------------------------------------------
 */

uint16_t card_install_for_make_selectable(struct softcard *card, const struct scp_install *install)
{
    struct card_image *image = &card->image;
    struct card_application *app = card_application_find(image, install->application);
    if (app == NULL || !card_governs(image, card_selected(card), scp_aid_bytes(&app->domain)))
        return SCP_SW_DATA_NOT_FOUND;
    if (app->state != SCP_APPLICATION_INSTALLED)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    uint32_t set = 0;
    if (scp_privileges_complete(install->privileges, &set) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (scp_privileges_have(set, SCP_PRIVILEGE_CARD_RESET)) {
        if (!card_reset_free(image, app))
            return SCP_SW_CONDITIONS_NOT_SATISFIED;
        app->privileges |= SCP_PRIVILEGE_CARD_RESET;
    }
    app->state = SCP_APPLICATION_SELECTABLE;
    return card_add_implicit(app, install->parameters);
}
