#include "ota-server/store/sql.h"

#include <string.h>

#define COLUMNS                                                                                \
    "aid, kind, load_file, security_domain, life_cycle, privileges, product, product_version," \
    " evidence, updated_ms"
#define INTO_CONTENT " INTO content (card, " COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* Put one entry; `text` decides what a second entry of the same AID means. */
static enum store_error write_entry(struct store_tx *tx, const char *text, const char *card,
                                    const struct store_content *entry)
{
    struct sql q = sql_on(tx, text);
    sql_put_text(&q, card);
    sql_put_text(&q, entry->aid);
    sql_put_int(&q, entry->kind);
    sql_put_text(&q, entry->load_file);
    sql_put_text(&q, entry->security_domain);
    sql_put_int(&q, entry->life_cycle);
    sql_put_bytes(&q, SCP_BYTES(entry->privileges));
    sql_put_text(&q, entry->product);
    sql_put_int(&q, entry->product_version);
    sql_put_int(&q, entry->evidence);
    sql_put_int(&q, store_now_ms(tx));
    return sql_run(&q);
}

static void read_entry(struct sql *q, struct store_content *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->aid, sizeof out->aid);
    out->kind = sql_get_enum(q, STORE_CONTENT_SECURITY_DOMAIN + 1);
    sql_get_text(q, out->load_file, sizeof out->load_file);
    sql_get_text(q, out->security_domain, sizeof out->security_domain);
    out->life_cycle = (uint8_t)sql_get_int(q);
    sql_get_fixed(q, out->privileges, sizeof out->privileges);
    sql_get_text(q, out->product, sizeof out->product);
    out->product_version = (int32_t)sql_get_int(q);
    out->evidence = sql_get_enum(q, STORE_EVIDENCE_PROVEN + 1);
    out->updated_ms = sql_get_int(q);
}

enum store_error store_content_set_state(struct store_tx *tx, const char *card,
                                         const struct store_content_state *state)
{
    struct sql q = sql_on(tx, "UPDATE card SET content_known = ?, free_non_volatile = ?,"
                              " updated_ms = ? WHERE id = ?");
    sql_put_int(&q, state->known);
    sql_put_int_if(&q, state->free_known, state->free_non_volatile);
    sql_put_int(&q, store_now_ms(tx));
    sql_put_text(&q, card);
    return sql_run_found(&q);
}

enum store_error store_content_replace(struct store_tx *tx, const char *card,
                                       const struct store_content *entries, size_t count)
{
    struct sql clear = sql_on(tx, "DELETE FROM content WHERE card = ?");
    sql_put_text(&clear, card);
    STORE_TRY(sql_run(&clear));
    for (size_t i = 0; i < count; i++)
        STORE_TRY(write_entry(tx, "INSERT" INTO_CONTENT, card, &entries[i]));
    return STORE_OK;
}

enum store_error store_content_put(struct store_tx *tx, const char *card,
                                   const struct store_content *entry)
{
    return write_entry(tx, "INSERT OR REPLACE" INTO_CONTENT, card, entry);
}

enum store_error store_content_delete(struct store_tx *tx, const char *card, const char *aid)
{
    struct sql q = sql_on(tx, "DELETE FROM content WHERE card = ? AND aid = ?");
    sql_put_text(&q, card);
    sql_put_text(&q, aid);
    return sql_run_found(&q);
}

enum store_error store_content_list(struct store_tx *tx, const char *card,
                                    struct store_content *out, size_t cap, size_t *count)
{
    *count = 0;
    bool overflow = false;
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM content WHERE card = ? ORDER BY aid");
    sql_put_text(&q, card);
    while (!overflow && sql_row(&q)) {
        overflow = *count == cap;
        if (!overflow)
            read_entry(&q, &out[(*count)++]);
    }
    STORE_TRY(sql_end(&q));
    return overflow ? store_fail(tx, STORE_INVALID, "the card has more contents than asked for")
                    : STORE_OK;
}
