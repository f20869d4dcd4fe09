/* Banks, packages and products. */
#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <string.h>

#define PACKAGE "A0000003330101420101"
#define INSTANCE_A "A0000003330101014101"
#define INSTANCE_B "A0000003330101014201"

static void bank_comes_back_as_it_was_put(void **state)
{
    struct store_bank out;
    struct store_bank bank = {.id = "bank-a",
                              .name = "Bank A",
                              .status = STORE_BANK_SUSPENDED,
                              .regions = {"310000", "110000"},
                              .region_count = 2};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_ok(store_bank_put(tx, &bank, STORE_ETAG_ABSENT));
    assert_int_equal(bank.etag, 1);
    assert_ok(store_bank_get(tx, "bank-a", &out));
    assert_string_equal(out.name, "Bank A");
    assert_int_equal(out.status, STORE_BANK_SUSPENDED);
    assert_int_equal(out.region_count, 2);
    assert_string_equal(out.regions[0], "110000");
    assert_string_equal(out.regions[1], "310000");
    assert_int_equal(out.etag, 1);
    assert_store_error(NOT_FOUND, store_bank_get(tx, "bank-b", &out));
    commit(tx);
}

static void bank_change_needs_the_etag_that_was_read(void **state)
{
    struct store_bank bank = {.id = "bank-a", .name = "one", .region_count = 1};
    struct store_bank out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_store_error(STALE, store_bank_put(tx, &bank, 1));
    assert_ok(store_bank_put(tx, &bank, STORE_ETAG_ANY));
    assert_store_error(STALE, store_bank_put(tx, &bank, STORE_ETAG_ABSENT));
    snprintf(bank.name, sizeof bank.name, "two");
    bank.region_count = 0;
    assert_ok(store_bank_put(tx, &bank, 1));
    assert_int_equal(bank.etag, 2);
    assert_store_error(STALE, store_bank_put(tx, &bank, 1));
    assert_string_equal(store_tx_problem(tx)->text, "the bank has changed since it was read");
    assert_ok(store_bank_get(tx, "bank-a", &out));
    assert_string_equal(out.name, "two");
    assert_int_equal(out.region_count, 0);
    commit(tx);
}

static void banks_are_listed_page_by_page(void **state)
{
    struct store_bank out[2];
    size_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "c");
    add_bank(tx, "a");
    add_bank(tx, "b");
    assert_ok(store_bank_list(tx, "", out, 2, &count));
    assert_int_equal(count, 2);
    assert_string_equal(out[0].id, "a");
    assert_int_equal(out[1].region_count, 1);
    assert_ok(store_bank_list(tx, out[1].id, out, 2, &count));
    assert_int_equal(count, 1);
    assert_string_equal(out[0].id, "c");
    commit(tx);
}

static void domain_comes_back_as_it_was_put(void **state)
{
    struct store_domain out;
    struct store_domain domain = {.bank = "bank-a",
                                  .aid = "A00000033341",
                                  .keys = {{"scp03", "bank-a-aes"}, {"scp02", "bank-a-des"}},
                                  .key_count = 2};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_store_error(NOT_FOUND, store_domain_put(tx, &domain));
    add_bank(tx, "bank-a");
    assert_store_error(NOT_FOUND, store_domain_get(tx, "bank-a", &out));
    assert_ok(store_domain_put(tx, &domain));
    domain.key_count = 1;
    domain.management = STORE_MANAGEMENT_AUTHORIZED;
    assert_ok(store_domain_put(tx, &domain));
    assert_ok(store_domain_get(tx, "bank-a", &out));
    assert_int_equal(out.management, STORE_MANAGEMENT_AUTHORIZED);
    assert_string_equal(out.aid, "A00000033341");
    assert_int_equal(out.key_count, 1);
    assert_string_equal(out.keys[0].profile, "scp03");
    assert_string_equal(out.keys[0].label, "bank-a-aes");
    commit(tx);
}

static void domain_is_one_banks_alone(void **state)
{
    struct store_domain domain = {.bank = "bank-a", .aid = "A00000033341"};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_bank(tx, "bank-b");
    assert_ok(store_domain_put(tx, &domain));
    snprintf(domain.bank, sizeof domain.bank, "bank-b");
    assert_store_error(CONFLICT, store_domain_put(tx, &domain));
    store_rollback(tx);
}

static void package_keeps_its_load_file_and_modules(void **state)
{
    struct store_package out;
    struct store_blob load_file;
    size_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_package(tx, "bank-a", PACKAGE);
    assert_ok(store_package_get(tx, "bank-a", PACKAGE, &out));
    assert_string_equal(out.version, "1.0");
    assert_int_equal(out.module_count, 1);
    assert_string_equal(out.modules[0], PACKAGE "01");
    assert_int_equal(out.load_file_size, 4);
    assert_ok(store_package_load_file(tx, "bank-a", PACKAGE, &load_file));
    assert_int_equal(load_file.len, 4);
    assert_memory_equal(load_file.ptr, "\xC4\x02\xAA\xBB", 4);
    store_blob_fini(&load_file);
    assert_ok(store_package_list(tx, "bank-a", "", &out, 1, &count));
    assert_int_equal(count, 1);
    assert_int_equal(out.module_count, 1);
    assert_store_error(NOT_FOUND, store_package_get(tx, "bank-b", PACKAGE, &out));
    commit(tx);
}

static void package_of_an_unknown_bank_is_not_found(void **state)
{
    struct store_package package = {.bank = "nobody", .aid = PACKAGE};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_store_error(NOT_FOUND, store_package_put(tx, &package, SCP_LITERAL(1)));
    commit(tx);
}

