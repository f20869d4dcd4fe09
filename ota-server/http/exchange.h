/* One request and its response: the stages between an HTTP/2 stream and a handler.
 *
 *     receiving -> (refused by the loop | handled by a worker) -> answered -> closed
 *
 * All functions belong to the loop's thread. While a job runs, request and response are the
 * worker's; a deadline that passes meanwhile is answered from `refusal`, and the worker's answer is
 * dropped. The memory goes when the stream is closed and no job runs.
 *
 * No function here sends: whoever calls from outside the HTTP/2 callbacks flushes the connection
 * afterwards, and touches no exchange after that. */
#ifndef OTA_SERVER_HTTP_EXCHANGE_H
#define OTA_SERVER_HTTP_EXCHANGE_H

#include "ota-server/http/message.h"
#include "ota-server/http/server_state.h"

struct http_h2;

struct http_exchange {
    struct http_server *server;
    struct http_h2 *h2; /* NULL when the connection is gone */
    int32_t stream_id;
    LIST_ENTRY(http_exchange) link; /* in h2->exchanges */

    struct http_request request;
    struct http_response response; /* of the handler */
    struct http_response refusal;  /* of the loop */
    struct http_response *answer;  /* the one being sent; NULL before */
    unsigned fault;                /* status for a request broken in its headers; 0 for none */

    bool is_complete; /* the request's last byte is here */
    bool is_sent;     /* the answer's last byte has been sent */
    bool is_closed;   /* the stream is gone */
    bool has_job;     /* `job` is with the workers */
    struct http_job job;

    struct http_events
        events; /* event stream: text for the client, the worker's while a job runs */
    struct http_subscriber subscriber;
    bool is_due;           /* pull when the client has taken what there is */
    bool has_ended;        /* no further pull */
    enum http_pull pulled; /* what the last pull said */
    void (*job_done)(struct http_exchange *exchange);

    uint64_t started_ms;
    uint64_t deadline_ms; /* of the stage before the answer */
    uint64_t progress_ms; /* last time the client took bytes */
    uint64_t received;
    uint64_t sent;
};

/* NULL when memory is exhausted. */
struct http_exchange *http_exchange_new(struct http_h2 *h2, int32_t stream_id);

/* A header field, pseudo fields included. */
void http_exchange_header(struct http_exchange *exchange, struct scp_bytes name,
                          struct scp_bytes value);
/* All fields are there. */
void http_exchange_headers_end(struct http_exchange *exchange);
void http_exchange_data(struct http_exchange *exchange, struct scp_bytes bytes);
/* The request is complete. */
void http_exchange_end(struct http_exchange *exchange);

/* Body bytes for the client: how many stand in `to`; *is_last when none follow. 0 and not last:
 * later. */
size_t http_exchange_read(struct http_exchange *exchange, uint8_t *to, size_t cap, bool *is_last);

/* The answer's last byte is on its way. */
void http_exchange_sent(struct http_exchange *exchange);

/* The stream is gone: logs, and frees now or when the job is done. */
void http_exchange_closed(struct http_exchange *exchange);
/* The connection is gone. */
void http_exchange_abandon(struct http_exchange *exchange);

/* Deadlines and heartbeats. */
void http_exchange_sweep(struct http_exchange *exchange, uint64_t now_ms);

/* Event streams end; anything else goes on. */
void http_exchange_drain(struct http_exchange *exchange);

/* ---- between the files of this room ------------------------------------------------------- */

/* Hand the job to the workers; false when their queue is full. */
bool http_exchange_submit(struct http_exchange *exchange, void (*run)(struct http_job *),
                          void (*done)(struct http_exchange *));

/* On a worker: authenticate, authorise, handle. */
void http_dispatch_run(struct http_job *job);

/* The response of the handler is an event stream: begin it. */
void http_event_stream_begin(struct http_exchange *exchange);
size_t http_event_stream_read(struct http_exchange *exchange, uint8_t *to, size_t cap,
                              bool *is_last);
void http_event_stream_sweep(struct http_exchange *exchange, uint64_t now_ms);

struct http_exchange *http_exchange_of_job(struct http_job *job);

#endif
