/* Opening, migrations, transactions, and what a crash or a full disk leaves behind. */
#include "tests/unit/ota-server/store/support.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Run SQL on the file while the store is closed. */
static void run_on_file(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void close_store(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

static enum store_error open_again(struct fixture *f, struct store_problem *problem)
{
    return store_open(f->path, &f->env, &f->store, problem);
}

static bool has_bank(struct fixture *f, const char *id)
{
    struct store_bank bank;
    struct store_tx *tx = begin(f, STORE_READ);
    enum store_error error = store_bank_get(tx, id, &bank);
    store_rollback(tx);
    assert_true(error == STORE_OK || error == STORE_NOT_FOUND);
    return error == STORE_OK;
}

static void committed_record_is_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    struct store_tx *tx = begin(f, STORE_WRITE);
    add_bank(tx, "bank-a");
    commit(tx);
    fixture_reopen(f);
    assert_true(has_bank(f, "bank-a"));
}

static void rollback_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    char card[STORE_ID_SIZE];
    struct store_card out;
    struct store_tx *tx = begin(f, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_card(tx, 1, card);
    assert_store_error(CONFLICT, store_end(tx, STORE_CONFLICT));
    assert_false(has_bank(f, "bank-a"));
    tx = begin(f, STORE_READ);
    assert_store_error(NOT_FOUND, store_card_get(tx, card, &out));
    store_rollback(tx);
}

static void reader_sees_one_state_throughout(void **state)
{
    struct fixture *f = *state;
    struct store_bank out;
    struct store_tx *reader = begin(f, STORE_READ);
    assert_store_error(NOT_FOUND, store_bank_get(reader, "bank-a", &out));
    struct store_tx *writer = begin(f, STORE_WRITE);
    add_bank(writer, "bank-a");
    assert_store_error(NOT_FOUND, store_bank_get(reader, "bank-a", &out));
    commit(writer);
    assert_store_error(NOT_FOUND, store_bank_get(reader, "bank-a", &out));
    store_rollback(reader);
    assert_true(has_bank(f, "bank-a"));
}

static void newer_schema_is_refused_readably(void **state)
{
    struct fixture *f = *state;
    struct store_problem problem;
    close_store(f);
    run_on_file(f, "PRAGMA user_version = 9999");
    assert_store_error(TOO_NEW, open_again(f, &problem));
    assert_non_null(strstr(problem.text, "schema version 9999"));
    assert_null(f->store);
}

static void foreign_database_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store_problem problem;
    close_store(f);
    run_on_file(f, "PRAGMA application_id = 1");
    assert_store_error(CORRUPT, open_again(f, &problem));
    assert_string_equal(problem.text, "the file is a database of another application");
}

