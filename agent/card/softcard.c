#include "agent/card/softcard.h"

#include <stdlib.h>

#include "agent/card/card.h"
#include "agent/card/registry.h"

/* ---- transactions ---------------------------------------------------------------------------- */

uint16_t card_commit(struct softcard *card)
{
    /* The load file that comes in takes memory from its first block on. */
    card->image.started.load_bytes = card->load.active ? (uint32_t)card->load.len : 0;
    bool stored = card_nvm_commit(&card->nvm, &card->image) == SCP_OK;
    return stored ? SCP_SW_SUCCESS : SCP_SW_MEMORY_FAILURE;
}

/* Back to the last commit, but for a load file that is no longer coming in. When memory is too
 * short even for that, the changed image stays until the next command succeeds in it; nothing of it
 * is stored before. */
static uint16_t revert(struct softcard *card)
{
    if (card_nvm_revert(&card->nvm, &card->image) != SCP_OK)
        return SCP_SW_MEMORY_FAILURE;
    return card_commit(card);
}

uint16_t card_settle(struct softcard *card, uint16_t sw)
{
    if (scp_sw_executed(sw)) {
        if (card_commit(card) == SCP_SW_SUCCESS)
            return sw;
        sw = SCP_SW_MEMORY_FAILURE;
    }
    return revert(card) == SCP_SW_SUCCESS ? sw : SCP_SW_MEMORY_FAILURE;
}

/* ---- power ----------------------------------------------------------------------------------- */

/* End what the last loss of power cut short, then wait for commands. */
static enum scp_error start(struct softcard *card)
{
    card_nvm_power_on(&card->nvm);
    card_load_end(card);
    SCP_TRY(card_nvm_revert(&card->nvm, &card->image));
    card_privileges_settle(&card->image);
    uint16_t sw = card_delete_carry_out(card);
    if (sw == SCP_SW_SUCCESS)
        sw = card_commit(card); /* gives back what a load file had taken */
    card_reset_volatile(card);
    return sw == SCP_SW_SUCCESS ? SCP_OK : SCP_IO;
}

void softcard_power(struct softcard *card, uint8_t atr[SOFTCARD_ATR_MAX], size_t *atr_len)
{
    struct scp_writer w = scp_writer_on(atr, SOFTCARD_ATR_MAX);
    scp_put(&w, softcard_atr(card));
    *atr_len = scp_written(&w).len;
    scp_wipe(&card->t0, sizeof card->t0);
    card->mute = start(card) != SCP_OK; /* until it gets power again */
}

void softcard_use_contactless(struct softcard *card, bool contactless)
{
    card->contactless = contactless;
}

void softcard_tear_after(struct softcard *card, uint64_t write)
{
    card->nvm.tear_at = write;
}

