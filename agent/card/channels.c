/* Logical channels (GPCS 6.4, 11.1.4, 11.7): which there are, which is open, what is selected on
 * it. */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"
#include "scp/gp/logical_channel.h"

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
    for (size_t i = 0; i <= card->image.traits.channels; i++) {
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
    card_session_listen(card);
}

bool card_selected_elsewhere(const struct softcard *card, const struct card_application *app)
{
    for (size_t i = 0; i <= card->image.traits.channels; i++) {
        const struct card_logical_channel *channel = &card->channels[i];
        if (channel != card->at && channel->open && scp_aid_equal(&channel->selected, &app->aid))
            return true;
    }
    return false;
}

static void rename_aid(struct scp_aid *aid, const struct scp_aid *from, const struct scp_aid *to)
{
    if (scp_aid_equal(aid, from))
        *aid = *to;
}

void card_channels_rename(struct softcard *card, const struct scp_aid *from,
                          const struct scp_aid *to)
{
    for (size_t i = 0; i <= card->image.traits.channels; i++) {
        rename_aid(&card->channels[i].selected, from, to);
        rename_aid(&card->channels[i].session.key_owner, from, to);
    }
    rename_aid(&card->load.domain, from, to);
}

/* ---- opening and closing ----------------------------------------------------------------------
 */

static void forget(struct softcard *card, struct card_logical_channel *channel)
{
    card->at = channel;
    card_session_end(card);
    card_rest_end(channel);
    if (card->chain.by == channel)
        card_chain_end(card);
    scp_wipe(channel, sizeof *channel);
}

void card_reset_volatile(struct softcard *card)
{
    for (size_t i = card->image.traits.channels + 1u; i-- > 0;)
        forget(card, &card->channels[i]);
    card->preferred.len = 0;
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

static uint16_t open_channel(struct softcard *card, uint8_t asked, struct scp_writer *out)
{
    uint8_t number = free_channel(card, asked);
    const struct card_application *app = first_selected(card, number);
    if (number == SCP_CHANNEL_BASIC || app == NULL)
        return SCP_SW_CHANNEL_NOT_SUPPORTED;
    struct card_logical_channel *from = card->at;
    card->at = &card->channels[number];
    card->at->open = true;
    card_enter(card, app);
    card->at = from;
    scp_put_u8(out, number);
    return SCP_SW_SUCCESS;
}

/* A command on a supplementary channel may close its own. */
static uint16_t close_channel(struct softcard *card, uint8_t number)
{
    if (number > card->image.traits.channels)
        return SCP_SW_CHANNEL_NOT_SUPPORTED;
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
    struct scp_manage_channel manage;
    if (card->image.traits.channels == 0)
        return SCP_SW_CHANNEL_NOT_SUPPORTED;
    if (card_is_locked(&card->image))
        return SCP_SW_FUNCTION_NOT_SUPPORTED;
    if (apdu->data.len > 0)
        return SCP_SW_WRONG_LENGTH;
    if (scp_manage_channel_parse(apdu->p1, apdu->p2, &manage) != SCP_OK)
        return SCP_SW_WRONG_P1_P2;
    return manage.close ? close_channel(card, manage.channel)
                        : open_channel(card, manage.channel, out);
}
