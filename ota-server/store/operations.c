#include "ota-server/store/sql.h"

#include <string.h>

/* What is set once and what store_operation_update changes, in the order of the functions below. */
#define FIXED_COLUMNS                                                                             \
    "id, card, kind, role, product, product_version, previous_product, previous_version,"         \
    " effect, rule, reason, policy_version, policy_digest, retire, break_before_make, principal," \
    " idempotency_key, priority, form, previous_suspended, created_ms"
#define CHANGING_COLUMNS                                                                        \
    "state, cause, why, steps_done, steps_total, bytes_done, bytes_total, exchanges, evidence," \
    " evidence_by, attempts, not_before_ms, deadline_ms, updated_ms"
/* A script of an operation that has ended: outstanding (0), or given up and not burned (3). */
#define MAY_STILL_RUN                                                                      \
    "state > 1 AND EXISTS (SELECT 1 FROM exchange WHERE exchange.operation = operation.id" \
    " AND exchange.state IN (0, 3))"
#define SELECT "SELECT " FIXED_COLUMNS ", " CHANGING_COLUMNS ", " MAY_STILL_RUN " FROM operation"

bool store_operation_is_open(enum store_operation_state state)
{
    return state == STORE_OPERATION_PENDING || state == STORE_OPERATION_RUNNING;
}

static void put_decision(struct sql *q, const struct store_decision *decision)
{
    sql_put_text(q, decision->effect);
    sql_put_text(q, decision->rule);
    sql_put_text(q, decision->reason);
    sql_put_int(q, decision->policy_version);
    sql_put_bytes(q, SCP_BYTES(decision->policy_digest));
}

static void put_fixed(struct sql *q, const struct store_operation *o)
{
    sql_put_text(q, o->id);
    sql_put_text(q, o->card);
    sql_put_int(q, o->kind);
    sql_put_text(q, o->role);
    sql_put_text(q, o->product);
    sql_put_int(q, o->product_version);
    sql_put_text(q, o->previous_product);
    sql_put_int(q, o->previous_version);
    put_decision(q, &o->decision);
    sql_put_int(q, o->obligations.retire);
    sql_put_int(q, o->obligations.break_before_make);
    sql_put_text(q, o->principal);
    sql_put_text_or_null(q, o->idempotency_key);
    sql_put_int(q, o->priority);
    sql_put_int(q, o->form);
    sql_put_int(q, o->previous_suspended);
    sql_put_int(q, o->created_ms);
}

static void put_changing(struct sql *q, const struct store_operation *o)
{
    sql_put_int(q, o->state);
    sql_put_text(q, o->cause);
    sql_put_text(q, o->why);
    sql_put_int(q, o->progress.steps_done);
    sql_put_int(q, o->progress.steps_total);
    sql_put_int(q, (int64_t)o->progress.bytes_done);
    sql_put_int(q, (int64_t)o->progress.bytes_total);
    sql_put_int(q, o->progress.exchanges);
    sql_put_int(q, o->evidence);
    sql_put_text(q, o->evidence_by);
    sql_put_int(q, o->attempts);
    sql_put_int(q, o->not_before_ms);
    sql_put_int(q, o->deadline_ms);
    sql_put_int(q, o->updated_ms);
}

static void read_decision(struct sql *q, struct store_decision *out)
{
    sql_get_text(q, out->effect, sizeof out->effect);
    sql_get_text(q, out->rule, sizeof out->rule);
    sql_get_text(q, out->reason, sizeof out->reason);
    out->policy_version = (int32_t)sql_get_int(q);
    sql_get_fixed(q, out->policy_digest, sizeof out->policy_digest);
}

static void read_fixed(struct sql *q, struct store_operation *o)
{
    sql_get_text(q, o->id, sizeof o->id);
    sql_get_text(q, o->card, sizeof o->card);
    o->kind = sql_get_enum(q, STORE_OPERATION_KINDS);
    sql_get_text(q, o->role, sizeof o->role);
    sql_get_text(q, o->product, sizeof o->product);
    o->product_version = (int32_t)sql_get_int(q);
    sql_get_text(q, o->previous_product, sizeof o->previous_product);
    o->previous_version = (int32_t)sql_get_int(q);
    read_decision(q, &o->decision);
    o->obligations.retire = sql_get_enum(q, STORE_RETIRE_DELETE + 1);
    o->obligations.break_before_make = sql_get_int(q) != 0;
    sql_get_text(q, o->principal, sizeof o->principal);
    sql_get_text(q, o->idempotency_key, sizeof o->idempotency_key);
    o->priority = (uint32_t)sql_get_int(q);
    o->form = sql_get_enum(q, STORE_FORMS);
    o->previous_suspended = sql_get_int(q) != 0;
    o->created_ms = sql_get_int(q);
}

static void read_changing(struct sql *q, struct store_operation *o)
{
    o->state = sql_get_enum(q, STORE_OPERATION_CANCELLED + 1);
    sql_get_text(q, o->cause, sizeof o->cause);
    sql_get_text(q, o->why, sizeof o->why);
    o->progress.steps_done = (uint32_t)sql_get_int(q);
    o->progress.steps_total = (uint32_t)sql_get_int(q);
    o->progress.bytes_done = (uint64_t)sql_get_int(q);
    o->progress.bytes_total = (uint64_t)sql_get_int(q);
    o->progress.exchanges = (uint32_t)sql_get_int(q);
    o->evidence = sql_get_enum(q, STORE_EVIDENCE_PROVEN + 1);
    sql_get_text(q, o->evidence_by, sizeof o->evidence_by);
    o->attempts = (uint32_t)sql_get_int(q);
    o->not_before_ms = sql_get_int(q);
    o->deadline_ms = sql_get_int(q);
    o->updated_ms = sql_get_int(q);
    o->may_still_run = sql_get_int(q) != 0;
}

