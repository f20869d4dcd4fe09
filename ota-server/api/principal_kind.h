/* Kinds of principals by name, and the certificate that stands for one. Used by the API and by
 * `ota-server principal`. */
#ifndef OTA_SERVER_API_PRINCIPAL_KIND_H
#define OTA_SERVER_API_PRINCIPAL_KIND_H

#include "ota-server/store/store.h"

const char *principal_kind_name(enum store_principal_kind kind);
/* Of the roles that a request came with; "" for none. */
const char *principal_kind_of(uint32_t roles);
bool principal_kind_from_name(const char *name, enum store_principal_kind *kind);

/* What the kind needs and the principal lacks: "tenant" for a bank or an agent, "person" for
 * people; NULL when it is complete. */
const char *principal_missing(const struct store_principal *principal);

/* Whether the tenant of an agent is a region code; every other kind passes. */
bool principal_has_region(const struct store_principal *principal);

/* SHA-256 over the DER form of one PEM certificate. MALFORMED. */
SCP_MUST_USE enum scp_error principal_fingerprint(const char *pem, uint8_t fingerprint[32]);

#endif
