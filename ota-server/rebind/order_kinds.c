#include "ota-server/rebind/order_kinds.h"

#include "ota-server/rebind/product_ref.h"
#include "scp/gp/lifecycle.h"

#include <stdio.h>
#include <string.h>

/* ---- what the card is known to carry ------------------------------------------------------ */

enum presence { PRESENCE_UNKNOWN, PRESENCE_ABSENT, PRESENCE_LOCKED, PRESENCE_SELECTABLE };

static enum store_error look_for(const struct making *m, const char *aid, enum presence *out)
{
    struct store_content contents[STORE_CONTENTS_MAX];
    size_t count = 0;
    *out = PRESENCE_UNKNOWN;
    if (!m->card.content_known)
        return STORE_OK;
    STORE_TRY(store_content_list(m->tx, m->card.id, contents, STORE_CONTENTS_MAX, &count));
    *out = PRESENCE_ABSENT;
    for (size_t i = 0; i < count; i++) {
        bool locked = (contents[i].life_cycle & SCP_LIFE_CYCLE_LOCKED) != 0;
        if (strcmp(contents[i].aid, aid) == 0)
            *out = locked ? PRESENCE_LOCKED : PRESENCE_SELECTABLE;
    }
    return STORE_OK;
}

/* The version of a product that a binding names. */
static enum store_error get_bound(const struct making *m, struct store_product *out)
{
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    if (!product_ref_split(m->current.product, bank, id))
        return STORE_CORRUPT;
    return store_product_get(m->tx, bank, id, m->current.version, out);
}

/* Whether the card is known to carry the bound product otherwise than it should: then asking for it
 * again is no idle question. */
static enum store_error is_astray(const struct making *m, enum presence desired, bool *astray)
{
    struct store_product bound;
    enum presence found = PRESENCE_UNKNOWN;
    STORE_TRY(get_bound(m, &bound));
    STORE_TRY(look_for(m, bound.instance, &found));
    *astray = found != PRESENCE_UNKNOWN && found != desired;
    return STORE_OK;
}

static enum rebind_refusal refuse_unless_astray(const struct making *m, enum presence desired,
                                                enum rebind_refusal refusal)
{
    bool astray = false;
    enum store_error error = is_astray(m, desired, &astray);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    return astray ? REBIND_REFUSED_NONE : refusal;
}

/* ---- bindings ----------------------------------------------------------------------------- */

/* A later version of the bound product comes beside the one in use. Under the same instance AID it
 * could only replace it, and the card would have no bank in between. */
static enum rebind_refusal refuse_same_instance(const struct making *m)
{
    struct store_product in_use;
    enum store_error error = get_bound(m, &in_use);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    return strcmp(in_use.instance, m->product.instance) == 0 ? REBIND_REFUSED_SAME_INSTANCE
                                                             : REBIND_REFUSED_NONE;
}

static enum rebind_refusal judge_bind(struct making *m)
{
    bool bound = m->current.product[0] != '\0';
    m->kind = bound ? STORE_OPERATION_SWITCH : STORE_OPERATION_BIND;
    if (!bound || strcmp(m->current.product, m->ref) != 0)
        return REBIND_REFUSED_NONE;
    if (m->current.suspended)
        return REBIND_REFUSED_SUSPENDED;
    if (m->current.version != m->product.version)
        return refuse_same_instance(m);
    return refuse_unless_astray(m, PRESENCE_SELECTABLE, REBIND_REFUSED_ALREADY_BOUND);
}

static enum rebind_refusal judge_revoke(struct making *m)
{
    return m->current.product[0] == '\0' ? REBIND_REFUSED_NOTHING_BOUND : REBIND_REFUSED_NONE;
}

static enum rebind_refusal judge_suspend(struct making *m)
{
    if (m->current.product[0] == '\0')
        return REBIND_REFUSED_NOTHING_BOUND;
    return m->current.suspended
               ? refuse_unless_astray(m, PRESENCE_LOCKED, REBIND_REFUSED_ALREADY_SUSPENDED)
               : REBIND_REFUSED_NONE;
}

/* The suspended product comes again. */
static enum rebind_refusal judge_resume(struct making *m)
{
    if (m->current.product[0] == '\0')
        return REBIND_REFUSED_NOTHING_BOUND;
    enum store_error error = get_bound(m, &m->product);
    if (error == STORE_OK)
        error = store_bank_get(m->tx, m->product.bank, &m->bank);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    m->has_product = true;
    snprintf(m->ref, sizeof m->ref, "%s", m->current.product);
    return m->current.suspended
               ? REBIND_REFUSED_NONE
               : refuse_unless_astray(m, PRESENCE_SELECTABLE, REBIND_REFUSED_NOT_SUSPENDED);
}

/* What a policy obliges to delete is not held ready any longer. */
static enum store_error desire_product(struct making *m)
{
    struct store_binding binding = {.version = m->product.version,
                                    .suspended = m->kind == STORE_OPERATION_SUSPEND};
    const struct store_operation *operation = &m->result->operation;
    snprintf(binding.card, sizeof binding.card, "%s", m->card.id);
    snprintf(binding.role, sizeof binding.role, "%s", m->product.role);
    snprintf(binding.product, sizeof binding.product, "%s", m->ref);
    if (m->kind == STORE_OPERATION_SUSPEND) {
        binding.version = m->current.version;
        memcpy(binding.product, m->current.product, sizeof binding.product);
    } else if (operation->obligations.retire == STORE_RETIRE_DELETE &&
               strcmp(m->current.product, m->ref) != 0) {
        STORE_TRY(store_resident_delete(m->tx, m->card.id, m->current.product));
    }
    return store_binding_put(m->tx, &binding);
}

