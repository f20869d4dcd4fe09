/* What limits count. Each change stands in table change, and in table change_count within its hour
 * and its day: of its bank and region, of either, and of all. So a window of months costs a row a
 * day and two broken ends, not a row a change. */
#include "ota-server/store/sql.h"

#include <string.h>

static const int64_t hour_ms = INT64_C(60) * 60 * 1000;
static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

static enum store_error count_in(struct store_tx *tx, const struct store_change *change,
                                 int64_t span_ms, int64_t more)
{
    struct sql q = sql_on(
        tx,
        "INSERT INTO change_count (span_ms, region, bank, start_ms, changes, switches)"
        " SELECT ?1, iif(r.any, '', ?2), iif(b.any, '', ?3), ?4, ?5, ?6"
        " FROM (SELECT 0 AS any UNION ALL SELECT 1) AS r,"
        " (SELECT 0 AS any UNION ALL SELECT 1) AS b"
        " WHERE true ON CONFLICT DO UPDATE SET changes = changes + ?5, switches = switches + ?6");
    sql_put_int(&q, span_ms);
    sql_put_text(&q, change->region);
    sql_put_text(&q, change->bank);
    sql_put_int(&q, change->time_ms / span_ms * span_ms);
    sql_put_int(&q, more);
    sql_put_int(&q, change->is_switch ? more : 0);
    return sql_run(&q);
}

static enum store_error count_all(struct store_tx *tx, const struct store_change *change,
                                  int64_t more)
{
    STORE_TRY(count_in(tx, change, hour_ms, more));
    return count_in(tx, change, day_ms, more);
}

enum store_error store_change_add(struct store_tx *tx, const struct store_change *change)
{
    struct sql q = sql_on(tx, "INSERT INTO change (operation, time_ms, card, role, bank, region,"
                              " is_switch, cool_down_until_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, change->operation);
    sql_put_int(&q, change->time_ms);
    sql_put_text(&q, change->card);
    sql_put_text(&q, change->role);
    sql_put_text(&q, change->bank);
    sql_put_text(&q, change->region);
    sql_put_int(&q, change->is_switch);
    sql_put_int(&q, change->cool_down_until_ms);
    STORE_TRY(sql_run(&q));
    return count_all(tx, change, 1);
}

enum store_error store_change_give_back(struct store_tx *tx, const char *operation)
{
    struct store_change change = {.time_ms = 0};
    struct sql found =
        sql_on(tx, "SELECT time_ms, bank, region, is_switch FROM change WHERE operation = ?");
    sql_put_text(&found, operation);
    if (sql_row(&found)) {
        change.time_ms = sql_get_int(&found);
        sql_get_text(&found, change.bank, sizeof change.bank);
        sql_get_text(&found, change.region, sizeof change.region);
        change.is_switch = sql_get_int(&found) != 0;
    }
    enum store_error error = sql_end_found(&found);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? STORE_OK : error;
    struct sql q = sql_on(tx, "DELETE FROM change WHERE operation = ?");
    sql_put_text(&q, operation);
    STORE_TRY(sql_run(&q));
    return count_all(tx, &change, -1);
}

/* ---- counting ----------------------------------------------------------------------------- */

/* What a sum is over: whole spans, or single changes, that begin in a stretch of time. */
struct stretch {
    int64_t from_ms;
    int64_t before_ms;
};

static enum store_error add_sum(struct sql *q, const struct store_change_query *query,
                                int64_t *count)
{
    if (sql_row(q)) {
        int64_t changes = sql_get_int(q);
        int64_t switches = sql_get_int(q);
        *count += query->only_switches ? switches : changes;
    }
    return sql_end(q);
}

static enum store_error add_spans(struct store_tx *tx, const struct store_change_query *query,
                                  int64_t span_ms, struct stretch stretch, int64_t *count)
{
    struct sql q = sql_on(tx, "SELECT coalesce(sum(changes), 0), coalesce(sum(switches), 0)"
                              " FROM change_count WHERE span_ms = ? AND region = ? AND bank = ?"
                              " AND start_ms >= ? AND start_ms < ?");
    sql_put_int(&q, span_ms);
    sql_put_text(&q, query->region == NULL ? "" : query->region);
    sql_put_text(&q, query->bank == NULL ? "" : query->bank);
    sql_put_int(&q, stretch.from_ms);
    sql_put_int(&q, stretch.before_ms);
    return add_sum(&q, query, count);
}

static enum store_error add_changes(struct store_tx *tx, const struct store_change_query *query,
                                    struct stretch stretch, int64_t *count)
{
    struct sql q =
        query->card == NULL
            ? sql_on(tx, "SELECT count(*), coalesce(sum(is_switch), 0) FROM change"
                         " WHERE time_ms >= ?1 AND time_ms < ?2 AND ?3 IS NULL"
                         " AND (?4 IS NULL OR region = ?4) AND (?5 IS NULL OR bank = ?5)")
            : sql_on(tx, "SELECT count(*), coalesce(sum(is_switch), 0) FROM change"
                         " WHERE time_ms >= ?1 AND time_ms < ?2 AND card = ?3"
                         " AND (?4 IS NULL OR region = ?4) AND (?5 IS NULL OR bank = ?5)");
    sql_put_int(&q, stretch.from_ms);
    sql_put_int(&q, stretch.before_ms);
    sql_put_text_or_null(&q, query->card);
    sql_put_text_or_null(&q, query->region);
    sql_put_text_or_null(&q, query->bank);
    return add_sum(&q, query, count);
}

/* The first beginning of a span at this moment or later. */
static int64_t next_start(int64_t ms, int64_t span_ms)
{
    return (ms + span_ms - 1) / span_ms * span_ms;
}

enum store_error store_change_count(struct store_tx *tx, const struct store_change_query *query,
                                    int64_t *count)
{
    int64_t since = query->since_ms > 0 ? query->since_ms : 0;
    *count = 0;
    if (query->card != NULL)
        return add_changes(tx, query, (struct stretch){since, INT64_MAX}, count);
    int64_t hour = next_start(since, hour_ms);
    int64_t day = next_start(since, day_ms);
    STORE_TRY(add_changes(tx, query, (struct stretch){since, hour}, count));
    STORE_TRY(add_spans(tx, query, hour_ms, (struct stretch){hour, day}, count));
    return add_spans(tx, query, day_ms, (struct stretch){day, INT64_MAX}, count);
}

enum store_error store_change_cool_down(struct store_tx *tx, const char *card, const char *role,
                                        int64_t *until_ms)
{
    *until_ms = 0;
    struct sql q = sql_on(tx, "SELECT cool_down_until_ms FROM change WHERE card = ? AND role = ?"
                              " ORDER BY time_ms DESC, rowid DESC LIMIT 1");
    sql_put_text(&q, card);
    sql_put_text(&q, role);
    if (sql_row(&q))
        *until_ms = sql_get_int(&q);
    return sql_end(&q);
}
