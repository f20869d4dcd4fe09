#include "tests/integration/http/fixture.h"

#include "tests/integration/http/routes.h"
#include "tests/support/test.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- files -------------------------------------------------------------------------------- */

static int run_and_wait(char *const argv[])
{
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

int fixture_make(void **state)
{
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    pthread_mutex_init(&fixture->mutex, NULL);
    pthread_cond_init(&fixture->changed, NULL);
    snprintf(fixture->dir, sizeof fixture->dir, "/tmp/rebind-http-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    char script[] = REBIND_SOURCE_DIR "/tests/integration/http/certificates.sh";
    char *const argv[] = {script, fixture->dir, NULL};
    assert_int_equal(run_and_wait(argv), 0);
    *state = fixture;
    return 0;
}

int fixture_remove(void **state)
{
    struct fixture *fixture = *state;
    fixture_stop(fixture);
    char rm[] = "rm";
    char flags[] = "-rf";
    char *const argv[] = {rm, flags, fixture->dir, NULL};
    assert_int_equal(run_and_wait(argv), 0);
    pthread_cond_destroy(&fixture->changed);
    pthread_mutex_destroy(&fixture->mutex);
    free(fixture);
    curl_global_cleanup();
    return 0;
}

void fixture_path(const struct fixture *fixture, const char *name, char to[128])
{
    snprintf(to, 128, "%s/%s", fixture->dir, name);
}

/* ---- the server --------------------------------------------------------------------------- */

static void log_access(void *ctx, const struct http_access *access)
{
    struct fixture *fixture = ctx;
    pthread_mutex_lock(&fixture->mutex);
    if (fixture->log_count < sizeof fixture->log / sizeof fixture->log[0]) {
        struct access_row *row = &fixture->log[fixture->log_count++];
        row->status = access->status;
        snprintf(row->method, sizeof row->method, "%s", access->method);
        snprintf(row->route, sizeof row->route, "%s", access->route);
        snprintf(row->principal, sizeof row->principal, "%s", access->principal);
    }
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->mutex);
}

static void *serve(void *arg)
{
    http_server_run(arg);
    return NULL;
}

void fixture_start(struct fixture *fixture, const struct http_server_config *times)
{
    fixture_stop(fixture);
    fixture->handled = fixture->authenticated = fixture->released = 0;
    fixture->event_count = fixture->slow_running = 0;
    fixture->log_count = 0;
    char certificate[128];
    char key[128];
    char trust[128];
    fixture_path(fixture, "server.pem", certificate);
    fixture_path(fixture, "server.key", key);
    fixture_path(fixture, "ca.pem", trust);
    struct http_server_config config = times == NULL ? (struct http_server_config){0} : *times;
    config.address = "127.0.0.1";
    config.certificate_file = certificate;
    config.key_file = key;
    config.trust_file = trust;
    config.routes = test_routes;
    config.route_count = test_route_count;
    config.ctx = fixture;
    config.authenticate = test_authenticate;
    config.log = log_access;
    struct http_error_detail detail;
    enum http_error error = http_server_new(&fixture->server, &config, &detail);
    if (error != HTTP_OK)
        fail_msg("%s: %s", http_error_text(error), detail.text);
    assert_int_equal(pthread_create(&fixture->thread, NULL, serve, fixture->server), 0);
    fixture->is_running = true;
}

void fixture_stop(struct fixture *fixture)
{
    if (!fixture->is_running)
        return;
    http_server_stop(fixture->server);
    pthread_join(fixture->thread, NULL);
    http_server_free(fixture->server);
    fixture->server = NULL;
    fixture->is_running = false;
}

static struct timespec in_seconds(int seconds)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += seconds;
    return at;
}

bool fixture_wait(struct fixture *fixture, const unsigned *value, unsigned least)
{
    struct timespec until = in_seconds(5);
    pthread_mutex_lock(&fixture->mutex);
    int error = 0;
    while (*value < least && error == 0)
        error = pthread_cond_timedwait(&fixture->changed, &fixture->mutex, &until);
    bool reached = *value >= least;
    pthread_mutex_unlock(&fixture->mutex);
    return reached;
}

unsigned fixture_read(struct fixture *fixture, const unsigned *value)
{
    pthread_mutex_lock(&fixture->mutex);
    unsigned read = *value;
    pthread_mutex_unlock(&fixture->mutex);
    return read;
}

static const struct access_row *find_row(const struct fixture *fixture, const char *route)
{
    for (size_t i = fixture->log_count; i > 0; i--) {
        if (strcmp(fixture->log[i - 1].route, route) == 0)
            return &fixture->log[i - 1];
    }
    return NULL;
}

struct access_row fixture_logged(struct fixture *fixture, const char *route)
{
    struct timespec until = in_seconds(5);
    struct access_row row = {0};
    pthread_mutex_lock(&fixture->mutex);
    int error = 0;
    while (find_row(fixture, route) == NULL && error == 0)
        error = pthread_cond_timedwait(&fixture->changed, &fixture->mutex, &until);
    if (find_row(fixture, route) != NULL)
        row = *find_row(fixture, route);
    pthread_mutex_unlock(&fixture->mutex);
    return row;
}

