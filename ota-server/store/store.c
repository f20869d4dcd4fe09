#include "ota-server/store/store.h"

#include "ota-server/store/migrations.h"
#include "ota-server/store/writer.h"
#include "scp/base/secret.h"
#include "scp/host/env.h"
#include "scp/host/file.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One connection writes, in turns, so that a transaction never fails because of another thread; WAL
 * lets the readers go on meanwhile. */
struct store {
    const struct rebind_env *env;
    struct writer writer;
    pthread_mutex_t readers_lock;
    pthread_cond_t reader_idle;
    struct sql_connection *idle;
    struct sql_connection readers[STORE_READERS];
};

static enum store_error no_memory(struct store_problem *problem)
{
    problem->error = STORE_NO_MEMORY;
    snprintf(problem->text, sizeof problem->text, "%s", store_error_text(STORE_NO_MEMORY));
    return STORE_NO_MEMORY;
}

/* The file is its owner's alone, and SQLite gives its companions the same mode. Whatever is wrong
 * with the path shows when SQLite opens it. */
static void create_private(const char *path)
{
    enum { OWNER_ONLY = 0600 };
    (void)!rebind_file_create(path, SCP_EMPTY, OWNER_ONLY, NULL);
}

static enum store_error connect_all(struct store *store, const char *path,
                                    struct store_problem *problem)
{
    create_private(path);
    STORE_TRY(sql_connect(path, &store->writer.connection, problem));
    STORE_TRY(migration_run(store->writer.connection.db, problem));
    for (size_t i = 0; i < STORE_READERS; i++) {
        struct sql_connection *reader = &store->readers[i];
        STORE_TRY(sql_connect(path, reader, problem));
        STORE_TRY(sql_exec(reader->db, "PRAGMA query_only = ON", problem));
        reader->next = store->idle;
        store->idle = reader;
    }
    return STORE_OK;
}

enum store_error store_open(const char *path, const struct rebind_env *env, struct store **out,
                            struct store_problem *problem)
{
    *out = NULL;
    *problem = (struct store_problem){STORE_OK, ""};
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return no_memory(problem);
    store->env = env;
    writer_init(&store->writer);
    pthread_mutex_init(&store->readers_lock, NULL);
    pthread_cond_init(&store->reader_idle, NULL);
    enum store_error error = connect_all(store, path, problem);
    if (error != STORE_OK) {
        store_close(store);
        return error;
    }
    *out = store;
    return STORE_OK;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < STORE_READERS; i++)
        sql_disconnect(&store->readers[i]);
    writer_fini(&store->writer);
    pthread_cond_destroy(&store->reader_idle);
    pthread_mutex_destroy(&store->readers_lock);
    free(store);
}

enum store_error store_limit_size(struct store *store, uint64_t bytes)
{
    struct store_problem problem;
    int64_t page_size = 0;
    writer_take(&store->writer);
    sqlite3 *db = store->writer.connection.db;
    enum store_error error = sql_exec_int(db, "PRAGMA page_size", &page_size, &problem);
    if (error == STORE_OK) {
        char text[64];
        uint64_t pages = bytes / (uint64_t)page_size;
        snprintf(text, sizeof text, "PRAGMA max_page_count = %" PRIu64,
                 pages > 0 ? pages : 1); /* 0 would change nothing */
        error = sql_exec(db, text, &problem);
    }
    writer_release(&store->writer);
    return error;
}

/* ---- transactions ------------------------------------------------------------------------- */

static struct sql_connection *acquire_reader(struct store *store)
{
    pthread_mutex_lock(&store->readers_lock);
    while (store->idle == NULL)
        pthread_cond_wait(&store->reader_idle, &store->readers_lock);
    struct sql_connection *reader = store->idle;
    store->idle = reader->next;
    pthread_mutex_unlock(&store->readers_lock);
    return reader;
}

