#include "ota-server/store/sql.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_TIMEOUT_MS = 5000 };

/* ---- errors ------------------------------------------------------------------------------- */

static const struct {
    int code;
    enum store_error error;
} error_codes[] = {
    {SQLITE_OK, STORE_OK},
    {SQLITE_ROW, STORE_OK},
    {SQLITE_DONE, STORE_OK},
    {SQLITE_CONSTRAINT_UNIQUE, STORE_CONFLICT},
    {SQLITE_CONSTRAINT_PRIMARYKEY, STORE_CONFLICT},
    {SQLITE_CONSTRAINT_ROWID, STORE_CONFLICT},
    {SQLITE_CONSTRAINT_FOREIGNKEY, STORE_NOT_FOUND},
    {SQLITE_CONSTRAINT, STORE_INVALID},
    {SQLITE_TOOBIG, STORE_INVALID},
    {SQLITE_BUSY, STORE_BUSY},
    {SQLITE_LOCKED, STORE_BUSY},
    {SQLITE_FULL, STORE_FULL},
    {SQLITE_CORRUPT, STORE_CORRUPT},
    {SQLITE_NOTADB, STORE_CORRUPT},
    {SQLITE_NOMEM, STORE_NO_MEMORY},
};

enum store_error sql_error_of(int code)
{
    enum { COUNT = sizeof error_codes / sizeof error_codes[0], PRIMARY = 0xFF };
    for (size_t i = 0; i < COUNT; i++)
        if (error_codes[i].code == code)
            return error_codes[i].error;
    for (size_t i = 0; i < COUNT; i++)
        if (error_codes[i].code == (code & PRIMARY))
            return error_codes[i].error;
    return STORE_IO;
}

/* Errors after which the transaction still stands. */
static bool is_harmless(enum store_error error)
{
    return error == STORE_OK || error == STORE_NOT_FOUND || error == STORE_CONFLICT ||
           error == STORE_STALE || error == STORE_INVALID;
}

static enum store_error note(struct store_problem *problem, sqlite3 *db, int code)
{
    enum store_error error = sql_error_of(code);
    if (error == STORE_OK)
        return STORE_OK;
    problem->error = error;
    snprintf(problem->text, sizeof problem->text, "%s: %s", store_error_text(error),
             db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    return error;
}

enum store_error store_fail(struct store_tx *tx, enum store_error error, const char *text)
{
    tx->problem.error = error;
    snprintf(tx->problem.text, sizeof tx->problem.text, "%s", text);
    if (!is_harmless(error))
        tx->failed = error;
    return error;
}

static void fail(struct sql *q, int code)
{
    if (q->error != STORE_OK)
        return;
    q->error = note(&q->tx->problem, q->tx->connection->db, code);
    if (!is_harmless(q->error))
        q->tx->failed = q->error;
}

static void fail_corrupt(struct sql *q, const char *text)
{
    if (q->error == STORE_OK)
        q->error = store_fail(q->tx, STORE_CORRUPT, text);
}

/* ---- connections -------------------------------------------------------------------------- */

enum store_error sql_exec(sqlite3 *db, const char *text, struct store_problem *problem)
{
    return note(problem, db, sqlite3_exec(db, text, NULL, NULL, NULL));
}

enum store_error sql_exec_int(sqlite3 *db, const char *text, int64_t *out,
                              struct store_problem *problem)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    enum store_error error = note(problem, db, code);
    sqlite3_finalize(statement);
    return error;
}

enum store_error sql_connect(const char *path, struct sql_connection *connection,
                             struct store_problem *problem)
{
    memset(connection, 0, sizeof *connection);
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path, &connection->db, flags, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(connection->db, BUSY_TIMEOUT_MS);
    STORE_TRY(note(problem, connection->db, code));
    return sql_exec(connection->db,
                    "PRAGMA journal_mode = WAL;"
                    "PRAGMA synchronous = FULL;"
                    "PRAGMA foreign_keys = ON;"
                    "PRAGMA trusted_schema = OFF;"
                    "PRAGMA secure_delete = ON;",
                    problem);
}

void sql_disconnect(struct sql_connection *connection)
{
    for (size_t i = 0; i < SQL_CACHE_SLOTS; i++)
        sqlite3_finalize(connection->cache[i].statement);
    sqlite3_close(connection->db);
    memset(connection, 0, sizeof *connection);
}

/* The prepared form of a text, from the connection's cache: open addressing over the address of the
 * text, which is a string constant. */
static sqlite3_stmt *prepared(struct sql *q, const char *text)
{
    struct sql_connection *connection = q->tx->connection;
    size_t slot = ((uintptr_t)text >> 3) % SQL_CACHE_SLOTS;
    size_t probes = 0;
    while (connection->cache[slot].text != NULL && connection->cache[slot].text != text) {
        slot = (slot + 1) % SQL_CACHE_SLOTS;
        probes++;
        assert(probes < SQL_CACHE_SLOTS);
    }
    if (connection->cache[slot].text == NULL) {
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v3(connection->db, text, -1, SQLITE_PREPARE_PERSISTENT,
                                      &statement, NULL);
        if (code != SQLITE_OK) {
            fail(q, code);
            return NULL;
        }
        connection->cache[slot].text = text;
        connection->cache[slot].statement = statement;
    }
    return connection->cache[slot].statement;
}

/* ---- statements --------------------------------------------------------------------------- */

