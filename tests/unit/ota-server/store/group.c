/* Transactions of several threads share the write to disk, and none returns before it. */
#include "tests/unit/ota-server/store/support.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { THREADS = 8, TRANSACTIONS = 12 };

/* ---- a disk whose log counts, waits and fails --------------------------------------------- */

static atomic_size_t syncs;
static atomic_bool broken;
static sqlite3_vfs disk;
static sqlite3_vfs *real_disk;
static const sqlite3_io_methods *real_methods;
static sqlite3_io_methods methods;

static int sync_slowly(sqlite3_file *file, int flags)
{
    const struct timespec moment = {.tv_nsec = 2000000};
    nanosleep(&moment, NULL);
    atomic_fetch_add(&syncs, 1);
    return atomic_load(&broken) ? SQLITE_IOERR_FSYNC : real_methods->xSync(file, flags);
}

static int open_counted(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int code = real_disk->xOpen(real_disk, name, file, flags, out);
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
        real_methods = file->pMethods;
        methods = *real_methods;
        methods.xSync = sync_slowly;
        file->pMethods = &methods;
    }
    return code;
}

static int setup(void **state)
{
    real_disk = sqlite3_vfs_find(NULL);
    disk = *real_disk;
    disk.zName = "counted";
    disk.xOpen = open_counted;
    if (sqlite3_vfs_register(&disk, 1) != SQLITE_OK)
        return -1;
    return fixture_setup(state);
}

static int teardown(void **state)
{
    atomic_store(&broken, false);
    int result = fixture_teardown(state);
    sqlite3_vfs_unregister(&disk);
    return result;
}

/* ---- writers ------------------------------------------------------------------------------ */

struct worker {
    pthread_t thread;
    struct fixture *fixture;
    size_t number;
    bool undo_odd; /* roll every second transaction back */
    size_t errors;
    enum store_error last;
    size_t early; /* commits that returned without a write to disk */
};

static void write_one(struct worker *worker, size_t i)
{
    struct store_tx *tx = NULL;
    struct store_bank bank = {.status = STORE_BANK_ACTIVE};
    snprintf(bank.id, sizeof bank.id, "bank-%zu-%zu", worker->number, i);
    snprintf(bank.name, sizeof bank.name, "%0120zu", i); /* long, so that the file must grow */
    enum store_error error = store_begin(worker->fixture->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_bank_put(tx, &bank, STORE_ETAG_ABSENT);
    if (error == STORE_OK && worker->undo_odd && i % 2 == 1) {
        store_rollback(tx);
        return;
    }
    size_t before = atomic_load(&syncs);
    if (tx != NULL)
        error = store_end(tx, error);
    worker->early += error == STORE_OK && atomic_load(&syncs) == before;
    worker->errors += error != STORE_OK;
    if (error != STORE_OK)
        worker->last = error;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    for (size_t i = 0; i < TRANSACTIONS; i++)
        write_one(worker, i);
    return NULL;
}

static void run(struct worker workers[THREADS], struct fixture *f, bool undo_odd)
{
    for (size_t n = 0; n < THREADS; n++) {
        workers[n] = (struct worker){.fixture = f, .number = n, .undo_odd = undo_odd};
        assert_int_equal(pthread_create(&workers[n].thread, NULL, work, &workers[n]), 0);
    }
    for (size_t n = 0; n < THREADS; n++)
        assert_int_equal(pthread_join(workers[n].thread, NULL), 0);
}

static bool has_bank(struct fixture *f, size_t thread, size_t i)
{
    struct store_bank bank;
    char id[STORE_SLUG_SIZE];
    struct store_tx *tx = begin(f, STORE_READ);
    snprintf(id, sizeof id, "bank-%zu-%zu", thread, i);
    enum store_error error = store_bank_get(tx, id, &bank);
    store_rollback(tx);
    return error == STORE_OK;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void transactions_that_wait_for_each_other_share_the_write(void **state)
{
    struct fixture *f = *state;
    struct worker workers[THREADS];
    size_t before = atomic_load(&syncs);
    run(workers, f, false);
    size_t used = atomic_load(&syncs) - before;
    print_message("%d transactions, %zu writes to disk\n", THREADS * TRANSACTIONS, used);
    assert_true(used <= THREADS * TRANSACTIONS / 2);
    fixture_reopen(f);
    for (size_t n = 0; n < THREADS; n++) {
        assert_int_equal(workers[n].errors, 0);
        assert_int_equal(workers[n].early, 0);
        for (size_t i = 0; i < TRANSACTIONS; i++)
            assert_true(has_bank(f, n, i));
    }
}

static void transaction_that_is_rolled_back_leaves_the_others_alone(void **state)
{
    struct fixture *f = *state;
    struct worker workers[THREADS];
    run(workers, f, true);
    fixture_reopen(f);
    for (size_t n = 0; n < THREADS; n++) {
        assert_int_equal(workers[n].errors, 0);
        for (size_t i = 0; i < TRANSACTIONS; i++)
            assert_int_equal(has_bank(f, n, i), i % 2 == 0);
    }
}

static void every_transaction_is_told_that_the_disk_failed(void **state)
{
    struct fixture *f = *state;
    struct worker workers[THREADS];
    atomic_store(&broken, true);
    run(workers, f, false);
    atomic_store(&broken, false);
    fixture_reopen(f);
    for (size_t n = 0; n < THREADS; n++) {
        assert_int_equal(workers[n].errors, TRANSACTIONS);
        assert_int_equal(workers[n].last, STORE_IO);
        for (size_t i = 0; i < TRANSACTIONS; i++)
            assert_false(has_bank(f, n, i));
    }
}

static void every_transaction_of_a_group_is_told_that_the_disk_is_full(void **state)
{
    struct fixture *f = *state;
    struct worker workers[THREADS];
    size_t kept = 0;
    size_t errors = 0;
    assert_ok(store_limit_size(f->store, 1)); /* as large as it is, and no larger */
    run(workers, f, false);
    fixture_reopen(f);
    for (size_t n = 0; n < THREADS; n++) {
        errors += workers[n].errors;
        if (workers[n].errors > 0)
            assert_int_equal(workers[n].last, STORE_FULL);
        for (size_t i = 0; i < TRANSACTIONS; i++)
            kept += has_bank(f, n, i);
    }
    assert_true(errors > 0);
    assert_int_equal(kept + errors, THREADS * TRANSACTIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(transactions_that_wait_for_each_other_share_the_write,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(transaction_that_is_rolled_back_leaves_the_others_alone,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(every_transaction_is_told_that_the_disk_failed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_transaction_of_a_group_is_told_that_the_disk_is_full,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
