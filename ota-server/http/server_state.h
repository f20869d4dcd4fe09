/* What stands behind struct http_server, for the rest of this folder. All of it belongs to the
 * loop's thread but for `topics`, which locks itself, and `stop_requested`. */
#ifndef OTA_SERVER_HTTP_SERVER_STATE_H
#define OTA_SERVER_HTTP_SERVER_STATE_H

#include "ota-server/http/server.h"
#include "ota-server/http/tls.h"
#include "ota-server/http/topics.h"
#include "ota-server/http/workers.h"

#include <stdatomic.h>
#include <sys/queue.h>
#include <uv.h>

struct http_connection;
LIST_HEAD(http_connections, http_connection);

struct http_server {
    struct http_server_config config; /* defaults filled in; its strings are not kept */
    struct rebind_env env;
    struct http_router router;
    struct tls_context *tls;
    struct http_workers *workers;
    struct http_topics topics;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t wake; /* notices, or a stop */
    uv_timer_t sweep;
    struct http_connections connections;
    size_t connection_count;
    size_t body_bytes;   /* held for requests, all together */
    bool accept_pending; /* memory was short when a client came */
    atomic_bool stop_requested;
    bool stopping;
    uint64_t drain_until_ms;
    uint16_t port;
    char read_buffer[64 * 1024]; /* of the read that is under way */
};

/* The monotonic clock, for deadlines. Any thread. */
uint64_t http_server_now_ms(const struct http_server *server);

/* Something ended: leave the loop if that was the last before the stop. */
void http_server_check_stopped(struct http_server *server);

#endif
