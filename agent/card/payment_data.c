/* What a payment application was personalised with, and data object lists. */
#include "agent/card/payment.h"

enum { RECORD_LAST = 0x1EFF, TEMPLATE_RECORD = 0x70, TEMPLATE_FCI = 0xA5 };

struct scp_bytes payment_object(const struct card_application *app, uint32_t id)
{
    return card_object_get(&app->objects, id, NULL);
}

bool payment_has(const struct card_application *app, uint32_t id)
{
    bool found = false;
    (void)card_object_get(&app->objects, id, &found);
    return found;
}

uint16_t payment_number(const struct card_application *app, uint32_t id, uint16_t absent)
{
    struct scp_bytes value = payment_object(app, id);
    return value.len == 2 ? scp_load_u16(value.ptr) : absent;
}

uint16_t payment_set_number(struct card_application *app, uint32_t id, uint16_t value)
{
    uint8_t bytes[2];
    scp_store_u16(bytes, value);
    return card_put_object_sw(app, id, SCP_BYTES(bytes));
}

enum scp_error payment_key(const struct card_application *app, size_t index, struct scp_key *key)
{
    struct scp_bytes keys = payment_object(app, PAYMENT_DGI_KEYS);
    if (keys.len != PAYMENT_KEYS_SIZE)
        return SCP_NOT_FOUND;
    return scp_key_from(key, scp_bytes_slice(keys, index * PAYMENT_KEY_SIZE, PAYMENT_KEY_SIZE));
}

/* ---- templates ------------------------------------------------------------------------------ */

struct scp_bytes payment_inside(struct scp_bytes content, uint32_t template_tag)
{
    struct scp_bytes value;
    return scp_tlv_expect(content, template_tag, &value) == SCP_OK ? value : content;
}

struct scp_bytes payment_fci(const struct card_applet_call *call)
{
    uint32_t own = call->contactless ? PAYMENT_DGI_FCI_CONTACTLESS : PAYMENT_DGI_FCI;
    uint32_t other = call->contactless ? PAYMENT_DGI_FCI : PAYMENT_DGI_FCI_CONTACTLESS;
    return payment_object(call->app, payment_has(call->app, own) ? own : other);
}

bool payment_fci_value(const struct card_applet_call *call, uint32_t tag, struct scp_bytes *value)
{
    return scp_tlv_find(payment_inside(payment_fci(call), TEMPLATE_FCI), tag, value) == SCP_OK;
}

bool payment_record_value(const struct card_application *app, uint32_t tag, struct scp_bytes *value)
{
    for (size_t i = 0; i < app->objects.count; i++) {
        const struct card_object *o = &app->objects.items[i];
        struct scp_bytes record;
        if (o->id > RECORD_LAST ||
            scp_tlv_expect(scp_bytes_of(o->bytes, o->len), TEMPLATE_RECORD, &record) != SCP_OK)
            continue;
        if (scp_tlv_find(record, tag, value) == SCP_OK)
            return true;
    }
    return false;
}

bool payment_options(const struct card_application *app, struct scp_bytes *aip,
                     struct scp_bytes *afl)
{
    struct scp_bytes content = payment_object(app, PAYMENT_DGI_OPTIONS);
    struct scp_bytes value;
    *afl = SCP_EMPTY;
    if (scp_tlv_expect(content, 0x80, &value) == SCP_OK) {
        *aip = scp_bytes_slice(value, 0, 2);
        *afl = scp_bytes_from(value, aip->len);
    } else {
        struct scp_bytes objects = payment_inside(content, 0x77);
        if (scp_tlv_find(objects, 0x82, aip) != SCP_OK)
            return false;
        if (scp_tlv_find(objects, 0x94, afl) != SCP_OK)
            *afl = SCP_EMPTY;
    }
    return aip->len == 2;
}

struct scp_bytes payment_issuer_data(const struct card_application *app)
{
    struct scp_bytes value = payment_inside(payment_object(app, PAYMENT_DGI_ISSUER_DATA), 0x9F10);
    return value.len <= SCP_EMV_ISSUER_DATA_MAX ? value : SCP_EMPTY;
}

/* ---- data object lists ---------------------------------------------------------------------- */

/* The next tag and length. False at the end and when the list is broken, which the reader tells. */
static bool dol_next(struct scp_reader *r, uint32_t *tag, size_t *len)
{
    if (scp_reader_left(r) == 0)
        return false;
    *tag = scp_get_tag(r);
    *len = scp_get_u8(r);
    return scp_reader_status(r) == SCP_OK;
}

bool payment_dol_length(struct scp_bytes dol, size_t *length)
{
    struct scp_reader r = scp_reader_on(dol);
    uint32_t tag;
    size_t len;
    *length = 0;
    while (dol_next(&r, &tag, &len))
        *length += len;
    return scp_reader_status(&r) == SCP_OK;
}

bool payment_dol_value(struct scp_bytes dol, struct scp_bytes data, uint32_t tag,
                       struct scp_bytes *value)
{
    struct scp_reader list = scp_reader_on(dol);
    struct scp_reader values = scp_reader_on(data);
    uint32_t at;
    size_t len;
    while (dol_next(&list, &at, &len)) {
        *value = scp_get(&values, len);
        if (at == tag)
            return scp_reader_status(&values) == SCP_OK;
    }
    return false;
}
