#include "ota-server/store/sql.h"

#include <string.h>

static void read_bank(struct sql *q, struct store_bank *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->name, sizeof out->name);
    out->status = sql_get_enum(q, STORE_BANK_LEAVING + 1);
    out->etag = sql_get_int(q);
    sql_get_text(q, out->kind, sizeof out->kind);
}

static enum store_error read_regions(struct store_tx *tx, struct store_bank *out)
{
    struct sql q = sql_on(tx, "SELECT region FROM bank_region WHERE bank = ? ORDER BY region");
    sql_put_text(&q, out->id);
    while (out->region_count < STORE_REGIONS_MAX && sql_row(&q))
        sql_get_text(&q, out->regions[out->region_count++], sizeof out->regions[0]);
    return sql_end(&q);
}

static enum store_error write_regions(struct store_tx *tx, const struct store_bank *bank)
{
    struct sql clear = sql_on(tx, "DELETE FROM bank_region WHERE bank = ?");
    sql_put_text(&clear, bank->id);
    STORE_TRY(sql_run(&clear));
    for (size_t i = 0; i < bank->region_count; i++) {
        struct sql q = sql_on(tx, "INSERT OR IGNORE INTO bank_region (bank, region) VALUES (?, ?)");
        sql_put_text(&q, bank->id);
        sql_put_text(&q, bank->regions[i]);
        STORE_TRY(sql_run(&q));
    }
    return STORE_OK;
}

/* The bank's etag; 0 when there is no such bank. */
static enum store_error current_etag(struct store_tx *tx, const char *id, int64_t *etag)
{
    *etag = 0;
    struct sql q = sql_on(tx, "SELECT etag FROM bank WHERE id = ?");
    sql_put_text(&q, id);
    if (sql_row(&q))
        *etag = sql_get_int(&q);
    return sql_end(&q);
}

enum store_error store_bank_put(struct store_tx *tx, struct store_bank *bank, int64_t if_match)
{
    int64_t etag = 0;
    if (bank->region_count > STORE_REGIONS_MAX)
        return store_fail(tx, STORE_INVALID, "a bank has too many regions");
    STORE_TRY(current_etag(tx, bank->id, &etag));
    int64_t expected = if_match == STORE_ETAG_ABSENT ? 0 : if_match;
    if (if_match != STORE_ETAG_ANY && expected != etag)
        return store_fail(tx, STORE_STALE, "the bank has changed since it was read");
    struct sql q = sql_on(tx, "INSERT INTO bank (id, name, status, etag, kind)"
                              " VALUES (?, ?, ?, ?, ?)"
                              " ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
                              " status = excluded.status, etag = excluded.etag,"
                              " kind = excluded.kind");
    sql_put_text(&q, bank->id);
    sql_put_text(&q, bank->name);
    sql_put_int(&q, bank->status);
    sql_put_int(&q, etag + 1);
    sql_put_text(&q, bank->kind);
    STORE_TRY(sql_run(&q));
    STORE_TRY(write_regions(tx, bank));
    bank->etag = etag + 1;
    return STORE_OK;
}

enum store_error store_bank_get(struct store_tx *tx, const char *id, struct store_bank *out)
{
    struct sql q = sql_on(tx, "SELECT id, name, status, etag, kind FROM bank WHERE id = ?");
    sql_put_text(&q, id);
    if (sql_row(&q))
        read_bank(&q, out);
    STORE_TRY(sql_end_found(&q));
    return read_regions(tx, out);
}

enum store_error store_bank_list(struct store_tx *tx, const char *after, struct store_bank *out,
                                 size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(
        tx, "SELECT id, name, status, etag, kind FROM bank WHERE id > ? ORDER BY id LIMIT ?");
    sql_put_text(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_bank(&q, &out[(*count)++]);
    STORE_TRY(sql_end(&q));
    for (size_t i = 0; i < *count; i++)
        STORE_TRY(read_regions(tx, &out[i]));
    return STORE_OK;
}
