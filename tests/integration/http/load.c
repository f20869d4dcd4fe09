/* Many at once, stopping, and clients that behave badly. */
#include "tests/integration/http/fixture.h"
#include "tests/integration/http/routes.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int start(void **state)
{
    fixture_start(*state, NULL);
    return 0;
}

/* ---- many --------------------------------------------------------------------------------- */

enum { MANY = 200 };

struct many {
    CURLM *multi;
    CURL *handles[MANY];
    struct curl_slist *lists[MANY];
    struct reply replies[MANY];
};

static void many_perform(struct many *many)
{
    int running = 1;
    while (running > 0) {
        assert_int_equal(curl_multi_perform(many->multi, &running), CURLM_OK);
        assert_int_equal(curl_multi_poll(many->multi, NULL, 0, 100, NULL), CURLM_OK);
    }
}

static void many_finish(struct many *many)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(many->multi, &left)) != NULL)
        assert_int_equal(message->data.result, CURLE_OK);
    for (size_t i = 0; i < MANY; i++) {
        curl_multi_remove_handle(many->multi, many->handles[i]);
        client_finish(many->handles[i], CURLE_OK, &many->replies[i]);
        curl_slist_free_all(many->lists[i]);
    }
    curl_multi_cleanup(many->multi);
}

/* 200 requests of 20 ms each on one connection. */
static struct many *many_start(struct fixture *fixture)
{
    struct many *many = calloc(1, sizeof *many);
    assert_non_null(many);
    many->multi = curl_multi_init();
    curl_multi_setopt(many->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(many->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    curl_multi_setopt(many->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)MANY);
    const struct ask ask = {.path = "/v1/slow?ms=20", .client = "agent"};
    for (size_t i = 0; i < MANY; i++) {
        many->handles[i] = client_prepare(fixture, &ask, &many->replies[i], &many->lists[i]);
        curl_easy_setopt(many->handles[i], CURLOPT_PIPEWAIT, 1L);
        curl_multi_add_handle(many->multi, many->handles[i]);
    }
    return many;
}

static void http_serves_200_requests_at_once_on_one_connection(void **state)
{
    struct many *many = many_start(*state);
    many_perform(many);
    many_finish(many);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(many->replies[i].status, 204);
    free(many);
}

static void *ask_once(void *arg)
{
    struct reply reply;
    client_ask(arg, &(struct ask){.path = "/v1/slow?ms=20", .client = "agent"}, &reply);
    long status = reply.status;
    reply_free(&reply);
    return status == 204 ? arg : NULL;
}

static void http_serves_200_requests_at_once_on_200_connections(void **state)
{
    pthread_t threads[MANY];
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_once, *state), 0);
    size_t answered = 0;
    for (size_t i = 0; i < MANY; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        answered += result != NULL ? 1 : 0;
    }
    assert_int_equal(answered, MANY);
}

/* ---- stopping ----------------------------------------------------------------------------- */

static void *ask_slowly(void *arg)
{
    struct reply *reply = calloc(1, sizeof *reply);
    if (reply != NULL)
        client_ask(arg, &(struct ask){.path = "/v1/slow?ms=600", .client = "agent"}, reply);
    return reply;
}

static void http_finishes_a_running_request_when_it_stops(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask_slowly, fixture), 0);
    assert_true(fixture_wait(fixture, &fixture->slow_running, 1));
    http_server_stop(fixture->server);
    usleep(100 * 1000);

    struct reply late;
    client_ask(fixture, &(struct ask){.path = "/healthz"}, &late);
    assert_int_equal(late.code, CURLE_COULDNT_CONNECT);

    void *result = NULL;
    pthread_join(thread, &result);
    struct reply *reply = result;
    assert_non_null(reply);
    assert_int_equal(reply->code, CURLE_OK);
    assert_int_equal(reply->status, 204);
    free(reply);
    fixture_stop(fixture);
}

