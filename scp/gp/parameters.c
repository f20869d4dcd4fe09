#include "scp/gp/parameters.h"

#include "scp/gp/tlv.h"

#include <assert.h>

enum {
    TAG_APPLICATION = 0xC9,
    TAG_SYSTEM = 0xEF,
    TAG_UICC = 0xEA,
    TAG_SIGNATURE = 0xB6,
    TAG_CODE = 0xC6,
    TAG_VOLATILE = 0xC7,
    TAG_NON_VOLATILE = 0xC8,
    TAG_VOLATILE_RESERVED = 0xD7,
    TAG_NON_VOLATILE_RESERVED = 0xD8,
    TAG_TOOLKIT = 0xCA,
    TAG_SERVICES = 0xCB,
    TAG_FORMAT = 0xCD,
    TAG_IMPLICIT = 0xCF,
    TAG_RESTRICT = 0xD9,
    TAG_DATA_BLOCK = 0xDD,
    TAG_PROTOCOL = 0x81,
    TAG_EXTRADITION_HERE = 0x82,
    TAG_DELETION = 0x83,
    TAG_PERSONALISED = 0x84,
    TAG_ADMINISTRATION = 0x85,
    TAG_CONTROLLING_AUTHORITY = 0x86,
    TAG_EXTRADITION_AWAY = 0x87,
    TWO_BYTES_MAX = 32767,
    SERVICE_SIZE = 2,
};

/* ---- building ----------------------------------------------------------------------------- */

static void put_memory(struct scp_writer *w, uint8_t tag, uint32_t size)
{
    if (size == 0)
        return;
    if (size <= TWO_BYTES_MAX) {
        scp_put_tlv_u16(w, tag, (uint16_t)size);
        return;
    }
    uint8_t bytes[4];
    scp_store_u32(bytes, size);
    scp_put_tlv(w, tag, SCP_BYTES(bytes));
}

static void put_if_stated(struct scp_writer *w, uint8_t tag, struct scp_bytes value)
{
    if (value.len > 0)
        scp_put_tlv(w, tag, value);
}

static void put_system(struct scp_writer *w, const struct scp_parameters *parameters)
{
    const struct scp_memory *memory = &parameters->memory;
    put_memory(w, TAG_CODE, memory->code);
    put_memory(w, TAG_VOLATILE, memory->volatile_ram);
    put_memory(w, TAG_NON_VOLATILE, memory->non_volatile);
    if (parameters->services.len % SERVICE_SIZE != 0)
        scp_writer_fail(w, SCP_OUT_OF_RANGE);
    put_if_stated(w, TAG_SERVICES, parameters->services);
    put_memory(w, TAG_VOLATILE_RESERVED, memory->volatile_reserved);
    put_memory(w, TAG_NON_VOLATILE_RESERVED, memory->non_volatile_reserved);
    put_if_stated(w, TAG_TOOLKIT, parameters->toolkit);
    if (parameters->has_format)
        scp_put_tlv_u8(w, TAG_FORMAT, parameters->format);
    put_if_stated(w, TAG_DATA_BLOCK, parameters->data_block);
    if (parameters->implicit_count > SCP_IMPLICIT_MAX)
        scp_writer_fail(w, SCP_OUT_OF_RANGE);
    for (size_t i = 0; i < parameters->implicit_count && scp_writer_status(w) == SCP_OK; i++)
        scp_put_tlv_u8(w, TAG_IMPLICIT, parameters->implicit[i]);
    if (parameters->restricted != 0)
        scp_put_tlv_u8(w, TAG_RESTRICT, parameters->restricted);
}

void scp_put_parameters(struct scp_writer *w, const struct scp_parameters *parameters)
{
    if (parameters->has_application)
        scp_put_tlv(w, TAG_APPLICATION, parameters->application);
    size_t before = w->len;
    size_t mark = scp_tlv_begin(w, TAG_SYSTEM);
    put_system(w, parameters);
    if (w->len == mark)
        w->len = before; /* nothing is stated: no template */
    else
        scp_tlv_end(w, mark);
    put_if_stated(w, TAG_UICC, parameters->uicc);
    put_if_stated(w, TAG_SIGNATURE, parameters->signature);
}

static void put_protocol(struct scp_writer *w, uint8_t protocol, uint8_t i)
{
    scp_put_tlv_u16(w, TAG_PROTOCOL, (uint16_t)(protocol << 8 | i));
}

void scp_put_security_domain_parameters(struct scp_writer *w,
                                        const struct scp_security_domain_parameters *parameters)
{
    assert(parameters->further_count < SCP_DOMAIN_PROTOCOLS_MAX);
    if (parameters->protocol != 0)
        put_protocol(w, parameters->protocol, parameters->i);
    for (size_t n = 0; n < parameters->further_count; n++)
        put_protocol(w, parameters->further[n].protocol, parameters->further[n].i);
    put_if_stated(w, TAG_EXTRADITION_HERE, parameters->extradition_here);
    put_if_stated(w, TAG_DELETION, parameters->deletion);
    if (parameters->explicit_personalised)
        scp_put_tlv(w, TAG_PERSONALISED, SCP_EMPTY);
    put_if_stated(w, TAG_ADMINISTRATION, parameters->administration);
    put_if_stated(w, TAG_CONTROLLING_AUTHORITY, parameters->controlling_authority);
    put_if_stated(w, TAG_EXTRADITION_AWAY, parameters->extradition_away);
}

