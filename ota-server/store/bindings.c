#include "ota-server/store/sql.h"

#include <string.h>

static void read_binding(struct sql *q, struct store_binding *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->card, sizeof out->card);
    sql_get_text(q, out->role, sizeof out->role);
    sql_get_text(q, out->product, sizeof out->product);
    out->version = (int32_t)sql_get_int(q);
    out->since_ms = sql_get_int(q);
}

/* Whether the stored binding already says the same; since_ms is then taken from it. */
static enum store_error is_unchanged(struct store_tx *tx, struct store_binding *binding,
                                     bool *unchanged)
{
    struct store_binding stored = {0};
    enum store_error error = store_binding_get(tx, binding->card, binding->role, &stored);
    *unchanged = false;
    if (error == STORE_NOT_FOUND)
        return STORE_OK;
    STORE_TRY(error);
    *unchanged =
        strcmp(stored.product, binding->product) == 0 && stored.version == binding->version;
    if (*unchanged)
        binding->since_ms = stored.since_ms;
    return STORE_OK;
}

static enum store_error write_change(struct store_tx *tx, const struct store_binding *binding)
{
    struct sql q = sql_on(tx, "INSERT INTO binding_change (card, role, product, version, time_ms)"
                              " VALUES (?, ?, ?, ?, ?)");
    sql_put_text(&q, binding->card);
    sql_put_text(&q, binding->role);
    sql_put_text(&q, binding->product);
    sql_put_int(&q, binding->version);
    sql_put_int(&q, binding->since_ms);
    return sql_run(&q);
}

enum store_error store_binding_put(struct store_tx *tx, struct store_binding *binding)
{
    bool unchanged = false;
    char bank[STORE_SLUG_SIZE];
    STORE_TRY(store_bank_of(tx, binding->product, bank));
    STORE_TRY(is_unchanged(tx, binding, &unchanged));
    if (unchanged)
        return STORE_OK;
    binding->since_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT OR REPLACE INTO binding (card, role, bank, product, version,"
                              " since_ms) VALUES (?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, binding->card);
    sql_put_text(&q, binding->role);
    sql_put_text_or_null(&q, bank);
    sql_put_text(&q, binding->product);
    sql_put_int(&q, binding->version);
    sql_put_int(&q, binding->since_ms);
    STORE_TRY(sql_run(&q));
    return write_change(tx, binding);
}

enum store_error store_binding_get(struct store_tx *tx, const char *card, const char *role,
                                   struct store_binding *out)
{
    struct sql q = sql_on(tx, "SELECT card, role, product, version, since_ms FROM binding"
                              " WHERE card = ? AND role = ?");
    sql_put_text(&q, card);
    sql_put_text(&q, role);
    if (sql_row(&q))
        read_binding(&q, out);
    return sql_end_found(&q);
}

enum store_error store_binding_list(struct store_tx *tx, const char *card,
                                    struct store_binding *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT card, role, product, version, since_ms FROM binding"
                              " WHERE card = ? ORDER BY role");
    sql_put_text(&q, card);
    while (*count < cap && sql_row(&q))
        read_binding(&q, &out[(*count)++]);
    return sql_end(&q);
}

enum store_error store_binding_history(struct store_tx *tx, const char *card, const char *role,
                                       struct store_binding_history *out)
{
    int64_t changes = 0;
    memset(out, 0, sizeof *out);
    struct sql q = sql_on(tx, "SELECT count(*), coalesce(max(time_ms), 0),"
                              " (SELECT count(DISTINCT bank) FROM binding WHERE card = ?1)"
                              " FROM binding_change WHERE card = ?1 AND role = ?2");
    sql_put_text(&q, card);
    sql_put_text(&q, role);
    if (sql_row(&q)) {
        changes = sql_get_int(&q);
        out->last_change_ms = sql_get_int(&q);
        out->active_banks = (size_t)sql_get_int(&q);
    }
    out->switches = changes > 0 ? (size_t)changes - 1 : 0;
    return sql_end(&q);
}
