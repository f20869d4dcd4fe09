#include "ota-server/http/exchange.h"

#include "ota-server/http/connection.h"

#include <stdlib.h>
#include <string.h>

/* ---- life --------------------------------------------------------------------------------- */

struct http_exchange *http_exchange_new(struct http_h2 *h2, int32_t stream_id)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    exchange->h2 = h2;
    exchange->server = h2->server;
    exchange->stream_id = stream_id;
    exchange->request.peer = *h2->peer;
    exchange->events.text = http_buffer_of(HTTP_EVENT_BYTES_MAX);
    http_response_init(&exchange->response);
    http_response_init(&exchange->refusal);
    exchange->started_ms = http_server_now_ms(exchange->server);
    exchange->deadline_ms = exchange->started_ms + exchange->server->config.receive_ms;
    LIST_INSERT_HEAD(&h2->exchanges, exchange, link);
    h2->exchange_count++;
    h2->open_count++;
    return exchange;
}

static void leave_connection(struct http_exchange *exchange)
{
    if (exchange->h2 == NULL)
        return;
    LIST_REMOVE(exchange, link);
    exchange->h2->exchange_count--;
    exchange->h2 = NULL;
}

static void free_exchange(struct http_exchange *exchange)
{
    leave_connection(exchange);
    exchange->server->body_bytes -= http_buffer_len(&exchange->request.body);
    http_request_fini(&exchange->request);
    http_response_fini(&exchange->response);
    http_response_fini(&exchange->refusal);
    http_buffer_fini(&exchange->events.text);
    free(exchange);
}

static void log_access(const struct http_exchange *exchange)
{
    const struct http_server *server = exchange->server;
    const struct http_request *request = &exchange->request;
    if (server->config.log == NULL)
        return;
    /* While a job runs the principal is being written. */
    bool has_principal = !exchange->has_job && request->has_principal;
    const struct http_access access = {
        .method = request->route == NULL ? "-" : request->route->method,
        .route = request->route == NULL ? "-" : request->route->pattern,
        .status = exchange->answer == NULL ? 0 : exchange->answer->status,
        .duration_ms = http_server_now_ms(server) - exchange->started_ms,
        .received = exchange->received,
        .sent = exchange->sent,
        .principal = has_principal ? request->principal.id : "",
        .address = request->peer.address,
    };
    server->config.log(server->config.ctx, &access);
}

static void end_stream(struct http_exchange *exchange)
{
    log_access(exchange);
    exchange->is_closed = true;
    exchange->h2->open_count--;
    http_topics_unsubscribe(&exchange->subscriber);
}

void http_exchange_closed(struct http_exchange *exchange)
{
    end_stream(exchange);
    if (!exchange->has_job)
        free_exchange(exchange);
}

void http_exchange_abandon(struct http_exchange *exchange)
{
    if (!exchange->is_closed)
        end_stream(exchange);
    if (exchange->has_job)
        leave_connection(exchange);
    else
        free_exchange(exchange);
}

/* ---- jobs --------------------------------------------------------------------------------- */

struct http_exchange *http_exchange_of_job(struct http_job *job)
{
    return (struct http_exchange *)((char *)job - offsetof(struct http_exchange, job));
}

static void job_done(struct http_job *job)
{
    struct http_exchange *exchange = http_exchange_of_job(job);
    struct http_server *server = exchange->server;
    struct http_connection *connection = exchange->h2 == NULL ? NULL : exchange->h2->connection;
    exchange->has_job = false;
    if (exchange->is_closed)
        free_exchange(exchange);
    else
        exchange->job_done(exchange);
    if (connection != NULL)
        http_connection_flush(connection);
    http_server_check_stopped(server);
}

bool http_exchange_submit(struct http_exchange *exchange, void (*run)(struct http_job *),
                          void (*done)(struct http_exchange *))
{
    exchange->job.run = run;
    exchange->job.done = job_done;
    exchange->job_done = done;
    exchange->has_job = http_workers_submit(exchange->server->workers, &exchange->job);
    return exchange->has_job;
}

/* ---- answering ---------------------------------------------------------------------------- */

static void send_answer(struct http_exchange *exchange, struct http_response *response)
{
    exchange->answer = response;
    exchange->progress_ms = http_server_now_ms(exchange->server);
    if (response->is_stream && !exchange->request.is_head)
        http_event_stream_begin(exchange);
    http_h2_answer(exchange);
}

/* What the loop says by itself. */
struct refusal {
    unsigned status;
    const char *code;
    const char *title;
    const char *detail;
};

static void refuse(struct http_exchange *exchange, const struct refusal *why)
{
    if (exchange->answer != NULL)
        return;
    http_problem(&exchange->refusal, why->status, why->code, why->title, "%s", why->detail);
    http_response_finish(&exchange->refusal);
    send_answer(exchange, &exchange->refusal);
}

