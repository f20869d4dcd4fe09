#include "scp/gp/commands.h"
#include "tests/support/expect.h"

static void select_by_name_asks_for_an_answer(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu = scp_select(HEX("A000000333"));
    scp_put_apdu(&w, &apdu);
    assert_written(&w, "00A4040005A00000033300");
    w = scp_writer_on(buffer, sizeof buffer);
    apdu = scp_select(SCP_EMPTY);
    scp_put_apdu(&w, &apdu);
    assert_written(&w, "00A4040000");
    assert_int_equal(scp_select_next(SCP_EMPTY).p2, 0x02);
}

static void load_blocks_are_numbered_and_the_last_is_marked(void **state)
{
    (void)state;
    static uint8_t file[256 * 10];
    struct scp_apdu apdu;
    assert_int_equal(scp_load_block(SCP_BYTES(file), 10, 0, &apdu), SCP_OK);
    assert_int_equal(apdu.p1, 0x00);
    assert_int_equal(apdu.p2, 0x00);
    assert_int_equal(scp_load_block(SCP_BYTES(file), 10, 255, &apdu), SCP_OK);
    assert_int_equal(apdu.p1, 0x80);
    assert_int_equal(apdu.p2, 0xFF);
    assert_int_equal(scp_load_block(SCP_BYTES(file), 10, 256, &apdu), SCP_NOT_FOUND);
    assert_int_equal(scp_load_block(SCP_BYTES(file), 9, 0, &apdu), SCP_TOO_LONG);
}

static void load_blocks_wrap_around_for_a_card_that_takes_more_than_256(void **state)
{
    (void)state;
    static uint8_t file[258 * 10];
    struct scp_apdu apdu;
    assert_int_equal(scp_load_block(SCP_BYTES(file), 10, 0, &apdu), SCP_TOO_LONG);
    assert_int_equal(scp_load_block_wrapping(SCP_BYTES(file), 10, 255, &apdu), SCP_OK);
    assert_int_equal(apdu.p1, 0x00);
    assert_int_equal(apdu.p2, 0xFF);
    assert_int_equal(scp_load_block_wrapping(SCP_BYTES(file), 10, 257, &apdu), SCP_OK);
    assert_int_equal(apdu.p1, 0x80);
    assert_int_equal(apdu.p2, 0x01);
    assert_int_equal(scp_load_block_wrapping(SCP_BYTES(file), 10, 258, &apdu), SCP_NOT_FOUND);
}

static void deletion_of_content_and_of_keys_round_trips(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_apdu apdu;
    struct scp_delete out;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_delete content = {.aid = HEX("A000000333"), .related = true, .token = HEX("EE")};
    assert_int_equal(scp_delete_command(&content, &w, &apdu), SCP_OK);
    assert_int_equal(apdu.p2, 0x80);
    assert_hex(apdu.data, "4F05A0000003339E01EE");
    assert_int_equal(scp_delete_parse(apdu.p2, apdu.data, &out), SCP_OK);
    assert_true(out.related);
    assert_hex(out.token, "EE");
    w = scp_writer_on(buffer, sizeof buffer);
    struct scp_delete key = {.has_kvn = true, .kvn = 0x30};
    assert_int_equal(scp_delete_command(&key, &w, &apdu), SCP_OK);
    assert_hex(apdu.data, "D20130");
    assert_int_equal(scp_delete_parse(apdu.p2, apdu.data, &out), SCP_OK);
    assert_true(out.has_kvn && !out.has_key_id && out.kvn == 0x30);
}

