#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/gp/tlv.h"

struct card_application *card_selected(const struct softcard *card)
{
    return card_application_find(&card->image, scp_aid_bytes(&card->selected));
}

static void enter(struct softcard *card, const struct card_application *app)
{
    card_session_end(card);
    scp_wipe(card->applet_state, sizeof card->applet_state);
    card->selected = app->aid;
}

void card_reset_volatile(struct softcard *card)
{
    enter(card, card_default_selected(&card->image));
}

/* FCI of a security domain (GPCS 11.9.3.1): 9F65 is the longest command data it takes. */
static void put_domain_fci(const struct softcard *card, const struct card_application *domain,
                           struct scp_writer *out)
{
    bool has_recognition = false;
    struct scp_bytes recognition = card_object_get(&domain->objects, 0x66, &has_recognition);
    uint8_t buffer[128];
    struct scp_writer content = scp_writer_on(buffer, sizeof buffer);
    if (has_recognition)
        scp_put(&content, recognition);
    scp_put_tlv_u8(&content, 0x9F65, card->image.traits.max_command);
    card_put_fci(out, domain, scp_written(&content));
}

uint16_t card_cmd_select(struct softcard *card, const struct scp_apdu *apdu, struct scp_writer *out)
{
    enum { FIRST = 0x00, NEXT = 0x02 };
    const struct card_image *image = &card->image;
    if (apdu->p2 != FIRST && apdu->p2 != NEXT)
        return SCP_SW_WRONG_P1_P2;
    if (apdu->data.len > SCP_AID_MAX)
        return SCP_SW_WRONG_LENGTH;
    const struct card_application *app =
        apdu->data.len == 0
            ? card_isd(image)
            : card_select_find(image, apdu->data, apdu->p2 == NEXT ? card_selected(card) : NULL);
    uint8_t state = card_isd(image)->state;
    bool locked = state == SCP_CARD_LOCKED || state == SCP_CARD_TERMINATED;
    if (app == NULL)
        return locked ? SCP_SW_FUNCTION_NOT_SUPPORTED : SCP_SW_FILE_NOT_FOUND;
    enter(card, app);
    if (app->sd != NULL) {
        put_domain_fci(card, app, out);
        return locked ? SCP_SW_WARNING_LOCKED : SCP_SW_SUCCESS;
    }
    const struct card_applet_call call = {
        .app = card_selected(card), .state = card->applet_state, .env = &card->env};
    return card_applet_of(app->applet)->select(&call, out);
}