static const struct refusal faults[] = {
    {400, "malformed-request", "Malformed request",
     "the target or a header field of the request is malformed"},
    {404, "not-found", "Not found", "nothing is at this path"},
    {414, "target-too-long", "Target too long", "path and query are longer than is allowed"},
    {431, "headers-too-large", "Header fields too large",
     "the header fields are too many or too long"},
    {503, "busy", "Busy", "the server is out of memory"},
};

static const struct refusal too_large = {413, "body-too-large", "Body too large",
                                         "the body is longer than this route takes"};
static const struct refusal wrong_type = {
    415, "unsupported-media-type", "Unsupported media type",
    "the body's content type is not the one this route takes"};
static const struct refusal busy = {503, "busy", "Busy",
                                    "the server has too much to do; try again later"};
static const struct refusal too_slow = {408, "request-timeout", "Request timeout",
                                        "the request did not arrive in time"};
static const struct refusal no_answer = {504, "handler-timeout", "No answer in time",
                                         "the request took too long; it may have been carried out"};

static void refuse_fault(struct http_exchange *exchange)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (faults[i].status == exchange->fault)
            refuse(exchange, &faults[i]);
    }
}

/* ---- receiving ---------------------------------------------------------------------------- */

static unsigned status_of_field_error(enum scp_error error)
{
    return error == SCP_NO_MEMORY ? 503 : error == SCP_TOO_LONG ? 431 : 400;
}

static unsigned status_of_target_error(enum scp_error error)
{
    static const struct {
        enum scp_error error;
        unsigned status;
    } rows[] = {{SCP_OK, 0}, {SCP_TOO_LONG, 414}, {SCP_OUT_OF_RANGE, 404}, {SCP_NO_MEMORY, 503}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].error == error)
            return rows[i].status;
    }
    return 400;
}

static bool is_named(struct scp_bytes name, const char *text)
{
    return scp_bytes_equal(name, scp_bytes_of(text, strlen(text)));
}

static void set_method(struct http_request *request, struct scp_bytes value)
{
    request->is_head = is_named(value, "HEAD");
    struct scp_bytes method = request->is_head ? scp_bytes_of("GET", 3) : value;
    struct scp_writer w = scp_writer_on((uint8_t *)request->method, sizeof request->method - 1);
    scp_put(&w, method);
    request->method[scp_written(&w).len] = '\0';
}

/* RFC 9113, 8.3.1; nghttp2 has checked that the pseudo fields are there, first and once. */
static enum scp_error set_pseudo_field(struct http_exchange *exchange, struct scp_bytes name,
                                       struct scp_bytes value)
{
    struct http_request *request = &exchange->request;
    if (is_named(name, ":method"))
        set_method(request, value);
    else if (is_named(name, ":path") && exchange->fault == 0)
        exchange->fault = status_of_target_error(http_target_parse(&request->target, value));
    else if (is_named(name, ":authority"))
        return http_fields_join(&request->fields, scp_bytes_of("host", 4), value);
    return SCP_OK;
}

void http_exchange_header(struct http_exchange *exchange, struct scp_bytes name,
                          struct scp_bytes value)
{
    bool is_pseudo = name.len > 0 && name.ptr[0] == ':';
    enum scp_error error = is_pseudo ? set_pseudo_field(exchange, name, value)
                                     : http_fields_join(&exchange->request.fields, name, value);
    if (error != SCP_OK && exchange->fault == 0)
        exchange->fault = status_of_field_error(error);
}

static void refuse_method(struct http_exchange *exchange, struct http_path path)
{
    char allow[64];
    http_router_allow(&exchange->server->router, path, allow, sizeof allow);
    http_response_header(&exchange->refusal, "allow", allow);
    refuse(exchange, &(struct refusal){405, "method-not-allowed", "Method not allowed",
                                       "this path has other methods; see Allow"});
}

static void find_route(struct http_exchange *exchange)
{
    struct http_request *request = &exchange->request;
    struct http_path path = {request->target.segments, request->target.segment_count};
    struct http_matched matched;
    enum http_match match =
        http_router_match(&exchange->server->router, request->method, path, &matched);
    if (match == HTTP_MATCH) {
        request->route = matched.route;
        for (size_t i = 0; i < HTTP_PARAMS_MAX; i++)
            request->params[i] = matched.params[i];
        request->body = http_buffer_of(matched.route->body_max);
    } else if (match == HTTP_NO_METHOD) {
        refuse_method(exchange, path);
    } else {
        exchange->fault = 404;
        refuse_fault(exchange);
    }
}

static bool is_refused_peer(const struct http_peer *peer)
{
    return !peer->verified && peer->refusal != HTTP_REFUSAL_ABSENT;
}

static void refuse_peer(struct http_exchange *exchange)
{
    enum http_refusal refusal = exchange->request.peer.refusal;
    refuse(exchange, &(struct refusal){401, http_refusal_code(refusal), "Certificate refused",
                                       http_refusal_text(refusal)});
}

