#include "ota-server/store/sql.h"

#include <string.h>

#define SELECT                                                                               \
    "SELECT sequence, id, operation, card, principal, bank, previous_bank, time_ms, effect," \
    " rule, reason, policy_version, policy_digest, record FROM decision"

static void read_record(struct sql *q, struct store_decision_record *out)
{
    memset(out, 0, sizeof *out);
    out->sequence = sql_get_int(q);
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->operation, sizeof out->operation);
    sql_get_text(q, out->card, sizeof out->card);
    sql_get_text(q, out->principal, sizeof out->principal);
    sql_get_text(q, out->bank, sizeof out->bank);
    sql_get_text(q, out->previous_bank, sizeof out->previous_bank);
    out->time_ms = sql_get_int(q);
    sql_get_text(q, out->decision.effect, sizeof out->decision.effect);
    sql_get_text(q, out->decision.rule, sizeof out->decision.rule);
    sql_get_text(q, out->decision.reason, sizeof out->decision.reason);
    out->decision.policy_version = (int32_t)sql_get_int(q);
    sql_get_fixed(q, out->decision.policy_digest, sizeof out->decision.policy_digest);
    sql_get_blob(q, &out->json);
}

enum store_error store_decision_add(struct store_tx *tx, struct store_decision_record *record)
{
    store_new_id(tx, record->id);
    struct sql q = sql_on(tx, "INSERT INTO decision (id, operation, card, principal, bank,"
                              " previous_bank, time_ms, effect, rule, reason, policy_version,"
                              " policy_digest, record)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, record->id);
    sql_put_text_or_null(&q, record->operation);
    sql_put_text(&q, record->card);
    sql_put_text(&q, record->principal);
    sql_put_text_or_null(&q, record->bank);
    sql_put_text_or_null(&q, record->previous_bank);
    sql_put_int(&q, record->time_ms);
    sql_put_text(&q, record->decision.effect);
    sql_put_text(&q, record->decision.rule);
    sql_put_text(&q, record->decision.reason);
    sql_put_int(&q, record->decision.policy_version);
    sql_put_bytes(&q, SCP_BYTES(record->decision.policy_digest));
    sql_put_text(&q, (const char *)record->json.ptr);
    STORE_TRY(sql_run(&q));
    record->sequence = sqlite3_last_insert_rowid(tx->connection->db);
    return STORE_OK;
}

static enum store_error get_one(struct sql *q, struct store_decision_record *out)
{
    memset(out, 0, sizeof *out);
    if (sql_row(q))
        read_record(q, out);
    return sql_end_found(q);
}

enum store_error store_decision_get(struct store_tx *tx, const char *id,
                                    struct store_decision_record *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE id = ?");
    sql_put_text(&q, id);
    return get_one(&q, out);
}

enum store_error store_decision_of_operation(struct store_tx *tx, const char *operation,
                                             struct store_decision_record *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE operation = ?");
    sql_put_text(&q, operation);
    return get_one(&q, out);
}

/* One text for each index to go along: ?1 card, ?2 bank, ?3 the last sequence seen, ?4 limit. */
#define LIST(condition)                                                               \
    SELECT " WHERE " condition " AND (?2 IS NULL OR bank = ?2 OR previous_bank = ?2)" \
           " AND (?3 = 0 OR sequence < ?3) ORDER BY sequence DESC LIMIT ?4"

enum store_error store_decision_list(struct store_tx *tx,
                                     const struct store_decision_filter *filter, int64_t after,
                                     struct store_decision_record *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q =
        filter->card != NULL ? sql_on(tx, LIST("card = ?1")) : sql_on(tx, LIST("?1 IS NULL"));
    sql_put_text_or_null(&q, filter->card);
    sql_put_text_or_null(&q, filter->bank);
    sql_put_int(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_record(&q, &out[(*count)++]);
    return sql_end(&q);
}

void store_decision_fini(struct store_decision_record *record)
{
    store_blob_fini(&record->json);
}
