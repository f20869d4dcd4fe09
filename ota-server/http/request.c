#include "ota-server/http/message.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

void http_request_fini(struct http_request *request)
{
    http_target_fini(&request->target);
    http_fields_fini(&request->fields);
    http_buffer_fini(&request->body);
}

const char *http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_path(const struct http_request *request)
{
    return request->target.path;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return http_fields_get(&request->fields, name);
}

const char *http_request_query(const struct http_request *request, const char *name)
{
    return http_target_query(&request->target, name);
}

const char *http_request_param(const struct http_request *request, const char *name)
{
    size_t len = strlen(name);
    size_t index = 0;
    for (const char *at = strchr(request->route->pattern, '{'); at != NULL;
         at = strchr(at + 1, '{')) {
        if (strncmp(at + 1, name, len) == 0 && at[1 + len] == '}')
            return request->params[index];
        index++;
    }
    assert(!"the route's pattern has no such placeholder");
    return "";
}

struct scp_bytes http_request_body(const struct http_request *request)
{
    return http_buffer_view(&request->body);
}

const struct http_peer *http_request_peer(const struct http_request *request)
{
    return &request->peer;
}

const struct http_principal *http_request_principal(const struct http_request *request)
{
    return request->has_principal ? &request->principal : NULL;
}

bool http_media_type_is(const char *content_type, const char *type)
{
    if (content_type == NULL)
        return false;
    size_t len = strlen(type);
    return strncasecmp(content_type, type, len) == 0 &&
           strspn(content_type + len, " \t") == strcspn(content_type + len, ";");
}