struct sql sql_on(struct store_tx *tx, const char *text)
{
    struct sql q = {.tx = tx, .error = tx->failed};
    if (q.error == STORE_OK)
        q.statement = prepared(&q, text);
    if (q.statement != NULL) {
        assert(!sqlite3_stmt_busy(q.statement));
        assert(tx->mode == STORE_WRITE || sqlite3_stmt_readonly(q.statement));
    }
    return q;
}

static void put(struct sql *q, int code)
{
    if (code != SQLITE_OK)
        fail(q, code);
}

void sql_put_int(struct sql *q, int64_t value)
{
    if (q->error == STORE_OK)
        put(q, sqlite3_bind_int64(q->statement, ++q->parameter, value));
}

void sql_put_int_if(struct sql *q, bool present, int64_t value)
{
    if (present)
        sql_put_int(q, value);
    else if (q->error == STORE_OK)
        put(q, sqlite3_bind_null(q->statement, ++q->parameter));
}

void sql_put_text(struct sql *q, const char *text)
{
    if (q->error == STORE_OK)
        put(q, sqlite3_bind_text(q->statement, ++q->parameter, text, -1, SQLITE_TRANSIENT));
}

void sql_put_text_or_null(struct sql *q, const char *text)
{
    if (text != NULL && text[0] != '\0')
        sql_put_text(q, text);
    else if (q->error == STORE_OK)
        put(q, sqlite3_bind_null(q->statement, ++q->parameter));
}

void sql_put_bytes(struct sql *q, struct scp_bytes bytes)
{
    const void *ptr = bytes.len > 0 ? (const void *)bytes.ptr : (const void *)"";
    if (q->error == STORE_OK)
        put(q, sqlite3_bind_blob64(q->statement, ++q->parameter, ptr, bytes.len, SQLITE_TRANSIENT));
}

bool sql_row(struct sql *q)
{
    if (q->error != STORE_OK)
        return false;
    int code = sqlite3_step(q->statement);
    q->column = 0;
    if (code == SQLITE_ROW) {
        q->rows++;
        return true;
    }
    if (code != SQLITE_DONE)
        fail(q, code);
    return false;
}

int64_t sql_get_int(struct sql *q)
{
    return q->error == STORE_OK ? sqlite3_column_int64(q->statement, q->column++) : 0;
}

bool sql_get_int_if(struct sql *q, int64_t *value)
{
    bool present =
        q->error == STORE_OK && sqlite3_column_type(q->statement, q->column) != SQLITE_NULL;
    *value = sql_get_int(q);
    return present;
}

int sql_get_enum(struct sql *q, int count)
{
    int64_t value = sql_get_int(q);
    if (value >= 0 && value < count)
        return (int)value;
    fail_corrupt(q, "a record has a status that this program does not know");
    return 0;
}

void sql_get_text(struct sql *q, char *to, size_t cap)
{
    to[0] = '\0';
    if (q->error != STORE_OK)
        return;
    const char *text = (const char *)sqlite3_column_text(q->statement, q->column++);
    if (text == NULL)
        return;
    size_t len = strlen(text);
    if (len < cap)
        memcpy(to, text, len + 1);
    else
        fail_corrupt(q, "a text in the database is longer than its field");
}

void sql_get_fixed(struct sql *q, uint8_t *to, size_t len)
{
    memset(to, 0, len);
    if (q->error != STORE_OK)
        return;
    bool is_null = sqlite3_column_type(q->statement, q->column) == SQLITE_NULL;
    if (sql_get_bytes(q, to, len) != len && !is_null)
        fail_corrupt(q, "a value in the database has another length than its field");
}

size_t sql_get_bytes(struct sql *q, uint8_t *to, size_t cap)
{
    if (q->error != STORE_OK)
        return 0;
    const void *bytes = sqlite3_column_blob(q->statement, q->column);
    size_t len = (size_t)sqlite3_column_bytes(q->statement, q->column);
    q->column++;
    if (len > cap) {
        fail_corrupt(q, "a value in the database is longer than its field");
        return 0;
    }
    if (len > 0)
        memcpy(to, bytes, len);
    return len;
}

void sql_get_blob(struct sql *q, struct store_blob *out)
{
    memset(out, 0, sizeof *out);
    if (q->error != STORE_OK)
        return;
    const void *bytes = sqlite3_column_blob(q->statement, q->column);
    size_t len = (size_t)sqlite3_column_bytes(q->statement, q->column);
    q->column++;
    out->ptr = malloc(len + 1);
    if (out->ptr == NULL) {
        q->error = store_fail(q->tx, STORE_NO_MEMORY, store_error_text(STORE_NO_MEMORY));
        return;
    }
    if (len > 0)
        memcpy(out->ptr, bytes, len);
    out->ptr[len] = '\0';
    out->len = len;
}

enum store_error sql_end(struct sql *q)
{
    if (q->statement != NULL) {
        sqlite3_reset(q->statement); /* repeats the error that sql_row has noted */
        sqlite3_clear_bindings(q->statement);
    }
    return q->error;
}

enum store_error sql_end_found(struct sql *q)
{
    enum store_error error = sql_end(q);
    if (error == STORE_OK && q->rows == 0)
        return store_fail(q->tx, STORE_NOT_FOUND, store_error_text(STORE_NOT_FOUND));
    return error;
}

enum store_error sql_run(struct sql *q)
{
    bool has_row = sql_row(q);
    assert(!has_row);
    (void)has_row;
    return sql_end(q);
}

enum store_error sql_run_found(struct sql *q)
{
    STORE_TRY(sql_run(q));
    if (sqlite3_changes(q->tx->connection->db) == 0)
        return store_fail(q->tx, STORE_NOT_FOUND, store_error_text(STORE_NOT_FOUND));
    return STORE_OK;
}
