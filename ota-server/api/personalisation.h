/* A product's personalisation as the API takes it and the store keeps it: a JSON array of
 * {"dgi", "value", "sensitive"}. */
#ifndef OTA_SERVER_API_PERSONALISATION_H
#define OTA_SERVER_API_PERSONALISATION_H

#include "ota-server/http/response.h"
#include "ota-server/vault/vault.h"

#include <jansson.h>

enum { PERSONALISATION_DGIS_MAX = 128 };

/* Whether the array can be used. On false the response names the element and what is wrong. */
bool personalisation_check(json_t *dgis, struct http_response *response);

/* A checked array as the vault takes it; the values are borrowed from the array. Returns how many
 * there are. */
size_t personalisation_dgis(json_t *dgis, struct vault_dgi to[PERSONALISATION_DGIS_MAX]);

#endif
