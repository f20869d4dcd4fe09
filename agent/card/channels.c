/* Logical channels (GPCS 6.4, 11.1.4, 11.7): which there are, which is open, what is selected on
 * it. */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"

/* ---- class bytes -----------------------------------------------------------------------------
 */

enum {
    CLA_FURTHER = 0x40,         /* channels 4 to 19 */
    CLA_FURTHER_CHANNEL = 0x0F, /* counted from 4 */
    CLA_FURTHER_SECURED = 0x20,
    CLA_FURTHER_KEPT = 0x90, /* class and chaining */
    CLA_FIRST_CHANNEL = 0x03,
    FIRST_CHANNELS = 4,
};

uint8_t card_cla_channel(uint8_t cla)
{
    if ((cla & CLA_FURTHER) == 0)
        return cla & CLA_FIRST_CHANNEL;
    return (uint8_t)(FIRST_CHANNELS + (cla & CLA_FURTHER_CHANNEL));
}

uint8_t card_cla_basic(uint8_t cla)
{
    if ((cla & CLA_FURTHER) == 0)
        return (uint8_t)(cla & ~CLA_FIRST_CHANNEL);
    uint8_t secured = (cla & CLA_FURTHER_SECURED) != 0 ? SCP_CLA_SECURE : 0;
    return (cla & CLA_FURTHER_KEPT) | secured;
}

/* ---- application sessions ---------------------------------------------------------------------
 */

struct card_application *card_selected(const struct softcard *card)
{
    return card_application_find(&card->image, scp_aid_bytes(&card->at->selected));
}

/* Selecting a security domain ends the personalisation that it forwards on any channel (GPCS
 * 11.11.1). */
static void end_forwarding(struct softcard *card, const struct scp_aid *domain)
{
    for (size_t i = 0; i < CARD_CHANNELS_MAX; i++) {
        struct card_logical_channel *channel = &card->channels[i];
        if (channel->open && scp_aid_equal(&channel->selected, domain))
            scp_wipe(&channel->store, sizeof channel->store);
    }
}

void card_enter(struct softcard *card, const struct card_application *app)
{
    card_session_end(card);
    scp_wipe(card->at->applet_state, sizeof card->at->applet_state);
    if (app->sd != NULL)
        end_forwarding(card, &app->aid);
    card->at->selected = app->aid;
}

bool card_selected_elsewhere(const struct softcard *card, const struct card_application *app)
{
    for (size_t i = 0; i < CARD_CHANNELS_MAX; i++) {
        const struct card_logical_channel *channel = &card->channels[i];
        if (channel != card->at && channel->open && scp_aid_equal(&channel->selected, &app->aid))
            return true;
    }
    return false;
}

/* ---- opening and closing ----------------------------------------------------------------------
 */

static void forget(struct softcard *card, struct card_logical_channel *channel)
{
    card->at = channel;
    card_session_end(card);
    scp_wipe(channel, sizeof *channel);
}

void card_reset_volatile(struct softcard *card)
{
    for (size_t i = CARD_CHANNELS_MAX; i-- > 0;)
        forget(card, &card->channels[i]);
    card->at->open = true;
    card_enter(card, card_implicit(&card->image, card->contactless, 0));
}

void card_channel_close(struct softcard *card)
{
    if (card->at != &card->channels[0])
        forget(card, card->at);
}

/* What becomes selected on a new channel: the implicitly selectable application when it is opened
 * from the basic channel, else that of the channel it is opened from (GPCS 6.4.2.2, 6.4.3.2). */
static const struct card_application *first_selected(const struct softcard *card, uint8_t number)
{
    if (card->at == &card->channels[0])
        return card_implicit(&card->image, card->contactless, number);
    return card_selected(card);
}

/* The channel that P2 asks for; 0 lets the card take the first that is free. 0: none. */
static uint8_t free_channel(const struct softcard *card, uint8_t asked)
{
    uint8_t last = card->image.traits.channels;
    for (uint8_t n = 1; n <= last; n++)
        if ((asked == 0 || asked == n) && !card->channels[n].open)
            return n;
    return 0;
}

static uint16_t open_channel(struct softcard *card, const struct scp_apdu *apdu,
                             struct scp_writer *out)
{
    uint8_t number = free_channel(card, apdu->p2);
    const struct card_application *app = first_selected(card, number);
    if (number == 0 || app == NULL)
        return SCP_SW_CHANNEL_NOT_SUPPORTED;
    struct card_logical_channel *from = card->at;
    card->at = &card->channels[number];
    card->at->open = true;
    card_enter(card, app);
    card->at = from;
    scp_put_u8(out, number);
    return SCP_SW_SUCCESS;
}

/* P2 names the channel to close; a command on a supplementary channel may close its own. */
static uint16_t close_channel(struct softcard *card, uint8_t number)
{
    if (number == 0 || number > card->image.traits.channels)
        return number == 0 ? SCP_SW_WRONG_P1_P2 : SCP_SW_CHANNEL_NOT_SUPPORTED;
    if (!card->channels[number].open)
        return SCP_SW_LOGICAL_CHANNEL_CLOSED;
    struct card_logical_channel *from = card->at;
    forget(card, &card->channels[number]);
    card->at = from;
    return SCP_SW_SUCCESS;
}

uint16_t card_cmd_manage_channel(struct softcard *card, const struct scp_apdu *apdu,
                                 struct scp_writer *out)
{
    enum { OPEN = 0x00, CLOSE = 0x80 };
    if (card->image.traits.channels == 0)
        return SCP_SW_CHANNEL_NOT_SUPPORTED;
    if (card_is_locked(&card->image))
        return SCP_SW_FUNCTION_NOT_SUPPORTED;
    if (apdu->data.len > 0)
        return SCP_SW_WRONG_LENGTH;
    if (apdu->p1 == CLOSE)
        return close_channel(card, apdu->p2);
    return apdu->p1 == OPEN ? open_channel(card, apdu, out) : SCP_SW_WRONG_P1_P2;
}
