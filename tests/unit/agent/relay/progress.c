/* The progress of scripts on a clock that stands still until it is advanced, and a server that
 * writes down what it is told and answers when it is let. */
#include "agent/relay/progress.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POSTS_MAX = 16, WAIT_S = 20, HALF = AGENT_PROGRESS_INTERVAL_MS };

struct told {
    char path[64];
    size_t commands;
};

struct world {
    struct rebind_seeded clock;
    struct rebind_env env;
    struct agent_progress *progress;
    struct agent_watch watch;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool holds; /* the server lets its clients wait */
    bool cancelled;
    enum agent_error answer;
    struct told told[POSTS_MAX];
    size_t begun;
    size_t answered;
};

/* ---- the server ---------------------------------------------------------------------------- */

static enum agent_error on_post(void *ctx, const char *path, size_t commands)
{
    struct world *world = ctx;
    (void)pthread_mutex_lock(&world->mutex);
    struct told *told = &world->told[world->begun++ % POSTS_MAX];
    (void)snprintf(told->path, sizeof told->path, "%s", path);
    told->commands = commands;
    (void)pthread_cond_broadcast(&world->changed);
    while (world->holds && !world->cancelled)
        (void)pthread_cond_wait(&world->changed, &world->mutex);
    enum agent_error error = world->cancelled ? AGENT_STOPPED : world->answer;
    world->answered++;
    (void)pthread_cond_broadcast(&world->changed);
    (void)pthread_mutex_unlock(&world->mutex);
    return error;
}

static void on_cancel(void *ctx)
{
    struct world *world = ctx;
    (void)pthread_mutex_lock(&world->mutex);
    world->cancelled = true;
    (void)pthread_cond_broadcast(&world->changed);
    (void)pthread_mutex_unlock(&world->mutex);
}

static void hold(struct world *world, bool holds)
{
    (void)pthread_mutex_lock(&world->mutex);
    world->holds = holds;
    (void)pthread_cond_broadcast(&world->changed);
    (void)pthread_mutex_unlock(&world->mutex);
}

/* Wait until `*counter` posts have come so far. */
static void await(struct world *world, const size_t *counter, size_t count)
{
    struct timespec until;
    int late = 0;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &until), 0);
    until.tv_sec += WAIT_S;
    (void)pthread_mutex_lock(&world->mutex);
    while (*counter < count && late == 0)
        late = pthread_cond_timedwait(&world->changed, &world->mutex, &until);
    size_t reached = *counter;
    (void)pthread_mutex_unlock(&world->mutex);
    assert_int_equal(reached, count);
}

static void assert_told(const struct world *world, size_t post, const char *path, size_t commands)
{
    assert_string_equal(world->told[post].path, path);
    assert_int_equal(world->told[post].commands, commands);
}

/* ---- the world ----------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->env = rebind_env_seeded(&world->clock, 1, 1700000000000);
    assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&world->changed, NULL), 0);
    world->progress = agent_progress_new(&(struct agent_progress_setup){
        .poster = {.ctx = world, .post = on_post, .cancel = on_cancel}, .env = &world->env});
    assert_non_null(world->progress);
    world->watch = agent_progress_watch(world->progress);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    agent_progress_free(world->progress);
    (void)pthread_cond_destroy(&world->changed);
    (void)pthread_mutex_destroy(&world->mutex);
    rebind_seeded_fini(&world->clock);
    free(world);
    return 0;
}

static void begin(struct world *world, const char *next_uri)
{
    world->watch.begin(world->watch.ctx, next_uri);
}

/* `ms` later, so many responses are there. */
static void ran(struct world *world, uint64_t ms, size_t commands)
{
    rebind_seeded_advance(&world->clock, ms);
    world->watch.ran(world->watch.ctx, commands);
}

static void end(struct world *world)
{
    world->watch.end(world->watch.ctx);
}

/* Time enough for a post that must not come. */
static void let_pass(void)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    (void)nanosleep(&moment, NULL);
}

/* ---- behaviour ----------------------------------------------------------------------------- */

static void posts_are_an_interval_apart_and_the_first_is_not_earlier(void **state)
{
    struct world *world = *state;
    begin(world, "/admin-agent/1");
    ran(world, 0, 1);
    let_pass();
    ran(world, HALF - 1, 2);
    let_pass();
    ran(world, 1, 3);
    await(world, &world->answered, 1);
    ran(world, 0, 4);
    let_pass();
    ran(world, HALF - 1, 5);
    let_pass();
    ran(world, 1, 6);
    await(world, &world->answered, 2);
    end(world);
    assert_told(world, 0, "/admin-agent/1/progress", 3);
    assert_told(world, 1, "/admin-agent/1/progress", 6);
}

