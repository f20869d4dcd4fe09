#include "ota-server/store/sql.h"

#include <string.h>

#define SELECT                                                                            \
    "SELECT id, operation, card, agent, record, sequence, state, response_digest, reply," \
    " created_ms"                                                                         \
    " FROM exchange"

static enum store_error get_one(struct sql *q, struct store_exchange *out)
{
    if (sql_row(q)) {
        memset(out, 0, sizeof *out);
        sql_get_text(q, out->id, sizeof out->id);
        sql_get_text(q, out->operation, sizeof out->operation);
        sql_get_text(q, out->card, sizeof out->card);
        sql_get_text(q, out->agent, sizeof out->agent);
        sql_get_text(q, out->record, sizeof out->record);
        out->sequence = (uint32_t)sql_get_int(q);
        out->state = sql_get_enum(q, STORE_EXCHANGE_GIVEN_UP + 1);
        sql_get_fixed(q, out->response_digest, sizeof out->response_digest);
        sql_get_text(q, out->reply, sizeof out->reply);
        out->created_ms = sql_get_int(q);
    }
    return sql_end_found(q);
}

static enum store_error next_sequence(struct store_tx *tx, struct store_exchange *exchange)
{
    struct sql q = sql_on(tx, "SELECT count(*) FROM exchange WHERE operation = ?");
    sql_put_text(&q, exchange->operation);
    if (sql_row(&q))
        exchange->sequence = (uint32_t)sql_get_int(&q);
    return sql_end(&q);
}

enum store_error store_exchange_add(struct store_tx *tx, struct store_exchange *exchange,
                                    struct scp_bytes script, struct scp_bytes sealed_state)
{
    store_new_id(tx, exchange->id);
    STORE_TRY(next_sequence(tx, exchange));
    exchange->state = STORE_EXCHANGE_OUTSTANDING;
    exchange->created_ms = store_now_ms(tx);
    struct sql q = sql_on(tx, "INSERT INTO exchange (id, operation, card, agent, record, sequence,"
                              " state, created_ms, script, sealed_state)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_put_text(&q, exchange->id);
    sql_put_text(&q, exchange->operation);
    sql_put_text(&q, exchange->card);
    sql_put_text(&q, exchange->agent);
    sql_put_text(&q, exchange->record);
    sql_put_int(&q, exchange->sequence);
    sql_put_int(&q, exchange->state);
    sql_put_int(&q, exchange->created_ms);
    sql_put_bytes(&q, script);
    sql_put_bytes(&q, sealed_state);
    return sql_run(&q);
}

enum store_error store_exchange_get(struct store_tx *tx, const char *id, struct store_exchange *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE id = ?");
    sql_put_text(&q, id);
    return get_one(&q, out);
}

enum store_error store_exchange_outstanding(struct store_tx *tx, const char *card,
                                            struct store_exchange *out)
{
    struct sql q = sql_on(tx, SELECT " WHERE card = ? AND state = 0");
    sql_put_text(&q, card);
    return get_one(&q, out);
}

static enum store_error get_blob(struct sql *q, const char *id, struct store_blob *out)
{
    *out = (struct store_blob){NULL, 0};
    sql_put_text(q, id);
    if (sql_row(q))
        sql_get_blob(q, out);
    return sql_end_found(q);
}

enum store_error store_exchange_script(struct store_tx *tx, const char *id, struct store_blob *out)
{
    struct sql q = sql_on(tx, "SELECT script FROM exchange WHERE id = ?");
    return get_blob(&q, id, out);
}

enum store_error store_exchange_sealed_state(struct store_tx *tx, const char *id,
                                             struct store_blob *out)
{
    struct sql q = sql_on(tx, "SELECT sealed_state FROM exchange WHERE id = ?");
    return get_blob(&q, id, out);
}

enum store_error store_exchange_answer(struct store_tx *tx, const char *id,
                                       const uint8_t digest[32])
{
    struct store_exchange stored = {0};
    STORE_TRY(store_exchange_get(tx, id, &stored));
    bool same = memcmp(stored.response_digest, digest, sizeof stored.response_digest) == 0;
    if (stored.state == STORE_EXCHANGE_ANSWERED && same)
        return STORE_OK;
    if (stored.state != STORE_EXCHANGE_OUTSTANDING)
        return store_fail(tx, STORE_CONFLICT, "the exchange was answered otherwise or burned");
    struct sql q = sql_on(tx, "UPDATE exchange SET state = ?, response_digest = ? WHERE id = ?");
    sql_put_int(&q, STORE_EXCHANGE_ANSWERED);
    sql_put_bytes(&q, scp_bytes_of(digest, sizeof stored.response_digest));
    sql_put_text(&q, id);
    return sql_run_found(&q);
}

enum store_error store_exchange_set_reply(struct store_tx *tx, const char *id, const char *reply)
{
    struct store_exchange stored = {0};
    STORE_TRY(store_exchange_get(tx, id, &stored));
    if (stored.state != STORE_EXCHANGE_ANSWERED)
        return store_fail(tx, STORE_CONFLICT, "the exchange has no answer to reply to");
    struct sql q = sql_on(tx, "UPDATE exchange SET reply = ? WHERE id = ?");
    sql_put_text(&q, reply);
    sql_put_text(&q, id);
    return sql_run_found(&q);
}

enum store_error store_exchange_give_up(struct store_tx *tx, const char *id)
{
    struct store_exchange stored = {0};
    STORE_TRY(store_exchange_get(tx, id, &stored));
    if (stored.state != STORE_EXCHANGE_OUTSTANDING)
        return store_fail(tx, STORE_CONFLICT, "the exchange is not outstanding");
    struct sql q = sql_on(tx, "UPDATE exchange SET state = ? WHERE id = ?");
    sql_put_int(&q, STORE_EXCHANGE_GIVEN_UP);
    sql_put_text(&q, id);
    return sql_run_found(&q);
}

enum store_error store_exchange_given_up(struct store_tx *tx, const char *card,
                                         char (*operations)[STORE_ID_SIZE], size_t cap,
                                         size_t *count)
{
    *count = 0;
    struct sql q =
        sql_on(tx, "SELECT DISTINCT operation FROM exchange WHERE card = ? AND state = 3 LIMIT ?");
    sql_put_text(&q, card);
    sql_put_int(&q, (int64_t)cap);
    while (*count < cap && sql_row(&q))
        sql_get_text(&q, operations[(*count)++], STORE_ID_SIZE);
    return sql_end(&q);
}

enum store_error store_exchange_burn(struct store_tx *tx, const char *card)
{
    struct sql q = sql_on(tx, "UPDATE exchange SET state = ? WHERE card = ? AND state = 3");
    sql_put_int(&q, STORE_EXCHANGE_BURNED);
    sql_put_text(&q, card);
    return sql_run(&q);
}
