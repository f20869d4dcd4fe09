#include "agent/card/contactless.h"

#include "agent/card/applet.h"
#include "agent/card/registry.h"

enum { ENTRY_SIZE = 3 };

bool card_contactless_registered(const struct card_application *app)
{
    return app->applet == CARD_APPLET_PAYMENT || app->applet == CARD_APPLET_GENERIC;
}

static bool is_preferred(const struct softcard *card, const struct card_application *app)
{
    return card->preferred.len > 0 && scp_aid_equal(&card->preferred, &app->aid);
}

/* ---- the entry of an application ------------------------------------------------------------- */

static uint8_t stored_state(const struct card_application *app)
{
    struct scp_bytes entry = card_object_get(&app->objects, CARD_CONTACTLESS_ENTRY, NULL);
    return entry.len == ENTRY_SIZE ? entry.ptr[0] : CARD_ACTIVATED;
}

uint8_t card_activation_state(const struct softcard *card, const struct card_application *app)
{
    if (!card_selectable(&card->image, app))
        return CARD_DEACTIVATED;
    uint8_t state = stored_state(app);
    return state == CARD_DEACTIVATED && is_preferred(card, app) ? CARD_ACTIVATED : state;
}

uint16_t card_update_counter(const struct card_application *app)
{
    struct scp_bytes entry = card_object_get(&app->objects, CARD_CONTACTLESS_ENTRY, NULL);
    return entry.len == ENTRY_SIZE ? scp_load_u16(entry.ptr + 1) : 0;
}

uint16_t card_activation_set(struct card_application *app, uint8_t state)
{
    uint8_t entry[ENTRY_SIZE] = {state};
    scp_store_u16(entry + 1, (uint16_t)(card_update_counter(app) + 1));
    return card_put_object_sw(app, CARD_CONTACTLESS_ENTRY, SCP_BYTES(entry));
}

/* ---- selection ------------------------------------------------------------------------------- */

bool card_contactless_allows(const struct softcard *card, const struct card_application *app)
{
    return !card->contactless || !card_contactless_registered(app) ||
           card_activation_state(card, app) == CARD_ACTIVATED;
}

/* The application with the volatile priority, when the AID asked for is or begins its own. */
static struct card_application *preferred(const struct softcard *card, struct scp_bytes aid)
{
    struct card_application *app =
        card_application_find(&card->image, scp_aid_bytes(&card->preferred));
    bool fits = app != NULL && card->contactless && scp_aid_matches(&app->aid, aid) &&
                card_selectable(&card->image, app) && card_contactless_allows(card, app);
    return fits ? app : NULL;
}

struct card_application *card_find_for_interface(const struct softcard *card, struct scp_bytes aid,
                                                 const struct card_application *after)
{
    struct card_application *app = after == NULL ? preferred(card, aid) : NULL;
    if (app != NULL)
        return app;
    app = card_select_find(&card->image, aid, after);
    while (app != NULL && !card_contactless_allows(card, app))
        app = card_select_find(&card->image, aid, app);
    return app;
}

/* ---- order ----------------------------------------------------------------------------------- */

static size_t position(const struct card_image *image, const struct card_application *app)
{
    size_t at = 0;
    while (at < image->application_count && image->applications[at] != app)
        at++;
    return at;
}

uint8_t card_selection_priority(const struct softcard *card, const struct card_application *app)
{
    size_t at = is_preferred(card, app) ? 0 : position(&card->image, app);
    return at < UINT8_MAX ? (uint8_t)at : UINT8_MAX;
}

void card_registry_move(struct card_image *image, const struct card_application *app, bool first)
{
    size_t from = position(image, app);
    size_t to = first ? 1 : image->application_count - 1;
    struct card_application *moved = image->applications[from];
    for (; from > to; from--)
        image->applications[from] = image->applications[from - 1];
    for (; from < to; from++)
        image->applications[from] = image->applications[from + 1];
    image->applications[to] = moved;
}
