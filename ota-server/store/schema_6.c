/* Schema version 6: the life of a policy's versions, emergency stops, decisions that can be made
 * again, a second person's confirmations, and what limits count. What happened before is carried
 * over, so that limits and facts are right from the first decision on. */
#include "ota-server/store/migrations.h"

/* Every region and bank, and "" for any of them. */
#define ANY "(SELECT 0 AS any UNION ALL SELECT 1)"

const char *const migration_schema_6[] = {
    "ALTER TABLE bank ADD COLUMN kind TEXT NOT NULL DEFAULT ''",

    /* stage: how far it has come, enum store_policy_status up to APPROVED */
    "CREATE TABLE policy_6 ("
    " version INTEGER PRIMARY KEY, digest BLOB NOT NULL, stage INTEGER NOT NULL,"
    " etag INTEGER NOT NULL, author TEXT NOT NULL, author_person TEXT NOT NULL,"
    " proposer TEXT NOT NULL, proposer_person TEXT NOT NULL,"
    " approver TEXT NOT NULL, approver_person TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, yaml BLOB NOT NULL) STRICT",
    "INSERT INTO policy_6 SELECT version, digest, CASE WHEN status = 0 THEN 2 ELSE 3 END, 1,"
    " author, author_person, author, author_person, approver, approver_person, created_ms, yaml"
    " FROM policy",

    /* The active version is the one of the last row that has begun and is not withdrawn. */
    "CREATE TABLE policy_activation ("
    " sequence INTEGER PRIMARY KEY, version INTEGER NOT NULL, from_ms INTEGER NOT NULL,"
    " principal TEXT NOT NULL, person TEXT NOT NULL, made_ms INTEGER NOT NULL,"
    " withdrawer TEXT NOT NULL, withdrawer_person TEXT NOT NULL,"
    " withdrawn_ms INTEGER NOT NULL) STRICT",
    "CREATE INDEX policy_activation_from ON policy_activation (from_ms, sequence)"
    " WHERE withdrawn_ms = 0",
    "CREATE INDEX policy_activation_version ON policy_activation (version, from_ms)",
    "INSERT INTO policy_activation (version, from_ms, principal, person, made_ms, withdrawer,"
    " withdrawer_person, withdrawn_ms)"
    " SELECT version, activated_ms, approver, approver_person, activated_ms, '', '', 0"
    " FROM policy WHERE status > 0 ORDER BY activated_ms, status = 1",
    "DROP TABLE policy",
    "ALTER TABLE policy_6 RENAME TO policy",

    /* bank, region: NULL for every one */
    "CREATE TABLE policy_stop ("
    " sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, bank TEXT, region TEXT,"
    " reason TEXT NOT NULL, principal TEXT NOT NULL, person TEXT NOT NULL,"
    " made_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,"
    " lifter TEXT NOT NULL, lifter_person TEXT NOT NULL, lifted_ms INTEGER NOT NULL) STRICT",
    "CREATE INDEX policy_stop_standing ON policy_stop (sequence) WHERE lifted_ms = 0",

    "CREATE TABLE decision ("
    " sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, operation TEXT UNIQUE,"
    " card TEXT NOT NULL, principal TEXT NOT NULL, time_ms INTEGER NOT NULL,"
    " bank TEXT, previous_bank TEXT, effect TEXT NOT NULL, rule TEXT NOT NULL,"
    " reason TEXT NOT NULL, policy_version INTEGER NOT NULL, policy_digest BLOB NOT NULL,"
    " record TEXT NOT NULL) STRICT",
    "CREATE INDEX decision_card ON decision (card, sequence)",

    "CREATE TABLE confirmation ("
    " id TEXT PRIMARY KEY, card TEXT NOT NULL REFERENCES card, product TEXT NOT NULL,"
    " principal TEXT NOT NULL, person TEXT NOT NULL, made_ms INTEGER NOT NULL,"
    " used_by TEXT NOT NULL) STRICT, WITHOUT ROWID",

    /* Changes of a card's bank that were allowed and not given up. */
    "CREATE TABLE change ("
    " operation TEXT PRIMARY KEY REFERENCES operation (id), time_ms INTEGER NOT NULL,"
    " card TEXT NOT NULL, role TEXT NOT NULL, bank TEXT NOT NULL, region TEXT NOT NULL,"
    " is_switch INTEGER NOT NULL, cool_down_until_ms INTEGER NOT NULL) STRICT",
    "CREATE INDEX change_card ON change (card, time_ms)",
    "CREATE INDEX change_time ON change (time_ms)",
    "INSERT INTO change SELECT o.id, o.created_ms, o.card, o.role, o.bank, c.region, o.kind, 0"
    " FROM operation AS o JOIN card AS c ON c.id = o.card"
    " WHERE o.kind IN (0, 1) AND o.state IN (0, 1, 2) AND o.bank IS NOT NULL",

    /* The same by hours and days, so that a window of months is the sum of few rows. */
    "CREATE TABLE change_count ("
    " span_ms INTEGER NOT NULL, region TEXT NOT NULL, bank TEXT NOT NULL,"
    " start_ms INTEGER NOT NULL, changes INTEGER NOT NULL, switches INTEGER NOT NULL,"
    " PRIMARY KEY (span_ms, region, bank, start_ms)) STRICT, WITHOUT ROWID",
    "INSERT INTO change_count SELECT span.ms, iif(r.any, '', region), iif(b.any, '', bank),"
    " time_ms / span.ms * span.ms, count(*), sum(is_switch) FROM change,"
    " (SELECT 3600000 AS ms UNION ALL SELECT 86400000) AS span, " ANY " AS r, " ANY " AS b"
    " GROUP BY 1, 2, 3, 4",

    /* Cards that a bank has in a region, now. */
    "CREATE TABLE holding ("
    " region TEXT NOT NULL, bank TEXT NOT NULL, cards INTEGER NOT NULL,"
    " PRIMARY KEY (region, bank)) STRICT, WITHOUT ROWID",
    "INSERT INTO holding SELECT iif(r.any, '', c.region), iif(b.any, '', bank),"
    " count(DISTINCT card) FROM binding JOIN card AS c ON c.id = card, " ANY " AS r, " ANY " AS b"
    " WHERE bank IS NOT NULL GROUP BY 1, 2",
    NULL,
};
