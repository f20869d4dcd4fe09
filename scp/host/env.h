/* The environment: the only source of time and randomness in a program.
 *
 * main makes one and hands it down by pointer; a test hands down a seeded one, so that every run
 * can be replayed. Copying the struct is fine: it borrows `ctx`. All three functions may be
 * called from any thread and never fail: a system without randomness ends the process. */
#ifndef SCP_HOST_ENV_H
#define SCP_HOST_ENV_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct rebind_env {
    void *ctx;
    uint64_t (*now_ms)(void *ctx);       /* UNIX time: for people, records, certificates */
    uint64_t (*monotonic_ms)(void *ctx); /* never goes back: for durations and time-outs */
    void (*random)(void *ctx, uint8_t *out, size_t len); /* fit for keys */
};

uint64_t rebind_now_ms(const struct rebind_env *env);
uint64_t rebind_monotonic_ms(const struct rebind_env *env);
void rebind_random(const struct rebind_env *env, uint8_t *out, size_t len);

/* The clocks of the system and getrandom(2). */
struct rebind_env rebind_env_system(void);

/* A replayable environment: the time stands still until it is advanced, and the random bytes are
 * the blocks SHA-256(seed ‖ counter), both as eight bytes, each call beginning a new block. The
 * same calls in the same order get the same bytes. For tests: its output is fit for no key.
 *
 *     struct rebind_seeded seeded;
 *     struct rebind_env env = rebind_env_seeded(&seeded, 42, 1700000000000);
 *     rebind_seeded_advance(&seeded, 5000);
 *     rebind_seeded_fini(&seeded);
 */
struct rebind_seeded {
    pthread_mutex_t lock;
    uint64_t seed;
    uint64_t counter;
    uint64_t now_ms;
    uint64_t monotonic_ms;
};

struct rebind_env rebind_env_seeded(struct rebind_seeded *state, uint64_t seed, uint64_t start_ms);
/* Move both clocks. */
void rebind_seeded_advance(struct rebind_seeded *state, uint64_t ms);
void rebind_seeded_fini(struct rebind_seeded *state);

#endif
