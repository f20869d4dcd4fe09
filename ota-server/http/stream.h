/* Event streams (Server-Sent Events): a response that goes on.
 *
 * The server pulls: once when the stream opens, again whenever http_server_notify names its topic,
 * and again while a pull says MORE. A pull appends the events that are due after `last_id`. It gets
 * no events pushed at it, so none are queued for a slow client and none are lost between a look at
 * the database and the subscription: the stream is subscribed before its first pull.
 *
 *     static enum http_pull pull_operations(void *ctx, const char *last_id, struct http_events *to)
 *     {
 *         ... for each operation changed since last_id ...
 *             http_events_put(to, &(struct http_event){.id = "42", .name = "operation", .data =
 * json}); return HTTP_PULL_WAIT;
 *     }
 *
 * Pulls of one stream run one after another, each on a worker thread. */
#ifndef OTA_SERVER_HTTP_STREAM_H
#define OTA_SERVER_HTTP_STREAM_H

#include "ota-server/http/limits.h"

#include <stdbool.h>
#include <stddef.h>

enum http_pull {
    HTTP_PULL_WAIT, /* until the topic is notified */
    HTTP_PULL_MORE, /* there is more: pull again when the client has taken this */
    HTTP_PULL_END,  /* send what was appended, then end the stream */
};

/* What a pull appends to. */
struct http_events;

/* `id` and `name` may be NULL; `data` may span lines. */
struct http_event {
    const char *id;
    const char *name;
    const char *data;
};

/* Append an event. False, and nothing appended, when it does not fit in what one pull may append
 * (return MORE then) or memory is exhausted; a stream whose pull appended nothing and says MORE is
 * ended. `id` and `name` are one line each, `id` no longer than HTTP_EVENT_ID_MAX. */
bool http_events_put(struct http_events *events, const struct http_event *event);

/* `last_id` is the id of the last event put into this stream, before that the client's
 * Last-Event-ID, "" when it sent none. */
typedef enum http_pull http_pull_fn(void *ctx, const char *last_id, struct http_events *events);

struct http_stream {
    char topic[HTTP_TOPIC_MAX + 1]; /* "" for a stream that is only pulled while it says MORE */
    http_pull_fn *pull;
    bool pull_when_silent;      /* with every heartbeat too: what is due by time is not notified */
    void (*release)(void *ctx); /* may be NULL; runs on the loop thread, never during a pull */
    void *ctx;
};

#endif
