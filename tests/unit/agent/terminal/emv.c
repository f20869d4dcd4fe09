#include "agent/terminal/emv.h"
#include "tests/support/test.h"

#include <string.h>

static struct scp_bytes decode(const char *hex, uint8_t *buffer, size_t cap)
{
    struct scp_writer w = scp_writer_on(buffer, cap);
    assert_int_equal(scp_hex_decode(hex, &w), SCP_OK);
    return scp_written(&w);
}

static const char directory[] = "6F45 840E325041592E5359532E4444463031 A533 BF0C30"
                                "6116 4F09A000000333010101B1 50064C61746572 20 870102"
                                "6116 4F09A000000333010101B2 5006466972737420 870101";

static void applications_come_by_priority(void **state)
{
    (void)state;
    uint8_t buffer[128];
    struct emv_candidate list[EMV_CANDIDATES_MAX];
    size_t count = 0;
    struct scp_bytes fci = decode(directory, buffer, sizeof buffer);
    assert_int_equal(emv_directory_parse(fci, list, &count), SCP_OK);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].label, "First ");
    assert_int_equal(list[0].priority, 1);
    assert_int_equal(list[1].aid.bytes[8], 0xB1);
}

static void a_directory_cut_anywhere_is_refused_or_shorter(void **state)
{
    (void)state;
    uint8_t buffer[128];
    struct emv_candidate list[EMV_CANDIDATES_MAX];
    size_t count = 0;
    struct scp_bytes fci = decode(directory, buffer, sizeof buffer);
    for (size_t len = 0; len < fci.len; len++)
        assert_int_not_equal(emv_directory_parse(scp_bytes_slice(fci, 0, len), list, &count),
                             SCP_OK);
}

static void an_entry_without_aid_is_passed_over(void **state)
{
    (void)state;
    uint8_t buffer[128];
    struct emv_candidate list[EMV_CANDIDATES_MAX];
    size_t count = 9;
    struct scp_bytes fci =
        decode("6F13 A511 BF0C0E 6103870101 6107 4F05A000000333", buffer, sizeof buffer);
    assert_int_equal(emv_directory_parse(fci, list, &count), SCP_OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].priority, 0);
    fci = decode("6F02 A500", buffer, sizeof buffer);
    assert_int_equal(emv_directory_parse(fci, list, &count), SCP_OK);
    assert_int_equal(count, 0);
}

static void a_list_is_filled_at_the_right_side(void **state)
{
    (void)state;
    uint8_t dol[64];
    uint8_t objects[64];
    uint8_t out[64];
    uint8_t expected[64];
    struct scp_bytes have =
        decode("9F0206 000000012345 5F2A020156 9F3704AABBCCDD 9F660126", objects, sizeof objects);
    const struct {
        const char *dol;
        const char *data;
    } cases[] = {
        {"", ""},
        {"9F0206 9F3704", "000000012345 AABBCCDD"},
        {"9F0203", "012345"},
        {"9F0208", "0000000000012345"},
        {"9F3702", "AABB"},
        {"9F3706", "AABBCCDD0000"},
        {"9F1A02 9505", "0000 0000000000"},
        {"5F2A02 9F6604", "0156 26000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scp_writer w = scp_writer_on(out, sizeof out);
        assert_int_equal(emv_dol_fill(decode(cases[i].dol, dol, sizeof dol), have, &w), SCP_OK);
        assert_true(
            scp_bytes_equal(scp_written(&w), decode(cases[i].data, expected, sizeof expected)));
    }
}

static void a_broken_list_is_refused(void **state)
{
    (void)state;
    uint8_t buffer[16];
    uint8_t out[300];
    const char *const wrong[] = {"9F", "9F02", "9A", "9F8282820201"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct scp_writer w = scp_writer_on(out, sizeof out);
        assert_int_not_equal(emv_dol_fill(decode(wrong[i], buffer, sizeof buffer), SCP_EMPTY, &w),
                             SCP_OK);
    }
    struct scp_writer w = scp_writer_on(out, 10);
    assert_int_equal(emv_dol_fill(decode("9AFF", buffer, sizeof buffer), SCP_EMPTY, &w),
                     SCP_NO_SPACE);
}

static void options_come_in_two_formats(void **state)
{
    (void)state;
    uint8_t buffer[32];
    struct emv_options options;
    const char *const right[] = {"800A 7C00 0801020010010300",
                                 "770E 82027C00 94080801020010010300"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(emv_options_parse(decode(right[i], buffer, sizeof buffer), &options),
                         SCP_OK);
        assert_true(scp_bytes_equal(options.aip, SCP_LITERAL(0x7C, 0x00)));
        assert_int_equal(options.afl.len, 8);
    }
    const char *const wrong[] = {"", "8001 7C", "8005 7C00 080102", "7704 82027C00", "6F00"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_not_equal(emv_options_parse(decode(wrong[i], buffer, sizeof buffer), &options),
                             SCP_OK);
}

static void a_locator_names_its_records(void **state)
{
    (void)state;
    struct emv_afl_walk walk =
        emv_afl_begin(SCP_LITERAL(0x08, 0x01, 0x02, 0x00, 0x10, 0x03, 0x03, 0x01));
    const uint8_t expected[][2] = {{1, 1}, {1, 2}, {2, 3}};
    uint8_t sfi;
    uint8_t record;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(emv_afl_next(&walk, &sfi, &record), SCP_OK);
        assert_int_equal(sfi, expected[i][0]);
        assert_int_equal(record, expected[i][1]);
    }
    assert_int_equal(emv_afl_next(&walk, &sfi, &record), SCP_NOT_FOUND);
    const struct scp_bytes wrong[] = {
        SCP_LITERAL(0x00, 0x01, 0x01, 0x00), SCP_LITERAL(0x08, 0x00, 0x01, 0x00),
        SCP_LITERAL(0x08, 0x02, 0x01, 0x00), SCP_LITERAL(0x08, 0x01, 0xFF, 0x00),
        SCP_LITERAL(0x08, 0x01, 0x01)};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        walk = emv_afl_begin(wrong[i]);
        assert_int_not_equal(emv_afl_next(&walk, &sfi, &record), SCP_OK);
    }
}

