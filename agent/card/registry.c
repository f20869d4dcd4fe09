#include "agent/card/registry.h"

#include <stdlib.h>

#include "agent/card/applet.h"
#include "scp/gp/lifecycle.h"

const struct scp_bytes card_domain_package = {
    (const uint8_t[]){0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50}, 7};
const struct scp_bytes card_domain_module = {
    (const uint8_t[]){0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41}, 8};

uint8_t card_native_for(const struct card_traits *traits, struct scp_bytes module)
{
    for (size_t i = 0; i < traits->native_count; i++)
        if (card_aid_is(&traits->natives[i].module, module))
            return traits->natives[i].applet;
    return CARD_APPLET_GENERIC;
}

struct card_application *card_application_find(const struct card_image *image, struct scp_bytes aid)
{
    for (size_t i = 0; i < image->application_count; i++)
        if (card_aid_is(&image->applications[i]->aid, aid))
            return image->applications[i];
    return NULL;
}

struct card_load_file *card_load_file_find(const struct card_image *image, struct scp_bytes aid)
{
    for (size_t i = 0; i < image->load_file_count; i++)
        if (card_aid_is(&image->load_files[i]->aid, aid))
            return image->load_files[i];
    return NULL;
}

struct card_application *card_domain_find(const struct card_image *image, struct scp_bytes aid)
{
    struct card_application *app = card_application_find(image, aid);
    return app != NULL && app->sd != NULL ? app : NULL;
}

bool card_aid_used(const struct card_image *image, struct scp_bytes aid)
{
    return card_application_find(image, aid) != NULL || card_load_file_find(image, aid) != NULL;
}

/* ---- selection ------------------------------------------------------------------------------- */

bool card_is_isd(const struct card_image *image, const struct card_application *app)
{
    return app == card_isd(image);
}

bool card_is_locked(const struct card_image *image)
{
    uint8_t state = card_isd(image)->state;
    return state == SCP_CARD_LOCKED || state == SCP_CARD_TERMINATED;
}

/* The first application with the privilege; the issuer security domain has what no other has. */
static struct card_application *holder(const struct card_image *image, enum scp_privilege privilege)
{
    for (size_t i = 1; i < image->application_count; i++)
        if (scp_privileges_have(image->applications[i]->privileges, privilege))
            return image->applications[i];
    return card_isd(image);
}

/* One that is not selectable yet is no application to end with. */
struct card_application *card_final_application(const struct card_image *image)
{
    struct card_application *app = holder(image, SCP_PRIVILEGE_FINAL_APPLICATION);
    return app->state != SCP_APPLICATION_INSTALLED ? app : card_isd(image);
}

bool card_selectable(const struct card_image *image, const struct card_application *app)
{
    if (card_is_locked(image))
        return app == card_final_application(image);
    if (card_is_isd(image, app))
        return true;
    return !scp_life_cycle_is_locked(app->state) && app->state != SCP_APPLICATION_INSTALLED;
}

/* Whether `app` is a candidate: the AID itself, or one that begins with it. */
static bool candidate(const struct card_image *image, const struct card_application *app,
                      struct scp_bytes aid, bool exact)
{
    if (!card_selectable(image, app))
        return false;
    return exact ? card_aid_is(&app->aid, aid) : scp_aid_matches(&app->aid, aid);
}

struct card_application *card_select_find(const struct card_image *image, struct scp_bytes aid,
                                          const struct card_application *after)
{
    for (size_t i = 0; after == NULL && i < image->application_count; i++)
        if (candidate(image, image->applications[i], aid, true))
            return image->applications[i];
    bool passed = after == NULL;
    for (size_t i = 0; i < image->application_count; i++) {
        if (passed && candidate(image, image->applications[i], aid, false))
            return image->applications[i];
        passed = passed || image->applications[i] == after;
    }
    return NULL;
}

/* Whether the implicit selection parameter names the channel of the interface (GPCS 11.1.7). */
static bool names(uint8_t parameter, bool contactless, uint8_t channel)
{
    enum { CONTACTLESS = 0x80, CONTACT = 0x40, CHANNEL = 0x1F };
    return (parameter & (contactless ? CONTACTLESS : CONTACT)) != 0 &&
           (parameter & CHANNEL) == channel;
}

static struct card_application *registered(const struct card_image *image, bool contactless,
                                           uint8_t channel)
{
    for (size_t i = 1; i < image->application_count; i++) {
        struct card_application *app = image->applications[i];
        for (size_t k = 0; k < app->implicit_count; k++)
            if (names(app->implicit[k], contactless, channel))
                return app;
    }
    return NULL;
}

