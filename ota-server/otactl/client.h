/* A small HTTP/2 client for the API: JSON in, JSON out, and event streams.
 *
 * One client is for one thread. TLS 1.3, HTTP/2, certificates are always verified. */
#ifndef OTA_SERVER_OTACTL_CLIENT_H
#define OTA_SERVER_OTACTL_CLIENT_H

#include "ota-server/otactl/settings.h"
#include "scp/base/bytes.h"

#include <jansson.h>

#include <stdbool.h>
#include <stdio.h>

struct otactl_client;

/* OUT_OF_RANGE when the key is open to others, NOT_FOUND, IO, NO_MEMORY. */
SCP_MUST_USE enum scp_error otactl_client_new(struct otactl_client **out,
                                              const struct otactl_settings *settings,
                                              struct rebind_problem *problem);
void otactl_client_free(struct otactl_client *client);

/* A request; borrowed. */
struct otactl_http {
    const char *method;
    const char *path;  /* "/v1/banks?limit=5" */
    const char *media; /* of the body; NULL without one */
    struct scp_bytes body;
    const char *if_match;        /* an ETag; NULL for none */
    const char *idempotency_key; /* NULL for none */
};

/* An answer; owned, freed by otactl_reply_free, which takes a zeroed one. */
struct otactl_reply {
    long status;
    json_t *json; /* NULL when the body is empty or no JSON */
    char *text;   /* the body when it is no JSON; NULL otherwise */
    char etag[64];
    char location[256];
    char next[64];  /* where a text that comes in pages goes on; "" at its end */
    char cards[24]; /* how many cards it is about; "" when not said */
};

void otactl_reply_free(struct otactl_reply *reply);

/* Any answer of the server is OK, whatever its status. IO when there was none (the cause is in
 * `problem`), TOO_LONG above OTACTL_BODY_MAX, NO_MEMORY. */
enum { OTACTL_BODY_MAX = 16 * 1024 * 1024 };
SCP_MUST_USE enum scp_error otactl_client_send(struct otactl_client *client,
                                               const struct otactl_http *request,
                                               struct otactl_reply *reply,
                                               struct rebind_problem *problem);

/* One event of a stream; false ends the stream. `name` is "message" where the server names none. */
typedef bool otactl_event_fn(void *ctx, const char *name, const char *data);

/* Read an event stream until the server ends it, the callback says so, or it breaks (IO). When the
 * answer is no stream, it is in `reply` and the callback is not called. */
SCP_MUST_USE enum scp_error otactl_client_events(struct otactl_client *client, const char *path,
                                                 otactl_event_fn *on_event, void *ctx,
                                                 struct otactl_reply *reply,
                                                 struct rebind_problem *problem);

/* What an answer says that is an error, in one or more lines, from its problem document
 * (RFC 9457): "403 policy-denied: No rule allows it: …", then one line for each further member. */
void otactl_print_problem(FILE *to, const struct otactl_reply *reply);

#endif
