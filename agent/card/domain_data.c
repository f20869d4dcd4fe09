/* The data of security domains: data objects (GPCS 11.11.2.3) and keys by STORE DATA (11.11.4). */
#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"
#include "scp/gp/card_data.h"
#include "scp/gp/key_data.h"
#include "scp/gp/tlv.h"

enum { DGI_OBJECTS = 0x0070 };

/* ---- management data (GPCS H.2, H.3) ----------------------------------------------------------
 */

static void put_identified(struct scp_writer *w, uint32_t tag, struct scp_bytes oid)
{
    size_t mark = scp_tlv_begin(w, tag);
    scp_put_tlv(w, 0x06, oid);
    scp_tlv_end(w, mark);
}

void card_put_management_data(struct scp_writer *w, const struct card_application *domain)
{
    static const uint8_t authority[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01};
    static const uint8_t version[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x02, 0x02, 0x03, 0x01};
    static const uint8_t identification[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x03};
    const uint8_t channel[] = {
        0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04, domain->sd->protocol, domain->sd->i};
    bool found = false;
    struct scp_bytes stored = card_object_get(&domain->objects, SCP_DATA_CARD_RECOGNITION, &found);
    if (found) {
        scp_put(w, stored);
        return;
    }
    size_t mark = scp_tlv_begin(w, 0x73);
    scp_put_tlv(w, 0x06, SCP_BYTES(authority));
    put_identified(w, 0x60, SCP_BYTES(version));
    put_identified(w, 0x63, SCP_BYTES(identification));
    put_identified(w, 0x64, SCP_BYTES(channel));
    scp_tlv_end(w, mark);
}

/* ---- data objects -----------------------------------------------------------------------------
 */

/* Those that may be written; what the card makes up itself may not (GPCS 11.11.2.3). */
static const uint32_t writable[] = {SCP_DATA_ISSUER_NUMBER, SCP_DATA_IMAGE_NUMBER,
                                    SCP_DATA_CARD_RECOGNITION, SCP_DATA_CARD_CAPABILITY, 0x5F50};

/* The issuer security domain takes another AID (4F), and everything that names it follows. */
static uint16_t rename_issuer(struct softcard *card, struct scp_bytes value)
{
    struct scp_aid aid;
    struct card_image *image = &card->image;
    struct scp_aid old = card_isd(image)->aid;
    if (scp_aid_from(&aid, value) != SCP_OK || card_aid_used(image, value))
        return SCP_SW_WRONG_DATA;
    card_domain_rename(image, card_isd(image), &aid);
    card_channels_rename(card, &old, &aid);
    return SCP_SW_SUCCESS;
}

uint16_t card_domain_store_object(struct softcard *card, struct card_application *domain,
                                  uint32_t tag, struct scp_bytes value)
{
    enum { TAG_AID = 0x4F };
    if (tag == TAG_AID && card_is_isd(&card->image, domain))
        return rename_issuer(card, value);
    for (size_t i = 0; i < sizeof writable / sizeof writable[0]; i++)
        if (writable[i] == tag)
            return card_put_object_sw(domain, tag, value);
    return SCP_SW_WRONG_DATA;
}

static uint16_t store_objects(struct softcard *card, struct card_application *domain,
                              struct scp_bytes value)
{
    struct scp_reader r = scp_reader_on(value);
    struct scp_tlv tlv;
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        uint16_t sw = card_domain_store_object(card, domain, tlv.tag, tlv.value);
        if (sw != SCP_SW_SUCCESS)
            return sw;
    }
    return error == SCP_NOT_FOUND ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

/* ---- keys (GPCS 11.11.4) ----------------------------------------------------------------------
 */

