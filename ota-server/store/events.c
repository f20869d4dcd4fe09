#include "ota-server/store/sql.h"

#include <stdio.h>
#include <string.h>

static enum store_error append(struct store_tx *tx, const struct store_exchange *of,
                               const char *json, int64_t *sequence)
{
    struct sql q =
        sql_on(tx, "INSERT INTO event (operation, exchange, time_ms, json) VALUES (?, ?, ?, ?)");
    sql_put_text_or_null(&q, of->operation);
    sql_put_text_or_null(&q, of->id);
    sql_put_int(&q, store_now_ms(tx));
    sql_put_text(&q, json);
    STORE_TRY(sql_run(&q));
    *sequence = sqlite3_last_insert_rowid(tx->connection->db);
    return STORE_OK;
}

enum store_error store_event_append(struct store_tx *tx, const char *operation, const char *json,
                                    int64_t *sequence)
{
    struct store_exchange none = {.id = ""};
    snprintf(none.operation, sizeof none.operation, "%s", operation);
    return append(tx, &none, json, sequence);
}

enum store_error store_event_put_progress(struct store_tx *tx,
                                          const struct store_exchange *exchange, const char *json,
                                          int64_t *sequence)
{
    struct sql q = sql_on(tx, "DELETE FROM event WHERE exchange = ?");
    sql_put_text(&q, exchange->id);
    STORE_TRY(sql_run(&q));
    return append(tx, exchange, json, sequence);
}

static struct sql list_all(struct store_tx *tx)
{
    return sql_on(tx, "SELECT sequence, operation, time_ms, json FROM event WHERE sequence > ?"
                      " ORDER BY sequence LIMIT ?");
}

static struct sql list_of(struct store_tx *tx, const char *operation)
{
    struct sql q = sql_on(tx, "SELECT sequence, operation, time_ms, json FROM event"
                              " WHERE operation = ? AND sequence > ? ORDER BY sequence LIMIT ?");
    sql_put_text(&q, operation);
    return q;
}

enum store_error store_event_list(struct store_tx *tx, const char *operation, int64_t after,
                                  struct store_event *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = operation == NULL ? list_all(tx) : list_of(tx, operation);
    sql_put_int(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q)) {
        struct store_event *event = &out[(*count)++];
        memset(event, 0, sizeof *event);
        event->sequence = sql_get_int(&q);
        sql_get_text(&q, event->operation, sizeof event->operation);
        event->time_ms = sql_get_int(&q);
        sql_get_blob(&q, &event->json);
    }
    enum store_error error = sql_end(&q);
    while (error != STORE_OK && *count > 0)
        store_event_fini(&out[--(*count)]);
    return error;
}

enum store_error store_event_last(struct store_tx *tx, int64_t *sequence)
{
    *sequence = 0;
    struct sql q = sql_on(tx, "SELECT coalesce(max(sequence), 0) FROM event");
    if (sql_row(&q))
        *sequence = sql_get_int(&q);
    return sql_end(&q);
}

void store_event_fini(struct store_event *event)
{
    store_blob_fini(&event->json);
}
