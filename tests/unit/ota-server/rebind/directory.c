#include "ota-server/rebind/directory.h"
#include "tests/support/test.h"

static const struct plan_product product = {
    .instance = {{0xA0, 0, 0, 3, 0x33}, 5}, .label = "BANK", .priority = 1};

static void ppse_lists_the_product_in_its_fci(void **state)
{
    (void)state;
    uint8_t buffer[DIRECTORY_VALUE_MAX];
    struct scp_dgi dgi;
    assert_int_equal(directory_dgi(&directory_aids[0], &product, buffer, &dgi), SCP_OK);
    assert_int_equal(dgi.id, 0x9103);
    assert_true(scp_bytes_equal(dgi.value, SCP_LITERAL(0xA5, 0x15, 0xBF, 0x0C, 0x12, 0x61, 0x10,
                                                       0x4F, 0x05, 0xA0, 0, 0, 3, 0x33, 0x50, 0x04,
                                                       'B', 'A', 'N', 'K', 0x87, 0x01, 0x01)));
}

static void pse_lists_the_product_in_its_record(void **state)
{
    (void)state;
    uint8_t buffer[DIRECTORY_VALUE_MAX];
    struct scp_dgi dgi;
    assert_int_equal(directory_dgi(&directory_aids[1], &product, buffer, &dgi), SCP_OK);
    assert_int_equal(dgi.id, 0x0101);
    assert_int_equal(dgi.value.ptr[0], 0x70);
}

static void no_product_is_an_empty_list(void **state)
{
    (void)state;
    uint8_t buffer[DIRECTORY_VALUE_MAX];
    struct scp_dgi dgi;
    assert_int_equal(directory_dgi(&directory_aids[0], NULL, buffer, &dgi), SCP_OK);
    assert_true(scp_bytes_equal(dgi.value, SCP_LITERAL(0xA5, 0x03, 0xBF, 0x0C, 0x00)));
    assert_int_equal(directory_dgi(&directory_aids[1], NULL, buffer, &dgi), SCP_OK);
    assert_true(scp_bytes_equal(dgi.value, SCP_LITERAL(0x70, 0x00)));
}

static void other_aids_are_no_directories(void **state)
{
    (void)state;
    uint8_t buffer[DIRECTORY_VALUE_MAX];
    struct scp_dgi dgi;
    assert_int_equal(directory_dgi(&product.instance, NULL, buffer, &dgi), SCP_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ppse_lists_the_product_in_its_fci),
        cmocka_unit_test(pse_lists_the_product_in_its_record),
        cmocka_unit_test(no_product_is_an_empty_list),
        cmocka_unit_test(other_aids_are_no_directories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
