#include "ota-server/rebind/operation_life.h"

#include "ota-server/rebind/operation_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void operation_news_add(struct operation_news *news, const char *id)
{
    for (size_t i = 0; i < news->count; i++) {
        if (strcmp(news->ids[i], id) == 0)
            return;
    }
    if (news->count < OPERATION_NEWS_MAX)
        snprintf(news->ids[news->count++], STORE_ID_SIZE, "%s", id);
}

/* ---- what it leaves ----------------------------------------------------------------------- */

json_t *operation_life_view(struct store_tx *tx, const struct store_operation *operation)
{
    struct store_finding findings[STORE_FINDINGS_MAX];
    size_t count = 0;
    if (store_finding_list(tx, operation->id, findings, STORE_FINDINGS_MAX, &count) != STORE_OK)
        return NULL;
    json_t *json = operation_json(operation);
    if (json != NULL)
        json_object_set_new(json, "findings", operation_json_findings(findings, count));
    return json;
}

static char *text_of(struct store_tx *tx, const struct store_operation *operation, size_t flags)
{
    json_t *json = operation_life_view(tx, operation);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | flags);
    json_decref(json);
    return text;
}

enum store_error operation_life_show(struct store_tx *tx, const struct store_operation *operation)
{
    int64_t sequence;
    char *text = text_of(tx, operation, 0);
    enum store_error error =
        text == NULL ? STORE_NO_MEMORY : store_event_append(tx, operation->id, text, &sequence);
    free(text);
    return error;
}

enum store_error operation_life_show_progress(struct store_tx *tx,
                                              const struct store_operation *operation,
                                              const struct store_exchange *exchange)
{
    int64_t sequence;
    char *text = text_of(tx, operation, 0);
    enum store_error error =
        text == NULL ? STORE_NO_MEMORY : store_event_put_progress(tx, exchange, text, &sequence);
    free(text);
    return error;
}

enum store_error operation_life_audit(struct store_tx *tx, const struct store_operation *operation,
                                      const char *actor, const char *action)
{
    char object[STORE_NAME_SIZE];
    char *detail = text_of(tx, operation, JSON_SORT_KEYS);
    const struct store_audit_entry entry = {
        .actor = actor, .action = action, .object = object, .detail = detail};
    snprintf(object, sizeof object, "card/%s", operation->card);
    enum store_error error =
        detail == NULL ? STORE_NO_MEMORY : store_audit_append(tx, &entry, NULL);
    free(detail);
    return error;
}

/* ---- its end ------------------------------------------------------------------------------ */

static enum store_error doubt_content(struct store_tx *tx, const char *id)
{
    struct store_card card;
    STORE_TRY(store_card_get(tx, id, &card));
    const struct store_content_state state = {
        .known = false,
        .free_known = card.free_known,
        .free_non_volatile = card.free_non_volatile,
    };
    return store_content_set_state(tx, id, &state);
}

static enum store_error end(struct store_tx *tx, struct store_operation *operation,
                            enum store_operation_state state, const char *cause)
{
    operation->state = state;
    snprintf(operation->cause, sizeof operation->cause, "%s", cause);
    STORE_TRY(store_operation_update(tx, operation));
    STORE_TRY(store_operation_get(tx, operation->id, operation)); /* may a script still run? */
    if (operation->may_still_run)
        STORE_TRY(doubt_content(tx, operation->card));
    return operation_life_show(tx, operation);
}

enum store_error operation_life_fail(struct store_tx *tx, struct store_operation *operation,
                                     const char *actor, const char *cause)
{
    STORE_TRY(end(tx, operation, STORE_OPERATION_FAILED, cause));
    return operation_life_audit(tx, operation, actor, "operation.failed");
}

enum store_error operation_life_cancel(struct store_tx *tx, struct store_operation *operation,
                                       const char *actor, const char *cause)
{
    STORE_TRY(end(tx, operation, STORE_OPERATION_CANCELLED, cause));
    return operation_life_audit(tx, operation, actor, "operation.cancelled");
}

/* ---- readings of the service's own -------------------------------------------------------- */

enum store_error operation_life_order_reading(struct store_tx *tx, const char *card,
                                              const char *reason, struct store_operation *operation)
{
    *operation = (struct store_operation){.kind = STORE_OPERATION_AUDIT,
                                          .priority = STORE_PRIORITY_USUAL,
                                          .decision = {.effect = "allow"}};
    snprintf(operation->card, sizeof operation->card, "%s", card);
    snprintf(operation->decision.reason, sizeof operation->decision.reason, "%s", reason);
    STORE_TRY(store_operation_add(tx, operation));
    STORE_TRY(operation_life_show(tx, operation));
    return operation_life_audit(tx, operation, "", "card.audit");
}

bool operation_life_is_own_reading(const struct store_operation *operation)
{
    return operation->kind == STORE_OPERATION_AUDIT && operation->principal[0] == '\0';
}

/* ---- deadlines ---------------------------------------------------------------------------- */

bool operation_life_is_overdue(const struct rebind_service *service,
                               const struct store_operation *operation)
{
    return store_operation_is_open(operation->state) && operation->deadline_ms > 0 &&
           operation->deadline_ms <= (int64_t)rebind_now_ms(service->env);
}

/* What it was waiting for last is worth more than the bare fact. */
enum store_error operation_life_expire(struct store_tx *tx, struct store_operation *operation)
{
    char cause[STORE_REASON_SIZE];
    if (operation->cause[0] == '\0')
        snprintf(cause, sizeof cause, "the deadline has passed");
    else
        snprintf(cause, sizeof cause, "the deadline has passed; before: %.200s", operation->cause);
    return operation_life_fail(tx, operation, "", cause);
}

static enum store_error find_overdue(const struct rebind_service *service, size_t *count)
{
    struct store_operation overdue;
    struct store_tx *tx;
    STORE_TRY(store_begin(service->store, STORE_READ, &tx));
    return store_end(tx, store_operation_overdue(tx, &overdue, 1, count));
}

static enum store_error expire_some(struct store_tx *tx, struct operation_news *news, size_t *count)
{
    struct store_operation overdue[OPERATION_NEWS_MAX];
    STORE_TRY(store_operation_overdue(tx, overdue, OPERATION_NEWS_MAX, count));
    for (size_t i = 0; i < *count; i++) {
        STORE_TRY(operation_life_expire(tx, &overdue[i]));
        operation_news_add(news, overdue[i].id);
    }
    return STORE_OK;
}

enum store_error operation_life_expire_all(const struct rebind_service *service,
                                           struct operation_news *news)
{
    size_t count = 0;
    STORE_TRY(find_overdue(service, &count));
    while (count > 0) {
        struct store_tx *tx;
        STORE_TRY(store_begin(service->store, STORE_WRITE, &tx));
        STORE_TRY(store_end(tx, expire_some(tx, news, &count)));
    }
    return STORE_OK;
}
