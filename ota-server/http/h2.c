#include "ota-server/http/h2.h"

#include "ota-server/http/connection.h"

#include <stdio.h>
#include <string.h>

enum { NAME_VALUES_MAX = 4 + HTTP_HEADERS_MAX };

/* ---- receiving: nghttp2's callbacks ------------------------------------------------------- */

static struct http_exchange *exchange_of(nghttp2_session *session, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(session, stream_id);
}

static bool begins_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct http_h2 *h2 = arg;
    if (!begins_request(frame))
        return 0;
    /* Streams that the client has reset still cost their handler: they count. */
    if (h2->exchange_count >= HTTP_EXCHANGES_MAX)
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                         NGHTTP2_REFUSED_STREAM);
    struct http_exchange *exchange = http_exchange_new(h2, frame->hd.stream_id);
    if (exchange == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
    (void)flags;
    (void)arg;
    struct http_exchange *exchange = exchange_of(session, frame->hd.stream_id);
    if (exchange == NULL || !begins_request(frame))
        return 0; /* trailers say nothing to us */
    nghttp2_vec n = nghttp2_rcbuf_get_buf(name);
    nghttp2_vec v = nghttp2_rcbuf_get_buf(value);
    http_exchange_header(exchange, scp_bytes_of(n.base, n.len), scp_bytes_of(v.base, v.len));
    return 0;
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)arg;
    bool carries_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    struct http_exchange *exchange =
        carries_request ? exchange_of(session, frame->hd.stream_id) : NULL;
    if (exchange == NULL)
        return 0;
    if (begins_request(frame))
        http_exchange_headers_end(exchange);
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        http_exchange_end(exchange);
    return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id,
                         const uint8_t *data, size_t len, void *arg)
{
    (void)flags;
    (void)arg;
    struct http_exchange *exchange = exchange_of(session, stream_id);
    if (exchange != NULL)
        http_exchange_data(exchange, scp_bytes_of(data, len));
    return 0;
}

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)arg;
    bool carries_answer = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!carries_answer || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    struct http_exchange *exchange = exchange_of(session, frame->hd.stream_id);
    if (exchange != NULL)
        http_exchange_sent(exchange);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t error, void *arg)
{
    (void)error;
    struct http_h2 *h2 = arg;
    struct http_exchange *exchange = exchange_of(session, stream_id);
    if (exchange == NULL)
        return 0;
    nghttp2_session_set_stream_user_data(session, stream_id, NULL);
    h2->connection->active_ms = http_server_now_ms(h2->server);
    http_exchange_closed(exchange);
    return 0;
}

/* ---- life --------------------------------------------------------------------------------- */

static int set_up(struct http_h2 *h2, nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    return nghttp2_session_server_new(&h2->session, callbacks, h2);
}

static int greet(nghttp2_session *session)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP_STREAMS_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEADER_BYTES_MAX},
    };
    int error = nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                        sizeof settings / sizeof settings[0]);
    if (error != 0)
        return error;
    return nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                                 HTTP_CONNECTION_WINDOW);
}

enum http_error http_h2_init(struct http_h2 *h2)
{
    LIST_INIT(&h2->exchanges);
    nghttp2_session_callbacks *callbacks;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return HTTP_NO_MEMORY;
    int error = set_up(h2, callbacks);
    nghttp2_session_callbacks_del(callbacks);
    if (error == 0)
        error = greet(h2->session);
    return error == 0 ? HTTP_OK : HTTP_NO_MEMORY;
}

/* `act` may remove the exchange that it is given, and no other. */
static void for_each(struct http_h2 *h2, void (*act)(struct http_exchange *, void *), void *arg)
{
    struct http_exchange *exchange = LIST_FIRST(&h2->exchanges);
    while (exchange != NULL) {
        struct http_exchange *next = LIST_NEXT(exchange, link);
        act(exchange, arg);
        exchange = next;
    }
}

static void abandon(struct http_exchange *exchange, void *arg)
{
    (void)arg;
    http_exchange_abandon(exchange);
}

static void drain(struct http_exchange *exchange, void *arg)
{
    (void)arg;
    http_exchange_drain(exchange);
}

static void sweep(struct http_exchange *exchange, void *arg)
{
    const uint64_t *now_ms = arg;
    http_exchange_sweep(exchange, *now_ms);
}

void http_h2_fini(struct http_h2 *h2)
{
    for_each(h2, abandon, NULL);
    nghttp2_session_del(h2->session);
    h2->session = NULL;
}

/* ---- bytes -------------------------------------------------------------------------------- */

