#include "scp/gp/registry.h"

#include "scp/gp/commands.h"
#include "scp/gp/privileges.h"
#include "scp/gp/tlv.h"

enum {
    TAG_ENTRY = 0xE3,
    TAG_AID = 0x4F,
    TAG_LIFE_CYCLE = 0x9F70,
    TAG_PRIVILEGES = 0xC5,
    TAG_LOAD_FILE = 0xC4,
    TAG_SECURITY_DOMAIN = 0xCC,
    TAG_VERSION = 0xCE,
    TAG_IMPLICIT = 0xCF,
    TAG_MODULE = 0x84,
    TAG_UICC = 0xEA,
};

/* ---- reading ------------------------------------------------------------------------------ */

void scp_registry_open(struct scp_registry_reader *r, uint8_t subset, struct scp_bytes data)
{
    *r = (struct scp_registry_reader){.in = scp_reader_on(data), .subset = subset};
    r->legacy = data.len > 0 && data.ptr[0] != TAG_ENTRY;
}

/* Where a card shows an empty or strange AID for something absent, it is absent. */
static void take_aid(struct scp_aid *to, struct scp_bytes value)
{
    if (scp_aid_from(to, value) != SCP_OK)
        to->len = 0;
}

static void take_privileges(struct scp_registry_entry *out, struct scp_bytes value)
{
    out->has_privileges = scp_privileges_parse(value, &out->privileges) == SCP_OK;
}

static enum scp_error take_module(struct scp_registry_entry *out, struct scp_bytes value)
{
    if (out->module_count == SCP_REGISTRY_MODULES_MAX)
        return SCP_TOO_LONG;
    if (scp_aid_from(&out->modules[out->module_count], value) == SCP_OK)
        out->module_count++;
    return SCP_OK;
}

static void take_implicit(struct scp_registry_entry *out, struct scp_bytes value)
{
    for (size_t i = 0; i < value.len && out->implicit_count < SCP_REGISTRY_IMPLICIT_MAX; i++)
        out->implicit[out->implicit_count++] = value.ptr[i];
}

static enum scp_error take_field(const struct scp_tlv *tlv, struct scp_registry_entry *out)
{
    switch (tlv->tag) {
    case TAG_AID:
        take_aid(&out->aid, tlv->value);
        break;
    case TAG_LIFE_CYCLE:
        out->life_cycle = tlv->value.len > 0 ? tlv->value.ptr[0] : 0;
        break;
    case TAG_PRIVILEGES:
        take_privileges(out, tlv->value);
        break;
    case TAG_LOAD_FILE:
        take_aid(&out->load_file, tlv->value);
        break;
    case TAG_SECURITY_DOMAIN:
        take_aid(&out->security_domain, tlv->value);
        break;
    case TAG_VERSION:
        out->version = tlv->value;
        break;
    case TAG_UICC:
        out->uicc = tlv->value;
        break;
    case TAG_IMPLICIT:
        take_implicit(out, tlv->value);
        break;
    case TAG_MODULE:
        return take_module(out, tlv->value);
    default:
        break;
    }
    return SCP_OK;
}

static enum scp_error next_template(struct scp_reader *in, struct scp_registry_entry *out)
{
    struct scp_tlv entry;
    struct scp_tlv tlv;
    enum scp_error error;
    SCP_TRY(scp_tlv_next(in, &entry));
    if (entry.tag != TAG_ENTRY)
        return SCP_MALFORMED;
    out->data = entry.value;
    struct scp_reader r = scp_reader_on(entry.value);
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        SCP_TRY(take_field(&tlv, out));
    /* An entry whose inside is broken is malformed; the answer as a whole is not cut. */
    return error == SCP_NOT_FOUND && out->aid.len > 0 ? SCP_OK : SCP_MALFORMED;
}

