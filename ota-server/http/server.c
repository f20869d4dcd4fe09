#include "ota-server/http/connection.h"

#include <arpa/inet.h>
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t http_server_now_ms(const struct http_server *server)
{
    return rebind_monotonic_ms(&server->env);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

/* ---- stopping ----------------------------------------------------------------------------- */

void http_server_check_stopped(struct http_server *server)
{
    if (server->stopping && server->connection_count == 0 &&
        http_workers_pending(server->workers) == 0)
        uv_stop(&server->loop);
}

/* For each connection; none is freed before the loop turns. */
static void close_all(struct http_server *server)
{
    struct http_connection *connection;
    LIST_FOREACH(connection, &server->connections, link)
    {
        http_connection_close(connection);
    }
}

static void begin_stop(struct http_server *server)
{
    server->stopping = true;
    server->drain_until_ms = http_server_now_ms(server) + server->config.drain_ms;
    uv_close((uv_handle_t *)&server->listener, NULL);
    struct http_connection *connection;
    LIST_FOREACH(connection, &server->connections, link)
    {
        http_connection_drain(connection);
    }
    http_server_check_stopped(server);
}

/* ---- the loop's events -------------------------------------------------------------------- */

static void on_wake(uv_async_t *handle)
{
    struct http_server *server = handle->data;
    http_topics_deliver(&server->topics);
    if (atomic_load(&server->stop_requested) && !server->stopping)
        begin_stop(server);
}

static void on_client(uv_stream_t *listener, int status)
{
    struct http_server *server = listener->data;
    if (status == 0)
        server->accept_pending = !http_connection_accept(server);
}

static void on_sweep(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    uint64_t now_ms = http_server_now_ms(server);
    if (server->accept_pending && !server->stopping)
        server->accept_pending = !http_connection_accept(server);
    struct http_connection *connection;
    LIST_FOREACH(connection, &server->connections, link)
    {
        http_connection_sweep(connection, now_ms);
    }
    if (server->stopping && now_ms >= server->drain_until_ms)
        close_all(server);
}

/* ---- any thread --------------------------------------------------------------------------- */

void http_server_stop(struct http_server *server)
{
    atomic_store(&server->stop_requested, true);
    uv_async_send(&server->wake);
}

void http_server_notify(struct http_server *server, const char *topic)
{
    http_topics_notify(&server->topics, topic);
    uv_async_send(&server->wake);
}

/* ---- life --------------------------------------------------------------------------------- */

static void use_default(unsigned *value, unsigned fallback)
{
    if (*value == 0)
        *value = fallback;
}

static void fill_in_defaults(struct http_server_config *config)
{
    use_default(&config->workers, HTTP_WORKERS_DEFAULT);
    use_default(&config->idle_ms, HTTP_IDLE_MS);
    use_default(&config->receive_ms, HTTP_RECEIVE_MS);
    use_default(&config->handle_ms, HTTP_HANDLE_MS);
    use_default(&config->stall_ms, HTTP_STALL_MS);
    use_default(&config->heartbeat_ms, HTTP_HEARTBEAT_MS);
    use_default(&config->drain_ms, HTTP_DRAIN_MS);
}

static bool parse_address(const char *text, uint16_t port, struct sockaddr_storage *address)
{
    return uv_ip4_addr(text, port, (struct sockaddr_in *)address) == 0 ||
           uv_ip6_addr(text, port, (struct sockaddr_in6 *)address) == 0;
}

static int note_port(struct http_server *server)
{
    struct sockaddr_storage address;
    int len = sizeof address;
    int error = uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &len);
    if (error != 0)
        return error;
    bool is_ipv6 = address.ss_family == AF_INET6;
    server->port = ntohs(is_ipv6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                 : ((struct sockaddr_in *)&address)->sin_port);
    return 0;
}

static enum http_error listen_on(struct http_server *server,
                                 const struct http_server_config *config,
                                 struct http_error_detail *detail)
{
    struct sockaddr_storage address;
    snprintf(detail->text, sizeof detail->text, "%s port %u", config->address, config->port);
    if (!parse_address(config->address, config->port, &address))
        return HTTP_ADDRESS;
    int error = uv_tcp_bind(&server->listener, (struct sockaddr *)&address, 0);
    if (error == 0)
        error = uv_listen((uv_stream_t *)&server->listener, HTTP_BACKLOG, on_client);
    if (error == 0)
        error = note_port(server);
    if (error == 0)
        return HTTP_OK;
    snprintf(detail->text, sizeof detail->text, "%s port %u: %s", config->address, config->port,
             uv_strerror(error));
    return HTTP_LISTEN;
}

static bool init_handles(struct http_server *server)
{
    server->listener.data = server->wake.data = server->sweep.data = server;
    return uv_tcp_init(&server->loop, &server->listener) == 0 &&
           uv_async_init(&server->loop, &server->wake, on_wake) == 0 &&
           uv_timer_init(&server->loop, &server->sweep) == 0 &&
           uv_timer_start(&server->sweep, on_sweep, HTTP_SWEEP_MS, HTTP_SWEEP_MS) == 0;
}

/* Everything but the loop and the topics, which http_server_new has made. */
static enum http_error set_up(struct http_server *server, const struct http_server_config *config,
                              struct http_error_detail *detail)
{
    enum http_error error =
        http_router_init(&server->router, config->routes, config->route_count, detail);
    if (error != HTTP_OK)
        return error;
    const struct tls_files files = {config->certificate_file, config->key_file, config->trust_file};
    error = tls_context_new(&server->tls, &files, detail);
    if (error != HTTP_OK)
        return error;
    if (!init_handles(server))
        return HTTP_SYSTEM;
    error = listen_on(server, config, detail);
    if (error != HTTP_OK)
        return error;
    const struct http_workers_options options = {
        .threads = server->config.workers,
        .queue_max = HTTP_QUEUE_MAX,
        .thread_end = tls_thread_end,
    };
    return http_workers_new(&server->workers, &server->loop, &options);
}

static struct http_server *allocate(const struct http_server_config *config)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    LIST_INIT(&server->connections);
    server->env = config->env == NULL ? rebind_env_system() : *config->env;
    server->config = *config;
    fill_in_defaults(&server->config);
    return server;
}

/* Loop and topics; what fails leaves neither. */
static bool init_base(struct http_server *server)
{
    if (uv_loop_init(&server->loop) != 0)
        return false;
    if (http_topics_init(&server->topics))
        return true;
    uv_loop_close(&server->loop);
    return false;
}

enum http_error http_server_new(struct http_server **out, const struct http_server_config *config,
                                struct http_error_detail *detail)
{
    assert(config->authenticate != NULL && config->routes != NULL);
    *out = NULL;
    detail->text[0] = '\0';
    struct http_server *server = allocate(config);
    if (server == NULL)
        return HTTP_NO_MEMORY;
    if (!init_base(server)) {
        free(server);
        return HTTP_SYSTEM;
    }
    enum http_error error = set_up(server, config, detail);
    if (error != HTTP_OK) {
        http_server_free(server);
        return error;
    }
    *out = server;
    return HTTP_OK;
}

void http_server_run(struct http_server *server)
{
    signal(SIGPIPE, SIG_IGN); /* a client that left is an error of the write, see server.h */
    uv_run(&server->loop, UV_RUN_DEFAULT);
    tls_thread_end();
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    http_workers_free(server->workers);
    uv_walk(&server->loop, close_handle, NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    int error = uv_loop_close(&server->loop);
    assert(error == 0);
    (void)error;
    http_topics_fini(&server->topics);
    tls_context_free(server->tls);
    free(server);
}
