/* The store: what the service remembers, as domain operations inside transactions. No SQL is
 * written outside this room, and another database can stand behind this header.
 *
 *     struct store_tx *tx;
 *     STORE_TRY(store_begin(store, STORE_WRITE, &tx));
 *     error = store_binding_put(tx, &binding);
 *     if (error == STORE_OK)
 *         error = store_operation_add(tx, &operation);
 *     error = store_end(tx, error);               // commits, or rolls back when there was an error
 *
 * A write transaction has the store to itself from store_begin on, so what it read stays true until
 * its commit. A read transaction sees one state of the store throughout. A commit is on disk when
 * it returns; transactions of several threads share the write to disk. After any error but
 * NOT_FOUND, CONFLICT, STALE and INVALID a write transaction can only be rolled back.
 *
 * Records are plain structs with fixed-size text; large values come as struct store_blob, freed by
 * the caller. Functions that add stamp `id` (when empty), `created_ms` and the like into the record
 * that they are given. A list takes where to go on (`after`: the last id seen, "" or 0 to start),
 * an array and its capacity, and gives the count; it is ordered by id.
 *
 * Threads: a store may be used from any thread, a transaction from one. A thread ends its write
 * transaction before it begins another. */
#ifndef OTA_SERVER_STORE_STORE_H
#define OTA_SERVER_STORE_STORE_H

#include "ota-server/store/error.h"
#include "ota-server/store/limits.h"
#include "scp/base/bytes.h"

struct rebind_env; /* scp/host/env.h */
struct store;
struct store_tx;

/* ---- life --------------------------------------------------------------------------------- */

/* Open or create the database and bring its schema up to date. `env` must outlive it. `problem` is
 * filled on error: TOO_NEW (made by a later program), CORRUPT, FULL, IO, NO_MEMORY. */
STORE_MUST_USE enum store_error store_open(const char *path, const struct rebind_env *env,
                                           struct store **out, struct store_problem *problem);
/* All transactions must have ended. NULL is allowed. */
void store_close(struct store *store);

/* Let the database not grow above this size: FULL then comes while the disk still has room. */
STORE_MUST_USE enum store_error store_limit_size(struct store *store, uint64_t bytes);

enum store_mode { STORE_READ, STORE_WRITE };

/* BUSY when another process kept the database too long. */
STORE_MUST_USE enum store_error store_begin(struct store *store, enum store_mode mode,
                                            struct store_tx **out);
/* Both end and free the transaction, whatever they return. */
STORE_MUST_USE enum store_error store_commit(struct store_tx *tx);
void store_rollback(struct store_tx *tx);
/* Commit when `error` is OK, roll back otherwise; the first error of the two. */
STORE_MUST_USE enum store_error store_end(struct store_tx *tx, enum store_error error);
/* What the last error of this transaction was about; lives as long as the transaction. Never NULL.
 */
const struct store_problem *store_tx_problem(const struct store_tx *tx);

/* A heap value; one NUL follows ptr[len - 1], so that text can be used as a string. */
struct store_blob {
    uint8_t *ptr;
    size_t len;
};
struct scp_bytes store_blob_bytes(const struct store_blob *blob);
/* Wipes, frees and zeroes; safe on a zeroed struct. */
void store_blob_fini(struct store_blob *blob);

/* ---- banks -------------------------------------------------------------------------------- */

enum store_bank_status { STORE_BANK_ACTIVE, STORE_BANK_SUSPENDED, STORE_BANK_LEAVING };

struct store_bank {
    char id[STORE_SLUG_SIZE];
    char name[STORE_NAME_SIZE];
    char kind[STORE_WORD_SIZE]; /* a word of the policies' bank.kind; "" when not recorded */
    char regions[STORE_REGIONS_MAX][STORE_WORD_SIZE];
    enum store_bank_status status;
    size_t region_count;
    int64_t etag; /* grows with every change; 1 when new */
};

enum { STORE_ETAG_ANY = 0, STORE_ETAG_ABSENT = -1 };

/* Create or replace. STALE when the bank's etag is not `if_match` (STORE_ETAG_ABSENT: when it
 * exists). Sets bank->etag. */
STORE_MUST_USE enum store_error store_bank_put(struct store_tx *tx, struct store_bank *bank,
                                               int64_t if_match);
STORE_MUST_USE enum store_error store_bank_get(struct store_tx *tx, const char *id,
                                               struct store_bank *out);
