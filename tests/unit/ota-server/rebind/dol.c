#include "ota-server/rebind/dol.h"
#include "tests/support/test.h"

static void list_is_filled_with_zeros_and_one_random_number(void **state)
{
    (void)state;
    struct rebind_seeded seeded;
    struct rebind_env env = rebind_env_seeded(&seeded, 7, 0);
    uint8_t buffer[16];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(
        dol_fill(SCP_LITERAL(0x9F, 0x02, 0x06, 0x95, 0x05, 0x9F, 0x37, 0x04), &env, &w), SCP_OK);
    assert_int_equal(scp_written(&w).len, 15);
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(buffer[i], 0);
    assert_true(scp_load_u32(buffer + 11) != 0);
    rebind_seeded_fini(&seeded);
}

static void cut_list_is_refused(void **state)
{
    (void)state;
    struct rebind_seeded seeded;
    struct rebind_env env = rebind_env_seeded(&seeded, 7, 0);
    uint8_t buffer[16];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(dol_fill(SCP_LITERAL(0x9F, 0x02), &env, &w), SCP_MALFORMED);
    rebind_seeded_fini(&seeded);
}

static void constant_is_found_at_its_tag_only(void **state)
{
    (void)state;
    uint8_t buffer[16];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(dol_from_template("70(5A 9F8C=FF 8C=9F0206 57)", "8C", &w), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&w), SCP_LITERAL(0x9F, 0x02, 0x06)));
    assert_int_equal(dol_from_template("70(5A 8C)", "8C", &w), SCP_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_is_filled_with_zeros_and_one_random_number),
        cmocka_unit_test(cut_list_is_refused),
        cmocka_unit_test(constant_is_found_at_its_tag_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
