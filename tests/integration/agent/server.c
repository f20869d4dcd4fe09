/* The program ota-agent at a real HTTP/2 server with a real soft card: asked once, pushed, refused,
 * and killed in the middle of a script. */
#include "ota-server/http/server.h"
#include "agent/card/issue.h"
#include "scp/host/file.h"
#include "scp/ota/script.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HERE REBIND_SOURCE_DIR "/tests/integration/agent/"
#define CERTIFICATES REBIND_SOURCE_DIR "/tests/integration/http/certificates.sh"
#define SE "//se-id/CUD/423100009156000000000001"
#define SCRIPT_TYPE "application/vnd.globalplatform.card-content-mgt;version=1.0"
#define TOPIC "work"

enum {
    ROLE_AGENT = 1,
    LONG_SCRIPT = 4000,
    SCRIPT_MAX = 65536,
    RESULT_MAX = 1048576,
    WAIT_MS = 20000
};

/* What the server gives and what it has heard. */
struct world {
    char directory[64];
    struct http_server *server;
    pthread_t thread;
    pthread_mutex_t mutex;
    size_t commands; /* of the script that is given once */
    bool given;
    unsigned refusals; /* answers 503 to that many results */
    bool work;         /* what the stream says */
    unsigned streams;
    unsigned results; /* taken */
    size_t executed;  /* of the last result */
    bool resume;
    char status[32];
    bool extensions; /* the agent said what it can do */
};

/* ---- the server ---------------------------------------------------------------------------- */

/* GET DATA of the image number, over and over. */
static size_t make_script(size_t commands, uint8_t *to)
{
    static uint8_t body[SCRIPT_MAX];
    struct scp_script_writer s;
    const struct scp_script_command command = {.apdu = SCP_LITERAL(0x80, 0xCA, 0x00, 0x45, 0x00)};
    struct scp_writer w = scp_writer_on(to, SCRIPT_MAX);
    scp_script_begin(&s, false, body, sizeof body);
    for (size_t i = 0; i < commands; i++)
        scp_script_add(&s, &command);
    return scp_script_finish(&s, &w) == SCP_OK ? scp_written(&w).len : 0;
}

static void on_ask(void *ctx, const struct http_request *request, struct http_response *response)
{
    static uint8_t script[SCRIPT_MAX];
    struct world *world = ctx;
    const char *extensions = http_request_header(request, "x-rebind-extensions");
    const char *se = http_request_header(request, "x-admin-se-list");
    pthread_mutex_lock(&world->mutex);
    world->extensions = extensions != NULL && strcmp(extensions, "guard, targets") == 0;
    bool give = !world->given && se != NULL && strcmp(se, SE) == 0;
    size_t len = give ? make_script(world->commands, script) : 0;
    world->given = true;
    world->work = false;
    if (give) {
        http_response_header(response, "x-admin-next-uri", "/admin-agent/1");
        http_response_header(response, "x-admin-targeted-application", "//aid/A000000151/000000");
        http_response_header(response, "x-admin-targeted-se", SE);
        http_response_status(response, 200);
        http_response_body(response, SCRIPT_TYPE, scp_bytes_of(script, len));
    } else {
        http_response_status(response, 204);
    }
    pthread_mutex_unlock(&world->mutex);
}

static void take_result(struct world *world, const struct http_request *request)
{
    struct scp_response_reader r;
    const char *status = http_request_header(request, "x-admin-script-status");
    world->results++;
    world->resume = http_request_header(request, "x-admin-resume") != NULL;
    (void)snprintf(world->status, sizeof world->status, "%s", status == NULL ? "" : status);
    world->executed =
        scp_responses_open(&r, http_request_body(request)) == SCP_OK ? r.executed : SIZE_MAX;
}

static void on_result(void *ctx, const struct http_request *request, struct http_response *response)
{
    struct world *world = ctx;
    pthread_mutex_lock(&world->mutex);
    if (world->refusals > 0) {
        world->refusals--;
        http_problem(response, 503, "overloaded", "Overloaded", "come back later");
    } else {
        take_result(world, request);
        http_response_status(response, 204);
    }
    pthread_mutex_unlock(&world->mutex);
}

static enum http_pull pull(void *ctx, const char *last_id, struct http_events *events)
{
    struct world *world = ctx;
    (void)last_id;
    pthread_mutex_lock(&world->mutex);
    if (world->work)
        (void)http_events_put(events,
                              &(struct http_event){.name = "work", .data = "{\"se\":\"" SE "\"}"});
    pthread_mutex_unlock(&world->mutex);
    return HTTP_PULL_WAIT;
}