static enum store_error undo_product(struct store_tx *tx, const struct store_operation *operation)
{
    struct store_binding previous = {.version = operation->previous_version,
                                     .suspended = operation->previous_suspended};
    memcpy(previous.card, operation->card, sizeof previous.card);
    memcpy(previous.role, operation->role, sizeof previous.role);
    memcpy(previous.product, operation->previous_product, sizeof previous.product);
    return store_binding_revert(tx, &previous);
}

/* ---- what is held ready ------------------------------------------------------------------- */

static enum rebind_refusal judge_load(struct making *m)
{
    enum presence found = PRESENCE_UNKNOWN;
    const char *aid =
        m->order->form == STORE_FORM_PACKAGE ? m->product.package : m->product.instance;
    if (strcmp(m->current.product, m->ref) == 0)
        return REBIND_REFUSED_ALREADY_BOUND;
    bool is_held = m->resident.product[0] != '\0' && m->resident.form >= m->order->form &&
                   m->resident.version == m->product.version;
    enum store_error error = look_for(m, aid, &found);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    return is_held && found != PRESENCE_ABSENT ? REBIND_REFUSED_ALREADY_RESIDENT
                                               : REBIND_REFUSED_NONE;
}

static enum store_error put_resident(struct store_tx *tx, const struct store_operation *operation,
                                     const char *product, int32_t version, enum store_form form)
{
    struct store_resident resident = {.version = version, .form = form};
    memcpy(resident.card, operation->card, sizeof resident.card);
    snprintf(resident.product, sizeof resident.product, "%s", product);
    return store_resident_put(tx, &resident);
}

/* What was held is remembered in previous_version (0: nothing); its form was the lesser one. */
static enum store_error desire_resident(struct making *m)
{
    enum store_form form = m->order->form;
    if (m->resident.product[0] != '\0' && m->resident.form > form)
        form = m->resident.form;
    return put_resident(m->tx, &m->result->operation, m->ref, m->product.version, form);
}

static enum store_error undo_load(struct store_tx *tx, const struct store_operation *operation)
{
    return operation->previous_version == 0
               ? store_resident_delete(tx, operation->card, operation->product)
               : put_resident(tx, operation, operation->product, operation->previous_version,
                              STORE_FORM_PACKAGE);
}

static enum rebind_refusal judge_purge(struct making *m)
{
    return m->order->product != NULL && m->resident.product[0] == '\0' ? REBIND_REFUSED_NOT_RESIDENT
                                                                       : REBIND_REFUSED_NONE;
}

static enum store_error desire_no_resident(struct making *m)
{
    return m->order->product == NULL ? STORE_OK
                                     : store_resident_delete(m->tx, m->card.id, m->order->product);
}

static enum store_error undo_purge(struct store_tx *tx, const struct store_operation *operation)
{
    return operation->previous_product[0] == '\0'
               ? STORE_OK
               : put_resident(tx, operation, operation->previous_product,
                              operation->previous_version, operation->form);
}

/* ---- reading ------------------------------------------------------------------------------ */

static enum rebind_refusal judge_nothing(struct making *m)
{
    (void)m;
    return REBIND_REFUSED_NONE;
}

static enum store_error desire_nothing(struct making *m)
{
    (void)m;
    return STORE_OK;
}

static enum store_error undo_nothing(struct store_tx *tx, const struct store_operation *operation)
{
    (void)tx;
    (void)operation;
    return STORE_OK;
}

#define BINDING \
    .asks_policy = true, .denied = "binding.denied", .desire = desire_product, .undo = undo_product

const struct order_kind order_kinds[STORE_OPERATION_KINDS] = {
    [STORE_OPERATION_BIND] = {.is_ordered = true,
                              .needs_product = true,
                              .takes_product = true,
                              .personalises = true,
                              .audited = "binding.put",
                              .judge = judge_bind,
                              BINDING},
    [STORE_OPERATION_SWITCH] = {.personalises = true,
                                .audited = "binding.put",
                                .judge = judge_bind,
                                BINDING},
    [STORE_OPERATION_REVOKE] = {.is_ordered = true,
                                .audited = "binding.revoke",
                                .judge = judge_revoke,
                                BINDING},
    [STORE_OPERATION_SUSPEND] = {.is_ordered = true,
                                 .audited = "binding.suspend",
                                 .judge = judge_suspend,
                                 BINDING},
    [STORE_OPERATION_RESUME] = {.is_ordered = true,
                                .audited = "binding.resume",
                                .judge = judge_resume,
                                BINDING},
    [STORE_OPERATION_LOAD] = {.is_ordered = true,
                              .needs_product = true,
                              .takes_product = true,
                              .asks_policy = true,
                              .personalises = true,
                              .audited = "resident.put",
                              .denied = "resident.denied",
                              .judge = judge_load,
                              .desire = desire_resident,
                              .undo = undo_load},
    [STORE_OPERATION_PURGE] = {.is_ordered = true,
                               .takes_product = true,
                               .asks_policy = true,
                               .audited = "card.purge",
                               .denied = "card.purge.denied",
                               .judge = judge_purge,
                               .desire = desire_no_resident,
                               .undo = undo_purge},
    [STORE_OPERATION_AUDIT] = {.is_ordered = true,
                               .audited = "card.audit",
                               .denied = "card.audit.denied",
                               .judge = judge_nothing,
                               .desire = desire_nothing,
                               .undo = undo_nothing},
    [STORE_OPERATION_REKEY] = {.undo = undo_nothing},
};
