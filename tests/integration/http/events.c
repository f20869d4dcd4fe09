/* Event streams over real connections. */
#include "tests/integration/http/fixture.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A client that reads a stream on a thread of its own until it is told to leave. */
struct listener {
    struct fixture *fixture;
    const char *path;
    const char *last_event_id; /* a whole header; NULL for none */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    char text[64 * 1024];
    size_t len;
    bool is_leaving;
    bool is_done;
    struct reply reply;
};

static size_t take_text(char *bytes, size_t size, size_t count, void *arg)
{
    struct listener *listener = arg;
    size_t len = size * count;
    pthread_mutex_lock(&listener->mutex);
    bool fits = listener->len + len < sizeof listener->text;
    if (fits)
        memcpy(listener->text + listener->len, bytes, len);
    listener->len += fits ? len : 0;
    pthread_mutex_unlock(&listener->mutex);
    return fits ? len : 0;
}

static int is_leaving(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    struct listener *listener = arg;
    pthread_mutex_lock(&listener->mutex);
    bool leaving = listener->is_leaving;
    pthread_mutex_unlock(&listener->mutex);
    return leaving ? 1 : 0;
}

static void *listen_to_stream(void *arg)
{
    struct listener *listener = arg;
    struct curl_slist *list;
    const struct ask ask = {
        .path = listener->path, .client = "agent", .headers = {listener->last_event_id}};
    CURL *handle = client_prepare(listener->fixture, &ask, &listener->reply, &list);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_text);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, listener);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, is_leaving);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, listener);
    CURLcode code = curl_easy_perform(handle);
    client_finish(handle, code, &listener->reply);
    curl_slist_free_all(list);
    pthread_mutex_lock(&listener->mutex);
    listener->is_done = true;
    pthread_mutex_unlock(&listener->mutex);
    return NULL;
}

static struct listener *listener_start(struct fixture *fixture, const char *path,
                                       const char *last_event_id)
{
    struct listener *listener = calloc(1, sizeof *listener);
    assert_non_null(listener);
    listener->fixture = fixture;
    listener->path = path;
    listener->last_event_id = last_event_id;
    pthread_mutex_init(&listener->mutex, NULL);
    assert_int_equal(pthread_create(&listener->thread, NULL, listen_to_stream, listener), 0);
    return listener;
}

static void listener_tell_to_leave(struct listener *listener)
{
    pthread_mutex_lock(&listener->mutex);
    listener->is_leaving = true;
    pthread_mutex_unlock(&listener->mutex);
}

static void listener_leave(struct listener *listener)
{
    listener_tell_to_leave(listener);
    pthread_join(listener->thread, NULL);
    pthread_mutex_destroy(&listener->mutex);
    free(listener);
}

enum { WAIT_STEP_US = 10 * 1000, WAIT_STEPS = 500 };

static bool hears(struct listener *listener, const char *text)
{
    bool found = false;
    for (int i = 0; i < WAIT_STEPS && !found; i++) {
        pthread_mutex_lock(&listener->mutex);
        listener->text[listener->len] = '\0';
        found = strstr(listener->text, text) != NULL;
        pthread_mutex_unlock(&listener->mutex);
        usleep(found ? 0 : WAIT_STEP_US);
    }
    return found;
}

static bool ends(struct listener *listener)
{
    bool done = false;
    for (int i = 0; i < WAIT_STEPS && !done; i++) {
        pthread_mutex_lock(&listener->mutex);
        done = listener->is_done;
        pthread_mutex_unlock(&listener->mutex);
        usleep(done ? 0 : WAIT_STEP_US);
    }
    return done;
}

static void add_events(struct fixture *fixture, unsigned count)
{
    pthread_mutex_lock(&fixture->mutex);
    fixture->event_count += count;
    pthread_mutex_unlock(&fixture->mutex);
    http_server_notify(fixture->server, "test/events");
}

static int start(void **state)
{
    fixture_start(*state, &(struct http_server_config){.heartbeat_ms = 150});
    return 0;
}

static void stream_tells_what_was_there_and_what_comes(void **state)
{
    struct fixture *fixture = *state;
    add_events(fixture, 1);
    struct listener *listener = listener_start(fixture, "/v1/events", NULL);
    assert_true(hears(listener, "id: 1\nevent: test\ndata: one\ndata: two\n\n"));
    add_events(fixture, 1);
    assert_true(hears(listener, "id: 2\n"));
    assert_non_null(strstr(listener->reply.headers, "content-type: text/event-stream"));
    listener_leave(listener);
}

static void stream_survives_heartbeats(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listener_start(fixture, "/v1/events", NULL);
    assert_true(hears(listener, ":\n\n:\n\n"));
    add_events(fixture, 1);
    assert_true(hears(listener, "id: 1\n"));
    listener_leave(listener);
}

static void stream_goes_on_after_the_last_event_id(void **state)
{
    struct fixture *fixture = *state;
    add_events(fixture, 5);
    struct listener *listener = listener_start(fixture, "/v1/events", "Last-Event-ID: 3");
    assert_true(hears(listener, "id: 5\n"));
    assert_null(strstr(listener->text, "id: 3\n"));
    assert_non_null(strstr(listener->text, "id: 4\n"));
    listener_leave(listener);
}

