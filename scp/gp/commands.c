#include "scp/gp/commands.h"

#include "scp/gp/status_words.h"
#include "scp/gp/tlv.h"

enum {
    TAG_AID = 0x4F,
    TAG_TAG_LIST = 0x5C,
    TAG_SIGNATURE = 0xB6,
    TAG_TOKEN = 0x9E,
    TAG_KEY_ID = 0xD0,
    TAG_KVN = 0xD2,
    SELECT_BY_NAME = 0x04,
    SELECT_NEXT = 0x02,
    DELETE_RELATED = 0x80,
    STATUS_NEXT = 0x01,
    STATUS_TLV = 0x02,
};

static const struct {
    uint8_t ins;
    const char *name;
} ins_names[] = {
    {SCP_INS_MANAGE_CHANNEL, "MANAGE CHANNEL"},
    {SCP_INS_BEGIN_R_MAC, "BEGIN R-MAC SESSION"},
    {SCP_INS_END_R_MAC, "END R-MAC SESSION"},
    {SCP_INS_INITIALIZE_UPDATE, "INITIALIZE UPDATE"},
    {SCP_INS_EXTERNAL_AUTHENTICATE, "EXTERNAL AUTHENTICATE"},
    {SCP_INS_SELECT, "SELECT"},
    {SCP_INS_GET_RESPONSE, "GET RESPONSE"},
    {SCP_INS_GET_DATA, "GET DATA"},
    {SCP_INS_PUT_KEY, "PUT KEY"},
    {SCP_INS_STORE_DATA, "STORE DATA"},
    {SCP_INS_DELETE, "DELETE"},
    {SCP_INS_INSTALL, "INSTALL"},
    {SCP_INS_LOAD, "LOAD"},
    {SCP_INS_SET_STATUS, "SET STATUS"},
    {SCP_INS_GET_STATUS, "GET STATUS"},
};

const char *scp_ins_name(uint8_t ins)
{
    for (size_t i = 0; i < sizeof ins_names / sizeof ins_names[0]; i++) {
        if (ins_names[i].ins == ins)
            return ins_names[i].name;
    }
    return NULL;
}

static bool is_aid(struct scp_bytes bytes)
{
    return bytes.len >= SCP_AID_MIN && bytes.len <= SCP_AID_MAX;
}

/* A command of class 80 with Le 00. */
static struct scp_apdu gp_command(uint8_t ins, uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    return (struct scp_apdu){
        .cla = SCP_CLA_GP, .ins = ins, .p1 = p1, .p2 = p2, .data = data, .le = 0};
}

/* ---- SELECT ------------------------------------------------------------------------------- */

struct scp_apdu scp_select(struct scp_bytes aid)
{
    struct scp_apdu apdu = gp_command(SCP_INS_SELECT, SELECT_BY_NAME, 0, aid);
    apdu.cla = SCP_CLA_ISO;
    return apdu;
}

struct scp_apdu scp_select_next(struct scp_bytes aid)
{
    struct scp_apdu apdu = scp_select(aid);
    apdu.p2 = SELECT_NEXT;
    return apdu;
}

/* ---- LOAD --------------------------------------------------------------------------------- */

enum scp_error scp_load_block(struct scp_bytes load_file, size_t room, size_t index,
                              struct scp_apdu *out)
{
    if (scp_segment_count(load_file.len, room) > SCP_LOAD_BLOCKS_MAX)
        return SCP_TOO_LONG;
    return scp_load_block_wrapping(load_file, room, index, out);
}

enum scp_error scp_load_block_wrapping(struct scp_bytes load_file, size_t room, size_t index,
                                       struct scp_apdu *out)
{
    size_t count = scp_segment_count(load_file.len, room);
    if (index >= count)
        return SCP_NOT_FOUND;
    uint8_t p1 = index + 1 == count ? SCP_LOAD_LAST : 0;
    *out = gp_command(SCP_INS_LOAD, p1, (uint8_t)index,
                      scp_bytes_slice(load_file, index * room, room));
    return SCP_OK;
}

