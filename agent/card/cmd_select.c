/* SELECT by name (GPCS 6.4.2.1.2, 6.4.3.1.2, 11.9). */
#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/contactless.h"
#include "agent/card/registry.h"
#include "scp/gp/tlv.h"

/* FCI of a security domain (GPCS 11.9.3.1): 9F65 is the longest command data it takes. */
static void put_domain_fci(const struct softcard *card, const struct card_application *domain,
                           struct scp_writer *out)
{
    enum { MANAGEMENT_MAX = 192 }; /* so that all of it fits a response */
    uint8_t buffer[SCP_RESPONSE_DATA_MAX];
    struct scp_writer content = scp_writer_on(buffer, sizeof buffer);
    card_put_management_data(&content, domain);
    if (scp_writer_status(&content) != SCP_OK || scp_written(&content).len > MANAGEMENT_MAX)
        content = scp_writer_on(buffer, sizeof buffer); /* too long: GET DATA 66 has it */
    scp_put_tlv_u8(&content, 0x9F65, card->image.traits.max_command);
    card_put_fci(out, domain, scp_written(&content));
}

/* Begin the application session and answer for the application. */
static uint16_t select_application(struct softcard *card, const struct card_application *app,
                                   struct scp_writer *out)
{
    card_enter(card, app);
    if (app->sd != NULL) {
        put_domain_fci(card, app, out);
        return SCP_SW_SUCCESS;
    }
    const struct card_applet_call call = card_applet_call_of(card, card_selected(card));
    return card_applet_of(app->applet)->select(&call, out);
}

/* A locked card gives its final application alone, with a warning, and on the basic channel; a
 * terminated one selects nothing (GPCS 6.4.2.1.2, 9.6.4). */
static uint16_t select_on_locked(struct softcard *card, const struct scp_apdu *apdu,
                                 struct scp_writer *out)
{
    const struct card_image *image = &card->image;
    const struct card_application *final = card_final_application(image);
    bool asked =
        apdu->data.len == 0 ? card_is_isd(image, final) : scp_aid_matches(&final->aid, apdu->data);
    bool basic = card->at == &card->channels[0];
    card_channel_close(card);
    if (!basic || !asked || card_isd(image)->state == SCP_CARD_TERMINATED)
        return SCP_SW_FUNCTION_NOT_SUPPORTED;
    uint16_t sw = select_application(card, final, out);
    return sw == SCP_SW_SUCCESS ? SCP_SW_WARNING_LOCKED : sw;
}

/* Nothing was found. The application session goes on, unless its application was locked meanwhile
 * and is the one that was asked for (GPCS 6.4.2.1.2). None of the native applets has files with
 * names, so the command is not offered to the selected one. */
static uint16_t select_nothing(struct softcard *card, struct scp_bytes aid)
{
    const struct card_application *app = card_selected(card);
    if (app != NULL && scp_aid_matches(&app->aid, aid) && !card_selectable(&card->image, app))
        card_enter(card, card_implicit(&card->image, card->contactless, 0));
    return SCP_SW_FILE_NOT_FOUND;
}

uint16_t card_cmd_select(struct softcard *card, const struct scp_apdu *apdu, struct scp_writer *out)
{
    enum { FIRST = 0x00, NEXT = 0x02 };
    const struct card_image *image = &card->image;
    if (apdu->p2 != FIRST && apdu->p2 != NEXT)
        return SCP_SW_WRONG_P1_P2;
    if (apdu->data.len > SCP_AID_MAX)
        return SCP_SW_WRONG_LENGTH;
    if (card_is_locked(image))
        return select_on_locked(card, apdu, out);
    if (apdu->p2 == NEXT && !card->at->searched)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    card->at->searched = true;
    const struct card_application *after = apdu->p2 == NEXT ? card_selected(card) : NULL;
    const struct card_application *app =
        apdu->data.len == 0 ? card_isd(image) : card_find_for_interface(card, apdu->data, after);
    return app != NULL ? select_application(card, app, out) : select_nothing(card, apdu->data);
}
