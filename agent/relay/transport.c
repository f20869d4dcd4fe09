#include "agent/relay/transport.h"

#include <stdlib.h>

void agent_reply_fini(struct agent_reply *reply)
{
    free(reply->script);
    *reply = (struct agent_reply){0};
}
