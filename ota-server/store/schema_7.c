/* Schema version 7: what a bank's security domain may do by itself. */
#include "ota-server/store/migrations.h"

const char *const migration_schema_7[] = {
    "ALTER TABLE domain ADD COLUMN management INTEGER NOT NULL DEFAULT 0",
    NULL,
};
