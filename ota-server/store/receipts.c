#include "ota-server/store/sql.h"

#include <string.h>

/* The counter never goes back (GPCS 11.1.6), so one that does is an old receipt again. */
static enum store_error refuse_old(struct store_tx *tx, const struct store_receipt *receipt)
{
    struct sql q = sql_on(tx, "SELECT 1 FROM receipt"
                              " WHERE card = ? AND security_domain = ? AND counter >= ? LIMIT 1");
    sql_put_text(&q, receipt->card);
    sql_put_text(&q, receipt->security_domain);
    sql_put_int(&q, receipt->counter);
    bool is_old = sql_row(&q);
    STORE_TRY(sql_end(&q));
    return is_old ? store_fail(tx, STORE_CONFLICT, "the receipt's counter is not a new one")
                  : STORE_OK;
}

enum store_error store_receipt_add(struct store_tx *tx, struct store_receipt *receipt)
{
    STORE_TRY(refuse_old(tx, receipt));
    receipt->time_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT INTO receipt (card, security_domain, counter, operation,"
                              " step, object, confirmation, time_ms)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, receipt->card);
    sql_put_text(&q, receipt->security_domain);
    sql_put_int(&q, receipt->counter);
    sql_put_text(&q, receipt->operation);
    sql_put_text(&q, receipt->step);
    sql_put_text(&q, receipt->object);
    sql_put_bytes(&q, scp_bytes_of(receipt->bytes, receipt->len));
    sql_put_int(&q, receipt->time_ms);
    return sql_run(&q);
}

static void read_receipt(struct sql *q, struct store_receipt *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->card, sizeof out->card);
    sql_get_text(q, out->security_domain, sizeof out->security_domain);
    out->counter = (uint16_t)sql_get_int(q);
    sql_get_text(q, out->operation, sizeof out->operation);
    sql_get_text(q, out->step, sizeof out->step);
    sql_get_text(q, out->object, sizeof out->object);
    out->len = sql_get_bytes(q, out->bytes, sizeof out->bytes);
    out->time_ms = sql_get_int(q);
}

enum store_error store_receipt_list(struct store_tx *tx, const char *card, int32_t after,
                                    struct store_receipt *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT card, security_domain, counter, operation, step, object,"
                              " confirmation, time_ms FROM receipt"
                              " WHERE card = ? AND counter > ? ORDER BY counter");
    sql_put_text(&q, card);
    sql_put_int(&q, after);
    while (*count < cap && sql_row(&q))
        read_receipt(&q, &out[(*count)++]);
    return sql_end(&q);
}
