#include "scp/gp/card_data.h"

#include "scp/gp/commands.h"
#include "scp/gp/tlv.h"

enum {
    TAG_AID = 0x4F,
    TAG_APPLICATION = 0x61,
    TAG_RECOGNITION_DATA = 0x73,
    TAG_APPLICATIONS = 0x81,
    TAG_NON_VOLATILE = 0x82,
    TAG_VOLATILE = 0x83,
    TAG_FCI = 0x6F,
    TAG_FCI_AID = 0x84,
    TAG_PROPRIETARY = 0xA5,
    TAG_DATA_MAX = 0x9F65,
    TAG_PRODUCTION = 0x9F6E,
    CONFIRMATION_COUNTER_SIZE = 2,
};

enum scp_error scp_data_value(struct scp_bytes data, uint16_t tag, struct scp_bytes *value)
{
    if (data.len == 0)
        return SCP_TRUNCATED;
    if (scp_tlv_expect(data, tag, value) != SCP_OK)
        *value = data;
    return SCP_OK;
}

enum scp_error scp_data_template(struct scp_bytes data, uint16_t tag, uint8_t first,
                                 struct scp_bytes *value)
{
    if (data.len > 0 && data.ptr[0] == first) {
        *value = data;
        return SCP_OK;
    }
    return scp_tlv_expect(data, tag, value);
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
    SCP_TRY(scp_data_template(data, SCP_DATA_EXTENDED_RESOURCES, TAG_APPLICATIONS, &value));
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

enum scp_error scp_confirmation_counter_parse(struct scp_bytes data, uint16_t *counter)
{
    struct scp_bytes value;
    SCP_TRY(scp_data_value(data, SCP_DATA_CONFIRMATION_COUNTER, &value));
    if (value.len != CONFIRMATION_COUNTER_SIZE)
        return SCP_MALFORMED;
    *counter = scp_load_u16(value.ptr);
    return SCP_OK;
}

/* ---- the list of applications ------------------------------------------------------------- */

struct scp_apdu scp_get_application_list(void)
{
    static const uint8_t all[] = {0x5C, 0x00};
    struct scp_apdu apdu = scp_get_data(SCP_DATA_APPLICATION_LIST);
    apdu.data = SCP_BYTES(all);
    return apdu;
}

enum scp_error scp_application_list_next(struct scp_reader *r, struct scp_aid *out)
{
    struct scp_tlv application;
    struct scp_bytes aid;
    SCP_TRY(scp_tlv_next(r, &application));
    if (application.tag != TAG_APPLICATION ||
        scp_tlv_find(application.value, TAG_AID, &aid) != SCP_OK)
        return SCP_MALFORMED;
    return scp_aid_from(out, aid) == SCP_OK ? SCP_OK : SCP_MALFORMED;
}

void scp_put_application(struct scp_writer *w, const struct scp_aid *aid)
{
    size_t mark = scp_tlv_begin(w, TAG_APPLICATION);
    scp_put_tlv(w, TAG_AID, scp_aid_bytes(aid));
    scp_tlv_end(w, mark);
}

/* ---- file control information ------------------------------------------------------------- */

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
    SCP_TRY(find_optional(out->proprietary, TAG_PRODUCTION, &out->production));
    SCP_TRY(find_optional(out->proprietary, TAG_DATA_MAX, &data_max));
    if (data_max.len > 2 || (data_max.len > 0 && get_number(data_max, &number) != SCP_OK))
        return SCP_MALFORMED;
    out->data_max = (uint16_t)number;
    return SCP_OK;
}