static void package_of_a_published_product_cannot_change(void **state)
{
    struct store_product product;
    struct store_package package = {.bank = "bank-a", .aid = PACKAGE, .version = "1.1"};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_package(tx, "bank-a", PACKAGE);
    add_product(tx, "bank-a", "debit", INSTANCE_A);
    assert_ok(store_package_put(tx, &package, SCP_LITERAL(0xC4, 0x00)));
    assert_ok(store_product_publish(tx, "bank-a", "debit", &product));
    assert_ok(store_package_put(tx, &package, SCP_LITERAL(0xC4, 0x00)));
    assert_store_error(CONFLICT, store_package_put(tx, &package, SCP_LITERAL(0xC4, 0x01, 0x00)));
    commit(tx);
}

static void product_draft_is_frozen_by_publishing(void **state)
{
    struct store_product out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_package(tx, "bank-a", PACKAGE);
    assert_store_error(NOT_FOUND, store_product_publish(tx, "bank-a", "debit", &out));
    add_product(tx, "bank-a", "debit", INSTANCE_A);
    assert_store_error(NOT_FOUND,
                       store_product_get(tx, "bank-a", "debit", STORE_VERSION_LATEST, &out));
    assert_ok(store_product_publish(tx, "bank-a", "debit", &out));
    assert_int_equal(out.version, 1);
    assert_int_equal(out.status, STORE_PRODUCT_PUBLISHED);
    assert_store_error(NOT_FOUND,
                       store_product_get(tx, "bank-a", "debit", STORE_VERSION_DRAFT, &out));
    add_product(tx, "bank-a", "debit", INSTANCE_B);
    assert_ok(store_product_publish(tx, "bank-a", "debit", &out));
    assert_int_equal(out.version, 2);
    assert_ok(store_product_get(tx, "bank-a", "debit", 1, &out));
    assert_string_equal(out.instance, INSTANCE_A);
    assert_ok(store_product_get(tx, "bank-a", "debit", STORE_VERSION_LATEST, &out));
    assert_string_equal(out.instance, INSTANCE_B);
    commit(tx);
}

static void product_comes_back_as_it_was_put(void **state)
{
    struct store_product out;
    struct store_blob json;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_product(tx, "bank-a", "debit", INSTANCE_A);
    assert_ok(store_product_get(tx, "bank-a", "debit", STORE_VERSION_DRAFT, &out));
    assert_string_equal(out.role, "payment");
    assert_string_equal(out.package, PACKAGE);
    assert_string_equal(out.module, PACKAGE "01");
    assert_memory_equal(out.privileges, "\x01\x02\x03", 3);
    assert_int_equal(out.parameters_len, 2);
    assert_memory_equal(out.parameters, "\xC9\x00", 2);
    assert_string_equal(out.label, "Debit");
    assert_int_equal(out.priority, 1);
    assert_ok(store_product_personalisation(tx, "bank-a", "debit", STORE_VERSION_DRAFT, &json));
    assert_string_equal((const char *)json.ptr, "[]");
    store_blob_fini(&json);
    commit(tx);
}

static void product_needs_its_package_and_an_instance_of_its_own(void **state)
{
    struct store_product out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_bank(tx, "bank-b");
    add_product(tx, "bank-a", "debit", INSTANCE_A);
    assert_store_error(NOT_FOUND, store_product_publish(tx, "bank-a", "debit", &out));
    add_package(tx, "bank-a", PACKAGE);
    add_package(tx, "bank-b", PACKAGE);
    assert_ok(store_product_publish(tx, "bank-a", "debit", &out));
    add_product(tx, "bank-b", "debit", INSTANCE_A);
    assert_store_error(CONFLICT, store_product_publish(tx, "bank-b", "debit", &out));
    assert_ok(store_product_by_instance(tx, INSTANCE_A, &out));
    assert_string_equal(out.bank, "bank-a");
    assert_store_error(NOT_FOUND, store_product_by_instance(tx, INSTANCE_B, &out));
    commit(tx);
}

static void products_are_listed_once_each(void **state)
{
    struct store_product out[4];
    size_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_package(tx, "bank-a", PACKAGE);
    add_product(tx, "bank-a", "debit", INSTANCE_A);
    assert_ok(store_product_publish(tx, "bank-a", "debit", &out[0]));
    add_product(tx, "bank-a", "debit", INSTANCE_B);
    add_product(tx, "bank-a", "credit", INSTANCE_B);
    assert_ok(store_product_list(tx, "bank-a", "", out, 4, &count));
    assert_int_equal(count, 2);
    assert_string_equal(out[0].id, "credit");
    assert_int_equal(out[0].status, STORE_PRODUCT_DRAFT);
    assert_string_equal(out[1].id, "debit");
    assert_int_equal(out[1].version, 1);
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bank_comes_back_as_it_was_put),
        TEST(bank_change_needs_the_etag_that_was_read),
        TEST(banks_are_listed_page_by_page),
        TEST(domain_comes_back_as_it_was_put),
        TEST(domain_is_one_banks_alone),
        TEST(package_keeps_its_load_file_and_modules),
        TEST(package_of_an_unknown_bank_is_not_found),
        TEST(package_of_a_published_product_cannot_change),
        TEST(product_draft_is_frozen_by_publishing),
        TEST(product_comes_back_as_it_was_put),
        TEST(product_needs_its_package_and_an_instance_of_its_own),
        TEST(products_are_listed_once_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