static void a_short_script_is_not_told_about(void **state)
{
    struct world *world = *state;
    begin(world, "/a/1");
    ran(world, HALF - 1, 9);
    let_pass();
    end(world);
    ran(world, HALF, 10);
    let_pass();
    begin(world, "/a/2");
    ran(world, HALF - 1, 8);
    ran(world, 1, 9);
    await(world, &world->answered, 1);
    assert_told(world, 0, "/a/2/progress", 9);
}

static void the_latest_number_wins_while_a_post_is_under_way(void **state)
{
    struct world *world = *state;
    hold(world, true);
    begin(world, "/a/1");
    ran(world, HALF, 1);
    await(world, &world->begun, 1);
    for (size_t commands = 2; commands <= 20; commands++)
        ran(world, HALF, commands);
    hold(world, false);
    await(world, &world->answered, 2);
    ran(world, HALF, 21);
    await(world, &world->answered, 3);
    assert_told(world, 0, "/a/1/progress", 1);
    assert_told(world, 1, "/a/1/progress", 20);
    assert_told(world, 2, "/a/1/progress", 21);
}

static void nothing_of_a_script_is_told_after_its_end(void **state)
{
    struct world *world = *state;
    hold(world, true);
    begin(world, "/a/1");
    ran(world, HALF, 1);
    await(world, &world->begun, 1);
    ran(world, HALF, 2); /* waits behind the first */
    end(world);
    ran(world, HALF, 3);
    hold(world, false);
    await(world, &world->answered, 1);
    begin(world, "/a/2");
    ran(world, HALF, 7);
    await(world, &world->answered, 2);
    assert_told(world, 1, "/a/2/progress", 7);
}

static void a_server_that_refuses_is_left_alone_until_the_next_script(void **state)
{
    struct world *world = *state;
    world->answer = AGENT_REFUSED;
    begin(world, "/a/1");
    ran(world, HALF, 1);
    await(world, &world->answered, 1);
    for (size_t commands = 2; commands < 6; commands++) {
        ran(world, HALF, commands);
        let_pass();
    }
    end(world);
    begin(world, "/a/2");
    ran(world, HALF, 3);
    await(world, &world->answered, 2);
    assert_told(world, 1, "/a/2/progress", 3);
}

static void an_error_is_of_one_post_alone(void **state)
{
    struct world *world = *state;
    world->answer = AGENT_UNREACHABLE;
    begin(world, "/a/1");
    ran(world, HALF, 1);
    await(world, &world->answered, 1);
    ran(world, HALF, 2);
    await(world, &world->answered, 2);
    assert_told(world, 1, "/a/1/progress", 2);
}

static void a_stop_does_not_wait_for_the_server(void **state)
{
    struct world *world = *state;
    hold(world, true);
    begin(world, "/a/1");
    ran(world, HALF, 1);
    await(world, &world->begun, 1);
    ran(world, HALF, 2);
    agent_progress_free(world->progress);
    world->progress = NULL;
    assert_true(world->cancelled);
    assert_int_equal(world->begun, 1);
    assert_int_equal(world->answered, 1);
}

static void a_path_that_cannot_be_made_is_not_told_to(void **state)
{
    struct world *world = *state;
    char long_uri[400];
    memset(long_uri, 'a', sizeof long_uri - 1);
    long_uri[0] = '/';
    long_uri[sizeof long_uri - 1] = '\0';
    const char *const uris[] = {long_uri, "/a?script=1"};
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        begin(world, uris[i]);
        ran(world, HALF, 1);
        end(world);
    }
    begin(world, "/a/2");
    ran(world, HALF, 2);
    await(world, &world->answered, 1);
    assert_told(world, 0, "/a/2/progress", 2);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(posts_are_an_interval_apart_and_the_first_is_not_earlier),
        IN_WORLD(a_short_script_is_not_told_about),
        IN_WORLD(the_latest_number_wins_while_a_post_is_under_way),
        IN_WORLD(nothing_of_a_script_is_told_after_its_end),
        IN_WORLD(a_server_that_refuses_is_left_alone_until_the_next_script),
        IN_WORLD(an_error_is_of_one_post_alone),
        IN_WORLD(a_stop_does_not_wait_for_the_server),
        IN_WORLD(a_path_that_cannot_be_made_is_not_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
