#include "agent/card/softcard.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/card/card.h"
#include "agent/card/registry.h"

/* ---- transactions ---------------------------------------------------------------------------- */

static void forget_committed(struct softcard *card)
{
    if (card->committed != NULL)
        scp_wipe(card->committed, card->committed_len);
    free(card->committed);
    card->committed = NULL;
    card->committed_len = 0;
}

/* Hand the image to the storage when it differs from the last commit. */
static enum scp_error commit(struct softcard *card)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    SCP_TRY(card_image_encode(&card->image, card->committed_len, &bytes, &len));
    enum scp_error error = SCP_OK;
    if (!scp_bytes_equal(scp_bytes_of(bytes, len), softcard_image(card)))
        error = card->storage.write(card->storage.ctx, scp_bytes_of(bytes, len));
    if (error != SCP_OK) {
        scp_wipe(bytes, len);
        free(bytes);
        return error;
    }
    forget_committed(card);
    card->committed = bytes;
    card->committed_len = len;
    return SCP_OK;
}

/* Back to the last commit. When memory is too short even for that, the changed image stays until
 * the next command succeeds in it; nothing of it is stored before. */
static enum scp_error revert(struct softcard *card)
{
    struct card_image image;
    SCP_TRY(card_image_decode(softcard_image(card), &image));
    card_image_fini(&card->image);
    card->image = image;
    return SCP_OK;
}

/* End a command: keep what it changed, or undo it. */
static uint16_t settle(struct softcard *card, uint16_t sw)
{
    if (scp_sw_executed(sw)) {
        if (commit(card) == SCP_OK)
            return sw;
        sw = SCP_SW_MEMORY_FAILURE;
    }
    return revert(card) == SCP_OK ? sw : SCP_SW_MEMORY_FAILURE;
}

/* ---- life ------------------------------------------------------------------------------------ */

static enum scp_error keep(struct softcard *card, struct scp_bytes image)
{
    SCP_TRY(card_image_decode(image, &card->image));
    return card_image_encode(&card->image, image.len, &card->committed, &card->committed_len);
}

enum scp_error softcard_restore(struct scp_bytes image, const struct rebind_env *env,
                                struct softcard_storage storage, struct softcard **card)
{
    assert(storage.write != NULL);
    *card = NULL;
    struct softcard *made = calloc(1, sizeof *made);
    if (made == NULL)
        return SCP_NO_MEMORY;
    made->env = *env;
    made->storage = storage;
    enum scp_error error = keep(made, image);
    if (error != SCP_OK) {
        softcard_free(made);
        return error;
    }
    card_reset_volatile(made);
    *card = made;
    return SCP_OK;
}

void softcard_free(struct softcard *card)
{
    if (card == NULL)
        return;
    card_session_end(card);
    card_image_fini(&card->image);
    forget_committed(card);
    if (card->release != NULL)
        card->release(card->storage.ctx);
    scp_wipe(card, sizeof *card);
    free(card);
}

void softcard_close(struct softcard *card)
{
    softcard_free(card);
}

struct scp_bytes softcard_image(const struct softcard *card)
{
    return scp_bytes_of(card->committed, card->committed_len);
}

struct scp_bytes softcard_atr(const struct softcard *card)
{
    return scp_bytes_of(card->image.traits.atr, card->image.traits.atr_len);
}

void softcard_power(struct softcard *card, uint8_t atr[SOFTCARD_ATR_MAX], size_t *atr_len)
{
    struct scp_writer w = scp_writer_on(atr, SOFTCARD_ATR_MAX);
    scp_put(&w, softcard_atr(card));
    *atr_len = scp_written(&w).len;
    card_reset_volatile(card);
}

/* ---- transmit -------------------------------------------------------------------------------- */

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

static bool secured(uint8_t cla)
{
    return (cla & SCP_CLA_SECURE) != 0;
}

/* The two commands of the card itself that work without and outside secure messaging. */
static bool selects_by_name(const struct scp_apdu *apdu)
{
    return apdu->cla == SCP_CLA_ISO && apdu->ins == SCP_INS_SELECT && apdu->p1 == 0x04;
}

