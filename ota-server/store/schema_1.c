/* Schema version 1. Enumerations are stored as the numbers of the enums in store.h; an absent value
 * is NULL where the text would otherwise be "" and takes part in a constraint. */
#include "ota-server/store/migrations.h"

const char *const migration_schema_1[] = {
    "CREATE TABLE bank ("
    " id TEXT PRIMARY KEY, name TEXT NOT NULL, status INTEGER NOT NULL,"
    " etag INTEGER NOT NULL) STRICT",

    "CREATE TABLE bank_region ("
    " bank TEXT NOT NULL REFERENCES bank, region TEXT NOT NULL,"
    " PRIMARY KEY (bank, region)) STRICT, WITHOUT ROWID",

    "CREATE TABLE package ("
    " bank TEXT NOT NULL REFERENCES bank, aid TEXT NOT NULL, version TEXT NOT NULL,"
    " load_file_sha256 BLOB NOT NULL, cap_sha256 BLOB NOT NULL, created_ms INTEGER NOT NULL,"
    " load_file BLOB NOT NULL, PRIMARY KEY (bank, aid)) STRICT",

    "CREATE TABLE package_module ("
    " bank TEXT NOT NULL, aid TEXT NOT NULL, position INTEGER NOT NULL, module TEXT NOT NULL,"
    " PRIMARY KEY (bank, aid, position),"
    " FOREIGN KEY (bank, aid) REFERENCES package (bank, aid)) STRICT, WITHOUT ROWID",

    /* version 0 is the draft */
    "CREATE TABLE product ("
    " bank TEXT NOT NULL REFERENCES bank, id TEXT NOT NULL, version INTEGER NOT NULL,"
    " role TEXT NOT NULL, package TEXT NOT NULL, module TEXT NOT NULL, instance TEXT NOT NULL,"
    " privileges BLOB NOT NULL, parameters BLOB NOT NULL, label TEXT NOT NULL,"
    " priority INTEGER NOT NULL, created_ms INTEGER NOT NULL, personalisation TEXT NOT NULL,"
    " PRIMARY KEY (bank, id, version)) STRICT",
    "CREATE INDEX product_instance ON product (instance) WHERE version > 0",
    "CREATE INDEX product_package ON product (bank, package) WHERE version > 0",

    "CREATE TABLE card ("
    " id TEXT PRIMARY KEY, identity BLOB NOT NULL UNIQUE, profile TEXT NOT NULL,"
    " region TEXT NOT NULL, generation TEXT NOT NULL, status INTEGER NOT NULL,"
    " cause TEXT NOT NULL, content_known INTEGER NOT NULL, free_non_volatile INTEGER,"
    " created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL) STRICT",

    "CREATE TABLE key_set ("
    " card TEXT NOT NULL REFERENCES card, security_domain TEXT NOT NULL, kvn INTEGER NOT NULL,"
    " label TEXT NOT NULL, diversification_data BLOB NOT NULL, counter INTEGER,"
    " failures INTEGER NOT NULL, PRIMARY KEY (card, security_domain, kvn)) STRICT, WITHOUT ROWID",

    "CREATE TABLE content ("
    " card TEXT NOT NULL REFERENCES card, aid TEXT NOT NULL, kind INTEGER NOT NULL,"
    " load_file TEXT NOT NULL, security_domain TEXT NOT NULL, life_cycle INTEGER NOT NULL,"
    " privileges BLOB NOT NULL, product TEXT NOT NULL, product_version INTEGER NOT NULL,"
    " evidence INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " PRIMARY KEY (card, aid)) STRICT, WITHOUT ROWID",

    "CREATE TABLE binding ("
    " card TEXT NOT NULL REFERENCES card, role TEXT NOT NULL, bank TEXT REFERENCES bank,"
    " product TEXT NOT NULL, version INTEGER NOT NULL, since_ms INTEGER NOT NULL,"
    " PRIMARY KEY (card, role)) STRICT, WITHOUT ROWID",
    "CREATE INDEX binding_bank ON binding (bank, card)",

    "CREATE TABLE binding_change ("
    " sequence INTEGER PRIMARY KEY, card TEXT NOT NULL REFERENCES card, role TEXT NOT NULL,"
    " product TEXT NOT NULL, version INTEGER NOT NULL, time_ms INTEGER NOT NULL) STRICT",
    "CREATE INDEX binding_change_card ON binding_change (card, role)",

    "CREATE TABLE personalisation ("
    " sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " bank TEXT NOT NULL REFERENCES bank, product TEXT NOT NULL,"
    " card TEXT NOT NULL REFERENCES card, used_by TEXT REFERENCES operation (id),"
    " created_ms INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    "CREATE INDEX personalisation_card ON personalisation (card, product, sequence)",

    "CREATE TABLE operation ("
    " sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " card TEXT NOT NULL REFERENCES card, kind INTEGER NOT NULL, role TEXT NOT NULL,"
    " bank TEXT REFERENCES bank, product TEXT NOT NULL, product_version INTEGER NOT NULL,"
    " previous_bank TEXT REFERENCES bank, previous_product TEXT NOT NULL,"
    " previous_version INTEGER NOT NULL, effect TEXT NOT NULL, rule TEXT NOT NULL,"
    " reason TEXT NOT NULL, policy_version INTEGER NOT NULL, policy_digest BLOB NOT NULL,"
    " retire INTEGER NOT NULL, break_before_make INTEGER NOT NULL, principal TEXT NOT NULL,"
    " idempotency_key TEXT, created_ms INTEGER NOT NULL,"
    " state INTEGER NOT NULL, cause TEXT NOT NULL, steps_done INTEGER NOT NULL,"
    " steps_total INTEGER NOT NULL, bytes_done INTEGER NOT NULL, bytes_total INTEGER NOT NULL,"
    " exchanges INTEGER NOT NULL, evidence INTEGER NOT NULL, evidence_by TEXT NOT NULL,"
    " attempts INTEGER NOT NULL, not_before_ms INTEGER NOT NULL, deadline_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL, UNIQUE (principal, idempotency_key)) STRICT",
    /* open: pending or running */
    "CREATE UNIQUE INDEX operation_open ON operation (card) WHERE state <= 1",
    "CREATE INDEX operation_card ON operation (card, sequence)",
    "CREATE INDEX operation_bank ON operation (bank, sequence)",
    "CREATE INDEX operation_previous_bank ON operation (previous_bank, sequence)",

    "CREATE TABLE exchange ("
    " id TEXT PRIMARY KEY, operation TEXT NOT NULL REFERENCES operation (id),"
    " card TEXT NOT NULL REFERENCES card, agent TEXT NOT NULL, sequence INTEGER NOT NULL,"
    " state INTEGER NOT NULL, response_digest BLOB, reply TEXT, created_ms INTEGER NOT NULL,"
    " script BLOB NOT NULL, sealed_state BLOB NOT NULL, UNIQUE (operation, sequence)) STRICT",
    "CREATE UNIQUE INDEX exchange_outstanding ON exchange (card) WHERE state = 0",

    "CREATE TABLE event ("
    " sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
    " operation TEXT NOT NULL REFERENCES operation (id), time_ms INTEGER NOT NULL,"
    " json TEXT NOT NULL) STRICT",
    "CREATE INDEX event_operation ON event (operation, sequence)",

    "CREATE TABLE contact ("
    " card TEXT PRIMARY KEY REFERENCES card, agent TEXT NOT NULL,"
    " last_seen_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",

    "CREATE TABLE principal ("
    " id TEXT PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL,"
    " tenant TEXT NOT NULL, person TEXT NOT NULL, name TEXT NOT NULL, status INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL) STRICT",

    "CREATE TABLE policy ("
    " version INTEGER PRIMARY KEY, digest BLOB NOT NULL, status INTEGER NOT NULL,"
    " author TEXT NOT NULL, author_person TEXT NOT NULL, approver TEXT NOT NULL,"
    " approver_person TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " activated_ms INTEGER NOT NULL, yaml BLOB NOT NULL) STRICT",
    "CREATE UNIQUE INDEX policy_active ON policy (status) WHERE status = 1",

    "CREATE TABLE audit ("
    " sequence INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, actor TEXT NOT NULL,"
    " action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, previous BLOB NOT NULL,"
    " hash BLOB NOT NULL) STRICT",

    "CREATE TABLE checkpoint ("
    " sequence INTEGER PRIMARY KEY, hash BLOB NOT NULL, signature BLOB NOT NULL,"
    " time_ms INTEGER NOT NULL) STRICT",

    NULL,
};