/* ---- the client --------------------------------------------------------------------------- */

static size_t take_header(char *line, size_t size, size_t count, void *arg)
{
    struct reply *reply = arg;
    size_t used = strlen(reply->headers);
    snprintf(reply->headers + used, sizeof reply->headers - used, "%.*s", (int)(size * count),
             line);
    return size * count;
}

static bool make_room(struct reply *reply, size_t len)
{
    size_t cap = reply->body_cap == 0 ? 4096 : reply->body_cap;
    while (cap <= reply->body_len + len)
        cap *= 2;
    char *body = cap == reply->body_cap ? reply->body : realloc(reply->body, cap);
    if (body == NULL)
        return false;
    reply->body = body;
    reply->body_cap = cap;
    return true;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct reply *reply = arg;
    size_t len = size * count;
    if (!make_room(reply, len))
        return 0;
    memcpy(reply->body + reply->body_len, bytes, len);
    reply->body_len += len;
    reply->body[reply->body_len] = '\0';
    return len;
}

static void set_certificates(CURL *handle, const struct fixture *fixture, const char *client)
{
    char name[64];
    char path[128];
    fixture_path(fixture, "ca.pem", path);
    curl_easy_setopt(handle, CURLOPT_CAINFO, path);
    if (client == NULL)
        return;
    snprintf(name, sizeof name, "%s.pem", client);
    fixture_path(fixture, name, path);
    curl_easy_setopt(handle, CURLOPT_SSLCERT, path);
    snprintf(name, sizeof name, "%s.key", client);
    fixture_path(fixture, name, path);
    curl_easy_setopt(handle, CURLOPT_SSLKEY, path);
}

static void set_request(CURL *handle, const struct ask *ask, struct curl_slist **list)
{
    if (ask->body != NULL) {
        size_t len = ask->body_len == 0 ? strlen(ask->body) : ask->body_len;
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)len);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, ask->body);
    }
    if (ask->method != NULL)
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, ask->method);
    curl_easy_setopt(handle, CURLOPT_NOBODY, ask->is_head ? 1L : 0L);
    *list = NULL;
    for (size_t i = 0; i < 4 && ask->headers[i] != NULL; i++)
        *list = curl_slist_append(*list, ask->headers[i]);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, *list);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION,
                     ask->http_version == 0 ? (long)CURL_HTTP_VERSION_2TLS : ask->http_version);
}

CURL *client_prepare(const struct fixture *fixture, const struct ask *ask, struct reply *reply,
                     struct curl_slist **list)
{
    *reply = (struct reply){0};
    CURL *handle = curl_easy_init();
    assert_non_null(handle);
    char url[2048 + 1024];
    snprintf(url, sizeof url, "https://127.0.0.1:%u%s", http_server_port(fixture->server),
             ask->path);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, reply);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, reply);
    set_certificates(handle, fixture, ask->client);
    set_request(handle, ask, list);
    return handle;
}

void client_finish(CURL *handle, CURLcode code, struct reply *reply)
{
    reply->code = code;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_easy_getinfo(handle, CURLINFO_HTTP_VERSION, &reply->http_version);
    curl_easy_cleanup(handle);
}

void client_ask(const struct fixture *fixture, const struct ask *ask, struct reply *reply)
{
    struct curl_slist *list;
    CURL *handle = client_prepare(fixture, ask, reply, &list);
    CURLcode code = curl_easy_perform(handle);
    client_finish(handle, code, reply);
    curl_slist_free_all(list);
}

void reply_free(struct reply *reply)
{
    free(reply->body);
    reply->body = NULL;
}

/* ---- assertions --------------------------------------------------------------------------- */

void assert_problem(const struct reply *reply, long status, const char *code)
{
    char type[96];
    snprintf(type, sizeof type, "urn:rebind:problem:%s", code);
    if (reply->status != status)
        fail_msg("status %ld (curl: %s), body %s", reply->status, curl_easy_strerror(reply->code),
                 reply->body == NULL ? "" : reply->body);
    assert_non_null(strstr(reply->headers, "content-type: application/problem+json"));
    json_t *problem = json_loads(reply->body, 0, NULL);
    assert_non_null(problem);
    assert_string_equal(json_string_value(json_object_get(problem, "code")), code);
    assert_string_equal(json_string_value(json_object_get(problem, "type")), type);
    assert_int_equal(json_integer_value(json_object_get(problem, "status")), status);
    assert_true(json_string_length(json_object_get(problem, "title")) > 0);
    assert_true(json_string_length(json_object_get(problem, "detail")) > 0);
    json_decref(problem);
}

void assert_asking_gives_problem(const struct fixture *fixture, const struct ask *ask, long status,
                                 const char *code)
{
    struct reply reply;
    client_ask(fixture, ask, &reply);
    assert_problem(&reply, status, code);
    reply_free(&reply);
}
