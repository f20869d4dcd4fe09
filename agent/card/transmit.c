/* A command from the reader: its form, its logical channel, its secure messaging, who runs it (GPCS
 * 6.3, 10.2.3, 11.1). */
#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"

#include <stdlib.h>

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

/* ---- long answers (GPCS 11.1.5.2) -------------------------------------------------------------
 */

enum { SW_MORE = 0x6100, WHOLE_MAX = CARD_ANSWER_MAX + 64 /* secure messaging, status word */ };

void card_rest_end(struct card_logical_channel *channel)
{
    struct card_rest *rest = &channel->rest;
    if (rest->bytes != NULL)
        scp_wipe(rest->bytes, rest->len);
    free(rest->bytes);
    *rest = (struct card_rest){.bytes = NULL};
}

/* A status word alone. */
static void answer_sw(struct scp_writer *response, uint16_t sw)
{
    scp_put_u16(response, sw);
}

/* Append the next piece of an answer; its own status word comes with the last. */
static void give_piece(struct softcard *card, size_t most, struct scp_writer *response)
{
    struct card_rest *rest = &card->at->rest;
    size_t left = rest->len - rest->at - 2;
    size_t now = left < most ? left : most;
    bool last = now == left;
    scp_put(response, scp_bytes_of(rest->bytes + rest->at, now + (last ? 2 : 0)));
    rest->at += now;
    left -= now;
    if (last)
        card_rest_end(card->at);
    else
        answer_sw(response, (uint16_t)(SW_MORE | (left > UINT8_MAX ? 0 : left)));
}

/* Append a whole answer, or its first piece. */
static void give(struct softcard *card, struct scp_bytes whole, struct scp_writer *response)
{
    struct card_rest *rest = &card->at->rest;
    if (whole.len <= SOFTCARD_RESPONSE_MAX) {
        scp_put(response, whole);
        return;
    }
    rest->bytes = malloc(whole.len);
    if (rest->bytes == NULL) {
        answer_sw(response, SCP_SW_MEMORY_FAILURE);
        return;
    }
    struct scp_writer w = scp_writer_on(rest->bytes, whole.len);
    scp_put(&w, whole);
    rest->len = whole.len;
    rest->at = 0;
    give_piece(card, SCP_RESPONSE_DATA_MAX, response);
}

static bool gets_response(const struct scp_apdu *apdu)
{
    return (apdu->cla & ~SCP_CLA_GP) == 0 && apdu->ins == SCP_INS_GET_RESPONSE;
}

