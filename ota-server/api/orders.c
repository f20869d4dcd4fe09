/* Operations that are asked for: /v1/cards/{card}/binding, /v1/cards/{card}/operations, and
 * /v1/operations/{operation}/cancel. */
#include "ota-server/api/accepted.h"
#include "ota-server/api/api.h"
#include "ota-server/api/given.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/principal_kind.h"
#include "ota-server/api/refusal.h"
#include "ota-server/rebind/operation_life.h"
#include "ota-server/rebind/order.h"

#include <stdio.h>
#include <string.h>

#define ROLE_PAYMENT "payment"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void answer_denied(struct http_response *response, const struct order_result *result)
{
    answer_refusal(response, REBIND_REFUSED_POLICY_DENIED, result->reason);
    http_problem_text(response, "rule", result->decision.rule);
    http_problem_text(response, "reason", result->reason);
    http_problem_number(response, "policy", result->decision.policy_version);
}

/* Who asks, with which key. */
static bool complete(const struct http_request *request, struct http_response *response,
                     struct order *order)
{
    order->card = http_request_param(request, "card");
    order->bank = api_bank_of(request);
    order->principal = api_actor(request);
    order->principal_kind = principal_kind_of(http_request_principal(request)->roles);
    return api_idempotency_key(request, response, &order->idempotency_key);
}

static void make(const struct api *api, const struct http_request *request, struct order *order,
                 struct http_response *response)
{
    struct order_result result;
    if (!complete(request, response, order))
        return;
    enum rebind_refusal refusal = order_make(api->rebind, order, &result);
    if (refusal == REBIND_REFUSED_POLICY_DENIED)
        answer_denied(response, &result);
    else if (refusal == REBIND_REFUSED_KEY_REUSED)
        answer_refusal(response, refusal,
                       "the Idempotency-Key was sent before with another card, kind or product");
    else if (refusal != REBIND_REFUSED_NONE)
        answer_refusal(response, refusal, rebind_refusal_text(refusal)->title);
    else
        answer_accepted(api, &result.operation, response);
}

/* ---- reading orders ----------------------------------------------------------------------- */

/* What a body says of an order; the order borrows from it. */
struct order_text {
    char kind[STORE_WORD_SIZE];
    char form[STORE_WORD_SIZE];
    char role[STORE_WORD_SIZE];
    char product[STORE_PRODUCT_REF_SIZE];
    bool has_form;
    bool has_product;
    int64_t priority;
    int64_t deadline_ms;
    struct given_text given;
    struct decision_given read;
};

/* A product, if there is one, is the asking bank's own. */
static bool check_product(const struct http_request *request, const struct order_text *text,
                          struct http_response *response)
{
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    if (!text->has_product)
        return true;
    if (product_ref_split(text->product, bank, id))
        return api_is_own_bank(request, bank, response);
    problem_member(response, "product", "must have the form BANK/PRODUCT");
    return false;
}

static bool take_text(const struct http_request *request, struct order_text *text,
                      struct order *order, struct http_response *response)
{
    order->given = &text->read;
    order->product = text->has_product ? text->product : NULL;
    order->role = text->role;
    order->priority = (uint32_t)text->priority;
    order->deadline_ms = text->deadline_ms;
    return given_read(&text->given, request, &text->read, response);
}

#define SCHEDULE(text)                                                         \
    {"priority",       BODY_INTEGER,                                           \
     .nullable = true, .number = &(text).priority,                             \
     .minimum = 0,     .maximum = STORE_PRIORITY_MAX},                         \
    {                                                                          \
        "deadline", BODY_TIME, .nullable = true, .number = &(text).deadline_ms \
    }

static bool read_body(const struct http_request *request, struct http_response *response,
                      const struct body_member *members, size_t count)
{
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, count, response);
    body_close(&body);
    return fits;
}

/* Without a product the policy assigns one: for the bureau, where a holder states no choice. */
static bool check_assignment(const struct http_request *request, struct order *order,
                             struct http_response *response)
{
    order->assigns = order->product == NULL;
    if (!order->assigns || api_bank_of(request) == NULL)
        return true;
    problem_member(response, "product", "is missing");
    return false;
}

void api_binding_put(void *ctx, const struct http_request *request, struct http_response *response)
{
    struct order_text text = {.role = ROLE_PAYMENT, .priority = STORE_PRIORITY_USUAL};
    struct order order = {.kind = STORE_OPERATION_BIND};
    const struct body_member members[] = {
        {"product", BODY_TEXT, .nullable = true, .text = text.product, .size = sizeof text.product,
         .present = &text.has_product},
        SCHEDULE(text),
        GIVEN_MEMBERS(text.given),
    };
    if (!read_body(request, response, members, COUNT(members)) ||
        !check_product(request, &text, response) || !take_text(request, &text, &order, response) ||
        !check_assignment(request, &order, response))
        return;
    make(ctx, request, &order, response);
}

