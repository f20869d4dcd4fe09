#include "ota-server/http/connection.h"

#include <stdlib.h>
#include <string.h>

static const char other_answer[] = "HTTP/1.1 505 HTTP Version Not Supported\r\n"
                                   "Content-Type: text/plain\r\n"
                                   "Content-Length: 54\r\n"
                                   "Connection: close\r\n"
                                   "\r\n"
                                   "This server speaks HTTP/2 only: offer \"h2\" with ALPN.\n";

static void enter(struct http_connection *connection, enum http_connection_state state)
{
    connection->state = state;
    connection->state_ms = http_server_now_ms(connection->server);
}

/* ---- closing ------------------------------------------------------------------------------ */

static void on_closed(uv_handle_t *handle)
{
    struct http_connection *connection = handle->data;
    struct http_server *server = connection->server;
    http_h2_fini(&connection->h2);
    tls_session_fini(&connection->tls);
    LIST_REMOVE(connection, link);
    server->connection_count--;
    free(connection);
    http_server_check_stopped(server);
}

void http_connection_close(struct http_connection *connection)
{
    if (connection->is_closing)
        return;
    connection->is_closing = true;
    uv_close((uv_handle_t *)&connection->tcp, on_closed);
}

/* ---- writing ------------------------------------------------------------------------------ */

struct write {
    uv_write_t request;
    struct http_buffer bytes;
};

static void on_written(uv_write_t *request, int status)
{
    struct write *write = request->data;
    struct http_connection *connection = request->handle->data;
    connection->in_flight -= http_buffer_len(&write->bytes);
    connection->progress_ms = http_server_now_ms(connection->server);
    http_buffer_fini(&write->bytes);
    free(write);
    if (status != 0)
        http_connection_close(connection);
    else
        http_connection_flush(connection);
}

/* What TLS has ready goes to the network; the buffer moves with it. */
static bool write_ready(struct http_connection *connection)
{
    struct http_buffer *out = &connection->tls.out;
    size_t len = http_buffer_len(out);
    if (len == 0)
        return true;
    struct write *write = calloc(1, sizeof *write);
    if (write == NULL)
        return false;
    write->request.data = write;
    write->bytes = *out;
    *out = http_buffer_of(out->max);
    uv_buf_t buf = uv_buf_init((char *)http_buffer_data(&write->bytes), (unsigned)len);
    if (connection->in_flight == 0)
        connection->progress_ms = http_server_now_ms(connection->server);
    if (uv_write(&write->request, (uv_stream_t *)&connection->tcp, &buf, 1, on_written) != 0) {
        http_buffer_fini(&write->bytes);
        free(write);
        return false;
    }
    connection->in_flight += len;
    return true;
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    struct http_connection *connection = request->handle->data;
    connection->state_ms = http_server_now_ms(connection->server);
    if (status != 0)
        http_connection_close(connection);
}

/* Our side is done. Closing at once could take what is under way from the client, so its side is
 * awaited. */
static void linger(struct http_connection *connection)
{
    tls_session_close(&connection->tls);
    enter(connection, HTTP_STATE_LINGERING);
    bool ok = write_ready(connection) &&
              uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shutdown) == 0;
    if (!ok)
        http_connection_close(connection);
}

static bool encrypt(struct http_connection *connection, struct scp_writer *plain)
{
    struct scp_bytes bytes = scp_written(plain);
    bool ok = bytes.len == 0 || tls_session_write(&connection->tls, bytes);
    *plain = scp_writer_on(plain->buf, plain->cap);
    return ok;
}

