/* GET DATA (GPCS 11.3). */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/card_data.h"
#include "scp/gp/privileges.h"

static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x01, 0x01};

static void gpcs_11_3_2_class_and_instruction(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80CA004200", 0x9000}, {"00CA004200", 0x9000}, {"00CB2F00025C0000", 0x9000},
        {"80CB2F0000", 0x6E00}, {"00CB004200", 0x6A88}, {"80CA2F00025C0000", 0x9000},
    };
    struct rig *rig = rig_new("scp03-i70-aes128");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_sw(rows[i].sw, rig_hex(rig, rows[i].command));
    rig_free(rig);
}

static void gpcs_11_3_2_1_each_tag_that_a_domain_has(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80CA004200", 0x9000}, {"80CA004500", 0x9000}, {"80CA006600", 0x9000},
        {"80CA00E000", 0x9000}, {"80CA00C100", 0x9000}, {"80CA00C200", 0x9000},
        {"80CA00CF00", 0x9000}, {"80CA00D300", 0x9000}, {"80CA2F0000", 0x9000},
        {"80CAFF2100", 0x9000}, {"80CA9F7F00", 0x9000}, {"80CA9F6500", 0x9000},
        {"80CA006700", 0x6A88}, {"80CA5F5000", 0x6A88}, {"80CA00FF00", 0x6A88},
        {"80CA000000", 0x6A88},
    };
    struct rig *rig = rig_new("scp03-i70-aes128");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rig_hex(rig, rows[i].command) != rows[i].sw)
            fail_msg("%s: %04X", rows[i].command, rig->sw);
    assert_sw(0x9000, rig_hex(rig, "80CA00C200"));
    assert_data_hex(rig, "C2020000");
    assert_sw(0x9000, rig_hex(rig, "80CA9F6500"));
    assert_data_hex(rig, "9F6501FF");
    rig_free(rig);
}

static void gpcs_11_3_3_1_3_the_list_of_applications(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x9000, rig_hex(rig, "80CA2F00025C0000"));
    assert_data_hex(rig, "61114F0F7378312E73682EC9E7BBE1B1A3D5CF"
                         "61104F0E325041592E5359532E4444463031"
                         "610B4F09A00000033301010101");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    assert_sw(0x6A88, rig_send_hex(rig, "80CA2F00025C0000")); /* nothing below it */
    rig_free(rig);
}

static void gpcs_11_3_3_1_3_global_registry_shows_every_application(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(domain_aid),
                    SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_GLOBAL_REGISTRY, &keys);
    assert_sw(0x9000, rig_send_hex(rig, "80CA2F00025C0000"));
    assert_int_equal(0x61, rig->data.ptr[0]);
    assert_sw(0x9000, rig_send_hex(rig, "80F28002024F0000"));
    rig_free(rig);
}

static void gpcs_7_4_2_a_supplementary_domain_tells_its_own_data(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    static const struct rig_row rows[] = {
        {"80CA004200", 0x6A88}, {"80CA004500", 0x6A88},
        {"80CA006600", 0x9000}, {"80CA00C200", 0x6A88}, /* generates no receipts */
        {"80CA9F7F00", 0x6A88},
    };
    rig_rows(rig, rows);
    assert_sw(0x9000, rig_send_hex(rig, "80E2900004420201AB"));
    assert_sw(0x9000, rig_send_hex(rig, "80CA004200"));
    assert_data_hex(rig, "420201AB");
    rig_free(rig);
}

static void gpcs_11_1_5_2_a_long_answer_is_fetched_by_get_response(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i15"); /* no R-MAC */
    rig_open(rig);
    struct scp_key_set keys = rig_keys(rig, 0x11);
    for (uint8_t i = 0; i < 20; i++)
        assert_sw(0x9000, rig_put_keys(rig, 0, (uint8_t)(0x50 + i), &keys));
    assert_sw(0x9000, rig_select(rig, rig_isd));
    assert_sw(0x617E, rig_hex(rig, "80CA00E000")); /* E0 82 xx xx and 63 keys: 382 bytes */
    assert_int_equal(256, rig->data.len);
    assert_sw(0x9000, rig_hex(rig, "00C0000000"));
    assert_int_equal(126, rig->data.len);
    assert_sw(0x6D00, rig_hex(rig, "00C0000000")); /* nothing is left */
    assert_sw(0x617E, rig_hex(rig, "80CA00E000"));
    assert_sw(0x6A86, rig_hex(rig, "00C0000100"));
    assert_sw(0x6174, rig_hex(rig, "00C000000A"));
    assert_int_equal(10, rig->data.len);
    assert_sw(0x9000, rig_hex(rig, "80CA004200")); /* ends it */
    assert_sw(0x6D00, rig_hex(rig, "00C0000000"));
    rig_free(rig);
}

static void gpcs_10_6_the_current_security_level(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x9000, rig_hex(rig, "80CA00D300"));
    assert_data_hex(rig, "D30100");
    rig_open_with(rig, &rig->keys, rig->params.kvn, SCP_LEVEL_C_MAC);
    assert_sw(0x9000, rig_send_hex(rig, "80CA00D300"));
    assert_data_hex(rig, "D30181");
    rig_open(rig);
    assert_sw(0x9000, rig_send_hex(rig, "80CA00D300"));
    assert_data_hex(rig, "D301B3");
    rig_free(rig);
}

/* A date of the production data: the last digit of a year, and a day of it. */
static bool is_date(const uint8_t date[2])
{
    for (size_t i = 0; i < 2; i++)
        if (date[i] >> 4 > 9 || (date[i] & 0x0F) > 9)
            return false;
    unsigned day = (date[0] & 0x0Fu) * 100 + (date[1] >> 4) * 10u + (date[1] & 0x0Fu);
    return day >= 1 && day <= 366;
}

/* Tools name each of them. */
static void the_production_data_of_every_profile_have_dates(void **state)
{
    (void)state;
    enum { HEADER = 3, SIZE = 42 };
    static const char *const profiles[] = {
        "scp02-i15",        "scp02-i55",      "scp03-i10-aes192", "scp03-i60-aes256",
        "scp03-i70-aes128", "test-scp02-i15", "test-scp03-i70",   "test-scp02-i55-t0",
        "test-scp02-i75",   "test-scp03-s16",
    };
    static const uint8_t dates[] = {6, 10, 20, 24, 28, 36};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        struct rig *rig = rig_new(profiles[i]);
        uint16_t sw = rig_hex(rig, "80CA9F7F2D");
        assert_sw(0x9000, sw);
        assert_int_equal(HEADER + SIZE, rig->data.len);
        for (size_t k = 0; k < sizeof dates; k++)
            if (!is_date(rig->data.ptr + HEADER + dates[k]))
                fail_msg("%s: no date at %d", profiles[i], dates[k]);
        rig_free(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_3_2_class_and_instruction),
        cmocka_unit_test(gpcs_11_3_2_1_each_tag_that_a_domain_has),
        cmocka_unit_test(gpcs_11_3_3_1_3_the_list_of_applications),
        cmocka_unit_test(gpcs_11_3_3_1_3_global_registry_shows_every_application),
        cmocka_unit_test(gpcs_7_4_2_a_supplementary_domain_tells_its_own_data),
        cmocka_unit_test(gpcs_10_6_the_current_security_level),
        cmocka_unit_test(gpcs_11_1_5_2_a_long_answer_is_fetched_by_get_response),
        cmocka_unit_test(the_production_data_of_every_profile_have_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