uint64_t softcard_writes(const struct softcard *card)
{
    return card->nvm.writes;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* What the memory has written so far. */
struct meter {
    uint64_t writes;
    uint64_t bytes;
    uint32_t load_bytes;
};

static struct meter read_meter(const struct softcard *card)
{
    return (struct meter){.writes = card->nvm.writes,
                          .bytes = card->nvm.bytes_written,
                          .load_bytes = card->image.started.load_bytes};
}

static size_t cipher_blocks(const struct softcard *card, size_t command_len, size_t response_len)
{
    const struct card_session *session = &card->at->session;
    if (session->state != CARD_SESSION_OPEN)
        return 0;
    uint8_t level = scp_card_channel_level(&session->channel);
    const struct card_protection protection = {
        .block_size = card->image.traits.protocol == SCP_PROTOCOL_02 ? 8 : 16,
        .c_mac = (level & SCP_LEVEL_C_MAC) != 0,
        .c_encryption = (level & SCP_LEVEL_C_ENC) != 0,
        .r_mac = (level & SCP_LEVEL_R_MAC) != 0,
        .r_encryption = (level & SCP_LEVEL_R_ENC) != 0,
    };
    return card_timing_blocks(&protection, command_len, response_len);
}

static void spend_time(struct softcard *card, const struct meter *before, size_t command_len,
                       size_t response_len)
{
    const struct meter now = read_meter(card);
    struct card_work work = {
        .command_len = command_len,
        .response_len = response_len,
        .writes = now.writes - before->writes,
        .bytes_written = now.bytes - before->bytes,
        .cipher_blocks = cipher_blocks(card, command_len, response_len),
    };
    if (now.load_bytes > before->load_bytes) /* a block of a load file went there too */
        work.bytes_written += now.load_bytes - before->load_bytes;
    card->busy_us += card_timing_us(&card->image.traits.timing, &work);
}

uint64_t softcard_busy_us(const struct softcard *card)
{
    return card->busy_us;
}

/* ---- transmit -------------------------------------------------------------------------------- */

static enum scp_error run(struct softcard *card, struct scp_bytes command,
                          struct scp_writer *response)
{
    uint8_t buffer[SOFTCARD_RESPONSE_MAX];
    struct scp_writer whole = scp_writer_on(buffer, sizeof buffer);
    bool t0 = card_t0_offered(softcard_atr(card));
    if (t0 && card_t0_fetch(&card->t0, command, response))
        return scp_writer_status(response);
    card_transmit(card, command, &whole);
    enum scp_error error = scp_writer_status(&whole);
    if (card->nvm.torn) /* before the answer could be given */
        error = SCP_STATE;
    else if (error == SCP_OK && t0)
        card_t0_answer(&card->t0, command, scp_written(&whole), response);
    else if (error == SCP_OK)
        scp_put(response, scp_written(&whole));
    scp_wipe(buffer, sizeof buffer);
    return error;
}

enum scp_error softcard_transmit(struct softcard *card, struct scp_bytes command,
                                 struct scp_writer *response)
{
    if (scp_writer_room(response) < SOFTCARD_RESPONSE_MAX)
        return SCP_NO_SPACE;
    if (card->nvm.torn || card->mute)
        return SCP_STATE;
    const struct meter before = read_meter(card);
    size_t start = response->len;
    enum scp_error error = run(card, command, response);
    spend_time(card, &before, command.len, response->len - start);
    return error;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* A card has many channels only where its chip has them, because each takes much memory. */
static enum scp_error make_channels(struct softcard *card)
{
    card->channels = calloc(card->image.traits.channels + 1u, sizeof *card->channels);
    card->at = card->channels;
    return card->channels == NULL ? SCP_NO_MEMORY : SCP_OK;
}

static void free_channels(struct softcard *card)
{
    for (size_t i = 0; card->channels != NULL && i <= card->image.traits.channels; i++)
        card_rest_end(&card->channels[i]);
    if (card->channels != NULL)
        scp_wipe(card->channels, (card->image.traits.channels + 1u) * sizeof *card->channels);
    free(card->channels);
}

enum scp_error softcard_restore(struct scp_bytes image, const struct rebind_env *env,
                                struct softcard_storage storage, struct softcard **card)
{
    *card = NULL;
    struct softcard *made = calloc(1, sizeof *made);
    if (made == NULL)
        return SCP_NO_MEMORY;
    made->env = *env;
    enum scp_error error = card_nvm_init(&made->nvm, storage, image, &made->image);
    if (error == SCP_OK)
        error = make_channels(made);
    if (error == SCP_OK)
        error = start(made);
    if (error != SCP_OK) {
        softcard_free(made);
        return error;
    }
    *card = made;
    return SCP_OK;
}

void softcard_free(struct softcard *card)
{
    if (card == NULL)
        return;
    card_load_end(card);
    card_chain_end(card);
    free_channels(card);
    card_image_fini(&card->image);
    void *storage = card->nvm.storage.ctx;
    card_nvm_fini(&card->nvm);
    if (card->release != NULL)
        card->release(storage);
    scp_wipe(card, sizeof *card);
    free(card);
}

void softcard_close(struct softcard *card)
{
    softcard_free(card);
}

struct scp_bytes softcard_atr(const struct softcard *card)
{
    return scp_bytes_of(card->image.traits.atr, card->image.traits.atr_len);
}