/* Length, AID, life cycle, privileges; with P1 10 also the number of modules and their AIDs. */
static enum scp_error next_legacy(struct scp_registry_reader *reader,
                                  struct scp_registry_entry *out)
{
    struct scp_reader *in = &reader->in;
    SCP_TRY(scp_reader_status(in));
    if (scp_reader_left(in) == 0)
        return SCP_NOT_FOUND;
    take_aid(&out->aid, scp_get_lv(in));
    out->life_cycle = scp_get_u8(in);
    take_privileges(out, scp_get(in, 1));
    size_t modules = 0;
    if (reader->subset == SCP_STATUS_LOAD_FILES_AND_MODULES)
        modules = scp_get_u8(in);
    enum scp_error error = SCP_OK;
    while (modules-- > 0 && scp_reader_status(in) == SCP_OK) {
        if (take_module(out, scp_get_lv(in)) != SCP_OK)
            error = SCP_TOO_LONG;
    }
    SCP_TRY(scp_reader_status(in));
    SCP_TRY(error);
    return out->aid.len > 0 ? SCP_OK : SCP_MALFORMED;
}

enum scp_error scp_registry_next(struct scp_registry_reader *r, struct scp_registry_entry *out)
{
    *out = (struct scp_registry_entry){.life_cycle = 0};
    return r->legacy ? next_legacy(r, out) : next_template(&r->in, out);
}

/* ---- writing ------------------------------------------------------------------------------ */

static void put_aid(struct scp_writer *w, uint32_t tag, const struct scp_aid *aid)
{
    if (aid->len > 0)
        scp_put_tlv(w, tag, scp_aid_bytes(aid));
}

static void put_entry_privileges(struct scp_writer *w, const struct scp_registry_entry *entry)
{
    uint8_t bytes[3];
    if (!entry->has_privileges)
        return;
    scp_privileges_store(bytes, entry->privileges);
    scp_put_tlv(w, TAG_PRIVILEGES, SCP_BYTES(bytes));
}

/* What the entity does not have is left out, as table 11-35 allows. */
static void put_field(struct scp_writer *w, const struct scp_registry_entry *entry, uint32_t tag)
{
    switch (tag) {
    case TAG_AID:
        put_aid(w, tag, &entry->aid);
        break;
    case TAG_LIFE_CYCLE:
        scp_put_tlv_u8(w, tag, entry->life_cycle);
        break;
    case TAG_PRIVILEGES:
        put_entry_privileges(w, entry);
        break;
    case TAG_LOAD_FILE:
        put_aid(w, tag, &entry->load_file);
        break;
    case TAG_SECURITY_DOMAIN:
        put_aid(w, tag, &entry->security_domain);
        break;
    case TAG_VERSION:
        if (entry->version.len > 0)
            scp_put_tlv(w, tag, entry->version);
        break;
    case TAG_IMPLICIT:
        for (size_t i = 0; i < entry->implicit_count; i++)
            scp_put_tlv_u8(w, tag, entry->implicit[i]);
        break;
    case TAG_MODULE:
        for (size_t i = 0; i < entry->module_count; i++)
            put_aid(w, tag, &entry->modules[i]);
        break;
    default:
        break;
    }
}

/* What stands in an entry when the command has no tag list: all of tables 11-36 and 11-37. Less is
 * demanded (GPCS 11.4.3.1), but many tools send no list and learn here what belongs to which
 * domain. */
static struct scp_bytes default_tags(uint8_t subset)
{
    static const uint8_t applications[] = {0x4F, 0x9F, 0x70, 0xC5, 0xCF, 0xC4, 0xCC};
    static const uint8_t load_files[] = {0x4F, 0x9F, 0x70, 0xCE, 0xCC};
    static const uint8_t modules[] = {0x4F, 0x9F, 0x70, 0xCE, 0x84, 0xCC};
    if (subset == SCP_STATUS_LOAD_FILES)
        return SCP_BYTES(load_files);
    if (subset == SCP_STATUS_LOAD_FILES_AND_MODULES)
        return SCP_BYTES(modules);
    return SCP_BYTES(applications);
}

void scp_put_registry_entry(struct scp_writer *w, const struct scp_registry_entry *entry,
                            uint8_t subset, struct scp_bytes tag_list)
{
    struct scp_reader tags = scp_reader_on(tag_list.len > 0 ? tag_list : default_tags(subset));
    size_t mark = scp_tlv_begin(w, TAG_ENTRY);
    while (scp_reader_left(&tags) > 0)
        put_field(w, entry, scp_get_tag(&tags));
    scp_tlv_end(w, mark);
    if (scp_reader_status(&tags) != SCP_OK)
        scp_writer_fail(w, scp_reader_status(&tags));
}
