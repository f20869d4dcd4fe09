#include "scp/gp/privileges.h"

#include <string.h>

enum { BELOW_BYTE_1 = 0x00FFFF };

static const struct {
    enum scp_privilege privilege;
    const char *name;
} table[] = {
#define SCP_PRIVILEGE_ROW(name, bits, text) {SCP_PRIVILEGE_##name, text},
    SCP_PRIVILEGES(SCP_PRIVILEGE_ROW)
#undef SCP_PRIVILEGE_ROW
};

enum { TABLE_SIZE = sizeof table / sizeof table[0] };

bool scp_privileges_have(uint32_t set, enum scp_privilege privilege)
{
    return (set & (uint32_t)privilege) != 0;
}

uint32_t scp_privileges_load(const uint8_t from[3])
{
    return (uint32_t)from[0] << 16 | scp_load_u16(from + 1);
}

void scp_privileges_store(uint8_t to[3], uint32_t set)
{
    to[0] = (uint8_t)(set >> 16);
    scp_store_u16(to + 1, (uint16_t)set);
}

enum scp_error scp_privileges_parse(struct scp_bytes bytes, uint32_t *set)
{
    if (bytes.len == 1)
        *set = (uint32_t)bytes.ptr[0] << 16;
    else if (bytes.len == 3)
        *set = scp_privileges_load(bytes.ptr);
    else
        return SCP_MALFORMED;
    return SCP_OK;
}

enum scp_error scp_privileges_complete(struct scp_bytes bytes, uint32_t *set)
{
    SCP_TRY(scp_privileges_parse(bytes, set));
    if (bytes.len == 1 && scp_privileges_have(*set, SCP_PRIVILEGE_SECURITY_DOMAIN))
        *set |= SCP_PRIVILEGE_TRUSTED_PATH;
    return SCP_OK;
}

void scp_put_privileges(struct scp_writer *w, uint32_t set)
{
    scp_put_u24(w, set);
}

void scp_put_privileges_short(struct scp_writer *w, uint32_t set)
{
    if ((set & BELOW_BYTE_1) == 0)
        scp_put_u8(w, (uint8_t)(set >> 16));
    else
        scp_put_privileges(w, set);
}

/* Which privileges need or exclude which others. */
static const struct {
    enum scp_privilege privilege;
    uint32_t needs;
    uint32_t excludes;
} rules[] = {
    {SCP_PRIVILEGE_DAP_VERIFICATION, SCP_PRIVILEGE_SECURITY_DOMAIN, 0},
    {SCP_PRIVILEGE_MANDATED_DAP_VERIFICATION,
     SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_DAP_VERIFICATION, 0},
    {SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT, SCP_PRIVILEGE_SECURITY_DOMAIN, 0},
    {SCP_PRIVILEGE_DELEGATED_MANAGEMENT, SCP_PRIVILEGE_SECURITY_DOMAIN,
     SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT | SCP_PRIVILEGE_TOKEN_VERIFICATION |
         SCP_PRIVILEGE_RECEIPT_GENERATION},
};

bool scp_privileges_consistent(uint32_t set)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!scp_privileges_have(set, rules[i].privilege))
            continue;
        if ((set & rules[i].needs) != rules[i].needs || (set & rules[i].excludes) != 0)
            return false;
    }
    return true;
}

const char *scp_privilege_name(enum scp_privilege privilege)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (table[i].privilege == privilege)
            return table[i].name;
    }
    return NULL;
}

enum scp_error scp_privilege_from_name(const char *name, enum scp_privilege *out)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *out = table[i].privilege;
            return SCP_OK;
        }
    }
    return SCP_NOT_FOUND;
}

const char *scp_privileges_nth_name(uint32_t set, size_t index)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (scp_privileges_have(set, table[i].privilege) && index-- == 0)
            return table[i].name;
    }
    return NULL;
}