static void file_that_is_no_database_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store_problem problem;
    close_store(f);
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        assert_true(fputs("this is no database\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_store_error(CORRUPT, open_again(f, &problem));
    assert_string_not_equal(problem.text, "");
}

static void folder_that_does_not_exist_is_an_io_error(void **state)
{
    struct fixture *f = *state;
    struct store *other = NULL;
    struct store_problem problem;
    assert_store_error(IO, store_open("/nonexistent/rebind.db", &f->env, &other, &problem));
    assert_null(other);
}

/* A database of schema version 1, kept as SQL text. */
static void replace_by_sample(struct fixture *f)
{
    char sql[64 * 1024];
    FILE *file = fopen(REBIND_SOURCE_DIR "/tests/unit/ota-server/store/version-1.sql", "r");
    assert_non_null(file);
    size_t len = fread(sql, 1, sizeof sql - 1, file);
    assert_true(feof(file));
    assert_int_equal(fclose(file), 0);
    sql[len] = '\0';
    close_store(f);
    assert_int_equal(unlink(f->path), 0);
    run_on_file(f, sql);
}

/* What limits and facts count is there from the first day, and the active policy stays it. */
static void assert_carried_over(struct store_tx *tx)
{
    const struct store_change_query of_region = {.region = "310000"};
    const struct store_change_query switches = {.bank = "bank-a", .only_switches = true};
    struct store_policy policy;
    int64_t count = 0;
    assert_ok(store_policy_active(tx, &policy));
    assert_int_equal(policy.version, 1);
    assert_string_equal(policy.approver_person, "bob");
    assert_ok(store_change_count(tx, &of_region, &count));
    assert_int_equal(count, 1);
    assert_ok(store_change_count(tx, &switches, &count));
    assert_int_equal(count, 0);
    assert_ok(store_holding_count(tx, "310000", "bank-a", &count));
    assert_int_equal(count, 1);
    assert_ok(store_holding_count(tx, NULL, NULL, &count));
    assert_int_equal(count, 1);
}

static void database_of_version_1_is_read(void **state)
{
    struct fixture *f = *state;
    struct store_operation operation;
    struct store_card card;
    struct store_binding binding;
    int64_t broken = 0;
    replace_by_sample(f);
    fixture_reopen(f);
    assert_true(has_bank(f, "bank-a"));
    struct store_tx *tx = begin(f, STORE_READ);
    assert_ok(store_card_get(tx, "C0000000000000000000000000000001", &card));
    assert_int_equal(card.free_non_volatile, 81920);
    assert_ok(store_binding_get(tx, card.id, "payment", &binding));
    assert_string_equal(binding.product, "bank-a/debit");
    assert_ok(store_operation_open(tx, card.id, &operation));
    assert_string_equal(operation.id, "0B000000000000000000000000000001");
    assert_int_equal(operation.progress.bytes_total, 32768);
    assert_carried_over(tx);
    assert_ok(store_audit_verify(tx, &broken));
    store_rollback(tx);
}

/* Writes in a child that is killed in the middle of the transaction. */
static void write_until_killed(struct fixture *f, int ready)
{
    struct store_tx *tx = NULL;
    struct store_problem problem;
    if (open_again(f, &problem) == STORE_OK &&
        store_begin(f->store, STORE_WRITE, &tx) == STORE_OK) {
        add_bank(tx, "bank-b");
        (void)!write(ready, "!", 1);
    }
    for (;;)
        pause();
}

static void killed_process_leaves_the_last_commit(void **state)
{
    struct fixture *f = *state;
    int channel[2], status = 0;
    char byte = 0;
    struct store_tx *tx = begin(f, STORE_WRITE);
    add_bank(tx, "bank-a");
    commit(tx);
    close_store(f);
    assert_int_equal(pipe(channel), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_until_killed(f, channel[1]);
    assert_int_equal(read(channel[0], &byte, 1), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(channel[0]);
    close(channel[1]);
    fixture_reopen(f);
    assert_true(has_bank(f, "bank-a"));
    assert_false(has_bank(f, "bank-b"));
}

/* Fill until the store says no; the transaction that failed must leave no trace. */
static enum store_error add_large_package(struct fixture *f, const char *aid)
{
    enum { LARGE = 100 * 1000 };
    static uint8_t load_file[LARGE];
    struct store_package package = {.bank = "bank-a", .version = "1.0"};
    struct store_audit_entry entry = {"", "package.put", "p", ""};
    snprintf(package.aid, sizeof package.aid, "%s", aid);
    struct store_tx *tx = begin(f, STORE_WRITE);
    enum store_error error = store_audit_append(tx, &entry, NULL);
    if (error == STORE_OK)
        error = store_package_put(tx, &package, SCP_BYTES(load_file));
    if (error == STORE_FULL) {
        struct store_bank bank;
        assert_store_error(FULL, store_bank_get(tx, "bank-a", &bank));
        assert_int_equal(store_tx_problem(tx)->error, STORE_FULL);
        assert_store_error(FULL, store_commit(tx));
        return STORE_FULL;
    }
    return store_end(tx, error);
}

static void full_database_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_package package;
    struct store_checkpoint before, after;
    int64_t broken = 0;
    struct store_tx *tx = begin(f, STORE_WRITE);
    add_bank(tx, "bank-a");
    commit(tx);
    assert_ok(store_limit_size(f->store, UINT64_C(512) * 1024));
    enum store_error error = STORE_OK;
    char aid[STORE_AID_SIZE] = "";
    for (int i = 0; i < 20 && error == STORE_OK; i++) {
        tx = begin(f, STORE_READ);
        assert_ok(store_audit_head(tx, &before));
        store_rollback(tx);
        snprintf(aid, sizeof aid, "A0000000%02d", i);
        error = add_large_package(f, aid);
    }
    assert_int_equal(error, STORE_FULL);
    tx = begin(f, STORE_READ);
    assert_store_error(NOT_FOUND, store_package_get(tx, "bank-a", aid, &package));
    assert_ok(store_audit_head(tx, &after));
    assert_int_equal(after.sequence, before.sequence);
    assert_ok(store_audit_verify(tx, &broken));
    store_rollback(tx);
    assert_ok(store_limit_size(f->store, UINT64_C(4096) * 1024));
    assert_ok(add_large_package(f, aid));
}

static void file_is_its_owners_alone(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct fixture *f = *state;
    struct stat status;
    char path[128];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, suffixes[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
}

static void more_readers_than_connections_wait_their_turn(void **state)
{
    struct fixture *f = *state;
    struct store_tx *readers[STORE_READERS];
    for (size_t i = 0; i < STORE_READERS; i++)
        readers[i] = begin(f, STORE_READ);
    store_rollback(readers[0]);
    readers[0] = begin(f, STORE_READ);
    for (size_t i = 0; i < STORE_READERS; i++)
        commit(readers[i]);
}

static void errors_have_names(void **state)
{
    (void)state;
    assert_string_equal(store_error_name(STORE_CONFLICT), "CONFLICT");
    assert_string_equal(store_error_name((enum store_error)999), "?");
    assert_string_not_equal(store_error_text(STORE_FULL), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(committed_record_is_there_after_reopening),
        TEST(rollback_leaves_nothing),
        TEST(reader_sees_one_state_throughout),
        TEST(newer_schema_is_refused_readably),
        TEST(foreign_database_is_refused),
        TEST(file_that_is_no_database_is_refused),
        TEST(folder_that_does_not_exist_is_an_io_error),
        TEST(database_of_version_1_is_read),
        TEST(killed_process_leaves_the_last_commit),
        TEST(full_database_changes_nothing),
        TEST(file_is_its_owners_alone),
        TEST(more_readers_than_connections_wait_their_turn),
        cmocka_unit_test(errors_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
