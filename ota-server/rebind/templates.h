/* A product's personalisation as the store keeps it, a JSON array of {"dgi", "value", "sensitive"},
 * made into what the vault takes. */
#ifndef OTA_SERVER_REBIND_TEMPLATES_H
#define OTA_SERVER_REBIND_TEMPLATES_H

#include "ota-server/vault/vault.h"

#include <jansson.h>

enum { TEMPLATES_MAX = 128 };

/* Values are borrowed from the array. It was checked when the product was uploaded: false means
 * that the store was altered. */
bool templates_read(json_t *array, struct vault_dgi to[TEMPLATES_MAX], size_t *count);

#endif
