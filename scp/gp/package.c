/* The Header, Applet and Import components (JCVM specification 6.4, 6.6, 6.7). */
#include "scp/gp/load_file.h"

static const uint32_t magic = 0xDECAFFED;

enum { FLAG_EXTENDED = 0x08, COMPONENT_HEAD = 3 };

/* A reader on the info of a component, behind tag and size. */
static enum scp_error open_component(struct scp_bytes component, uint8_t tag, struct scp_reader *r)
{
    SCP_TRY(scp_component_check(component, tag));
    *r = scp_reader_on(scp_bytes_from(component, COMPONENT_HEAD));
    return SCP_OK;
}

static enum scp_error get_aid(struct scp_reader *r, struct scp_aid *out)
{
    struct scp_bytes bytes = scp_get_lv(r);
    SCP_TRY(scp_reader_status(r));
    return scp_aid_from(out, bytes);
}

/* What may follow the package information, the package's name, is of no interest. */
static enum scp_error parse_header(struct scp_bytes component, struct scp_package *out)
{
    struct scp_reader r;
    SCP_TRY(open_component(component, SCP_COMPONENT_HEADER, &r));
    if (scp_get_u32(&r) != magic)
        return SCP_MALFORMED;
    out->format_minor = scp_get_u8(&r);
    out->format_major = scp_get_u8(&r);
    out->flags = scp_get_u8(&r);
    out->minor = scp_get_u8(&r);
    out->major = scp_get_u8(&r);
    SCP_TRY(get_aid(&r, &out->aid));
    return (out->flags & FLAG_EXTENDED) != 0 ? SCP_UNSUPPORTED : SCP_OK;
}

static enum scp_error parse_applets(struct scp_bytes component, struct scp_package *out)
{
    struct scp_reader r;
    SCP_TRY(open_component(component, SCP_COMPONENT_APPLET, &r));
    size_t count = scp_get_u8(&r);
    if (count > SCP_PACKAGE_APPLETS_MAX)
        return SCP_TOO_LONG;
    for (size_t i = 0; i < count; i++) {
        SCP_TRY(get_aid(&r, &out->applets[i]));
        out->install_offsets[i] = scp_get_u16(&r);
    }
    out->applet_count = count;
    return scp_reader_end(&r);
}

static enum scp_error parse_imports(struct scp_bytes component, struct scp_package *out)
{
    struct scp_reader r;
    SCP_TRY(open_component(component, SCP_COMPONENT_IMPORT, &r));
    size_t count = scp_get_u8(&r);
    if (count > SCP_PACKAGE_IMPORTS_MAX)
        return SCP_TOO_LONG;
    for (size_t i = 0; i < count; i++) {
        out->imports[i].minor = scp_get_u8(&r);
        out->imports[i].major = scp_get_u8(&r);
        SCP_TRY(get_aid(&r, &out->imports[i].aid));
    }
    out->import_count = count;
    return scp_reader_end(&r);
}

static uint32_t code_size(const struct scp_components *components)
{
    size_t size = 0;
    for (size_t tag = SCP_COMPONENT_HEADER; tag < SCP_COMPONENT_DESCRIPTOR; tag++)
        size += components->by_tag[tag].len;
    return (uint32_t)size;
}

enum scp_error scp_package_parse(const struct scp_components *components, struct scp_package *out)
{
    const struct scp_bytes *by_tag = components->by_tag;
    struct scp_package package = {.code_size = code_size(components)};
    if (by_tag[SCP_COMPONENT_HEADER].len == 0)
        return SCP_NOT_FOUND;
    SCP_TRY(parse_header(by_tag[SCP_COMPONENT_HEADER], &package));
    if (by_tag[SCP_COMPONENT_APPLET].len > 0)
        SCP_TRY(parse_applets(by_tag[SCP_COMPONENT_APPLET], &package));
    if (by_tag[SCP_COMPONENT_IMPORT].len > 0)
        SCP_TRY(parse_imports(by_tag[SCP_COMPONENT_IMPORT], &package));
    *out = package;
    return SCP_OK;
}
