/* The parameters inside INSTALL (GPCS 11.5.2.3.7), and what C9 holds for a security domain. */
#include "scp/gp/install.h"
#include "scp/gp/tlv.h"

enum {
    TAG_APPLICATION = 0xC9,
    TAG_SYSTEM = 0xEF,
    TAG_UICC = 0xEA,
    TAG_SIGNATURE = 0xB6,
    TAG_CODE = 0xC6,
    TAG_VOLATILE = 0xC7,
    TAG_NON_VOLATILE = 0xC8,
    TAG_PROTOCOL = 0x81,
    TAG_EXTRADITION_HERE = 0x82,
    TAG_DELETION = 0x83,
    TAG_PERSONALISED = 0x84,
    TAG_CONTROLLING_AUTHORITY = 0x86,
    TAG_EXTRADITION_AWAY = 0x87,
    TWO_BYTES_MAX = 32767,
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

/* `EF` around what of C6, C7, C8 is stated; nothing when nothing is. */
static void put_system(struct scp_writer *w, const struct scp_memory *memory)
{
    if ((memory->code | memory->volatile_ram | memory->non_volatile) == 0)
        return;
    size_t mark = scp_tlv_begin(w, TAG_SYSTEM);
    put_memory(w, TAG_CODE, memory->code);
    put_memory(w, TAG_VOLATILE, memory->volatile_ram);
    put_memory(w, TAG_NON_VOLATILE, memory->non_volatile);
    scp_tlv_end(w, mark);
}

void scp_put_load_parameters(struct scp_writer *w, const struct scp_memory *minimum)
{
    put_system(w, minimum);
}

void scp_put_install_parameters(struct scp_writer *w, struct scp_bytes application,
                                const struct scp_memory *quota)
{
    scp_put_tlv(w, TAG_APPLICATION, application);
    if (quota == NULL)
        return;
    struct scp_memory without_code = {.volatile_ram = quota->volatile_ram,
                                      .non_volatile = quota->non_volatile};
    put_system(w, &without_code);
}

static void put_if_stated(struct scp_writer *w, uint8_t tag, struct scp_bytes value)
{
    if (value.len > 0)
        scp_put_tlv(w, tag, value);
}

void scp_put_security_domain_parameters(struct scp_writer *w,
                                        const struct scp_security_domain_parameters *parameters)
{
    if (parameters->protocol != 0)
        scp_put_tlv_u16(w, TAG_PROTOCOL, (uint16_t)(parameters->protocol << 8 | parameters->i));
    put_if_stated(w, TAG_EXTRADITION_HERE, parameters->extradition_here);
    put_if_stated(w, TAG_DELETION, parameters->deletion);
    if (parameters->explicit_personalised)
        scp_put_tlv(w, TAG_PERSONALISED, SCP_EMPTY);
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

static enum scp_error parse_system(struct scp_bytes system, struct scp_memory *out)
{
    struct scp_reader r = scp_reader_on(system);
    struct scp_tlv tlv;
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        if (tlv.tag == TAG_CODE)
            SCP_TRY(take_memory(tlv.value, &out->code));
        else if (tlv.tag == TAG_VOLATILE)
            SCP_TRY(take_memory(tlv.value, &out->volatile_ram));
        else if (tlv.tag == TAG_NON_VOLATILE)
            SCP_TRY(take_memory(tlv.value, &out->non_volatile));
    }
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error scp_parameters_parse(struct scp_bytes parameters, struct scp_parameters *out)
{
    struct scp_reader r = scp_reader_on(parameters);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_parameters){.has_application = false};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        if (tlv.tag == TAG_APPLICATION) {
            out->has_application = true;
            out->application = tlv.value;
        } else if (tlv.tag == TAG_SYSTEM) {
            out->system = tlv.value;
        } else if (tlv.tag == TAG_UICC) {
            out->uicc = tlv.value;
        } else if (tlv.tag == TAG_SIGNATURE) {
            out->signature = tlv.value;
        }
    }
    if (error != SCP_NOT_FOUND)
        return error;
    return parse_system(out->system, &out->memory);
}

static enum scp_error take_domain_parameter(const struct scp_tlv *tlv,
                                            struct scp_security_domain_parameters *out)
{
    switch (tlv->tag) {
    case TAG_PROTOCOL:
        if (tlv->value.len != 2)
            return SCP_OUT_OF_RANGE;
        out->protocol = tlv->value.ptr[0];
        out->i = tlv->value.ptr[1];
        break;
    case TAG_EXTRADITION_HERE:
        out->extradition_here = tlv->value;
        break;
    case TAG_DELETION:
        out->deletion = tlv->value;
        break;
    case TAG_PERSONALISED:
        out->explicit_personalised = true;
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