static void read_operation(struct sql *q, struct store_operation *out)
{
    memset(out, 0, sizeof *out);
    read_fixed(q, out);
    read_changing(q, out);
}

static enum store_error get_one(struct sql *q, struct store_operation *out)
{
    if (sql_row(q))
        read_operation(q, out);
    return sql_end_found(q);
}

enum store_error store_operation_add(struct store_tx *tx, struct store_operation *operation)
{
    char bank[STORE_SLUG_SIZE], previous_bank[STORE_SLUG_SIZE];
    STORE_TRY(store_bank_of(tx, operation->product, bank));
    STORE_TRY(store_bank_of(tx, operation->previous_product, previous_bank));
    store_new_id(tx, operation->id);
    operation->created_ms = store_now_ms(tx);
    operation->updated_ms = operation->created_ms;
    struct sql q = sql_on(tx, "INSERT INTO operation (bank, previous_bank, " FIXED_COLUMNS
                              ", " CHANGING_COLUMNS ") VALUES (?, ?,"
                              " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                              " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text_or_null(&q, bank);
    sql_put_text_or_null(&q, previous_bank);
    put_fixed(&q, operation);
    put_changing(&q, operation);
    return sql_run(&q);
}

enum store_error store_operation_get(struct store_tx *tx, const char *id,
                                     struct store_operation *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE id = ?");
    sql_put_text(&q, id);
    return get_one(&q, out);
}

enum store_error store_operation_by_key(struct store_tx *tx, const char *principal,
                                        const char *idempotency_key, struct store_operation *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE principal = ? AND idempotency_key = ?");
    sql_put_text(&q, principal);
    sql_put_text(&q, idempotency_key);
    return get_one(&q, out);
}

enum store_error store_operation_open(struct store_tx *tx, const char *card,
                                      struct store_operation *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE card = ? AND state <= 1");
    sql_put_text(&q, card);
    return get_one(&q, out);
}

enum store_error store_operation_due(struct store_tx *tx, const char *card,
                                     struct store_operation *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE card = ? AND state <= 1 AND not_before_ms <= ?"
                                     " AND (SELECT status FROM card WHERE id = card) = ?");
    sql_put_text(&q, card);
    sql_put_int(&q, store_now_ms(tx));
    sql_put_int(&q, STORE_CARD_ACTIVE);
    return get_one(&q, out);
}

enum store_error store_operation_overdue(struct store_tx *tx, struct store_operation *out,
                                         size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, SELECT " WHERE state <= 1 AND deadline_ms > 0 AND deadline_ms <= ?"
                                     " ORDER BY deadline_ms LIMIT ?");
    sql_put_int(&q, store_now_ms(tx));
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_operation(&q, &out[(*count)++]);
    return sql_end(&q);
}

enum store_error store_operation_update(struct store_tx *tx, struct store_operation *operation)
{
    struct store_operation stored = {0};
    STORE_TRY(store_operation_get(tx, operation->id, &stored));
    if (!store_operation_is_open(stored.state))
        return store_fail(tx, STORE_CONFLICT, "the operation has ended");
    operation->updated_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "UPDATE operation SET (" CHANGING_COLUMNS
                              ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?");
    put_changing(&q, operation);
    sql_put_text(&q, operation->id);
    STORE_TRY(sql_run_found(&q));
    bool given_up =
        operation->state == STORE_OPERATION_FAILED || operation->state == STORE_OPERATION_CANCELLED;
    return given_up ? store_change_give_back(tx, operation->id) : STORE_OK;
}

/* One text for each index to go along: ?1 card, ?2 bank, ?3 state, ?4 the last id seen, ?5 limit.
 */
#define LIST(condition)                                                                     \
    SELECT " WHERE " condition " AND (?2 IS NULL OR bank = ?2 OR previous_bank = ?2)"       \
           " AND (?3 < 0 OR state = ?3)"                                                    \
           " AND (?4 IS NULL OR sequence < (SELECT sequence FROM operation WHERE id = ?4))" \
           " ORDER BY sequence DESC LIMIT ?5"

static struct sql list_by(struct store_tx *tx, const struct store_operation_filter *filter)
{
    if (filter->card != NULL)
        return sql_on(tx, LIST("card = ?1"));
    if (filter->bank != NULL)
        return sql_on(tx, LIST("?1 IS NULL AND (bank = ?2 OR previous_bank = ?2)"));
    return sql_on(tx, LIST("?1 IS NULL"));
}

enum store_error store_operation_list(struct store_tx *tx,
                                      const struct store_operation_filter *filter,
                                      const char *after, struct store_operation *out, size_t cap,
                                      size_t *count)
{
    *count = 0;
    struct sql q = list_by(tx, filter);
    sql_put_text_or_null(&q, filter->card);
    sql_put_text_or_null(&q, filter->bank);
    sql_put_int(&q, filter->state);
    sql_put_text_or_null(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_operation(&q, &out[(*count)++]);
    return sql_end(&q);
}
