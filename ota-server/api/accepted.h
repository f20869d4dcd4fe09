/* Operations that were asked for: the key of the request, and the answer that one was accepted. */
#ifndef OTA_SERVER_API_ACCEPTED_H
#define OTA_SERVER_API_ACCEPTED_H

#include "ota-server/api/api.h"

/* The Idempotency-Key; "" for none. False: the response holds the problem. */
bool api_idempotency_key(const struct http_request *request, struct http_response *response,
                         const char **key);

/* An operation has changed: tell agents and event streams. */
void api_notify_operation(const struct api *api, const char *operation);

/* 202 with the operation and where it stands; agents and event streams are told. */
void answer_accepted(const struct api *api, const struct store_operation *operation,
                     struct http_response *response);

#endif
