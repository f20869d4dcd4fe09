#include "scp/gp/key_data.h"

#include "scp/gp/tlv.h"

enum {
    TAG_SHARED = 0xB7,
    TAG_CONTROL = 0xB9,
    TAG_TYPE = 0x80,
    TAG_LENGTH = 0x81,
    TAG_KEY_ID = 0x82,
    TAG_KVN = 0x83,
    TAG_KCV = 0x84,
    TAG_CURVE = 0x85,
    TAG_USAGE = 0x95,
    TAG_ACCESS = 0x96,
    TAG_PURPOSE = 0x97,
};

/* Tables 11-95, 11-97, 11-99, 11-101, 11-103 and 11-105. */
static const struct {
    uint8_t type;
    uint16_t dgi;
} dgi_ids[] = {
    {SCP_KEY_TYPE_RSA_MODULUS, 0x0010}, {SCP_KEY_TYPE_RSA_EXPONENT, 0x0011},
    {SCP_KEY_TYPE_EC_P, 0x0030},        {SCP_KEY_TYPE_EC_A, 0x0031},
    {SCP_KEY_TYPE_EC_B, 0x0032},        {SCP_KEY_TYPE_EC_G, 0x0033},
    {SCP_KEY_TYPE_EC_N, 0x0034},        {SCP_KEY_TYPE_EC_K, 0x0035},
    {SCP_KEY_TYPE_EC_PUBLIC, 0x0036},   {SCP_KEY_TYPE_RSA_PRIVATE_EXPONENT, 0x8112},
    {SCP_KEY_TYPE_RSA_PQ, 0x8121},      {SCP_KEY_TYPE_RSA_DQ1, 0x8122},
    {SCP_KEY_TYPE_RSA_DP1, 0x8123},     {SCP_KEY_TYPE_RSA_Q, 0x8124},
    {SCP_KEY_TYPE_RSA_P, 0x8125},       {SCP_KEY_TYPE_EC_PRIVATE, 0x8137},
};

uint16_t scp_key_dgi_id(uint8_t type)
{
    for (size_t i = 0; i < sizeof dgi_ids / sizeof dgi_ids[0]; i++) {
        if (dgi_ids[i].type == type)
            return dgi_ids[i].dgi;
    }
    bool symmetric = scp_key_type_is_secret(type) && type < SCP_KEY_TYPE_RSA_EXPONENT;
    return symmetric ? SCP_DGI_SECRET_KEY : 0;
}

/* ---- building ----------------------------------------------------------------------------- */

static void put_bytes(struct scp_writer *w, uint8_t tag, struct scp_bytes value)
{
    if (value.len > 0)
        scp_put_tlv(w, tag, value);
}

static void put_length(struct scp_writer *w, uint16_t length)
{
    if (length > UINT8_MAX)
        scp_put_tlv_u16(w, TAG_LENGTH, length);
    else if (length > 0)
        scp_put_tlv_u8(w, TAG_LENGTH, (uint8_t)length);
}

/* In the order of tables 11-92 and 11-102. */
static void put_control(struct scp_writer *w, const struct scp_key_control *key)
{
    size_t mark = scp_tlv_begin(w, TAG_CONTROL);
    put_bytes(w, TAG_USAGE, key->usage);
    if (key->has_access)
        scp_put_tlv_u8(w, TAG_ACCESS, key->access);
    scp_put_tlv_u8(w, TAG_TYPE, key->type);
    put_length(w, key->length);
    if (key->has_identity) {
        scp_put_tlv_u8(w, TAG_KEY_ID, key->key_id);
        scp_put_tlv_u8(w, TAG_KVN, key->kvn);
    }
    put_bytes(w, TAG_KCV, key->kcv);
    put_bytes(w, TAG_CURVE, key->curve);
    scp_tlv_end(w, mark);
}

static void put_shared(struct scp_writer *w, const struct scp_key_control *key)
{
    size_t mark = scp_tlv_begin(w, TAG_SHARED);
    scp_put_tlv_u8(w, TAG_TYPE, key->type);
    put_length(w, key->length);
    scp_put_tlv_u8(w, TAG_KVN, key->kvn);
    if (key->has_access)
        scp_put_tlv_u8(w, TAG_ACCESS, key->access);
    put_bytes(w, TAG_PURPOSE, key->purpose);
    scp_tlv_end(w, mark);
}

static void put_own(struct scp_writer *w, const struct scp_key_control *key)
{
    size_t mark = scp_tlv_begin(w, TAG_CONTROL);
    scp_put_tlv_u8(w, TAG_KEY_ID, key->key_id);
    put_bytes(w, TAG_KCV, key->kcv);
    scp_tlv_end(w, mark);
}

static bool shares(const struct scp_key_control *a, const struct scp_key_control *b)
{
    return a->type == b->type && a->length == b->length && a->kvn == b->kvn &&
           a->has_access == b->has_access && a->access == b->access &&
           scp_bytes_equal(a->purpose, b->purpose);
}

static void put_controls(struct scp_writer *w, const struct scp_key_transfer *transfer)
{
    const struct scp_key_control *keys = transfer->keys;
    bool shared = transfer->form == SCP_KEY_CONTROL_SHARED;
    if (shared)
        put_shared(w, &keys[0]);
    for (size_t i = 0; i < transfer->count; i++) {
        if (!shared)
            put_control(w, &keys[i]);
        else if (shares(&keys[0], &keys[i]))
            put_own(w, &keys[i]);
        else
            scp_writer_fail(w, SCP_MISMATCH);
    }
}