/* A pull appends three at most and says MORE; each event arrives once and in order. */
static void stream_pulls_until_all_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listener_start(fixture, "/v1/events", NULL);
    for (int i = 0; i < 20; i++)
        add_events(fixture, 25);
    assert_true(hears(listener, "id: 500\n"));
    const char *at = listener->text;
    for (int i = 1; i <= 500; i++) {
        char id[16];
        snprintf(id, sizeof id, "id: %d\n", i);
        at = strstr(at, id);
        assert_non_null(at);
        at++;
        assert_null(strstr(at, id));
    }
    listener_leave(listener);
}

static void stream_is_not_woken_by_other_topics(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listener_start(fixture, "/v1/events", NULL);
    assert_true(hears(listener, ":\n\n"));
    pthread_mutex_lock(&fixture->mutex);
    fixture->event_count = 1;
    pthread_mutex_unlock(&fixture->mutex);
    http_server_notify(fixture->server, "test/other");
    usleep(300 * 1000);
    pthread_mutex_lock(&listener->mutex);
    listener->text[listener->len] = '\0';
    assert_null(strstr(listener->text, "id: 1\n"));
    pthread_mutex_unlock(&listener->mutex);
    listener_leave(listener);
}

/* Nobody says that there is an event: the heartbeat finds it. */
static void stream_that_asks_for_it_is_pulled_when_silent(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listener_start(fixture, "/v1/events?silent=1", NULL);
    assert_true(hears(listener, ":\n\n"));
    pthread_mutex_lock(&fixture->mutex);
    fixture->event_count = 1;
    pthread_mutex_unlock(&fixture->mutex);
    assert_true(hears(listener, "id: 1\n"));
    listener_leave(listener);
}

static void stream_releases_its_context_when_the_client_leaves(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listener_start(fixture, "/v1/events", NULL);
    assert_true(hears(listener, ":\n\n"));
    assert_int_equal(fixture_read(fixture, &fixture->released), 0);
    listener_leave(listener);
    assert_true(fixture_wait(fixture, &fixture->released, 1));
    usleep(100 * 1000);
    assert_int_equal(fixture_read(fixture, &fixture->released), 1);
}

static void stream_ends_when_the_pull_says_so(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listener_start(fixture, "/v1/events?once", NULL);
    assert_true(ends(listener));
    assert_int_equal(listener->reply.code, CURLE_OK);
    assert_string_equal(listener->text, "data: only\n\n");
    listener_leave(listener);
    assert_true(fixture_wait(fixture, &fixture->released, 1));
}

static void stream_ends_cleanly_when_the_server_stops(void **state)
{
    struct fixture *fixture = *state;
    struct listener *listener = listener_start(fixture, "/v1/events", NULL);
    assert_true(hears(listener, ":\n\n"));
    fixture_stop(fixture);
    assert_true(ends(listener));
    assert_int_equal(listener->reply.code, CURLE_OK);
    assert_int_equal(fixture_read(fixture, &fixture->released), 1);
    listener_leave(listener);
}

static void stream_serves_many_clients_at_once(void **state)
{
    enum { COUNT = 40 };
    struct fixture *fixture = *state;
    struct listener *listeners[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        listeners[i] = listener_start(fixture, "/v1/events", NULL);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(hears(listeners[i], ":\n\n"));
    add_events(fixture, 10);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(hears(listeners[i], "id: 10\n"));
    for (size_t i = 0; i < COUNT; i++)
        listener_tell_to_leave(listeners[i]);
    for (size_t i = 0; i < COUNT; i++)
        listener_leave(listeners[i]);
    assert_true(fixture_wait(fixture, &fixture->released, COUNT));
}

static void stream_answers_head_without_a_pull(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;
    client_ask(fixture, &(struct ask){.path = "/v1/events", .client = "agent", .is_head = true},
               &reply);
    assert_int_equal(reply.code, CURLE_OK);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body_len, 0);
    assert_true(fixture_wait(fixture, &fixture->released, 1));
    reply_free(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(stream_tells_what_was_there_and_what_comes, start),
        cmocka_unit_test_setup(stream_survives_heartbeats, start),
        cmocka_unit_test_setup(stream_goes_on_after_the_last_event_id, start),
        cmocka_unit_test_setup(stream_pulls_until_all_is_told, start),
        cmocka_unit_test_setup(stream_is_not_woken_by_other_topics, start),
        cmocka_unit_test_setup(stream_that_asks_for_it_is_pulled_when_silent, start),
        cmocka_unit_test_setup(stream_releases_its_context_when_the_client_leaves, start),
        cmocka_unit_test_setup(stream_ends_when_the_pull_says_so, start),
        cmocka_unit_test_setup(stream_ends_cleanly_when_the_server_stops, start),
        cmocka_unit_test_setup(stream_serves_many_clients_at_once, start),
        cmocka_unit_test_setup(stream_answers_head_without_a_pull, start),
    };
    return cmocka_run_group_tests(tests, fixture_make, fixture_remove);
}
