/* A real server on a free loopback port, with certificates made for the run, and clients by
 * libcurl. */
#ifndef TESTS_INTEGRATION_HTTP_FIXTURE_H
#define TESTS_INTEGRATION_HTTP_FIXTURE_H

#include "ota-server/http/server.h"

#include <curl/curl.h>
#include <pthread.h>

enum { ROLE_AGENT = 1 << 0, ROLE_OPERATOR = 1 << 1 };

struct access_row {
    char method[16];
    char route[64];
    char principal[64];
    unsigned status;
};

struct fixture {
    char dir[64];
    struct http_server *server;
    pthread_t thread;
    bool is_running;
    pthread_mutex_t mutex; /* guards what follows; handlers and tests share it */
    pthread_cond_t changed;
    unsigned handled; /* calls of handlers on routes that are not public */
    unsigned authenticated;
    unsigned released;    /* event streams whose context was released */
    unsigned event_count; /* events that streams have to tell */
    unsigned slow_running;
    struct access_row log[512];
    size_t log_count;
    struct http_peer last_peer;
};

/* Group fixtures: certificates only. */
int fixture_make(void **state);
int fixture_remove(void **state);

/* Start the server with the fixture's routes; `times` may be NULL, its times and workers count. */
void fixture_start(struct fixture *fixture, const struct http_server_config *times);
/* Stop it and wait until it has gone. */
void fixture_stop(struct fixture *fixture);

/* Wait up to five seconds until *value is at least `least`. */
bool fixture_wait(struct fixture *fixture, const unsigned *value, unsigned least);

/* The value of a counter that handlers change. */
unsigned fixture_read(struct fixture *fixture, const unsigned *value);

/* The last row of the access log, waited for until it is of `route`. */
struct access_row fixture_logged(struct fixture *fixture, const char *route);

void fixture_path(const struct fixture *fixture, const char *name, char to[128]);

struct ask {
    const char *method; /* NULL: GET, or POST when there is a body */
    const char *path;
    const char *client; /* name of a certificate; NULL: none */
    const char *headers[4];
    const char *body;
    size_t body_len;   /* 0: of the text */
    long http_version; /* 0: HTTP/2 */
    bool is_head;
};

struct reply {
    CURLcode code;
    long status;
    long http_version;
    char headers[4096];
    char *body; /* NUL-terminated; reply_free */
    size_t body_len;
    size_t body_cap;
};

/* One request on a connection of its own. */
void client_ask(const struct fixture *fixture, const struct ask *ask, struct reply *reply);
/* Prepare a handle for one request: the caller performs and cleans up `handle` and `*list`. */
CURL *client_prepare(const struct fixture *fixture, const struct ask *ask, struct reply *reply,
                     struct curl_slist **list);
void client_finish(CURL *handle, CURLcode code, struct reply *reply);
void reply_free(struct reply *reply);

/* Assert status and problem code, and that the document is whole. */
void assert_problem(const struct reply *reply, long status, const char *code);

/* Ask, assert a problem, and free. */
void assert_asking_gives_problem(const struct fixture *fixture, const struct ask *ask, long status,
                                 const char *code);

#endif
