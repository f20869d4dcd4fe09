#include "ota-server/store/holdings.h"

/* The card counts once for each different bank that it is bound to, and once for any bank; within
 * its region, and within any. */
static enum store_error add(struct store_tx *tx, const char *card, int64_t more)
{
    struct sql q = sql_on(tx, "INSERT INTO holding (region, bank, cards)"
                              " SELECT DISTINCT iif(r.any, '', c.region), iif(b.any, '', bank), ?2"
                              " FROM binding JOIN card AS c ON c.id = binding.card,"
                              " (SELECT 0 AS any UNION ALL SELECT 1) AS r,"
                              " (SELECT 0 AS any UNION ALL SELECT 1) AS b"
                              " WHERE binding.card = ?1 AND bank IS NOT NULL"
                              " ON CONFLICT DO UPDATE SET cards = cards + ?2");
    sql_put_text(&q, card);
    sql_put_int(&q, more);
    return sql_run(&q);
}

enum store_error holding_take_out(struct store_tx *tx, const char *card)
{
    return add(tx, card, -1);
}

enum store_error holding_put_in(struct store_tx *tx, const char *card)
{
    return add(tx, card, 1);
}

enum store_error store_holding_count(struct store_tx *tx, const char *region, const char *bank,
                                     int64_t *cards)
{
    *cards = 0;
    struct sql q = sql_on(tx, "SELECT cards FROM holding WHERE region = ? AND bank = ?");
    sql_put_text(&q, region == NULL ? "" : region);
    sql_put_text(&q, bank == NULL ? "" : bank);
    if (sql_row(&q))
        *cards = sql_get_int(&q);
    return sql_end(&q);
}
