#include "scp/gp/uicc.h"

#include "scp/gp/tlv.h"

enum {
    TAG_TOOLKIT = 0x80,
    TAG_ACCESS = 0x81,
    TAG_ADMINISTRATIVE_ACCESS = 0x82,
    TAR_SIZE = 3,
};

/* ---- building ----------------------------------------------------------------------------- */

static void put_toolkit(struct scp_writer *w, const struct scp_uicc_toolkit *toolkit)
{
    if (toolkit->menu_count > SCP_UICC_MENU_MAX || toolkit->tars.len % TAR_SIZE != 0) {
        scp_writer_fail(w, SCP_OUT_OF_RANGE);
        return;
    }
    size_t mark = scp_tlv_begin(w, TAG_TOOLKIT);
    scp_put_u8(w, toolkit->priority);
    scp_put_u8(w, toolkit->timers);
    scp_put_u8(w, toolkit->text_length);
    scp_put_u8(w, (uint8_t)toolkit->menu_count);
    for (size_t i = 0; i < toolkit->menu_count; i++) {
        scp_put_u8(w, toolkit->menu[i].position);
        scp_put_u8(w, toolkit->menu[i].id);
    }
    scp_put_u8(w, toolkit->channels);
    scp_put_lv(w, toolkit->minimum_level);
    scp_put_lv(w, toolkit->tars);
    scp_put_u8(w, toolkit->services);
    scp_tlv_end(w, mark);
}

static void put_access(struct scp_writer *w, uint32_t tag, const struct scp_uicc_access *access)
{
    if (access->count == 0)
        return;
    if (access->count > SCP_UICC_FILE_SYSTEMS_MAX) {
        scp_writer_fail(w, SCP_OUT_OF_RANGE);
        return;
    }
    size_t mark = scp_tlv_begin(w, tag);
    for (size_t i = 0; i < access->count; i++) {
        scp_put_lv(w, access->rights[i].aid);
        scp_put_lv(w, access->rights[i].domain);
        scp_put_lv(w, access->rights[i].dap);
    }
    scp_tlv_end(w, mark);
}

void scp_put_uicc(struct scp_writer *w, const struct scp_uicc *uicc)
{
    if (uicc->has_toolkit)
        put_toolkit(w, &uicc->toolkit);
    put_access(w, TAG_ACCESS, &uicc->access);
    put_access(w, TAG_ADMINISTRATIVE_ACCESS, &uicc->administrative_access);
}

/* ---- parsing ------------------------------------------------------------------------------ */

static enum scp_error parse_toolkit(struct scp_bytes value, struct scp_uicc_toolkit *out)
{
    struct scp_reader r = scp_reader_on(value);
    out->priority = scp_get_u8(&r);
    out->timers = scp_get_u8(&r);
    out->text_length = scp_get_u8(&r);
    out->menu_count = scp_get_u8(&r);
    if (out->menu_count > SCP_UICC_MENU_MAX)
        return SCP_TOO_LONG;
    for (size_t i = 0; i < out->menu_count; i++) {
        out->menu[i].position = scp_get_u8(&r);
        out->menu[i].id = scp_get_u8(&r);
    }
    out->channels = scp_get_u8(&r);
    out->minimum_level = scp_get_lv(&r);
    out->tars = scp_get_lv(&r);
    out->services = scp_get_u8(&r);
    SCP_TRY(scp_reader_end(&r));
    return out->tars.len % TAR_SIZE == 0 ? SCP_OK : SCP_OUT_OF_RANGE;
}

static enum scp_error parse_access(struct scp_bytes value, struct scp_uicc_access *out)
{
    struct scp_reader r = scp_reader_on(value);
    for (out->count = 0; scp_reader_left(&r) > 0; out->count++) {
        if (out->count == SCP_UICC_FILE_SYSTEMS_MAX)
            return SCP_TOO_LONG;
        struct scp_uicc_rights *rights = &out->rights[out->count];
        rights->aid = scp_get_lv(&r);
        rights->domain = scp_get_lv(&r);
        rights->dap = scp_get_lv(&r);
    }
    return scp_reader_end(&r);
}

enum scp_error scp_uicc_parse(struct scp_bytes value, struct scp_uicc *out)
{
    struct scp_reader r = scp_reader_on(value);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_uicc){.has_toolkit = false};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        if (tlv.tag == TAG_TOOLKIT) {
            out->has_toolkit = true;
            SCP_TRY(parse_toolkit(tlv.value, &out->toolkit));
        } else if (tlv.tag == TAG_ACCESS) {
            SCP_TRY(parse_access(tlv.value, &out->access));
        } else if (tlv.tag == TAG_ADMINISTRATIVE_ACCESS) {
            SCP_TRY(parse_access(tlv.value, &out->administrative_access));
        }
    }
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}
