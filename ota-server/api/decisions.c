/* /v1/decisions, and the decision that an operation rests on: why, from what, and whether the same
 * policy still says the same of it. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/refusal.h"
#include "ota-server/rebind/decision.h"

#include <stdlib.h>
#include <string.h>

/* What was counted of other banks, and who else agreed, is not for a bank. */
static json_t *render_for(const struct http_request *request,
                          const struct store_decision_record *record)
{
    static const char *const hidden[] = {"facts", "counts", "second_person"};
    json_t *json = decision_json(record);
    for (size_t i = 0; api_bank_of(request) != NULL && i < sizeof hidden / sizeof hidden[0]; i++)
        (void)json_object_del(json, hidden[i]);
    return json;
}

static bool may_see(const struct http_request *request, const struct store_decision_record *record)
{
    const char *bank = api_bank_of(request);
    return bank == NULL || strcmp(bank, record->bank) == 0 ||
           strcmp(bank, record->previous_bank) == 0;
}

static json_t *render_again(const struct decision_replay *replay)
{
    return json_pack("{s:b, s:s, s:s, s:s}", "same", replay->same, "effect", replay->again.effect,
                     "rule", replay->again.rule, "reason", replay->again.reason);
}

typedef enum store_error get_fn(struct store_tx *tx, const char *id,
                                struct store_decision_record *out);

static void answer(const struct api *api, const struct http_request *request, struct store_tx *tx,
                   const struct store_decision_record *record, struct http_response *response)
{
    struct decision_replay replay;
    enum rebind_refusal refusal = decision_make_again(api->rebind, tx, record, &replay);
    if (refusal != REBIND_REFUSED_NONE) {
        answer_refusal(response, refusal, "the decision cannot be made again");
        return;
    }
    json_t *json = render_for(request, record);
    (void)json_object_set_new(json, "again", render_again(&replay));
    http_response_json(response, 200, json);
}

static void get(const struct api *api, const struct http_request *request, const char *param,
                get_fn *find, struct http_response *response)
{
    struct store_decision_record record = {.sequence = 0};
    struct store_tx *tx;
    enum store_error error = store_begin(api->store, STORE_READ, &tx);
    if (error == STORE_OK) {
        error = find(tx, http_request_param(request, param), &record);
        if (error == STORE_OK && !may_see(request, &record))
            error = STORE_NOT_FOUND;
        if (error == STORE_OK)
            answer(api, request, tx, &record, response);
        store_rollback(tx);
    }
    if (error != STORE_OK)
        problem_store(response, error, "the decision");
    store_decision_fini(&record);
}

void api_decision_get(void *ctx, const struct http_request *request, struct http_response *response)
{
    get(ctx, request, "decision", store_decision_get, response);
}

void api_operation_decision(void *ctx, const struct http_request *request,
                            struct http_response *response)
{
    get(ctx, request, "operation", store_decision_of_operation, response);
}

/* ---- lists: without facts, which a single one shows ---------------------------------------- */

static json_t *render(const void *element)
{
    static const char *const shown[] = {"id",     "time",   "card",      "operation",
                                        "bank",   "effect", "rule",      "reason",
                                        "policy", "digest", "principal", "previous_bank"};
    json_t *whole = decision_json(element);
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        (void)json_object_set(json, shown[i], json_object_get(whole, shown[i]));
    json_decref(whole);
    return json;
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    return store_decision_list(tx, filter, strtoll(after, NULL, 10), out, cap, count);
}

static int64_t number(const void *element)
{
    const struct store_decision_record *record = element;
    return record->sequence;
}

static void fini(void *element)
{
    store_decision_fini(element);
}

void api_decision_list(void *ctx, const struct http_request *request,
                       struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the decisions",
        .element_size = sizeof(struct store_decision_record),
        .fetch = fetch,
        .render = render,
        .number = number,
        .fini = fini,
    };
    const struct store_decision_filter filter = {
        .card = http_request_query(request, "card"),
        .bank = api_bank_of(request),
    };
    api_answer_list(ctx, request, response, &listing, &filter);
}
