/* The HTTP/2 server: TLS 1.3, client certificates, routes, event streams.
 *
 *     struct http_server *server;
 *     struct http_error_detail detail;
 *     if (http_server_new(&server, &config, &detail) != HTTP_OK) ...
 *     http_server_run(server);     // until http_server_stop, from a signal handler or thread
 *     http_server_free(server);
 *
 * One thread, the one in http_server_run, moves bytes. authenticate, handlers and pulls run on
 * `workers` threads of the server's own.
 *
 * What a request meets, in this order: malformed 400, 414, 431 (what breaks HTTP/2 itself has its
 * stream reset); a refused client certificate 401, on every route, saying why; no such path 404; no
 * such method there 405 with Allow; a body over the limit 413 or of another type 415; then, on a
 * worker and unless the route is public, no principal 401, role not in the mask 403; the handler.
 * Full queues give 503, deadlines 408 and 504. A client that does not speak HTTP/2 gets a short
 * answer in HTTP/1.1 saying so. */
#ifndef OTA_SERVER_HTTP_SERVER_H
#define OTA_SERVER_HTTP_SERVER_H

#include "ota-server/http/error.h"
#include "ota-server/http/peer.h"
#include "ota-server/http/request.h"
#include "ota-server/http/response.h"
#include "ota-server/http/router.h"
#include "ota-server/http/stream.h"
#include "scp/host/env.h"

struct http_server;

enum http_authentication {
    HTTP_AUTHENTICATED,    /* `principal` is filled in */
    HTTP_AUTH_UNKNOWN,     /* 401: nobody registered here */
    HTTP_AUTH_DISABLED,    /* 401: registered, but disabled */
    HTTP_AUTH_UNAVAILABLE, /* 503: the register cannot be asked now */
};

/* Who asks? Runs on a worker before the handler of every request to a route that is not public, so
 * that a change of the register acts on the next request. `peer` is either verified or without a
 * certificate (the request may then carry a token); a refused certificate never gets here. A
 * connection may outlive its certificate: the server itself refuses requests after peer->not_after.
 * `principal` comes zeroed. */
typedef enum http_authentication http_authenticate_fn(void *ctx, const struct http_peer *peer,
                                                      const struct http_request *request,
                                                      struct http_principal *principal);

/* One answered request. No path stands here: paths hold identifiers. */
struct http_access {
    const char *method;    /* "GET"; "-" for one that no route has */
    const char *route;     /* the pattern; "-" when none matched */
    unsigned status;       /* 0 when the client left before the answer */
    uint64_t duration_ms;  /* from the request's header to the last byte of the answer */
    uint64_t received;     /* bytes of the body */
    uint64_t sent;         /* bytes of the body */
    const char *principal; /* its id; "" when none was established */
    const char *address;   /* the peer's */
};

/* Runs on the loop thread and must not block. */
typedef void http_log_fn(void *ctx, const struct http_access *access);

/* Files and address are read by http_server_new; routes, env and ctx must outlive the server. */
struct http_server_config {
    const char *address;          /* "0.0.0.0", "::1" */
    uint16_t port;                /* 0: any that is free, see http_server_port */
    const char *certificate_file; /* PEM, the server's certificate and its chain */
    const char *key_file;         /* PEM */
    const char *trust_file;       /* PEM, the authorities whose client certificates count */
    const struct http_route *routes;
    size_t route_count;
    const struct rebind_env *env; /* NULL: the system's clocks */
    void *ctx;                    /* handed to the callbacks and handlers */
    http_authenticate_fn *authenticate;
    http_log_fn *log; /* may be NULL */
    unsigned workers; /* threads; this and all below: 0 for the value of limits.h */
    unsigned idle_ms;
    unsigned receive_ms;
    unsigned handle_ms;
    unsigned stall_ms;
    unsigned heartbeat_ms;
    unsigned drain_ms;
};

/* Listens, but answers only in http_server_run. On an error *server is NULL and `detail` says what
 * it was about. */
HTTP_MUST_USE enum http_error http_server_new(struct http_server **server,
                                              const struct http_server_config *config,
                                              struct http_error_detail *detail);

/* The port listened on. Any thread. */
uint16_t http_server_port(const struct http_server *server);

/* Serves until http_server_stop has been called and all connections are closed. Once per server.
 * From here on the process ignores SIGPIPE. */
void http_server_run(struct http_server *server);

/* No new connections, GOAWAY on the open ones, event streams end, running requests get up to
 * drain_ms to finish. Any thread, also a signal handler, any number of times until
 * http_server_free. */
void http_server_stop(struct http_server *server);

/* Wake the event streams of `topic`. Any thread; cheap; never fails. */
void http_server_notify(struct http_server *server, const char *topic);

/* After http_server_run has returned, or instead of it. NULL is allowed. */
void http_server_free(struct http_server *server);

#endif
