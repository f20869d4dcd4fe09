#include "tests/integration/http/routes.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count(struct fixture *fixture, unsigned *what)
{
    pthread_mutex_lock(&fixture->mutex);
    (*what)++;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->mutex);
}

/* ---- who asks ----------------------------------------------------------------------------- */

static const struct {
    const char *uri;
    uint32_t roles;
    enum http_authentication result;
} principals[] = {
    {"urn:rebind:test:agent", ROLE_AGENT, HTTP_AUTHENTICATED},
    {"urn:rebind:test:operator", ROLE_OPERATOR, HTTP_AUTHENTICATED},
    {"urn:rebind:test:disabled", 0, HTTP_AUTH_DISABLED},
};

enum http_authentication test_authenticate(void *ctx, const struct http_peer *peer,
                                           const struct http_request *request,
                                           struct http_principal *principal)
{
    struct fixture *fixture = ctx;
    count(fixture, &fixture->authenticated);
    pthread_mutex_lock(&fixture->mutex);
    fixture->last_peer = *peer;
    pthread_mutex_unlock(&fixture->mutex);
    if (http_request_header(request, "x-test-register-down") != NULL)
        return HTTP_AUTH_UNAVAILABLE;
    for (size_t i = 0; i < sizeof principals / sizeof principals[0]; i++) {
        if (strcmp(principals[i].uri, peer->uri) != 0)
            continue;
        principal->roles = principals[i].roles;
        snprintf(principal->id, sizeof principal->id, "id-of-%.32s", peer->common_name);
        return principals[i].result;
    }
    return HTTP_AUTH_UNKNOWN;
}

/* ---- handlers ----------------------------------------------------------------------------- */

static void handle_health(void *ctx, const struct http_request *request,
                          struct http_response *response)
{
    (void)ctx;
    (void)request;
    http_response_json(response, 200, json_pack("{ss}", "status", "ok"));
}

/* What the handler sees of its request. */
static void handle_card(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    struct fixture *fixture = ctx;
    count(fixture, &fixture->handled);
    http_response_header(response, "etag", "\"7\"");
    http_response_json(response, 200,
                       json_pack("{ss ss ss ss* ss* ss}", "method", http_request_method(request),
                                 "path", http_request_path(request), "id",
                                 http_request_param(request, "id"), "limit",
                                 http_request_query(request, "limit"), "header",
                                 http_request_header(request, "X-Test"), "principal",
                                 http_request_principal(request)->id));
}

static void handle_binding(void *ctx, const struct http_request *request,
                           struct http_response *response)
{
    struct fixture *fixture = ctx;
    count(fixture, &fixture->handled);
    (void)request;
    http_problem(response, 403, "policy-denied", "Denied", "rule %s denies %s", "r1", "\xFF");
    http_problem_text(response, "rule", "r1");
    http_problem_number(response, "line", 12);
}

static void handle_echo(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    struct fixture *fixture = ctx;
    count(fixture, &fixture->handled);
    http_response_status(response, 200);
    http_response_body(response, "application/octet-stream", http_request_body(request));
}

static void handle_slow(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    struct fixture *fixture = ctx;
    const char *ms = http_request_query(request, "ms");
    count(fixture, &fixture->slow_running);
    usleep((useconds_t)strtoul(ms == NULL ? "10" : ms, NULL, 10) * 1000);
    http_response_status(response, 204);
}

static void handle_large(void *ctx, const struct http_request *request,
                         struct http_response *response)
{
    (void)ctx;
    size_t len = strtoul(http_request_query(request, "bytes"), NULL, 10);
    uint8_t *bytes = malloc(len);
    if (bytes == NULL)
        return;
    memset(bytes, 'x', len);
    http_response_status(response, 200);
    http_response_body(response, "text/plain", scp_bytes_of(bytes, len));
    free(bytes);
}

static void handle_nothing(void *ctx, const struct http_request *request,
                           struct http_response *response)
{
    (void)ctx;
    (void)request;
    (void)response;
}

static void handle_split_header(void *ctx, const struct http_request *request,
                                struct http_response *response)
{
    (void)ctx;
    (void)request;
    http_response_status(response, 204);
    http_response_header(response, "location", "/a\r\nset-cookie: b");
}

/* ---- event streams ------------------------------------------------------------------------ */

enum { EVENTS_A_PULL = 3 };

/* Events are numbered from 1 to fixture->event_count. */
static enum http_pull pull_events(void *ctx, const char *last_id, struct http_events *events)
{
    struct fixture *fixture = ctx;
    pthread_mutex_lock(&fixture->mutex);
    unsigned newest = fixture->event_count;
    pthread_mutex_unlock(&fixture->mutex);
    unsigned next = (unsigned)strtoul(last_id, NULL, 10) + 1;
    for (unsigned i = 0; next <= newest; i++, next++) {
        char id[16];
        snprintf(id, sizeof id, "%u", next);
        const struct http_event event = {.id = id, .name = "test", .data = "one\ntwo"};
        if (i == EVENTS_A_PULL || !http_events_put(events, &event))
            return HTTP_PULL_MORE;
    }
    return HTTP_PULL_WAIT;
}

static enum http_pull pull_once(void *ctx, const char *last_id, struct http_events *events)
{
    (void)ctx;
    (void)last_id;
    http_events_put(events, &(struct http_event){.data = "only"});
    return HTTP_PULL_END;
}

static void release(void *ctx)
{
    struct fixture *fixture = ctx;
    count(fixture, &fixture->released);
}

static void handle_events(void *ctx, const struct http_request *request,
                          struct http_response *response)
{
    bool ends = http_request_query(request, "once") != NULL;
    struct http_stream stream = {
        .topic = "test/events",
        .pull = ends ? pull_once : pull_events,
        .pull_when_silent = http_request_query(request, "silent") != NULL,
        .release = release,
        .ctx = ctx,
    };
    http_response_stream(response, &stream);
}

const struct http_route test_routes[] = {
    {"GET", "/healthz", handle_health, HTTP_PUBLIC, 0, NULL},
    {"GET", "/v1/cards/{id}", handle_card, ROLE_AGENT | ROLE_OPERATOR, 0, NULL},
    {"PUT", "/v1/cards/{id}/binding", handle_binding, ROLE_OPERATOR, 4096, "application/json"},
    {"DELETE", "/v1/cards/{id}/binding", handle_binding, ROLE_OPERATOR, 0, NULL},
    {"POST", "/v1/echo", handle_echo, ROLE_AGENT, TEST_BODY_MAX, "application/json"},
    {"POST", "/v1/upload", handle_echo, ROLE_AGENT, (size_t)4 * 1024 * 1024, NULL},
    {"GET", "/v1/slow", handle_slow, ROLE_AGENT, 0, NULL},
    {"GET", "/v1/large", handle_large, ROLE_AGENT, 0, NULL},
    {"GET", "/v1/nothing", handle_nothing, ROLE_AGENT, 0, NULL},
    {"GET", "/v1/split", handle_split_header, ROLE_AGENT, 0, NULL},
    {"GET", "/v1/events", handle_events, ROLE_AGENT, 0, NULL},
};
const size_t test_route_count = sizeof test_routes / sizeof test_routes[0];