/* Frames are gathered, so that small ones share a record. */
static bool encrypt_frames(struct http_connection *connection)
{
    uint8_t record[HTTP_RECORD_MAX];
    struct scp_writer plain = scp_writer_on(record, sizeof record);
    while (connection->in_flight + http_buffer_len(&connection->tls.out) < HTTP_OUTGOING_MAX) {
        struct scp_bytes frame;
        if (!http_h2_send(&connection->h2, &frame))
            return false;
        if (frame.len == 0)
            break;
        if (frame.len > scp_writer_room(&plain) && !encrypt(connection, &plain))
            return false;
        if (frame.len > plain.cap) {
            if (!tls_session_write(&connection->tls, frame))
                return false;
        } else {
            scp_put(&plain, frame);
        }
    }
    return encrypt(connection, &plain);
}

static bool send_http2(struct http_connection *connection)
{
    struct http_h2 *h2 = &connection->h2;
    if (h2->is_draining && h2->open_count == 0)
        http_h2_go_away(h2, true);
    connection->is_busy = true; /* sending may close streams, whose ends ask for a flush */
    bool ok = encrypt_frames(connection);
    connection->is_busy = false;
    return ok;
}

void http_connection_flush(struct http_connection *connection)
{
    if (connection->is_closing || connection->is_busy)
        return;
    bool is_http2 = connection->state == HTTP_STATE_HTTP2;
    if ((is_http2 && !send_http2(connection)) || !write_ready(connection)) {
        http_connection_close(connection);
        return;
    }
    if (is_http2 && http_h2_is_over(&connection->h2))
        linger(connection);
}

/* ---- reading ------------------------------------------------------------------------------ */

static bool begin_http2(struct http_connection *connection)
{
    struct http_h2 *h2 = &connection->h2;
    *h2 = (struct http_h2){
        .server = connection->server, .connection = connection, .peer = &connection->tls.peer};
    if (http_h2_init(h2) != HTTP_OK)
        return false;
    enter(connection, HTTP_STATE_HTTP2); /* not before: what is in it is flushed */
    if (connection->server->stopping)
        http_h2_go_away(h2, false);
    return true;
}

/* False when the connection cannot go on. */
static bool shake_hands(struct http_connection *connection)
{
    switch (tls_session_handshake(&connection->tls)) {
    case TLS_DONE:
        break;
    case TLS_AGAIN:
        return true;
    default:
        return false;
    }
    if (connection->tls.speaks_h2)
        return begin_http2(connection);
    enter(connection, HTTP_STATE_OTHER);
    return true;
}

/* Plain bytes of the client's, in the state that they belong to. */
static bool consume(struct http_connection *connection, struct scp_bytes plain)
{
    if (connection->state == HTTP_STATE_HTTP2)
        return http_h2_receive(&connection->h2, plain);
    if (connection->state != HTTP_STATE_OTHER)
        return true;
    if (!tls_session_write(&connection->tls, scp_bytes_of(other_answer, sizeof other_answer - 1)))
        return false;
    linger(connection);
    return true;
}

/* False when the client has ended its side or broken the protocol. */
static bool read_plain(struct http_connection *connection)
{
    uint8_t plain[HTTP_RECORD_MAX];
    size_t got = 0;
    enum tls_result result = TLS_DONE;
    while (result == TLS_DONE && !connection->is_closing) {
        result = tls_session_read(&connection->tls, plain, sizeof plain, &got);
        if (result == TLS_DONE && !consume(connection, scp_bytes_of(plain, got)))
            return false;
    }
    return result == TLS_AGAIN || result == TLS_DONE;
}

static bool process(struct http_connection *connection)
{
    if (connection->state == HTTP_STATE_HANDSHAKE && !shake_hands(connection))
        return false;
    return connection->state == HTTP_STATE_HANDSHAKE || read_plain(connection);
}

