#include "ota-server/http/workers.h"

#include <assert.h>
#include <stdlib.h>

struct queue {
    struct http_job *first;
    struct http_job **end;
    size_t count;
};

struct http_workers {
    uv_async_t finished_wake;
    uv_mutex_t mutex; /* guards waiting, finished, stopping */
    uv_cond_t changed;
    struct queue waiting;
    struct queue finished;
    bool stopping;
    struct http_workers_options options;
    size_t pending; /* the loop's */
    unsigned thread_count;
    uv_thread_t threads[];
};

static void queue_init(struct queue *queue)
{
    *queue = (struct queue){.end = &queue->first};
}

static void queue_put(struct queue *queue, struct http_job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
    queue->count++;
}

static struct http_job *queue_take(struct queue *queue)
{
    struct http_job *job = queue->first;
    if (job == NULL)
        return NULL;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    queue->count--;
    return job;
}

/* The next job; NULL when the pool stops. */
static struct http_job *wait_for_job(struct http_workers *workers)
{
    uv_mutex_lock(&workers->mutex);
    while (workers->waiting.first == NULL && !workers->stopping)
        uv_cond_wait(&workers->changed, &workers->mutex);
    struct http_job *job = queue_take(&workers->waiting);
    uv_mutex_unlock(&workers->mutex);
    return job;
}

static void work(void *arg)
{
    struct http_workers *workers = arg;
    for (struct http_job *job = wait_for_job(workers); job != NULL; job = wait_for_job(workers)) {
        job->run(job);
        uv_mutex_lock(&workers->mutex);
        queue_put(&workers->finished, job);
        uv_mutex_unlock(&workers->mutex);
        uv_async_send(&workers->finished_wake);
    }
    workers->options.thread_end();
}

static struct http_job *take_finished(struct http_workers *workers)
{
    uv_mutex_lock(&workers->mutex);
    struct http_job *job = queue_take(&workers->finished);
    uv_mutex_unlock(&workers->mutex);
    return job;
}

static void report_finished(uv_async_t *handle)
{
    struct http_workers *workers = handle->data;
    for (struct http_job *job = take_finished(workers); job != NULL; job = take_finished(workers)) {
        workers->pending--;
        job->done(job);
    }
}

bool http_workers_submit(struct http_workers *workers, struct http_job *job)
{
    uv_mutex_lock(&workers->mutex);
    bool fits = workers->waiting.count < workers->options.queue_max;
    if (fits) {
        queue_put(&workers->waiting, job);
        uv_cond_signal(&workers->changed);
    }
    uv_mutex_unlock(&workers->mutex);
    workers->pending += fits ? 1 : 0;
    return fits;
}

size_t http_workers_pending(const struct http_workers *workers)
{
    return workers->pending;
}

static void free_memory(uv_handle_t *handle)
{
    struct http_workers *workers = handle->data;
    uv_cond_destroy(&workers->changed);
    uv_mutex_destroy(&workers->mutex);
    free(workers);
}

void http_workers_free(struct http_workers *workers)
{
    if (workers == NULL)
        return;
    assert(workers->pending == 0);
    uv_mutex_lock(&workers->mutex);
    workers->stopping = true;
    uv_cond_broadcast(&workers->changed);
    uv_mutex_unlock(&workers->mutex);
    for (unsigned i = 0; i < workers->thread_count; i++)
        uv_thread_join(&workers->threads[i]);
    uv_close((uv_handle_t *)&workers->finished_wake, free_memory);
}

/* Locks and handle; what fails leaves nothing behind. */
static bool init_parts(struct http_workers *workers, uv_loop_t *loop)
{
    if (uv_mutex_init(&workers->mutex) != 0)
        return false;
    if (uv_cond_init(&workers->changed) != 0) {
        uv_mutex_destroy(&workers->mutex);
        return false;
    }
    if (uv_async_init(loop, &workers->finished_wake, report_finished) != 0) {
        uv_cond_destroy(&workers->changed);
        uv_mutex_destroy(&workers->mutex);
        return false;
    }
    workers->finished_wake.data = workers;
    return true;
}

enum http_error http_workers_new(struct http_workers **out, uv_loop_t *loop,
                                 const struct http_workers_options *options)
{
    *out = NULL;
    struct http_workers *workers =
        calloc(1, sizeof *workers + options->threads * sizeof(uv_thread_t));
    if (workers == NULL)
        return HTTP_NO_MEMORY;
    queue_init(&workers->waiting);
    queue_init(&workers->finished);
    workers->options = *options;
    if (!init_parts(workers, loop)) {
        free(workers);
        return HTTP_SYSTEM;
    }
    while (workers->thread_count < options->threads) {
        if (uv_thread_create(&workers->threads[workers->thread_count], work, workers) != 0) {
            http_workers_free(workers);
            return HTTP_SYSTEM;
        }
        workers->thread_count++;
    }
    *out = workers;
    return HTTP_OK;
}
