#include "ota-server/store/holdings.h"

#include <string.h>

#define SELECT \
    "SELECT card, role, product, version, suspended, since_ms FROM binding WHERE card = ?"

static void read_binding(struct sql *q, struct store_binding *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->card, sizeof out->card);
    sql_get_text(q, out->role, sizeof out->role);
    sql_get_text(q, out->product, sizeof out->product);
    out->version = (int32_t)sql_get_int(q);
    out->suspended = sql_get_int(q) != 0;
    out->since_ms = sql_get_int(q);
}

/* Whether the stored binding already names the product; since_ms is then taken from it. */
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

static enum store_error write_row(struct store_tx *tx, const struct store_binding *binding)
{
    char bank[STORE_SLUG_SIZE];
    STORE_TRY(store_bank_of(tx, binding->product, bank));
    STORE_TRY(holding_take_out(tx, binding->card));
    struct sql q = sql_on(tx, "INSERT OR REPLACE INTO binding (card, role, bank, product, version,"
                              " suspended, since_ms) VALUES (?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, binding->card);
    sql_put_text(&q, binding->role);
    sql_put_text_or_null(&q, bank);
    sql_put_text(&q, binding->product);
    sql_put_int(&q, binding->version);
    sql_put_int(&q, binding->suspended);
    sql_put_int(&q, binding->since_ms);
    STORE_TRY(sql_run(&q));
    return holding_put_in(tx, binding->card);
}

enum store_error store_binding_put(struct store_tx *tx, struct store_binding *binding)
{
    bool unchanged = false;
    STORE_TRY(is_unchanged(tx, binding, &unchanged));
    if (!unchanged)
        binding->since_ms = store_now_ms(tx);
    STORE_TRY(write_row(tx, binding));
    return unchanged ? STORE_OK : write_change(tx, binding);
}

static enum store_error drop_last_change(struct store_tx *tx, const struct store_binding *binding)
{
    struct sql q = sql_on(tx, "DELETE FROM binding_change WHERE sequence ="
                              " (SELECT max(sequence) FROM binding_change"
                              "  WHERE card = ? AND role = ?)");
    sql_put_text(&q, binding->card);
    sql_put_text(&q, binding->role);
    return sql_run_found(&q);
}

/* When the change that is the last one now was made; 0 when none is left. */
static enum store_error last_change(struct store_tx *tx, const struct store_binding *binding,
                                    int64_t *time_ms)
{
    *time_ms = 0;
    struct sql q = sql_on(tx, "SELECT coalesce(max(time_ms), 0) FROM binding_change"
                              " WHERE card = ? AND role = ?");
    sql_put_text(&q, binding->card);
    sql_put_text(&q, binding->role);
    if (sql_row(&q))
        *time_ms = sql_get_int(&q);
    return sql_end(&q);
}

static enum store_error delete_row(struct store_tx *tx, const struct store_binding *binding)
{
    STORE_TRY(holding_take_out(tx, binding->card));
    struct sql q = sql_on(tx, "DELETE FROM binding WHERE card = ? AND role = ?");
    sql_put_text(&q, binding->card);
    sql_put_text(&q, binding->role);
    STORE_TRY(sql_run(&q));
    return holding_put_in(tx, binding->card);
}

enum store_error store_binding_revert(struct store_tx *tx, const struct store_binding *previous)
{
    struct store_binding again = *previous;
    bool unchanged = false;
    STORE_TRY(is_unchanged(tx, &again, &unchanged));
    if (!unchanged) {
        STORE_TRY(drop_last_change(tx, &again));
        STORE_TRY(last_change(tx, &again, &again.since_ms));
    }
    return again.since_ms == 0 && again.product[0] == '\0' ? delete_row(tx, &again)
                                                           : write_row(tx, &again);
}

enum store_error store_binding_get(struct store_tx *tx, const char *card, const char *role,
                                   struct store_binding *out)
{
    struct sql q = sql_on(tx, SELECT " AND role = ?");
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
    struct sql q = sql_on(tx, SELECT " ORDER BY role");
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
