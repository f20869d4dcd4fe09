#include "scp/gp/apdu.h"

enum { HEADER_SIZE = 4 };

/* What follows the header: Le alone, or Lc and data, with or without Le (ISO/IEC 7816-3 12.1.3). */
static enum scp_error parse_body(struct scp_reader *r, struct scp_apdu *out)
{
    uint8_t length = scp_get_u8(r);
    if (scp_reader_left(r) == 0) {
        out->le = length;
        return scp_reader_status(r);
    }
    if (length == 0)
        return SCP_UNSUPPORTED; /* 00 before more bytes opens an extended length */
    out->data = scp_get(r, length);
    if (scp_reader_left(r) > 0)
        out->le = scp_get_u8(r);
    return scp_reader_end(r);
}

enum scp_error scp_apdu_parse(struct scp_bytes bytes, struct scp_apdu *out)
{
    struct scp_reader r = scp_reader_on(bytes);
    struct scp_apdu apdu = {.data = SCP_EMPTY, .le = SCP_NO_LE};
    apdu.cla = scp_get_u8(&r);
    apdu.ins = scp_get_u8(&r);
    apdu.p1 = scp_get_u8(&r);
    apdu.p2 = scp_get_u8(&r);
    SCP_TRY(scp_reader_status(&r));
    if (bytes.len > HEADER_SIZE)
        SCP_TRY(parse_body(&r, &apdu));
    *out = apdu;
    return SCP_OK;
}

void scp_put_apdu(struct scp_writer *w, const struct scp_apdu *apdu)
{
    if (apdu->data.len > SCP_APDU_DATA_MAX)
        scp_writer_fail(w, SCP_TOO_LONG);
    scp_put_u8(w, apdu->cla);
    scp_put_u8(w, apdu->ins);
    scp_put_u8(w, apdu->p1);
    scp_put_u8(w, apdu->p2);
    if (apdu->data.len > 0)
        scp_put_lv(w, apdu->data);
    if (apdu->le != SCP_NO_LE)
        scp_put_u8(w, (uint8_t)apdu->le);
}

enum scp_error scp_response_parse(struct scp_bytes bytes, struct scp_response *out)
{
    if (bytes.len < 2)
        return SCP_TRUNCATED;
    size_t data_len = bytes.len - 2;
    out->data = scp_bytes_slice(bytes, 0, data_len);
    out->sw = scp_load_u16(scp_bytes_from(bytes, data_len).ptr);
    return SCP_OK;
}
