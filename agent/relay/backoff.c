#include "agent/relay/backoff.h"

uint32_t agent_backoff_next(struct agent_backoff *backoff, uint32_t random)
{
    uint64_t delay = backoff->first_ms;
    for (uint32_t i = 0; i < backoff->attempts && delay < backoff->cap_ms; i++)
        delay *= 2;
    if (delay > backoff->cap_ms)
        delay = backoff->cap_ms;
    if (backoff->attempts < UINT32_MAX)
        backoff->attempts++;
    uint64_t half = delay / 2;
    return (uint32_t)(half + random % (delay - half + 1));
}

void agent_backoff_reset(struct agent_backoff *backoff)
{
    backoff->attempts = 0;
}
