#include "scp/gp/capability.h"

#include "scp/gp/card_data.h"
#include "scp/gp/tlv.h"

enum {
    TAG_PROTOCOL = 0xA0,
    TAG_TYPE = 0x80,
    TAG_OPTIONS = 0x81,
    TAG_KEY_SIZES = 0x82,
    TAG_SUITES = 0x83,
    TAG_PRE_SHARED_MAX = 0x84,
    TAG_FIRST_LIST = 0x81,
    TAG_LAST_LIST = 0x88,
    BIT_MAP_MAX = 2, /* bytes */
};

static uint8_t first_byte(struct scp_bytes value)
{
    return value.len > 0 ? value.ptr[0] : 0;
}

static void take_protocol_field(const struct scp_tlv *tlv, struct scp_capability_protocol *out)
{
    if (tlv->tag == TAG_TYPE)
        out->protocol = first_byte(tlv->value);
    else if (tlv->tag == TAG_OPTIONS)
        out->options = tlv->value;
    else if (tlv->tag == TAG_KEY_SIZES)
        out->key_sizes = first_byte(tlv->value);
    else if (tlv->tag == TAG_SUITES)
        out->suites = tlv->value;
    else if (tlv->tag == TAG_PRE_SHARED_MAX)
        out->pre_shared_max = first_byte(tlv->value);
}

static enum scp_error take_protocol(struct scp_bytes value, struct scp_card_capability *out)
{
    struct scp_reader r = scp_reader_on(value);
    struct scp_tlv tlv;
    enum scp_error error;
    if (out->protocol_count == SCP_CAPABILITY_PROTOCOLS_MAX)
        return SCP_TOO_LONG;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        take_protocol_field(&tlv, &out->protocols[out->protocol_count]);
    out->protocol_count++;
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

/* Where the value of a list is kept; NULL for a tag that is none. */
static struct scp_bytes *list_of(struct scp_card_capability *out, uint32_t tag)
{
    struct scp_bytes *const lists[] = {&out->domain_privileges,
                                       &out->application_privileges,
                                       &out->hashes,
                                       &out->load_file_ciphers,
                                       &out->token_ciphers,
                                       &out->receipt_ciphers,
                                       &out->dap_ciphers,
                                       &out->curves};
    bool known = tag >= TAG_FIRST_LIST && tag <= TAG_LAST_LIST;
    return known ? lists[tag - TAG_FIRST_LIST] : NULL;
}

static enum scp_error open_template(struct scp_bytes data, struct scp_bytes *value)
{
    struct scp_bytes inner;
    SCP_TRY(scp_data_template(data, SCP_DATA_CARD_CAPABILITY, TAG_PROTOCOL, value));
    if (scp_tlv_expect(*value, SCP_DATA_CARD_CAPABILITY, &inner) == SCP_OK)
        *value = inner;
    return SCP_OK;
}

enum scp_error scp_card_capability_parse(struct scp_bytes data, struct scp_card_capability *out)
{
    struct scp_bytes value;
    struct scp_tlv tlv;
    enum scp_error error;
    bool any = false;
    *out = (struct scp_card_capability){.protocol_count = 0};
    SCP_TRY(open_template(data, &value));
    struct scp_reader r = scp_reader_on(value);
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        struct scp_bytes *list = list_of(out, tlv.tag);
        if (tlv.tag == TAG_PROTOCOL)
            SCP_TRY(take_protocol(tlv.value, out));
        else if (list != NULL)
            *list = tlv.value;
        any = any || tlv.tag == TAG_PROTOCOL || list != NULL;
    }
    if (error != SCP_NOT_FOUND)
        return error;
    return any ? SCP_OK : SCP_MALFORMED;
}

bool scp_signature_supported(struct scp_bytes list, enum scp_signature_suite suite)
{
    if (list.len > BIT_MAP_MAX) {
        for (size_t i = 0; i < list.len; i++) {
            if (list.ptr[i] == suite)
                return true;
        }
        return false;
    }
    unsigned map = first_byte(list) | (unsigned)first_byte(scp_bytes_from(list, 1)) << 8;
    return (map & suite) != 0;
}
