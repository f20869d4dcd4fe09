/* PUT KEY (GPCS 11.8, Amendment D 7.2). All keys of a command are stored or none. */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"

enum { KVN_INITIAL = 0xFF };

static bool symmetric(uint8_t type)
{
    return type == SCP_KEY_TYPE_DES || type == SCP_KEY_TYPE_AES;
}

static bool public_component(uint8_t type)
{
    return type == SCP_KEY_TYPE_RSA_EXPONENT || type == SCP_KEY_TYPE_RSA_MODULUS ||
           type == SCP_KEY_TYPE_EC_PUBLIC || type == SCP_KEY_TYPE_EC_PARAMETERS;
}

static uint16_t store_symmetric(const struct softcard *card, struct card_application *domain,
                                const struct card_key *key, const struct scp_new_key *from)
{
    uint8_t clear[SCP_KEY_MAX + 16];
    const struct scp_key_component *component = &from->components[0];
    if (from->component_count != 1 || component->value.len > sizeof clear ||
        component->clear_len > component->value.len)
        return SCP_SW_WRONG_DATA;
    enum scp_error error = card_decrypt(card, component->value, clear);
    uint16_t sw =
        error == SCP_OK
            ? card_key_store(domain, key, scp_bytes_of(clear, component->clear_len), from->kcv)
            : SCP_SW_WRONG_DATA;
    scp_wipe(clear, sizeof clear);
    return sw;
}

/* The components of a public key as {type, length, value}. */
static uint16_t store_public(struct card_application *domain, const struct card_key *key,
                             const struct scp_new_key *from)
{
    uint8_t buffer[CARD_KEY_VALUE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    for (size_t i = 0; i < from->component_count; i++) {
        const struct scp_key_component *component = &from->components[i];
        if (!public_component(component->type))
            return SCP_SW_WRONG_DATA;
        scp_put_u8(&w, component->type);
        scp_put_u16(&w, (uint16_t)component->value.len);
        scp_put(&w, component->value);
    }
    if (scp_writer_status(&w) != SCP_OK)
        return SCP_SW_NOT_ENOUGH_MEMORY;
    return card_sw_of(card_key_put(domain->sd, key, scp_written(&w)));
}

/* A replaced key keeps its type and, when it is symmetric, its size (GPCS 11.8.2.3.3). */
static bool same_kind(const struct card_key *old, const struct scp_new_key *new)
{
    const struct scp_key_component *component = &new->components[0];
    return old->type == component->type &&
           (!symmetric(old->type) || old->len == component->clear_len);
}

static uint16_t store_key(struct softcard *card, const struct scp_put_key *put_key, size_t index)
{
    struct card_application *domain = card_selected(card);
    const struct scp_new_key *from = &put_key->keys[index];
    struct card_key key = {.kvn = put_key->kvn,
                           .id = (uint8_t)(put_key->first_key_id + index),
                           .type = from->components[0].type};
    if (put_key->replaced_kvn != 0) {
        const struct card_key *old = card_key_find(domain->sd, put_key->replaced_kvn, key.id);
        if (old == NULL)
            return SCP_SW_DATA_NOT_FOUND;
        if (!same_kind(old, from))
            return SCP_SW_WRONG_DATA;
        card_key_remove(domain->sd, put_key->replaced_kvn, key.id);
    }
    if (card_key_find(domain->sd, key.kvn, key.id) != NULL)
        return SCP_SW_WRONG_DATA;
    return symmetric(key.type) ? store_symmetric(card, domain, &key, from)
                               : store_public(domain, &key, from);
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
    if (scp_put_key_parse(apdu->p1, apdu->p2, apdu->data, &put_key) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (put_key.kvn == 0 || put_key.kvn > 0x7F)
        return SCP_SW_WRONG_DATA;
    for (size_t i = 0; i < put_key.key_count; i++) {
        uint16_t sw = store_key(card, &put_key, i);
        if (sw != SCP_SW_SUCCESS)
            return sw;
    }
    struct card_application *domain = card_selected(card);
    if (put_key.replaced_kvn == 0 && put_key.key_count == 3)
        drop_initial(domain->sd);
    card_domain_keyed(domain);
    if (!card_memory_fits(&card->image))
        return SCP_SW_NOT_ENOUGH_MEMORY;
    scp_put_key_response(out, &put_key);
    return SCP_SW_SUCCESS;
}