static bool authenticates(const struct scp_apdu *apdu)
{
    return (apdu->cla & 0xFB) == SCP_CLA_GP && apdu->ins == SCP_INS_EXTERNAL_AUTHENTICATE;
}

static bool initializes(const struct scp_apdu *apdu)
{
    return (apdu->cla & 0xFB) == SCP_CLA_GP && apdu->ins == SCP_INS_INITIALIZE_UPDATE;
}

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
    sw = settle(card, sw);
    if (scp_sw_executed(sw))
        scp_put(response, scp_written(&data));
    answer_sw(response, sw);
}

/* Within a session: take off secure messaging, run, put it on again. An error of secure messaging
 * aborts the session and is answered in the clear (GPCS 10.2.3). */
static void answer_in_session(struct softcard *card, struct scp_bytes command,
                              struct scp_writer *response)
{
    uint8_t plain_buffer[SCP_APDU_DATA_MAX];
    uint8_t buffer[SCP_RESPONSE_DATA_MAX];
    struct scp_apdu plain;
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_card_channel *channel = &card->session.channel;
    if (scp_card_channel_receive(channel, command, &plain, plain_buffer) != SCP_OK) {
        card_session_abort(card);
        answer_sw(response, SCP_SW_SECURITY_STATUS);
        return;
    }
    uint16_t sw = card_dispatch(card, &plain, &data);
    if (scp_writer_status(&data) != SCP_OK)
        sw = SCP_SW_EXECUTION_ERROR;
    sw = settle(card, sw);
    struct scp_bytes answer = scp_sw_executed(sw) ? scp_written(&data) : SCP_EMPTY;
    if (card->session.state != CARD_SESSION_OPEN)
        answer_sw(response, sw);
    else if (scp_card_channel_respond(channel, answer, sw, response) != SCP_OK)
        card_session_abort(card);
    scp_wipe(plain_buffer, sizeof plain_buffer);
    scp_wipe(buffer, sizeof buffer);
}

/* Whether the command is refused before anyone looks at it: in an aborted session, or with secure
 * messaging where there is none (GPCS 10.2.3). */
static bool refused(const struct softcard *card, const struct scp_apdu *apdu)
{
    if (card->session.state == CARD_SESSION_ABORTED)
        return true;
    return card->session.state != CARD_SESSION_OPEN && secured(apdu->cla);
}

static void answer(struct softcard *card, const struct scp_apdu *apdu, struct scp_bytes command,
                   struct scp_writer *response)
{
    if (selects_by_name(apdu))
        answer_plain(card, apdu, card_cmd_select, response);
    else if (initializes(apdu))
        answer_plain(card, apdu, card_cmd_initialize_update, response);
    else if (authenticates(apdu))
        answer_sw(response, settle(card, card_external_authenticate(card, command)));
    else if (refused(card, apdu))
        answer_sw(response, SCP_SW_SECURITY_STATUS);
    else if (card->session.state == CARD_SESSION_OPEN)
        answer_in_session(card, command, response);
    else
        answer_plain(card, apdu, card_dispatch, response);
}

/* What is wrong with the form of a command; 9000 when nothing is. */
static uint16_t check_form(const struct softcard *card, struct scp_bytes command,
                           struct scp_apdu *apdu)
{
    if (scp_apdu_parse(command, apdu) != SCP_OK || apdu->data.len > card->image.traits.max_command)
        return SCP_SW_WRONG_LENGTH;
    /* A logical channel (GPCS 11.1.4): there is none but the basic one. */
    return (apdu->cla & 0x43) != 0 ? SCP_SW_CHANNEL_NOT_SUPPORTED : SCP_SW_SUCCESS;
}

enum scp_error softcard_transmit(struct softcard *card, struct scp_bytes command,
                                 struct scp_writer *response)
{
    if (scp_writer_room(response) < SOFTCARD_RESPONSE_MAX)
        return SCP_NO_SPACE;
    struct scp_apdu apdu;
    uint16_t sw = check_form(card, command, &apdu);
    if (sw == SCP_SW_SUCCESS)
        answer(card, &apdu, command, response);
    else
        answer_sw(response, sw);
    return scp_writer_status(response);
}