static void answer_get_response(struct softcard *card, const struct scp_apdu *apdu,
                                struct scp_writer *response)
{
    if (apdu->p1 != 0 || apdu->p2 != 0)
        answer_sw(response, SCP_SW_WRONG_P1_P2);
    else
        give_piece(card, apdu->le > 0 ? (size_t)apdu->le : SCP_RESPONSE_DATA_MAX, response);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

/* Run a handler and settle what it did. */
static uint16_t run(struct softcard *card, const struct scp_apdu *apdu, card_handler *handler,
                    struct scp_writer *data)
{
    uint16_t sw = handler(card, apdu, data);
    if (scp_writer_status(data) != SCP_OK)
        sw = SCP_SW_EXECUTION_ERROR;
    sw = card_settle(card, sw);
    if (!scp_sw_executed(sw))
        data->len = 0;
    return sw;
}

/* Run a plain command and append its plain response. */
static void answer_plain(struct softcard *card, const struct scp_apdu *apdu, card_handler *handler,
                         struct scp_writer *response)
{
    uint8_t buffer[WHOLE_MAX];
    struct scp_writer data = scp_writer_on(buffer, CARD_ANSWER_MAX);
    uint16_t sw = run(card, apdu, handler, &data);
    struct scp_writer whole = scp_writer_on(buffer, sizeof buffer);
    whole.len = scp_written(&data).len;
    scp_put_u16(&whole, sw);
    give(card, scp_written(&whole), response);
    scp_wipe(buffer, sizeof buffer);
}

/* Run a command whose secure messaging is off; what it returns goes through secure messaging again
 * as long as it left the session open. */
static void answer_protected(struct softcard *card, const struct scp_apdu *plain,
                             struct scp_writer *response)
{
    uint8_t buffer[CARD_ANSWER_MAX];
    uint8_t protected[WHOLE_MAX];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_writer whole = scp_writer_on(protected, sizeof protected);
    uint16_t sw = run(card, plain, card_dispatch, &data);
    struct scp_card_channel *channel = &card->at->session.channel;
    if (!card_session_runs(card)) {
        scp_put_u16(&whole, sw);
    } else if (scp_card_channel_respond(channel, scp_written(&data), sw, &whole) != SCP_OK) {
        card_session_abort(card);
        whole = scp_writer_on(protected, sizeof protected);
        scp_put_u16(&whole, SCP_SW_SECURITY_STATUS);
    }
    give(card, scp_written(&whole), response);
    scp_wipe(buffer, sizeof buffer);
    scp_wipe(protected, sizeof protected);
}

/* Within a session. An error of secure messaging is answered in the clear (GPCS 10.2.3). */
static void answer_in_session(struct softcard *card, const struct scp_apdu *command,
                              struct scp_writer *response)
{
    uint8_t buffer[SCP_OPENED_MAX];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu plain;
    uint16_t sw = card_session_receive(card, command, &plain, &data);
    if (sw == SCP_SW_SUCCESS)
        answer_protected(card, &plain, response);
    else
        answer_sw(response, sw);
    scp_wipe(buffer, sizeof buffer);
}

/* ---- long commands (GPCS 11.1.5.1) ------------------------------------------------------------
 */

void card_chain_end(struct softcard *card)
{
    if (card->chain.bytes != NULL)
        scp_wipe(card->chain.bytes, SCP_COMMAND_MAX);
    free(card->chain.bytes);
    card->chain = (struct card_chain){.bytes = NULL};
}

static bool begins_chain(const struct scp_apdu *apdu)
{
    return (apdu->cla & SCP_CLA_GP) != 0 && scp_ins_chains(apdu->ins) &&
           (apdu->p1 & SCP_MORE_COMMANDS) != 0;
}

/* Take a command as it came into the chain, if it is part of one. 9000: `whole` is to be run; 6100:
 * more parts are to come; or an error. */
static uint16_t join(struct softcard *card, const struct scp_apdu *apdu, struct scp_apdu *whole)
{
    struct card_chain *chain = &card->chain;
    *whole = *apdu;
    if (chain->bytes == NULL && !begins_chain(apdu))
        return SCP_SW_SUCCESS;
    if (chain->bytes == NULL) {
        chain->bytes = malloc(SCP_COMMAND_MAX);
        if (chain->bytes == NULL)
            return SCP_SW_MEMORY_FAILURE;
        scp_chain_begin(&chain->parts, chain->bytes, SCP_COMMAND_MAX);
        chain->by = card->at;
    }
    enum scp_error error =
        chain->by == card->at ? scp_chain_take(&chain->parts, apdu, whole) : SCP_MISMATCH;
    if (error == SCP_NOT_FOUND)
        return SW_MORE;
    if (error == SCP_OK)
        return SCP_SW_SUCCESS;
    return error == SCP_MISMATCH ? SCP_SW_CONDITIONS_NOT_SATISFIED : SCP_SW_WRONG_P1_P2;
}

/* ---- who answers ------------------------------------------------------------------------------
 */

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
    return !card_session_runs(card) && secured(apdu->cla) && !messages_itself(card);
}

/* A command for the selected application, perhaps a part of one. */
static void answer_application(struct softcard *card, const struct scp_apdu *apdu,
                               struct scp_writer *response)
{
    struct scp_apdu whole;
    uint16_t sw = join(card, apdu, &whole);
    if (sw == SW_MORE) {
        answer_sw(response, SCP_SW_SUCCESS);
        return;
    }
    if (sw != SCP_SW_SUCCESS)
        answer_sw(response, sw);
    else if (card_session_runs(card))
        answer_in_session(card, &whole, response);
    else
        answer_plain(card, &whole, card_dispatch, response);
    card_chain_end(card);
}

/* The card's own commands and everyone else's. Selecting ends a chain, and any command but GET
 * RESPONSE ends the answer before it. */
static void answer(struct softcard *card, const struct scp_apdu *apdu, struct scp_bytes command,
                   struct scp_writer *response)
{
    const struct open_command *open = find_open(apdu);
    if (gets_response(apdu) && card->at->rest.bytes != NULL) {
        answer_get_response(card, apdu, response);
        return;
    }
    card_rest_end(card->at);
    if (open != NULL || authenticates(apdu))
        card_chain_end(card);
    if (open != NULL && secured(apdu->cla))
        answer_sw(response, SCP_SW_SECURE_MESSAGING_NOT_SUPPORTED);
    else if (open != NULL)
        answer_plain(card, apdu, open->handler, response);
    else if (authenticates(apdu))
        answer_sw(response, card_settle(card, card_external_authenticate(card, command)));
    else if (refused(card, apdu))
        answer_sw(response, SCP_SW_SECURITY_STATUS);
    else
        answer_application(card, apdu, response);
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
