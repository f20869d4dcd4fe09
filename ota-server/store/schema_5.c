/* Schema version 5: operations have a priority, a way and findings; a binding can be suspended and
 * products be resident; what a card did in a contact that a person should look at is kept; events
 * may be about a card alone, and progress replaces its own; counters that the card has shown itself
 * are told from those of an import. */
#include "ota-server/store/migrations.h"

const char *const migration_schema_5[] = {
    "ALTER TABLE operation ADD COLUMN priority INTEGER NOT NULL DEFAULT 5",
    "ALTER TABLE operation ADD COLUMN form INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE operation ADD COLUMN previous_suspended INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE operation ADD COLUMN why TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX operation_deadline ON operation (deadline_ms)"
    " WHERE state <= 1 AND deadline_ms > 0",

    "CREATE TABLE finding ("
    " operation TEXT NOT NULL REFERENCES operation (id), position INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, aid TEXT NOT NULL, product TEXT NOT NULL,"
    " PRIMARY KEY (operation, position)) STRICT, WITHOUT ROWID",

    "CREATE INDEX package_aid ON package (aid)",

    "ALTER TABLE binding ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0",

    "CREATE TABLE resident ("
    " card TEXT NOT NULL REFERENCES card, product TEXT NOT NULL, version INTEGER NOT NULL,"
    " form INTEGER NOT NULL, since_ms INTEGER NOT NULL,"
    " PRIMARY KEY (card, product)) STRICT, WITHOUT ROWID",

    /* the personalisation record that the script carries or that an earlier one did */
    "ALTER TABLE exchange ADD COLUMN record TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX exchange_operation ON exchange (operation, state)",
    "CREATE INDEX exchange_given_up ON exchange (card) WHERE state = 3",

    "ALTER TABLE key_set ADD COLUMN counter_shown INTEGER NOT NULL DEFAULT 0",

    /* identity: the pseudonym, also of a card that is not known here */
    "CREATE TABLE sighting ("
    " identity BLOB NOT NULL, kind INTEGER NOT NULL, agent TEXT NOT NULL,"
    " times INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
    " PRIMARY KEY (identity, kind, agent)) STRICT, WITHOUT ROWID",

    "CREATE TABLE event_5 ("
    " sequence INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT REFERENCES operation (id),"
    " exchange TEXT, time_ms INTEGER NOT NULL, json TEXT NOT NULL) STRICT",
    "INSERT INTO event_5 (sequence, operation, time_ms, json)"
    " SELECT sequence, operation, time_ms, json FROM event",
    "DROP TABLE event",
    "ALTER TABLE event_5 RENAME TO event",
    "CREATE INDEX event_operation ON event (operation, sequence)",
    "CREATE INDEX event_exchange ON event (exchange) WHERE exchange IS NOT NULL",
    NULL,
};
