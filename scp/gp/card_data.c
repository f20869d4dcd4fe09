#include "scp/gp/card_data.h"

#include "scp/gp/tlv.h"

enum {
    TAG_OID = 0x06,
    TAG_RECOGNITION_DATA = 0x73,
    TAG_VERSION = 0x60,
    TAG_IDENTIFICATION = 0x63,
    TAG_PROTOCOL = 0x64,
    TAG_CONFIGURATION = 0x65,
    TAG_CHIP = 0x66,
    TAG_APPLICATIONS = 0x81,
    TAG_NON_VOLATILE = 0x82,
    TAG_VOLATILE = 0x83,
    TAG_FCI = 0x6F,
    TAG_FCI_AID = 0x84,
    TAG_PROPRIETARY = 0xA5,
    TAG_DATA_MAX = 0x9F65,
    ARC_MORE = 0x80,
    ARC_BITS = 7,
};

enum scp_error scp_data_value(struct scp_bytes data, uint16_t tag, struct scp_bytes *value)
{
    if (data.len == 0)
        return SCP_TRUNCATED;
    if (scp_tlv_expect(data, tag, value) != SCP_OK)
        *value = data;
    return SCP_OK;
}

/* ---- object identifiers ------------------------------------------------------------------- */

/* One arc in base 128. */
static uint32_t get_arc(struct scp_reader *r)
{
    uint32_t arc = 0;
    uint8_t byte;
    do {
        byte = scp_get_u8(r);
        if (arc > UINT32_MAX >> ARC_BITS)
            scp_reader_fail(r, SCP_MALFORMED);
        arc = arc << ARC_BITS | (byte & ~(unsigned)ARC_MORE);
    } while ((byte & ARC_MORE) != 0 && scp_reader_status(r) == SCP_OK);
    return arc;
}

static void put_decimal(struct scp_writer *w, uint32_t number)
{
    uint32_t unit = 1;
    while (number / unit >= 10)
        unit *= 10;
    for (; unit > 0; unit /= 10)
        scp_put_u8(w, (uint8_t)('0' + number / unit % 10));
}

/* The first two arcs share one number (ISO/IEC 8825-1 8.19.4). */
static void put_first_arcs(struct scp_writer *w, uint32_t number)
{
    uint32_t first = number < 80 ? number / 40 : 2;
    put_decimal(w, first);
    scp_put_u8(w, '.');
    put_decimal(w, number - 40 * first);
}

enum scp_error scp_oid_text(struct scp_bytes oid, char *text, size_t cap)
{
    struct scp_reader r = scp_reader_on(oid);
    struct scp_writer w = scp_writer_on((uint8_t *)text, cap);
    if (oid.len == 0)
        return SCP_MALFORMED;
    put_first_arcs(&w, get_arc(&r));
    while (scp_reader_left(&r) > 0) {
        scp_put_u8(&w, '.');
        put_decimal(&w, get_arc(&r));
    }
    scp_put_u8(&w, '\0');
    return scp_reader_status(&r) != SCP_OK ? SCP_MALFORMED : scp_writer_status(&w);
}

/* ---- card recognition data ---------------------------------------------------------------- */

/* 1.2.840.114283.4: secure channel protocol and its options follow. */
static const uint8_t protocol_arc[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04};

/* Two arcs, protocol and i. Cards write values of 80 and above as one bare byte although an arc of
 * that size takes two, so two bytes are the two values; more are arcs. */
static bool read_protocol(struct scp_bytes oid, uint8_t *protocol, uint8_t *i)
{
    if (!scp_bytes_start_with(oid, SCP_BYTES(protocol_arc)))
        return false;
    struct scp_bytes suffix = scp_bytes_from(oid, sizeof protocol_arc);
    struct scp_reader r = scp_reader_on(suffix);
    bool bare = suffix.len == 2;
    uint32_t first = bare ? scp_get_u8(&r) : get_arc(&r);
    uint32_t second = bare ? scp_get_u8(&r) : get_arc(&r);
    *protocol = (uint8_t)first;
    *i = (uint8_t)second;
    return scp_reader_end(&r) == SCP_OK && first <= UINT8_MAX && second <= UINT8_MAX;
}