static void receive(struct http_connection *connection, struct scp_bytes bytes)
{
    connection->active_ms = http_server_now_ms(connection->server);
    if (connection->state == HTTP_STATE_LINGERING)
        return;
    connection->is_busy = true;
    bool ok = tls_session_receive(&connection->tls, bytes) && process(connection);
    connection->is_busy = false;
    http_connection_flush(connection); /* an alert or GOAWAY may be due even when not ok */
    if (!ok && !connection->is_closing && connection->state != HTTP_STATE_LINGERING)
        linger(connection);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct http_connection *connection = handle->data;
    struct http_server *server = connection->server;
    *buf = uv_buf_init(server->read_buffer, sizeof server->read_buffer);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct http_connection *connection = stream->data;
    if (count < 0)
        http_connection_close(connection);
    else if (count > 0 && !connection->is_closing)
        receive(connection, scp_bytes_of(buf->base, (size_t)count));
}

/* ---- opening ------------------------------------------------------------------------------ */

static void note_address(struct http_connection *connection)
{
    struct sockaddr_storage address;
    int len = sizeof address;
    struct http_peer *peer = &connection->tls.peer;
    if (uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&address, &len) == 0)
        (void)uv_ip_name((struct sockaddr *)&address, peer->address, sizeof peer->address);
}

static bool start(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    if (server->stopping || server->connection_count > HTTP_CONNECTIONS_MAX)
        return false;
    if (tls_session_init(&connection->tls, server->tls) != HTTP_OK)
        return false;
    note_address(connection);
    (void)uv_tcp_nodelay(&connection->tcp, 1);
    return uv_read_start((uv_stream_t *)&connection->tcp, on_alloc, on_read) == 0;
}

bool http_connection_accept(struct http_server *server)
{
    struct http_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return false;
    if (uv_tcp_init(&server->loop, &connection->tcp) != 0) {
        free(connection);
        return false;
    }
    connection->tcp.data = connection;
    connection->server = server;
    LIST_INSERT_HEAD(&server->connections, connection, link);
    server->connection_count++;
    enter(connection, HTTP_STATE_HANDSHAKE);
    connection->active_ms = connection->progress_ms = connection->state_ms;
    if (uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&connection->tcp) != 0 ||
        !start(connection))
        http_connection_close(connection);
    return true;
}

/* ---- time --------------------------------------------------------------------------------- */

static bool is_overdue(const struct http_connection *connection, uint64_t now_ms)
{
    const struct http_server_config *config = &connection->server->config;
    if (connection->in_flight > 0)
        return now_ms - connection->progress_ms > config->stall_ms;
    uint64_t age_ms = now_ms - connection->state_ms;
    switch (connection->state) {
    case HTTP_STATE_HANDSHAKE:
    case HTTP_STATE_OTHER:
        return age_ms > HTTP_HANDSHAKE_MS;
    case HTTP_STATE_LINGERING:
        return age_ms > HTTP_LINGER_MS;
    case HTTP_STATE_HTTP2:
        break;
    }
    return false;
}

static bool is_idle(const struct http_connection *connection, uint64_t now_ms)
{
    uint64_t most_ms = connection->server->config.idle_ms;
    if (!connection->tls.peer.verified && most_ms > HTTP_ANONYMOUS_IDLE_MS)
        most_ms = HTTP_ANONYMOUS_IDLE_MS;
    return connection->state == HTTP_STATE_HTTP2 && connection->h2.open_count == 0 &&
           now_ms - connection->active_ms > most_ms;
}

void http_connection_sweep(struct http_connection *connection, uint64_t now_ms)
{
    if (connection->is_closing)
        return;
    if (is_overdue(connection, now_ms)) {
        http_connection_close(connection);
        return;
    }
    if (connection->state == HTTP_STATE_HTTP2)
        http_h2_sweep(&connection->h2, now_ms);
    if (is_idle(connection, now_ms))
        http_h2_go_away(&connection->h2, true);
    http_connection_flush(connection);
}

void http_connection_drain(struct http_connection *connection)
{
    if (connection->state == HTTP_STATE_HANDSHAKE || connection->state == HTTP_STATE_OTHER)
        http_connection_close(connection);
    else if (connection->state == HTTP_STATE_HTTP2 && !connection->is_closing)
        http_h2_go_away(&connection->h2, false);
    http_connection_flush(connection);
}
