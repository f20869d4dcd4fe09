#include "ota-server/api/principal_kind.h"

#include "ota-server/api/body.h"
#include "scp/crypto/hash.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/asn_public.h>

#include <string.h>

enum { DER_MAX = 8 * 1024 };

struct kind_row {
    const char *name;
    bool has_tenant; /* a bank's id, an agent's region */
    bool is_person;
};

static const struct kind_row kinds[] = {
    [STORE_PRINCIPAL_BANK] = {"bank", true, false},
    [STORE_PRINCIPAL_AGENT] = {"agent", true, false},
    [STORE_PRINCIPAL_OPERATOR] = {"operator", false, true},
    [STORE_PRINCIPAL_AUTHOR] = {"author", false, true},
    [STORE_PRINCIPAL_APPROVER] = {"approver", false, true},
    [STORE_PRINCIPAL_OFFICER] = {"officer", false, true},
    [STORE_PRINCIPAL_AUDITOR] = {"auditor", false, true},
};

const char *principal_kind_name(enum store_principal_kind kind)
{
    return kinds[kind].name;
}

const char *principal_kind_of(uint32_t roles)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if ((roles & 1u << i) != 0)
            return kinds[i].name;
    }
    return "";
}

bool principal_kind_from_name(const char *name, enum store_principal_kind *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (enum store_principal_kind)i;
            return true;
        }
    }
    return false;
}

const char *principal_missing(const struct store_principal *principal)
{
    const struct kind_row *row = &kinds[principal->kind];
    if (row->has_tenant && principal->tenant[0] == '\0')
        return "tenant";
    return row->is_person && principal->person[0] == '\0' ? "person" : NULL;
}

bool principal_has_region(const struct store_principal *principal)
{
    return principal->kind != STORE_PRINCIPAL_AGENT || text_is_region(principal->tenant);
}

enum scp_error principal_fingerprint(const char *pem, uint8_t fingerprint[32])
{
    uint8_t der[DER_MAX];
    int len =
        wc_CertPemToDer((const unsigned char *)pem, (int)strlen(pem), der, sizeof der, CERT_TYPE);
    return len <= 0 ? SCP_MALFORMED : scp_sha256(scp_bytes_of(der, (size_t)len), fingerprint);
}
