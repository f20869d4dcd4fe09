/* Schema version 3: security domains of banks, and the lowest counter of a key set that no script
 * was prepared for. Before it a
 * script was one leg, whose counter was forgotten when the script was given up; no release wrote
 * that, so nothing of it is in the field. */
#include "ota-server/store/migrations.h"

const char *const migration_schema_3[] = {
    "ALTER TABLE key_set ADD COLUMN unused_from INTEGER NOT NULL DEFAULT 0",

    "CREATE TABLE domain ("
    " bank TEXT PRIMARY KEY REFERENCES bank, aid TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID",

    "CREATE TABLE domain_key ("
    " bank TEXT NOT NULL REFERENCES domain, profile TEXT NOT NULL, label TEXT NOT NULL,"
    " PRIMARY KEY (bank, profile)) STRICT, WITHOUT ROWID",
    NULL,
};
