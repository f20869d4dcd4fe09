#include "ota-server/store/sql.h"

#include <string.h>

enum store_error store_personalisation_add(struct store_tx *tx,
                                           struct store_personalisation *record,
                                           struct scp_bytes sealed)
{
    char bank[STORE_SLUG_SIZE];
    STORE_TRY(store_bank_of(tx, record->product, bank));
    store_new_id(tx, record->id);
    record->created_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT INTO personalisation (id, bank, product, card, created_ms,"
                              " sealed) VALUES (?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, record->id);
    sql_put_text_or_null(&q, bank);
    sql_put_text(&q, record->product);
    sql_put_text(&q, record->card);
    sql_put_int(&q, record->created_ms);
    sql_put_bytes(&q, sealed);
    return sql_run(&q);
}

#define SELECT "SELECT id, product, card, used_by, created_ms, sealed FROM personalisation"

static enum store_error get_one(struct sql *q, struct store_personalisation *out,
                                struct store_blob *sealed)
{
    if (sealed != NULL)
        *sealed = (struct store_blob){NULL, 0};
    if (sql_row(q)) {
        memset(out, 0, sizeof *out);
        sql_get_text(q, out->id, sizeof out->id);
        sql_get_text(q, out->product, sizeof out->product);
        sql_get_text(q, out->card, sizeof out->card);
        sql_get_text(q, out->used_by, sizeof out->used_by);
        out->created_ms = sql_get_int(q);
        if (sealed != NULL)
            sql_get_blob(q, sealed);
    }
    return sql_end_found(q);
}

enum store_error store_personalisation_newest(struct store_tx *tx, const char *product,
                                              const char *card, struct store_personalisation *out,
                                              struct store_blob *sealed)
{
    struct sql q = sql_on(tx, SELECT " WHERE card = ? AND product = ?"
                                     " ORDER BY sequence DESC LIMIT 1");
    sql_put_text(&q, card);
    sql_put_text(&q, product);
    return get_one(&q, out, sealed);
}

enum store_error store_personalisation_get(struct store_tx *tx, const char *id,
                                           struct store_personalisation *out,
                                           struct store_blob *sealed)
{
    struct sql q = sql_on(tx, SELECT " WHERE id = ?");
    sql_put_text(&q, id);
    return get_one(&q, out, sealed);
}

enum store_error store_personalisation_use(struct store_tx *tx, const char *id,
                                           const char *operation)
{
    struct sql q = sql_on(tx, "UPDATE personalisation SET used_by = ? WHERE id = ?");
    sql_put_text(&q, operation);
    sql_put_text(&q, id);
    return sql_run_found(&q);
}
