/* A command from the reader: its form, its logical channel, its secure messaging, who runs it (GPCS
 * 6.3, 10.2.3, 11.1). */
#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"
#include "scp/gp/logical_channel.h"

uint16_t card_sw_of(enum scp_error error)
{
    switch (error) {
    case SCP_OK:
        return SCP_SW_SUCCESS;
    case SCP_TOO_LONG:
    case SCP_NO_SPACE:
        return SCP_SW_NOT_ENOUGH_MEMORY;
    case SCP_NOT_FOUND:
        return SCP_SW_DATA_NOT_FOUND;
    case SCP_NO_MEMORY:
    case SCP_IO:
        return SCP_SW_MEMORY_FAILURE;
    case SCP_CRYPTO:
    case SCP_STATE:
        return SCP_SW_EXECUTION_ERROR;
    default:
        return SCP_SW_WRONG_DATA;
    }
}

/* ---- who runs it ------------------------------------------------------------------------------
 */

/* Commands of the card itself: outside of secure messaging, whatever is selected. The class byte is
 * that of the basic channel. */
static const struct open_command {
    uint8_t cla;
    uint8_t ins;
    int p1; /* -1: any */
    card_handler *handler;
} open_commands[] = {
    {SCP_CLA_ISO, SCP_INS_SELECT, 0x04, card_cmd_select},
    {SCP_CLA_ISO, SCP_INS_MANAGE_CHANNEL, -1, card_cmd_manage_channel},
    {SCP_CLA_GP, SCP_INS_INITIALIZE_UPDATE, -1, card_cmd_initialize_update},
};

static bool secured(uint8_t cla)
{
    return (cla & SCP_CLA_SECURE) != 0;
}

static const struct open_command *find_open(const struct scp_apdu *apdu)
{
    for (size_t i = 0; i < sizeof open_commands / sizeof open_commands[0]; i++) {
        const struct open_command *command = &open_commands[i];
        if (command->cla == (apdu->cla & ~SCP_CLA_SECURE) && command->ins == apdu->ins &&
            (command->p1 < 0 || command->p1 == apdu->p1))
            return command;
    }
    return NULL;
}

static bool authenticates(const struct scp_apdu *apdu)
{
    return apdu->cla == (SCP_CLA_GP | SCP_CLA_SECURE) && apdu->ins == SCP_INS_EXTERNAL_AUTHENTICATE;
}

/* ---- answers ----------------------------------------------------------------------------------
 */

/* A status word alone. */
static void answer_sw(struct scp_writer *response, uint16_t sw)
{
    scp_put_u16(response, sw);
}

/* Run a plain command and append its plain response. */
static void answer_plain(struct softcard *card, const struct scp_apdu *apdu, card_handler *handler,
                         struct scp_writer *response)
{
    uint8_t buffer[SCP_RESPONSE_DATA_MAX];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    uint16_t sw = handler(card, apdu, &data);
    if (scp_writer_status(&data) != SCP_OK)
        sw = SCP_SW_EXECUTION_ERROR;
    sw = card_settle(card, sw);
    if (scp_sw_executed(sw))
        scp_put(response, scp_written(&data));
    answer_sw(response, sw);
    scp_wipe(buffer, sizeof buffer);
}

/* Run a command whose secure messaging is off; what it returns goes through secure messaging again
 * as long as it left the session open. */
static void answer_protected(struct softcard *card, struct scp_apdu *plain,
                             struct scp_writer *response)
{
    uint8_t buffer[SCP_RESPONSE_DATA_MAX];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    plain->cla = scp_cla_on_channel(plain->cla, SCP_CHANNEL_BASIC);
    uint16_t sw = card_dispatch(card, plain, &data);
    if (scp_writer_status(&data) != SCP_OK)
        sw = SCP_SW_EXECUTION_ERROR;
    sw = card_settle(card, sw);
    struct scp_bytes answer = scp_sw_executed(sw) ? scp_written(&data) : SCP_EMPTY;
    struct card_session *session = &card->at->session;
    if (session->state != CARD_SESSION_OPEN)
        answer_sw(response, sw);
    else if (scp_card_channel_respond(&session->channel, answer, sw, response) != SCP_OK)
        card_session_abort(card);
    scp_wipe(buffer, sizeof buffer);
}