STORE_MUST_USE enum store_error store_bank_list(struct store_tx *tx, const char *after,
                                                struct store_bank *out, size_t cap, size_t *count);

/* ---- banks' security domains ----------------------------------------------------------------
 */

struct store_domain_key {
    char profile[STORE_LABEL_SIZE]; /* cards of this profile … */
    char label[STORE_LABEL_SIZE];   /* … get keys from these masters in the vault */
};

/* What it may do by itself on a card (GPCS 9.1.3): personalise, or also load and install. */
enum store_management { STORE_MANAGEMENT_SIMPLE, STORE_MANAGEMENT_AUTHORIZED };

/* The supplementary security domain through which a bank personalises. On cards of a profile that
 * has no keys here it does so through the issuer's. */
struct store_domain {
    char bank[STORE_SLUG_SIZE];
    char aid[STORE_AID_SIZE];
    enum store_management management;
    struct store_domain_key keys[STORE_DOMAIN_KEYS_MAX];
    size_t key_count;
};

/* Create or replace. NOT_FOUND without the bank; CONFLICT when the AID is another bank's, or a
 * profile stands there twice. */
STORE_MUST_USE enum store_error store_domain_put(struct store_tx *tx,
                                                 const struct store_domain *domain);
STORE_MUST_USE enum store_error store_domain_get(struct store_tx *tx, const char *bank,
                                                 struct store_domain *out);
/* Whose security domain has this AID? */
STORE_MUST_USE enum store_error store_domain_by_aid(struct store_tx *tx, const char *aid,
                                                    struct store_domain *out);

/* ---- packages ----------------------------------------------------------------------------- */

struct store_package {
    char bank[STORE_SLUG_SIZE];
    char aid[STORE_AID_SIZE];
    char version[STORE_WORD_SIZE]; /* "1.0" */
    char modules[STORE_MODULES_MAX][STORE_AID_SIZE];
    size_t module_count;
    size_t load_file_size; /* set by the store */
    uint8_t load_file_sha256[32];
    uint8_t cap_sha256[32];
    int64_t created_ms;
};

/* Create or replace. CONFLICT when a published product uses the package and the load file differs;
 * NOT_FOUND without the bank. */
STORE_MUST_USE enum store_error
store_package_put(struct store_tx *tx, struct store_package *package, struct scp_bytes load_file);
STORE_MUST_USE enum store_error store_package_get(struct store_tx *tx, const char *bank,
                                                  const char *aid, struct store_package *out);
STORE_MUST_USE enum store_error store_package_load_file(struct store_tx *tx, const char *bank,
                                                        const char *aid, struct store_blob *out);
STORE_MUST_USE enum store_error store_package_list(struct store_tx *tx, const char *bank,
                                                   const char *after, struct store_package *out,
                                                   size_t cap, size_t *count);

/* ---- products ----------------------------------------------------------------------------- */

enum store_product_status { STORE_PRODUCT_DRAFT, STORE_PRODUCT_PUBLISHED };

/* Versions with a meaning; published ones count from 1. */
enum { STORE_VERSION_DRAFT = 0, STORE_VERSION_LATEST = -1 };

struct store_product {
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    int32_t version; /* STORE_VERSION_DRAFT for a draft */
    enum store_product_status status;
    char role[STORE_WORD_SIZE];
    char package[STORE_AID_SIZE];
    char module[STORE_AID_SIZE];
    char instance[STORE_AID_SIZE];
    uint8_t privileges[3];
    uint8_t parameters[STORE_PARAMETERS_MAX];
    char label[STORE_WORD_SIZE];
    uint8_t priority;
    size_t parameters_len;
    int64_t created_ms;
};

/* Create or replace the draft. NOT_FOUND without the bank. */
STORE_MUST_USE enum store_error store_product_put_draft(struct store_tx *tx,
                                                        struct store_product *product,
                                                        const char *personalisation);
/* Freeze the draft as the next version, which `out` gets. NOT_FOUND without a draft, or without the
 * bank's package that it names; CONFLICT when the instance AID is another product's. */
STORE_MUST_USE enum store_error store_product_publish(struct store_tx *tx, const char *bank,
                                                      const char *id, struct store_product *out);
/* `version`: a published one, STORE_VERSION_DRAFT, or STORE_VERSION_LATEST for the last published.
 */