void api_binding_delete(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    const struct decision_given given = {.language =
                                             http_request_header(request, "accept-language")};
    struct order order = {.kind = STORE_OPERATION_REVOKE,
                          .role = ROLE_PAYMENT,
                          .priority = STORE_PRIORITY_USUAL,
                          .given = &given};
    make(ctx, request, &order, response);
}

/* ---- operations of any kind --------------------------------------------------------------- */

/* What a bank may ask for. The rest is the bureau's. */
static bool is_for_banks(enum store_operation_kind kind)
{
    return kind == STORE_OPERATION_BIND || kind == STORE_OPERATION_LOAD ||
           kind == STORE_OPERATION_SUSPEND || kind == STORE_OPERATION_RESUME;
}

static bool read_kind(const struct http_request *request, const struct order_text *text,
                      struct order *order, struct http_response *response)
{
    int kind = operation_kind_from_name(text->kind);
    if (kind < 0 || !order_is_kind((enum store_operation_kind)kind)) {
        problem_member(response, "kind",
                       "must be bind, revoke, suspend, resume, load, purge or audit");
        return false;
    }
    order->kind = (enum store_operation_kind)kind;
    if (api_bank_of(request) == NULL || is_for_banks(order->kind))
        return true;
    http_problem(response, 403, "not-for-banks", "The bureau alone may ask for this",
                 "a bank may ask for bind, load, suspend and resume");
    return false;
}

static bool read_form(const struct order_text *text, struct order *order,
                      struct http_response *response)
{
    int form = text->has_form ? operation_form_from_name(text->form) : STORE_FORM_PACKAGE;
    order->form = (enum store_form)form;
    if (form >= 0 && (!text->has_form || order->kind == STORE_OPERATION_LOAD))
        return true;
    problem_member(response, "form",
                   form < 0 ? "must be package or instance" : "belongs to kind load alone");
    return false;
}

static bool read_product(const struct order_text *text, const struct order *order,
                         struct http_response *response)
{
    if (order_needs_product(order->kind) && !text->has_product) {
        problem_member(response, "product", "is missing");
        return false;
    }
    if (!order_takes_product(order->kind) && text->has_product) {
        problem_member(response, "product", "is not a member of this kind");
        return false;
    }
    return true;
}

void api_card_operation_post(void *ctx, const struct http_request *request,
                             struct http_response *response)
{
    struct order_text text = {.role = ROLE_PAYMENT, .priority = STORE_PRIORITY_USUAL};
    struct order order = {.form = STORE_FORM_PACKAGE};
    const struct body_member members[] = {
        {"kind", BODY_TEXT, .required = true, .text = text.kind, .size = sizeof text.kind},
        {"product", BODY_TEXT, .nullable = true, .text = text.product, .size = sizeof text.product,
         .present = &text.has_product},
        {"form", BODY_TEXT, .nullable = true, .text = text.form, .size = sizeof text.form,
         .present = &text.has_form},
        {"role", BODY_TEXT, .nullable = true, .text = text.role, .size = sizeof text.role},
        SCHEDULE(text),
        GIVEN_MEMBERS(text.given),
    };
    if (!read_body(request, response, members, COUNT(members)) ||
        !read_kind(request, &text, &order, response) || !read_form(&text, &order, response) ||
        !read_product(&text, &order, response) || !check_product(request, &text, response) ||
        !take_text(request, &text, &order, response))
        return;
    make(ctx, request, &order, response);
}

/* ---- cancelling --------------------------------------------------------------------------- */

/* A bank may take back what brings a product of its own, and a suspension that it asked for. */
static bool may_cancel(const struct http_request *request, const struct store_operation *operation)
{
    const char *bank = api_bank_of(request);
    return bank == NULL || api_product_is_of(operation->product, bank) ||
           (operation->kind == STORE_OPERATION_SUSPEND &&
            strcmp(operation->principal, api_actor(request)) == 0);
}

void api_operation_cancel(void *ctx, const struct http_request *request,
                          struct http_response *response)
{
    const struct api *api = ctx;
    struct store_operation operation;
    api_expire(api);
    enum store_error error = api_operation_find(api, request, &operation);
    if (error != STORE_OK) {
        problem_store(response, error, "the operation");
        return;
    }
    if (!may_cancel(request, &operation)) {
        http_problem(response, 403, "not-own-operation", "The operation is not the bank's",
                     "it brings no product of the bank");
        return;
    }
    enum rebind_refusal refusal =
        order_cancel(api->rebind, operation.id, api_actor(request), &operation);
    if (refusal != REBIND_REFUSED_NONE) {
        answer_refusal(response, refusal, rebind_refusal_text(refusal)->title);
        return;
    }
    api_notify_operation(api, operation.id);
    http_response_json(response, 200, operation_json(&operation));
}
