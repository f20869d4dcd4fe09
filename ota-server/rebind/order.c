#include "ota-server/rebind/order.h"

#include "ota-server/rebind/assignment.h"
#include "ota-server/rebind/decision.h"
#include "ota-server/rebind/job.h"
#include "ota-server/rebind/operation_json.h"
#include "ota-server/rebind/order_kinds.h"
#include "ota-server/rebind/product_ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool order_is_kind(enum store_operation_kind kind)
{
    return order_kinds[kind].is_ordered;
}

bool order_needs_product(enum store_operation_kind kind)
{
    return order_kinds[kind].needs_product;
}

bool order_takes_product(enum store_operation_kind kind)
{
    return order_kinds[kind].takes_product;
}

static enum store_error audit(const struct making *m, const char *action)
{
    char object[STORE_NAME_SIZE];
    json_t *json =
        json_pack("{s:s?, s:s, s:s, s:s, s:i, s:s, s:s}", "product", m->order->product, "effect",
                  m->result->decision.effect, "rule", m->result->decision.rule, "reason",
                  m->result->decision.reason, "policy", (int)m->result->decision.policy_version,
                  "decision", m->made.record.id, "operation", m->result->operation.id);
    char *detail = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    struct store_audit_entry entry = {
        .actor = m->order->principal, .action = action, .object = object, .detail = detail};
    snprintf(object, sizeof object, "card/%s", m->card.id);
    enum store_error error =
        detail == NULL ? STORE_NO_MEMORY : store_audit_append(m->tx, &entry, NULL);
    free(detail);
    json_decref(json);
    return error;
}

/* ---- what it is about --------------------------------------------------------------------- */

static bool is_of(const char *product, const char *bank)
{
    size_t len = strlen(bank);
    return strncmp(product, bank, len) == 0 && product[len] == '/';
}

static enum rebind_refusal load_product(struct making *m)
{
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    if (m->order->product == NULL || !order_kinds[m->kind].needs_product) {
        snprintf(m->product.role, sizeof m->product.role, "%s",
                 m->order->role == NULL ? "" : m->order->role);
        return REBIND_REFUSED_NONE;
    }
    if (!product_ref_split(m->order->product, bank, id))
        return REBIND_REFUSED_PRODUCT_UNKNOWN;
    enum store_error error = store_product_get(m->tx, bank, id, STORE_VERSION_LATEST, &m->product);
    if (error == STORE_OK)
        error = store_bank_get(m->tx, bank, &m->bank);
    m->has_product = error == STORE_OK;
    snprintf(m->ref, sizeof m->ref, "%s", m->order->product);
    return error == STORE_NOT_FOUND ? REBIND_REFUSED_PRODUCT_UNKNOWN
                                    : rebind_refusal_of_store(error);
}

/* The newest operation of the role on this card; none among the last ones: id "". */
static enum store_error last_operation(struct making *m, struct store_operation *out)
{
    enum { LOOKED_AT = 16 };
    const struct store_operation_filter filter = {.card = m->card.id, .state = -1};
    struct store_operation operations[LOOKED_AT];
    size_t count = 0;
    size_t i = 0;
    *out = (struct store_operation){.attempts = 0};
    STORE_TRY(store_operation_list(m->tx, &filter, NULL, operations, LOOKED_AT, &count));
    while (i < count && strcmp(operations[i].role, m->product.role) != 0)
        i++;
    if (i < count)
        *out = operations[i];
    return STORE_OK;
}

/* What ended without being done can be asked for again, from where it began: the binding says what
 * is desired, not what the card got. */
static enum store_error forget_failed(struct making *m)
{
    struct store_operation last;
    STORE_TRY(last_operation(m, &last));
    bool ended_undone =
        last.state == STORE_OPERATION_FAILED || last.state == STORE_OPERATION_CANCELLED;
    bool of_binding = last.kind == STORE_OPERATION_BIND || last.kind == STORE_OPERATION_SWITCH ||
                      last.kind == STORE_OPERATION_REVOKE;
    if (last.id[0] == '\0' || !ended_undone || !of_binding || strcmp(last.product, m->ref) != 0 ||
        strcmp(m->current.product, m->ref) != 0)
        return STORE_OK;
    memcpy(m->current.product, last.previous_product, sizeof m->current.product);
    m->current.version = last.previous_version;
    m->current.suspended = last.previous_suspended;
    return STORE_OK;
}

