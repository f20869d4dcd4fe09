/* Schema version 2: failed authentications by the agent that reported them, so that one agent
 * cannot spend a card's budget alone. What version 1 counted has no agent and is charged to nobody
 * in particular. */
#include "ota-server/store/migrations.h"

const char *const migration_schema_2[] = {
    "CREATE TABLE key_set_failure ("
    " card TEXT NOT NULL, security_domain TEXT NOT NULL, kvn INTEGER NOT NULL,"
    " agent TEXT NOT NULL, time_ms INTEGER NOT NULL,"
    " PRIMARY KEY (card, security_domain, kvn, agent),"
    " FOREIGN KEY (card, security_domain, kvn) REFERENCES key_set ON DELETE CASCADE)"
    " STRICT, WITHOUT ROWID",
    NULL,
};
