/* One client: TCP by libuv, TLS, and HTTP/2 or a short answer to whatever else it speaks.
 *
 *     handshake -> http2 -> lingering -> closed
 *          \-----> other --/
 *
 * Owned by the server's list; the memory goes in libuv's close callback, so that a connection may
 * be closed anywhere. */
#ifndef OTA_SERVER_HTTP_CONNECTION_H
#define OTA_SERVER_HTTP_CONNECTION_H

#include "ota-server/http/h2.h"

enum http_connection_state {
    HTTP_STATE_HANDSHAKE,
    HTTP_STATE_HTTP2,
    HTTP_STATE_OTHER, /* no HTTP/2: told so when it speaks */
    HTTP_STATE_LINGERING,
};

struct http_connection {
    uv_tcp_t tcp;
    struct http_server *server;
    LIST_ENTRY(http_connection) link;
    struct tls_session tls;
    struct http_h2 h2;
    enum http_connection_state state;
    bool is_closing;
    bool is_busy;         /* inside bytes being processed: flushed at the end of that */
    size_t in_flight;     /* bytes given to libuv */
    uint64_t state_ms;    /* when the state was entered */
    uint64_t active_ms;   /* last byte from the client or request closed */
    uint64_t progress_ms; /* last time the network took bytes */
    uv_shutdown_t shutdown;
};

/* A client waits at the listener. False when memory is short: call again later. */
bool http_connection_accept(struct http_server *server);

/* Send what there is to send. Touch nothing of the connection's exchanges afterwards. */
void http_connection_flush(struct http_connection *connection);

void http_connection_close(struct http_connection *connection);
void http_connection_sweep(struct http_connection *connection, uint64_t now_ms);

/* The server stops. */
void http_connection_drain(struct http_connection *connection);

#endif