/* The length that the client announces, when it does: refused before the bytes are sent. */
static void check_announced_length(struct http_exchange *exchange)
{
    const char *text = http_request_header(&exchange->request, "content-length");
    if (text == NULL)
        return;
    unsigned long long length =
        strtoull(text, NULL, 10); /* nghttp2 has checked that it is digits */
    if (length > exchange->request.route->body_max)
        refuse(exchange, &too_large);
}

void http_exchange_headers_end(struct http_exchange *exchange)
{
    if (exchange->fault != 0)
        refuse_fault(exchange);
    else if (is_refused_peer(&exchange->request.peer))
        refuse_peer(exchange);
    else
        find_route(exchange);
    if (exchange->answer == NULL)
        check_announced_length(exchange);
}

static bool has_accepted_type(const struct http_request *request)
{
    const char *accepts = request->route->accepts;
    return accepts == NULL ||
           http_media_type_is(http_request_header(request, "content-type"), accepts);
}

/* Clients without a certificate can fill the room for bodies only in part: the rest stays free for
 * those that the service is for. */
static bool hold_body(struct http_exchange *exchange, struct scp_bytes bytes)
{
    struct http_server *server = exchange->server;
    size_t most = exchange->request.peer.verified ? HTTP_BODIES_MAX : HTTP_ANONYMOUS_BODIES_MAX;
    if (bytes.len > most || server->body_bytes > most - bytes.len ||
        !http_buffer_put(&exchange->request.body, bytes))
        return false;
    server->body_bytes += bytes.len;
    return true;
}

void http_exchange_data(struct http_exchange *exchange, struct scp_bytes bytes)
{
    struct http_request *request = &exchange->request;
    exchange->received += bytes.len;
    if (exchange->answer != NULL || bytes.len == 0)
        return;
    if (bytes.len > request->body.max - http_buffer_len(&request->body)) {
        refuse(exchange, &too_large);
    } else if (!has_accepted_type(request)) {
        refuse(exchange, &wrong_type);
    } else if (!hold_body(exchange, bytes)) {
        refuse(exchange, &busy);
    }
}

static void handled(struct http_exchange *exchange)
{
    if (exchange->answer == NULL)
        send_answer(exchange, &exchange->response);
}

void http_exchange_end(struct http_exchange *exchange)
{
    exchange->is_complete = true;
    if (exchange->answer != NULL)
        return;
    exchange->deadline_ms =
        http_server_now_ms(exchange->server) + exchange->server->config.handle_ms;
    if (!http_exchange_submit(exchange, http_dispatch_run, handled))
        refuse(exchange, &busy);
}

/* ---- sending ------------------------------------------------------------------------------ */

size_t http_exchange_read(struct http_exchange *exchange, uint8_t *to, size_t cap, bool *is_last)
{
    size_t count = 0;
    if (exchange->answer->is_stream) {
        count = http_event_stream_read(exchange, to, cap, is_last);
    } else {
        count = http_buffer_take(&exchange->answer->body, to, cap);
        *is_last = http_buffer_len(&exchange->answer->body) == 0;
    }
    exchange->sent += count;
    if (count > 0)
        exchange->progress_ms = http_server_now_ms(exchange->server);
    return count;
}

void http_exchange_sent(struct http_exchange *exchange)
{
    exchange->is_sent = true;
    exchange->deadline_ms = http_server_now_ms(exchange->server) + HTTP_LINGER_MS;
}

/* ---- time --------------------------------------------------------------------------------- */

static void sweep_unanswered(struct http_exchange *exchange, uint64_t now_ms)
{
    if (now_ms < exchange->deadline_ms)
        return;
    refuse(exchange, exchange->is_complete ? &no_answer : &too_slow);
}

static bool has_stalled(const struct http_exchange *exchange, uint64_t now_ms)
{
    const struct http_buffer *left =
        exchange->answer->is_stream ? &exchange->events.text : &exchange->answer->body;
    bool worker_owns_it = exchange->answer->is_stream && exchange->has_job;
    return !worker_owns_it && http_buffer_len(left) > 0 &&
           now_ms - exchange->progress_ms > exchange->server->config.stall_ms;
}

/* Answered before the request was complete, and its rest is still coming. Resetting the stream at
 * once makes some clients drop the answer unread. */
static bool is_still_sending(const struct http_exchange *exchange, uint64_t now_ms)
{
    return exchange->is_sent && !exchange->is_complete && now_ms > exchange->deadline_ms;
}

void http_exchange_sweep(struct http_exchange *exchange, uint64_t now_ms)
{
    if (exchange->is_closed)
        return;
    if (exchange->answer == NULL)
        sweep_unanswered(exchange, now_ms);
    else if (has_stalled(exchange, now_ms) || is_still_sending(exchange, now_ms))
        http_h2_reset(exchange);
    else if (exchange->answer->is_stream)
        http_event_stream_sweep(exchange, now_ms);
}

void http_exchange_drain(struct http_exchange *exchange)
{
    if (exchange->is_closed || exchange->answer == NULL || !exchange->answer->is_stream)
        return;
    exchange->has_ended = true;
    http_h2_resume(exchange);
}
