/* STORE DATA (GPCS 11.11, 7.3.2): joins what was cut into commands and hands whole structures to
 * the security domain or to the application being personalised. */
#include <stdlib.h>

#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/gp/tlv.h"

void card_store_end(struct softcard *card)
{
    scp_wipe(&card->at->store, sizeof card->at->store);
}

/* The application that INSTALL [for personalization] named, as long as it is still the selected
 * domain's: another logical channel may have deleted or extradited it. */
static struct card_application *target_of(const struct softcard *card)
{
    const struct scp_aid *target = &card->at->store.target;
    if (target->len == 0)
        return card_selected(card);
    struct card_application *app = card_application_find(&card->image, scp_aid_bytes(target));
    bool still_ours = app != NULL && scp_aid_equal(&app->domain, &card->at->selected) &&
                      !scp_life_cycle_is_locked(app->state);
    return still_ours ? app : NULL;
}

/* ---- one structure ----------------------------------------------------------------------------
 */

static uint16_t deliver_clear(struct softcard *card, struct card_application *target,
                              const struct scp_dgi *dgi)
{
    if (target->sd != NULL)
        return card_domain_store(card, target, dgi);
    const struct card_applet_call call = card_applet_call_of(card, target);
    return card_applet_of(target->applet)->store(&call, dgi);
}

static bool comes_encrypted(const struct card_application *target, uint16_t id, bool all_encrypted)
{
    return all_encrypted || (target->sd == NULL && card_applet_of(target->applet)->secret(id));
}

static uint16_t deliver(struct softcard *card, struct card_application *target,
                        const struct scp_dgi *dgi, bool all_encrypted)
{
    if (target->sd != NULL || !comes_encrypted(target, dgi->id, all_encrypted))
        return deliver_clear(card, target, dgi);
    uint8_t *clear = malloc(dgi->value.len + 1);
    if (clear == NULL)
        return SCP_SW_MEMORY_FAILURE;
    uint16_t sw = SCP_SW_WRONG_DATA;
    if (card_decrypt(card, dgi->value, clear) == SCP_OK) {
        struct scp_dgi plain = {.id = dgi->id, .value = scp_bytes_of(clear, dgi->value.len)};
        sw = deliver_clear(card, target, &plain);
    }
    scp_wipe(clear, dgi->value.len);
    free(clear);
    return sw;
}

/* The whole groupings of the reader; what is cut at the end stays in it. */
static uint16_t deliver_dgis(struct softcard *card, struct card_application *target,
                             struct scp_reader *r, bool all_encrypted)
{
    for (;;) {
        size_t at = r->at;
        struct scp_dgi dgi;
        enum scp_error error = scp_dgi_next(r, &dgi);
        if (error == SCP_NOT_FOUND)
            return SCP_SW_SUCCESS;
        if (error == SCP_TRUNCATED) {
            *r = scp_reader_on(r->in);
            (void)scp_get(r, at);
            return SCP_SW_SUCCESS;
        }
        uint16_t sw =
            error == SCP_OK ? deliver(card, target, &dgi, all_encrypted) : SCP_SW_WRONG_DATA;
        if (sw != SCP_SW_SUCCESS)
            return sw;
    }
}

/* The same for the data objects of a security domain. */
static uint16_t deliver_tlvs(struct softcard *card, struct card_application *target,
                             struct scp_reader *r)
{
    for (;;) {
        size_t at = r->at;
        struct scp_tlv tlv;
        enum scp_error error = scp_tlv_next(r, &tlv);
        if (error == SCP_NOT_FOUND)
            return SCP_SW_SUCCESS;
        if (error == SCP_TRUNCATED) {
            *r = scp_reader_on(r->in);
            (void)scp_get(r, at);
            return SCP_SW_SUCCESS;
        }
        uint16_t sw = error == SCP_OK ? card_domain_store_object(card, target, tlv.tag, tlv.value)
                                      : SCP_SW_WRONG_DATA;
        if (sw != SCP_SW_SUCCESS)
            return sw;
    }
}

/* ---- one command ------------------------------------------------------------------------------
 */

static uint16_t collect(struct card_store *store, struct scp_bytes data)
{
    struct scp_writer w = scp_writer_on(store->pending, sizeof store->pending);
    w.len = store->pending_len;
    scp_put(&w, data);
    if (scp_writer_status(&w) != SCP_OK)
        return SCP_SW_NOT_ENOUGH_MEMORY;
    store->pending_len = w.len;
    return SCP_SW_SUCCESS;
}

/* Keep the part that waits for the next command. */
static void keep_rest(struct card_store *store, const struct scp_reader *r)
{
    struct scp_bytes rest = scp_reader_rest(r);
    struct scp_writer w = scp_writer_on(store->pending, sizeof store->pending);
    scp_put(&w, rest);
    store->pending_len = rest.len;
}

/* Without a statement about the structure a security domain takes data objects and an application
 * groupings, as EMV CPS sends them. */
static bool takes_tlvs(const struct card_application *target, const struct scp_store_block *block)
{
    return block->tlv || (target->sd != NULL && !block->dgi);
}

static uint16_t store_block(struct softcard *card, const struct scp_apdu *apdu,
                            const struct scp_store_block *block)
{
    struct card_store *store = &card->at->store;
    struct card_application *target = target_of(card);
    if (target == NULL)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    bool tlvs = takes_tlvs(target, block);
    if (tlvs && target->sd == NULL)
        return SCP_SW_WRONG_DATA;
    uint16_t sw = collect(store, apdu->data);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    struct scp_reader r = scp_reader_on(scp_bytes_of(store->pending, store->pending_len));
    sw = tlvs ? deliver_tlvs(card, target, &r) : deliver_dgis(card, target, &r, block->encrypted);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    keep_rest(store, &r);
    if (block->last && (store->pending_len > 0 || store->keys_len > 0)) /* something is missing */
        return SCP_SW_WRONG_DATA;
    if (block->last && target->sd == NULL) {
        const struct card_applet_call call = card_applet_call_of(card, target);
        sw = card_applet_of(target->applet)->stored(&call);
    }
    if (sw == SCP_SW_SUCCESS && !card_memory_fits(&card->image))
        sw = SCP_SW_NOT_ENOUGH_MEMORY;
    return sw;
}

uint16_t card_cmd_store_data(struct softcard *card, const struct scp_apdu *apdu,
                             struct scp_writer *out)
{
    struct scp_store_block block;
    (void)out;
    uint16_t sw = SCP_SW_WRONG_P1_P2;
    bool numbered = apdu->p2 == (uint8_t)card->at->store.blocks &&
                    card->at->store.blocks < SCP_STORE_BLOCKS_MAX;
    if (numbered && scp_store_block_parse(apdu->p1, &block) == SCP_OK)
        sw = store_block(card, apdu, &block);
    if (sw != SCP_SW_SUCCESS || block.last)
        card_store_end(card);
    else
        card->at->store.blocks++;
    return sw;
}