static void a_cryptogram_comes_in_two_formats(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct emv_cryptogram_answer answer;
    const char *const right[] = {"800E 80 0017 0102030405060708 070103",
                                 "771A 9F270180 9F36020017 9F26080102030405060708 9F1003070103"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(emv_cryptogram_parse(decode(right[i], buffer, sizeof buffer), &answer),
                         SCP_OK);
        assert_string_equal(emv_cryptogram_type(answer.information), "ARQC");
        assert_int_equal(answer.atc, 0x17);
        assert_int_equal(answer.cryptogram.len, 8);
        assert_int_equal(answer.issuer_data.len, 3);
    }
    const char *const wrong[] = {"", "8003 800017", "7704 9F270180",
                                 "7715 9F270180 9F36020017 9F260701020304050607"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_not_equal(emv_cryptogram_parse(decode(wrong[i], buffer, sizeof buffer), &answer),
                             SCP_OK);
}

static void a_pan_is_never_shown_whole(void **state)
{
    (void)state;
    uint8_t buffer[32];
    char text[EMV_PAN_TEXT_MAX];
    const struct {
        const char *objects;
        const char *text;
    } cases[] = {
        {"5A08 6222020000001234", "622202******1234"},
        {"5A0A 6222020000001234567F", "622202*********4567"},
        {"5710 6222020000001234D3112201000000F0", "622202******1234"},
        {"5A06 622202000123", "********0123"},
        {"5A07 6222020001234F", "622202***1234"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(emv_masked_pan(decode(cases[i].objects, buffer, sizeof buffer), text),
                         SCP_OK);
        assert_string_equal(text, cases[i].text);
    }
    assert_int_equal(emv_masked_pan(decode("5F2403311231", buffer, sizeof buffer), text),
                     SCP_NOT_FOUND);
    assert_int_equal(emv_masked_pan(decode("5A021234", buffer, sizeof buffer), text),
                     SCP_NOT_FOUND);
}

static void an_expiry_is_a_month(void **state)
{
    (void)state;
    char text[EMV_DATE_TEXT_MAX];
    assert_int_equal(emv_expiry(SCP_LITERAL(0x5F, 0x24, 3, 0x31, 0x12, 0x31), text), SCP_OK);
    assert_string_equal(text, "2031-12");
    assert_int_equal(emv_expiry(SCP_LITERAL(0x5F, 0x24, 1, 0x31), text), SCP_MALFORMED);
    assert_int_equal(emv_expiry(SCP_LITERAL(0x5F, 0x24, 2, 0xAB, 0x12), text), SCP_MALFORMED);
    assert_int_equal(emv_expiry(SCP_EMPTY, text), SCP_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applications_come_by_priority),
        cmocka_unit_test(a_directory_cut_anywhere_is_refused_or_shorter),
        cmocka_unit_test(an_entry_without_aid_is_passed_over),
        cmocka_unit_test(a_list_is_filled_at_the_right_side),
        cmocka_unit_test(a_broken_list_is_refused),
        cmocka_unit_test(options_come_in_two_formats),
        cmocka_unit_test(a_locator_names_its_records),
        cmocka_unit_test(a_cryptogram_comes_in_two_formats),
        cmocka_unit_test(a_pan_is_never_shown_whole),
        cmocka_unit_test(an_expiry_is_a_month),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