static void a_deletion_names_content_or_keys(void **state)
{
    (void)state;
    struct scp_delete out;
    assert_int_equal(scp_delete_parse(0, SCP_EMPTY, &out), SCP_MALFORMED);
    assert_int_equal(scp_delete_parse(0, HEX("4F05A000000333D20130"), &out), SCP_MALFORMED);
    assert_int_equal(scp_delete_parse(0, HEX("4F04A0000003"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_delete_parse(0, HEX("D2023031"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_delete_parse(0, HEX("4F05A00000"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_delete_parse(0, HEX("5001AA"), &out), SCP_MALFORMED);
    uint8_t buffer[16];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_delete nothing = {.related = false};
    assert_int_equal(scp_delete_command(&nothing, &w, &apdu), SCP_MALFORMED);
}

static void set_status_has_an_aid_except_for_the_card(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_set_status status = {
        .type = SCP_SET_STATUS_APPLICATION, .state = 0x80, .aid = HEX("A000000333")};
    struct scp_set_status out;
    struct scp_apdu apdu = scp_set_status(&status);
    scp_put_apdu(&w, &apdu);
    assert_written(&w, "80F0408005A000000333");
    assert_int_equal(scp_set_status_parse(apdu.p1, apdu.p2, apdu.data, &out), SCP_OK);
    assert_hex(out.aid, "A000000333");
    assert_int_equal(scp_set_status_parse(0x80, 0x0F, SCP_EMPTY, &out), SCP_OK);
    assert_int_equal(scp_set_status_parse(0x40, 0x80, SCP_EMPTY, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_set_status_parse(0x20, 0x80, HEX("A000000333"), &out), SCP_OUT_OF_RANGE);
}

static void get_status_carries_filter_and_tag_list(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_get_status status = {.subset = SCP_STATUS_APPLICATIONS,
                                    .next = true,
                                    .filters = HEX("9F700107C50180"),
                                    .tag_list = scp_status_tags(SCP_STATUS_APPLICATIONS)};
    struct scp_get_status out;
    struct scp_apdu apdu;
    assert_int_equal(scp_get_status_command(&status, &w, &apdu), SCP_OK);
    assert_int_equal(apdu.p2, 0x03);
    assert_hex(apdu.data, "4F009F700107C501805C074F9F70C5CFC4CC");
    assert_int_equal(scp_get_status_parse(apdu.p1, apdu.p2, apdu.data, &out), SCP_OK);
    assert_true(out.next && !out.legacy && out.aid.len == 0);
    assert_hex(out.tag_list, "4F9F70C5CFC4CC");
    assert_hex(out.filters, "9F700107C50180");
    assert_int_equal(scp_get_status_parse(0x40, 0x02, HEX("4F00C50180"), &out), SCP_OK);
    assert_hex(out.filters, "C50180");
    assert_hex(scp_status_tags(SCP_STATUS_LOAD_FILES), "4F9F70CECC");
    assert_hex(scp_status_tags(SCP_STATUS_LOAD_FILES_AND_MODULES), "4F9F70CECC84");
}

static void an_aid_may_have_sixteen_bytes(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_get_status status = {.subset = SCP_STATUS_APPLICATIONS,
                                          .aid = HEX("000102030405060708090A0B0C0D0E0F")};
    const struct scp_delete delete = {.aid = status.aid};
    struct scp_get_status out;
    struct scp_apdu apdu;
    assert_int_equal(scp_get_status_command(&status, &w, &apdu), SCP_OK);
    assert_hex(apdu.data, "4F10000102030405060708090A0B0C0D0E0F");
    assert_int_equal(scp_get_status_parse(apdu.p1, apdu.p2, apdu.data, &out), SCP_OK);
    assert_int_equal(out.aid.len, 16);
    assert_int_equal(scp_delete_command(&delete, &w, &apdu), SCP_OK);
}

static void get_status_without_a_filter_is_refused(void **state)
{
    (void)state;
    struct scp_get_status out;
    assert_int_equal(scp_get_status_parse(0x40, 0x02, SCP_EMPTY, &out), SCP_MALFORMED);
    assert_int_equal(scp_get_status_parse(0x40, 0x02, HEX("5C014F"), &out), SCP_MALFORMED);
    assert_int_equal(scp_get_status_parse(0x40, 0x06, HEX("4F00"), &out), SCP_MALFORMED);
    assert_int_equal(scp_get_status_parse(0x40, 0x02, HEX("4F05A0"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_get_status_parse(0x40, 0x02, HEX("4F005C014FC5"), &out), SCP_TRUNCATED);
}

static void status_words_tell_the_pages(void **state)
{
    (void)state;
    enum scp_page page;
    assert_int_equal(scp_status_page(0x9000, &page), SCP_OK);
    assert_int_equal(page, SCP_PAGE_LAST);
    assert_int_equal(scp_status_page(0x6310, &page), SCP_OK);
    assert_int_equal(page, SCP_PAGE_MORE);
    assert_int_equal(scp_status_page(0x6A88, &page), SCP_OK);
    assert_int_equal(page, SCP_PAGE_EMPTY);
    assert_int_equal(scp_status_page(0x6A80, &page), SCP_STATUS_WORD);
}

static void get_data_has_the_tag_in_p1_and_p2(void **state)
{
    (void)state;
    uint8_t buffer[8];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu = scp_get_data(0x9F7F);
    scp_put_apdu(&w, &apdu);
    assert_written(&w, "80CA9F7F00");
    assert_string_equal(scp_ins_name(apdu.ins), "GET DATA");
    assert_null(scp_ins_name(0x00));
}

static void a_filter_longer_than_an_aid_is_refused(void **state)
{
    (void)state;
    struct scp_get_status out;
    struct scp_bytes long_aid = HEX("4F11000102030405060708090A0B0C0D0E0F10");
    assert_int_equal(scp_get_status_parse(0x40, 0x02, long_aid, &out), SCP_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_by_name_asks_for_an_answer),
        cmocka_unit_test(load_blocks_are_numbered_and_the_last_is_marked),
        cmocka_unit_test(load_blocks_wrap_around_for_a_card_that_takes_more_than_256),
        cmocka_unit_test(deletion_of_content_and_of_keys_round_trips),
        cmocka_unit_test(a_deletion_names_content_or_keys),
        cmocka_unit_test(set_status_has_an_aid_except_for_the_card),
        cmocka_unit_test(get_status_carries_filter_and_tag_list),
        cmocka_unit_test(an_aid_may_have_sixteen_bytes),
        cmocka_unit_test(get_status_without_a_filter_is_refused),
        cmocka_unit_test(status_words_tell_the_pages),
        cmocka_unit_test(get_data_has_the_tag_in_p1_and_p2),
        cmocka_unit_test(a_filter_longer_than_an_aid_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
