/* /v1/cards/{card}/binding: which bank. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/principal_kind.h"
#include "ota-server/api/refusal.h"
#include "ota-server/rebind/binding.h"

#include <stdio.h>
#include <string.h>

#define ROLE_PAYMENT "payment"

static const char *kind_of(const struct http_request *request)
{
    const struct http_principal *principal = http_request_principal(request);
    for (int kind = STORE_PRINCIPAL_BANK; kind <= STORE_PRINCIPAL_AUDITOR; kind++) {
        if ((principal->roles & 1u << kind) != 0)
            return principal_kind_name((enum store_principal_kind)kind);
    }
    return "";
}

static void answer_denied(struct http_response *response, const struct store_decision *decision)
{
    answer_refusal(response, REBIND_REFUSED_POLICY_DENIED, decision->reason);
    http_problem_text(response, "rule", decision->rule);
    http_problem_text(response, "reason", decision->reason);
    http_problem_number(response, "policy", decision->policy_version);
}

static bool read_key(const struct http_request *request, struct http_response *response,
                     const char **key)
{
    const char *text = http_request_header(request, "idempotency-key");
    *key = text == NULL ? "" : text;
    if (strlen(*key) < STORE_IDEMPOTENCY_KEY_SIZE)
        return true;
    problem_member(response, "Idempotency-Key", "must have at most 128 characters");
    return false;
}

/* Whether an operation does what was asked for: a key that was used before gives the operation of
 * then. */
static bool does(const struct store_operation *operation, const struct binding_request *wanted)
{
    bool same_product = wanted->product == NULL ? operation->kind == STORE_OPERATION_REVOKE
                                                : strcmp(operation->product, wanted->product) == 0;
    return same_product && strcmp(operation->card, wanted->card) == 0;
}

static void answer_accepted(const struct api *api, const struct store_operation *operation,
                            struct http_response *response)
{
    char location[64];
    http_server_notify(api->server, TOPIC_WORK);
    http_server_notify(api->server, TOPIC_OPERATIONS);
    http_server_notify(api->server, operation->id);
    snprintf(location, sizeof location, "/v1/operations/%s", operation->id);
    http_response_header(response, "location", location);
    http_response_json(response, 202, operation_json(operation));
}

static void make(const struct api *api, const struct http_request *request, const char *product,
                 struct http_response *response)
{
    const char *key;
    if (!read_key(request, response, &key))
        return;
    const struct binding_request wanted = {
        .card = http_request_param(request, "card"),
        .product = product,
        .role = ROLE_PAYMENT,
        .principal = api_actor(request),
        .principal_kind = kind_of(request),
        .idempotency_key = key,
    };
    struct binding_result result;
    enum rebind_refusal refusal = binding_make(api->rebind, &wanted, &result);
    if (refusal == REBIND_REFUSED_POLICY_DENIED)
        answer_denied(response, &result.decision);
    else if (refusal != REBIND_REFUSED_NONE)
        answer_refusal(response, refusal, rebind_refusal_text(refusal)->title);
    else if (!does(&result.operation, &wanted))
        http_problem(response, 422, "idempotency-key-reused", "The key belongs to another request",
                     "the Idempotency-Key was sent before with another card or product");
    else
        answer_accepted(api, &result.operation, response);
}

void api_binding_put(void *ctx, const struct http_request *request, struct http_response *response)
{
    char product[STORE_PRODUCT_REF_SIZE];
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    const struct body_member members[] = {
        {"product", BODY_TEXT, .required = true, .text = product, .size = sizeof product},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return;
    bool fits = body_read(&body, members, 1, response);
    body_close(&body);
    if (!fits)
        return;
    if (!product_ref_split(product, bank, id))
        problem_member(response, "product", "must have the form BANK/PRODUCT");
    else if (api_is_own_bank(request, bank, response))
        make(ctx, request, product, response);
}

void api_binding_delete(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    make(ctx, request, NULL, response);
}
