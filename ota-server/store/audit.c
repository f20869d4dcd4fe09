#include "ota-server/store/sql.h"

#include "scp/crypto/hash.h"

#include <stdlib.h>
#include <string.h>

/* ---- the chain ---------------------------------------------------------------------------- */

/* What a record's hash covers. */
struct link {
    int64_t sequence;
    int64_t time_ms;
    const uint8_t *previous;
    struct store_audit_entry entry;
};

static void put_string(struct scp_writer *w, const char *text)
{
    scp_put_u32(w, (uint32_t)strlen(text));
    scp_put(w, scp_bytes_of(text, strlen(text)));
}

static size_t canonical_size(const struct store_audit_entry *entry)
{
    return 4 + 32 + 8 + 8 + 4 * 4 + strlen(entry->actor) + strlen(entry->action) +
           strlen(entry->object) + strlen(entry->detail);
}

static enum scp_error hash_link(const struct link *link, uint8_t hash[32])
{
    size_t size = canonical_size(&link->entry);
    uint8_t *buffer = malloc(size);
    if (buffer == NULL)
        return SCP_NO_MEMORY;
    struct scp_writer w = scp_writer_on(buffer, size);
    scp_put(&w, SCP_LITERAL('R', 'B', 'A', 0x01));
    scp_put(&w, scp_bytes_of(link->previous, 32));
    scp_put_u64(&w, (uint64_t)link->sequence);
    scp_put_u64(&w, (uint64_t)link->time_ms);
    put_string(&w, link->entry.actor);
    put_string(&w, link->entry.action);
    put_string(&w, link->entry.object);
    put_string(&w, link->entry.detail);
    enum scp_error error = scp_writer_status(&w);
    if (error == SCP_OK)
        error = scp_sha256(scp_written(&w), hash);
    free(buffer);
    return error;
}

static enum store_error hash_into(struct store_tx *tx, const struct link *link, uint8_t hash[32])
{
    enum scp_error error = hash_link(link, hash);
    if (error == SCP_OK)
        return STORE_OK;
    return store_fail(tx, error == SCP_NO_MEMORY ? STORE_NO_MEMORY : STORE_IO,
                      "an audit record could not be hashed");
}

/* ---- records ------------------------------------------------------------------------------ */

