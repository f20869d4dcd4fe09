#include "ota-server/rebind/binding.h"

#include "ota-server/rebind/decision.h"
#include "ota-server/rebind/operation_json.h"
#include "ota-server/rebind/product_ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request at work. */
struct making {
    const struct rebind_service *service;
    const struct binding_request *request;
    struct binding_result *result;
    struct store_tx *tx;
    struct store_card card;
    struct store_bank bank;
    struct store_product product;
    struct store_binding current; /* product "" when there is none */
    enum store_operation_kind kind;
};

static enum store_error audit(const struct making *m, const char *action)
{
    char object[STORE_NAME_SIZE];
    json_t *json =
        json_pack("{s:s?, s:s, s:s, s:s, s:i, s:s}", "product", m->request->product, "effect",
                  m->result->decision.effect, "rule", m->result->decision.rule, "reason",
                  m->result->decision.reason, "policy", (int)m->result->decision.policy_version,
                  "operation", m->result->operation.id);
    char *detail = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    struct store_audit_entry entry = {
        .actor = m->request->principal, .action = action, .object = object, .detail = detail};
    snprintf(object, sizeof object, "card/%s", m->card.id);
    enum store_error error =
        detail == NULL ? STORE_NO_MEMORY : store_audit_append(m->tx, &entry, NULL);
    free(detail);
    json_decref(json);
    return error;
}

static enum rebind_refusal load_product(struct making *m)
{
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    if (m->request->product == NULL) {
        snprintf(m->product.role, sizeof m->product.role, "%s", m->request->role);
        return REBIND_REFUSED_NONE;
    }
    if (!product_ref_split(m->request->product, bank, id))
        return REBIND_REFUSED_PRODUCT_UNKNOWN;
    enum store_error error = store_product_get(m->tx, bank, id, STORE_VERSION_LATEST, &m->product);
    if (error == STORE_OK)
        error = store_bank_get(m->tx, bank, &m->bank);
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
    const char *wanted = m->request->product == NULL ? "" : m->request->product;
    STORE_TRY(last_operation(m, &last));
    bool ended_undone =
        last.state == STORE_OPERATION_FAILED || last.state == STORE_OPERATION_CANCELLED;
    if (last.id[0] == '\0' || !ended_undone || strcmp(last.product, wanted) != 0 ||
        strcmp(m->current.product, wanted) != 0)
        return STORE_OK;
    memcpy(m->current.product, last.previous_product, sizeof m->current.product);
    m->current.version = last.previous_version;
    return STORE_OK;
}

static enum rebind_refusal load(struct making *m)
{
    enum store_error error = store_card_get(m->tx, m->request->card, &m->card);
    if (error == STORE_NOT_FOUND)
        return REBIND_REFUSED_CARD_UNKNOWN;
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum rebind_refusal refusal = load_product(m);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
    error = store_binding_get(m->tx, m->card.id, m->product.role, &m->current);
    if (error == STORE_NOT_FOUND) {
        m->current = (struct store_binding){.version = 0};
        error = STORE_OK;
    }
    if (error == STORE_OK)
        error = forget_failed(m);
    return rebind_refusal_of_store(error);
}

/* A later version of the bound product comes beside the one in use. Under the same instance AID it
 * could only replace it, and the card would have no bank in between. */
static enum rebind_refusal refuse_same_instance(struct making *m)
{
    struct store_product in_use;
    enum store_error error =
        store_product_get(m->tx, m->product.bank, m->product.id, m->current.version, &in_use);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    return strcmp(in_use.instance, m->product.instance) == 0 ? REBIND_REFUSED_SAME_INSTANCE
                                                             : REBIND_REFUSED_NONE;
}

/* What kind of operation it is; ALREADY_BOUND and NOTHING_BOUND when there is nothing to do. */
static enum rebind_refusal classify(struct making *m)
{
    bool bound = m->current.product[0] != '\0';
    if (m->request->product == NULL) {
        m->kind = STORE_OPERATION_REVOKE;
        return bound ? REBIND_REFUSED_NONE : REBIND_REFUSED_NOTHING_BOUND;
    }
    m->kind = bound ? STORE_OPERATION_SWITCH : STORE_OPERATION_BIND;
    if (!bound || strcmp(m->current.product, m->request->product) != 0)
        return REBIND_REFUSED_NONE;
    return m->current.version == m->product.version ? REBIND_REFUSED_ALREADY_BOUND
                                                    : refuse_same_instance(m);
}

