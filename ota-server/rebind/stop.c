#include "ota-server/rebind/stop.h"

#include "ota-server/rebind/policy_cache.h"
#include "ota-server/rebind/product_ref.h"

#include <string.h>

static bool is_named(const char *named, const char *actual)
{
    return named == NULL || strcmp(named, actual) == 0;
}

static bool policy_stops(const struct policy *policy, const char *bank, const char *region,
                         int64_t now_ms)
{
    for (size_t i = 0; i < policy_stop_count(policy); i++) {
        const struct policy_stop_info stop = policy_stop_info(policy, i);
        if (stop.cancel_outstanding && now_ms >= stop.from_ms && now_ms < stop.before_ms &&
            is_named(stop.bank, bank) && is_named(stop.region, region))
            return true;
    }
    return false;
}

static enum store_error ask_policy(const struct rebind_service *service, struct store_tx *tx,
                                   const char *bank, const char *region, bool *stopped)
{
    struct store_policy stored;
    struct policy_loan loan;
    enum store_error error = store_policy_active(tx, &stored);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? STORE_OK : error;
    if (policy_cache_borrow(service->policies, tx, &stored, &loan) != REBIND_REFUSED_NONE)
        return STORE_IO;
    *stopped = policy_stops(loan.policy, bank, region, (int64_t)rebind_now_ms(service->env));
    policy_cache_return(service->policies, &loan);
    return STORE_OK;
}

enum store_error stop_means(const struct rebind_service *service, struct store_tx *tx,
                            const struct store_operation *operation, bool *stopped)
{
    char bank[STORE_SLUG_SIZE];
    char product[STORE_SLUG_SIZE];
    struct store_card card;
    struct store_stop stop;
    *stopped = false;
    bool is_change =
        operation->kind == STORE_OPERATION_BIND || operation->kind == STORE_OPERATION_SWITCH;
    if (!is_change || !product_ref_split(operation->product, bank, product))
        return STORE_OK;
    STORE_TRY(store_card_get(tx, operation->card, &card));
    enum store_error error = store_stop_standing(tx, bank, card.region, &stop);
    *stopped = error == STORE_OK;
    if (error != STORE_NOT_FOUND)
        return error;
    return ask_policy(service, tx, bank, card.region, stopped);
}
