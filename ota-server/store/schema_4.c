/* Schema version 4: key sets that come and go, masters that a security domain once had, changes of
 * keys, and the ledger of receipts. */
#include "ota-server/store/migrations.h"

const char *const migration_schema_4[] = {
    "ALTER TABLE key_set ADD COLUMN standing INTEGER NOT NULL DEFAULT 0",

    "CREATE TABLE key_set_past ("
    " card TEXT NOT NULL REFERENCES card, security_domain TEXT NOT NULL, label TEXT NOT NULL,"
    " PRIMARY KEY (card, security_domain, label)) STRICT, WITHOUT ROWID",

    "CREATE TABLE rekey ("
    " operation TEXT PRIMARY KEY REFERENCES operation (id), security_domain TEXT NOT NULL,"
    " label TEXT NOT NULL, kvn INTEGER NOT NULL) STRICT, WITHOUT ROWID",

    "CREATE TABLE receipt ("
    " card TEXT NOT NULL REFERENCES card, security_domain TEXT NOT NULL,"
    " counter INTEGER NOT NULL, operation TEXT NOT NULL REFERENCES operation (id),"
    " step TEXT NOT NULL, object TEXT NOT NULL, confirmation BLOB NOT NULL,"
    " time_ms INTEGER NOT NULL,"
    " PRIMARY KEY (card, security_domain, counter)) STRICT, WITHOUT ROWID",

    NULL,
};