STORE_MUST_USE enum store_error store_product_get(struct store_tx *tx, const char *bank,
                                                  const char *id, int32_t version,
                                                  struct store_product *out);
/* The personalisation as JSON text. `version` as above. */
STORE_MUST_USE enum store_error store_product_personalisation(struct store_tx *tx, const char *bank,
                                                              const char *id, int32_t version,
                                                              struct store_blob *out);
/* The bank's package of this AID, whichever bank's it is: the first by id. */
STORE_MUST_USE enum store_error store_package_by_aid(struct store_tx *tx, const char *aid,
                                                     struct store_package *out);
/* The last published version of the product that has this instance AID. */
STORE_MUST_USE enum store_error store_product_by_instance(struct store_tx *tx, const char *instance,
                                                          struct store_product *out);
/* Each product of the bank once: the last published version, or the draft when there is none. */
STORE_MUST_USE enum store_error store_product_list(struct store_tx *tx, const char *bank,
                                                   const char *after, struct store_product *out,
                                                   size_t cap, size_t *count);

/* ---- cards -------------------------------------------------------------------------------- */

enum store_card_status { STORE_CARD_ACTIVE, STORE_CARD_QUARANTINED, STORE_CARD_RETIRED };

struct store_card {
    char id[STORE_ID_SIZE];
    uint8_t identity[32]; /* the pseudonym of the card's IIN and CIN; unique */
    char profile[STORE_LABEL_SIZE];
    char region[STORE_WORD_SIZE];
    char generation[STORE_WORD_SIZE];
    enum store_card_status status;
    char cause[STORE_REASON_SIZE]; /* why it is quarantined or retired */
    bool content_known;            /* whether the observed contents may be relied on */
    bool free_known;
    uint32_t free_non_volatile;
    int64_t created_ms;
    int64_t updated_ms;
};

/* CONFLICT when the identity is known already. */
STORE_MUST_USE enum store_error store_card_add(struct store_tx *tx, struct store_card *card);
STORE_MUST_USE enum store_error store_card_get(struct store_tx *tx, const char *id,
                                               struct store_card *out);
STORE_MUST_USE enum store_error
store_card_by_identity(struct store_tx *tx, const uint8_t identity[32], struct store_card *out);
STORE_MUST_USE enum store_error store_card_set_status(struct store_tx *tx, const char *id,
                                                      enum store_card_status status,
                                                      const char *cause);
/* `bank`: only cards bound to a product of that bank; NULL for all. */
STORE_MUST_USE enum store_error store_card_list(struct store_tx *tx, const char *bank,
                                                const char *after, struct store_card *out,
                                                size_t cap, size_t *count);

/* How many cards there are. */
STORE_MUST_USE enum store_error store_card_count(struct store_tx *tx, int64_t *count);

/* ---- a card's contents, as observed ------------------------------------------------------- */

enum store_content_kind {
    STORE_CONTENT_LOAD_FILE,
    STORE_CONTENT_APPLICATION,
    STORE_CONTENT_SECURITY_DOMAIN,
};
enum store_evidence { STORE_EVIDENCE_REPORTED, STORE_EVIDENCE_PROVEN };

struct store_content {
    enum store_content_kind kind;
    char aid[STORE_AID_SIZE];
    char load_file[STORE_AID_SIZE];       /* "" when not known */
    char security_domain[STORE_AID_SIZE]; /* "" when not known */
    uint8_t life_cycle;
    uint8_t privileges[3];
    char product[STORE_PRODUCT_REF_SIZE]; /* "" when it is nobody's product */
    int32_t product_version;              /* 0 when not known */
    enum store_evidence evidence;
    int64_t updated_ms;
};

/* What is known of the card's contents as a whole. */
struct store_content_state {
    bool known;
    bool free_known;
    uint32_t free_non_volatile;
};

STORE_MUST_USE enum store_error store_content_set_state(struct store_tx *tx, const char *card,
                                                        const struct store_content_state *state);
/* Forget all entries and put these. CONFLICT when an AID appears twice. */
STORE_MUST_USE enum store_error store_content_replace(struct store_tx *tx, const char *card,
                                                      const struct store_content *entries,
                                                      size_t count);
/* Add or replace by AID. */
STORE_MUST_USE enum store_error store_content_put(struct store_tx *tx, const char *card,
                                                  const struct store_content *entry);
