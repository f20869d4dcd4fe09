/* Statements: the store's only way to SQLite.
 *
 *     struct sql q = sql_on(tx, "SELECT name, etag FROM bank WHERE id = ?");
 *     sql_put_text(&q, id);
 *     if (sql_row(&q)) {
 *         sql_get_text(&q, out->name, sizeof out->name);
 *         out->etag = sql_get_int(&q);
 *     }
 *     return sql_end_found(&q);
 *
 * Parameters are put and columns are got in the order in which they stand. Errors stick, as with
 * struct scp_writer: after the first one nothing is done, and sql_end gives it. Every statement
 * must be ended. SQL texts are string constants: they are prepared once a connection. */
#ifndef OTA_SERVER_STORE_SQL_H
#define OTA_SERVER_STORE_SQL_H

#include "ota-server/store/store.h"

#include <sqlite3.h>

enum { SQL_CACHE_SLOTS = 256 }; /* a power of two, well above the number of statements */

/* One connection and its prepared statements. */
struct sql_connection {
    sqlite3 *db;
    struct {
        const char *text;
        sqlite3_stmt *statement;
    } cache[SQL_CACHE_SLOTS];
    struct sql_connection *next; /* in the list of idle ones */
};

struct store_tx {
    struct store *store;
    struct sql_connection *connection;
    enum store_mode mode;
    enum store_error failed; /* the error after which only a rollback is possible */
    struct store_problem problem;
};

/* Map SQLite's result code; STORE_OK for OK, ROW and DONE. */
enum store_error sql_error_of(int code);

/* Open a connection with the settings that the store relies on. */
STORE_MUST_USE enum store_error sql_connect(const char *path, struct sql_connection *connection,
                                            struct store_problem *problem);
void sql_disconnect(struct sql_connection *connection);
/* Run a text without parameters or result. */
STORE_MUST_USE enum store_error sql_exec(sqlite3 *db, const char *text,
                                         struct store_problem *problem);
/* The one integer that a text gives. */
STORE_MUST_USE enum store_error sql_exec_int(sqlite3 *db, const char *text, int64_t *out,
                                             struct store_problem *problem);

struct sql {
    struct store_tx *tx;
    sqlite3_stmt *statement;
    int parameter;
    int column;
    size_t rows;
    enum store_error error;
};

struct sql sql_on(struct store_tx *tx, const char *text);

void sql_put_int(struct sql *q, int64_t value);
/* NULL when the condition is false. */
void sql_put_int_if(struct sql *q, bool present, int64_t value);
void sql_put_text(struct sql *q, const char *text);
/* NULL for "" and for NULL. */
void sql_put_text_or_null(struct sql *q, const char *text);
void sql_put_bytes(struct sql *q, struct scp_bytes bytes);

/* Advance to the next row; false at the end and after an error. */
bool sql_row(struct sql *q);
int64_t sql_get_int(struct sql *q);
/* Whether the column has a value, which is stored; 0 when not. */
bool sql_get_int_if(struct sql *q, int64_t *value);
/* A number of an enum with `count` values; CORRUPT above. */
int sql_get_enum(struct sql *q, int count);
/* "" for NULL; CORRUPT when it does not fit. */
void sql_get_text(struct sql *q, char *to, size_t cap);
/* Exactly `len` bytes, zeros for NULL; CORRUPT for another length. */
void sql_get_fixed(struct sql *q, uint8_t *to, size_t len);
/* At most `cap` bytes. */
size_t sql_get_bytes(struct sql *q, uint8_t *to, size_t cap);
/* Text or bytes of any length. */
void sql_get_blob(struct sql *q, struct store_blob *out);

/* Finish: the statement's error. */
STORE_MUST_USE enum store_error sql_end(struct sql *q);
/* As sql_end, and NOT_FOUND when there was no row. */
STORE_MUST_USE enum store_error sql_end_found(struct sql *q);
/* Run a statement that gives no row, and finish. */
STORE_MUST_USE enum store_error sql_run(struct sql *q);
/* As sql_run, and NOT_FOUND when it changed nothing. */
STORE_MUST_USE enum store_error sql_run_found(struct sql *q);

/* Note an error that this room found itself, with a constant text; gives it back. */
STORE_MUST_USE enum store_error store_fail(struct store_tx *tx, enum store_error error,
                                           const char *text);
int64_t store_now_ms(const struct store_tx *tx);
/* A random id, unless the record brings one. */
void store_new_id(struct store_tx *tx, char id[STORE_ID_SIZE]);
/* The bank's part of "BANK/PRODUCT"; "" for "". INVALID for any other form. */
STORE_MUST_USE enum store_error store_bank_of(struct store_tx *tx, const char *product,
                                              char bank[STORE_SLUG_SIZE]);

#endif
