#include "ota-server/store/sql.h"

#include "scp/crypto/hash.h"

#include <string.h>

/* ?1 is the moment: the activation that counts then, and the version that it makes active. */
#define IN_FORCE                                                      \
    "FROM policy_activation WHERE withdrawn_ms = 0 AND from_ms <= ?1" \
    " ORDER BY from_ms DESC, sequence DESC LIMIT 1"
#define ACTIVE "(SELECT version " IN_FORCE ")"
#define SELECT                                                                                  \
    "SELECT version, digest, etag, author, author_person, proposer, proposer_person, approver," \
    " approver_person, created_ms,"                                                             \
    " (SELECT coalesce(max(from_ms), 0) FROM policy_activation AS a"                            \
    "  WHERE a.version = policy.version AND withdrawn_ms = 0),"                                 \
    " CASE WHEN version = " ACTIVE " THEN 5"                                                    \
    " WHEN EXISTS (SELECT 1 FROM policy_activation AS a WHERE a.version = policy.version"       \
    "  AND withdrawn_ms = 0 AND from_ms > ?1) THEN 4"                                           \
    " WHEN EXISTS (SELECT 1 FROM policy_activation AS a WHERE a.version = policy.version"       \
    "  AND from_ms <= ?1) THEN 6 ELSE stage END FROM policy"

static void read_policy(struct sql *q, struct store_policy *out)
{
    memset(out, 0, sizeof *out);
    out->version = (int32_t)sql_get_int(q);
    sql_get_fixed(q, out->digest, sizeof out->digest);
    out->etag = sql_get_int(q);
    sql_get_text(q, out->author, sizeof out->author);
    sql_get_text(q, out->author_person, sizeof out->author_person);
    sql_get_text(q, out->proposer, sizeof out->proposer);
    sql_get_text(q, out->proposer_person, sizeof out->proposer_person);
    sql_get_text(q, out->approver, sizeof out->approver);
    sql_get_text(q, out->approver_person, sizeof out->approver_person);
    out->created_ms = sql_get_int(q);
    out->activated_ms = sql_get_int(q);
    out->status = sql_get_enum(q, STORE_POLICY_STATUSES);
}

/* ---- to approval -------------------------------------------------------------------------- */

enum store_error store_policy_add(struct store_tx *tx, struct store_policy *policy,
                                  struct scp_bytes yaml)
{
    if (policy->author_person[0] == '\0')
        return store_fail(tx, STORE_INVALID, "a policy is written by a person");
    if (scp_sha256(yaml, policy->digest) != SCP_OK)
        return store_fail(tx, STORE_IO, "the policy could not be hashed");
    policy->status = STORE_POLICY_DRAFT;
    policy->etag = 1;
    policy->created_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT INTO policy (digest, stage, etag, author, author_person,"
                              " proposer, proposer_person, approver, approver_person, created_ms,"
                              " yaml) VALUES (?, ?, ?, ?, ?, '', '', '', '', ?, ?)");
    sql_put_bytes(&q, SCP_BYTES(policy->digest));
    sql_put_int(&q, policy->status);
    sql_put_int(&q, policy->etag);
    sql_put_text(&q, policy->author);
    sql_put_text(&q, policy->author_person);
    sql_put_int(&q, policy->created_ms);
    sql_put_bytes(&q, yaml);
    STORE_TRY(sql_run(&q));
    policy->version = (int32_t)sqlite3_last_insert_rowid(tx->connection->db);
    return STORE_OK;
}

static bool is_same(const struct store_person *by, const char *principal, const char *person)
{
    return strcmp(by->principal, principal) == 0 || strcmp(by->person, person) == 0;
}

/* Four eyes: two principals, and two persons behind them. */
static enum store_error check_step(struct store_tx *tx, const struct store_policy *policy,
                                   enum store_policy_status to, const struct store_person *by)
{
    if (by->person[0] == '\0')
        return store_fail(tx, STORE_INVALID, "nobody stands behind this principal");
    if (to == STORE_POLICY_DRAFT || to > STORE_POLICY_APPROVED || policy->status + 1 != to)
        return store_fail(tx, STORE_INVALID, "the version is not at the step before");
    if (to == STORE_POLICY_APPROVED && (is_same(by, policy->author, policy->author_person) ||
                                        is_same(by, policy->proposer, policy->proposer_person)))
        return store_fail(tx, STORE_CONFLICT, "a second person approves a policy");
    return STORE_OK;
}

/* Who proposes and who approves is kept; who checks is not asked about. */
static struct sql step(struct store_tx *tx, enum store_policy_status to)
{
    static const char *const texts[] = {
        [STORE_POLICY_CHECKED] = "UPDATE policy SET stage = 1, etag = etag + 1 WHERE version = ?1",
        [STORE_POLICY_PROPOSED] = "UPDATE policy SET stage = 2, etag = etag + 1, proposer = ?2,"
                                  " proposer_person = ?3 WHERE version = ?1",
        [STORE_POLICY_APPROVED] = "UPDATE policy SET stage = 3, etag = etag + 1, approver = ?2,"
                                  " approver_person = ?3 WHERE version = ?1",
    };
    return sql_on(tx, texts[to]);
}

