/* The progress of a script on a slow card, told to a real HTTP/2 server: one that listens, one that
 * refuses it, and one that never answers it. */
#include "agent/relay/client.h"
#include "agent/relay/exchange.h"
#include "agent/relay/progress_client.h"
#include "ota-server/http/server.h"
#include "scp/ota/script.h"
#include "tests/support/test.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CERTIFICATES REBIND_SOURCE_DIR "/tests/integration/http/certificates.sh"
#define SE "//se-id/CUD/423100009156000000000001"
#define SCRIPT_TYPE "application/vnd.globalplatform.card-content-mgt;version=1.0"

enum {
    ROLE_AGENT = 1,
    COMMANDS = 400,
    COMMAND_MS = 5,
    SCRIPT_SIZE = 65536,
    RESULT_MAX = 1048576,
    PROGRESS_MAX = 256,
    TOLD_MAX = 32,
    STOP_MS = 700, /* far below the client's time-out */
    PATH_SIZE = 128,
};

/* What the server does with progress. */
enum manner { LISTENS, REFUSES, NEVER_ANSWERS };

struct world {
    char directory[64];
    char ca[PATH_SIZE];
    char certificate[PATH_SIZE];
    char key[PATH_SIZE];
    char journal[PATH_SIZE];
    char url[64];
    struct http_server *server;
    pthread_t thread;
    struct rebind_env env;
    struct agent_endpoint endpoint;
    pthread_mutex_t mutex;
    pthread_cond_t released;
    enum manner manner;
    bool over; /* nobody waits any more */
    bool given;
    json_int_t told[TOLD_MAX];
    size_t told_count;
    size_t told_before_result;
    size_t results;
    size_t executed;
};

/* ---- the server ---------------------------------------------------------------------------- */

static size_t make_script(uint8_t *to)
{
    static uint8_t body[SCRIPT_SIZE];
    struct scp_script_writer s;
    const struct scp_script_command command = {.apdu = SCP_LITERAL(0x80, 0xCA, 0x00, 0x45, 0x00)};
    struct scp_writer w = scp_writer_on(to, SCRIPT_SIZE);
    scp_script_begin(&s, false, body, sizeof body);
    for (size_t i = 0; i < COMMANDS; i++)
        scp_script_add(&s, &command);
    return scp_script_finish(&s, &w) == SCP_OK ? scp_written(&w).len : 0;
}

static void on_ask(void *ctx, const struct http_request *request, struct http_response *response)
{
    static uint8_t script[SCRIPT_SIZE];
    struct world *world = ctx;
    (void)request;
    (void)pthread_mutex_lock(&world->mutex);
    bool give = !world->given;
    world->given = true;
    (void)pthread_mutex_unlock(&world->mutex);
    http_response_status(response, give ? 200 : 204);
    if (give) {
        http_response_header(response, "x-admin-next-uri", "/admin-agent/1");
        http_response_body(response, SCRIPT_TYPE, scp_bytes_of(script, make_script(script)));
    }
}

static void on_result(void *ctx, const struct http_request *request, struct http_response *response)
{
    struct world *world = ctx;
    struct scp_response_reader r;
    (void)pthread_mutex_lock(&world->mutex);
    world->results++;
    world->told_before_result = world->told_count;
    if (scp_responses_open(&r, http_request_body(request)) == SCP_OK)
        world->executed = r.executed;
    (void)pthread_mutex_unlock(&world->mutex);
    http_response_status(response, 204);
}

static void listen_to(struct world *world, const struct http_request *request)
{
    struct scp_bytes body = http_request_body(request);
    json_t *object = json_loadb((const char *)body.ptr, body.len, 0, NULL);
    if (world->told_count < TOLD_MAX)
        world->told[world->told_count++] = json_integer_value(json_object_get(object, "commands"));
    json_decref(object);
}

static void on_progress(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    struct world *world = ctx;
    (void)pthread_mutex_lock(&world->mutex);
    listen_to(world, request);
    while (world->manner == NEVER_ANSWERS && !world->over)
        (void)pthread_cond_wait(&world->released, &world->mutex);
    if (world->manner == REFUSES)
        http_problem(response, 409, "exchange-answered", "Answered", "too late");
    else
        http_response_status(response, 204);
    (void)pthread_mutex_unlock(&world->mutex);
}

