/* /v1/operations and the event streams. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/rebind/operation_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_A_PULL = 32 };

/* A bank sees the operations that bring or retire a product of its own. */
static bool may_see(const struct http_request *request, const struct store_operation *operation)
{
    const char *bank = api_bank_of(request);
    return bank == NULL || api_product_is_of(operation->product, bank) ||
           api_product_is_of(operation->previous_product, bank);
}

static enum store_error find(struct store_tx *tx, const struct http_request *request,
                             struct store_operation *operation)
{
    STORE_TRY(store_operation_get(tx, http_request_param(request, "operation"), operation));
    return may_see(request, operation) ? STORE_OK : STORE_NOT_FOUND;
}

enum store_error api_operation_find(const struct api *api, const struct http_request *request,
                                    struct store_operation *operation)
{
    struct store_tx *tx;
    STORE_TRY(store_begin(api->store, STORE_READ, &tx));
    return store_end(tx, find(tx, request, operation));
}

static enum store_error view(const struct api *api, const struct http_request *request,
                             json_t **json)
{
    struct store_operation operation;
    struct store_tx *tx;
    *json = NULL;
    STORE_TRY(store_begin(api->store, STORE_READ, &tx));
    enum store_error error = find(tx, request, &operation);
    if (error == STORE_OK)
        *json = operation_life_view(tx, &operation);
    store_rollback(tx);
    return error == STORE_OK && *json == NULL ? STORE_NO_MEMORY : error;
}

void api_operation_get(void *ctx, const struct http_request *request,
                       struct http_response *response)
{
    json_t *json;
    api_expire(ctx);
    enum store_error error = view(ctx, request, &json);
    if (error != STORE_OK)
        problem_store(response, error, "the operation");
    else
        http_response_json(response, 200, json);
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    return store_operation_list(tx, filter, after, out, cap, count);
}

static json_t *render(const void *element)
{
    return operation_json(element);
}

void api_operation_list(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the operations",
        .element_size = sizeof(struct store_operation),
        .fetch = fetch,
        .render = render,
        .id_offset = offsetof(struct store_operation, id),
    };
    const char *state = http_request_query(request, "state");
    struct store_operation_filter filter = {
        .card = http_request_query(request, "card"),
        .bank = api_bank_of(request),
        .state = state == NULL ? -1 : operation_state_from_name(state),
    };
    api_expire(ctx);
    if (state != NULL && filter.state < 0)
        problem_member(response, "state", "must be pending, running, done, failed or cancelled");
    else
        api_answer_list(ctx, request, response, &listing, &filter);
}

/* ---- events ------------------------------------------------------------------------------- */

/* One stream: of an operation until it ends, or of all for ever. */
struct events {
    const struct api *api;
    char operation[STORE_ID_SIZE]; /* "" for all */
};

static bool ended(const struct events *events)
{
    struct store_operation operation;
    struct store_tx *tx;
    if (events->operation[0] == '\0' ||
        store_begin(events->api->store, STORE_READ, &tx) != STORE_OK)
        return false;
    enum store_error error = store_operation_get(tx, events->operation, &operation);
    store_rollback(tx);
    return error == STORE_OK && !store_operation_is_open(operation.state);
}

/* Append what came after `after`; the number appended, or EVENTS_A_PULL when there is more. */
static size_t append(const struct events *events, int64_t after, struct http_events *to)
{
    struct store_event found[EVENTS_A_PULL];
    const char *only = events->operation[0] == '\0' ? NULL : events->operation;
    struct store_tx *tx;
    size_t count = 0;
    size_t appended = 0;
    if (store_begin(events->api->store, STORE_READ, &tx) != STORE_OK)
        return 0;
    if (store_event_list(tx, only, after, found, EVENTS_A_PULL, &count) != STORE_OK)
        count = 0;
    store_rollback(tx);
    for (size_t i = 0; i < count; i++) {
        char id[24];
        snprintf(id, sizeof id, "%lld", (long long)found[i].sequence);
        const struct http_event event = {.id = id,
                                         .name = found[i].operation[0] == '\0' ? "sighting"
                                                                               : "operation",
                                         .data = (const char *)found[i].json.ptr};
        if (appended == i && http_events_put(to, &event))
            appended++;
        store_event_fini(&found[i]);
    }
    return appended == count ? count : EVENTS_A_PULL;
}

/* Whether the operation has ended is asked before its events are read, so that none of them is
 * lost. */
static enum http_pull pull(void *ctx, const char *last_id, struct http_events *to)
{
    const struct events *events = ctx;
    bool is_over = ended(events);
    if (append(events, strtoll(last_id, NULL, 10), to) == EVENTS_A_PULL)
        return HTTP_PULL_MORE;
    return is_over ? HTTP_PULL_END : HTTP_PULL_WAIT;
}

static void answer_stream(const struct api *api, const char *operation, const char *topic,
                          struct http_response *response)
{
    struct events *events = calloc(1, sizeof *events);
    struct http_stream stream = {.pull = pull, .release = free, .ctx = events};
    if (events == NULL) {
        problem_store(response, STORE_NO_MEMORY, "the event stream");
        return;
    }
    events->api = api;
    snprintf(events->operation, sizeof events->operation, "%s", operation);
    snprintf(stream.topic, sizeof stream.topic, "%s", topic);
    http_response_stream(response, &stream);
}

void api_operation_events(void *ctx, const struct http_request *request,
                          struct http_response *response)
{
    struct store_operation operation;
    api_expire(ctx);
    enum store_error error = api_operation_find(ctx, request, &operation);
    if (error != STORE_OK)
        problem_store(response, error, "the operation");
    else
        answer_stream(ctx, operation.id, operation.id, response);
}

void api_events(void *ctx, const struct http_request *request, struct http_response *response)
{
    (void)request;
    answer_stream(ctx, "", TOPIC_OPERATIONS, response);
}
