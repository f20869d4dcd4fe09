#include "ota-server/rebind/assignment.h"

#include "ota-server/rebind/policy_cache.h"
#include "policies/assign/shares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)ASSIGNMENT_MAX == (int)POLICY_BANKS_MAX &&
                   (int)POLICY_CANDIDATES_MAX == (int)POLICY_BANKS_MAX,
               "one place for each bank that a policy can name");

/* The banks that are left, and the product that each would bring. */
struct pool {
    struct policy_candidate candidates[ASSIGNMENT_MAX];
    char products[ASSIGNMENT_MAX][STORE_PRODUCT_REF_SIZE];
    size_t count;
};

/* The first published product of the role; "" when the bank has none, or is not known here. */
static enum store_error find_product(struct store_tx *tx, const char *bank, const char *role,
                                     char product[STORE_PRODUCT_REF_SIZE])
{
    enum { AT_ONCE = 8 };
    struct store_product products[AT_ONCE];
    char after[STORE_SLUG_SIZE] = "";
    size_t count = 0;
    product[0] = '\0';
    do {
        STORE_TRY(store_product_list(tx, bank, after, products, AT_ONCE, &count));
        for (size_t i = 0; i < count && product[0] == '\0'; i++) {
            if (products[i].status == STORE_PRODUCT_PUBLISHED &&
                strcmp(products[i].role, role) == 0)
                snprintf(product, STORE_PRODUCT_REF_SIZE, "%.64s/%.64s", bank, products[i].id);
            memcpy(after, products[i].id, sizeof after);
        }
    } while (count == AT_ONCE && product[0] == '\0');
    return STORE_OK;
}

static enum store_error fill(struct store_tx *tx, const struct policy *policy,
                             const struct store_card *card, const char *role, struct pool *pool)
{
    for (size_t i = 0; i < policy_share_count(policy); i++) {
        struct policy_share_info info = policy_share_info(policy, i);
        struct policy_candidate *candidate = &pool->candidates[pool->count];
        *candidate = (struct policy_candidate){.bank = info.bank, .share = info.share};
        STORE_TRY(find_product(tx, info.bank, role, pool->products[pool->count]));
        STORE_TRY(store_holding_count(tx, card->region, info.bank, &candidate->held));
        pool->count += pool->products[pool->count][0] != '\0';
    }
    return STORE_OK;
}

/* Take the candidate out whose turn it is. */
static void take_next(struct pool *pool, struct assignment *out)
{
    size_t next = policy_assign_next(pool->candidates, pool->count);
    memcpy(out->products[out->count++], pool->products[next], STORE_PRODUCT_REF_SIZE);
    size_t behind = pool->count - next - 1;
    memmove(&pool->candidates[next], &pool->candidates[next + 1],
            behind * sizeof pool->candidates[0]);
    memmove(&pool->products[next], &pool->products[next + 1], behind * sizeof pool->products[0]);
    pool->count--;
}

static enum rebind_refusal list(struct store_tx *tx, const struct policy *policy,
                                const struct store_card *card, const char *role,
                                struct assignment *out)
{
    if (policy_assignment(policy) == POLICY_ASSIGN_NONE)
        return REBIND_REFUSED_NO_ASSIGNMENT;
    if (policy_assignment(policy) == POLICY_ASSIGN_DRAW)
        return REBIND_REFUSED_ASSIGNMENT_BY_DRAW;
    struct pool *pool = calloc(1, sizeof *pool);
    enum store_error error = pool == NULL ? STORE_NO_MEMORY : fill(tx, policy, card, role, pool);
    while (error == STORE_OK && pool->count > 0)
        take_next(pool, out);
    free(pool);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    return out->count > 0 ? REBIND_REFUSED_NONE : REBIND_REFUSED_NO_ASSIGNMENT;
}

enum rebind_refusal assignment_list(const struct rebind_service *service, struct store_tx *tx,
                                    const struct store_card *card, const char *role,
                                    struct assignment *out)
{
    struct store_policy stored;
    struct policy_loan loan;
    out->count = 0;
    enum store_error error = store_policy_active(tx, &stored);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? REBIND_REFUSED_NO_POLICY : rebind_refusal_of_store(error);
    enum rebind_refusal refusal = policy_cache_borrow(service->policies, tx, &stored, &loan);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    refusal = list(tx, loan.policy, card, role, out);
    policy_cache_return(service->policies, &loan);
    return refusal;
}
