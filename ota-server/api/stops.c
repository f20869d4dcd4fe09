/* /v1/policies/stops: nothing more comes from a bank, or in a region, and what is on its way is
 * cancelled. One person stops; to go on takes another. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/stopped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static const char *time_or_null(char to[OPERATION_TIME_SIZE], int64_t time_ms)
{
    return time_ms == 0 ? NULL : operation_time(to, time_ms);
}

static json_t *render(const void *element)
{
    const struct store_stop *stop = element;
    char made[OPERATION_TIME_SIZE], until[OPERATION_TIME_SIZE], lifted[OPERATION_TIME_SIZE];
    return json_pack("{s:s, s:s?, s:s?, s:s, s:s, s:s, s:s?, s:s?, s:s?}", "id", stop->id, "bank",
                     or_null(stop->bank), "region", or_null(stop->region), "reason", stop->reason,
                     "by", stop->person, "from", operation_time(made, stop->made_ms), "until",
                     time_or_null(until, stop->until_ms), "lifted",
                     time_or_null(lifted, stop->lifted_ms), "lifted_by",
                     or_null(stop->lifter_person));
}

static enum store_error audit(struct store_tx *tx, const struct http_request *request,
                              const char *action, const struct store_stop *stop)
{
    char object[STORE_NAME_SIZE];
    snprintf(object, sizeof object, "stop/%s", stop->id);
    return api_audit(tx, request, action, object, render(stop));
}

/* ---- stopping ----------------------------------------------------------------------------- */

static bool read_stop(const struct api *api, const struct http_request *request,
                      struct http_response *response, struct store_stop *stop)
{
    const struct body_member members[] = {
        {"bank", BODY_SLUG, .nullable = true, .text = stop->bank, .size = sizeof stop->bank},
        {"region", BODY_REGION, .nullable = true, .text = stop->region,
         .size = sizeof stop->region},
        {"reason", BODY_TEXT, .required = true, .text = stop->reason, .size = sizeof stop->reason},
        {"until", BODY_TIME, .nullable = true, .number = &stop->until_ms},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, sizeof members / sizeof members[0], response);
    body_close(&body);
    if (!fits)
        return false;
    if (stop->bank[0] == '\0' && stop->region[0] == '\0') {
        problem_member(response, "bank", "must be given, or region, or both");
        return false;
    }
    if (stop->until_ms == 0 || stop->until_ms > (int64_t)rebind_now_ms(api->env))
        return true;
    problem_member(response, "until", "is not in the future");
    return false;
}

static enum store_error add(const struct api *api, const struct http_request *request,
                            struct store_stop *stop)
{
    struct store_bank bank;
    struct store_tx *tx;
    STORE_TRY(store_begin(api->store, STORE_WRITE, &tx));
    enum store_error error =
        stop->bank[0] == '\0' ? STORE_OK : store_bank_get(tx, stop->bank, &bank);
    if (error == STORE_OK)
        error = store_stop_add(tx, stop);
    if (error == STORE_OK)
        error = audit(tx, request, "policy.stop", stop);
    return store_end(tx, error);
}

void api_stop_post(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    const struct http_principal *principal = http_request_principal(request);
    struct store_stop stop = {.sequence = 0};
    size_t cancelled = 0;
    if (!read_stop(api, request, response, &stop))
        return;
    snprintf(stop.principal, sizeof stop.principal, "%.32s", principal->id);
    snprintf(stop.person, sizeof stop.person, "%s", principal->person);
    enum store_error error = add(api, request, &stop);
    if (error == STORE_OK)
        error = stopped_cancel(api, request, &stop, &cancelled);
    if (error != STORE_OK) {
        problem_store(response, error, "the bank");
        return;
    }
    json_t *json = render(&stop);
    (void)json_object_set_new(json, "cancelled", json_integer((json_int_t)cancelled));
    http_response_json(response, 201, json);
}

/* ---- lifting ------------------------------------------------------------------------------ */

static enum store_error lift(struct store_tx *tx, const struct http_request *request,
                             struct store_stop *stop)
{
    const struct http_principal *principal = http_request_principal(request);
    const struct store_person person = {principal->id, principal->person};
    const char *id = http_request_param(request, "stop");
    STORE_TRY(store_stop_lift(tx, id, &person));
    STORE_TRY(store_stop_get(tx, id, stop));
    return audit(tx, request, "policy.stop.lift", stop);
}

void api_stop_delete(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct store_stop stop = {.sequence = 0};
    struct store_tx *tx;
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_end(tx, lift(tx, request, &stop));
    if (error == STORE_CONFLICT)
        http_problem(response, 409, "same-person", "A second person must lift the stop",
                     "who made a stop cannot lift it, under any certificate");
    else if (error == STORE_INVALID)
        http_problem(response, 409, "stop-lifted", "The stop was lifted before",
                     "it is in force no more");
    else if (error != STORE_OK)
        problem_store(response, error, "the stop");
    else
        http_response_json(response, 200, render(&stop));
}

/* ---- reading ------------------------------------------------------------------------------ */

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    (void)filter;
    return store_stop_list(tx, strtoll(after, NULL, 10), out, cap, count);
}

static int64_t number(const void *element)
{
    const struct store_stop *stop = element;
    return stop->sequence;
}

void api_stop_list(void *ctx, const struct http_request *request, struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the stops",
        .element_size = sizeof(struct store_stop),
        .fetch = fetch,
        .render = render,
        .number = number,
    };
    api_answer_list(ctx, request, response, &listing, NULL);
}