/* Read the groupings that have come for a transfer of keys. */
static enum scp_error read_transfer(const struct card_store *store, struct scp_key_data *data)
{
    struct scp_reader r = scp_reader_on(scp_bytes_of(store->keys, store->keys_len));
    struct scp_dgi dgi;
    enum scp_error error;
    *data = (struct scp_key_data){.count = 0};
    while ((error = scp_dgi_next(&r, &dgi)) == SCP_OK)
        SCP_TRY(scp_key_data_take(data, &dgi));
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

/* A control with an identity other than that of the one before begins a new key; those without are
 * parts of the key before them. */
static bool begins_key(const struct scp_key_data *data, size_t at)
{
    const struct scp_key_control *control = &data->keys[at];
    if (at == 0)
        return true;
    const struct scp_key_control *before = &data->keys[at - 1];
    return control->has_identity && before->has_identity &&
           (control->key_id != before->key_id || control->kvn != before->kvn);
}

/* The key whose first control is `at`; gives the control behind it. */
static size_t gather(const struct scp_key_data *data, size_t at, struct scp_new_key *key)
{
    const struct scp_key_control *first = &data->keys[at];
    *key = (struct scp_new_key){.kcv = first->kcv, .usage = first->usage, .extended = true};
    if (first->has_access)
        key->access = scp_bytes_of(&first->access, 1);
    do {
        const struct scp_key_control *control = &data->keys[at++];
        bool reference = control->type == SCP_KEY_TYPE_EC_PARAMETERS;
        key->components[key->component_count++] = (struct scp_key_component){
            .type = control->type,
            .value = reference ? control->curve : control->value,
            .clear_len = control->length,
        };
    } while (at < data->count && !begins_key(data, at) &&
             key->component_count < SCP_KEY_COMPONENTS_MAX);
    return at;
}

static uint16_t store_key(struct softcard *card, struct card_application *domain,
                          const struct scp_key_control *name, const struct scp_new_key *key)
{
    enum { KVN_MAX = 0x7F };
    if (!name->has_identity || name->kvn == 0 || name->kvn > KVN_MAX || name->key_id > KVN_MAX)
        return SCP_SW_WRONG_DATA;
    const struct card_key *old = card_key_find(domain->sd, name->kvn, name->key_id);
    if (old != NULL && !card_key_same_kind(old, key))
        return SCP_SW_WRONG_DATA;
    return card_key_receive(card, domain->sd, name->kvn, name->key_id, key);
}

/* Store all keys of a transfer that is complete. */
static uint16_t store_transfer(struct softcard *card, struct card_application *domain,
                               const struct scp_key_data *data)
{
    uint32_t ids = 0;
    for (size_t at = 0; at < data->count;) {
        const struct scp_key_control *name = &data->keys[at];
        struct scp_new_key key;
        at = gather(data, at, &key);
        uint16_t sw = store_key(card, domain, name, &key);
        if (sw != SCP_SW_SUCCESS)
            return sw;
        ids |= name->key_id < 32 ? 1u << name->key_id : 0;
        bool last_of_version = at == data->count || data->keys[at].kvn != name->kvn;
        if (last_of_version) {
            card_keys_written(domain, name->kvn, ids);
            ids = 0;
        }
    }
    return SCP_SW_SUCCESS;
}

/* 00B9 announces keys; what follows it is kept until all of them have come. */
static uint16_t take_key_grouping(struct softcard *card, struct card_application *domain,
                                  const struct scp_dgi *dgi)
{
    struct card_store *store = &card->at->store;
    if (dgi->id == SCP_DGI_KEY_CONTROL)
        store->keys_len = 0;
    struct scp_writer w = scp_writer_on(store->keys, sizeof store->keys);
    w.len = store->keys_len;
    scp_put_dgi(&w, dgi->id, dgi->value);
    if (scp_writer_status(&w) != SCP_OK)
        return SCP_SW_NOT_ENOUGH_MEMORY;
    store->keys_len = w.len;
    struct scp_key_data data;
    if (read_transfer(store, &data) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (scp_key_data_end(&data) != SCP_OK)
        return SCP_SW_SUCCESS;
    uint16_t sw = store_transfer(card, domain, &data);
    scp_wipe(store->keys, store->keys_len);
    store->keys_len = 0;
    return sw;
}

/* Whether the grouping belongs to a transfer of keys. */
static bool is_key_grouping(const struct card_store *store, uint16_t id)
{
    return id == SCP_DGI_KEY_CONTROL || store->keys_len > 0;
}

uint16_t card_domain_store(struct softcard *card, struct card_application *domain,
                           const struct scp_dgi *dgi)
{
    if (is_key_grouping(&card->at->store, dgi->id))
        return take_key_grouping(card, domain, dgi);
    return dgi->id == DGI_OBJECTS ? store_objects(card, domain, dgi->value) : SCP_SW_WRONG_DATA;
}
