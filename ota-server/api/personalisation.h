/* A product's personalisation as the API takes it and the store keeps it: a JSON array of
 * {"dgi", "value", "sensitive"}. */
#ifndef OTA_SERVER_API_PERSONALISATION_H
#define OTA_SERVER_API_PERSONALISATION_H

#include "ota-server/http/response.h"

#include <jansson.h>

/* Whether the array can be used. On false the response names the element and what is wrong. */
bool personalisation_check(json_t *dgis, struct http_response *response);

#endif
