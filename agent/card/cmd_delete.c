/* DELETE (GPCS 11.2, 9.5). All is checked before the first thing goes; from then on the deletion is
 * carried to its end, by the next start if power is lost. */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/gp/parameters.h"

enum { RELATED = 0x80 };

/* Whether the selected domain may delete what is associated with `domain`: its own, anything by
 * Global Delete, else what that domain lets go (GPCS 9.5.1). The issuer's content is the issuer's.
 */
static bool may_delete(const struct softcard *card, const struct scp_aid *domain)
{
    const struct card_image *image = &card->image;
    const struct card_application *selected = card_selected(card);
    const struct card_application *owner = card_domain_find(image, scp_aid_bytes(domain));
    if (owner == NULL)
        return false;
    return owner == selected ||
           scp_privileges_have(selected->privileges, SCP_PRIVILEGE_GLOBAL_DELETE) ||
           (!card_is_isd(image, owner) &&
            card_accepts(image, owner->sd->accept_deletion, owner, selected));
}

/* Whether nothing is left below a domain once the instances of `load_file` (may be NULL) are gone.
 */
static bool left_empty(const struct card_image *image, const struct card_application *domain,
                       const struct scp_aid *load_file)
{
    struct scp_bytes aid = scp_aid_bytes(&domain->aid);
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_application *other = image->applications[i];
        bool goes = load_file != NULL && scp_aid_equal(&other->load_file, load_file);
        if (other != domain && card_aid_is(&other->domain, aid) && !goes)
            return false;
    }
    for (size_t i = 0; i < image->load_file_count; i++)
        if (card_aid_is(&image->load_files[i]->domain, aid))
            return false;
    return true;
}

/* Whether the application may go, together with the instances of `load_file` (may be NULL). */
static bool removable(const struct softcard *card, const struct card_application *app,
                      const struct scp_aid *load_file)
{
    const struct card_image *image = &card->image;
    return !card_is_isd(image, app) && app != card_selected(card) &&
           !card_selected_elsewhere(card, app) &&
           (app->sd == NULL || left_empty(image, app, load_file)) && may_delete(card, &app->domain);
}

static struct card_application *next_instance(const struct card_image *image,
                                              const struct scp_aid *load_file, size_t *at)
{
    while (*at < image->application_count) {
        struct card_application *app = image->applications[(*at)++];
        if (scp_aid_equal(&app->load_file, load_file))
            return app;
    }
    return NULL;
}

uint16_t card_delete_carry_out(struct softcard *card)
{
    struct card_image *image = &card->image;
    const struct scp_aid aid = image->started.deletion;
    size_t at = 0;
    struct card_application *app;
    if (aid.len == 0)
        return SCP_SW_SUCCESS;
    while (image->started.deletion_related && (app = next_instance(image, &aid, &at)) != NULL) {
        card_application_remove(image, app);
        at = 0;
        uint16_t sw = card_commit(card);
        if (sw != SCP_SW_SUCCESS)
            return sw;
    }
    app = card_application_find(image, scp_aid_bytes(&aid));
    if (app != NULL)
        card_application_remove(image, app);
    card_load_file_remove(image, card_load_file_find(image, scp_aid_bytes(&aid)));
    image->started.deletion = (struct scp_aid){.len = 0};
    image->started.deletion_related = false;
    return card_commit(card);
}

static uint16_t begin(struct softcard *card, const struct scp_aid *aid, bool related)
{
    card->image.started.deletion = *aid;
    card->image.started.deletion_related = related;
    uint16_t sw = card_commit(card);
    return sw == SCP_SW_SUCCESS ? card_delete_carry_out(card) : sw;
}

static uint16_t delete_application(struct softcard *card, const struct card_application *app)
{
    return removable(card, app, NULL) ? begin(card, &app->aid, false)
                                      : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

static uint16_t delete_load_file(struct softcard *card, const struct card_load_file *file,
                                 bool related)
{
    const struct card_image *image = &card->image;
    if (!may_delete(card, &file->domain) || card_load_file_imported(image, file))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    const struct card_application *app;
    size_t at = 0;
    while ((app = next_instance(image, &file->aid, &at)) != NULL)
        if (!related || !removable(card, app, &file->aid))
            return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return begin(card, &file->aid, related);
}

static uint16_t delete_content(struct softcard *card, const struct scp_apdu *apdu,
                               const struct scp_delete *delete)
{
    uint16_t sw = card_authorize(card, SCP_RESTRICT_DELETE, apdu, delete->token);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    struct card_application *app = card_application_find(&card->image, delete->aid);
    struct card_load_file *file = card_load_file_find(&card->image, delete->aid);
    if (app != NULL)
        return delete_application(card, app);
    if (file != NULL)
        return delete_load_file(card, file, delete->related);
    return SCP_SW_DATA_NOT_FOUND;
}

static bool matches(const struct card_key *key, const struct scp_delete *delete)
{
    return (!delete->has_kvn || key->kvn == delete->kvn) &&
           (!delete->has_key_id || key->id == delete->key_id);
}

/* Keys of the selected domain. Those that opened the session stay, and the issuer security domain
 * keeps a whole set, without which nobody could talk to it again. */
static uint16_t delete_keys(struct softcard *card, const struct scp_delete *delete)
{
    struct card_application *domain = card_selected(card);
    const struct card_session *session = &card->at->session;
    bool own = scp_aid_equal(&session->key_owner, &domain->aid);
    bool found = false;
    for (size_t i = domain->sd->key_count; i-- > 0;) {
        const struct card_key *key = &domain->sd->keys[i];
        if (!matches(key, delete))
            continue;
        if (own && key->kvn == session->kvn)
            return SCP_SW_CONDITIONS_NOT_SATISFIED;
        card_key_remove(domain->sd, key->kvn, key->id);
        found = true;
    }
    if (card_key_owner(&card->image, card_isd(&card->image)) == NULL)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return found ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

uint16_t card_cmd_delete(struct softcard *card, const struct scp_apdu *apdu, struct scp_writer *out)
{
    struct scp_delete delete;
    if (scp_delete_parse(apdu->p2 & RELATED, apdu->data, &delete) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    uint16_t sw =
        delete.aid.len > 0 ? delete_content(card, apdu, &delete) : delete_keys(card, &delete);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    const struct scp_receipt_subject subject = {.kind = SCP_RECEIPT_DELETE,
                                                .application = delete.aid};
    if (delete.aid.len > 0)
        card_put_confirmation(card, &subject, delete.signature, out);
    else
        scp_put_u8(out, 0x00); /* nothing is confirmed of keys (GPCS 11.2.3.1) */
    return sw;
}
