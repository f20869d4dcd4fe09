#include "ota-server/store/sql.h"

#include "scp/crypto/hash.h"

#include <string.h>

#define SELECT                                                                          \
    "SELECT version, digest, status, author, author_person, approver, approver_person," \
    " created_ms, activated_ms FROM policy"

static void read_policy(struct sql *q, struct store_policy *out)
{
    memset(out, 0, sizeof *out);
    out->version = (int32_t)sql_get_int(q);
    sql_get_fixed(q, out->digest, sizeof out->digest);
    out->status = sql_get_enum(q, STORE_POLICY_RETIRED + 1);
    sql_get_text(q, out->author, sizeof out->author);
    sql_get_text(q, out->author_person, sizeof out->author_person);
    sql_get_text(q, out->approver, sizeof out->approver);
    sql_get_text(q, out->approver_person, sizeof out->approver_person);
    out->created_ms = sql_get_int(q);
    out->activated_ms = sql_get_int(q);
}

enum store_error store_policy_propose(struct store_tx *tx, struct store_policy *policy,
                                      struct scp_bytes yaml)
{
    if (policy->author_person[0] == '\0')
        return store_fail(tx, STORE_INVALID, "a policy is proposed by a person");
    if (scp_sha256(yaml, policy->digest) != SCP_OK)
        return store_fail(tx, STORE_IO, "the policy could not be hashed");
    policy->status = STORE_POLICY_PROPOSED;
    policy->created_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT INTO policy (digest, status, author, author_person,"
                              " approver, approver_person, created_ms, activated_ms, yaml)"
                              " VALUES (?, ?, ?, ?, '', '', ?, 0, ?)");
    sql_put_bytes(&q, SCP_BYTES(policy->digest));
    sql_put_int(&q, policy->status);
    sql_put_text(&q, policy->author);
    sql_put_text(&q, policy->author_person);
    sql_put_int(&q, policy->created_ms);
    sql_put_bytes(&q, yaml);
    STORE_TRY(sql_run(&q));
    policy->version = (int32_t)sqlite3_last_insert_rowid(tx->connection->db);
    return STORE_OK;
}

static enum store_error retire_active(struct store_tx *tx)
{
    struct sql q = sql_on(tx, "UPDATE policy SET status = 2 WHERE status = 1");
    return sql_run(&q);
}

/* Four eyes: two principals, and two persons behind them. */
static enum store_error check_approver(struct store_tx *tx, const struct store_policy *policy,
                                       const char *approver, const char *approver_person)
{
    if (approver_person[0] == '\0')
        return store_fail(tx, STORE_INVALID, "a policy is approved by a person");
    if (strcmp(policy->author, approver) == 0 ||
        strcmp(policy->author_person, approver_person) == 0)
        return store_fail(tx, STORE_CONFLICT, "the author cannot approve a policy");
    return STORE_OK;
}

enum store_error store_policy_activate(struct store_tx *tx, int32_t version, const char *approver,
                                       const char *approver_person)
{
    struct store_policy policy = {0};
    STORE_TRY(store_policy_get(tx, version, &policy));
    STORE_TRY(check_approver(tx, &policy, approver, approver_person));
    if (policy.status == STORE_POLICY_ACTIVE)
        return STORE_OK;
    STORE_TRY(retire_active(tx));
    struct sql q = sql_on(tx, "UPDATE policy SET status = ?, approver = ?, approver_person = ?,"
                              " activated_ms = ? WHERE version = ?");
    sql_put_int(&q, STORE_POLICY_ACTIVE);
    sql_put_text(&q, approver);
    sql_put_text(&q, approver_person);
    sql_put_int(&q, store_now_ms(tx));
    sql_put_int(&q, version);
    return sql_run_found(&q);
}

enum store_error store_policy_get(struct store_tx *tx, int32_t version, struct store_policy *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE version = ?");
    sql_put_int(&q, version);
    if (sql_row(&q))
        read_policy(&q, out);
    return sql_end_found(&q);
}

enum store_error store_policy_active(struct store_tx *tx, struct store_policy *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE status = 1");
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
    struct sql q = sql_on(tx, SELECT " WHERE version > ? ORDER BY version LIMIT ?");
    sql_put_int(&q, after);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        read_policy(&q, &out[(*count)++]);
    return sql_end(&q);
}