static enum scp_error take_protocol(struct scp_bytes value, struct scp_card_recognition *out)
{
    struct scp_bytes oid;
    uint8_t protocol;
    uint8_t i;
    if (scp_tlv_find(value, TAG_OID, &oid) != SCP_OK || !read_protocol(oid, &protocol, &i))
        return SCP_OK;
    if (out->protocol_count == SCP_RECOGNITION_PROTOCOLS_MAX)
        return SCP_TOO_LONG;
    out->protocols[out->protocol_count].protocol = protocol;
    out->protocols[out->protocol_count].i = i;
    out->protocol_count++;
    return SCP_OK;
}

/* The identifier inside a template; empty where a card puts something else there. */
static struct scp_bytes oid_in(struct scp_bytes value)
{
    struct scp_bytes oid;
    return scp_tlv_find(value, TAG_OID, &oid) == SCP_OK ? oid : SCP_EMPTY;
}

static enum scp_error take_recognition(const struct scp_tlv *tlv, struct scp_card_recognition *out)
{
    switch (tlv->tag) {
    case TAG_OID:
        out->oid = tlv->value;
        break;
    case TAG_VERSION:
        out->version = oid_in(tlv->value);
        break;
    case TAG_IDENTIFICATION:
        out->identification = oid_in(tlv->value);
        break;
    case TAG_PROTOCOL:
        return take_protocol(tlv->value, out);
    case TAG_CONFIGURATION:
        out->configuration = tlv->value;
        break;
    case TAG_CHIP:
        out->chip = tlv->value;
        break;
    default:
        break;
    }
    return SCP_OK;
}

enum scp_error scp_card_recognition_parse(struct scp_bytes data, struct scp_card_recognition *out)
{
    struct scp_bytes outer;
    struct scp_bytes inner;
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_card_recognition){.protocol_count = 0};
    SCP_TRY(scp_tlv_expect(data, SCP_DATA_CARD_RECOGNITION, &outer));
    error = scp_tlv_find(outer, TAG_RECOGNITION_DATA, &inner);
    if (error != SCP_OK)
        return error == SCP_NOT_FOUND ? SCP_MALFORMED : error;
    struct scp_reader r = scp_reader_on(inner);
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        SCP_TRY(take_recognition(&tlv, out));
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error scp_card_recognition_option(const struct scp_card_recognition *data,
                                           uint8_t protocol, uint8_t *i)
{
    for (size_t n = 0; n < data->protocol_count; n++) {
        if (data->protocols[n].protocol == protocol) {
            *i = data->protocols[n].i;
            return SCP_OK;
        }
    }
    return SCP_NOT_FOUND;
}

/* ---- small ones --------------------------------------------------------------------------- */

/* An integer of one to four bytes. */
static enum scp_error get_number(struct scp_bytes value, uint32_t *out)
{
    if (value.len == 0 || value.len > sizeof *out)
        return SCP_OUT_OF_RANGE;
    *out = 0;
    for (size_t i = 0; i < value.len; i++)
        *out = *out << 8 | value.ptr[i];
    return SCP_OK;
}

static enum scp_error find_number(struct scp_bytes in, uint32_t tag, uint32_t *out)
{
    struct scp_bytes value;
    enum scp_error error = scp_tlv_find(in, tag, &value);
    if (error != SCP_OK)
        return error == SCP_NOT_FOUND ? SCP_MALFORMED : error;
    return get_number(value, out);
}

