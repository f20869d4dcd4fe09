/* Posts progress over HTTP/2: `POST <next URI>/progress` with {"commands": n}. It has a connection
 * of its own and little patience, so that it never stands in the way of a result. */
#ifndef AGENT_RELAY_PROGRESS_CLIENT_H
#define AGENT_RELAY_PROGRESS_CLIENT_H

#include "agent/relay/client.h"
#include "agent/relay/progress.h"

struct agent_progress_client;

/* Call agent_http_init once before. NULL when memory is exhausted. Borrows. */
struct agent_progress_client *agent_progress_client_new(const struct agent_endpoint *endpoint);
/* After the last post has returned; NULL is allowed. */
void agent_progress_client_free(struct agent_progress_client *client);
/* The poster of a client, which is borrowed. It returns UNREACHABLE, REFUSED, FORBIDDEN,
 * SERVER_ANSWER, CONFIG, NO_MEMORY, and STOPPED once it has been cancelled. */
struct agent_progress_poster agent_progress_client_poster(struct agent_progress_client *client);

#endif