static const struct http_route routes[] = {
    {"POST", "/admin-agent", on_ask, ROLE_AGENT, 0, NULL},
    {"POST", "/admin-agent/{exchange}", on_result, ROLE_AGENT, RESULT_MAX, NULL},
    {"POST", "/admin-agent/{exchange}/progress", on_progress, ROLE_AGENT, PROGRESS_MAX,
     "application/json"},
};

static enum http_authentication authenticate(void *ctx, const struct http_peer *peer,
                                             const struct http_request *request,
                                             struct http_principal *principal)
{
    (void)ctx;
    (void)request;
    if (strcmp(peer->uri, "urn:rebind:test:agent") != 0)
        return HTTP_AUTH_UNKNOWN;
    principal->roles = ROLE_AGENT;
    (void)snprintf(principal->id, sizeof principal->id, "agent");
    return HTTP_AUTHENTICATED;
}

static void *serve(void *server)
{
    http_server_run(server);
    return NULL;
}

static void start_server(struct world *world)
{
    char certificate[PATH_SIZE];
    char key[PATH_SIZE];
    struct http_error_detail detail;
    (void)snprintf(certificate, sizeof certificate, "%s/server.pem", world->directory);
    (void)snprintf(key, sizeof key, "%s/server.key", world->directory);
    const struct http_server_config config = {
        .address = "127.0.0.1",
        .certificate_file = certificate,
        .key_file = key,
        .trust_file = world->ca,
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .ctx = world,
        .authenticate = authenticate,
    };
    if (http_server_new(&world->server, &config, &detail) != HTTP_OK)
        fail_msg("%s", detail.text);
    assert_int_equal(pthread_create(&world->thread, NULL, serve, world->server), 0);
}

/* ---- the place ----------------------------------------------------------------------------- */

static int run_and_wait(const char *program, const char *a, const char *b)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        (void)execlp(program, program, a, b, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void make_place(struct world *world)
{
    (void)snprintf(world->directory, sizeof world->directory, "/tmp/rebind-progress-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    assert_int_equal(run_and_wait(CERTIFICATES, world->directory, NULL), 0);
    (void)snprintf(world->ca, PATH_SIZE, "%s/ca.pem", world->directory);
    (void)snprintf(world->certificate, PATH_SIZE, "%s/agent.pem", world->directory);
    (void)snprintf(world->key, PATH_SIZE, "%s/agent.key", world->directory);
    (void)snprintf(world->journal, PATH_SIZE, "%s/journal", world->directory);
    assert_int_equal(mkdir(world->journal, 0700), 0);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_int_equal(agent_http_init(), AGENT_OK);
    assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&world->released, NULL), 0);
    world->env = rebind_env_system();
    make_place(world);
    start_server(world);
    (void)snprintf(world->url, sizeof world->url, "https://127.0.0.1:%u",
                   (unsigned)http_server_port(world->server));
    world->endpoint = (struct agent_endpoint){.server = world->url,
                                              .agent = "test",
                                              .ca = world->ca,
                                              .certificate = world->certificate,
                                              .key = world->key};
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    (void)pthread_mutex_lock(&world->mutex);
    world->over = true;
    (void)pthread_cond_broadcast(&world->released);
    (void)pthread_mutex_unlock(&world->mutex);
    http_server_stop(world->server);
    (void)pthread_join(world->thread, NULL);
    http_server_free(world->server);
    (void)pthread_cond_destroy(&world->released);
    (void)pthread_mutex_destroy(&world->mutex);
    agent_http_fini();
    int status = run_and_wait("rm", "-rf", world->directory);
    free(world);
    return status;
}

/* ---- the agent's side ---------------------------------------------------------------------- */

static enum agent_error slow_card(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    const struct timespec pause = {.tv_nsec = COMMAND_MS * 1000000L};
    (void)ctx;
    (void)command;
    (void)nanosleep(&pause, NULL);
    scp_put_u16(response, 0x9000);
    return AGENT_OK;
}

static void close_contact(struct agent_contact *contact)
{
    free(contact);
}