static enum store_error insert(struct store_tx *tx, const struct link *link, const uint8_t hash[32])
{
    struct sql q = sql_on(tx, "INSERT INTO audit (sequence, time_ms, actor, action, object, detail,"
                              " previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_int(&q, link->sequence);
    sql_put_int(&q, link->time_ms);
    sql_put_text(&q, link->entry.actor);
    sql_put_text(&q, link->entry.action);
    sql_put_text(&q, link->entry.object);
    sql_put_text(&q, link->entry.detail);
    sql_put_bytes(&q, scp_bytes_of(link->previous, 32));
    sql_put_bytes(&q, scp_bytes_of(hash, 32));
    return sql_run(&q);
}

static bool fits(const struct store_audit_entry *entry)
{
    return strlen(entry->actor) < STORE_ID_SIZE && strlen(entry->action) < STORE_LABEL_SIZE &&
           strlen(entry->object) < STORE_NAME_SIZE && strlen(entry->detail) < STORE_BLOB_MAX;
}

enum store_error store_audit_append(struct store_tx *tx, const struct store_audit_entry *entry,
                                    struct store_checkpoint *out)
{
    struct store_checkpoint head, next = {0};
    if (!fits(entry))
        return store_fail(tx, STORE_INVALID, "a text of the audit record is too long");
    STORE_TRY(store_audit_head(tx, &head));
    struct link link = {head.sequence + 1, store_now_ms(tx), head.hash, *entry};
    STORE_TRY(hash_into(tx, &link, next.hash));
    STORE_TRY(insert(tx, &link, next.hash));
    next.sequence = link.sequence;
    next.time_ms = link.time_ms;
    if (out != NULL)
        *out = next;
    return STORE_OK;
}

enum store_error store_audit_head(struct store_tx *tx, struct store_checkpoint *out)
{
    memset(out, 0, sizeof *out);
    struct sql q =
        sql_on(tx, "SELECT sequence, hash, time_ms FROM audit ORDER BY sequence DESC LIMIT 1");
    if (sql_row(&q)) {
        out->sequence = sql_get_int(&q);
        sql_get_fixed(&q, out->hash, sizeof out->hash);
        out->time_ms = sql_get_int(&q);
    }
    return sql_end(&q);
}

static void read_record(struct sql *q, struct store_audit *out)
{
    memset(out, 0, sizeof *out);
    out->sequence = sql_get_int(q);
    out->time_ms = sql_get_int(q);
    sql_get_text(q, out->actor, sizeof out->actor);
    sql_get_text(q, out->action, sizeof out->action);
    sql_get_text(q, out->object, sizeof out->object);
    sql_get_blob(q, &out->detail);
    sql_get_fixed(q, out->previous, sizeof out->previous);
    sql_get_fixed(q, out->hash, sizeof out->hash);
}

static struct sql list_after(struct store_tx *tx, int64_t after)
{
    struct sql q = sql_on(tx, "SELECT sequence, time_ms, actor, action, object, detail, previous,"
                              " hash FROM audit WHERE sequence > ? ORDER BY sequence");
    sql_put_int(&q, after);
    return q;
}

enum store_error store_audit_list(struct store_tx *tx, int64_t after, struct store_audit *out,
                                  size_t cap, size_t *count)
{
    *count = 0;
    struct sql q = list_after(tx, after);
    while (*count < cap && sql_row(&q))
        read_record(&q, &out[(*count)++]);
    enum store_error error = sql_end(&q);
    while (error != STORE_OK && *count > 0)
        store_audit_fini(&out[--(*count)]);
    return error;
}

void store_audit_fini(struct store_audit *record)
{
    store_blob_fini(&record->detail);
}

/* ---- checkpoints -------------------------------------------------------------------------- */

/* Whether the chain has a record of that sequence and hash. */
static enum store_error has_record(struct store_tx *tx, int64_t sequence, const uint8_t hash[32],
                                   bool *found)
{
    struct sql q = sql_on(tx, "SELECT 1 FROM audit WHERE sequence = ? AND hash = ?");
    sql_put_int(&q, sequence);
    sql_put_bytes(&q, scp_bytes_of(hash, 32));
    *found = sql_row(&q);
    return sql_end(&q);
}

enum store_error store_checkpoint_add(struct store_tx *tx, struct store_checkpoint *checkpoint)
{
    bool found = false;
    STORE_TRY(has_record(tx, checkpoint->sequence, checkpoint->hash, &found));
    if (!found)
        return store_fail(tx, STORE_CONFLICT, "the checkpoint names no record of the chain");
    if (checkpoint->signature_len > sizeof checkpoint->signature)
        return store_fail(tx, STORE_INVALID, "the checkpoint's signature is too long");
    checkpoint->time_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT OR REPLACE INTO checkpoint (sequence, hash, signature,"
                              " time_ms) VALUES (?, ?, ?, ?)");
    sql_put_int(&q, checkpoint->sequence);
    sql_put_bytes(&q, SCP_BYTES(checkpoint->hash));
    sql_put_bytes(&q, scp_bytes_of(checkpoint->signature, checkpoint->signature_len));
    sql_put_int(&q, checkpoint->time_ms);
    return sql_run(&q);
}

enum store_error store_checkpoint_last(struct store_tx *tx, struct store_checkpoint *out)
{
    struct sql q = sql_on(tx, "SELECT sequence, hash, signature, time_ms FROM checkpoint"
                              " ORDER BY sequence DESC LIMIT 1");
    if (sql_row(&q)) {
        memset(out, 0, sizeof *out);
        out->sequence = sql_get_int(&q);
        sql_get_fixed(&q, out->hash, sizeof out->hash);
        out->signature_len = sql_get_bytes(&q, out->signature, sizeof out->signature);
        out->time_ms = sql_get_int(&q);
    }
    return sql_end_found(&q);
}

/* ---- verification ------------------------------------------------------------------------- */

static enum store_error check_record(struct store_tx *tx, const struct store_audit *record,
                                     const struct store_checkpoint *before, bool *intact)
{
    uint8_t hash[32];
    struct link link = {
        .sequence = before->sequence + 1,
        .time_ms = record->time_ms,
        .previous = before->hash,
        .entry = {record->actor, record->action, record->object, (const char *)record->detail.ptr},
    };
    STORE_TRY(hash_into(tx, &link, hash));
    *intact = record->sequence == link.sequence && memcmp(hash, record->hash, sizeof hash) == 0 &&
              memcmp(before->hash, record->previous, sizeof hash) == 0;
    return STORE_OK;
}

/* Go through the chain; `end` is the last record up to which it is whole. */
static enum store_error walk(struct store_tx *tx, struct store_checkpoint *end, bool *intact)
{
    memset(end, 0, sizeof *end);
    *intact = true;
    struct sql q = list_after(tx, INT64_MIN);
    while (*intact && sql_row(&q)) {
        struct store_audit record;
        read_record(&q, &record);
        if (q.error == STORE_OK)
            q.error = check_record(tx, &record, end, intact);
        if (q.error == STORE_OK && *intact) {
            end->sequence = record.sequence;
            memcpy(end->hash, record.hash, sizeof end->hash);
        }
        store_audit_fini(&record);
    }
    return sql_end(&q);
}

/* The first checkpoint that the chain does not bear out; 0 when there is none. */
static enum store_error first_broken_checkpoint(struct store_tx *tx, int64_t *sequence)
{
    *sequence = 0;
    struct sql q = sql_on(tx, "SELECT checkpoint.sequence FROM checkpoint LEFT JOIN audit"
                              " ON audit.sequence = checkpoint.sequence"
                              " WHERE audit.hash IS NULL OR audit.hash <> checkpoint.hash"
                              " ORDER BY checkpoint.sequence LIMIT 1");
    if (sql_row(&q))
        *sequence = sql_get_int(&q);
    return sql_end(&q);
}

enum store_error store_audit_verify(struct store_tx *tx, int64_t *broken)
{
    struct store_checkpoint end;
    bool intact = false;
    int64_t checkpoint = 0;
    *broken = 0;
    STORE_TRY(walk(tx, &end, &intact));
    STORE_TRY(first_broken_checkpoint(tx, &checkpoint));
    if (intact && checkpoint == 0)
        return STORE_OK;
    bool is_cut = intact && checkpoint > end.sequence;
    *broken = !intact || is_cut ? end.sequence + 1 : checkpoint;
    return store_fail(tx, STORE_CORRUPT, "the audit chain is broken");
}
