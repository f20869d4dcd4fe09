#include "ota-server/store/sql.h"

#include "scp/crypto/hash.h"

#include <string.h>

#define COLUMNS "bank, aid, version, length(load_file), load_file_sha256, cap_sha256, created_ms"

static void read_package(struct sql *q, struct store_package *out)
{
    memset(out, 0, sizeof *out);
    sql_get_text(q, out->bank, sizeof out->bank);
    sql_get_text(q, out->aid, sizeof out->aid);
    sql_get_text(q, out->version, sizeof out->version);
    out->load_file_size = (size_t)sql_get_int(q);
    sql_get_fixed(q, out->load_file_sha256, sizeof out->load_file_sha256);
    sql_get_fixed(q, out->cap_sha256, sizeof out->cap_sha256);
    out->created_ms = sql_get_int(q);
}

static enum store_error read_modules(struct store_tx *tx, struct store_package *out)
{
    struct sql q = sql_on(tx, "SELECT module FROM package_module WHERE bank = ? AND aid = ?"
                              " ORDER BY position");
    sql_put_text(&q, out->bank);
    sql_put_text(&q, out->aid);
    while (out->module_count < STORE_MODULES_MAX && sql_row(&q))
        sql_get_text(&q, out->modules[out->module_count++], sizeof out->modules[0]);
    return sql_end(&q);
}

static enum store_error write_modules(struct store_tx *tx, const struct store_package *package)
{
    struct sql clear = sql_on(tx, "DELETE FROM package_module WHERE bank = ? AND aid = ?");
    sql_put_text(&clear, package->bank);
    sql_put_text(&clear, package->aid);
    STORE_TRY(sql_run(&clear));
    for (size_t i = 0; i < package->module_count; i++) {
        struct sql q = sql_on(tx, "INSERT INTO package_module (bank, aid, position, module)"
                                  " VALUES (?, ?, ?, ?)");
        sql_put_text(&q, package->bank);
        sql_put_text(&q, package->aid);
        sql_put_int(&q, (int64_t)i);
        sql_put_text(&q, package->modules[i]);
        STORE_TRY(sql_run(&q));
    }
    return STORE_OK;
}

/* A published product is frozen, and so is the code it brings. */
static enum store_error refuse_change_in_use(struct store_tx *tx,
                                             const struct store_package *package)
{
    struct sql q = sql_on(tx, "SELECT 1 FROM product JOIN package"
                              " ON package.bank = product.bank AND package.aid = product.package"
                              " WHERE product.bank = ? AND product.package = ?"
                              " AND product.version > 0 AND package.load_file_sha256 <> ? LIMIT 1");
    sql_put_text(&q, package->bank);
    sql_put_text(&q, package->aid);
    sql_put_bytes(&q, SCP_BYTES(package->load_file_sha256));
    bool in_use = sql_row(&q);
    STORE_TRY(sql_end(&q));
    return in_use ? store_fail(tx, STORE_CONFLICT,
                               "a published product uses this package with another load file")
                  : STORE_OK;
}

enum store_error store_package_put(struct store_tx *tx, struct store_package *package,
                                   struct scp_bytes load_file)
{
    if (package->module_count > STORE_MODULES_MAX || load_file.len > STORE_BLOB_MAX)
        return store_fail(tx, STORE_INVALID, "the package is too large");
    if (scp_sha256(load_file, package->load_file_sha256) != SCP_OK)
        return store_fail(tx, STORE_IO, "the load file could not be hashed");
    STORE_TRY(refuse_change_in_use(tx, package));
    package->load_file_size = load_file.len;
    package->created_ms = store_now_ms(tx);
    struct sql q =
        sql_on(tx, "INSERT INTO package (bank, aid, version, load_file_sha256, cap_sha256,"
                   " created_ms, load_file) VALUES (?, ?, ?, ?, ?, ?, ?)"
                   " ON CONFLICT (bank, aid) DO UPDATE SET version = excluded.version,"
                   " load_file_sha256 = excluded.load_file_sha256,"
                   " cap_sha256 = excluded.cap_sha256, created_ms = excluded.created_ms,"
                   " load_file = excluded.load_file");
    sql_put_text(&q, package->bank);
    sql_put_text(&q, package->aid);
    sql_put_text(&q, package->version);
    sql_put_bytes(&q, SCP_BYTES(package->load_file_sha256));
    sql_put_bytes(&q, SCP_BYTES(package->cap_sha256));
    sql_put_int(&q, package->created_ms);
    sql_put_bytes(&q, load_file);
    STORE_TRY(sql_run(&q));
    return write_modules(tx, package);
}

enum store_error store_package_get(struct store_tx *tx, const char *bank, const char *aid,
                                   struct store_package *out)
{
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM package WHERE bank = ? AND aid = ?");
    sql_put_text(&q, bank);
    sql_put_text(&q, aid);
    if (sql_row(&q))
        read_package(&q, out);
    STORE_TRY(sql_end_found(&q));
    return read_modules(tx, out);
}

enum store_error store_package_by_aid(struct store_tx *tx, const char *aid,
                                      struct store_package *out)
{
    struct sql q =
        sql_on(tx, "SELECT " COLUMNS " FROM package WHERE aid = ? ORDER BY bank LIMIT 1");
    sql_put_text(&q, aid);
    if (sql_row(&q))
        read_package(&q, out);
    STORE_TRY(sql_end_found(&q));
    return read_modules(tx, out);
}

enum store_error store_package_load_file(struct store_tx *tx, const char *bank, const char *aid,
                                         struct store_blob *out)
{
    *out = (struct store_blob){NULL, 0};
    struct sql q = sql_on(tx, "SELECT load_file FROM package WHERE bank = ? AND aid = ?");
    sql_put_text(&q, bank);
    sql_put_text(&q, aid);
    if (sql_row(&q))
        sql_get_blob(&q, out);
    return sql_end_found(&q);
}

enum store_error store_package_list(struct store_tx *tx, const char *bank, const char *after,
                                    struct store_package *out, size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT " COLUMNS " FROM package WHERE bank = ? AND aid > ?"
                              " ORDER BY aid LIMIT ?");
    sql_put_text(&q, bank);
    sql_put_text(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_package(&q, &out[(*count)++]);
    STORE_TRY(sql_end(&q));
    for (size_t i = 0; i < *count; i++)
        STORE_TRY(read_modules(tx, &out[i]));
    return STORE_OK;
}
