#include "scp/gp/crs.h"

#include "scp/gp/commands.h"
#include "scp/gp/tlv.h"

enum {
    TAG_ENTRY = 0x61,
    TAG_AID = 0x4F,
    TAG_LIFE_CYCLE = 0x9F70,
    TAG_COUNTER = 0x80,
    TAG_PRIORITY = 0x81,
    TAG_HEAD = 0xA2,
    TAG_MEMBERS = 0xA3,
    TAG_OBSERVERS = 0xA4,
    TAG_RESTRICTED = 0xA5,
    TAG_DISCRETIONARY = 0xA6,
    TAG_FAMILY = 0x87,
    TAG_DISPLAY = 0x88,
    AVAILABILITY = 0x01, /* P1 */
};

static uint8_t byte_at(struct scp_bytes value, size_t i)
{
    return i < value.len ? value.ptr[i] : 0;
}

static void take_field(const struct scp_tlv *tlv, struct scp_crs_entry *out)
{
    switch (tlv->tag) {
    case TAG_AID:
        if (scp_aid_from(&out->aid, tlv->value) != SCP_OK)
            out->aid.len = 0;
        break;
    case TAG_LIFE_CYCLE:
        out->life_cycle = byte_at(tlv->value, 0);
        out->activation = byte_at(tlv->value, 1);
        break;
    case TAG_COUNTER:
        out->counter = tlv->value;
        break;
    case TAG_PRIORITY:
        out->has_priority = tlv->value.len > 0;
        out->priority = byte_at(tlv->value, 0);
        break;
    case TAG_HEAD:
        out->head = tlv->value;
        break;
    case TAG_MEMBERS:
        out->members = tlv->value;
        break;
    case TAG_OBSERVERS:
        out->observers = tlv->value;
        break;
    case TAG_RESTRICTED:
        out->restricted = tlv->value;
        break;
    case TAG_DISCRETIONARY:
        out->discretionary = tlv->value;
        break;
    case TAG_FAMILY:
        out->family = tlv->value;
        break;
    case TAG_DISPLAY:
        out->needs_no_display = byte_at(tlv->value, 0) == 1;
        break;
    default:
        break;
    }
}

enum scp_error scp_crs_next(struct scp_reader *r, struct scp_crs_entry *out)
{
    struct scp_tlv entry;
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_crs_entry){.life_cycle = 0};
    SCP_TRY(scp_tlv_next(r, &entry));
    if (entry.tag != TAG_ENTRY)
        return SCP_MALFORMED;
    out->data = entry.value;
    struct scp_reader fields = scp_reader_on(entry.value);
    while ((error = scp_tlv_next(&fields, &tlv)) == SCP_OK)
        take_field(&tlv, out);
    return error == SCP_NOT_FOUND && out->aid.len > 0 ? SCP_OK : SCP_MALFORMED;
}

void scp_put_crs_application(struct scp_writer *w, struct scp_bytes aid)
{
    scp_put_tlv(w, TAG_AID, aid);
}

struct scp_apdu scp_crs_set_status(const struct scp_crs_set_status *status)
{
    return (struct scp_apdu){.cla = SCP_CLA_GP,
                             .ins = SCP_INS_SET_STATUS,
                             .p1 = AVAILABILITY,
                             .p2 = (uint8_t)status->state,
                             .data = status->applications,
                             .le = 0};
}

enum scp_error scp_crs_set_status_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                        struct scp_crs_set_status *out)
{
    bool state =
        p2 == SCP_CRS_DEACTIVATED || p2 == SCP_CRS_ACTIVATED || p2 == SCP_CRS_NOT_ACTIVATABLE;
    if (p1 != AVAILABILITY || !state)
        return SCP_OUT_OF_RANGE;
    struct scp_reader r = scp_reader_on(data);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_crs_set_status){.state = (enum scp_crs_state)p2, .applications = data};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        if (tlv.tag != TAG_AID)
            return SCP_MALFORMED;
    }
    if (error != SCP_NOT_FOUND)
        return error;
    return data.len > 0 ? SCP_OK : SCP_MALFORMED;
}
