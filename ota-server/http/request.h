/* A request, as handlers see it: complete, within its limits, its path matched to a route.
 *
 * Everything returned is borrowed and lives until the handler returns. Strings are NUL-terminated
 * and hold no NUL inside. A handler runs on a worker thread and alone has its request. */
#ifndef OTA_SERVER_HTTP_REQUEST_H
#define OTA_SERVER_HTTP_REQUEST_H

#include "ota-server/http/peer.h"
#include "scp/base/bytes.h"

struct http_request;

/* "GET". For a HEAD request this is "GET": the server leaves the body out. */
const char *http_request_method(const struct http_request *request);

/* The path as the client sent it, without the query. */
const char *http_request_path(const struct http_request *request);

/* The value of a header field, its name in any case; NULL when absent. Fields of one name are
 * joined by ", " (RFC 9110, 5.3). */
const char *http_request_header(const struct http_request *request, const char *name);

/* The value that stands at {name} in the route's pattern, percent-decoded, never empty. The name
 * must be one of the pattern's. */
const char *http_request_param(const struct http_request *request, const char *name);

/* A parameter of the query, percent-decoded ('+' is a space), the first of its name; NULL when
 * absent, "" when it has no value. */
const char *http_request_query(const struct http_request *request, const char *name);

/* The body; empty when there is none. It has the route's content type unless it is empty. */
struct scp_bytes http_request_body(const struct http_request *request);

/* Never NULL. */
const struct http_peer *http_request_peer(const struct http_request *request);

/* NULL on a public route and before authentication. */
const struct http_principal *http_request_principal(const struct http_request *request);

#endif
