#include "scp/gp/tlv.h"
#include "tests/support/expect.h"

static void tags_of_one_to_three_bytes_are_read(void **state)
{
    (void)state;
    struct scp_reader r = scp_reader_on(HEX("4F0101 9F700102 DFFF210103"));
    static const uint32_t tags[] = {0x4F, 0x9F70, 0xDFFF21};
    struct scp_tlv tlv;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(scp_tlv_next(&r, &tlv), SCP_OK);
        assert_int_equal(tlv.tag, tags[i]);
        assert_int_equal(tlv.value.len, 1);
        assert_int_equal(tlv.value.ptr[0], i + 1);
        assert_int_equal(tlv.whole.len, scp_tag_size(tags[i]) + 2);
    }
    assert_int_equal(scp_tlv_next(&r, &tlv), SCP_NOT_FOUND);
}

static void every_length_form_round_trips(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 127, 128, 255, 256, 65535, 65536};
    static uint8_t value[65536];
    static uint8_t buffer[65536 + 8];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_bytes back;
        scp_put_tlv(&w, 0xC4, scp_bytes_of(value, lengths[i]));
        assert_int_equal(scp_written(&w).len, 1 + scp_ber_length_size(lengths[i]) + lengths[i]);
        assert_int_equal(scp_tlv_expect(scp_written(&w), 0xC4, &back), SCP_OK);
        assert_int_equal(back.len, lengths[i]);
    }
}

static void an_object_closed_later_gets_its_length(void **state)
{
    (void)state;
    uint8_t buffer[400];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    size_t outer = scp_tlv_begin(&w, 0x6F);
    scp_put_tlv_u8(&w, 0x84, 0xAA);
    size_t inner = scp_tlv_begin(&w, 0xBF0C);
    scp_put_fill(&w, 0x55, 200);
    scp_tlv_end(&w, inner);
    scp_tlv_end(&w, outer);
    struct scp_bytes value;
    assert_int_equal(scp_tlv_expect(scp_written(&w), 0x6F, &value), SCP_OK);
    assert_hex(scp_bytes_slice(scp_written(&w), 0, 10), "6F81CF8401AABF0C81C8");
    assert_int_equal(scp_tlv_find(value, 0xBF0C, &value), SCP_OK);
    assert_int_equal(value.len, 200);
}

static void an_object_without_room_for_its_length_fails(void **state)
{
    (void)state;
    uint8_t buffer[4];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    size_t mark = scp_tlv_begin(&w, 0x6F);
    scp_put_fill(&w, 0, 3);
    scp_tlv_end(&w, mark);
    assert_int_equal(scp_writer_status(&w), SCP_NO_SPACE);
}

static void broken_objects_are_refused(void **state)
{
    (void)state;
    struct scp_tlv tlv;
    assert_int_equal(scp_tlv_parse(SCP_EMPTY, &tlv), SCP_TRUNCATED);
    assert_int_equal(scp_tlv_parse(HEX("9F"), &tlv), SCP_TRUNCATED);
    assert_int_equal(scp_tlv_parse(HEX("4F02AA"), &tlv), SCP_TRUNCATED);
    assert_int_equal(scp_tlv_parse(HEX("4F8201"), &tlv), SCP_TRUNCATED);
    assert_int_equal(scp_tlv_parse(HEX("4F80AA0000"), &tlv), SCP_UNSUPPORTED);
    assert_int_equal(scp_tlv_parse(HEX("4F8400000001AA"), &tlv), SCP_UNSUPPORTED);
    assert_int_equal(scp_tlv_parse(HEX("DF80808001AA"), &tlv), SCP_UNSUPPORTED);
    assert_int_equal(scp_tlv_parse(HEX("4F01AA00"), &tlv), SCP_TRAILING);
}

static void another_tag_is_not_what_was_expected(void **state)
{
    (void)state;
    struct scp_bytes value;
    assert_int_equal(scp_tlv_expect(HEX("6602AABB"), 0x67, &value), SCP_MALFORMED);
    assert_int_equal(scp_tlv_find(HEX("4F01AA8401BB"), 0x85, &value), SCP_NOT_FOUND);
    assert_int_equal(scp_tlv_find(HEX("4F01AA8402BB"), 0x85, &value), SCP_TRUNCATED);
}

static void constructed_tags_are_told_from_primitive_ones(void **state)
{
    (void)state;
    assert_true(scp_tag_constructed(0x6F));
    assert_true(scp_tag_constructed(0xBF0C));
    assert_true(scp_tag_constructed(0xFF21));
    assert_false(scp_tag_constructed(0x4F));
    assert_false(scp_tag_constructed(0x9F70));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_of_one_to_three_bytes_are_read),
        cmocka_unit_test(every_length_form_round_trips),
        cmocka_unit_test(an_object_closed_later_gets_its_length),
        cmocka_unit_test(an_object_without_room_for_its_length_fails),
        cmocka_unit_test(broken_objects_are_refused),
        cmocka_unit_test(another_tag_is_not_what_was_expected),
        cmocka_unit_test(constructed_tags_are_told_from_primitive_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
