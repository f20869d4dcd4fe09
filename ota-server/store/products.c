#include "ota-server/store/sql.h"

#include <string.h>

#define COLUMNS                                                                          \
    "bank, id, version, role, package, module, instance, privileges, parameters, label," \
    " priority, created_ms"

/* The version that a request means, as an SQL condition over :bank, :id and :version. */
#define WHERE_VERSION                           \
    " FROM product WHERE bank = ?1 AND id = ?2" \
    " AND (version = ?3 OR (?3 = -1 AND version > 0)) ORDER BY version DESC LIMIT 1"

static void read_product(struct sql *q, struct store_product *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->bank, sizeof out->bank);
    sql_get_text(q, out->id, sizeof out->id);
    out->version = (int32_t)sql_get_int(q);
    out->status = out->version > 0 ? STORE_PRODUCT_PUBLISHED : STORE_PRODUCT_DRAFT;
    sql_get_text(q, out->role, sizeof out->role);
    sql_get_text(q, out->package, sizeof out->package);
    sql_get_text(q, out->module, sizeof out->module);
    sql_get_text(q, out->instance, sizeof out->instance);
    sql_get_fixed(q, out->privileges, sizeof out->privileges);
    out->parameters_len = sql_get_bytes(q, out->parameters, sizeof out->parameters);
    sql_get_text(q, out->label, sizeof out->label);
    out->priority = (uint8_t)sql_get_int(q);
    out->created_ms = sql_get_int(q);
}

enum store_error store_product_put_draft(struct store_tx *tx, struct store_product *product,
                                         const char *personalisation)
{
    if (product->parameters_len > STORE_PARAMETERS_MAX)
        return store_fail(tx, STORE_INVALID, "the install parameters are too long");
    product->version = STORE_VERSION_DRAFT;
    product->status = STORE_PRODUCT_DRAFT;
    product->created_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT OR REPLACE INTO product (" COLUMNS ", personalisation)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, product->bank);
    sql_put_text(&q, product->id);
    sql_put_int(&q, product->version);
    sql_put_text(&q, product->role);
    sql_put_text(&q, product->package);
    sql_put_text(&q, product->module);
    sql_put_text(&q, product->instance);
    sql_put_bytes(&q, SCP_BYTES(product->privileges));
    sql_put_bytes(&q, scp_bytes_of(product->parameters, product->parameters_len));
    sql_put_text(&q, product->label);
    sql_put_int(&q, product->priority);
    sql_put_int(&q, product->created_ms);
    sql_put_text(&q, personalisation);
    return sql_run(&q);
}

/* Instance AIDs are unique on a card, so two products never share one. */
static enum store_error refuse_taken_instance(struct store_tx *tx,
                                              const struct store_product *draft)
{
    struct sql q = sql_on(tx, "SELECT 1 FROM product WHERE instance = ? AND version > 0"
                              " AND NOT (bank = ? AND id = ?) LIMIT 1");
    sql_put_text(&q, draft->instance);
    sql_put_text(&q, draft->bank);
    sql_put_text(&q, draft->id);
    bool taken = sql_row(&q);
    STORE_TRY(sql_end(&q));
    return taken ? store_fail(tx, STORE_CONFLICT, "the instance AID belongs to another product")
                 : STORE_OK;
}

enum store_error store_product_publish(struct store_tx *tx, const char *bank, const char *id,
                                       struct store_product *out)
{
    struct store_package package = {0};
    STORE_TRY(store_product_get(tx, bank, id, STORE_VERSION_DRAFT, out));
    STORE_TRY(store_package_get(tx, bank, out->package, &package));
    STORE_TRY(refuse_taken_instance(tx, out));
    struct sql q = sql_on(tx, "UPDATE product SET created_ms = ?, version = 1 +"
                              " (SELECT max(version) FROM product WHERE bank = ?2 AND id = ?3)"
                              " WHERE bank = ?2 AND id = ?3 AND version = 0");
    sql_put_int(&q, store_now_ms(tx));
    sql_put_text(&q, bank);
    sql_put_text(&q, id);
    STORE_TRY(sql_run_found(&q));
    return store_product_get(tx, bank, id, STORE_VERSION_LATEST, out);
}

enum store_error store_product_get(struct store_tx *tx, const char *bank, const char *id,
                                   int32_t version, struct store_product *out)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS WHERE_VERSION);
    sql_put_text(&q, bank);
    sql_put_text(&q, id);
    sql_put_int(&q, version);
    if (sql_row(&q))
        read_product(&q, out);
    return sql_end_found(&q);
}

enum store_error store_product_personalisation(struct store_tx *tx, const char *bank,
                                               const char *id, int32_t version,
                                               struct store_blob *out)
{
    *out = (struct store_blob){NULL, 0};
    struct sql q = sql_on(tx, "SELECT personalisation" WHERE_VERSION);
    sql_put_text(&q, bank);
    sql_put_text(&q, id);
    sql_put_int(&q, version);
    if (sql_row(&q))
        sql_get_blob(&q, out);
    return sql_end_found(&q);
}

enum store_error store_product_by_instance(struct store_tx *tx, const char *instance,
                                           struct store_product *out)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM product WHERE instance = ? AND version > 0"
                              " ORDER BY version DESC LIMIT 1");
    sql_put_text(&q, instance);
    if (sql_row(&q))
        read_product(&q, out);
    return sql_end_found(&q);
}

enum store_error store_product_list(struct store_tx *tx, const char *bank, const char *after,
                                    struct store_product *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM product AS p WHERE bank = ? AND id > ?"
                              " AND version = (SELECT max(version) FROM product"
                              " WHERE bank = p.bank AND id = p.id) ORDER BY id LIMIT ?");
    sql_put_text(&q, bank);
    sql_put_text(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_product(&q, &out[(*count)++]);
    return sql_end(&q);
}
