#include "ota-server/store/sql.h"

#include <string.h>

enum store_error store_contact_claim(struct store_tx *tx, const char *card, const char *agent,
                                     int64_t window_ms)
{
    struct store_contact stored = {0};
    int64_t now_ms = store_now_ms(tx);
    enum store_error error = store_contact_get(tx, card, &stored);
    if (error != STORE_OK && error != STORE_NOT_FOUND)
        return error;
    if (error == STORE_OK && strcmp(stored.agent, agent) != 0 &&
        now_ms - stored.last_seen_ms < window_ms)
        return store_fail(tx, STORE_CONFLICT, "another agent has the card in reach");
    struct sql q =
        sql_on(tx, "INSERT OR REPLACE INTO contact (card, agent, last_seen_ms) VALUES (?, ?, ?)");
    sql_put_text(&q, card);
    sql_put_text(&q, agent);
    sql_put_int(&q, now_ms);
    return sql_run(&q);
}

enum store_error store_contact_release(struct store_tx *tx, const char *card, const char *agent)
{
    struct sql q = sql_on(tx, "DELETE FROM contact WHERE card = ? AND agent = ?");
    sql_put_text(&q, card);
    sql_put_text(&q, agent);
    return sql_run(&q);
}

enum store_error store_contact_get(struct store_tx *tx, const char *card, struct store_contact *out)
{
    struct sql q = sql_on(tx, "SELECT card, agent, last_seen_ms FROM contact WHERE card = ?");
    sql_put_text(&q, card);
    if (sql_row(&q)) {
        memset(out, 0, sizeof *out);
        sql_get_text(&q, out->card, sizeof out->card);
        sql_get_text(&q, out->agent, sizeof out->agent);
        out->last_seen_ms = sql_get_int(&q);
    }
    return sql_end_found(&q);
}