/* ---- DELETE ------------------------------------------------------------------------------- */

static bool deletes_keys(const struct scp_delete *target)
{
    return target->has_kvn || target->has_key_id;
}

static enum scp_error check_delete(const struct scp_delete *target)
{
    if (deletes_keys(target))
        return target->aid.len == 0 ? SCP_OK : SCP_MALFORMED;
    if (target->aid.len == 0)
        return SCP_MALFORMED;
    return is_aid(target->aid) ? SCP_OK : SCP_OUT_OF_RANGE;
}

static void put_delete(struct scp_writer *w, const struct scp_delete *target)
{
    if (target->aid.len > 0)
        scp_put_tlv(w, TAG_AID, target->aid);
    if (target->has_key_id)
        scp_put_tlv_u8(w, TAG_KEY_ID, target->key_id);
    if (target->has_kvn)
        scp_put_tlv_u8(w, TAG_KVN, target->kvn);
    if (target->signature.len > 0)
        scp_put_tlv(w, TAG_SIGNATURE, target->signature);
    if (target->token.len > 0)
        scp_put_tlv(w, TAG_TOKEN, target->token);
}

enum scp_error scp_delete_command(const struct scp_delete *target, struct scp_writer *data,
                                  struct scp_apdu *out)
{
    SCP_TRY(check_delete(target));
    size_t start = data->len;
    put_delete(data, target);
    *out = gp_command(SCP_INS_DELETE, 0, target->related ? DELETE_RELATED : 0,
                      scp_bytes_from(scp_written(data), start));
    return scp_writer_status(data);
}

static enum scp_error take_u8(struct scp_bytes value, uint8_t *out, bool *has)
{
    if (value.len != 1)
        return SCP_OUT_OF_RANGE;
    *out = value.ptr[0];
    *has = true;
    return SCP_OK;
}

static enum scp_error take_delete(const struct scp_tlv *tlv, struct scp_delete *out)
{
    switch (tlv->tag) {
    case TAG_AID:
        out->aid = tlv->value;
        return is_aid(tlv->value) ? SCP_OK : SCP_OUT_OF_RANGE;
    case TAG_KEY_ID:
        return take_u8(tlv->value, &out->key_id, &out->has_key_id);
    case TAG_KVN:
        return take_u8(tlv->value, &out->kvn, &out->has_kvn);
    case TAG_SIGNATURE:
        out->signature = tlv->value;
        return SCP_OK;
    case TAG_TOKEN:
        out->token = tlv->value;
        return SCP_OK;
    default:
        return SCP_MALFORMED;
    }
}

enum scp_error scp_delete_parse(uint8_t p2, struct scp_bytes data, struct scp_delete *out)
{
    struct scp_reader r = scp_reader_on(data);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_delete){.related = (p2 & DELETE_RELATED) != 0};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        SCP_TRY(take_delete(&tlv, out));
    return error == SCP_NOT_FOUND ? check_delete(out) : error;
}

/* ---- SET STATUS --------------------------------------------------------------------------- */

struct scp_apdu scp_set_status(const struct scp_set_status *status)
{
    struct scp_apdu apdu = gp_command(SCP_INS_SET_STATUS, status->type, status->state, status->aid);
    apdu.le = SCP_NO_LE;
    return apdu;
}

enum scp_error scp_set_status_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                    struct scp_set_status *out)
{
    *out = (struct scp_set_status){.type = p1, .state = p2};
    if (p1 == SCP_SET_STATUS_CARD)
        return SCP_OK; /* its data are ignored (GPCS 11.10.2.3) */
    if (p1 != SCP_SET_STATUS_APPLICATION && p1 != SCP_SET_STATUS_DOMAIN_TREE)
        return SCP_OUT_OF_RANGE;
    out->aid = data;
    return is_aid(data) ? SCP_OK : SCP_OUT_OF_RANGE;
}

