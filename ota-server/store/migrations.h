/* The schema's versions. Migration n brings a database of version n - 1 to version n; one that has
 * been released is never changed again. */
#ifndef OTA_SERVER_STORE_MIGRATIONS_H
#define OTA_SERVER_STORE_MIGRATIONS_H

#include "ota-server/store/sql.h"

/* "RBND" in the database's header: PRAGMA application_id. */
enum { MIGRATION_APPLICATION_ID = 0x52424E44 };

/* A list of statements, ended by NULL. */
extern const char *const migration_schema_1[];
extern const char *const migration_schema_2[];
extern const char *const migration_schema_3[];
extern const char *const migration_schema_4[];
extern const char *const migration_schema_5[];
extern const char *const migration_schema_6[];
extern const char *const migration_schema_7[];

/* The version that this program writes. */
int64_t migration_latest(void);

/* Bring the database to the latest version, all in one transaction. TOO_NEW, CORRUPT (a database
 * that is not Rebind's). */
STORE_MUST_USE enum store_error migration_run(sqlite3 *db, struct store_problem *problem);

#endif