enum store_error store_policy_advance(struct store_tx *tx, int32_t version,
                                      enum store_policy_status to, const struct store_person *by,
                                      int64_t if_match)
{
    struct store_policy policy = {0};
    STORE_TRY(store_policy_get(tx, version, &policy));
    if (if_match != STORE_ETAG_ANY && if_match != policy.etag)
        return store_fail(tx, STORE_STALE, "the version has changed since it was read");
    STORE_TRY(check_step(tx, &policy, to, by));
    struct sql q = step(tx, to);
    sql_put_int(&q, version);
    if (to != STORE_POLICY_CHECKED) {
        sql_put_text(&q, by->principal);
        sql_put_text(&q, by->person);
    }
    return sql_run_found(&q);
}

/* ---- activation --------------------------------------------------------------------------- */

static enum store_error touch(struct store_tx *tx, int32_t version)
{
    struct sql q = sql_on(tx, "UPDATE policy SET etag = etag + 1 WHERE version = ?");
    sql_put_int(&q, version);
    return sql_run_found(&q);
}

/* Take back what is to come: of one version, or of all (0). */
static enum store_error withdraw_planned(struct store_tx *tx, int32_t version,
                                         const struct store_person *by)
{
    struct sql q = sql_on(tx, "UPDATE policy_activation SET withdrawn_ms = ?1, withdrawer = ?2,"
                              " withdrawer_person = ?3 WHERE withdrawn_ms = 0 AND from_ms > ?1"
                              " AND (?4 = 0 OR version = ?4)");
    sql_put_int(&q, store_now_ms(tx));
    sql_put_text(&q, by->principal);
    sql_put_text(&q, by->person);
    sql_put_int(&q, version);
    return sql_run(&q);
}

enum store_error store_policy_activate(struct store_tx *tx, int32_t version,
                                       const struct store_person *by, int64_t from_ms)
{
    struct store_policy policy = {0};
    int64_t now = store_now_ms(tx);
    STORE_TRY(store_policy_get(tx, version, &policy));
    if (policy.status < STORE_POLICY_APPROVED)
        return store_fail(tx, STORE_INVALID, "the version is not approved");
    if (from_ms != 0 && from_ms < now)
        return store_fail(tx, STORE_INVALID, "that moment has passed");
    STORE_TRY(withdraw_planned(tx, version, by));
    if (policy.status == STORE_POLICY_ACTIVE && from_ms == 0)
        return STORE_OK;
    struct sql q = sql_on(tx, "INSERT INTO policy_activation (version, from_ms, principal, person,"
                              " made_ms, withdrawer, withdrawer_person, withdrawn_ms)"
                              " VALUES (?, ?, ?, ?, ?, '', '', 0)");
    sql_put_int(&q, version);
    sql_put_int(&q, from_ms == 0 ? now : from_ms);
    sql_put_text(&q, by->principal);
    sql_put_text(&q, by->person);
    sql_put_int(&q, now);
    STORE_TRY(sql_run(&q));
    return touch(tx, version);
}

/* Rows in force, newest first: enough of them to see whether one is left beneath the first. */
static enum store_error activations_in_force(struct store_tx *tx, int64_t *first, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, "SELECT sequence FROM policy_activation WHERE withdrawn_ms = 0"
                              " AND from_ms <= ?1 ORDER BY from_ms DESC, sequence DESC LIMIT 2");
    sql_put_int(&q, store_now_ms(tx));
    while (sql_row(&q)) {
        int64_t sequence = sql_get_int(&q);
        if ((*count)++ == 0)
            *first = sequence;
    }
    return sql_end(&q);
}

enum store_error store_policy_rollback(struct store_tx *tx, const struct store_person *by)
{
    struct store_policy active = {0};
    int64_t sequence = 0;
    size_t count = 0;
    STORE_TRY(store_policy_active(tx, &active));
    STORE_TRY(activations_in_force(tx, &sequence, &count));
    if (count < 2)
        return store_fail(tx, STORE_NOT_FOUND, "no version was active before");
    STORE_TRY(withdraw_planned(tx, 0, by));
    struct sql q = sql_on(tx, "UPDATE policy_activation SET withdrawn_ms = ?, withdrawer = ?,"
                              " withdrawer_person = ? WHERE sequence = ?");
    sql_put_int(&q, store_now_ms(tx));
    sql_put_text(&q, by->principal);
    sql_put_text(&q, by->person);
    sql_put_int(&q, sequence);
    STORE_TRY(sql_run_found(&q));
    return touch(tx, active.version);
}

/* ---- reading ------------------------------------------------------------------------------ */

enum store_error store_policy_get(struct store_tx *tx, int32_t version, struct store_policy *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE version = ?2");
    sql_put_int(&q, store_now_ms(tx));
    sql_put_int(&q, version);
    if (sql_row(&q))
        read_policy(&q, out);
    return sql_end_found(&q);
}

enum store_error store_policy_active(struct store_tx *tx, struct store_policy *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE version = " ACTIVE);
    sql_put_int(&q, store_now_ms(tx));
    if (sql_row(&q))
        read_policy(&q, out);
    return sql_end_found(&q);
}

enum store_error store_policy_yaml(struct store_tx *tx, int32_t version, struct store_blob *out)
{
    *out = (struct store_blob){NULL, 0};
    struct sql q = sql_on(tx, "SELECT yaml FROM policy WHERE version = ?");
    sql_put_int(&q, version);
    if (sql_row(&q))
        sql_get_blob(&q, out);
    return sql_end_found(&q);
}

enum store_error store_policy_list(struct store_tx *tx, int32_t after, struct store_policy *out,
                                   size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = sql_on(tx, SELECT " WHERE version > ?2 ORDER BY version LIMIT ?3");
    sql_put_int(&q, store_now_ms(tx));
    sql_put_int(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_policy(&q, &out[(*count)++]);
    return sql_end(&q);
}
