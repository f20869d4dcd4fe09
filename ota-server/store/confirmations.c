#include "ota-server/store/sql.h"

#include <string.h>

enum store_error store_confirmation_add(struct store_tx *tx,
                                        struct store_confirmation *confirmation)
{
    if (confirmation->person[0] == '\0')
        return store_fail(tx, STORE_INVALID, "nobody stands behind this principal");
    store_new_id(tx, confirmation->id);
    confirmation->made_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT INTO confirmation (id, card, product, principal, person,"
                              " made_ms, used_by) VALUES (?, ?, ?, ?, ?, ?, '')");
    sql_put_text(&q, confirmation->id);
    sql_put_text(&q, confirmation->card);
    sql_put_text(&q, confirmation->product);
    sql_put_text(&q, confirmation->principal);
    sql_put_text(&q, confirmation->person);
    sql_put_int(&q, confirmation->made_ms);
    return sql_run(&q);
}

enum store_error store_confirmation_get(struct store_tx *tx, const char *id,
                                        struct store_confirmation *out)
{
    memset(out, 0, sizeof *out);
    struct sql q = sql_on(tx, "SELECT id, card, product, principal, person, made_ms, used_by"
                              " FROM confirmation WHERE id = ?");
    sql_put_text(&q, id);
    if (sql_row(&q)) {
        sql_get_text(&q, out->id, sizeof out->id);
        sql_get_text(&q, out->card, sizeof out->card);
        sql_get_text(&q, out->product, sizeof out->product);
        sql_get_text(&q, out->principal, sizeof out->principal);
        sql_get_text(&q, out->person, sizeof out->person);
        out->made_ms = sql_get_int(&q);
        sql_get_text(&q, out->used_by, sizeof out->used_by);
    }
    return sql_end_found(&q);
}

enum store_error store_confirmation_use(struct store_tx *tx, const char *id, const char *operation)
{
    struct store_confirmation confirmation;
    STORE_TRY(store_confirmation_get(tx, id, &confirmation));
    if (confirmation.used_by[0] != '\0')
        return store_fail(tx, STORE_CONFLICT, "the confirmation was used");
    struct sql q = sql_on(tx, "UPDATE confirmation SET used_by = ? WHERE id = ?");
    sql_put_text(&q, operation);
    sql_put_text(&q, id);
    return sql_run_found(&q);
}