static enum store_error load_desired(struct making *m)
{
    enum store_error error = store_binding_get(m->tx, m->card.id, m->product.role, &m->current);
    if (error == STORE_NOT_FOUND)
        m->current = (struct store_binding){.version = 0};
    else
        STORE_TRY(error);
    if (m->kind == STORE_OPERATION_BIND || m->kind == STORE_OPERATION_REVOKE)
        STORE_TRY(forget_failed(m));
    if (m->order->product == NULL)
        return STORE_OK;
    error = store_resident_get(m->tx, m->card.id, m->order->product, &m->resident);
    if (error == STORE_NOT_FOUND)
        m->resident = (struct store_resident){.version = 0};
    return error == STORE_NOT_FOUND ? STORE_OK : error;
}

static enum rebind_refusal load(struct making *m)
{
    enum store_error error = store_card_get(m->tx, m->order->card, &m->card);
    if (error == STORE_NOT_FOUND)
        return REBIND_REFUSED_CARD_UNKNOWN;
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum rebind_refusal refusal = load_product(m);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = rebind_refusal_of_store(load_desired(m));
    bool is_foreign =
        m->order->bank != NULL && m->ref[0] == '\0' && !is_of(m->current.product, m->order->bank);
    return refusal == REBIND_REFUSED_NONE && is_foreign ? REBIND_REFUSED_CARD_UNKNOWN : refusal;
}

/* ---- may it be ---------------------------------------------------------------------------- */

static enum rebind_refusal decide(struct making *m)
{
    const struct decision_request request = {
        .card = &m->card,
        .bank = m->has_product ? &m->bank : NULL,
        .product = m->has_product ? m->ref : NULL,
        .old_product = m->current.product,
        .role = m->product.role,
        .action = operation_kind_name(m->kind),
        .actor_kind = m->order->principal_kind,
        .actor = m->order->principal,
        .given = m->order->given,
    };
    if (!order_kinds[m->kind].asks_policy) {
        snprintf(m->result->decision.effect, sizeof m->result->decision.effect, "allow");
        snprintf(m->result->decision.reason, sizeof m->result->decision.reason,
                 "It changes nothing on the card.");
        return REBIND_REFUSED_NONE;
    }
    decision_fini(&m->made);
    enum rebind_refusal refusal = decision_make(m->service, m->tx, &request, &m->made);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    m->result->decision = m->made.stored;
    m->result->operation.obligations = m->made.obligations;
    memcpy(m->result->reason, m->made.reason, sizeof m->result->reason);
    return decision_allows(&m->result->decision) ? REBIND_REFUSED_NONE
                                                 : REBIND_REFUSED_POLICY_DENIED;
}

/* Whether the product stores anything of its own on a card: its personalisation is no empty array.
 */
static enum store_error is_personalised(struct making *m, bool *personalised)
{
    struct store_blob text = {.len = 0};
    STORE_TRY(store_product_personalisation(m->tx, m->product.bank, m->product.id,
                                            m->product.version, &text));
    json_t *dgis = json_loadb((const char *)text.ptr, text.len, 0, NULL);
    *personalised = json_array_size(dgis) > 0;
    json_decref(dgis);
    store_blob_fini(&text);
    return STORE_OK;
}

static enum rebind_refusal require_personalisation(struct making *m)
{
    struct store_personalisation record;
    bool personalised = false;
    bool package_only = m->kind == STORE_OPERATION_LOAD && m->order->form == STORE_FORM_PACKAGE;
    if (!order_kinds[m->kind].personalises || package_only)
        return REBIND_REFUSED_NONE;
    enum store_error error = is_personalised(m, &personalised);
    if (error != STORE_OK || !personalised)
        return rebind_refusal_of_store(error);
    error = store_personalisation_newest(m->tx, m->ref, m->card.id, &record, NULL);
    return error == STORE_NOT_FOUND ? REBIND_REFUSED_PERSONALISATION_MISSING
                                    : rebind_refusal_of_store(error);
}

/* ---- accepting it ------------------------------------------------------------------------- */

/* What cancelling it has to know. */
static void describe_previous(struct making *m)
{
    struct store_operation *operation = &m->result->operation;
    if (m->kind == STORE_OPERATION_LOAD) {
        operation->previous_version = m->resident.version;
    } else if (m->kind == STORE_OPERATION_PURGE) {
        memcpy(operation->previous_product, m->resident.product,
               sizeof operation->previous_product);
        operation->previous_version = m->resident.version;
        operation->form = m->resident.form;
    } else {
        memcpy(operation->previous_product, m->current.product, sizeof operation->previous_product);
        operation->previous_version = m->current.version;
        operation->previous_suspended = m->current.suspended;
    }
}