static void release_reader(struct store *store, struct sql_connection *reader)
{
    pthread_mutex_lock(&store->readers_lock);
    reader->next = store->idle;
    store->idle = reader;
    pthread_cond_signal(&store->reader_idle);
    pthread_mutex_unlock(&store->readers_lock);
}

static enum store_error begin_reading(struct store_tx *tx)
{
    tx->connection = acquire_reader(tx->store);
    enum store_error error = sql_exec(tx->connection->db, "BEGIN", &tx->problem);
    if (error != STORE_OK)
        release_reader(tx->store, tx->connection);
    return error;
}

static enum store_error begin_writing(struct store_tx *tx)
{
    tx->connection = &tx->store->writer.connection;
    return writer_begin(&tx->store->writer, &tx->problem);
}

static void end_reading(struct store_tx *tx)
{
    struct store_problem ignored; /* a transaction that has read leaves nothing to undo */
    if (!sqlite3_get_autocommit(tx->connection->db))
        (void)!sql_exec(tx->connection->db, "ROLLBACK", &ignored);
    release_reader(tx->store, tx->connection);
}

enum store_error store_begin(struct store *store, enum store_mode mode, struct store_tx **out)
{
    *out = NULL;
    struct store_tx *tx = calloc(1, sizeof *tx);
    if (tx == NULL)
        return STORE_NO_MEMORY;
    tx->store = store;
    tx->mode = mode;
    enum store_error error = mode == STORE_WRITE ? begin_writing(tx) : begin_reading(tx);
    if (error == STORE_OK)
        *out = tx;
    else
        free(tx);
    return error;
}

enum store_error store_commit(struct store_tx *tx)
{
    enum store_error error = tx->failed;
    if (error != STORE_OK || tx->mode == STORE_READ) {
        store_rollback(tx);
        return error;
    }
    error = writer_commit(&tx->store->writer, &tx->problem);
    free(tx);
    return error;
}

void store_rollback(struct store_tx *tx)
{
    if (tx->mode == STORE_READ)
        end_reading(tx);
    else
        writer_rollback(&tx->store->writer, &tx->problem);
    free(tx);
}

enum store_error store_end(struct store_tx *tx, enum store_error error)
{
    if (error == STORE_OK)
        return store_commit(tx);
    store_rollback(tx);
    return error;
}

const struct store_problem *store_tx_problem(const struct store_tx *tx)
{
    return &tx->problem;
}

int64_t store_now_ms(const struct store_tx *tx)
{
    return (int64_t)rebind_now_ms(tx->store->env);
}

void store_new_id(struct store_tx *tx, char id[STORE_ID_SIZE])
{
    uint8_t bytes[(STORE_ID_SIZE - 1) / 2];
    if (id[0] != '\0')
        return;
    rebind_random(tx->store->env, bytes, sizeof bytes);
    scp_hex_encode(id, STORE_ID_SIZE, SCP_BYTES(bytes));
}

enum store_error store_bank_of(struct store_tx *tx, const char *product, char bank[STORE_SLUG_SIZE])
{
    bank[0] = '\0';
    if (product[0] == '\0')
        return STORE_OK;
    const char *slash = strchr(product, '/');
    size_t len = slash != NULL ? (size_t)(slash - product) : 0;
    if (len == 0 || len >= STORE_SLUG_SIZE || slash[1] == '\0')
        return store_fail(tx, STORE_INVALID, "a product is named BANK/PRODUCT");
    memcpy(bank, product, len);
    bank[len] = '\0';
    return STORE_OK;
}

/* ---- blobs -------------------------------------------------------------------------------- */

struct scp_bytes store_blob_bytes(const struct store_blob *blob)
{
    return scp_bytes_of(blob->ptr, blob->len);
}

void store_blob_fini(struct store_blob *blob)
{
    if (blob->ptr != NULL)
        scp_wipe(blob->ptr, blob->len);
    free(blob->ptr);
    *blob = (struct store_blob){NULL, 0};
}
