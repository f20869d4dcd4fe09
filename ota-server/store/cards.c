#include "ota-server/store/sql.h"

#include <string.h>

#define COLUMNS                                                                \
    "id, identity, profile, region, generation, status, cause, content_known," \
    " free_non_volatile, created_ms, updated_ms"

static void read_card(struct sql *q, struct store_card *out)
{
    int64_t free_non_volatile = 0;
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_fixed(q, out->identity, sizeof out->identity);
    sql_get_text(q, out->profile, sizeof out->profile);
    sql_get_text(q, out->region, sizeof out->region);
    sql_get_text(q, out->generation, sizeof out->generation);
    out->status = sql_get_enum(q, STORE_CARD_RETIRED + 1);
    sql_get_text(q, out->cause, sizeof out->cause);
    out->content_known = sql_get_int(q) != 0;
    out->free_known = sql_get_int_if(q, &free_non_volatile);
    out->free_non_volatile = (uint32_t)free_non_volatile;
    out->created_ms = sql_get_int(q);
    out->updated_ms = sql_get_int(q);
}

enum store_error store_card_add(struct store_tx *tx, struct store_card *card)
{
    store_new_id(tx, card->id);
    card->created_ms = store_now_ms(tx);
    card->updated_ms = card->created_ms;
    struct sql q =
        sql_on(tx, "INSERT INTO card (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, card->id);
    sql_put_bytes(&q, SCP_BYTES(card->identity));
    sql_put_text(&q, card->profile);
    sql_put_text(&q, card->region);
    sql_put_text(&q, card->generation);
    sql_put_int(&q, card->status);
    sql_put_text(&q, card->cause);
    sql_put_int(&q, card->content_known);
    sql_put_int_if(&q, card->free_known, card->free_non_volatile);
    sql_put_int(&q, card->created_ms);
    sql_put_int(&q, card->updated_ms);
    return sql_run(&q);
}

enum store_error store_card_get(struct store_tx *tx, const char *id, struct store_card *out)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM card WHERE id = ?");
    sql_put_text(&q, id);
    if (sql_row(&q))
        read_card(&q, out);
    return sql_end_found(&q);
}

enum store_error store_card_by_identity(struct store_tx *tx, const uint8_t identity[32],
                                        struct store_card *out)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM card WHERE identity = ?");
    sql_put_bytes(&q, scp_bytes_of(identity, sizeof out->identity));
    if (sql_row(&q))
        read_card(&q, out);
    return sql_end_found(&q);
}

enum store_error store_card_set_status(struct store_tx *tx, const char *id,
                                       enum store_card_status status, const char *cause)
{
    struct sql q = sql_on(tx, "UPDATE card SET status = ?, cause = ?, updated_ms = ? WHERE id = ?");
    sql_put_int(&q, status);
    sql_put_text(&q, cause);
    sql_put_int(&q, store_now_ms(tx));
    sql_put_text(&q, id);
    return sql_run_found(&q);
}

static struct sql list_all(struct store_tx *tx, const char *after)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM card WHERE id > ? ORDER BY id LIMIT ?");
    sql_put_text(&q, after);
    return q;
}

static struct sql list_of_bank(struct store_tx *tx, const char *bank, const char *after)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM card WHERE id IN"
                              " (SELECT DISTINCT card FROM binding WHERE bank = ?1 AND card > ?2"
                              "  ORDER BY card LIMIT ?3) ORDER BY id");
    sql_put_text(&q, bank);
    sql_put_text(&q, after);
    return q;
}

enum store_error store_card_list(struct store_tx *tx, const char *bank, const char *after,
                                 struct store_card *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = bank == NULL ? list_all(tx, after) : list_of_bank(tx, bank, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_card(&q, &out[(*count)++]);
    return sql_end(&q);
}

enum store_error store_card_count(struct store_tx *tx, int64_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT count(*) FROM card");
    if (sql_row(&q))
        *count = sql_get_int(&q);
    return sql_end(&q);
}