static void describe(struct making *m)
{
    struct store_operation *operation = &m->result->operation;
    const struct order *order = m->order;
    snprintf(operation->card, sizeof operation->card, "%s", m->card.id);
    snprintf(operation->role, sizeof operation->role, "%s", m->product.role);
    snprintf(operation->product, sizeof operation->product, "%s", m->ref);
    snprintf(operation->principal, sizeof operation->principal, "%s", order->principal);
    snprintf(operation->idempotency_key, sizeof operation->idempotency_key, "%s",
             order->idempotency_key);
    snprintf(operation->cause, sizeof operation->cause,
             "the card has not been in reach of an agent since");
    operation->kind = m->kind;
    operation->product_version = m->product.version;
    operation->form = order->form;
    operation->priority = order->priority;
    operation->deadline_ms = order->deadline_ms;
    operation->state = STORE_OPERATION_PENDING;
    operation->decision = m->result->decision;
    describe_previous(m);
}

/* What the policy was asked and said; kinds that it is not asked about have no decision. */
static enum store_error keep_decision(struct making *m)
{
    return order_kinds[m->kind].asks_policy
               ? decision_keep(m->tx, &m->made, m->result->operation.id)
               : STORE_OK;
}

static enum rebind_refusal accept(struct making *m)
{
    describe(m);
    enum store_error error = store_operation_add(m->tx, &m->result->operation);
    if (error == STORE_CONFLICT)
        return REBIND_REFUSED_OPERATION_OPEN;
    if (error == STORE_OK)
        error = keep_decision(m);
    if (error == STORE_OK)
        error = order_kinds[m->kind].desire(m);
    if (error == STORE_OK)
        error = operation_life_show(m->tx, &m->result->operation);
    if (error == STORE_OK)
        error = audit(m, order_kinds[m->kind].audited);
    return rebind_refusal_of_store(error);
}

/* ---- asked before ------------------------------------------------------------------------- */

static bool is_binding(enum store_operation_kind kind)
{
    return kind == STORE_OPERATION_BIND || kind == STORE_OPERATION_SWITCH;
}

/* Whether the operation does what is ordered. */
static bool does(const struct store_operation *operation, const struct order *order)
{
    bool same_kind =
        is_binding(order->kind) ? is_binding(operation->kind) : operation->kind == order->kind;
    const char *product =
        operation->kind == STORE_OPERATION_PURGE ? operation->previous_product : operation->product;
    bool same_product = order->assigns || !order_kinds[order->kind].takes_product ||
                        strcmp(product, order->product == NULL ? "" : order->product) == 0;
    bool same_role = order_kinds[order->kind].takes_product || order->role == NULL ||
                     strcmp(operation->role, order->role) == 0;
    bool same_form = order->kind != STORE_OPERATION_LOAD || operation->form == order->form;
    return same_kind && same_product && same_role && same_form &&
           strcmp(operation->card, order->card) == 0;
}

/* Whether the order may know of it. */
static bool may_know(const struct order *order, const struct store_operation *operation)
{
    return order->bank == NULL || is_of(operation->product, order->bank) ||
           is_of(operation->previous_product, order->bank);
}

/* An operation past its deadline is in nobody's way, nor is a reading of the service's own: what is
 * ordered reads the card too. */
static enum store_error find_open(struct making *m, bool *found)
{
    struct store_operation open;
    enum store_error error = store_operation_open(m->tx, m->order->card, &open);
    *found = false;
    if (error == STORE_NOT_FOUND)
        return STORE_OK;
    STORE_TRY(error);
    if (operation_life_is_overdue(m->service, &open))
        return operation_life_expire(m->tx, &open);
    if (operation_life_is_own_reading(&open))
        return operation_life_cancel(m->tx, &open, "", "it gave way to an order");
    *found = does(&open, m->order) && may_know(m->order, &open);
    if (*found)
        m->result->operation = open;
    return STORE_OK;
}

static enum store_error find_by_key(struct making *m, bool *found)
{
    *found = false;
    if (m->order->idempotency_key[0] == '\0')
        return STORE_OK;
    enum store_error error = store_operation_by_key(
        m->tx, m->order->principal, m->order->idempotency_key, &m->result->operation);
    *found = error == STORE_OK;
    return error == STORE_NOT_FOUND ? STORE_OK : error;
}