bool http_h2_receive(struct http_h2 *h2, struct scp_bytes bytes)
{
    return nghttp2_session_mem_recv(h2->session, bytes.ptr, bytes.len) >= 0;
}

bool http_h2_send(struct http_h2 *h2, struct scp_bytes *bytes)
{
    const uint8_t *data = NULL;
    ssize_t len = nghttp2_session_mem_send(h2->session, &data);
    *bytes = len > 0 ? scp_bytes_of(data, (size_t)len) : SCP_EMPTY;
    return len >= 0;
}

bool http_h2_is_over(const struct http_h2 *h2)
{
    return nghttp2_session_want_read(h2->session) == 0 &&
           nghttp2_session_want_write(h2->session) == 0;
}

void http_h2_go_away(struct http_h2 *h2, bool now)
{
    if (now) {
        (void)nghttp2_session_terminate_session(h2->session, NGHTTP2_NO_ERROR);
        return;
    }
    h2->is_draining = true;
    (void)nghttp2_submit_shutdown_notice(h2->session);
    for_each(h2, drain, NULL);
}

void http_h2_sweep(struct http_h2 *h2, uint64_t now_ms)
{
    for_each(h2, sweep, &now_ms);
}

/* ---- answering ---------------------------------------------------------------------------- */

/* nghttp2 wants text writable, does not write to it, and copies it. */
static uint8_t *writable(const char *text)
{
    union {
        const char *given;
        uint8_t *wanted;
    } view = {.given = text};
    return view.wanted;
}

static nghttp2_nv name_value(const char *name, const char *value)
{
    return (nghttp2_nv){.name = writable(name),
                        .value = writable(value),
                        .namelen = strlen(name),
                        .valuelen = strlen(value)};
}

static bool has_length(const struct http_response *response)
{
    return !response->is_stream && response->status != 204 && response->status != 304;
}

/* Fields of an answer; the numbers as text live beside them. */
struct answer_fields {
    nghttp2_nv nv[NAME_VALUES_MAX];
    size_t count;
    char status[8];
    char length[24];
};

static void put_field(struct answer_fields *fields, const char *name, const char *value)
{
    fields->nv[fields->count++] = name_value(name, value);
}

static void collect_fields(struct answer_fields *fields, const struct http_response *response)
{
    fields->count = 0;
    snprintf(fields->status, sizeof fields->status, "%u", response->status);
    snprintf(fields->length, sizeof fields->length, "%zu", http_buffer_len(&response->body));
    put_field(fields, ":status", fields->status);
    if (response->content_type[0] != '\0')
        put_field(fields, "content-type", response->content_type);
    if (has_length(response))
        put_field(fields, "content-length", fields->length);
    if (http_fields_get(&response->fields, "cache-control") == NULL)
        put_field(fields, "cache-control", "no-store");
    for (size_t i = 0; i < response->fields.count; i++)
        put_field(fields, response->fields.items[i].name, response->fields.items[i].value);
}

static ssize_t read_body(nghttp2_session *session, int32_t stream_id, uint8_t *to, size_t cap,
                         uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    (void)session;
    (void)stream_id;
    (void)arg;
    bool is_last = false;
    size_t count = http_exchange_read(source->ptr, to, cap, &is_last);
    if (is_last)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return count == 0 && !is_last ? NGHTTP2_ERR_DEFERRED : (ssize_t)count;
}

static bool has_body(const struct http_exchange *exchange)
{
    const struct http_response *answer = exchange->answer;
    return !exchange->request.is_head &&
           (answer->is_stream || (has_length(answer) && http_buffer_len(&answer->body) > 0));
}

void http_h2_answer(struct http_exchange *exchange)
{
    struct answer_fields fields;
    collect_fields(&fields, exchange->answer);
    nghttp2_data_provider body = {.source.ptr = exchange, .read_callback = read_body};
    int error = nghttp2_submit_response(exchange->h2->session, exchange->stream_id, fields.nv,
                                        fields.count, has_body(exchange) ? &body : NULL);
    if (error != 0)
        http_h2_reset(exchange);
}

void http_h2_resume(struct http_exchange *exchange)
{
    /* It fails when the stream was not waiting: then it is asked for bytes anyway. */
    (void)nghttp2_session_resume_data(exchange->h2->session, exchange->stream_id);
}

void http_h2_reset(struct http_exchange *exchange)
{
    uint32_t code = exchange->is_sent ? NGHTTP2_NO_ERROR : NGHTTP2_INTERNAL_ERROR;
    (void)nghttp2_submit_rst_stream(exchange->h2->session, NGHTTP2_FLAG_NONE, exchange->stream_id,
                                    code);
}