STORE_MUST_USE enum store_error store_content_delete(struct store_tx *tx, const char *card,
                                                     const char *aid);
/* INVALID when `cap` does not hold them all. */
STORE_MUST_USE enum store_error store_content_list(struct store_tx *tx, const char *card,
                                                   struct store_content *out, size_t cap,
                                                   size_t *count);

/* ---- bindings: what is desired ------------------------------------------------------------ */

struct store_binding {
    char card[STORE_ID_SIZE];
    char role[STORE_WORD_SIZE];
    char product[STORE_PRODUCT_REF_SIZE]; /* "" when revoked */
    int32_t version;                      /* 0 when revoked */
    bool suspended;                       /* locked and unlisted until it is resumed */
    int64_t since_ms;                     /* of the product; set by the store */
};

/* What policies ask about a card's past in one role. */
struct store_binding_history {
    size_t switches;        /* changes after the first binding */
    int64_t last_change_ms; /* 0 when there was none */
    size_t active_banks;    /* different banks that the card is bound to now, all roles */
};

/* Set the desired product of a role, and remember the change unless there is none. Suspending and
 * resuming is none. */
STORE_MUST_USE enum store_error store_binding_put(struct store_tx *tx,
                                                  struct store_binding *binding);
STORE_MUST_USE enum store_error store_binding_get(struct store_tx *tx, const char *card,
                                                  const char *role, struct store_binding *out);
STORE_MUST_USE enum store_error store_binding_list(struct store_tx *tx, const char *card,
                                                   struct store_binding *out, size_t cap,
                                                   size_t *count);
/* Take back the last change: what was desired before is again, since when it was. NOT_FOUND when
 * nothing has changed in this role. */
STORE_MUST_USE enum store_error store_binding_revert(struct store_tx *tx,
                                                     const struct store_binding *previous);
STORE_MUST_USE enum store_error store_binding_history(struct store_tx *tx, const char *card,
                                                      const char *role,
                                                      struct store_binding_history *out);

/* ---- residents: what else a card shall hold ready ------------------------------------------ */

enum store_form {
    STORE_FORM_PACKAGE,  /* the package alone */
    STORE_FORM_INSTANCE, /* a personalised, locked instance */
    STORE_FORMS
};

struct store_resident {
    char card[STORE_ID_SIZE];
    char product[STORE_PRODUCT_REF_SIZE];
    int32_t version;
    enum store_form form;
    int64_t since_ms; /* set by the store */
};

/* Create or replace. */
STORE_MUST_USE enum store_error store_resident_put(struct store_tx *tx,
                                                   struct store_resident *resident);
STORE_MUST_USE enum store_error store_resident_get(struct store_tx *tx, const char *card,
                                                   const char *product, struct store_resident *out);
STORE_MUST_USE enum store_error store_resident_list(struct store_tx *tx, const char *card,
                                                    struct store_resident *out, size_t cap,
                                                    size_t *count);
/* OK too when there is none. */
STORE_MUST_USE enum store_error store_resident_delete(struct store_tx *tx, const char *card,
                                                      const char *product);

/* ---- personalisations --------------------------------------------------------------------- */

struct store_personalisation {
    char id[STORE_ID_SIZE];
    char product[STORE_PRODUCT_REF_SIZE];
    char card[STORE_ID_SIZE];
    char used_by[STORE_ID_SIZE]; /* the operation that used it; "" when none did */
    int64_t created_ms;
};

STORE_MUST_USE enum store_error store_personalisation_add(struct store_tx *tx,
                                                          struct store_personalisation *record,
                                                          struct scp_bytes sealed);
/* The newest for that product on that card, with its sealed bytes (`sealed` may be NULL). */
STORE_MUST_USE enum store_error store_personalisation_newest(struct store_tx *tx,
                                                             const char *product, const char *card,
                                                             struct store_personalisation *out,
                                                             struct store_blob *sealed);
/* By id; `sealed` may be NULL. */
STORE_MUST_USE enum store_error store_personalisation_get(struct store_tx *tx, const char *id,
                                                          struct store_personalisation *out,
                                                          struct store_blob *sealed);
STORE_MUST_USE enum store_error store_personalisation_use(struct store_tx *tx, const char *id,
                                                          const char *operation);

#include "ota-server/store/store_keys.h"
#include "ota-server/store/store_policies.h"
#include "ota-server/store/store_work.h"

#endif
