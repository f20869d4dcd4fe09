#include "scp/gp/store_data.h"
#include "tests/support/expect.h"

static void long_values_have_an_escaped_length(void **state)
{
    (void)state;
    static uint8_t value[300];
    uint8_t buffer[320];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_dgi(&w, 0x0101, SCP_BYTES(value));
    assert_hex(scp_bytes_slice(scp_written(&w), 0, 5), "0101FF012C");
    assert_int_equal(scp_written(&w).len, scp_dgi_size(sizeof value));
    struct scp_reader r = scp_reader_on(scp_written(&w));
    struct scp_dgi dgi;
    assert_int_equal(scp_dgi_next(&r, &dgi), SCP_OK);
    assert_int_equal(dgi.id, 0x0101);
    assert_int_equal(dgi.value.len, sizeof value);
    assert_int_equal(scp_dgi_next(&r, &dgi), SCP_NOT_FOUND);
}

static void a_cut_grouping_is_truncated(void **state)
{
    (void)state;
    struct scp_dgi dgi;
    struct scp_reader r = scp_reader_on(HEX("010103AABB"));
    assert_int_equal(scp_dgi_next(&r, &dgi), SCP_TRUNCATED);
    r = scp_reader_on(HEX("0101FF01"));
    assert_int_equal(scp_dgi_next(&r, &dgi), SCP_TRUNCATED);
}

/* Walk a list and join what the commands carry; returns their number. */
static size_t join(const struct scp_dgi *dgis, size_t count, size_t room, struct scp_writer *joined)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_store_data s;
    struct scp_apdu apdu;
    enum scp_error error;
    size_t commands = 0;
    scp_store_data_begin(&s, dgis, count, room, true);
    while ((error = scp_store_data_next(&s, buffer, &apdu)) == SCP_OK) {
        assert_true(apdu.data.len > 0 && apdu.data.len <= room);
        assert_int_equal(apdu.p2, commands++);
        assert_int_equal((apdu.p1 & SCP_STORE_LAST) != 0, s.at == count);
        scp_put(joined, apdu.data);
    }
    assert_int_equal(error, SCP_NOT_FOUND);
    return commands;
}

static void whatever_the_room_the_groupings_come_whole(void **state)
{
    (void)state;
    uint8_t value[300];
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)i;
    const struct scp_dgi dgis[] = {{scp_bytes_of(value, 10), 0x0101, false},
                                   {scp_bytes_of(value, 300), 0x0102, false},
                                   {SCP_EMPTY, 0x0103, false},
                                   {scp_bytes_of(value, 48), 0x8000, true},
                                   {scp_bytes_of(value, 9), 0x9000, false}};
    for (size_t room = 6; room <= SCP_APDU_DATA_MAX; room++) {
        uint8_t buffer[512];
        struct scp_writer joined = scp_writer_on(buffer, sizeof buffer);
        (void)join(dgis, 5, room, &joined);
        struct scp_reader r = scp_reader_on(scp_written(&joined));
        struct scp_dgi dgi;
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(scp_dgi_next(&r, &dgi), SCP_OK);
            assert_int_equal(dgi.id, dgis[i].id);
            assert_true(scp_bytes_equal(dgi.value, dgis[i].value));
        }
        assert_int_equal(scp_reader_end(&r), SCP_OK);
    }
}

static void encrypted_and_clear_groupings_do_not_share_a_command(void **state)
{
    (void)state;
    const struct scp_dgi dgis[] = {{HEX("AA"), 0x0101, false},
                                   {HEX("BB"), 0x0102, false},
                                   {HEX("0011223344556677"), 0x8000, true},
                                   {HEX("CC"), 0x9000, false}};
    static const uint8_t p1[] = {0x08, 0x68, 0x88};
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_store_data s;
    struct scp_apdu apdu;
    scp_store_data_begin(&s, dgis, 4, 239, true);
    for (size_t i = 0; i < sizeof p1; i++) {
        assert_int_equal(scp_store_data_next(&s, buffer, &apdu), SCP_OK);
        assert_int_equal(apdu.p1, p1[i]);
        if (i == 0)
            assert_hex(apdu.data, "010101AA010201BB");
    }
    assert_int_equal(scp_store_data_next(&s, buffer, &apdu), SCP_NOT_FOUND);
}