/* ---- parsing ------------------------------------------------------------------------------ */

static enum scp_error take_memory(struct scp_bytes value, uint32_t *out)
{
    if (value.len == 2)
        *out = scp_load_u16(value.ptr);
    else if (value.len == 4)
        *out = scp_load_u32(value.ptr);
    else
        return SCP_OUT_OF_RANGE;
    return SCP_OK;
}

static enum scp_error take_u8(struct scp_bytes value, uint8_t *out)
{
    if (value.len != 1)
        return SCP_OUT_OF_RANGE;
    *out = value.ptr[0];
    return SCP_OK;
}

static enum scp_error take_implicit(struct scp_bytes value, struct scp_parameters *out)
{
    if (out->implicit_count == SCP_IMPLICIT_MAX)
        return SCP_TOO_LONG;
    return take_u8(value, &out->implicit[out->implicit_count++]);
}

static enum scp_error take_system(const struct scp_tlv *tlv, struct scp_parameters *out)
{
    switch (tlv->tag) {
    case TAG_CODE:
        return take_memory(tlv->value, &out->memory.code);
    case TAG_VOLATILE:
        return take_memory(tlv->value, &out->memory.volatile_ram);
    case TAG_NON_VOLATILE:
        return take_memory(tlv->value, &out->memory.non_volatile);
    case TAG_VOLATILE_RESERVED:
        return take_memory(tlv->value, &out->memory.volatile_reserved);
    case TAG_NON_VOLATILE_RESERVED:
        return take_memory(tlv->value, &out->memory.non_volatile_reserved);
    case TAG_SERVICES:
        out->services = tlv->value;
        return tlv->value.len % SERVICE_SIZE == 0 ? SCP_OK : SCP_OUT_OF_RANGE;
    case TAG_TOOLKIT:
        out->toolkit = tlv->value;
        return SCP_OK;
    case TAG_FORMAT:
        out->has_format = true;
        return take_u8(tlv->value, &out->format);
    case TAG_DATA_BLOCK:
        out->data_block = tlv->value;
        return SCP_OK;
    case TAG_IMPLICIT:
        return take_implicit(tlv->value, out);
    case TAG_RESTRICT:
        return take_u8(tlv->value, &out->restricted);
    default:
        return SCP_OK;
    }
}

/* The objects inside EF. */
static enum scp_error parse_system(struct scp_bytes in, struct scp_parameters *out)
{
    struct scp_reader r = scp_reader_on(in);
    struct scp_tlv tlv;
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        SCP_TRY(take_system(&tlv, out));
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

static void take_template(const struct scp_tlv *tlv, struct scp_parameters *out)
{
    if (tlv->tag == TAG_APPLICATION) {
        out->has_application = true;
        out->application = tlv->value;
    } else if (tlv->tag == TAG_SYSTEM) {
        out->system = tlv->value;
    } else if (tlv->tag == TAG_UICC) {
        out->uicc = tlv->value;
    } else if (tlv->tag == TAG_SIGNATURE) {
        out->signature = tlv->value;
    }
}

enum scp_error scp_parameters_parse(struct scp_bytes parameters, struct scp_parameters *out)
{
    struct scp_reader r = scp_reader_on(parameters);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_parameters){.has_application = false};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        take_template(&tlv, out);
    if (error != SCP_NOT_FOUND)
        return error;
    return parse_system(out->system, out);
}

static enum scp_error take_protocol(struct scp_bytes value,
                                    struct scp_security_domain_parameters *out)
{
    if (value.len != 2)
        return SCP_OUT_OF_RANGE;
    if (out->protocol == 0) {
        out->protocol = value.ptr[0];
        out->i = value.ptr[1];
        return SCP_OK;
    }
    if (out->further_count == SCP_DOMAIN_PROTOCOLS_MAX - 1)
        return SCP_TOO_LONG;
    out->further[out->further_count].protocol = value.ptr[0];
    out->further[out->further_count++].i = value.ptr[1];
    return SCP_OK;
}

static enum scp_error take_domain_parameter(const struct scp_tlv *tlv,
                                            struct scp_security_domain_parameters *out)
{
    switch (tlv->tag) {
    case TAG_PROTOCOL:
        return take_protocol(tlv->value, out);
    case TAG_EXTRADITION_HERE:
        out->extradition_here = tlv->value;
        break;
    case TAG_DELETION:
        out->deletion = tlv->value;
        break;
    case TAG_PERSONALISED:
        out->explicit_personalised = true;
        break;
    case TAG_ADMINISTRATION:
        out->administration = tlv->value;
        break;
    case TAG_CONTROLLING_AUTHORITY:
        out->controlling_authority = tlv->value;
        break;
    case TAG_EXTRADITION_AWAY:
        out->extradition_away = tlv->value;
        break;
    default: /* tags of configurations that this one does not know */
        break;
    }
    return SCP_OK;
}

enum scp_error scp_security_domain_parameters_parse(struct scp_bytes application,
                                                    struct scp_security_domain_parameters *out)
{
    struct scp_reader r = scp_reader_on(application);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_security_domain_parameters){.protocol = 0};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        SCP_TRY(take_domain_parameter(&tlv, out));
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}
