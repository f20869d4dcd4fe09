/* Memory for secrets: a region of its own, locked against swapping where the system allows it, left
 * out of core files, wiped block by block as it is freed and as a whole at the end.
 *
 * First fit over one list of blocks: few and short-lived allocations, so simple beats fast.
 * Threads: arena_alloc and arena_free may be called from any thread. */
#ifndef OTA_SERVER_VAULT_ARENA_H
#define OTA_SERVER_VAULT_ARENA_H

#include "scp/base/bytes.h"

#include <pthread.h>

struct arena {
    pthread_mutex_t lock;
    uint8_t *memory; /* blocks, one behind the other */
    size_t size;
    bool is_locked; /* in memory */
};

/* `size` is rounded up to whole pages. NO_MEMORY. */
SCP_MUST_USE enum scp_error arena_init(struct arena *arena, size_t size);
/* Wipe and give back; safe on a zeroed struct. */
void arena_fini(struct arena *arena);

/* Zeroed memory, aligned for any type; NULL when there is no room. */
void *arena_alloc(struct arena *arena, size_t size);
/* Wipe and free; NULL is allowed. */
void arena_free(struct arena *arena, void *ptr);

#endif
