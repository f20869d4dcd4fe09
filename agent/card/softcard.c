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

uint16_t card_settle(struct softcard *card, uint16_t sw)
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
    card_load_end(card);
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
