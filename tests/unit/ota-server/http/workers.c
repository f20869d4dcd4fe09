#include "ota-server/http/workers.h"
#include "tests/support/test.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { JOBS = 1000 };

struct counted {
    struct http_job job; /* first, so that it is also the counted */
    struct fixture *fixture;
    int runs;
    int reports;
};

struct fixture {
    uv_loop_t loop;
    struct http_workers *workers;
    uv_sem_t gate; /* a job waits for it when `gated` */
    bool gated;
    atomic_int running;
    struct counted jobs[JOBS];
};

static atomic_int threads_ended;

static void thread_end(void)
{
    atomic_fetch_add(&threads_ended, 1);
}

static void run(struct http_job *job)
{
    struct counted *counted = (struct counted *)(void *)job;
    atomic_fetch_add(&counted->fixture->running, 1);
    if (counted->fixture->gated)
        uv_sem_wait(&counted->fixture->gate);
    counted->runs++;
}

static void done(struct http_job *job)
{
    struct counted *counted = (struct counted *)(void *)job;
    counted->reports++;
    if (http_workers_pending(counted->fixture->workers) == 0)
        uv_stop(&counted->fixture->loop);
}

static void make(struct fixture *fixture, unsigned threads, size_t queue_max)
{
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(uv_sem_init(&fixture->gate, 0), 0);
    const struct http_workers_options options = {threads, queue_max, thread_end};
    assert_int_equal(http_workers_new(&fixture->workers, &fixture->loop, &options), HTTP_OK);
    for (size_t i = 0; i < JOBS; i++)
        fixture->jobs[i] = (struct counted){.job = {.run = run, .done = done}, .fixture = fixture};
}

static void destroy(struct fixture *fixture)
{
    http_workers_free(fixture->workers);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    uv_sem_destroy(&fixture->gate);
    free(fixture);
}

static void workers_run_each_job_once_and_report_it(void **state)
{
    (void)state;
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    make(fixture, 8, JOBS);
    atomic_store(&threads_ended, 0);
    for (size_t i = 0; i < JOBS; i++)
        assert_true(http_workers_submit(fixture->workers, &fixture->jobs[i].job));
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(fixture->jobs[i].runs, 1);
        assert_int_equal(fixture->jobs[i].reports, 1);
    }
    destroy(fixture);
    assert_int_equal(atomic_load(&threads_ended), 8);
}

static void workers_refuse_more_than_their_queue_holds(void **state)
{
    (void)state;
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    make(fixture, 1, 2);
    fixture->gated = true;
    assert_true(http_workers_submit(fixture->workers, &fixture->jobs[0].job));
    while (atomic_load(&fixture->running) == 0)
        uv_sleep(1);
    assert_true(http_workers_submit(fixture->workers, &fixture->jobs[1].job));
    assert_true(http_workers_submit(fixture->workers, &fixture->jobs[2].job));
    assert_false(http_workers_submit(fixture->workers, &fixture->jobs[3].job));
    assert_int_equal(http_workers_pending(fixture->workers), 3);
    for (int i = 0; i < 3; i++)
        uv_sem_post(&fixture->gate);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->jobs[2].runs, 1);
    assert_int_equal(fixture->jobs[3].runs, 0);
    destroy(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_run_each_job_once_and_report_it),
        cmocka_unit_test(workers_refuse_more_than_their_queue_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