/* ---- GET STATUS --------------------------------------------------------------------------- */

struct scp_bytes scp_status_tags(uint8_t subset)
{
    static const uint8_t applications[] = {0x4F, 0x9F, 0x70, 0xC5, 0xCF, 0xC4, 0xCC};
    static const uint8_t load_files[] = {0x4F, 0x9F, 0x70, 0xCE, 0xCC};
    static const uint8_t modules[] = {0x4F, 0x9F, 0x70, 0xCE, 0xCC, 0x84};
    if (subset == SCP_STATUS_LOAD_FILES)
        return SCP_BYTES(load_files);
    if (subset == SCP_STATUS_LOAD_FILES_AND_MODULES)
        return SCP_BYTES(modules);
    return SCP_BYTES(applications);
}

enum scp_error scp_get_status_command(const struct scp_get_status *status, struct scp_writer *data,
                                      struct scp_apdu *out)
{
    if (status->aid.len > SCP_AID_MAX)
        return SCP_OUT_OF_RANGE;
    size_t start = data->len;
    scp_put_tlv(data, TAG_AID, status->aid);
    scp_put(data, status->filters);
    if (status->tag_list.len > 0)
        scp_put_tlv(data, TAG_TAG_LIST, status->tag_list);
    uint8_t p2 = (uint8_t)((status->legacy ? 0 : STATUS_TLV) | (status->next ? STATUS_NEXT : 0));
    *out = gp_command(SCP_INS_GET_STATUS, status->subset, p2,
                      scp_bytes_from(scp_written(data), start));
    return scp_writer_status(data);
}

/* Further search criteria, and the tag list that ends them. */
static enum scp_error parse_filters(struct scp_reader *r, struct scp_get_status *out)
{
    struct scp_bytes rest = scp_reader_rest(r);
    struct scp_tlv tlv;
    size_t filters_len = rest.len;
    enum scp_error error;
    while ((error = scp_tlv_next(r, &tlv)) == SCP_OK) {
        if (tlv.tag != TAG_TAG_LIST || filters_len < rest.len)
            continue;
        out->tag_list = tlv.value;
        filters_len = rest.len - scp_reader_left(r) - tlv.whole.len;
    }
    out->filters = scp_bytes_slice(rest, 0, filters_len);
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error scp_get_status_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                    struct scp_get_status *out)
{
    if ((p2 & ~(STATUS_NEXT | STATUS_TLV)) != 0)
        return SCP_MALFORMED;
    *out = (struct scp_get_status){
        .subset = p1, .next = (p2 & STATUS_NEXT) != 0, .legacy = (p2 & STATUS_TLV) == 0};
    struct scp_reader r = scp_reader_on(data);
    struct scp_tlv tlv = {.tag = 0};
    enum scp_error error = scp_tlv_next(&r, &tlv);
    if (error == SCP_NOT_FOUND || (error == SCP_OK && tlv.tag != TAG_AID))
        return SCP_MALFORMED;
    SCP_TRY(error);
    out->aid = tlv.value;
    SCP_TRY(parse_filters(&r, out));
    return out->aid.len <= SCP_AID_MAX ? SCP_OK : SCP_TOO_LONG;
}

enum scp_error scp_status_page(uint16_t sw, enum scp_page *page)
{
    switch (sw) {
    case SCP_SW_SUCCESS:
        *page = SCP_PAGE_LAST;
        return SCP_OK;
    case SCP_SW_MORE_DATA:
        *page = SCP_PAGE_MORE;
        return SCP_OK;
    case SCP_SW_DATA_NOT_FOUND:
        *page = SCP_PAGE_EMPTY;
        return SCP_OK;
    default:
        return SCP_STATUS_WORD;
    }
}

/* ---- GET DATA ----------------------------------------------------------------------------- */

struct scp_apdu scp_get_data(uint16_t tag)
{
    return gp_command(SCP_INS_GET_DATA, (uint8_t)(tag >> 8), (uint8_t)tag, SCP_EMPTY);
}
