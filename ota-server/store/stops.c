#include "ota-server/store/sql.h"

#include <string.h>

#define SELECT                                                                                 \
    "SELECT sequence, id, bank, region, reason, principal, person, made_ms, until_ms, lifter," \
    " lifter_person, lifted_ms FROM policy_stop"

static void read_stop(struct sql *q, struct store_stop *out)
{
    memset(out, 0, sizeof *out);
    out->sequence = sql_get_int(q);
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->bank, sizeof out->bank);
    sql_get_text(q, out->region, sizeof out->region);
    sql_get_text(q, out->reason, sizeof out->reason);
    sql_get_text(q, out->principal, sizeof out->principal);
    sql_get_text(q, out->person, sizeof out->person);
    out->made_ms = sql_get_int(q);
    out->until_ms = sql_get_int(q);
    sql_get_text(q, out->lifter, sizeof out->lifter);
    sql_get_text(q, out->lifter_person, sizeof out->lifter_person);
    out->lifted_ms = sql_get_int(q);
}

enum store_error store_stop_add(struct store_tx *tx, struct store_stop *stop)
{
    if (stop->bank[0] == '\0' && stop->region[0] == '\0')
        return store_fail(tx, STORE_INVALID, "a stop is about a bank or a region");
    store_new_id(tx, stop->id);
    stop->made_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT INTO policy_stop (id, bank, region, reason, principal,"
                              " person, made_ms, until_ms, lifter, lifter_person, lifted_ms)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', 0)");
    sql_put_text(&q, stop->id);
    sql_put_text_or_null(&q, stop->bank);
    sql_put_text_or_null(&q, stop->region);
    sql_put_text(&q, stop->reason);
    sql_put_text(&q, stop->principal);
    sql_put_text(&q, stop->person);
    sql_put_int(&q, stop->made_ms);
    sql_put_int(&q, stop->until_ms);
    STORE_TRY(sql_run(&q));
    stop->sequence = sqlite3_last_insert_rowid(tx->connection->db);
    return STORE_OK;
}

enum store_error store_stop_lift(struct store_tx *tx, const char *id, const struct store_person *by)
{
    struct store_stop stop = {.sequence = 0};
    STORE_TRY(store_stop_get(tx, id, &stop));
    if (by->person[0] == '\0')
        return store_fail(tx, STORE_INVALID, "nobody stands behind this principal");
    if (stop.lifted_ms != 0)
        return store_fail(tx, STORE_INVALID, "the stop was lifted before");
    if (strcmp(stop.principal, by->principal) == 0 || strcmp(stop.person, by->person) == 0)
        return store_fail(tx, STORE_CONFLICT, "a second person lifts a stop");
    struct sql q = sql_on(tx, "UPDATE policy_stop SET lifter = ?, lifter_person = ?, lifted_ms = ?"
                              " WHERE id = ?");
    sql_put_text(&q, by->principal);
    sql_put_text(&q, by->person);
    sql_put_int(&q, store_now_ms(tx));
    sql_put_text(&q, id);
    return sql_run_found(&q);
}

enum store_error store_stop_get(struct store_tx *tx, const char *id, struct store_stop *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE id = ?");
    sql_put_text(&q, id);
    if (sql_row(&q))
        read_stop(&q, out);
    return sql_end_found(&q);
}

enum store_error store_stop_standing(struct store_tx *tx, const char *bank, const char *region,
                                     struct store_stop *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE lifted_ms = 0 AND (until_ms = 0 OR until_ms > ?1)"
                                     " AND (bank IS NULL OR bank = ?2)"
                                     " AND (region IS NULL OR region = ?3)"
                                     " ORDER BY sequence LIMIT 1");
    sql_put_int(&q, store_now_ms(tx));
    sql_put_text(&q, bank);
    sql_put_text(&q, region);
    if (sql_row(&q))
        read_stop(&q, out);
    return sql_end_found(&q);
}

enum store_error store_stop_list(struct store_tx *tx, int64_t after, struct store_stop *out,
                                 size_t cap, size_t *count)
{
    *count = 0;
    struct sql q =
        sql_on(tx, SELECT " WHERE ?1 = 0 OR sequence < ?1 ORDER BY sequence DESC LIMIT ?2");
    sql_put_int(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_stop(&q, &out[(*count)++]);
    return sql_end(&q);
}

enum store_error store_stop_outstanding(struct store_tx *tx, const struct store_stop *stop,
                                        char (*operations)[STORE_ID_SIZE], size_t cap,
                                        size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT o.id FROM operation AS o JOIN card AS c ON c.id = o.card"
                              " WHERE o.state <= 1 AND o.kind IN (?1, ?2) AND o.bank IS NOT NULL"
                              " AND (?3 IS NULL OR o.bank = ?3) AND (?4 IS NULL OR c.region = ?4)"
                              " LIMIT ?5");
    sql_put_int(&q, STORE_OPERATION_BIND);
    sql_put_int(&q, STORE_OPERATION_SWITCH);
    sql_put_text_or_null(&q, stop->bank);
    sql_put_text_or_null(&q, stop->region);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        sql_get_text(&q, operations[(*count)++], STORE_ID_SIZE);
    return sql_end(&q);
}
