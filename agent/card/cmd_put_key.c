/* PUT KEY (GPCS 11.8, Amendment D 7.2). All keys of a command are stored or none. */
#include "agent/card/card.h"
#include "agent/card/registry.h"

enum { KVN_INITIAL = 0xFF, KVN_MAX = 0x7F };

/* A replaced key makes room for its successor, which is of the same kind (GPCS 11.8.2.3.3). */
static uint16_t make_room(struct card_domain *sd, const struct scp_put_key *put_key, size_t index)
{
    uint8_t id = (uint8_t)(put_key->first_key_id + index);
    if (put_key->replaced_kvn != 0) {
        const struct card_key *old = card_key_find(sd, put_key->replaced_kvn, id);
        if (old == NULL)
            return SCP_SW_DATA_NOT_FOUND;
        if (!card_key_same_kind(old, &put_key->keys[index]))
            return SCP_SW_WRONG_DATA;
        if (put_key->replaced_kvn != put_key->kvn)
            card_key_remove(sd, put_key->replaced_kvn, id);
    }
    bool replaces = put_key->replaced_kvn == put_key->kvn;
    return replaces || card_key_find(sd, put_key->kvn, id) == NULL ? SCP_SW_SUCCESS
                                                                   : SCP_SW_WRONG_DATA;
}

static uint16_t store_keys(struct softcard *card, struct card_domain *sd,
                           const struct scp_put_key *put_key, uint32_t *ids)
{
    for (size_t i = 0; i < put_key->key_count; i++) {
        uint8_t id = (uint8_t)(put_key->first_key_id + i);
        uint16_t sw = make_room(sd, put_key, i);
        if (sw == SCP_SW_SUCCESS)
            sw = card_key_receive(card, sd, put_key->kvn, id, &put_key->keys[i]);
        if (sw != SCP_SW_SUCCESS)
            return sw;
        *ids |= id < 32 ? 1u << id : 0;
    }
    return SCP_SW_SUCCESS;
}

/* The first key set that is added takes the place of the initial one. */
static void drop_initial(struct card_domain *sd)
{
    for (uint8_t id = 1; id <= 3; id++)
        card_key_remove(sd, KVN_INITIAL, id);
}

uint16_t card_cmd_put_key(struct softcard *card, const struct scp_apdu *apdu,
                          struct scp_writer *out)
{
    struct scp_put_key put_key;
    struct card_application *domain = card_selected(card);
    uint32_t ids = 0;
    if (scp_put_key_parse(apdu->p1, apdu->p2, apdu->data, &put_key) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    bool in_range = put_key.kvn >= 1 && put_key.kvn <= KVN_MAX &&
                    put_key.first_key_id + put_key.key_count - 1 <= KVN_MAX;
    if (!in_range)
        return SCP_SW_WRONG_DATA;
    uint16_t sw = store_keys(card, domain->sd, &put_key, &ids);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (put_key.replaced_kvn == 0 && card_key_version_serves(domain->sd, put_key.kvn))
        drop_initial(domain->sd);
    card_keys_written(domain, put_key.kvn, ids);
    /* A set that changes its version key by key would leave the issuer without any in between. */
    if (card_key_owner(&card->image, card_isd(&card->image)) == NULL)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (!card_memory_fits(&card->image))
        return SCP_SW_NOT_ENOUGH_MEMORY;
    scp_put_key_response(out, &put_key);
    return SCP_SW_SUCCESS;
}