static void http_stops_within_the_deadline_even_if_a_request_runs(void **state)
{
    struct fixture *fixture = *state;
    fixture_start(fixture, &(struct http_server_config){.drain_ms = 100});
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask_slowly, fixture), 0);
    assert_true(fixture_wait(fixture, &fixture->slow_running, 1));
    http_server_stop(fixture->server);
    http_server_stop(fixture->server);
    void *result = NULL;
    pthread_join(thread, &result);
    struct reply *reply = result;
    assert_non_null(reply);
    assert_int_not_equal(reply->code, CURLE_OK);
    free(reply);
    fixture_stop(fixture);
}

/* ---- bad clients -------------------------------------------------------------------------- */

static int connect_plainly(const struct fixture *fixture)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(fixture->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    struct timeval limit = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

/* Read until the server closes; false when it does not. */
static bool is_closed_by_server(int fd)
{
    char bytes[4096];
    ssize_t got = 1;
    while (got > 0)
        got = recv(fd, bytes, sizeof bytes, 0);
    return got == 0;
}

static void http_closes_on_what_is_not_tls(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    int fd = connect_plainly(*state);
    assert_int_equal(send(fd, request, sizeof request - 1, 0), sizeof request - 1);
    assert_true(is_closed_by_server(fd));
    close(fd);
}

static void http_survives_clients_that_leave_in_the_handshake(void **state)
{
    static const unsigned char half_a_hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
    for (int i = 0; i < 50; i++) {
        int fd = connect_plainly(*state);
        assert_int_equal(send(fd, half_a_hello, sizeof half_a_hello, 0), sizeof half_a_hello);
        close(fd);
    }
    struct reply reply;
    client_ask(*state, &(struct ask){.path = "/healthz"}, &reply);
    assert_int_equal(reply.status, 200);
    reply_free(&reply);
}

/* Streams are reset while their handlers wait, run and finish. */
static void http_survives_clients_that_leave_their_requests(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned round = 1; round <= 3; round++) {
        struct many *many = many_start(fixture);
        for (int running = 1;
             running > 0 && fixture_read(fixture, &fixture->slow_running) < round * 20;) {
            assert_int_equal(curl_multi_perform(many->multi, &running), CURLM_OK);
            assert_int_equal(curl_multi_poll(many->multi, NULL, 0, 10, NULL), CURLM_OK);
        }
        many_finish(many);
        free(many);
    }
    struct access_row row = fixture_logged(fixture, "/v1/slow");
    assert_string_equal(row.route, "/v1/slow");
    struct reply reply;
    client_ask(fixture, &(struct ask){.path = "/healthz"}, &reply);
    assert_int_equal(reply.status, 200);
    reply_free(&reply);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the signature is curl's */
static size_t take_late(char *bytes, size_t size, size_t count, void *arg)
{
    (void)bytes;
    bool *is_first = arg;
    usleep(*is_first ? 1500 * 1000 : 0);
    *is_first = false;
    return size * count;
}

static void http_closes_on_a_client_that_takes_no_bytes(void **state)
{
    struct fixture *fixture = *state;
    fixture_start(fixture, &(struct http_server_config){.stall_ms = 300});
    struct reply reply;
    struct curl_slist *list;
    bool is_first = true;
    const struct ask ask = {.path = "/v1/large?bytes=30000000", .client = "agent"};
    CURL *handle = client_prepare(fixture, &ask, &reply, &list);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_late);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &is_first);
    client_finish(handle, curl_easy_perform(handle), &reply);
    assert_int_equal(reply.status, 200);
    assert_int_not_equal(reply.code, CURLE_OK);
    curl_slist_free_all(list);
}

/* With openssl for the TLS: `input` is a printf format, and what the server sends goes to a file.
 */
static bool speaks_raw(const struct fixture *fixture, const char *input, const char *wait)
{
    char command[1024];
    snprintf(
        command, sizeof command,
        "cd %s && (printf '%s'; sleep %s) | timeout 10 openssl s_client -quiet -connect "
        "127.0.0.1:%u -CAfile ca.pem -cert agent.pem -key agent.key -alpn h2 >raw.bin 2>raw.txt",
        fixture->dir, input, wait, http_server_port(fixture->server));
    return system(command) == 0; /* NOLINT(cert-env33-c): a test's own command */
}

