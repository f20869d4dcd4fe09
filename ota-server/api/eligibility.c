/* GET /v1/cards/{card}/eligibility: what binding a product would come to, and why. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/principal_kind.h"
#include "ota-server/api/refusal.h"
#include "ota-server/rebind/order.h"

#include <stdlib.h>

static const char *const channels[] = {
    [PLAN_CHANNEL_ISSUER] = "issuer",
    [PLAN_CHANNEL_BANK] = "bank",
    [PLAN_CHANNEL_NEW_KEYS] = "new keys",
    [PLAN_CHANNEL_NONE] = "none",
};

static json_t *render_steps(const struct plan *plan)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_step *step = &plan->steps[i];
        json_array_append_new(steps, json_pack("{s:s, s:s, s:o, s:i, s:i}", "step",
                                               plan_step_name(step->kind), "channel",
                                               channels[step->channel], "aid",
                                               api_hex(scp_aid_bytes(&step->aid)), "wire",
                                               (int)step->wire, "memory", (int)step->memory));
    }
    return steps;
}

static json_t *render_spare(const struct plan *plan)
{
    json_t *spare = json_array();
    for (size_t i = 0; i < plan->spare_count; i++)
        json_array_append_new(
            spare,
            json_pack("{s:o, s:o}", "aid", api_hex(scp_aid_bytes(&plan->spare[i].aid)), "size",
                      plan->spare[i].size == 0 ? json_null() : json_integer(plan->spare[i].size)));
    return spare;
}

static json_t *render_decision(const struct store_decision *decision)
{
    if (decision->effect[0] == '\0')
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:i}", "effect", decision->effect, "rule", decision->rule,
                     "reason", decision->reason, "policy", (int)decision->policy_version);
}

static json_t *render_obstacle(const struct order_prospect *prospect)
{
    const struct rebind_refusal_text *text = rebind_refusal_text(prospect->obstacle);
    if (prospect->obstacle == REBIND_REFUSED_NONE)
        return json_null();
    bool of_plan = prospect->obstacle == REBIND_REFUSED_CANNOT_PLAN;
    return json_pack("{s:s, s:s}", "code", text->code, "detail",
                     of_plan ? plan_error_text(prospect->plan_error) : text->title);
}

static const char *why(const struct order_prospect *prospect)
{
    if (!prospect->is_planned)
        return NULL;
    return prospect->content_known ? prospect->plan.why
                                   : "what is on the card must be read before it can be said";
}

static json_t *render(const struct order_prospect *prospect)
{
    const struct plan *plan = &prospect->plan;
    return json_pack(
        "{s:b, s:o, s:s, s:s, s:o, s:s?, s:s?, s:o, s:i, s:i, s:o, s:b, s:o}", "eligible",
        prospect->obstacle == REBIND_REFUSED_NONE, "obstacle", render_obstacle(prospect), "kind",
        operation_kind_name(prospect->operation.kind), "product", prospect->operation.product,
        "decision", render_decision(&prospect->decision), "way", plan_way_name(plan->way), "why",
        why(prospect), "steps", render_steps(plan), "wire", (int)plan_wire(plan), "memory_needed",
        (int)plan->memory_needed, "free_non_volatile",
        prospect->free_known ? json_integer(prospect->free_non_volatile) : json_null(),
        "content_known", prospect->content_known, "must_go", render_spare(plan));
}

void api_card_eligibility(void *ctx, const struct http_request *request,
                          struct http_response *response)
{
    const struct api *api = ctx;
    const char *product = http_request_query(request, "product");
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    if (product == NULL || !product_ref_split(product, bank, id)) {
        problem_member(response, "product", "must have the form BANK/PRODUCT");
        return;
    }
    if (!api_is_own_bank(request, bank, response))
        return;
    const struct order order = {
        .kind = STORE_OPERATION_BIND,
        .card = http_request_param(request, "card"),
        .product = product,
        .principal = api_actor(request),
        .principal_kind = principal_kind_of(http_request_principal(request)->roles),
        .idempotency_key = "",
    };
    struct order_prospect *prospect = calloc(1, sizeof *prospect);
    enum rebind_refusal refusal =
        prospect == NULL ? REBIND_REFUSED_INTERNAL : order_weigh(api->rebind, &order, prospect);
    if (refusal == REBIND_REFUSED_NONE)
        http_response_json(response, 200, render(prospect));
    else
        answer_refusal(response, refusal, rebind_refusal_text(refusal)->title);
    free(prospect);
}
