/* Worker threads beside a loop: jobs run there, in the order they came, and are reported done on
 * the loop's thread. A pool of the server's own, since libuv's is shared by the whole process, is
 * sized by an environment variable, and handlers wait for commits.
 *
 * All functions belong to the loop's thread. */
#ifndef OTA_SERVER_HTTP_WORKERS_H
#define OTA_SERVER_HTTP_WORKERS_H

#include "ota-server/http/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* Embedded in what the job is about; borrowed until `done` has been called. */
struct http_job {
    void (*run)(struct http_job *job);  /* on a worker */
    void (*done)(struct http_job *job); /* on the loop */
    struct http_job *next;
};

struct http_workers_options {
    unsigned threads;
    size_t queue_max;         /* jobs waiting */
    void (*thread_end)(void); /* called at the end of each thread, on it */
};

struct http_workers;

HTTP_MUST_USE enum http_error http_workers_new(struct http_workers **workers, uv_loop_t *loop,
                                               const struct http_workers_options *options);

/* False when queue_max jobs are waiting. */
bool http_workers_submit(struct http_workers *workers, struct http_job *job);

/* Jobs not yet reported done. */
size_t http_workers_pending(const struct http_workers *workers);

/* Waits for the threads; no job may be pending. The memory is freed by a later turn of the loop.
 * NULL is allowed. */
void http_workers_free(struct http_workers *workers);

#endif
