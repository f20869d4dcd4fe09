/* The transaction log (Book 3 annex D): when a transaction is approved, a record of the fields that
 * 9F4F asks for is put before the others of the file that 9F4D in the FCI names, and the oldest one
 * falls out. Both are personalised: 9F4F as an object of the FCI or of a record, because GET DATA
 * alone reads it from the card. */
#include "agent/card/payment.h"

enum {
    TAG_CDOL1 = 0x8C,
    TAG_LOG_ENTRY = 0x9F4D,
    TAG_LOG_FORMAT = 0x9F4F,
    TAG_ATC = 0x9F36,
    TAG_INFORMATION = 0x9F27,
    LOG_SFI_FIRST = 11,
    LOG_SFI_LAST = 30,
    LOG_RECORDS_MAX = 30,
    LOG_RECORD_MAX = 128,
};

bool payment_log_format(const struct card_application *app, struct scp_bytes *format)
{
    return payment_record_value(app, TAG_LOG_FORMAT, format);
}

/* Which file, and how many records it keeps. */
static bool log_file(const struct card_applet_call *call, uint32_t *sfi, uint32_t *records)
{
    struct scp_bytes discretionary;
    struct scp_bytes entry;
    if (!payment_fci_value(call, 0xBF0C, &discretionary) ||
        scp_tlv_find(discretionary, TAG_LOG_ENTRY, &entry) != SCP_OK || entry.len != 2)
        return false;
    *sfi = entry.ptr[0];
    *records = entry.ptr[1];
    return *sfi >= LOG_SFI_FIRST && *sfi <= LOG_SFI_LAST && *records > 0 &&
           *records <= LOG_RECORDS_MAX;
}

/* One field: the card's own, else the terminal's as CDOL1 brought it. */
static void put_field(const struct card_applet_call *call, const struct payment_made *made,
                      uint32_t tag, struct scp_writer *w, size_t len)
{
    struct scp_bytes cdol;
    struct scp_bytes value;
    struct scp_bytes data =
        scp_bytes_of(call->state + PAYMENT_AT_DOL, call->state[PAYMENT_AT_DOL_LEN]);
    if (tag == TAG_ATC && len == 2)
        scp_put_u16(w, payment_number(call->app, PAYMENT_ATC, 0));
    else if (tag == TAG_INFORMATION && len == 1)
        scp_put_u8(w, made->kind);
    else if (payment_record_value(call->app, TAG_CDOL1, &cdol) &&
             payment_dol_value(cdol, data, tag, &value) && value.len == len)
        scp_put(w, value);
    else
        scp_put_fill(w, 0, len);
}

/* Records 1 to n - 1 become 2 to n. */
static uint16_t shift(struct card_application *app, uint32_t sfi, uint32_t records)
{
    for (uint32_t n = records; n > 1; n--) {
        uint8_t buffer[LOG_RECORD_MAX];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        if (!payment_has(app, sfi << 8 | (n - 1)))
            continue;
        scp_put(&w, payment_object(app, sfi << 8 | (n - 1)));
        uint16_t sw = card_put_object_sw(app, sfi << 8 | n, scp_written(&w));
        if (sw != SCP_SW_SUCCESS)
            return sw;
    }
    return SCP_SW_SUCCESS;
}

uint16_t payment_log(const struct card_applet_call *call, const struct payment_made *made)
{
    uint32_t sfi;
    uint32_t records;
    struct scp_bytes format;
    uint8_t buffer[LOG_RECORD_MAX];
    if (!log_file(call, &sfi, &records) || !payment_log_format(call->app, &format))
        return SCP_SW_SUCCESS;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_reader r = scp_reader_on(format);
    while (scp_reader_left(&r) > 0 && scp_reader_status(&r) == SCP_OK) {
        uint32_t tag = scp_get_tag(&r);
        put_field(call, made, tag, &w, scp_get_u8(&r));
    }
    if (scp_writer_status(&w) != SCP_OK || scp_reader_status(&r) != SCP_OK)
        return SCP_SW_SUCCESS; /* a log that cannot be written does not stop a payment */
    uint16_t sw = shift(call->app, sfi, records);
    return sw == SCP_SW_SUCCESS ? card_put_object_sw(call->app, sfi << 8 | 1, scp_written(&w)) : sw;
}
