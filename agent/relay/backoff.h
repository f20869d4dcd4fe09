/* How long to wait before the next attempt: exponential, capped, with jitter, so that a thousand
 * agents do not come back in the same second after a server was down. Pure. */
#ifndef AGENT_RELAY_BACKOFF_H
#define AGENT_RELAY_BACKOFF_H

#include <stdint.h>

struct agent_backoff {
    uint32_t first_ms;
    uint32_t cap_ms;
    uint32_t attempts; /* failed ones in a row */
};

/* The next delay, between half of min(cap, first × 2^attempts) and the whole; `random` is any
 * number, evenly spread. Counts the attempt. */
uint32_t agent_backoff_next(struct agent_backoff *backoff, uint32_t random);
/* An attempt succeeded. */
void agent_backoff_reset(struct agent_backoff *backoff);

#endif