/* Within a session. An error of secure messaging aborts it and is answered in the clear (GPCS
 * 10.2.3). */
static void answer_in_session(struct softcard *card, struct scp_bytes command,
                              struct scp_writer *response)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    enum scp_error error =
        scp_card_channel_receive(&card->at->session.channel, command, &plain, buffer);
    if (error == SCP_OK) {
        answer_protected(card, &plain, response);
    } else {
        card_session_abort(card);
        answer_sw(response, card_settle(card, SCP_SW_SECURITY_STATUS));
    }
    scp_wipe(buffer, sizeof buffer);
}

/* Whether the selected application has a secure messaging of its own. */
static bool messages_itself(const struct softcard *card)
{
    const struct card_application *app = card_selected(card);
    return app != NULL && card_applet_of(app->applet)->own_messaging;
}

/* Whether the command is refused before anyone looks at it: in an aborted session, or with secure
 * messaging where there is none (GPCS 10.2.3). */
static bool refused(const struct softcard *card, const struct scp_apdu *apdu)
{
    if (card->at->session.state == CARD_SESSION_ABORTED)
        return true;
    return card->at->session.state != CARD_SESSION_OPEN && secured(apdu->cla) &&
           !messages_itself(card);
}

static void answer(struct softcard *card, const struct scp_apdu *apdu, struct scp_bytes command,
                   struct scp_writer *response)
{
    const struct open_command *open = find_open(apdu);
    if (open != NULL && secured(apdu->cla))
        answer_sw(response, SCP_SW_SECURE_MESSAGING_NOT_SUPPORTED);
    else if (open != NULL)
        answer_plain(card, apdu, open->handler, response);
    else if (authenticates(apdu))
        answer_sw(response, card_settle(card, card_external_authenticate(card, command)));
    else if (refused(card, apdu))
        answer_sw(response, SCP_SW_SECURITY_STATUS);
    else if (card->at->session.state == CARD_SESSION_OPEN)
        answer_in_session(card, command, response);
    else
        answer_plain(card, apdu, card_dispatch, response);
}

/* ---- the form ---------------------------------------------------------------------------------
 */

/* What is wrong with the form of a command; 9000 when nothing is. Sets the channel it came on, and
 * its class byte to that of the basic channel. */
static uint16_t take_form(struct softcard *card, struct scp_bytes command, struct scp_apdu *apdu)
{
    enum { FURTHER = 0x40, RESERVED = 0x20, ISO_SECURED = 0x08 };
    card->at = &card->channels[0];
    if (scp_apdu_parse(command, apdu) != SCP_OK || apdu->data.len > card->image.traits.max_command)
        return SCP_SW_WRONG_LENGTH;
    bool further = (apdu->cla & FURTHER) != 0;
    uint8_t number = scp_cla_channel(apdu->cla);
    if (number > card->image.traits.channels || !card->channels[number].open)
        return SCP_SW_CHANNEL_NOT_SUPPORTED;
    if (!further && (apdu->cla & RESERVED) != 0)
        return SCP_SW_CLA_NOT_SUPPORTED;
    if (!further && (apdu->cla & ISO_SECURED) != 0)
        return SCP_SW_SECURE_MESSAGING_NOT_SUPPORTED;
    card->at = &card->channels[number];
    apdu->cla = scp_cla_on_channel(apdu->cla, SCP_CHANNEL_BASIC);
    return SCP_SW_SUCCESS;
}

void card_transmit(struct softcard *card, struct scp_bytes command, struct scp_writer *response)
{
    struct scp_apdu apdu;
    uint16_t sw = take_form(card, command, &apdu);
    if (sw == SCP_SW_SUCCESS)
        answer(card, &apdu, command, response);
    else
        answer_sw(response, sw);
}
