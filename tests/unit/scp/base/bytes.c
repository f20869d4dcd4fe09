#include "scp/base/bytes.h"
#include "tests/support/test.h"

#include <string.h>

static void writer_error_sticks(void **state)
{
    (void)state;
    uint8_t buffer[3];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_u16(&w, 0x0102);
    scp_put_u16(&w, 0x0304);
    scp_put_u8(&w, 0x05);
    assert_int_equal(scp_writer_status(&w), SCP_NO_SPACE);
    assert_int_equal(scp_written(&w).len, 0);
    assert_int_equal(scp_writer_room(&w), 0);
}

static void reader_gives_nothing_after_an_error(void **state)
{
    (void)state;
    struct scp_reader r = scp_reader_on(SCP_LITERAL(0x05, 0x01, 0x02));
    struct scp_bytes got = scp_get_lv(&r);
    assert_int_equal(got.len, 0);
    assert_int_equal(scp_get_u8(&r), 0);
    assert_int_equal(scp_reader_end(&r), SCP_TRUNCATED);
}

static void numbers_are_big_endian_both_ways(void **state)
{
    (void)state;
    uint8_t buffer[18];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_u8(&w, 0x01);
    scp_put_u16(&w, 0x0203);
    scp_put_u24(&w, 0x040506);
    scp_put_u32(&w, 0x0708090A);
    scp_put_u64(&w, 0x0B0C0D0E0F101112);
    assert_int_equal(scp_writer_status(&w), SCP_OK);
    for (size_t i = 0; i < sizeof buffer; i++)
        assert_int_equal(buffer[i], i + 1);
    struct scp_reader r = scp_reader_on(scp_written(&w));
    assert_int_equal(scp_get_u8(&r), 0x01);
    assert_int_equal(scp_get_u16(&r), 0x0203);
    assert_int_equal(scp_get_u24(&r), 0x040506);
    assert_int_equal(scp_get_u32(&r), 0x0708090A);
    assert_true(scp_get_u64(&r) == 0x0B0C0D0E0F101112);
    assert_int_equal(scp_reader_end(&r), SCP_OK);
}

static void values_too_long_for_their_field_are_refused(void **state)
{
    (void)state;
    uint8_t buffer[512];
    uint8_t long_value[256] = {0};
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_lv(&w, SCP_BYTES(long_value));
    assert_int_equal(scp_writer_status(&w), SCP_TOO_LONG);
    w = scp_writer_on(buffer, sizeof buffer);
    scp_put_u24(&w, 0x1000000);
    assert_int_equal(scp_writer_status(&w), SCP_TOO_LONG);
}

static void trailing_bytes_are_an_error(void **state)
{
    (void)state;
    struct scp_reader r = scp_reader_on(SCP_LITERAL(0x01, 0x02));
    scp_get_u8(&r);
    assert_int_equal(scp_reader_status(&r), SCP_OK);
    assert_int_equal(scp_reader_end(&r), SCP_TRAILING);
}

static void hex_reads_either_case_and_blanks_and_refuses_the_rest(void **state)
{
    (void)state;
    uint8_t buffer[8];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_hex_decode("80f2 40 0A", &w), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&w), SCP_LITERAL(0x80, 0xF2, 0x40, 0x0A)));
    char text[SCP_HEX_SIZE(4)];
    assert_string_equal(scp_hex_encode(text, sizeof text, scp_written(&w)), "80F2400A");
    assert_int_equal(scp_hex_decode("8", &w), SCP_MALFORMED);
    assert_int_equal(scp_hex_decode("8 0", &w), SCP_MALFORMED);
    assert_int_equal(scp_hex_decode("zz", &w), SCP_MALFORMED);
}

static void hex_is_cut_by_whole_bytes(void **state)
{
    (void)state;
    char text[4];
    scp_hex_encode(text, sizeof text, SCP_LITERAL(0xAB, 0xCD));
    assert_string_equal(text, "AB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writer_error_sticks),
        cmocka_unit_test(reader_gives_nothing_after_an_error),
        cmocka_unit_test(numbers_are_big_endian_both_ways),
        cmocka_unit_test(values_too_long_for_their_field_are_refused),
        cmocka_unit_test(trailing_bytes_are_an_error),
        cmocka_unit_test(hex_reads_either_case_and_blanks_and_refuses_the_rest),
        cmocka_unit_test(hex_is_cut_by_whole_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
