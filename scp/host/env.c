#include "scp/host/env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "scp/base/bytes.h"
#include "scp/crypto/hash.h"

enum { BLOCK = 32 };

uint64_t rebind_now_ms(const struct rebind_env *env)
{
    return env->now_ms(env->ctx);
}

uint64_t rebind_monotonic_ms(const struct rebind_env *env)
{
    return env->monotonic_ms(env->ctx);
}

void rebind_random(const struct rebind_env *env, uint8_t *out, size_t len)
{
    env->random(env->ctx, out, len);
}

/* ---- the system's ------------------------------------------------------------------------- */

static uint64_t read_clock(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        abort();
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t system_now_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

static uint64_t system_monotonic_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC);
}

static void system_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    size_t done = 0;
    while (done < len) {
        ssize_t got = getrandom(out + done, len - done, 0);
        if (got < 0 && errno != EINTR)
            abort(); /* nothing safe can be done without randomness */
        if (got > 0)
            done += (size_t)got;
    }
}

struct rebind_env rebind_env_system(void)
{
    return (struct rebind_env){
        .now_ms = system_now_ms,
        .monotonic_ms = system_monotonic_ms,
        .random = system_random,
    };
}

/* ---- seeded ------------------------------------------------------------------------------- */

static uint64_t seeded_now_ms(void *ctx)
{
    struct rebind_seeded *state = ctx;
    pthread_mutex_lock(&state->lock);
    uint64_t now = state->now_ms;
    pthread_mutex_unlock(&state->lock);
    return now;
}

static uint64_t seeded_monotonic_ms(void *ctx)
{
    struct rebind_seeded *state = ctx;
    pthread_mutex_lock(&state->lock);
    uint64_t now = state->monotonic_ms;
    pthread_mutex_unlock(&state->lock);
    return now;
}

static void next_block(struct rebind_seeded *state, uint8_t block[BLOCK])
{
    uint8_t input[16];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put_u64(&w, state->seed);
    scp_put_u64(&w, state->counter++);
    if (scp_sha256(scp_written(&w), block) != SCP_OK)
        abort();
}

static void seeded_random(void *ctx, uint8_t *out, size_t len)
{
    struct rebind_seeded *state = ctx;
    pthread_mutex_lock(&state->lock);
    for (size_t done = 0; done < len; done += BLOCK) {
        uint8_t block[BLOCK];
        next_block(state, block);
        memcpy(out + done, block, len - done < BLOCK ? len - done : BLOCK);
    }
    pthread_mutex_unlock(&state->lock);
}

struct rebind_env rebind_env_seeded(struct rebind_seeded *state, uint64_t seed, uint64_t start_ms)
{
    *state = (struct rebind_seeded){.seed = seed, .now_ms = start_ms};
    pthread_mutex_init(&state->lock, NULL);
    return (struct rebind_env){
        .ctx = state,
        .now_ms = seeded_now_ms,
        .monotonic_ms = seeded_monotonic_ms,
        .random = seeded_random,
    };
}

void rebind_seeded_advance(struct rebind_seeded *state, uint64_t ms)
{
    pthread_mutex_lock(&state->lock);
    state->now_ms += ms;
    state->monotonic_ms += ms;
    pthread_mutex_unlock(&state->lock);
}

void rebind_seeded_fini(struct rebind_seeded *state)
{
    pthread_mutex_destroy(&state->lock);
}
