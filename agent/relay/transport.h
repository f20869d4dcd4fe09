/* Remote administration as the agent's loop sees it: post a request, get a reply. client.c is the
 * one over HTTP/2; an embedder may bring another. */
#ifndef AGENT_RELAY_TRANSPORT_H
#define AGENT_RELAY_TRANSPORT_H

#include "agent/relay/journal.h"

#define AGENT_ADMIN_PATH "/admin-agent"

struct agent_request {
    const char *path; /* AGENT_ADMIN_PATH, or the next URI of a reply */
    const char *se;   /* X-Admin-SE-List: one card */
    bool has_result;  /* the body is a response list with `status`; else it is empty */
    bool resume;      /* X-Admin-Resume: true */
    enum agent_script_status status;
    struct scp_bytes body;
};

struct agent_reply {
    bool has_script;              /* 200; else 204: nothing to do */
    char next_uri[AGENT_URI_MAX]; /* empty: no result is wanted */
    char target[AGENT_URI_MAX];   /* X-Admin-Targeted-Application; empty: none */
    uint8_t *script;              /* heap; see agent_reply_fini */
    size_t script_len;
};
/* Free the script and empty the reply. */
void agent_reply_fini(struct agent_reply *reply);

struct agent_transport {
    void *ctx;
    /* UNREACHABLE: try again later. REFUSED: the server does not know this exchange, or does not
     * want it. FORBIDDEN, SERVER_ANSWER, NO_MEMORY. After success the reply needs fini. */
    enum agent_error (*post)(void *ctx, const struct agent_request *request,
                             struct agent_reply *reply);
};

#endif