enum scp_error scp_key_dgis(const struct scp_key_transfer *transfer, struct scp_writer *scratch,
                            struct scp_dgi dgis[SCP_KEY_DGIS_MAX], size_t *made)
{
    size_t start = scratch->len;
    *made = 0;
    if (transfer->count == 0 || transfer->count > SCP_KEY_CONTROLS_MAX)
        return SCP_OUT_OF_RANGE;
    put_controls(scratch, transfer);
    SCP_TRY(scp_writer_status(scratch));
    dgis[0] = (struct scp_dgi){.id = SCP_DGI_KEY_CONTROL,
                               .value = scp_bytes_from(scp_written(scratch), start)};
    size_t count = 1;
    for (size_t i = 0; i < transfer->count; i++) {
        const struct scp_key_control *key = &transfer->keys[i];
        uint16_t id = scp_key_dgi_id(key->type);
        if (key->type == SCP_KEY_TYPE_EC_PARAMETERS)
            continue;
        if (id == 0)
            return SCP_UNSUPPORTED;
        dgis[count++] = (struct scp_dgi){
            .id = id, .value = key->value, .encrypted = scp_key_type_is_secret(key->type)};
    }
    *made = count;
    return SCP_OK;
}

/* ---- parsing ------------------------------------------------------------------------------ */

static enum scp_error take_u8(struct scp_bytes value, uint8_t *out)
{
    if (value.len != 1)
        return SCP_OUT_OF_RANGE;
    *out = value.ptr[0];
    return SCP_OK;
}

static enum scp_error take_length(struct scp_bytes value, uint16_t *out)
{
    if (value.len == 2) {
        *out = scp_load_u16(value.ptr);
        return SCP_OK;
    }
    uint8_t length = 0;
    SCP_TRY(take_u8(value, &length));
    *out = length;
    return SCP_OK;
}

static enum scp_error take_field(const struct scp_tlv *tlv, struct scp_key_control *out)
{
    switch (tlv->tag) {
    case TAG_TYPE:
        return take_u8(tlv->value, &out->type);
    case TAG_LENGTH:
        return take_length(tlv->value, &out->length);
    case TAG_KEY_ID:
        out->has_identity = true;
        return take_u8(tlv->value, &out->key_id);
    case TAG_KVN:
        return take_u8(tlv->value, &out->kvn);
    case TAG_KCV:
        out->kcv = tlv->value;
        return SCP_OK;
    case TAG_CURVE:
        out->curve = tlv->value;
        return SCP_OK;
    case TAG_USAGE:
        out->usage = tlv->value;
        return tlv->value.len == 1 || tlv->value.len == 2 ? SCP_OK : SCP_OUT_OF_RANGE;
    case TAG_ACCESS:
        out->has_access = true;
        return take_u8(tlv->value, &out->access);
    case TAG_PURPOSE:
        out->purpose = tlv->value;
        return SCP_OK;
    default:
        return SCP_OK;
    }
}

static enum scp_error parse_fields(struct scp_bytes in, struct scp_key_control *out)
{
    struct scp_reader r = scp_reader_on(in);
    struct scp_tlv tlv;
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        SCP_TRY(take_field(&tlv, out));
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

/* Templates of one 00B9. What a B7 states holds for the B9s after it. */
static enum scp_error take_controls(struct scp_key_data *data, struct scp_bytes in)
{
    struct scp_reader r = scp_reader_on(in);
    struct scp_key_control shared = {.type = 0};
    struct scp_tlv tlv;
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        if (tlv.tag == TAG_SHARED) {
            SCP_TRY(parse_fields(tlv.value, &shared));
            continue;
        }
        if (tlv.tag != TAG_CONTROL)
            return SCP_MALFORMED;
        if (data->count == SCP_KEY_CONTROLS_MAX)
            return SCP_TOO_LONG;
        data->keys[data->count] = shared;
        SCP_TRY(parse_fields(tlv.value, &data->keys[data->count]));
        data->count++;
    }
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

/* References of curves have no value to wait for. */
static void skip_references(struct scp_key_data *data)
{
    while (data->filled < data->count &&
           data->keys[data->filled].type == SCP_KEY_TYPE_EC_PARAMETERS)
        data->filled++;
}

enum scp_error scp_key_data_take(struct scp_key_data *data, const struct scp_dgi *dgi)
{
    skip_references(data);
    bool waits = data->filled < data->count;
    if (dgi->id == SCP_DGI_KEY_CONTROL)
        return waits ? SCP_MISMATCH : take_controls(data, dgi->value);
    if (!waits || scp_key_dgi_id(data->keys[data->filled].type) != dgi->id)
        return SCP_MISMATCH;
    struct scp_key_control *key = &data->keys[data->filled];
    if (scp_key_type_is_secret(key->type) && dgi->value.len < key->length)
        return SCP_MALFORMED;
    key->value = dgi->value;
    data->filled++;
    return SCP_OK;
}

enum scp_error scp_key_data_end(const struct scp_key_data *data)
{
    struct scp_key_data copy = *data;
    if (copy.count == 0)
        return SCP_NOT_FOUND;
    skip_references(&copy);
    return copy.filled == copy.count ? SCP_OK : SCP_TRUNCATED;
}
