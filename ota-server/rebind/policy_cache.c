#include "ota-server/rebind/policy_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct policy *policy; /* NULL: free */
    int32_t version;
    uint8_t digest[POLICY_DIGEST_SIZE];
    size_t users;
    uint64_t used_at; /* the cache's count of loans */
};

struct policy_cache {
    pthread_mutex_t lock;
    struct entry entries[POLICY_CACHE_SIZE];
    uint64_t loans;
    uint64_t compiled;
};

struct policy_cache *policy_cache_new(void)
{
    struct policy_cache *cache = calloc(1, sizeof *cache);
    if (cache != NULL && pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache);
        return NULL;
    }
    return cache;
}

void policy_cache_free(struct policy_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < POLICY_CACHE_SIZE; i++)
        policy_free(cache->entries[i].policy);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* ---- under the lock ----------------------------------------------------------------------- */

static void lend(struct policy_cache *cache, size_t place, struct policy_loan *loan)
{
    struct entry *entry = &cache->entries[place];
    entry->users++;
    entry->used_at = ++cache->loans;
    *loan = (struct policy_loan){.policy = entry->policy, .place = place};
}

static bool find(struct policy_cache *cache, const struct store_policy *stored,
                 struct policy_loan *loan)
{
    for (size_t i = 0; i < POLICY_CACHE_SIZE; i++) {
        const struct entry *entry = &cache->entries[i];
        if (entry->policy == NULL || entry->version != stored->version ||
            memcmp(entry->digest, stored->digest, sizeof entry->digest) != 0)
            continue;
        lend(cache, i, loan);
        return true;
    }
    return false;
}

/* A free place, or the one that nobody has used for longest; NULL when all are in use. */
static struct entry *make_room(struct policy_cache *cache)
{
    struct entry *oldest = NULL;
    for (size_t i = 0; i < POLICY_CACHE_SIZE; i++) {
        struct entry *entry = &cache->entries[i];
        if (entry->policy == NULL)
            return entry;
        if (entry->users == 0 && (oldest == NULL || entry->used_at < oldest->used_at))
            oldest = entry;
    }
    return oldest;
}

static void put(struct policy_cache *cache, const struct store_policy *stored,
                struct policy *policy, struct policy_loan *loan)
{
    struct entry *entry = make_room(cache);
    cache->compiled++;
    if (entry == NULL) {
        *loan = (struct policy_loan){.policy = policy, .unshared = policy};
        return;
    }
    policy_free(entry->policy);
    *entry = (struct entry){.policy = policy, .version = stored->version};
    memcpy(entry->digest, stored->digest, sizeof entry->digest);
    lend(cache, (size_t)(entry - cache->entries), loan);
}

/* ---- lending ------------------------------------------------------------------------------ */

static enum rebind_refusal compile(struct store_tx *tx, const struct store_policy *stored,
                                   struct policy **policy)
{
    struct document_problem problem = {.error = DOC_OK};
    struct store_blob yaml = {.len = 0};
    enum store_error error = store_policy_yaml(tx, stored->version, &yaml);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum document_error compiled =
        policy_compile("policy", store_blob_bytes(&yaml), policy, &problem);
    store_blob_fini(&yaml);
    return compiled == DOC_OK ? REBIND_REFUSED_NONE : REBIND_REFUSED_INTERNAL;
}

/* Compiling is slow, so others go on meanwhile; if one of them was quicker, its result counts. */
enum rebind_refusal policy_cache_borrow(struct policy_cache *cache, struct store_tx *tx,
                                        const struct store_policy *stored, struct policy_loan *loan)
{
    struct policy *policy = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    bool found = find(cache, stored, loan);
    (void)pthread_mutex_unlock(&cache->lock);
    if (found)
        return REBIND_REFUSED_NONE;
    enum rebind_refusal refusal = compile(tx, stored, &policy);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    (void)pthread_mutex_lock(&cache->lock);
    found = find(cache, stored, loan);
    if (!found)
        put(cache, stored, policy, loan);
    (void)pthread_mutex_unlock(&cache->lock);
    if (found)
        policy_free(policy);
    return REBIND_REFUSED_NONE;
}

void policy_cache_return(struct policy_cache *cache, struct policy_loan *loan)
{
    if (loan->policy == NULL)
        return;
    if (loan->unshared != NULL) {
        policy_free(loan->unshared);
    } else {
        (void)pthread_mutex_lock(&cache->lock);
        cache->entries[loan->place].users--;
        (void)pthread_mutex_unlock(&cache->lock);
    }
    *loan = (struct policy_loan){.place = 0};
}

uint64_t policy_cache_compiled(struct policy_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
    uint64_t compiled = cache->compiled;
    (void)pthread_mutex_unlock(&cache->lock);
    return compiled;
}
