/* Routes: one table says what exists, who may, and what may be sent.
 *
 *     static const struct http_route routes[] = {
 *         {"GET", "/healthz", handle_health, .roles = HTTP_PUBLIC},
 *         {"PUT", "/v1/cards/{id}/binding", handle_bind, .roles = ROLE_BANK | ROLE_OPERATOR,
 *          .body_max = 4096, .accepts = "application/json"},
 *     };
 *
 * A pattern is a path whose segments are either literal or one {placeholder}. Where two patterns
 * match a path, the one whose first differing segment is literal wins. The table is borrowed and
 * constant. */
#ifndef OTA_SERVER_HTTP_ROUTER_H
#define OTA_SERVER_HTTP_ROUTER_H

#include "ota-server/http/error.h"
#include "ota-server/http/request.h"
#include "ota-server/http/response.h"

/* Runs on a worker thread, may block. `ctx` is the server configuration's. */
typedef void http_handler_fn(void *ctx, const struct http_request *request,
                             struct http_response *response);

struct http_route {
    const char *method; /* "GET", "POST", "PUT", "DELETE", "PATCH"; HEAD comes with GET */
    const char *pattern;
    http_handler_fn *handle;
    uint32_t roles;      /* bits of whom it serves; HTTP_PUBLIC: anyone */
    size_t body_max;     /* bytes; 0 allows no body */
    const char *accepts; /* media type of the body without parameters; NULL: any */
};

#endif
