/* Object identifiers, and card recognition data (GPCS H.2, H.3). */
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
    TAG_TRUST_POINT = 0x67,
    TAG_CERTIFICATES = 0x68,
    ARC_MORE = 0x80,
    ARC_BITS = 7,
};

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

static enum scp_error take_protocol(struct scp_bytes oid, struct scp_card_recognition *out)
{
    uint8_t protocol;
    uint8_t i;
    if (!read_protocol(oid, &protocol, &i)) {
        out->foreign_protocol = oid;
        return SCP_OK;
    }
    if (out->protocol_count == SCP_RECOGNITION_PROTOCOLS_MAX)
        return SCP_TOO_LONG;
    out->protocols[out->protocol_count].protocol = protocol;
    out->protocols[out->protocol_count].i = i;
    out->protocol_count++;
    return SCP_OK;
}

/* One identifier (format 1) or several (format 2). What else a card puts there is passed over. */
static enum scp_error take_protocols(struct scp_bytes value, struct scp_card_recognition *out)
{
    struct scp_reader r = scp_reader_on(value);
    struct scp_tlv tlv;
    while (scp_tlv_next(&r, &tlv) == SCP_OK) {
        if (tlv.tag == TAG_OID)
            SCP_TRY(take_protocol(tlv.value, out));
    }
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
        return take_protocols(tlv->value, out);
    case TAG_CONFIGURATION:
        out->configuration = tlv->value;
        break;
    case TAG_CHIP:
        out->chip = tlv->value;
        break;
    case TAG_TRUST_POINT:
        out->trust_point = tlv->value;
        break;
    case TAG_CERTIFICATES:
        out->certificates = tlv->value;
        break;
    default:
        break;
    }
    return SCP_OK;
}

enum scp_error scp_management_data_parse(struct scp_bytes value, struct scp_card_recognition *out)
{
    struct scp_reader r = scp_reader_on(value);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_card_recognition){.protocol_count = 0};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        SCP_TRY(take_recognition(&tlv, out));
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error scp_card_recognition_parse(struct scp_bytes data, struct scp_card_recognition *out)
{
    struct scp_bytes outer;
    struct scp_bytes inner;
    SCP_TRY(scp_data_template(data, SCP_DATA_CARD_RECOGNITION, TAG_RECOGNITION_DATA, &outer));
    enum scp_error error = scp_tlv_find(outer, TAG_RECOGNITION_DATA, &inner);
    if (error != SCP_OK)
        return error == SCP_NOT_FOUND ? SCP_MALFORMED : error;
    return scp_management_data_parse(inner, out);
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