static enum agent_error on_connect(void *ctx, struct agent_contact **contact)
{
    *contact = calloc(1, sizeof **contact);
    if (*contact == NULL)
        return AGENT_NO_MEMORY;
    (*contact)->card = (struct agent_transceive){.ctx = ctx, .fn = slow_card};
    (*contact)->close = close_contact;
    return AGENT_OK;
}

static bool no_pause(void *ctx, uint32_t attempt)
{
    (void)ctx;
    (void)attempt;
    return false;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

/* Run the script to its end; returns how long it took until the server had the result. */
static uint64_t run_script(struct world *world, const struct agent_watch *watch)
{
    struct agent_client *client = agent_client_new(&world->endpoint, NULL);
    assert_non_null(client);
    (void)pthread_mutex_lock(&world->mutex);
    world->given = false;
    (void)pthread_mutex_unlock(&world->mutex);
    const struct agent_exchange exchange = {
        .se = SE,
        .journal_directory = world->journal,
        .place = "slow",
        .transport = agent_client_transport(client),
        .access = {.ctx = world, .connect = on_connect},
        .wait = {.pause = no_pause, .stopping = never},
        .watch = watch,
    };
    uint64_t start = rebind_monotonic_ms(&world->env);
    assert_int_equal(agent_exchange_run(&exchange), AGENT_OK);
    uint64_t took = rebind_monotonic_ms(&world->env) - start;
    agent_client_free(client);
    return took;
}

/* The same, telling the progress; *stopped is how long the stop took. */
static uint64_t run_telling(struct world *world, enum manner manner, uint64_t *stopped)
{
    struct agent_progress_client *client = agent_progress_client_new(&world->endpoint);
    assert_non_null(client);
    struct agent_progress *progress = agent_progress_new(&(struct agent_progress_setup){
        .poster = agent_progress_client_poster(client), .env = &world->env});
    assert_non_null(progress);
    (void)pthread_mutex_lock(&world->mutex);
    world->manner = manner;
    (void)pthread_mutex_unlock(&world->mutex);
    const struct agent_watch watch = agent_progress_watch(progress);
    uint64_t took = run_script(world, &watch);
    uint64_t start = rebind_monotonic_ms(&world->env);
    agent_progress_free(progress);
    *stopped = rebind_monotonic_ms(&world->env) - start;
    agent_progress_client_free(client);
    (void)pthread_mutex_lock(&world->mutex); /* what the server wrote is read from here on */
    (void)pthread_mutex_unlock(&world->mutex);
    return took;
}

/* ---- behaviour ----------------------------------------------------------------------------- */

static void a_slow_script_is_told_about_while_it_runs(void **state)
{
    struct world *world = *state;
    uint64_t stopped = 0;
    uint64_t took = run_telling(world, LISTENS, &stopped);
    assert_int_equal(world->results, 1);
    assert_int_equal(world->executed, COMMANDS);
    assert_true(world->told_before_result >= 2);
    assert_true(world->told_count <= took / AGENT_PROGRESS_INTERVAL_MS);
    assert_true(world->told[0] > 0);
    for (size_t i = 1; i < world->told_count; i++)
        assert_true(world->told[i] > world->told[i - 1]);
    assert_true(world->told[world->told_count - 1] <= COMMANDS);
}

static void a_server_that_wants_no_progress_gets_it_once_and_the_result(void **state)
{
    struct world *world = *state;
    uint64_t stopped = 0;
    (void)run_telling(world, REFUSES, &stopped);
    assert_int_equal(world->told_count, 1);
    assert_int_equal(world->results, 1);
    assert_int_equal(world->executed, COMMANDS);
}

static void a_server_that_never_answers_progress_delays_neither_result_nor_stop(void **state)
{
    struct world *world = *state;
    uint64_t stopped = 0;
    uint64_t untold = run_script(world, NULL);
    uint64_t told = run_telling(world, NEVER_ANSWERS, &stopped);
    assert_int_equal(world->told_count, 1);
    assert_int_equal(world->results, 2);
    assert_true(2 * told < 3 * untold);
    assert_true(stopped < STOP_MS);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_slow_script_is_told_about_while_it_runs),
        IN_WORLD(a_server_that_wants_no_progress_gets_it_once_and_the_result),
        IN_WORLD(a_server_that_never_answers_progress_delays_neither_result_nor_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
