#include "scp/gp/cplc.h"
#include "tests/support/expect.h"

static void production_data_have_42_bytes(void **state)
{
    (void)state;
    uint8_t bytes[42];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    struct scp_bytes cplc;
    assert_int_equal(scp_cplc_parse(SCP_BYTES(bytes), &cplc), SCP_OK);
    assert_hex(scp_cplc_field(cplc, SCP_CPLC_IC_SERIAL_NUMBER), "0C0D0E0F");
    assert_hex(scp_cplc_field(cplc, SCP_CPLC_IC_PERSO_EQUIPMENT_ID), "26272829");
    assert_string_equal(scp_cplc_field_name(SCP_CPLC_IC_BATCH_ID), "ic_batch_id");
    assert_int_equal(scp_cplc_parse(scp_bytes_slice(SCP_BYTES(bytes), 0, 41), &cplc),
                     SCP_MALFORMED);
}

static void expect_date(struct scp_bytes value, struct scp_date latest, struct scp_date expected)
{
    struct scp_date out = {.year = 0};
    assert_int_equal(scp_cplc_date(value, &latest, &out), SCP_OK);
    assert_int_equal(out.year, expected.year);
    assert_int_equal(out.month, expected.month);
    assert_int_equal(out.day, expected.day);
}

/* Day 210 of a year that ends in 1. */
static void a_date_is_the_latest_that_is_not_in_the_future(void **state)
{
    (void)state;
    expect_date(HEX("1210"), (struct scp_date){2021, 7, 30}, (struct scp_date){2021, 7, 29});
    expect_date(HEX("1210"), (struct scp_date){2021, 7, 29}, (struct scp_date){2021, 7, 29});
    expect_date(HEX("1210"), (struct scp_date){2021, 7, 28}, (struct scp_date){2011, 7, 29});
    expect_date(HEX("9001"), (struct scp_date){2021, 1, 1}, (struct scp_date){2019, 1, 1});
    expect_date(HEX("0060"), (struct scp_date){2021, 1, 1}, (struct scp_date){2020, 2, 29});
    expect_date(HEX("1060"), (struct scp_date){2022, 1, 1}, (struct scp_date){2021, 3, 1});
}

static void day_366_wants_a_leap_year(void **state)
{
    (void)state;
    expect_date(HEX("0366"), (struct scp_date){2020, 12, 31}, (struct scp_date){2020, 12, 31});
    expect_date(HEX("0366"), (struct scp_date){2020, 12, 30}, (struct scp_date){2000, 12, 31});
    struct scp_date out;
    const struct scp_date today = {2021, 1, 1};
    assert_int_equal(scp_cplc_date(HEX("1366"), &today, &out), SCP_OUT_OF_RANGE);
}

static void what_is_no_date_is_none(void **state)
{
    (void)state;
    struct scp_date out;
    const struct scp_date today = {2021, 1, 1};
    assert_int_equal(scp_cplc_date(HEX("0000"), &today, &out), SCP_NOT_FOUND);
    assert_int_equal(scp_cplc_date(HEX("FFFF"), &today, &out), SCP_NOT_FOUND);
    assert_int_equal(scp_cplc_date(HEX("00E6"), &today, &out), SCP_MALFORMED);
    assert_int_equal(scp_cplc_date(HEX("01"), &today, &out), SCP_MALFORMED);
    assert_int_equal(scp_cplc_date(HEX("1000"), &today, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_cplc_date(HEX("1367"), &today, &out), SCP_OUT_OF_RANGE);
    const struct scp_date early = {1981, 1, 1};
    assert_int_equal(scp_cplc_date(HEX("9001"), &early, &out), SCP_OUT_OF_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(production_data_have_42_bytes),
        cmocka_unit_test(a_date_is_the_latest_that_is_not_in_the_future),
        cmocka_unit_test(day_366_wants_a_leap_year),
        cmocka_unit_test(what_is_no_date_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
