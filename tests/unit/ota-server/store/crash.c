/* Killed processes and failing disks: a commit is there whole or not at all, and what was
 * acknowledged stays. */
#include "tests/unit/ota-server/store/support.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* One transaction of two records that belong together: bank n and an audit record. */
static enum store_error commit_pair(struct store *store, int n)
{
    struct store_tx *tx = NULL;
    struct store_bank bank = {.name = "Bank"};
    const struct store_audit_entry entry = {"", "bank.put", "bank", ""};
    snprintf(bank.id, sizeof bank.id, "bank-%04d", n);
    STORE_TRY(store_begin(store, STORE_WRITE, &tx));
    enum store_error error = store_bank_put(tx, &bank, STORE_ETAG_ABSENT);
    if (error == STORE_OK)
        error = store_audit_append(tx, &entry, NULL);
    return store_end(tx, error);
}

/* The number of pairs, having seen that none is half there. */
static size_t count_pairs(struct fixture *f)
{
    struct store_bank out[16];
    struct store_checkpoint head;
    size_t count = 0, banks = 0;
    int64_t broken = 0;
    char after[STORE_SLUG_SIZE] = "";
    struct store_tx *tx = begin(f, STORE_READ);
    do {
        assert_ok(store_bank_list(tx, after, out, 16, &count));
        banks += count;
        if (count > 0)
            memcpy(after, out[count - 1].id, sizeof after);
    } while (count > 0);
    assert_ok(store_audit_head(tx, &head));
    assert_ok(store_audit_verify(tx, &broken));
    store_rollback(tx);
    assert_int_equal(head.sequence, banks);
    return banks;
}

/* ---- killed processes --------------------------------------------------------------------- */

static void commit_until_killed(struct fixture *f, int first, int acknowledge)
{
    struct store_problem problem;
    if (store_open(f->path, &f->env, &f->store, &problem) != STORE_OK)
        _exit(1);
    for (int n = first; commit_pair(f->store, n) == STORE_OK; n++)
        if (write(acknowledge, &n, sizeof n) != (ssize_t)sizeof n)
            break;
    _exit(1);
}

/* Let a child commit, kill it after some acknowledgements, and give the last acknowledged number.
 */
static int kill_after(struct fixture *f, int first, int acknowledgements)
{
    int channel[2], n = first - 1, status = 0;
    assert_int_equal(pipe(channel), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        commit_until_killed(f, first, channel[1]);
    close(channel[1]);
    for (int i = 0; i < acknowledgements; i++)
        assert_int_equal(read(channel[0], &n, sizeof n), sizeof n);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    while (read(channel[0], &n, sizeof n) == (ssize_t)sizeof n)
        continue;
    close(channel[0]);
    return n;
}

static void acknowledged_commits_survive_a_kill(void **state)
{
    struct fixture *f = *state;
    size_t there = 0;
    for (int round = 0; round < 12; round++) {
        store_close(f->store);
        f->store = NULL;
        const size_t acknowledged = (size_t)kill_after(f, (int)there, round * 3) + 1;
        fixture_reopen(f);
        there = count_pairs(f);
        assert_in_range(there, acknowledged, acknowledged + 1);
    }
    assert_ok(commit_pair(f->store, (int)there));
}

/* ---- failing disks ------------------------------------------------------------------------ */

enum { TABLES = 4 };

/* The system's file methods, with one call to write or sync that fails. The system has several
 * tables of methods, for a database and for its log, with the same functions for writing. */
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *system;
    const sqlite3_io_methods *real[TABLES];
    sqlite3_io_methods methods[TABLES];
    int calls_left; /* until the call that fails; 0: none does */
    int code;
} faults;

static bool is_to_fail(void)
{
    return faults.calls_left > 0 && --faults.calls_left == 0;
}

static int fault_write(sqlite3_file *file, const void *from, int len, sqlite3_int64 at)
{
    return is_to_fail() ? faults.code : faults.real[0]->xWrite(file, from, len, at);
}

static int fault_sync(sqlite3_file *file, int flags)
{
    return is_to_fail() ? faults.code : faults.real[0]->xSync(file, flags);
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int code = faults.system->xOpen(faults.system, name, file, flags, out);
    if (code != SQLITE_OK || file->pMethods == NULL)
        return code;
    size_t i = 0;
    while (i < TABLES && faults.real[i] != NULL && faults.real[i] != file->pMethods)
        i++;
    if (i == TABLES) {
        file->pMethods->xClose(file);
        return SQLITE_CANTOPEN;
    }
    faults.real[i] = file->pMethods;
    assert_true(faults.real[i]->xWrite == faults.real[0]->xWrite);
    assert_true(faults.real[i]->xSync == faults.real[0]->xSync);
    faults.methods[i] = *file->pMethods;
    faults.methods[i].xWrite = fault_write;
    faults.methods[i].xSync = fault_sync;
    file->pMethods = &faults.methods[i];
    return code;
}

static void install_faults(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    faults.system = sqlite3_vfs_find(NULL);
    faults.vfs = *faults.system;
    faults.vfs.zName = "faults";
    faults.vfs.xOpen = fault_open;
    assert_int_equal(sqlite3_vfs_register(&faults.vfs, 1), SQLITE_OK);
    fixture_reopen(f);
}

static void remove_faults(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(sqlite3_vfs_unregister(&faults.vfs), SQLITE_OK);
    fixture_reopen(f);
}

/* Fail the first, second, … write or sync of a transaction, until one transaction meets no fault.
 */
static unsigned fail_each_call(struct fixture *f, int code, enum store_error expected)
{
    unsigned failed = 0;
    bool met = true;
    size_t there = count_pairs(f);
    for (int call = 1; met; call++) {
        faults.code = code;
        faults.calls_left = call;
        enum store_error error = commit_pair(f->store, (int)there);
        met = faults.calls_left == 0;
        faults.calls_left = 0;
        fixture_reopen(f);
        size_t now = count_pairs(f);
        if (error == STORE_OK)
            assert_int_equal(now, there + 1);
        else
            assert_int_equal(error, expected);
        assert_in_range(now, there, there + 1);
        failed += error != STORE_OK;
        there = now;
    }
    return failed;
}

static void failing_disk_leaves_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    install_faults(f);
    assert_true(fail_each_call(f, SQLITE_IOERR_WRITE, STORE_IO) > 0);
    assert_true(fail_each_call(f, SQLITE_IOERR_FSYNC, STORE_IO) > 0);
    assert_true(fail_each_call(f, SQLITE_FULL, STORE_FULL) > 0);
    remove_faults(f);
}

static void store_works_on_after_a_failure(void **state)
{
    struct fixture *f = *state;
    install_faults(f);
    faults.code = SQLITE_FULL;
    faults.calls_left = 1;
    assert_store_error(FULL, commit_pair(f->store, 0));
    assert_ok(commit_pair(f->store, 0));
    assert_int_equal(count_pairs(f), 1);
    remove_faults(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(acknowledged_commits_survive_a_kill),
        TEST(failing_disk_leaves_all_or_nothing),
        TEST(store_works_on_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
