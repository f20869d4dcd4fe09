#include "ota-server/store/sql.h"

#include <string.h>

#define SELECT "SELECT card, product, version, form, since_ms FROM resident WHERE card = ?"

static void read_resident(struct sql *q, struct store_resident *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->card, sizeof out->card);
    sql_get_text(q, out->product, sizeof out->product);
    out->version = (int32_t)sql_get_int(q);
    out->form = sql_get_enum(q, STORE_FORMS);
    out->since_ms = sql_get_int(q);
}

enum store_error store_resident_put(struct store_tx *tx, struct store_resident *resident)
{
    resident->since_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT INTO resident (card, product, version, form, since_ms)"
                              " VALUES (?, ?, ?, ?, ?) ON CONFLICT (card, product) DO UPDATE SET"
                              " version = excluded.version, form = excluded.form,"
                              " since_ms = excluded.since_ms");
    sql_put_text(&q, resident->card);
    sql_put_text(&q, resident->product);
    sql_put_int(&q, resident->version);
    sql_put_int(&q, resident->form);
    sql_put_int(&q, resident->since_ms);
    return sql_run(&q);
}

enum store_error store_resident_get(struct store_tx *tx, const char *card, const char *product,
                                    struct store_resident *out)
{
    struct sql q = sql_on(tx, SELECT " AND product = ?");
    sql_put_text(&q, card);
    sql_put_text(&q, product);
    if (sql_row(&q))
        read_resident(&q, out);
    return sql_end_found(&q);
}

enum store_error store_resident_list(struct store_tx *tx, const char *card,
                                     struct store_resident *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, SELECT " ORDER BY product");
    sql_put_text(&q, card);
    while (*count < cap && sql_row(&q))
        read_resident(&q, &out[(*count)++]);
    return sql_end(&q);
}

enum store_error store_resident_delete(struct store_tx *tx, const char *card, const char *product)
{
    struct sql q = sql_on(tx, "DELETE FROM resident WHERE card = ? AND product = ?");
    sql_put_text(&q, card);
    sql_put_text(&q, product);
    return sql_run(&q);
}