static void on_stream(void *ctx, const struct http_request *request, struct http_response *response)
{
    struct world *world = ctx;
    const char *se = http_request_header(request, "x-admin-se-list");
    pthread_mutex_lock(&world->mutex);
    if (se != NULL && strcmp(se, SE) == 0)
        world->streams++;
    pthread_mutex_unlock(&world->mutex);
    http_response_stream(response,
                         &(struct http_stream){.topic = TOPIC, .pull = pull, .ctx = world});
}

static const struct http_route routes[] = {
    {"POST", "/admin-agent", on_ask, ROLE_AGENT, 0, NULL},
    {"POST", "/admin-agent/{exchange}", on_result, ROLE_AGENT, RESULT_MAX, NULL},
    {"GET", "/v1/work", on_stream, ROLE_AGENT, 0, NULL},
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

static const char *path_in(const struct world *world, const char *name, char to[128])
{
    (void)snprintf(to, 128, "%s/%s", world->directory, name);
    return to;
}

static void start_server(struct world *world)
{
    char certificate[128];
    char key[128];
    char trust[128];
    struct http_error_detail detail;
    const struct http_server_config config = {
        .address = "127.0.0.1",
        .certificate_file = path_in(world, "server.pem", certificate),
        .key_file = path_in(world, "server.key", key),
        .trust_file = path_in(world, "ca.pem", trust),
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

static struct document *load(const char *path)
{
    struct document *doc = NULL;
    struct document_problem problem = {0};
    assert_int_equal(doc_new_from_file(path, &doc, &problem), DOC_OK);
    return doc;
}

static void issue_card(const struct world *world)
{
    struct document *profile = load(HERE "profile.yaml");
    struct document *issuance = load(HERE "issuance.yaml");
    struct document *keys = load(HERE "keys.yaml");
    struct document_problem problem = {0};
    struct rebind_blob image = {0};
    char path[128];
    assert_int_equal(mkdir(path_in(world, "cards", path), 0700), 0);
    assert_true(softcard_issue(profile, issuance, keys, &image, &problem));
    assert_int_equal(rebind_file_write(path_in(world, "cards/1.card", path),
                                       rebind_blob_bytes(&image), 0600, NULL),
                     SCP_OK);
    rebind_blob_free(&image);
    doc_free(profile);
    doc_free(issuance);
    doc_free(keys);
}

static void write_config(const struct world *world, const char *certificate)
{
    char path[128];
    const char *d = world->directory;
    FILE *f = fopen(path_in(world, "agent.yaml", path), "w");
    assert_non_null(f);
    (void)fprintf(f,
                  "agent: test\nserver: https://127.0.0.1:%u\n"
                  "tls: {ca: %s/ca.pem, certificate: %s/%s.pem, key: %s/%s.key}\n"
                  "readers: {soft: %s/cards}\njournal: %s/journal\npoll: 100ms\nlog: error\n",
                  (unsigned)http_server_port(world->server), d, d, certificate, d, certificate, d,
                  d);
    (void)fclose(f);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    (void)snprintf(world->directory, sizeof world->directory, "/tmp/rebind-agent-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    assert_int_equal(run_and_wait(CERTIFICATES, world->directory, NULL), 0);
    assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
    world->commands = 2;
    issue_card(world);
    start_server(world);
    write_config(world, "agent");
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    http_server_stop(world->server);
    (void)pthread_join(world->thread, NULL);
    http_server_free(world->server);
    (void)pthread_mutex_destroy(&world->mutex);
    int status = run_and_wait("rm", "-rf", world->directory);
    free(world);
    return status;
}

/* ---- the agent ----------------------------------------------------------------------------- */

/* Between a test's thread and the server's, what was written before is read after. */
static void synchronise(struct world *world)
{
    pthread_mutex_lock(&world->mutex);
    pthread_mutex_unlock(&world->mutex);
}

static pid_t start_agent(struct world *world, bool once)
{
    char config[128];
    synchronise(world);
    path_in(world, "agent.yaml", config);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl(OTA_AGENT, "ota-agent", "--config", config, once ? "--once" : NULL,
                    (char *)NULL);
        _exit(127);
    }
    return pid;
}

static int finish_agent(struct world *world, pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    synchronise(world);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static unsigned results(struct world *world)
{
    pthread_mutex_lock(&world->mutex);
    unsigned count = world->results;
    pthread_mutex_unlock(&world->mutex);
    return count;
}

static unsigned streams(struct world *world)
{
    pthread_mutex_lock(&world->mutex);
    unsigned count = world->streams;
    pthread_mutex_unlock(&world->mutex);
    return count;
}

static bool wait_for(struct world *world, unsigned (*count)(struct world *))
{
    for (int ms = 0; ms < WAIT_MS; ms += 10) {
        if (count(world) > 0)
            return true;
        (void)usleep(10000);
    }
    return false;
}

/* Bytes in the journal; 0 while there is none. */
static off_t journal_size(const struct world *world)
{
    char path[128];
    off_t size = 0;
    DIR *dir = opendir(path_in(world, "journal", path));
    if (dir == NULL)
        return 0;
    for (const struct dirent *file = readdir(dir); file != NULL; file = readdir(dir)) {
        struct stat st;
        const char *dot = strrchr(file->d_name, '.');
        if (dot != NULL && strcmp(dot, ".journal") == 0 &&
            fstatat(dirfd(dir), file->d_name, &st, 0) == 0)
            size += st.st_size;
    }
    (void)closedir(dir);
    return size;
}

static void a_card_is_served_once(void **state)
{
    struct world *world = *state;
    assert_int_equal(finish_agent(world, start_agent(world, true)), 0);
    assert_int_equal(world->results, 1);
    assert_int_equal(world->executed, 2);
    assert_string_equal(world->status, "ok");
    assert_false(world->resume);
    assert_true(world->extensions);
    assert_int_equal(journal_size(world), 0);
}

static void an_overloaded_server_gets_the_answers_later(void **state)
{
    struct world *world = *state;
    world->refusals = 1;
    assert_int_equal(finish_agent(world, start_agent(world, true)), 0);
    assert_int_equal(world->results, 1);
    assert_int_equal(world->executed, 2);
    assert_true(world->resume);
}

static void a_pushed_card_is_served_and_a_stop_is_graceful(void **state)
{
    struct world *world = *state;
    pid_t agent = start_agent(world, false);
    assert_true(wait_for(world, streams));
    assert_int_equal(results(world), 0);
    pthread_mutex_lock(&world->mutex);
    world->work = true;
    pthread_mutex_unlock(&world->mutex);
    http_server_notify(world->server, TOPIC);
    assert_true(wait_for(world, results));
    assert_int_equal(kill(agent, SIGTERM), 0);
    assert_int_equal(finish_agent(world, agent), 0);
    assert_int_equal(world->executed, 2);
}

static void a_killed_agent_loses_no_answer_and_begins_no_script_again(void **state)
{
    struct world *world = *state;
    world->commands = LONG_SCRIPT;
    pid_t agent = start_agent(world, true);
    while (journal_size(world) < 4096) {
        assert_int_equal(waitpid(agent, NULL, WNOHANG), 0);
        (void)usleep(500);
    }
    assert_int_equal(kill(agent, SIGKILL), 0);
    assert_int_equal(waitpid(agent, NULL, 0), agent);
    assert_int_equal(results(world), 0);

    assert_int_equal(finish_agent(world, start_agent(world, true)), 0);
    assert_int_equal(world->results, 1);
    assert_true(world->resume);
    assert_string_equal(world->status, "unavailable-se");
    assert_true(world->executed > 100 && world->executed < LONG_SCRIPT);
    assert_int_equal(journal_size(world), 0);
}

static void a_stranger_is_not_let_in(void **state)
{
    struct world *world = *state;
    write_config(world, "stranger");
    assert_int_equal(finish_agent(world, start_agent(world, true)), 1);
    assert_false(world->given);
}

static void a_round_without_its_reader_is_no_success(void **state)
{
    struct world *world = *state;
    char from[128];
    char to[128];
    assert_int_equal(rename(path_in(world, "cards", from), path_in(world, "elsewhere", to)), 0);
    assert_int_equal(finish_agent(world, start_agent(world, true)), 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_card_is_served_once),
        IN_WORLD(an_overloaded_server_gets_the_answers_later),
        IN_WORLD(a_pushed_card_is_served_and_a_stop_is_graceful),
        IN_WORLD(a_killed_agent_loses_no_answer_and_begins_no_script_again),
        IN_WORLD(a_stranger_is_not_let_in),
        IN_WORLD(a_round_without_its_reader_is_no_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
