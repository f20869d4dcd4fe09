#include "ota-server/api/path.h"

#include "ota-server/api/body.h"
#include "ota-server/api/problem.h"

#include <stdio.h>

bool path_slug(const struct http_request *request, const char *name, char to[STORE_SLUG_SIZE],
               struct http_response *response)
{
    const char *text = http_request_param(request, name);
    snprintf(to, STORE_SLUG_SIZE, "%s", text);
    if (text_is_slug(text))
        return true;
    problem_member(response, name, "must be 1 to 64 lower-case letters, digits and hyphens");
    return false;
}

bool path_aid(const struct http_request *request, const char *name, char to[STORE_AID_SIZE],
              struct http_response *response)
{
    if (text_to_aid(http_request_param(request, name), to))
        return true;
    problem_member(response, name, "must be an AID of 5 to 16 bytes in hex");
    return false;
}
