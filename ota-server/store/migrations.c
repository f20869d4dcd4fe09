#include "ota-server/store/migrations.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const *const migrations[] = {
    migration_schema_1, migration_schema_2, migration_schema_3, migration_schema_4,
    migration_schema_5, migration_schema_6, migration_schema_7};

int64_t migration_latest(void)
{
    return sizeof migrations / sizeof migrations[0];
}

static enum store_error refuse_newer(int64_t version, struct store_problem *problem)
{
    problem->error = STORE_TOO_NEW;
    snprintf(problem->text, sizeof problem->text,
             "the database has schema version %" PRId64 ", this program knows up to %" PRId64,
             version, migration_latest());
    return STORE_TOO_NEW;
}

static enum store_error refuse_foreign(struct store_problem *problem)
{
    problem->error = STORE_CORRUPT;
    snprintf(problem->text, sizeof problem->text, "the file is a database of another application");
    return STORE_CORRUPT;
}

/* The schema version: 0 for an empty database, an error for one of another application. */
static enum store_error read_version(sqlite3 *db, int64_t *version, struct store_problem *problem)
{
    int64_t application = 0, tables = 0;
    STORE_TRY(sql_exec_int(db, "PRAGMA application_id", &application, problem));
    STORE_TRY(sql_exec_int(db, "PRAGMA user_version", version, problem));
    STORE_TRY(sql_exec_int(db, "SELECT count(*) FROM sqlite_schema", &tables, problem));
    bool is_empty = application == 0 && *version == 0 && tables == 0;
    if (!is_empty && application != MIGRATION_APPLICATION_ID)
        return refuse_foreign(problem);
    return *version > migration_latest() ? refuse_newer(*version, problem) : STORE_OK;
}

static enum store_error write_version(sqlite3 *db, struct store_problem *problem)
{
    char text[96];
    snprintf(text, sizeof text, "PRAGMA application_id = %d; PRAGMA user_version = %" PRId64,
             (int)MIGRATION_APPLICATION_ID, migration_latest());
    return sql_exec(db, text, problem);
}

static enum store_error run_from(sqlite3 *db, int64_t version, struct store_problem *problem)
{
    for (int64_t next = version; next < migration_latest(); next++)
        for (const char *const *statement = migrations[next]; *statement != NULL; statement++)
            STORE_TRY(sql_exec(db, *statement, problem));
    return write_version(db, problem);
}

enum store_error migration_run(sqlite3 *db, struct store_problem *problem)
{
    STORE_TRY(sql_exec(db, "BEGIN IMMEDIATE", problem));
    int64_t version = 0;
    enum store_error error = read_version(db, &version, problem);
    if (error == STORE_OK && version < migration_latest())
        error = run_from(db, version, problem);
    if (error == STORE_OK)
        error = sql_exec(db, "COMMIT", problem);
    if (error != STORE_OK) {
        struct store_problem ignored;
        (void)!sql_exec(db, "ROLLBACK", &ignored);
    }
    return error;
}