static void http_survives_clients_that_break_http2(void **state)
{
    static const char *const inputs[] = {
        "GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
        "PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n\\377\\377\\377\\377\\377\\377\\377\\377\\377",
        ("PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n\\000\\000\\000\\004\\000\\000\\000\\000\\000"
         "\\000\\000\\004\\001\\005\\000\\000\\000\\001\\377\\377\\377\\377"),
    };
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        speaks_raw(*state, inputs[i], "0.3");
    struct reply reply;
    client_ask(*state, &(struct ask){.path = "/healthz"}, &reply);
    assert_int_equal(reply.status, 200);
    reply_free(&reply);
}

static void http_sends_an_idle_client_away(void **state)
{
    struct fixture *fixture = *state;
    fixture_start(fixture, &(struct http_server_config){.idle_ms = 200});
    static const char preface[] = "PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n"
                                  "\\000\\000\\000\\004\\000\\000\\000\\000\\000";
    assert_true(speaks_raw(fixture, preface, "1.5"));
    char path[128];
    unsigned char bytes[512];
    fixture_path(fixture, "raw.bin", path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    static const unsigned char goaway_no_error[] = {0, 0, 8, 7, 0, 0, 0, 0, 0,
                                                    0, 0, 0, 0, 0, 0, 0, 0};
    assert_true(len >= sizeof goaway_no_error);
    assert_memory_equal(bytes + len - sizeof goaway_no_error, goaway_no_error,
                        sizeof goaway_no_error);
}

/* Two requests of one client with `pause_ms` between them by the server's clock: does the second
 * need a new connection? */
static bool reconnects_after(struct fixture *fixture, const char *client, uint64_t pause_ms)
{
    struct rebind_seeded seeded;
    struct rebind_env env = rebind_env_seeded(&seeded, 1, 1700000000000);
    fixture_start(fixture, &(struct http_server_config){.env = &env});
    struct reply reply;
    struct curl_slist *list;
    const struct ask ask = {.path = "/healthz", .client = client};
    CURL *handle = client_prepare(fixture, &ask, &reply, &list);
    assert_int_equal(curl_easy_perform(handle), CURLE_OK);
    usleep(100 * 1000); /* the client acknowledges what it got: that counts as a byte */
    rebind_seeded_advance(&seeded, pause_ms);
    usleep(5 * HTTP_SWEEP_MS * 1000);
    long connects = 0;
    assert_int_equal(curl_easy_perform(handle), CURLE_OK);
    curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connects);
    client_finish(handle, CURLE_OK, &reply);
    curl_slist_free_all(list);
    reply_free(&reply);
    /* A connection without this would linger until a clock that stands still says enough. */
    rebind_seeded_advance(&seeded, HTTP_DRAIN_MS);
    fixture_stop(fixture);
    rebind_seeded_fini(&seeded);
    return connects > 0;
}

static void http_keeps_idle_clients_with_a_certificate_for_longer(void **state)
{
    assert_false(reconnects_after(*state, NULL, HTTP_ANONYMOUS_IDLE_MS / 2));
    assert_true(reconnects_after(*state, NULL, HTTP_ANONYMOUS_IDLE_MS + 1));
    assert_false(reconnects_after(*state, "agent", HTTP_ANONYMOUS_IDLE_MS + 1));
    assert_true(reconnects_after(*state, "agent", HTTP_IDLE_MS + 1));
}

/* ---- starting ----------------------------------------------------------------------------- */

static enum http_error make_with(struct fixture *fixture, const char *const names[3],
                                 struct http_server **server)
{
    char paths[3][128];
    for (size_t i = 0; i < 3; i++)
        fixture_path(fixture, names[i], paths[i]);
    const struct http_server_config config = {
        .address = "127.0.0.1",
        .certificate_file = paths[0],
        .key_file = paths[1],
        .trust_file = paths[2],
        .routes = test_routes,
        .route_count = test_route_count,
        .authenticate = test_authenticate,
    };
    struct http_error_detail detail;
    return http_server_new(server, &config, &detail);
}

