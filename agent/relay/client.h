/* The transport over HTTP/2 and TLS 1.3 with a client certificate, by libcurl.
 *
 * One client a thread: it keeps one connection open from request to request. */
#ifndef AGENT_RELAY_CLIENT_H
#define AGENT_RELAY_CLIENT_H

#include "agent/relay/transport.h"
#include "scp/host/log.h"

#include <curl/curl.h>

/* Where the server is and who we are; all borrowed. */
struct agent_endpoint {
    const char *server;      /* "https://host:port", nothing behind it */
    const char *agent;       /* X-Admin-From */
    const char *ca;          /* file of the certificates that the server's may come from */
    const char *certificate; /* file: our certificate, PEM, with its intermediates */
    const char *key;         /* file: its key, PEM */
};

struct agent_client;

/* Call agent_http_init once before, in main's thread. NULL when memory is exhausted. Borrows. */
struct agent_client *agent_client_new(const struct agent_endpoint *endpoint,
                                      struct rebind_log *log);
void agent_client_free(struct agent_client *client);
/* The transport of a client, which is borrowed. */
struct agent_transport agent_client_transport(struct agent_client *client);

enum agent_error agent_http_init(void);
void agent_http_fini(void);

/* What an answer's HTTP status means to the agent; OK for 200 and 204. */
enum agent_error agent_http_meaning(long status);
/* Whether a next URI is a path on the same server. */
bool agent_http_path_valid(const char *path);

/* Shared with the work stream: a handle for `path` with TLS, certificate and protocol set, and a
 * header list that ends at its first NULL. */
CURL *agent_http_handle(const struct agent_endpoint *endpoint);
enum agent_error agent_http_set_path(CURL *curl, const struct agent_endpoint *endpoint,
                                     const char *path);
/* Append "name: value"; false when memory is exhausted or the value holds a control character. */
bool agent_http_add_header(struct curl_slist **list, const char *name, const char *value);

#endif
