/* An answer that goes on: pulls on workers whenever its topic was notified and the client has taken
 * what there was. */
#include "ota-server/http/exchange.h"
#include "ota-server/http/h2.h"

#include <stdio.h>
#include <string.h>

/* While a pull runs, exchange->events is the worker's; `has_job` says so. */

static void run_pull(struct http_job *job)
{
    struct http_exchange *exchange = http_exchange_of_job(job);
    const struct http_stream *stream = &exchange->answer->stream;
    char last_id[sizeof exchange->events.last_id];
    snprintf(last_id, sizeof last_id, "%s", exchange->events.last_id);
    exchange->pulled = stream->pull(stream->ctx, last_id, &exchange->events);
}

static void pull_done(struct http_exchange *exchange)
{
    bool is_empty = http_buffer_len(&exchange->events.text) == 0;
    if (exchange->pulled == HTTP_PULL_END || (exchange->pulled == HTTP_PULL_MORE && is_empty))
        exchange->has_ended = true;
    if (exchange->pulled == HTTP_PULL_MORE)
        exchange->is_due = true;
    if (!is_empty || exchange->has_ended || exchange->is_due)
        http_h2_resume(exchange);
}

/* Pull if that is due and possible; when the workers' queue is full, the sweep tries again. */
static void pull_if_due(struct http_exchange *exchange)
{
    if (!exchange->is_due || exchange->has_job || exchange->has_ended ||
        http_buffer_len(&exchange->events.text) > 0)
        return;
    exchange->is_due = !http_exchange_submit(exchange, run_pull, pull_done);
}

static void wake(struct http_subscriber *subscriber)
{
    struct http_exchange *exchange =
        (struct http_exchange *)((char *)subscriber - offsetof(struct http_exchange, subscriber));
    exchange->is_due = true;
    pull_if_due(exchange);
}

static void resume_after_last_id(struct http_exchange *exchange)
{
    const char *last_id = http_request_header(&exchange->request, "last-event-id");
    if (last_id != NULL && strlen(last_id) <= HTTP_EVENT_ID_MAX)
        snprintf(exchange->events.last_id, sizeof exchange->events.last_id, "%s", last_id);
}

void http_event_stream_begin(struct http_exchange *exchange)
{
    const struct http_stream *stream = &exchange->answer->stream;
    resume_after_last_id(exchange);
    exchange->subscriber.topic = stream->topic;
    exchange->subscriber.wake = wake;
    if (stream->topic[0] != '\0')
        http_topics_subscribe(&exchange->server->topics, &exchange->subscriber);
    exchange->has_ended = exchange->server->stopping;
    wake(&exchange->subscriber);
}

size_t http_event_stream_read(struct http_exchange *exchange, uint8_t *to, size_t cap,
                              bool *is_last)
{
    *is_last = false;
    if (exchange->has_job)
        return 0;
    size_t count = http_buffer_take(&exchange->events.text, to, cap);
    pull_if_due(exchange);
    *is_last =
        exchange->has_ended && !exchange->has_job && http_buffer_len(&exchange->events.text) == 0;
    return count;
}

void http_event_stream_sweep(struct http_exchange *exchange, uint64_t now_ms)
{
    pull_if_due(exchange);
    if (exchange->has_job || now_ms - exchange->progress_ms < exchange->server->config.heartbeat_ms)
        return;
    if (http_buffer_len(&exchange->events.text) > 0 ||
        !http_buffer_put_text(&exchange->events.text, ":\n\n"))
        return;
    exchange->is_due = exchange->is_due || exchange->answer->stream.pull_when_silent;
    http_h2_resume(exchange); /* which pulls when the comment was taken */
}
