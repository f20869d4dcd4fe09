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

struct http_router {
    const struct http_route *routes;
    size_t count;
};

struct http_path {
    const char *const *segments; /* decoded */
    size_t count;
};

struct http_matched {
    const struct http_route *route;
    const char *params[HTTP_PARAMS_MAX]; /* in the order of the placeholders */
};

enum http_match { HTTP_MATCH, HTTP_NO_PATH, HTTP_NO_METHOD };

/* Check a table. ROUTE, with the route in `detail`, for an unknown method, a malformed pattern, a
 * route without handler or roles, or two that take the same requests. */
HTTP_MUST_USE enum http_error http_router_init(struct http_router *router,
                                               const struct http_route *routes, size_t count,
                                               struct http_error_detail *detail);

/* Find the route of a path and method; `matched` is set for MATCH alone; its params
 * are of the path's segments. */
enum http_match http_router_match(const struct http_router *router, const char *method,
                                  struct http_path path, struct http_matched *matched);

/* The methods of a path, as an Allow header has them ("GET, HEAD, PUT"). */
void http_router_allow(const struct http_router *router, struct http_path path, char *to,
                       size_t cap);

#endif
