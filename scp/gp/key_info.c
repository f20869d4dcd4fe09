/* Key information (GPCS 11.3.3.1, tables 11-28 and 11-29). */
#include "scp/gp/card_data.h"
#include "scp/gp/tlv.h"

enum { TAG_KEY_INFORMATION = 0xC0, TYPE_EXTENDED = 0xFF };

enum scp_error scp_key_info_open(struct scp_key_info_reader *r, struct scp_bytes data)
{
    struct scp_bytes value;
    SCP_TRY(scp_data_template(data, SCP_DATA_KEY_INFORMATION, TAG_KEY_INFORMATION, &value));
    r->in = scp_reader_on(value);
    return SCP_OK;
}

enum scp_error scp_key_info_next(struct scp_key_info_reader *r, struct scp_key_info *out)
{
    struct scp_tlv tlv;
    SCP_TRY(scp_tlv_next(&r->in, &tlv));
    if (tlv.tag != TAG_KEY_INFORMATION)
        return SCP_MALFORMED;
    return scp_key_info_parse(tlv.value, out);
}

static enum scp_error add_component(struct scp_key_info *out, uint8_t type, uint16_t len)
{
    if (out->component_count == SCP_KEY_INFO_COMPONENTS_MAX)
        return SCP_TOO_LONG;
    out->components[out->component_count].type = type;
    out->components[out->component_count].len = len;
    out->component_count++;
    return SCP_OK;
}

/* Components of type FF xx, then usage and access, each with a length. */
static enum scp_error parse_extended(struct scp_reader *r, struct scp_key_info *out)
{
    out->extended = true;
    while (scp_peek_u8(r) == TYPE_EXTENDED) {
        (void)scp_get_u8(r);
        uint8_t type = scp_get_u8(r);
        SCP_TRY(add_component(out, type, scp_get_u16(r)));
    }
    out->usage = scp_get_lv(r);
    out->access = scp_get_lv(r);
    return scp_reader_end(r);
}

enum scp_error scp_key_info_parse(struct scp_bytes value, struct scp_key_info *out)
{
    struct scp_reader r = scp_reader_on(value);
    *out = (struct scp_key_info){.extended = false};
    out->key_id = scp_get_u8(&r);
    out->kvn = scp_get_u8(&r);
    SCP_TRY(scp_reader_status(&r));
    if (scp_peek_u8(&r) == TYPE_EXTENDED)
        return parse_extended(&r, out);
    do {
        uint8_t type = scp_get_u8(&r);
        SCP_TRY(add_component(out, type, scp_get_u8(&r)));
    } while (scp_reader_left(&r) > 0);
    return scp_reader_end(&r);
}

static void put_extended(struct scp_writer *w, const struct scp_key_info *info)
{
    for (size_t i = 0; i < info->component_count; i++) {
        scp_put_u8(w, TYPE_EXTENDED);
        scp_put_u8(w, info->components[i].type);
        scp_put_u16(w, info->components[i].len);
    }
    scp_put_lv(w, info->usage);
    scp_put_lv(w, info->access);
}

static void put_basic(struct scp_writer *w, const struct scp_key_info *info)
{
    for (size_t i = 0; i < info->component_count; i++) {
        uint16_t len = info->components[i].len;
        scp_put_u8(w, info->components[i].type);
        scp_put_u8(w, len > UINT8_MAX ? 0 : (uint8_t)len);
    }
}

void scp_put_key_info(struct scp_writer *w, const struct scp_key_info *info)
{
    size_t mark = scp_tlv_begin(w, TAG_KEY_INFORMATION);
    scp_put_u8(w, info->key_id);
    scp_put_u8(w, info->kvn);
    if (info->extended)
        put_extended(w, info);
    else
        put_basic(w, info);
    scp_tlv_end(w, mark);
}