static void an_application_that_wants_one_grouping_gets_one(void **state)
{
    (void)state;
    const struct scp_dgi dgis[] = {{HEX("AA"), 0x0101, false}, {HEX("BB"), 0x0102, false}};
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_store_data s;
    struct scp_apdu apdu;
    scp_store_data_begin(&s, dgis, 2, 239, false);
    assert_int_equal(scp_store_data_next(&s, buffer, &apdu), SCP_OK);
    assert_hex(apdu.data, "010101AA");
    assert_int_equal(apdu.p1, 0x08);
    assert_int_equal(scp_store_data_next(&s, buffer, &apdu), SCP_OK);
    assert_hex(apdu.data, "010201BB");
    assert_int_equal(apdu.p1, 0x88);
}

static void more_than_256_commands_are_refused(void **state)
{
    (void)state;
    static struct scp_dgi dgis[257];
    for (size_t i = 0; i < 257; i++)
        dgis[i] = (struct scp_dgi){SCP_EMPTY, (uint16_t)i, false};
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_store_data s;
    struct scp_apdu apdu;
    scp_store_data_begin(&s, dgis, 257, 239, false);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(scp_store_data_next(&s, buffer, &apdu), SCP_OK);
    assert_int_equal(scp_store_data_next(&s, buffer, &apdu), SCP_TOO_LONG);
}

static void p1_says_how_a_block_is_to_be_read(void **state)
{
    (void)state;
    struct scp_store_block block;
    assert_int_equal(scp_store_block_parse(0xE8, &block), SCP_OK);
    assert_true(block.last && block.encrypted && block.dgi && !block.tlv && !block.answer);
    assert_int_equal(scp_store_block_parse(0x11, &block), SCP_OK);
    assert_true(!block.last && !block.encrypted && !block.dgi && block.tlv && block.answer);
    assert_int_equal(scp_store_block_parse(0x18, &block), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_store_block_parse(0x40, &block), SCP_OUT_OF_RANGE);
}

static void raw_blocks_mark_the_last_one(void **state)
{
    (void)state;
    struct scp_apdu apdu;
    assert_int_equal(scp_store_block(0x10, HEX("010203"), 2, 0, &apdu), SCP_OK);
    assert_int_equal(apdu.p1, 0x10);
    assert_hex(apdu.data, "0102");
    assert_int_equal(scp_store_block(0x10, HEX("010203"), 2, 1, &apdu), SCP_OK);
    assert_int_equal(apdu.p1, 0x90);
    assert_int_equal(apdu.p2, 0x01);
    assert_int_equal(scp_store_block(0x10, HEX("010203"), 2, 2, &apdu), SCP_NOT_FOUND);
}

static void a_block_is_numbered_and_answered_as_p1_says(void **state)
{
    (void)state;
    static const uint8_t data[256];
    struct scp_apdu apdu = scp_store_command(SCP_STORE_DGI | SCP_STORE_ANSWER, 0xFF, HEX("AA"));
    assert_int_equal(apdu.p1, 0x09);
    assert_int_equal(apdu.p2, 0xFF);
    assert_int_equal(apdu.le, 0);
    assert_int_equal(scp_store_command(SCP_STORE_DGI, 0, HEX("AA")).le, SCP_NO_LE);
    assert_int_equal(scp_store_block(SCP_STORE_TLV, SCP_BYTES(data), 1, 255, &apdu), SCP_OK);
    assert_int_equal(apdu.p1, SCP_STORE_TLV | SCP_STORE_LAST);
    assert_int_equal(apdu.p2, 0xFF);
    assert_int_equal(scp_dgi_size(254), 2 + 1 + 254);
    assert_int_equal(scp_dgi_size(255), 2 + 3 + 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_values_have_an_escaped_length),
        cmocka_unit_test(a_cut_grouping_is_truncated),
        cmocka_unit_test(whatever_the_room_the_groupings_come_whole),
        cmocka_unit_test(encrypted_and_clear_groupings_do_not_share_a_command),
        cmocka_unit_test(an_application_that_wants_one_grouping_gets_one),
        cmocka_unit_test(more_than_256_commands_are_refused),
        cmocka_unit_test(p1_says_how_a_block_is_to_be_read),
        cmocka_unit_test(raw_blocks_mark_the_last_one),
        cmocka_unit_test(a_block_is_numbered_and_answered_as_p1_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
