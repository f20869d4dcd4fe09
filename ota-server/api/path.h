/* Placeholders of a path that become ids, read as strictly as members of a body: nothing is cut
 * short. On false the response names the placeholder (422). */
#ifndef OTA_SERVER_API_PATH_H
#define OTA_SERVER_API_PATH_H

#include "ota-server/http/request.h"
#include "ota-server/http/response.h"
#include "ota-server/store/limits.h"

/* The id of a bank or product. */
bool path_slug(const struct http_request *request, const char *name, char to[STORE_SLUG_SIZE],
               struct http_response *response);
/* An AID, made upper case. */
bool path_aid(const struct http_request *request, const char *name, char to[STORE_AID_SIZE],
              struct http_response *response);

#endif
