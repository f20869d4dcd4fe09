/* Transmission protocol T=0: what a card whose ATR offers it answers (ISO/IEC 7816-3 12.2). */
#include "tests/unit/agent/card/rig.h"

#include "agent/card/t0.h"

static struct rig *rig_t0(void)
{
    return rig_new("test-scp02-i55-t0");
}

static void the_first_protocol_of_the_atr_counts(void **state)
{
    (void)state;
    static const struct {
        struct scp_bytes atr;
        bool t0;
    } cases[] = {
        {{(const uint8_t *)"\x3B\x00", 2}, true},
        {{(const uint8_t *)"\x3B\x68\x00\x00SCP02-55", 12}, true},
        {{(const uint8_t *)"\x3B\x80\x00", 3}, true},
        {{(const uint8_t *)"\x3B\x80\x80\x01", 4}, true}, /* T=0, then T=1 */
        {{(const uint8_t *)"\x3B\x81\x31\xFE", 4}, false},
        {{(const uint8_t *)"\x3B\xF0\x13\x00\x00\x81\x31\xFE", 8}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(cases[i].t0, card_t0_offered(cases[i].atr));
}

static void data_of_a_command_with_data_wait_for_get_response(void **state)
{
    (void)state;
    struct rig *rig = rig_t0();
    assert_sw(0x6127, rig_select(rig, rig_ppse));
    assert_int_equal(0, rig->data.len);
    assert_sw(0x9000, rig_hex(rig, "00C0000027"));
    assert_data_hex(rig, "6F25840E325041592E5359532E4444463031"
                         "A513BF0C10610E4F09A00000033301010101870101");
    rig_free(rig);
}

static void they_can_be_fetched_in_parts_or_as_much_as_there_is(void **state)
{
    (void)state;
    struct rig *rig = rig_t0();
    assert_sw(0x6127, rig_select(rig, rig_ppse));
    assert_sw(0x6125, rig_hex(rig, "00C0000002"));
    assert_data_hex(rig, "6F25");
    assert_sw(0x6C25, rig_hex(rig, "00C0000026"));
    assert_sw(0x9000, rig_hex(rig, "00C0000000"));
    assert_int_equal(0x25, rig->data.len);
    rig_free(rig);
}

static void data_of_a_command_without_data_wait_for_the_right_length(void **state)
{
    (void)state;
    struct rig *rig = rig_t0();
    assert_sw(0x6C06, rig_hex(rig, "80CA004200"));
    assert_int_equal(0, rig->data.len);
    assert_sw(0x6C06, rig_hex(rig, "80CA004207"));
    assert_sw(0x9000, rig_hex(rig, "80CA004206"));
    assert_data_hex(rig, "420442310000");
    assert_sw(0x9000, rig_hex(rig, "80CA004206")); /* run anew: nothing waits */
    rig_free(rig);
}

static void another_command_makes_it_forgotten(void **state)
{
    (void)state;
    struct rig *rig = rig_t0();
    assert_sw(0x6127, rig_select(rig, rig_ppse));
    assert_sw(0x6E00, rig_hex(rig, "80CA006700"));
    assert_sw(0x6D00, rig_hex(rig, "00C0000027"));
    assert_sw(0x6127, rig_select(rig, rig_ppse));
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len;
    softcard_power(rig->card, atr, &atr_len);
    assert_sw(0x6D00, rig_hex(rig, "00C0000027"));
    rig_free(rig);
}

static void a_command_counts_once_however_often_its_answer_is_fetched(void **state)
{
    (void)state;
    struct rig *rig = rig_t0();
    uint64_t before = softcard_writes(rig->card);
    assert_sw(0x611C, rig_hex(rig, "80502000080102030405060708"));
    assert_sw(0x6118, rig_hex(rig, "00C0000004"));
    assert_sw(0x9000, rig_hex(rig, "00C0000018"));
    assert_int_equal(before, softcard_writes(rig->card)); /* SCP02 counts later */
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_protocol_of_the_atr_counts),
        cmocka_unit_test(data_of_a_command_with_data_wait_for_get_response),
        cmocka_unit_test(they_can_be_fetched_in_parts_or_as_much_as_there_is),
        cmocka_unit_test(data_of_a_command_without_data_wait_for_the_right_length),
        cmocka_unit_test(another_command_makes_it_forgotten),
        cmocka_unit_test(a_command_counts_once_however_often_its_answer_is_fetched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
