/* A change of keys: add the new key set, open a channel under it, which proves it, and delete the
 * old ones from there. */
#include "ota-server/rebind/plan_cost.h"

static void add(const struct plan_request *request, struct plan *plan, enum plan_step_kind kind,
                uint8_t kvn)
{
    const struct plan_rekey *rekey = request->rekey;
    struct plan_step *step = &plan->steps[plan->count++];
    *step = (struct plan_step){
        .kind = kind,
        .channel = kind == PLAN_STEP_PUT_KEYS ? rekey->domain : PLAN_CHANNEL_NEW_KEYS,
        .aid = rekey->aid,
        .kvn = kvn,
    };
    plan_cost_step(request, step);
}

enum plan_error plan_keys(const struct plan_request *request, struct plan *out)
{
    const struct plan_rekey *rekey = request->rekey;
    if (!rekey->on_card && !rekey->has_channel)
        return PLAN_NO_KEYS;
    if (!rekey->on_card)
        add(request, out, PLAN_STEP_PUT_KEYS, rekey->kvn);
    for (size_t i = 0; i < rekey->old_count; i++)
        add(request, out, PLAN_STEP_DELETE_KEYS, rekey->old_kvns[i]);
    add(request, out, PLAN_STEP_CONFIRM_KEYS, rekey->kvn);
    return PLAN_OK;
}
