/* DELETE (GPCS 11.2, 9.5). All is checked before the first thing goes; from then on the deletion is
 * carried to its end, by the next start if power is lost. */
#include "agent/card/card.h"
#include "agent/card/registry.h"

enum { RELATED = 0x80 };

/* Whether the selected domain may delete something that is associated with `domain`. */
static bool may_delete(const struct softcard *card, const struct scp_aid *domain)
{
    const struct card_image *image = &card->image;
    const struct card_application *selected = card_selected(card);
    const struct card_application *owner = card_domain_find(image, scp_aid_bytes(domain));
    bool global = card_is_isd(image, selected) ||
                  scp_privileges_have(selected->privileges, SCP_PRIVILEGE_GLOBAL_DELETE);
    bool managed =
        card_manages(image, selected) && card_governs(image, selected, scp_aid_bytes(domain));
    if (owner == NULL || (!global && !managed))
        return false;
    return owner == selected || card_accepts(image, owner->sd->accept_deletion, owner, selected);
}

static bool removable(const struct softcard *card, const struct card_application *app)
{
    const struct card_image *image = &card->image;
    return !card_is_isd(image, app) && app != card_selected(card) &&
           !card_selected_elsewhere(card, app) &&
           (app->sd == NULL || card_domain_empty(image, app)) && may_delete(card, &app->domain);
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
    return removable(card, app) ? begin(card, &app->aid, false) : SCP_SW_CONDITIONS_NOT_SATISFIED;
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
        if (!related || !removable(card, app))
            return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return begin(card, &file->aid, related);
}

static uint16_t delete_content(struct softcard *card, const struct scp_delete *delete)
{
    if (delete->token.len > 0)
        return SCP_SW_WRONG_DATA;
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

/* Keys of the selected domain. Those that opened the session stay: without them it could not be
 * ended in order. */
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
    return found ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

uint16_t card_cmd_delete(struct softcard *card, const struct scp_apdu *apdu, struct scp_writer *out)
{
    struct scp_delete delete;
    if ((apdu->p1 & SCP_MORE_COMMANDS) != 0)
        return SCP_SW_CHAINING_NOT_SUPPORTED;
    if ((apdu->p2 & ~RELATED) != 0)
        return SCP_SW_WRONG_P1_P2;
    if (scp_delete_parse(apdu->p2, apdu->data, &delete) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    uint16_t sw = delete.aid.len > 0 ? delete_content(card, &delete) : delete_keys(card, &delete);
    if (sw == SCP_SW_SUCCESS)
        scp_put_u8(out, 0x00);
    return sw;
}