static enum rebind_refusal decide(struct making *m)
{
    const struct decision_request request = {
        .card = &m->card,
        .bank = m->request->product == NULL ? NULL : &m->bank,
        .role = m->product.role,
        .action = operation_kind_name(m->kind),
        .actor_kind = m->request->principal_kind,
    };
    enum rebind_refusal refusal = decision_make(m->service, m->tx, &request, &m->result->decision,
                                                &m->result->operation.obligations);
    if (refusal != REBIND_REFUSED_NONE)
        return refusal;
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
    enum store_error error =
        m->request->product == NULL ? STORE_OK : is_personalised(m, &personalised);
    if (error != STORE_OK || !personalised)
        return rebind_refusal_of_store(error);
    error = store_personalisation_newest(m->tx, m->request->product, m->card.id, &record, NULL);
    return error == STORE_NOT_FOUND ? REBIND_REFUSED_PERSONALISATION_MISSING
                                    : rebind_refusal_of_store(error);
}

static void describe(struct making *m)
{
    struct store_operation *operation = &m->result->operation;
    snprintf(operation->card, sizeof operation->card, "%s", m->card.id);
    snprintf(operation->role, sizeof operation->role, "%s", m->product.role);
    snprintf(operation->product, sizeof operation->product, "%s",
             m->request->product == NULL ? "" : m->request->product);
    snprintf(operation->previous_product, sizeof operation->previous_product, "%s",
             m->current.product);
    snprintf(operation->principal, sizeof operation->principal, "%s", m->request->principal);
    snprintf(operation->idempotency_key, sizeof operation->idempotency_key, "%s",
             m->request->idempotency_key);
    operation->kind = m->kind;
    operation->product_version = m->product.version;
    operation->previous_version = m->current.version;
    operation->state = STORE_OPERATION_PENDING;
    operation->decision = m->result->decision;
}

static enum store_error append_event(struct making *m)
{
    int64_t sequence;
    json_t *json = operation_json(&m->result->operation);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    enum store_error error =
        text == NULL ? STORE_NO_MEMORY
                     : store_event_append(m->tx, m->result->operation.id, text, &sequence);
    free(text);
    json_decref(json);
    return error;
}

static enum rebind_refusal accept(struct making *m)
{
    struct store_binding binding = {.version = m->product.version};
    describe(m);
    enum store_error error = store_operation_add(m->tx, &m->result->operation);
    if (error == STORE_CONFLICT)
        return REBIND_REFUSED_OPERATION_OPEN;
    snprintf(binding.card, sizeof binding.card, "%s", m->card.id);
    snprintf(binding.role, sizeof binding.role, "%s", m->product.role);
    snprintf(binding.product, sizeof binding.product, "%s", m->result->operation.product);
    if (error == STORE_OK)
        error = store_binding_put(m->tx, &binding);
    if (error == STORE_OK)
        error = append_event(m);
    if (error == STORE_OK)
        error = audit(m, m->kind == STORE_OPERATION_REVOKE ? "binding.revoke" : "binding.put");
    return rebind_refusal_of_store(error);
}

/* The operation that already does what is asked for. */
static bool under_way(struct making *m)
{
    struct store_operation open;
    if (store_operation_open(m->tx, m->request->card, &open) != STORE_OK)
        return false;
    bool same = m->request->product == NULL ? open.kind == STORE_OPERATION_REVOKE &&
                                                  strcmp(open.role, m->request->role) == 0
                                            : strcmp(open.product, m->request->product) == 0;
    if (same)
        m->result->operation = open;
    return same;
}

static bool repeated_key(struct making *m)
{
    return m->request->idempotency_key[0] != '\0' &&
           store_operation_by_key(m->tx, m->request->principal, m->request->idempotency_key,
                                  &m->result->operation) == STORE_OK;
}

static enum rebind_refusal make(struct making *m)
{
    enum rebind_refusal refusal;
    if (repeated_key(m) || under_way(m))
        return REBIND_REFUSED_NONE;
    refusal = load(m);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = classify(m);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = decide(m);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = require_personalisation(m);
    return refusal == REBIND_REFUSED_NONE ? accept(m) : refusal;
}

enum rebind_refusal binding_make(const struct rebind_service *service,
                                 const struct binding_request *request,
                                 struct binding_result *result)
{
    struct making m = {.service = service, .request = request, .result = result};
    *result = (struct binding_result){.operation = {.attempts = 0}};
    enum store_error error = store_begin(service->store, STORE_WRITE, &m.tx);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum rebind_refusal refusal = make(&m);
    /* A denial changes nothing on the card but is itself recorded. */
    bool keep = refusal == REBIND_REFUSED_NONE || refusal == REBIND_REFUSED_POLICY_DENIED;
    error = refusal == REBIND_REFUSED_POLICY_DENIED ? audit(&m, "binding.denied") : STORE_OK;
    error = store_end(m.tx, keep ? error : STORE_INVALID);
    return keep && error != STORE_OK ? rebind_refusal_of_store(error) : refusal;
}
