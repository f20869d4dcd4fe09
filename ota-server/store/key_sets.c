#include "ota-server/store/sql.h"

#include <string.h>

#define COLUMNS                                                                        \
    "card, security_domain, kvn, label, diversification_data, counter, counter_shown," \
    " unused_from, failures, standing"
#define WHERE_REF " WHERE card = ? AND security_domain = ? AND kvn = ?"

static void put_ref(struct sql *q, const struct store_key_set_ref *ref)
{
    sql_put_text(q, ref->card);
    sql_put_text(q, ref->security_domain);
    sql_put_int(q, ref->kvn);
}

static void read_key_set(struct sql *q, struct store_key_set *out)
{
    int64_t counter = 0;
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->card, sizeof out->card);
    sql_get_text(q, out->security_domain, sizeof out->security_domain);
    out->kvn = (uint8_t)sql_get_int(q);
    sql_get_text(q, out->label, sizeof out->label);
    sql_get_fixed(q, out->diversification_data, sizeof out->diversification_data);
    out->counter_known = sql_get_int_if(q, &counter);
    out->counter = (uint32_t)counter;
    out->counter_shown = sql_get_int(q) != 0;
    out->unused_from = (uint32_t)sql_get_int(q);
    out->failures = (uint32_t)sql_get_int(q);
    out->standing = sql_get_enum(q, STORE_KEYS_COMING + 1);
}

enum store_error store_key_set_put(struct store_tx *tx, const struct store_key_set *set)
{
    /* Not INSERT OR REPLACE, whose deletion would take the reported failures along. */
    struct sql q =
        sql_on(tx, "INSERT INTO key_set (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                   " ON CONFLICT (card, security_domain, kvn) DO UPDATE SET"
                   " label = excluded.label, counter = excluded.counter,"
                   " diversification_data = excluded.diversification_data,"
                   " counter_shown = excluded.counter_shown,"
                   " unused_from = excluded.unused_from, standing = excluded.standing");
    sql_put_text(&q, set->card);
    sql_put_text(&q, set->security_domain);
    sql_put_int(&q, set->kvn);
    sql_put_text(&q, set->label);
    sql_put_bytes(&q, SCP_BYTES(set->diversification_data));
    sql_put_int_if(&q, set->counter_known, set->counter);
    sql_put_int(&q, set->counter_shown);
    sql_put_int(&q, set->unused_from);
    sql_put_int(&q, set->failures);
    sql_put_int(&q, set->standing);
    return sql_run(&q);
}

enum store_error store_key_set_get(struct store_tx *tx, const struct store_key_set_ref *ref,
                                   struct store_key_set *out)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM key_set" WHERE_REF);
    put_ref(&q, ref);
    if (sql_row(&q))
        read_key_set(&q, out);
    return sql_end_found(&q);
}

enum store_error store_key_set_delete(struct store_tx *tx, const struct store_key_set_ref *ref)
{
    struct sql q = sql_on(tx, "DELETE FROM key_set" WHERE_REF);
    put_ref(&q, ref);
    return sql_run_found(&q);
}

enum store_error store_key_set_list(struct store_tx *tx, const char *card,
                                    struct store_key_set *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM key_set WHERE card = ?"
                              " ORDER BY security_domain, kvn");
    sql_put_text(&q, card);
    while (*count < cap && sql_row(&q))
        read_key_set(&q, &out[(*count)++]);
    return sql_end(&q);
}

enum store_error store_key_set_set_counter(struct store_tx *tx, const struct store_key_set_ref *ref,
                                           uint32_t counter)
{
    struct sql q = sql_on(tx, "UPDATE key_set SET counter = ?, counter_shown = 1" WHERE_REF);
    sql_put_int(&q, counter);
    put_ref(&q, ref);
    return sql_run_found(&q);
}

enum store_error store_key_set_forget_counter(struct store_tx *tx,
                                              const struct store_key_set_ref *ref)
{
    struct sql q = sql_on(tx, "UPDATE key_set SET counter = NULL, counter_shown = 0" WHERE_REF);
    put_ref(&q, ref);
    return sql_run_found(&q);
}

enum store_error store_key_set_give_out(struct store_tx *tx, const struct store_key_set_ref *ref,
                                        uint32_t unused_from)
{
    struct sql q = sql_on(tx, "UPDATE key_set SET unused_from = max(unused_from, ?)" WHERE_REF);
    sql_put_int(&q, unused_from);
    put_ref(&q, ref);
    return sql_run_found(&q);
}

