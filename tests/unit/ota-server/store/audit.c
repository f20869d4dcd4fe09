/* The audit chain. */
#include "tests/unit/ota-server/store/support.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { RECORDS = 5 };

static const struct store_audit_entry entry = {
    .actor = "P1", .action = "binding.put", .object = "card/7F", .detail = "{\"rule\":\"r1\"}"};

/* Change the file behind the store's back, as somebody with the database in hand would. */
static void tamper(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    fixture_reopen(f);
}

static void append_records(struct fixture *f, struct store_checkpoint *head)
{
    struct store_tx *tx = begin(f, STORE_WRITE);
    for (int i = 0; i < RECORDS; i++)
        assert_ok(store_audit_append(tx, &entry, head));
    commit(tx);
}

static int64_t first_broken(struct fixture *f)
{
    int64_t broken = -1;
    struct store_tx *tx = begin(f, STORE_READ);
    enum store_error error = store_audit_verify(tx, &broken);
    assert_true(error == STORE_OK || error == STORE_CORRUPT);
    assert_true((error == STORE_OK) == (broken == 0));
    store_rollback(tx);
    return broken;
}

static void chain_links_every_record_to_the_one_before(void **state)
{
    struct fixture *f = *state;
    struct store_audit out[RECORDS + 1];
    struct store_checkpoint head;
    const uint8_t zeros[32] = {0};
    size_t count = 0;
    append_records(f, &head);
    struct store_tx *tx = begin(f, STORE_READ);
    assert_ok(store_audit_list(tx, 0, out, RECORDS + 1, &count));
    assert_int_equal(count, RECORDS);
    assert_memory_equal(out[0].previous, zeros, 32);
    assert_string_equal(out[0].action, "binding.put");
    assert_string_equal((const char *)out[0].detail.ptr, "{\"rule\":\"r1\"}");
    for (size_t i = 1; i < count; i++)
        assert_memory_equal(out[i].previous, out[i - 1].hash, 32);
    assert_memory_equal(head.hash, out[RECORDS - 1].hash, 32);
    assert_int_equal(head.sequence, RECORDS);
    for (size_t i = 0; i < count; i++)
        store_audit_fini(&out[i]);
    store_rollback(tx);
    assert_int_equal(first_broken(f), 0);
}

static void chain_shows_every_altered_column(void **state)
{
    static const char *const changes[] = {
        "UPDATE audit SET time_ms = time_ms + 1 WHERE sequence = 3",
        "UPDATE audit SET actor = 'P2' WHERE sequence = 3",
        "UPDATE audit SET action = 'x' WHERE sequence = 3",
        "UPDATE audit SET object = 'x' WHERE sequence = 3",
        "UPDATE audit SET detail = '{}' WHERE sequence = 3",
        "UPDATE audit SET previous = zeroblob(32) WHERE sequence = 3",
        "UPDATE audit SET hash = zeroblob(32) WHERE sequence = 3",
        "UPDATE audit SET actor = 'P1b', action = 'inding.put' WHERE sequence = 3",
    };
    struct fixture *f = *state;
    struct store_checkpoint head;
    append_records(f, &head);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        tamper(f, "CREATE TABLE kept AS SELECT * FROM audit");
        tamper(f, changes[i]);
        assert_int_equal(first_broken(f), 3);
        tamper(f, "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept");
        assert_int_equal(first_broken(f), 0);
    }
}

static void chain_shows_every_missing_record_but_the_last(void **state)
{
    struct fixture *f = *state;
    struct store_checkpoint head;
    char sql[96];
    append_records(f, &head);
    tamper(f, "CREATE TABLE kept AS SELECT * FROM audit");
    for (int missing = 1; missing < RECORDS; missing++) {
        snprintf(sql, sizeof sql, "DELETE FROM audit WHERE sequence = %d", missing);
        tamper(f, sql);
        assert_int_equal(first_broken(f), missing);
        tamper(f, "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept");
    }
}

static void checkpoint_shows_a_chain_that_was_cut(void **state)
{
    struct fixture *f = *state;
    struct store_checkpoint head, out;
    append_records(f, &head);
    struct store_tx *tx = begin(f, STORE_WRITE);
    head.signature_len = 3;
    memcpy(head.signature, "sig", 3);
    assert_ok(store_checkpoint_add(tx, &head));
    assert_ok(store_checkpoint_last(tx, &out));
    assert_int_equal(out.sequence, RECORDS);
    assert_int_equal(out.signature_len, 3);
    head.sequence++;
    assert_store_error(CONFLICT, store_checkpoint_add(tx, &head));
    commit(tx);
    tamper(f, "DELETE FROM audit WHERE sequence >= 4");
    assert_int_equal(first_broken(f), 4);
}

static void overlong_text_is_refused(void **state)
{
    char text[STORE_NAME_SIZE + 1];
    struct store_audit_entry overlong = entry;
    struct store_checkpoint head;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    overlong.object = text;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_store_error(INVALID, store_audit_append(tx, &overlong, NULL));
    assert_ok(store_audit_head(tx, &head));
    assert_int_equal(head.sequence, 0);
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chain_links_every_record_to_the_one_before),
        TEST(chain_shows_every_altered_column),
        TEST(chain_shows_every_missing_record_but_the_last),
        TEST(checkpoint_shows_a_chain_that_was_cut),
        TEST(overlong_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