enum scp_error scp_card_resources_parse(struct scp_bytes data, struct scp_card_resources *out)
{
    struct scp_bytes value;
    struct scp_card_resources resources;
    SCP_TRY(scp_tlv_expect(data, SCP_DATA_EXTENDED_RESOURCES, &value));
    SCP_TRY(find_number(value, TAG_APPLICATIONS, &resources.applications));
    SCP_TRY(find_number(value, TAG_NON_VOLATILE, &resources.non_volatile_free));
    SCP_TRY(find_number(value, TAG_VOLATILE, &resources.volatile_free));
    *out = resources;
    return SCP_OK;
}

static void put_u32(struct scp_writer *w, uint32_t tag, uint32_t value)
{
    uint8_t bytes[4];
    scp_store_u32(bytes, value);
    scp_put_tlv(w, tag, SCP_BYTES(bytes));
}

void scp_put_card_resources(struct scp_writer *w, const struct scp_card_resources *resources)
{
    size_t mark = scp_tlv_begin(w, SCP_DATA_EXTENDED_RESOURCES);
    scp_put_tlv_u16(w, TAG_APPLICATIONS, (uint16_t)resources->applications);
    put_u32(w, TAG_NON_VOLATILE, resources->non_volatile_free);
    put_u32(w, TAG_VOLATILE, resources->volatile_free);
    scp_tlv_end(w, mark);
}

enum scp_error scp_sequence_counter_parse(struct scp_bytes data, uint32_t *counter)
{
    struct scp_bytes value;
    SCP_TRY(scp_data_value(data, SCP_DATA_SEQUENCE_COUNTER, &value));
    if (value.len != 2 && value.len != 3)
        return SCP_MALFORMED;
    return get_number(value, counter);
}

/* A data object of an FCI that need not be there. */
static enum scp_error find_optional(struct scp_bytes in, uint32_t tag, struct scp_bytes *out)
{
    enum scp_error error = scp_tlv_find(in, tag, out);
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error scp_fci_parse(struct scp_bytes data, struct scp_fci *out)
{
    struct scp_bytes fci;
    struct scp_bytes data_max = SCP_EMPTY;
    uint32_t number = 0;
    *out = (struct scp_fci){.data_max = 0};
    SCP_TRY(scp_tlv_expect(data, TAG_FCI, &fci));
    SCP_TRY(find_optional(fci, TAG_FCI_AID, &out->aid));
    SCP_TRY(find_optional(fci, TAG_PROPRIETARY, &out->proprietary));
    SCP_TRY(find_optional(out->proprietary, TAG_RECOGNITION_DATA, &out->management));
    SCP_TRY(find_optional(out->proprietary, TAG_DATA_MAX, &data_max));
    if (data_max.len > 2 || (data_max.len > 0 && get_number(data_max, &number) != SCP_OK))
        return SCP_MALFORMED;
    out->data_max = (uint16_t)number;
    return SCP_OK;
}

/* ---- card production life cycle data ------------------------------------------------------ */

static const struct {
    const char *name;
    size_t size;
} cplc_fields[SCP_CPLC_FIELD_COUNT] = {
#define SCP_CPLC_ROW(field, name, size) {name, size},
    SCP_CPLC_FIELDS(SCP_CPLC_ROW)
#undef SCP_CPLC_ROW
};

enum scp_error scp_cplc_parse(struct scp_bytes data, struct scp_bytes *cplc)
{
    SCP_TRY(scp_data_value(data, SCP_DATA_CPLC, cplc));
    return cplc->len == SCP_CPLC_SIZE ? SCP_OK : SCP_MALFORMED;
}

struct scp_bytes scp_cplc_field(struct scp_bytes cplc, enum scp_cplc_field field)
{
    size_t at = 0;
    for (size_t i = 0; i < (size_t)field; i++)
        at += cplc_fields[i].size;
    return scp_bytes_slice(cplc, at, cplc_fields[field].size);
}

const char *scp_cplc_field_name(enum scp_cplc_field field)
{
    return cplc_fields[field].name;
}
