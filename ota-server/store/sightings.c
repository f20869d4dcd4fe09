#include "ota-server/store/sql.h"

#include <string.h>

#define KEY " WHERE identity = ? AND kind = ? AND agent = ?"
/* Cards that nobody knows leave no other trace, so theirs is not kept for ever. */
enum { UNKNOWN_KEPT_DAYS = 30, DAY_MS = 24 * 60 * 60 * 1000 };

static void put_key(struct sql *q, const struct store_sighting *sighting)
{
    sql_put_bytes(q, SCP_BYTES(sighting->identity));
    sql_put_int(q, sighting->kind);
    sql_put_text(q, sighting->agent);
}

static enum store_error read_last(struct store_tx *tx, const struct store_sighting *sighting,
                                  int64_t *last_ms)
{
    *last_ms = 0;
    struct sql q = sql_on(tx, "SELECT last_ms FROM sighting" KEY);
    put_key(&q, sighting);
    if (sql_row(&q))
        *last_ms = sql_get_int(&q);
    return sql_end(&q);
}

static enum store_error drop_old(struct store_tx *tx)
{
    struct sql q = sql_on(tx, "DELETE FROM sighting WHERE kind = ? AND last_ms < ?");
    sql_put_int(&q, STORE_SIGHTING_UNKNOWN);
    sql_put_int(&q, store_now_ms(tx) - (int64_t)UNKNOWN_KEPT_DAYS * DAY_MS);
    return sql_run(&q);
}

enum store_error store_sighting_note(struct store_tx *tx, struct store_sighting *sighting,
                                     int64_t quiet_ms, bool *is_news)
{
    int64_t now_ms = store_now_ms(tx);
    int64_t last_ms;
    STORE_TRY(read_last(tx, sighting, &last_ms));
    *is_news = last_ms == 0 || now_ms - last_ms > quiet_ms;
    if (last_ms == 0)
        STORE_TRY(drop_old(tx));
    struct sql q = sql_on(tx, "INSERT INTO sighting (identity, kind, agent, times, first_ms,"
                              " last_ms) VALUES (?, ?, ?, 1, ?4, ?4)"
                              " ON CONFLICT (identity, kind, agent) DO UPDATE SET"
                              " times = times + 1, last_ms = excluded.last_ms"
                              " RETURNING times, first_ms, last_ms");
    put_key(&q, sighting);
    sql_put_int(&q, now_ms);
    if (sql_row(&q)) {
        sighting->times = (uint32_t)sql_get_int(&q);
        sighting->first_ms = sql_get_int(&q);
        sighting->last_ms = sql_get_int(&q);
    }
    return sql_end(&q);
}

enum store_error store_sighting_list(struct store_tx *tx, const uint8_t identity[32],
                                     struct store_sighting *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT identity, kind, agent, times, first_ms, last_ms"
                              " FROM sighting WHERE identity = ? ORDER BY last_ms DESC LIMIT ?");
    sql_put_bytes(&q, scp_bytes_of(identity, sizeof out->identity));
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q)) {
        struct store_sighting *sighting = &out[(*count)++];
        memset(sighting, 0, sizeof *sighting);
        sql_get_fixed(&q, sighting->identity, sizeof sighting->identity);
        sighting->kind = sql_get_enum(&q, STORE_SIGHTING_KINDS);
        sql_get_text(&q, sighting->agent, sizeof sighting->agent);
        sighting->times = (uint32_t)sql_get_int(&q);
        sighting->first_ms = sql_get_int(&q);
        sighting->last_ms = sql_get_int(&q);
    }
    return sql_end(&q);
}

enum store_error store_sighting_forget(struct store_tx *tx, const uint8_t identity[32])
{
    struct sql q = sql_on(tx, "DELETE FROM sighting WHERE identity = ?");
    sql_put_bytes(&q, scp_bytes_of(identity, 32));
    return sql_run(&q);
}
