/* Policies compiled and ready: no YAML is read for a decision whose policy was used lately.
 *
 * A version's text never changes, so version and digest name one compiled policy for ever. Which
 * version is active is asked of the store in the transaction that decides, so the change from one
 * to the next is as atomic as that transaction: nothing here has to be told.
 *
 *     struct policy_loan loan;
 *     if (policy_cache_borrow(cache, tx, &stored, &loan) == REBIND_REFUSED_NONE) {
 *         policy_evaluate(loan.policy, …);
 *         policy_cache_return(cache, &loan);
 *     }
 *
 * Threads: any. All loans must be returned before the cache is freed. */
#ifndef OTA_SERVER_REBIND_POLICY_CACHE_H
#define OTA_SERVER_REBIND_POLICY_CACHE_H

#include "ota-server/rebind/service.h"
#include "policies/compile/policy.h"

enum { POLICY_CACHE_SIZE = 8 }; /* the active one, the one before, and some that are replayed */

struct policy_loan {
    const struct policy *policy;
    struct policy *unshared; /* not in the cache: every place was in use */
    size_t place;
};

/* NULL when memory is exhausted. */
struct policy_cache *policy_cache_new(void);
/* NULL is allowed. */
void policy_cache_free(struct policy_cache *cache);

/* STORAGE and BUSY when the text cannot be read; INTERNAL when it does not compile, which a text
 * that was accepted does. */
enum rebind_refusal policy_cache_borrow(struct policy_cache *cache, struct store_tx *tx,
                                        const struct store_policy *stored,
                                        struct policy_loan *loan);
void policy_cache_return(struct policy_cache *cache, struct policy_loan *loan);

/* How many texts it has compiled. */
uint64_t policy_cache_compiled(struct policy_cache *cache);

#endif
