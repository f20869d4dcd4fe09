#include "ota-server/store/sql.h"

#include <string.h>

static enum store_error write_keys(struct store_tx *tx, const struct store_domain *domain)
{
    struct sql clear = sql_on(tx, "DELETE FROM domain_key WHERE bank = ?");
    sql_put_text(&clear, domain->bank);
    STORE_TRY(sql_run(&clear));
    for (size_t i = 0; i < domain->key_count; i++) {
        struct sql q = sql_on(tx, "INSERT INTO domain_key (bank, profile, label) VALUES (?, ?, ?)");
        sql_put_text(&q, domain->bank);
        sql_put_text(&q, domain->keys[i].profile);
        sql_put_text(&q, domain->keys[i].label);
        STORE_TRY(sql_run(&q));
    }
    return STORE_OK;
}

enum store_error store_domain_put(struct store_tx *tx, const struct store_domain *domain)
{
    struct sql q = sql_on(tx, "INSERT INTO domain (bank, aid, management) VALUES (?, ?, ?)"
                              " ON CONFLICT (bank) DO UPDATE SET aid = excluded.aid,"
                              " management = excluded.management");
    sql_put_text(&q, domain->bank);
    sql_put_text(&q, domain->aid);
    sql_put_int(&q, domain->management);
    STORE_TRY(sql_run(&q));
    return write_keys(tx, domain);
}

enum store_error store_domain_by_aid(struct store_tx *tx, const char *aid, struct store_domain *out)
{
    char bank[STORE_SLUG_SIZE] = "";
    struct sql q = sql_on(tx, "SELECT bank FROM domain WHERE aid = ?");
    sql_put_text(&q, aid);
    if (sql_row(&q))
        sql_get_text(&q, bank, sizeof bank);
    STORE_TRY(sql_end_found(&q));
    return store_domain_get(tx, bank, out);
}

enum store_error store_domain_get(struct store_tx *tx, const char *bank, struct store_domain *out)
{
    memset(out, 0, sizeof *out);
    struct sql q = sql_on(tx, "SELECT bank, aid, management FROM domain WHERE bank = ?");
    sql_put_text(&q, bank);
    if (sql_row(&q)) {
        sql_get_text(&q, out->bank, sizeof out->bank);
        sql_get_text(&q, out->aid, sizeof out->aid);
        out->management = sql_get_enum(&q, STORE_MANAGEMENT_AUTHORIZED + 1);
    }
    STORE_TRY(sql_end_found(&q));
    struct sql keys =
        sql_on(tx, "SELECT profile, label FROM domain_key WHERE bank = ? ORDER BY profile");
    sql_put_text(&keys, bank);
    while (out->key_count < STORE_DOMAIN_KEYS_MAX && sql_row(&keys)) {
        struct store_domain_key *key = &out->keys[out->key_count++];
        sql_get_text(&keys, key->profile, sizeof key->profile);
        sql_get_text(&keys, key->label, sizeof key->label);
    }
    return sql_end(&keys);
}