static void http_says_which_file_cannot_be_used(void **state)
{
    static const struct {
        const char *names[3];
        enum http_error error;
    } rows[] = {
        {{"server.pem", "server.key", "ca.pem"}, HTTP_OK},
        {{"server.pem", "server.pkcs8", "ca.pem"}, HTTP_OK},
        {{"server-rsa.pem", "server-rsa.key", "ca.pem"}, HTTP_OK},
        {{"none", "server.key", "ca.pem"}, HTTP_CERTIFICATE},
        {{"server.key", "server.key", "ca.pem"}, HTTP_CERTIFICATE},
        {{"server.pem", "none", "ca.pem"}, HTTP_PRIVATE_KEY},
        {{"server.pem", "agent.key", "ca.pem"}, HTTP_PRIVATE_KEY},
        {{"server.pem", "server-rsa.key", "ca.pem"}, HTTP_PRIVATE_KEY},
        {{"server.pem", "server.key", "none"}, HTTP_TRUST},
        {{"server.pem", "server.key", "server.key"}, HTTP_TRUST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_server *server;
        enum http_error error = make_with(*state, rows[i].names, &server);
        if (error != rows[i].error)
            fail_msg("row %zu: %s", i, http_error_name(error));
        assert_true((server != NULL) == (error == HTTP_OK));
        http_server_free(server);
    }
}

static void http_can_be_stopped_before_it_runs(void **state)
{
    static const char *const names[] = {"server.pem", "server.key", "ca.pem"};
    struct http_server *server;
    assert_int_equal(make_with(*state, names, &server), HTTP_OK);
    http_server_stop(server);
    http_server_run(server);
    http_server_stop(server);
    http_server_notify(server, "too late");
    http_server_free(server);
}

static void http_says_when_the_port_is_taken(void **state)
{
    struct fixture *fixture = *state;
    char files[3][128];
    fixture_path(fixture, "server.pem", files[0]);
    fixture_path(fixture, "server.key", files[1]);
    fixture_path(fixture, "ca.pem", files[2]);
    struct http_server_config config = {
        .address = "127.0.0.1",
        .port = http_server_port(fixture->server),
        .certificate_file = files[0],
        .key_file = files[1],
        .trust_file = files[2],
        .routes = test_routes,
        .route_count = test_route_count,
        .authenticate = test_authenticate,
    };
    struct http_server *server;
    struct http_error_detail detail;
    assert_int_equal(http_server_new(&server, &config, &detail), HTTP_LISTEN);
    assert_non_null(strstr(detail.text, "127.0.0.1"));
    config.address = "localhost";
    assert_int_equal(http_server_new(&server, &config, &detail), HTTP_ADDRESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(http_serves_200_requests_at_once_on_one_connection, start),
        cmocka_unit_test_setup(http_serves_200_requests_at_once_on_200_connections, start),
        cmocka_unit_test_setup(http_finishes_a_running_request_when_it_stops, start),
        cmocka_unit_test(http_stops_within_the_deadline_even_if_a_request_runs),
        cmocka_unit_test_setup(http_closes_on_what_is_not_tls, start),
        cmocka_unit_test_setup(http_survives_clients_that_leave_in_the_handshake, start),
        cmocka_unit_test_setup(http_survives_clients_that_leave_their_requests, start),
        cmocka_unit_test(http_closes_on_a_client_that_takes_no_bytes),
        cmocka_unit_test_setup(http_survives_clients_that_break_http2, start),
        cmocka_unit_test(http_sends_an_idle_client_away),
        cmocka_unit_test(http_keeps_idle_clients_with_a_certificate_for_longer),
        cmocka_unit_test(http_says_which_file_cannot_be_used),
        cmocka_unit_test(http_can_be_stopped_before_it_runs),
        cmocka_unit_test_setup(http_says_when_the_port_is_taken, start),
    };
    return cmocka_run_group_tests(tests, fixture_make, fixture_remove);
}
