/* Schema version 3: the lowest counter of a key set that no script was prepared for. Before it a
 * script was one leg, whose counter was forgotten when the script was given up; no release wrote
 * that, so nothing of it is in the field. */
#include "ota-server/store/migrations.h"

const char *const migration_schema_3[] = {
    "ALTER TABLE key_set ADD COLUMN unused_from INTEGER NOT NULL DEFAULT 0",
    NULL,
};
