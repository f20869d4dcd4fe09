#include "scp/gp/load_file.h"

#include "scp/gp/tlv.h"

enum {
    TAG_DAP = 0xE2,
    TAG_AID = 0x4F,
    TAG_SIGNATURE = 0xC3,
    TAG_DATA_BLOCK = 0xC4,
    TAG_ICV = 0xD3,
    TAG_CIPHERED = 0xD4,
};

/* ---- components and the load file data block ---------------------------------------------- */

static const char *const component_names[SCP_COMPONENT_TAGS] = {
    [SCP_COMPONENT_HEADER] = "Header",
    [SCP_COMPONENT_DIRECTORY] = "Directory",
    [SCP_COMPONENT_APPLET] = "Applet",
    [SCP_COMPONENT_IMPORT] = "Import",
    [SCP_COMPONENT_CONSTANT_POOL] = "ConstantPool",
    [SCP_COMPONENT_CLASS] = "Class",
    [SCP_COMPONENT_METHOD] = "Method",
    [SCP_COMPONENT_STATIC_FIELD] = "StaticField",
    [SCP_COMPONENT_REFERENCE_LOCATION] = "RefLocation",
    [SCP_COMPONENT_EXPORT] = "Export",
    [SCP_COMPONENT_DESCRIPTOR] = "Descriptor",
    [SCP_COMPONENT_DEBUG] = "Debug",
};

/* The order in which a card can link them (JCVM specification 6.2, installation order). */
static const uint8_t load_order[] = {
    SCP_COMPONENT_HEADER,        SCP_COMPONENT_DIRECTORY,
    SCP_COMPONENT_IMPORT,        SCP_COMPONENT_APPLET,
    SCP_COMPONENT_CLASS,         SCP_COMPONENT_METHOD,
    SCP_COMPONENT_STATIC_FIELD,  SCP_COMPONENT_EXPORT,
    SCP_COMPONENT_CONSTANT_POOL, SCP_COMPONENT_REFERENCE_LOCATION,
};

const char *scp_component_name(uint8_t tag)
{
    return tag < SCP_COMPONENT_TAGS ? component_names[tag] : NULL;
}

void scp_put_data_block(struct scp_writer *w, const struct scp_components *components,
                        bool with_descriptor)
{
    for (size_t i = 0; i < sizeof load_order; i++)
        scp_put(w, components->by_tag[load_order[i]]);
    if (with_descriptor)
        scp_put(w, components->by_tag[SCP_COMPONENT_DESCRIPTOR]);
}

enum scp_error scp_data_block_split(struct scp_bytes data_block, struct scp_components *out)
{
    struct scp_components split = {.by_tag = {SCP_EMPTY}};
    struct scp_reader r = scp_reader_on(data_block);
    while (scp_reader_left(&r) > 0) {
        struct scp_bytes rest = scp_reader_rest(&r);
        uint8_t tag = scp_get_u8(&r);
        size_t size = scp_get_u16(&r);
        (void)scp_get(&r, size);
        SCP_TRY(scp_reader_status(&r));
        if (scp_component_name(tag) == NULL)
            return SCP_MALFORMED;
        if (split.by_tag[tag].len != 0)
            return SCP_DUPLICATE;
        split.by_tag[tag] = scp_bytes_slice(rest, 0, rest.len - scp_reader_left(&r));
    }
    *out = split;
    return SCP_OK;
}

enum scp_error scp_component_check(struct scp_bytes component, uint8_t tag)
{
    struct scp_reader r = scp_reader_on(component);
    uint8_t found = scp_get_u8(&r);
    size_t size = scp_get_u16(&r);
    (void)scp_get(&r, size);
    if (scp_reader_status(&r) == SCP_OK && found != tag)
        return SCP_MALFORMED;
    return scp_reader_end(&r);
}

/* ---- the load file ------------------------------------------------------------------------ */

void scp_put_dap(struct scp_writer *w, const struct scp_dap *dap)
{
    size_t mark = scp_tlv_begin(w, TAG_DAP);
    scp_put_tlv(w, TAG_AID, scp_aid_bytes(&dap->security_domain));
    scp_put_tlv(w, TAG_SIGNATURE, dap->signature);
    scp_tlv_end(w, mark);
}

void scp_put_load_file(struct scp_writer *w, const struct scp_dap *daps, size_t dap_count,
                       struct scp_bytes data_block)
{
    for (size_t i = 0; i < dap_count; i++)
        scp_put_dap(w, &daps[i]);
    scp_put_tlv(w, TAG_DATA_BLOCK, data_block);
}

void scp_put_ciphered_load_file(struct scp_writer *w, const struct scp_dap *daps, size_t dap_count,
                                struct scp_bytes icv, struct scp_bytes ciphered)
{
    for (size_t i = 0; i < dap_count; i++)
        scp_put_dap(w, &daps[i]);
    if (icv.len > 0)
        scp_put_tlv(w, TAG_ICV, icv);
    scp_put_tlv(w, TAG_CIPHERED, ciphered);
}

static enum scp_error parse_dap(struct scp_bytes value, struct scp_dap *out)
{
    struct scp_bytes aid;
    enum scp_error error = scp_tlv_find(value, TAG_AID, &aid);
    if (error == SCP_OK)
        error = scp_tlv_find(value, TAG_SIGNATURE, &out->signature);
    if (error != SCP_OK)
        return error == SCP_NOT_FOUND ? SCP_MALFORMED : error;
    return scp_aid_from(&out->security_domain, aid);
}

static bool has_data_block(const struct scp_load_file *file)
{
    return file->data_block.len > 0 || file->ciphered.len > 0;
}

static enum scp_error take_dap(struct scp_bytes value, struct scp_load_file *out)
{
    if (has_data_block(out))
        return SCP_MALFORMED;
    if (out->dap_count == SCP_LOAD_FILE_DAPS_MAX)
        return SCP_TOO_LONG;
    return parse_dap(value, &out->daps[out->dap_count++]);
}

/* The ICV stands before what it is for, and a load file has one data block. */
static enum scp_error take_once(struct scp_bytes value, struct scp_bytes *place,
                                const struct scp_load_file *file)
{
    if (has_data_block(file) || place->len > 0 || value.len == 0)
        return SCP_MALFORMED;
    *place = value;
    return SCP_OK;
}

static enum scp_error take_object(const struct scp_tlv *tlv, struct scp_load_file *out)
{
    switch (tlv->tag) {
    case TAG_DAP:
        return take_dap(tlv->value, out);
    case TAG_ICV:
        return take_once(tlv->value, &out->icv, out);
    case TAG_DATA_BLOCK:
        return take_once(tlv->value, &out->data_block, out);
    case TAG_CIPHERED:
        return take_once(tlv->value, &out->ciphered, out);
    default:
        return SCP_MALFORMED;
    }
}

enum scp_error scp_load_file_parse(struct scp_bytes load_file, struct scp_load_file *out)
{
    struct scp_reader r = scp_reader_on(load_file);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_load_file){.dap_count = 0};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        SCP_TRY(take_object(&tlv, out));
    if (error != SCP_NOT_FOUND)
        return error;
    bool has_icv_for_nothing = out->icv.len > 0 && out->ciphered.len == 0;
    return has_data_block(out) && !has_icv_for_nothing ? SCP_OK : SCP_MALFORMED;
}

enum scp_error scp_data_block_hash(enum scp_hash hash, struct scp_bytes data_block,
                                   struct scp_digest *out)
{
    return scp_hash(hash, data_block, out);
}
