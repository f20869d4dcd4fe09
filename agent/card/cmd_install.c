/* INSTALL (GPCS 11.5). The forms are a table; here are those that announce other commands,
 * cmd_install_for.c has what creates applications and cmd_install_registry.c what changes their
 * place in the registry. */
#include "agent/card/cmd_install.h"

#include <stdlib.h>

#include "agent/card/registry.h"
#include "scp/gp/tlv.h"

/* ---- [for load] (GPCS 9.3.5) ------------------------------------------------------------------
 */

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
    bool allowed = card_domain_ready(image, *target) &&
                   card_governs(image, selected, scp_aid_bytes(&(*target)->aid)) &&
                   card_accepts(image, (*target)->sd->accept_extradition_to, *target, selected);
    return allowed ? SCP_SW_SUCCESS : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

/* What the load file says that it needs at least has to be there (GPCS 9.7). */
static bool has_room(const struct softcard *card, const struct scp_memory *minimum)
{
    uint64_t non_volatile = (uint64_t)minimum->code + minimum->non_volatile;
    return non_volatile <= softcard_memory_free(card) &&
           minimum->volatile_ram <= softcard_memory_volatile_free(card);
}

static uint16_t check_load(const struct softcard *card, const struct scp_install *install)
{
    enum scp_hash hash;
    bool delegated =
        scp_privileges_have(card_selected(card)->privileges, SCP_PRIVILEGE_DELEGATED_MANAGEMENT);
    if (delegated && install->hash.len == 0) /* what ties the token to the load file */
        return SCP_SW_WRONG_DATA;
    if (install->load_file.len == 0 || card_aid_used(&card->image, install->load_file))
        return SCP_SW_WRONG_DATA;
    if (install->hash.len != 0 && scp_hash_of_size(install->hash.len, &hash) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    /* One load at a time (GPCS 9.3.1). */
    return card->load.by == NULL ? SCP_SW_SUCCESS : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

uint16_t card_install_for_load(struct softcard *card, const struct scp_install *install,
                               const struct scp_parameters *parameters)
{
    struct card_application *target = NULL;
    uint16_t sw = load_target(card, install, &target);
    if (sw == SCP_SW_SUCCESS)
        sw = check_load(card, install);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (!has_room(card, &parameters->memory))
        return SCP_SW_NOT_ENOUGH_MEMORY;
    struct card_load *load = &card->load;
    load->active = true;
    load->by = card->at;
    load->combined = install->p1 == SCP_INSTALL_FOR_ALL;
    load->file = card_aid_of(install->load_file);
    load->domain = target->aid;
    struct scp_writer hash = scp_writer_on(load->hash, sizeof load->hash);
    scp_put(&hash, install->hash);
    load->hash_len = install->hash.len;
    struct scp_writer template =
        scp_writer_on(load->signature_template, sizeof load->signature_template);
    scp_put(&template, parameters->signature);
    load->signature_template_len = scp_written(&template).len;
    return card_take_provider(parameters, &load->provider);
}

/* ---- [for personalization] (GPCS 7.3.2, 6.7) --------------------------------------------------
 */

/* Whether the domain hands commands on to others, and may do so now. */
static bool forwards(const struct card_image *image, const struct card_application *domain)
{
    uint8_t restricted = image->restricted | domain->sd->restricted;
    return scp_privileges_have(domain->privileges, SCP_PRIVILEGE_TRUSTED_PATH) &&
           card_domain_ready(image, domain) && (restricted & SCP_RESTRICT_PERSONALIZATION) == 0;
}

static bool takes_data(const struct card_image *image, const struct card_application *app)
{
    bool early = app->state == SCP_APPLICATION_INSTALLED && app->sd == NULL;
    return !card_is_isd(image, app) && !scp_life_cycle_is_locked(app->state) &&
           (!early || image->traits.personalises_in_installed);
}

static uint16_t for_personalization(struct softcard *card, const struct scp_install *install,
                                    const struct scp_parameters *parameters)
{
    (void)parameters; /* its field is empty (GPCS table 11-47) */
    const struct card_application *domain = card_selected(card);
    const struct card_application *app = card_application_find(&card->image, install->application);
    if (app == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (!forwards(&card->image, domain) || !takes_data(&card->image, app) ||
        !scp_aid_equal(&app->domain, &domain->aid))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    card->at->store.target = app->aid;
    return SCP_SW_SUCCESS;
}

/* ---- what forms share -------------------------------------------------------------------------
 */

uint16_t card_take_provider(const struct scp_parameters *parameters, struct scp_aid *to)
{
    enum { TAG_PROVIDER = 0x5F20 };
    struct scp_bytes value;
    enum scp_error error = scp_tlv_find(parameters->signature, TAG_PROVIDER, &value);
    if (error == SCP_NOT_FOUND)
        return SCP_SW_SUCCESS;
    if (error != SCP_OK || value.len > sizeof to->bytes)
        return SCP_SW_WRONG_DATA;
    *to = card_aid_of(value);
    return SCP_SW_SUCCESS;
}

/* ---- the forms ------------------------------------------------------------------------------- */

/* What a form leads to. */
enum outcome {
    ANNOUNCES,   /* other commands follow: nothing to confirm */
    CONFIRMED,   /* a receipt may come back */
    PERSONALISES /* the same as the first, and needs no power to manage content */
};

struct form {
    uint8_t p1;
    uint8_t p2;
    enum outcome outcome;
    enum scp_receipt_kind receipt;
    card_install_handler *handler;
};

static const struct form forms[] = {
    {SCP_INSTALL_FOR_LOAD, SCP_INSTALL_ALONE, ANNOUNCES, SCP_RECEIPT_LOAD, card_install_for_load},
    {SCP_INSTALL_FOR_INSTALL, SCP_INSTALL_ALONE, CONFIRMED, SCP_RECEIPT_INSTALL,
     card_install_for_install},
    {SCP_INSTALL_FOR_MAKE_SELECTABLE, SCP_INSTALL_ALONE, CONFIRMED, SCP_RECEIPT_INSTALL,
     card_install_for_make_selectable},
    {SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, SCP_INSTALL_ALONE, CONFIRMED, SCP_RECEIPT_INSTALL,
     card_install_for_install},
    {SCP_INSTALL_FOR_ALL, SCP_INSTALL_BEGIN, ANNOUNCES, SCP_RECEIPT_COMBINED,
     card_install_for_load},
    {SCP_INSTALL_FOR_ALL, SCP_INSTALL_END, CONFIRMED, SCP_RECEIPT_COMBINED,
     card_install_for_install},
    {SCP_INSTALL_FOR_EXTRADITION, SCP_INSTALL_ALONE, CONFIRMED, SCP_RECEIPT_EXTRADITION,
     card_install_for_extradition},
    {SCP_INSTALL_FOR_PERSONALIZATION, SCP_INSTALL_ALONE, PERSONALISES, SCP_RECEIPT_INSTALL,
     for_personalization},
    {SCP_INSTALL_FOR_REGISTRY_UPDATE, SCP_INSTALL_ALONE, CONFIRMED, SCP_RECEIPT_REGISTRY_UPDATE,
     card_install_for_registry_update},
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

/* The token at the end of a combined process covers its beginning too (GPCS C.4.7). */
static uint16_t keep_announcement(struct card_load *load, struct scp_bytes data)
{
    load->announced = malloc(data.len);
    if (load->announced == NULL)
        return SCP_SW_MEMORY_FAILURE;
    struct scp_writer w = scp_writer_on(load->announced, data.len);
    scp_put(&w, data);
    load->announced_len = data.len;
    return SCP_SW_SUCCESS;
}

/* The domain that an application or load file is associated with; none when it is not there. */
static struct scp_aid domain_of(const struct card_image *image, struct scp_bytes content)
{
    const struct card_application *app = card_application_find(image, content);
    const struct card_load_file *file = card_load_file_find(image, content);
    if (app != NULL)
        return app->domain;
    return file != NULL ? file->domain : (struct scp_aid){.len = 0};
}

/* ---- the command ------------------------------------------------------------------------------
 */

/* An INSTALL that was read. */
struct request {
    const struct form *form;
    struct scp_apdu apdu;
    struct scp_install install;
    struct scp_parameters parameters;
    struct scp_aid old_domain; /* that its subject is associated with before it runs */
};

static uint16_t read_request(const struct card_image *image, const struct scp_apdu *apdu,
                             struct request *request)
{
    *request = (struct request){.form = find_form(apdu->p1, apdu->p2), .apdu = *apdu};
    if (request->form == NULL)
        return SCP_SW_WRONG_P1_P2;
    struct scp_install *install = &request->install;
    if (scp_install_parse(apdu->p1, apdu->p2, apdu->data, install) != SCP_OK ||
        scp_parameters_parse(install->parameters, &request->parameters) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    request->old_domain = domain_of(image, install->application);
    return SCP_SW_SUCCESS;
}

/* Confirm what a form did. */
static void confirm(struct softcard *card, const struct request *request, struct scp_writer *out)
{
    const struct scp_install *install = &request->install;
    const struct card_application *app = card_application_find(&card->image, install->application);
    if (request->form->outcome != CONFIRMED) {
        scp_put_u8(out, 0x00);
        return;
    }
    bool moves = install->security_domain.len > 0;
    bool updates = request->form->receipt == SCP_RECEIPT_REGISTRY_UPDATE; /* what changes alone */
    const struct scp_receipt_subject subject = {
        .kind = request->form->receipt,
        .load_file = app != NULL ? scp_aid_bytes(&app->load_file) : SCP_EMPTY,
        .application = install->application,
        .security_domain = app == NULL || moves || updates ? install->security_domain
                                                           : scp_aid_bytes(&app->domain),
        .old_security_domain = moves ? scp_aid_bytes(&request->old_domain) : SCP_EMPTY,
        .privileges = install->privileges,
        .parameters = install->parameters,
    };
    card_put_confirmation(card, &subject, request->parameters.signature, out);
}

static uint16_t run(struct softcard *card, const struct request *request, struct scp_writer *out)
{
    const struct form *form = request->form;
    const struct scp_install *install = &request->install;
    uint16_t sw = SCP_SW_SUCCESS;
    if (form->outcome != PERSONALISES) /* functions as in P1 (GPCS tables 11-41, 11-53) */
        sw = card_authorize(card, form->p1, &request->apdu, install->token);
    if (sw == SCP_SW_SUCCESS)
        sw = form->handler(card, install, &request->parameters);
    if (sw == SCP_SW_SUCCESS && form->p2 == SCP_INSTALL_BEGIN)
        sw = keep_announcement(&card->load, request->apdu.data);
    if (sw == SCP_SW_SUCCESS && !card_memory_fits(&card->image))
        sw = SCP_SW_NOT_ENOUGH_MEMORY;
    if (sw == SCP_SW_SUCCESS)
        confirm(card, request, out);
    return sw;
}

uint16_t card_cmd_install(struct softcard *card, const struct scp_apdu *apdu,
                          struct scp_writer *out)
{
    struct request request;
    uint16_t sw = read_request(&card->image, apdu, &request);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    bool going_on = continues(card, request.form);
    if (!going_on && card->load.by == card->at)
        card_load_end(card);
    card_store_end(card);
    if (request.form->p2 == SCP_INSTALL_END && !going_on)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    sw = run(card, &request, out);
    if (going_on || (sw != SCP_SW_SUCCESS && card->load.by == card->at))
        card_load_end(card);
    return sw;
}
