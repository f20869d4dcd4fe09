#include "ota-server/api/stopped.h"

#include "ota-server/rebind/order.h"
#include "ota-server/rebind/policy_cache.h"

#include <stdio.h>
#include <stdlib.h>

enum { CANCELLED_AT_ONCE = 64 };

static enum store_error outstanding(const struct api *api, const struct store_stop *stop,
                                    char (*operations)[STORE_ID_SIZE], size_t *count)
{
    struct store_tx *tx;
    STORE_TRY(store_begin(api->store, STORE_READ, &tx));
    return store_end(tx, store_stop_outstanding(tx, stop, operations, CANCELLED_AT_ONCE, count));
}

/* Each in a transaction of its own, like a cancellation by hand. Nothing new comes meanwhile: the
 * stop stands already. */
enum store_error stopped_cancel(const struct api *api, const struct http_request *request,
                                const struct store_stop *stop, size_t *cancelled)
{
    char operations[CANCELLED_AT_ONCE][STORE_ID_SIZE];
    struct store_operation operation;
    size_t count = 0;
    size_t before;
    do {
        before = *cancelled;
        STORE_TRY(outstanding(api, stop, operations, &count));
        for (size_t i = 0; i < count; i++) {
            if (order_cancel(api->rebind, operations[i], api_actor(request), &operation) !=
                REBIND_REFUSED_NONE)
                continue;
            http_server_notify(api->server, operation.id);
            (*cancelled)++;
        }
    } while (*cancelled > before);
    http_server_notify(api->server, TOPIC_OPERATIONS);
    return STORE_OK;
}

/* ---- stops of the policy ------------------------------------------------------------------- */

/* The stops of one policy that cancel now. */
struct standing {
    struct store_stop stops[POLICY_STOPS_MAX];
    size_t count;
};

static void take_standing(const struct policy *policy, int64_t now_ms, struct standing *out)
{
    for (size_t i = 0; i < policy_stop_count(policy); i++) {
        const struct policy_stop_info info = policy_stop_info(policy, i);
        struct store_stop *stop = &out->stops[out->count];
        if (!info.cancel_outstanding || now_ms < info.from_ms || now_ms >= info.before_ms)
            continue;
        snprintf(stop->bank, sizeof stop->bank, "%s", info.bank == NULL ? "" : info.bank);
        snprintf(stop->region, sizeof stop->region, "%.32s",
                 info.region == NULL ? "" : info.region);
        out->count++;
    }
}

static enum store_error load_standing(const struct api *api, struct standing *out)
{
    struct store_policy stored;
    struct policy_loan loan;
    struct store_tx *tx;
    STORE_TRY(store_begin(api->store, STORE_READ, &tx));
    enum store_error error = store_policy_active(tx, &stored);
    if (error == STORE_OK &&
        policy_cache_borrow(api->rebind->policies, tx, &stored, &loan) != REBIND_REFUSED_NONE)
        error = STORE_IO;
    if (error == STORE_OK) {
        take_standing(loan.policy, (int64_t)rebind_now_ms(api->env), out);
        policy_cache_return(api->rebind->policies, &loan);
    }
    return store_end(tx, error);
}

enum store_error stopped_cancel_by_policy(const struct api *api, const struct http_request *request,
                                          size_t *cancelled)
{
    struct standing *standing = calloc(1, sizeof *standing);
    enum store_error error = standing == NULL ? STORE_NO_MEMORY : load_standing(api, standing);
    for (size_t i = 0; error == STORE_OK && i < standing->count; i++)
        error = stopped_cancel(api, request, &standing->stops[i], cancelled);
    free(standing);
    return error;
}