static enum store_error count_failures(struct store_tx *tx, const struct store_key_set_ref *ref)
{
    struct sql q = sql_on(tx, "UPDATE key_set SET failures = (SELECT count(*) FROM key_set_failure"
                              " WHERE key_set_failure.card = key_set.card"
                              " AND key_set_failure.security_domain = key_set.security_domain"
                              " AND key_set_failure.kvn = key_set.kvn)" WHERE_REF);
    put_ref(&q, ref);
    return sql_run_found(&q);
}

enum store_error store_key_set_add_failure(struct store_tx *tx, const struct store_key_set_ref *ref,
                                           const char *agent, uint32_t *failures)
{
    struct store_key_set set = {0};
    STORE_TRY(store_key_set_get(tx, ref, &set));
    struct sql q =
        sql_on(tx, "INSERT OR IGNORE INTO key_set_failure"
                   " (card, security_domain, kvn, agent, time_ms) VALUES (?, ?, ?, ?, ?)");
    put_ref(&q, ref);
    sql_put_text(&q, agent);
    sql_put_int(&q, store_now_ms(tx));
    STORE_TRY(sql_run(&q));
    STORE_TRY(count_failures(tx, ref));
    STORE_TRY(store_key_set_get(tx, ref, &set));
    *failures = set.failures;
    return STORE_OK;
}

enum store_error store_key_set_failed_at(struct store_tx *tx, const struct store_key_set_ref *ref,
                                         const char *agent, bool *failed)
{
    struct sql q = sql_on(tx, "SELECT 1 FROM key_set_failure" WHERE_REF " AND agent = ?");
    put_ref(&q, ref);
    sql_put_text(&q, agent);
    *failed = sql_row(&q);
    return sql_end(&q);
}

enum store_error store_key_set_clear_failures(struct store_tx *tx,
                                              const struct store_key_set_ref *ref)
{
    struct sql q = sql_on(tx, "DELETE FROM key_set_failure" WHERE_REF);
    put_ref(&q, ref);
    STORE_TRY(sql_run(&q));
    return count_failures(tx, ref);
}

/* ---- coming and going --------------------------------------------------------------------- */

enum store_error store_key_set_set_standing(struct store_tx *tx,
                                            const struct store_key_set_ref *ref,
                                            enum store_key_standing standing)
{
    struct sql q = sql_on(tx, "UPDATE key_set SET standing = ?" WHERE_REF);
    sql_put_int(&q, standing);
    put_ref(&q, ref);
    return sql_run_found(&q);
}

enum store_error store_key_set_retire(struct store_tx *tx, const struct store_key_set_ref *ref)
{
    struct sql q = sql_on(tx, "INSERT OR IGNORE INTO key_set_past (card, security_domain, label)"
                              " SELECT card, security_domain, label FROM key_set" WHERE_REF);
    put_ref(&q, ref);
    STORE_TRY(sql_run(&q));
    return store_key_set_delete(tx, ref);
}

enum store_error store_key_set_was_used(struct store_tx *tx, const struct store_key_set_ref *ref,
                                        const char *label, bool *used)
{
    struct sql q = sql_on(tx, "SELECT 1 FROM key_set_past WHERE card = ?1 AND security_domain = ?2"
                              " AND label = ?3 UNION SELECT 1 FROM key_set"
                              " WHERE card = ?1 AND security_domain = ?2 AND label = ?3");
    sql_put_text(&q, ref->card);
    sql_put_text(&q, ref->security_domain);
    sql_put_text(&q, label);
    *used = sql_row(&q);
    return sql_end(&q);
}

/* ---- changes of keys ---------------------------------------------------------------------- */

enum store_error store_rekey_add(struct store_tx *tx, const char *operation,
                                 const struct store_rekey *rekey)
{
    struct sql q = sql_on(tx, "INSERT INTO rekey (operation, security_domain, label, kvn)"
                              " VALUES (?, ?, ?, ?)");
    sql_put_text(&q, operation);
    sql_put_text(&q, rekey->security_domain);
    sql_put_text(&q, rekey->label);
    sql_put_int(&q, rekey->kvn);
    return sql_run(&q);
}

enum store_error store_rekey_get(struct store_tx *tx, const char *operation,
                                 struct store_rekey *out)
{
    memset(out, 0, sizeof *out);
    struct sql q = sql_on(tx, "SELECT security_domain, label, kvn FROM rekey WHERE operation = ?");
    sql_put_text(&q, operation);
    if (sql_row(&q)) {
        sql_get_text(&q, out->security_domain, sizeof out->security_domain);
        sql_get_text(&q, out->label, sizeof out->label);
        out->kvn = (uint8_t)sql_get_int(&q);
    }
    return sql_end_found(&q);
}
