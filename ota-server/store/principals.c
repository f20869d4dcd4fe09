#include "ota-server/store/sql.h"

#include <string.h>

#define COLUMNS "id, fingerprint, kind, tenant, person, name, status, created_ms"

static void read_principal(struct sql *q, struct store_principal *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_fixed(q, out->fingerprint, sizeof out->fingerprint);
    out->kind = sql_get_enum(q, STORE_PRINCIPAL_AUDITOR + 1);
    sql_get_text(q, out->tenant, sizeof out->tenant);
    sql_get_text(q, out->person, sizeof out->person);
    sql_get_text(q, out->name, sizeof out->name);
    out->status = sql_get_enum(q, STORE_PRINCIPAL_DISABLED + 1);
    out->created_ms = sql_get_int(q);
}

enum store_error store_principal_add(struct store_tx *tx, struct store_principal *principal)
{
    store_new_id(tx, principal->id);
    principal->created_ms = store_now_ms(tx);
    struct sql q =
        sql_on(tx, "INSERT INTO principal (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, principal->id);
    sql_put_bytes(&q, SCP_BYTES(principal->fingerprint));
    sql_put_int(&q, principal->kind);
    sql_put_text(&q, principal->tenant);
    sql_put_text(&q, principal->person);
    sql_put_text(&q, principal->name);
    sql_put_int(&q, principal->status);
    sql_put_int(&q, principal->created_ms);
    return sql_run(&q);
}

enum store_error store_principal_get(struct store_tx *tx, const char *id,
                                     struct store_principal *out)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM principal WHERE id = ?");
    sql_put_text(&q, id);
    if (sql_row(&q))
        read_principal(&q, out);
    return sql_end_found(&q);
}

enum store_error store_principal_by_fingerprint(struct store_tx *tx, const uint8_t fingerprint[32],
                                                struct store_principal *out)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM principal WHERE fingerprint = ?");
    sql_put_bytes(&q, scp_bytes_of(fingerprint, sizeof out->fingerprint));
    if (sql_row(&q))
        read_principal(&q, out);
    return sql_end_found(&q);
}

enum store_error store_principal_disable(struct store_tx *tx, const char *id)
{
    struct sql q = sql_on(tx, "UPDATE principal SET status = ? WHERE id = ?");
    sql_put_int(&q, STORE_PRINCIPAL_DISABLED);
    sql_put_text(&q, id);
    return sql_run_found(&q);
}

enum store_error store_principal_list(struct store_tx *tx, const char *after,
                                      struct store_principal *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM principal WHERE id > ? ORDER BY id LIMIT ?");
    sql_put_text(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_principal(&q, &out[(*count)++]);
    return sql_end(&q);
}