/* The Card Reset privilege without parameters stands for the basic channel of every interface. */
static struct card_application *on_basic_channel(const struct card_image *image, bool contactless)
{
    struct card_application *app = registered(image, contactless, 0);
    struct card_application *reset = holder(image, SCP_PRIVILEGE_CARD_RESET);
    if (app != NULL)
        return app;
    bool stands = reset->implicit_count == 0 && reset->state != SCP_APPLICATION_INSTALLED;
    return stands ? reset : card_isd(image);
}

struct card_application *card_implicit(const struct card_image *image, bool contactless,
                                       uint8_t channel)
{
    if (card_is_locked(image))
        return card_final_application(image);
    struct card_application *app = channel == 0 ? NULL : registered(image, contactless, channel);
    if (app == NULL)
        app = on_basic_channel(image, contactless);
    return card_selectable(image, app) ? app : card_final_application(image);
}

/* ---- hierarchy ------------------------------------------------------------------------------- */

bool card_governs(const struct card_image *image, const struct card_application *ancestor,
                  struct scp_bytes domain)
{
    const struct card_application *at = card_domain_find(image, domain);
    for (size_t depth = 0; at != NULL && depth < CARD_APPLICATIONS_MAX; depth++) {
        if (at == ancestor)
            return true;
        if (card_is_isd(image, at) || card_aid_is(&at->domain, scp_aid_bytes(&at->aid)))
            return false;
        at = card_domain_find(image, scp_aid_bytes(&at->domain));
    }
    return false;
}

bool card_domain_ready(const struct card_image *image, const struct card_application *domain)
{
    return card_is_isd(image, domain) || domain->state == SCP_SECURITY_DOMAIN_PERSONALIZED;
}

bool card_manages(const struct card_image *image, const struct card_application *domain)
{
    return card_domain_ready(image, domain) &&
           scp_privileges_have(domain->privileges, SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT);
}

static bool has_channel_keys(const struct card_domain *sd)
{
    for (size_t i = 0; i < sd->version_count; i++)
        if (card_key_version_serves(sd, sd->versions[i].kvn))
            return true;
    return false;
}

struct card_application *card_key_owner(const struct card_image *image,
                                        struct card_application *domain)
{
    for (size_t depth = 0; domain != NULL && depth < CARD_APPLICATIONS_MAX; depth++) {
        if (has_channel_keys(domain->sd))
            return domain;
        if (card_is_isd(image, domain))
            return NULL;
        domain = card_domain_find(image, scp_aid_bytes(&domain->domain));
    }
    return NULL;
}

bool card_accepts(const struct card_image *image, uint8_t policy,
                  const struct card_application *subject, const struct card_application *requester)
{
    enum { ANCESTOR = 0x80, HIERARCHY = 0x40, ISSUER = 0x20, EVERY = 0x10 };
    struct scp_bytes aid = scp_aid_bytes(&subject->aid);
    bool above = card_governs(image, requester, aid);
    bool below = card_governs(image, subject, scp_aid_bytes(&requester->aid));
    if (subject == requester || (policy & EVERY) != 0)
        return true;
    return ((policy & ISSUER) != 0 && card_is_isd(image, requester)) ||
           ((policy & ANCESTOR) != 0 && above && card_manages(image, requester)) ||
           ((policy & HIERARCHY) != 0 && (above || below));
}

bool card_load_file_imported(const struct card_image *image, const struct card_load_file *file)
{
    for (size_t i = 0; i < image->load_file_count; i++) {
        const struct card_load_file *other = image->load_files[i];
        for (size_t k = 0; other != file && k < other->import_count; k++)
            if (scp_aid_equal(&other->imports[k], &file->aid))
                return true;
    }
    return false;
}

void card_domain_rename(struct card_image *image, struct card_application *domain,
                        const struct scp_aid *aid)
{
    struct scp_aid old = domain->aid;
    domain->aid = *aid;
    for (size_t i = 0; i < image->application_count; i++)
        if (scp_aid_equal(&image->applications[i]->domain, &old))
            image->applications[i]->domain = *aid;
    for (size_t i = 0; i < image->load_file_count; i++)
        if (scp_aid_equal(&image->load_files[i]->domain, &old))
            image->load_files[i]->domain = *aid;
}

/* ---- removal --------------------------------------------------------------------------------- */

void card_application_remove(struct card_image *image, struct card_application *app)
{
    card_image_remove_application(image, app);
    card_privileges_settle(image);
}

void card_load_file_remove(struct card_image *image, struct card_load_file *file)
{
    card_image_remove_load_file(image, file);
}