static enum rebind_refusal find_asked_before(struct making *m, bool *found)
{
    enum store_error error = find_by_key(m, found);
    if (error == STORE_OK && *found)
        return does(&m->result->operation, m->order) ? REBIND_REFUSED_NONE
                                                     : REBIND_REFUSED_KEY_REUSED;
    if (error == STORE_OK)
        error = find_open(m, found);
    return rebind_refusal_of_store(error);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum rebind_refusal weigh(struct making *m)
{
    enum rebind_refusal refusal = order_kinds[m->kind].judge(m);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = decide(m);
    return refusal == REBIND_REFUSED_NONE ? require_personalisation(m) : refusal;
}

static enum rebind_refusal load_and_weigh(struct making *m)
{
    enum rebind_refusal refusal = load(m);
    return refusal == REBIND_REFUSED_NONE ? weigh(m) : refusal;
}

/* ---- assignment --------------------------------------------------------------------------- */

static enum rebind_refusal list_candidates(struct making *m, struct assignment *candidates)
{
    enum store_error error = store_card_get(m->tx, m->order->card, &m->card);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? REBIND_REFUSED_CARD_UNKNOWN
                                        : rebind_refusal_of_store(error);
    return assignment_list(m->service, m->tx, &m->card, m->order->role, candidates);
}

/* Whose turn it is gets the card, unless the policy denies that; then the next. Each denial is on
 * record, the last one is the answer. */
static enum rebind_refusal try_candidates(struct making *m, const struct assignment *candidates)
{
    enum rebind_refusal refusal = REBIND_REFUSED_NO_ASSIGNMENT;
    for (size_t i = 0; i < candidates->count; i++) {
        enum store_error error =
            refusal == REBIND_REFUSED_POLICY_DENIED ? decision_keep(m->tx, &m->made, "") : STORE_OK;
        if (error != STORE_OK)
            return rebind_refusal_of_store(error);
        m->assigned.product = candidates->products[i];
        m->kind = m->order->kind;
        refusal = load_and_weigh(m);
        if (refusal != REBIND_REFUSED_POLICY_DENIED)
            break;
    }
    return refusal;
}

static enum rebind_refusal assign(struct making *m)
{
    struct assignment *candidates = calloc(1, sizeof *candidates);
    if (candidates == NULL)
        return REBIND_REFUSED_INTERNAL;
    enum rebind_refusal refusal = list_candidates(m, candidates);
    m->assigned = *m->order;
    if (m->order->given != NULL)
        m->given = *m->order->given;
    m->given.reason = "assignment";
    m->assigned.given = &m->given;
    m->order = &m->assigned;
    if (refusal == REBIND_REFUSED_NONE)
        refusal = try_candidates(m, candidates);
    m->assigned.product = m->ref[0] == '\0' ? NULL : m->ref;
    free(candidates);
    return refusal;
}

/* ---- making ------------------------------------------------------------------------------- */

static enum rebind_refusal make(struct making *m)
{
    bool found = false;
    enum rebind_refusal refusal = find_asked_before(m, &found);
    if (refusal != REBIND_REFUSED_NONE || found)
        return refusal;
    if (m->order->deadline_ms != 0 &&
        m->order->deadline_ms <= (int64_t)rebind_now_ms(m->service->env))
        return REBIND_REFUSED_DEADLINE_PASSED;
    refusal = m->order->assigns ? assign(m) : load_and_weigh(m);
    return refusal == REBIND_REFUSED_NONE ? accept(m) : refusal;
}

/* A denial changes nothing on the card but is itself recorded. */
static enum store_error record_denial(struct making *m)
{
    STORE_TRY(decision_keep(m->tx, &m->made, ""));
    return audit(m, order_kinds[m->kind].denied);
}

enum rebind_refusal order_make(const struct rebind_service *service, const struct order *order,
                               struct order_result *result)
{
    struct making m = {.service = service, .order = order, .result = result, .kind = order->kind};
    *result = (struct order_result){.operation = {.attempts = 0}};
    enum store_error error = store_begin(service->store, STORE_WRITE, &m.tx);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum rebind_refusal refusal = make(&m);
    bool keep = refusal == REBIND_REFUSED_NONE || refusal == REBIND_REFUSED_POLICY_DENIED;
    error = refusal == REBIND_REFUSED_POLICY_DENIED ? record_denial(&m) : STORE_OK;
    error = store_end(m.tx, keep ? error : STORE_INVALID);
    decision_fini(&m.made);
    return keep && error != STORE_OK ? rebind_refusal_of_store(error) : refusal;
}

/* ---- cancelling --------------------------------------------------------------------------- */

enum rebind_refusal order_cancel_in(const struct rebind_service *service, struct store_tx *tx,
                                    const char *principal, struct store_operation *operation)
{
    if (operation->state == STORE_OPERATION_CANCELLED)
        return REBIND_REFUSED_NONE;
    if (!store_operation_is_open(operation->state) || operation_life_is_overdue(service, operation))
        return REBIND_REFUSED_OPERATION_ENDED;
    enum store_error error = order_kinds[operation->kind].undo(tx, operation);
    if (error == STORE_OK)
        error = operation_life_cancel(tx, operation, principal, "it was cancelled on request");
    return rebind_refusal_of_store(error);
}

enum rebind_refusal order_cancel(const struct rebind_service *service, const char *operation,
                                 const char *principal, struct store_operation *out)
{
    struct store_tx *tx;
    enum store_error error = store_begin(service->store, STORE_WRITE, &tx);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    error = store_operation_get(tx, operation, out);
    enum rebind_refusal refusal = error == STORE_OK ? order_cancel_in(service, tx, principal, out)
                                  : error == STORE_NOT_FOUND ? REBIND_REFUSED_OPERATION_UNKNOWN
                                                             : rebind_refusal_of_store(error);
    error = store_end(tx, refusal == REBIND_REFUSED_NONE ? STORE_OK : STORE_INVALID);
    return refusal == REBIND_REFUSED_NONE ? rebind_refusal_of_store(error) : refusal;
}

/* ---- weighing ----------------------------------------------------------------------------- */

/* The first obstacle is the one that is told. */
static void meet(struct order_prospect *out, enum rebind_refusal obstacle)
{
    if (out->obstacle == REBIND_REFUSED_NONE)
        out->obstacle = obstacle;
}

/* How it would be done, from what is known of the card. */
static void plan(struct making *m, struct order_prospect *out)
{
    struct job job;
    enum rebind_refusal refusal = job_load(&job, m->service, m->tx, &out->operation, "");
    out->is_planned = refusal == REBIND_REFUSED_NONE;
    if (out->is_planned)
        out->plan_error = job_plan(&job, true, &out->plan);
    meet(out, refusal);
    meet(out, out->plan_error == PLAN_OK ? REBIND_REFUSED_NONE : REBIND_REFUSED_CANNOT_PLAN);
    job_fini(&job);
}

static enum rebind_refusal look_ahead(struct making *m, struct order_prospect *out)
{
    struct store_operation open;
    enum rebind_refusal refusal = load(m);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    bool is_open = store_operation_open(m->tx, m->card.id, &open) == STORE_OK &&
                   !operation_life_is_own_reading(&open) &&
                   !operation_life_is_overdue(m->service, &open);
    meet(out,
         m->card.status == STORE_CARD_ACTIVE ? REBIND_REFUSED_NONE : REBIND_REFUSED_CARD_INACTIVE);
    meet(out, order_kinds[m->kind].judge(m));
    meet(out, decide(m));
    meet(out, require_personalisation(m));
    meet(out, is_open ? REBIND_REFUSED_OPERATION_OPEN : REBIND_REFUSED_NONE);
    describe(m);
    out->operation = m->result->operation;
    out->decision = m->result->decision;
    out->content_known = m->card.content_known;
    out->free_known = m->card.free_known;
    out->free_non_volatile = m->card.free_non_volatile;
    plan(m, out);
    return REBIND_REFUSED_NONE;
}

enum rebind_refusal order_weigh(const struct rebind_service *service, const struct order *order,
                                struct order_prospect *out)
{
    struct order_result result = {.operation = {.attempts = 0}};
    struct making m = {.service = service, .order = order, .result = &result, .kind = order->kind};
    *out = (struct order_prospect){.obstacle = REBIND_REFUSED_NONE};
    enum store_error error = store_begin(service->store, STORE_READ, &m.tx);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum rebind_refusal refusal = look_ahead(&m, out);
    store_rollback(m.tx);
    decision_fini(&m.made);
    return refusal;
}
