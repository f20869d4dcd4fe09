#include "ota-server/api/accepted.h"

#include <stdio.h>
#include <string.h>

bool api_idempotency_key(const struct http_request *request, struct http_response *response,
                         const char **key)
{
    const char *text = http_request_header(request, "idempotency-key");
    *key = text == NULL ? "" : text;
    if (strlen(*key) < STORE_IDEMPOTENCY_KEY_SIZE)
        return true;
    problem_member(response, "Idempotency-Key", "must have at most 128 characters");
    return false;
}

void api_notify_operation(const struct api *api, const char *operation)
{
    http_server_notify(api->server, TOPIC_WORK);
    http_server_notify(api->server, TOPIC_OPERATIONS);
    http_server_notify(api->server, operation);
}

void answer_accepted(const struct api *api, const struct store_operation *operation,
                     struct http_response *response)
{
    char location[64];
    api_notify_operation(api, operation->id);
    snprintf(location, sizeof location, "/v1/operations/%s", operation->id);
    http_response_header(response, "location", location);
    http_response_json(response, 202, operation_json(operation));
}
