#include "ota-server/store/sql.h"

#include <string.h>

static enum store_error write_one(struct store_tx *tx, const char *operation, size_t position,
                                  const struct store_finding *finding)
{
    struct sql q = sql_on(tx, "INSERT INTO finding (operation, position, kind, aid, product)"
                              " VALUES (?, ?, ?, ?, ?)");
    sql_put_text(&q, operation);
    sql_put_int(&q, (int64_t)position);
    sql_put_int(&q, finding->kind);
    sql_put_text(&q, finding->aid);
    sql_put_text(&q, finding->product);
    return sql_run(&q);
}

enum store_error store_finding_replace(struct store_tx *tx, const char *operation,
                                       const struct store_finding *findings, size_t count)
{
    struct sql clear = sql_on(tx, "DELETE FROM finding WHERE operation = ?");
    sql_put_text(&clear, operation);
    STORE_TRY(sql_run(&clear));
    for (size_t i = 0; i < count; i++)
        STORE_TRY(write_one(tx, operation, i, &findings[i]));
    return STORE_OK;
}

enum store_error store_finding_list(struct store_tx *tx, const char *operation,
                                    struct store_finding *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT kind, aid, product FROM finding WHERE operation = ?"
                              " ORDER BY position");
    sql_put_text(&q, operation);
    while (*count < cap && sql_row(&q)) {
        struct store_finding *finding = &out[(*count)++];
        memset(finding, 0, sizeof *finding);
        finding->kind = sql_get_enum(&q, STORE_FINDING_KINDS);
        sql_get_text(&q, finding->aid, sizeof finding->aid);
        sql_get_text(&q, finding->product, sizeof finding->product);
    }
    return sql_end(&q);
}
