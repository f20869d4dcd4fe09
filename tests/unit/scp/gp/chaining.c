#include "scp/gp/chaining.h"
#include "scp/gp/commands.h"
#include "tests/support/expect.h"

enum { BUFFER = 600 };

static void long_commands_are_cut_and_all_but_the_last_say_more(void **state)
{
    (void)state;
    uint8_t data[600];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    struct scp_apdu whole = {.cla = 0x80, .ins = SCP_INS_INSTALL, .p1 = 0x04, .le = 0};
    whole.data = SCP_BYTES(data);
    uint8_t joined[600];
    struct scp_writer w = scp_writer_on(joined, sizeof joined);
    struct scp_apdu part;
    assert_int_equal(scp_segment_count(sizeof data, 247), 3);
    assert_int_equal(scp_segment_count(494, 247), 2);
    assert_int_equal(scp_segment_count(495, 247), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(scp_segment(&whole, 247, i, &part), SCP_OK);
        assert_int_equal(part.p1, i < 2 ? 0x84 : 0x04);
        scp_put(&w, part.data);
    }
    assert_true(scp_bytes_equal(scp_written(&w), whole.data));
    assert_int_equal(scp_segment(&whole, 247, 3, &part), SCP_NOT_FOUND);
    whole.data = SCP_EMPTY;
    assert_int_equal(scp_segment(&whole, 247, 0, &part), SCP_OK);
    assert_int_equal(part.p1, 0x04);
}

/* What the host cuts, the card joins. */
static void what_is_cut_is_joined_again(void **state)
{
    (void)state;
    uint8_t data[BUFFER];
    uint8_t buffer[BUFFER];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    const struct scp_apdu whole = {.cla = 0x80,
                                   .ins = SCP_INS_PUT_KEY,
                                   .p1 = 0x30,
                                   .p2 = 0x81,
                                   .data = SCP_BYTES(data),
                                   .le = 0};
    struct scp_chain chain;
    struct scp_apdu part;
    struct scp_apdu joined;
    scp_chain_begin(&chain, buffer, sizeof buffer);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(scp_segment(&whole, 255, i, &part), SCP_OK);
            assert_int_equal(scp_chain_take(&chain, &part, &joined),
                             i < 2 ? SCP_NOT_FOUND : SCP_OK);
        }
        assert_int_equal(joined.p1, 0x30);
        assert_int_equal(joined.p2, 0x81);
        assert_true(scp_bytes_equal(joined.data, whole.data));
    }
}

static void a_command_alone_passes_as_it_came(void **state)
{
    (void)state;
    uint8_t buffer[BUFFER];
    struct scp_chain chain;
    struct scp_apdu joined;
    /* P1 b8 of LOAD and STORE DATA says another thing. */
    const struct scp_apdu load = {
        .cla = 0x80, .ins = SCP_INS_LOAD, .p1 = 0x80, .data = HEX("AA"), .le = 0};
    const struct scp_apdu install = {.cla = 0x80, .ins = SCP_INS_INSTALL, .p1 = 0x04, .le = 0};
    scp_chain_begin(&chain, buffer, sizeof buffer);
    assert_int_equal(scp_chain_take(&chain, &load, &joined), SCP_OK);
    assert_int_equal(joined.p1, 0x80);
    assert_hex(joined.data, "AA");
    assert_int_equal(scp_chain_take(&chain, &install, &joined), SCP_OK);
    assert_int_equal(joined.p1, 0x04);
}

static void another_command_breaks_the_chain(void **state)
{
    (void)state;
    uint8_t buffer[BUFFER];
    struct scp_chain chain;
    struct scp_apdu joined;
    const struct scp_apdu begin = {
        .cla = 0x80, .ins = SCP_INS_INSTALL, .p1 = 0x84, .data = HEX("AA"), .le = 0};
    struct scp_apdu others[] = {begin, begin, begin, begin};
    others[0].p1 = 0x82;
    others[1].p2 = 0x01;
    others[2].cla = 0x81;
    others[3].ins = SCP_INS_DELETE;
    scp_chain_begin(&chain, buffer, sizeof buffer);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(scp_chain_take(&chain, &begin, &joined), SCP_NOT_FOUND);
        assert_int_equal(scp_chain_take(&chain, &others[i], &joined), SCP_MISMATCH);
    }
    struct scp_apdu last = begin;
    last.p1 = 0x04;
    assert_int_equal(scp_chain_take(&chain, &last, &joined), SCP_OK);
    assert_hex(joined.data, "AA"); /* nothing is left of the broken chain */
}

static void a_chain_longer_than_its_buffer_is_refused(void **state)
{
    (void)state;
    uint8_t buffer[3];
    struct scp_chain chain;
    struct scp_apdu joined;
    const struct scp_apdu part = {
        .cla = 0x80, .ins = SCP_INS_DELETE, .p1 = 0x80, .data = HEX("AABB"), .le = 0};
    scp_chain_begin(&chain, buffer, sizeof buffer);
    assert_int_equal(scp_chain_take(&chain, &part, &joined), SCP_NOT_FOUND);
    assert_int_equal(scp_chain_take(&chain, &part, &joined), SCP_NO_SPACE);
    assert_int_equal(scp_chain_take(&chain, &part, &joined), SCP_NOT_FOUND);
    scp_chain_abort(&chain);
    struct scp_apdu alone = part;
    alone.p1 = 0;
    assert_int_equal(scp_chain_take(&chain, &alone, &joined), SCP_OK);
    assert_hex(joined.data, "AABB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_commands_are_cut_and_all_but_the_last_say_more),
        cmocka_unit_test(what_is_cut_is_joined_again),
        cmocka_unit_test(a_command_alone_passes_as_it_came),
        cmocka_unit_test(another_command_breaks_the_chain),
        cmocka_unit_test(a_chain_longer_than_its_buffer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
