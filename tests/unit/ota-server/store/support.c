#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void open_store(struct fixture *f)
{
    struct store_problem problem;
    if (store_open(f->path, &f->env, &f->store, &problem) != STORE_OK)
        fail_msg("%s", problem.text);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "store-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/rebind.db", f->folder);
    f->env = rebind_env_seeded(&f->seeded, 7, FIXTURE_START_S * UINT64_C(1000));
    open_store(f);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[128];
    store_close(f->store);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, suffixes[i]);
        (void)unlink(path);
    }
    (void)rmdir(f->folder);
    rebind_seeded_fini(&f->seeded);
    free(f);
    return 0;
}

void fixture_reopen(struct fixture *f)
{
    store_close(f->store);
    open_store(f);
}

struct store_tx *begin(struct fixture *f, enum store_mode mode)
{
    struct store_tx *tx = NULL;
    assert_ok(store_begin(f->store, mode, &tx));
    return tx;
}

void commit(struct store_tx *tx)
{
    assert_ok(store_commit(tx));
}

void add_bank(struct store_tx *tx, const char *id)
{
    struct store_bank bank = {.status = STORE_BANK_ACTIVE, .region_count = 1};
    snprintf(bank.id, sizeof bank.id, "%s", id);
    snprintf(bank.name, sizeof bank.name, "Bank %s", id);
    snprintf(bank.regions[0], sizeof bank.regions[0], "310000");
    assert_ok(store_bank_put(tx, &bank, STORE_ETAG_ANY));
}

void add_package(struct store_tx *tx, const char *bank, const char *aid)
{
    struct store_package package = {.version = "1.0", .module_count = 1};
    snprintf(package.bank, sizeof package.bank, "%s", bank);
    snprintf(package.aid, sizeof package.aid, "%s", aid);
    snprintf(package.modules[0], sizeof package.modules[0], "%s01", aid);
    assert_ok(store_package_put(tx, &package, SCP_LITERAL(0xC4, 0x02, 0xAA, 0xBB)));
}

void add_product(struct store_tx *tx, const char *bank, const char *id, const char *instance)
{
    struct store_product product = {
        .role = "payment",
        .package = "A0000003330101420101",
        .module = "A000000333010142010101",
        .privileges = {0x01, 0x02, 0x03},
        .parameters = {0xC9, 0x00},
        .parameters_len = 2,
        .label = "Debit",
        .priority = 1,
    };
    snprintf(product.bank, sizeof product.bank, "%s", bank);
    snprintf(product.id, sizeof product.id, "%s", id);
    snprintf(product.instance, sizeof product.instance, "%s", instance);
    assert_ok(store_product_put_draft(tx, &product, "[]"));
}

void add_card(struct store_tx *tx, uint8_t n, char id[STORE_ID_SIZE])
{
    struct store_card card = {
        .identity = {n}, .profile = "scp03-i70-aes128", .region = "310000", .generation = "3"};
    assert_ok(store_card_add(tx, &card));
    memcpy(id, card.id, STORE_ID_SIZE);
}

struct store_operation operation_for(const char *card)
{
    struct store_operation operation = {
        .kind = STORE_OPERATION_BIND,
        .role = "payment",
        .product = "bank-a/debit",
        .product_version = 1,
        .decision = {.effect = "allow", .rule = "residents", .policy_version = 3},
        .obligations = {.retire = STORE_RETIRE_LOCK, .break_before_make = true},
        .principal = "P1",
    };
    snprintf(operation.card, sizeof operation.card, "%s", card);
    return operation;
}
