/* The time that a real card would take. */
#include "tests/unit/agent/card/rig.h"

#include "agent/card/timing.h"

static void assert_between(uint64_t least, uint64_t most, uint64_t value)
{
    if (value < least || value > most)
        fail_msg("%llu is not in %llu to %llu", (unsigned long long)value,
                 (unsigned long long)least, (unsigned long long)most);
}

/* A package of 32 KB in 133 LOAD commands is a matter of seconds on any wire. */
static void a_package_takes_the_seconds_that_its_wire_allows(void **state)
{
    (void)state;
    static const struct {
        struct card_timing timing;
        uint64_t least_us, most_us;
    } cases[] = {
        {{.interface = CARD_INTERFACE_T1, .bit_rate = 115200}, 3200000, 3800000},
        {{.interface = CARD_INTERFACE_T0, .bit_rate = 115200}, 3400000, 4000000},
        {{.interface = CARD_INTERFACE_CONTACTLESS, .bit_rate = 105938}, 2800000, 3300000},
        {{.interface = CARD_INTERFACE_CONTACTLESS, .bit_rate = 423750}, 700000, 860000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_between(cases[i].least_us, cases[i].most_us,
                       133 * card_timing_wire_us(&cases[i].timing, 5 + 255, 3));
}

static void time_grows_by_what_is_written_and_enciphered(void **state)
{
    (void)state;
    const struct card_timing timing = {
        .command_us = 1000, .write_us = 300, .page_size = 64, .cipher_us = 10};
    struct card_work work = {.command_len = 5, .response_len = 2};
    assert_int_equal(1000, card_timing_us(&timing, &work));
    work.writes = 2;
    assert_int_equal(1600, card_timing_us(&timing, &work));
    work.bytes_written = 200;
    assert_int_equal(1600 + 3 * 300, card_timing_us(&timing, &work));
    work.cipher_blocks = 7;
    assert_int_equal(2500 + 70, card_timing_us(&timing, &work));
}

static void each_protection_is_a_pass_over_the_bytes(void **state)
{
    (void)state;
    struct card_protection protection = {.block_size = 16};
    assert_int_equal(0, card_timing_blocks(&protection, 255, 255));
    protection.c_mac = true;
    assert_int_equal(17, card_timing_blocks(&protection, 255, 2));
    protection.c_encryption = true;
    assert_int_equal(34, card_timing_blocks(&protection, 255, 2));
    protection.r_mac = true;
    assert_int_equal(36, card_timing_blocks(&protection, 255, 2));
}

/* What is measured on cards of this kind: some ten milliseconds for a LOAD command. */
static void a_card_tells_how_long_its_model_would_have_taken(void **state)
{
    (void)state;
    static const uint8_t package[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
    static const uint8_t block[239] = {0xC4, 0x82, 0x10, 0x00};
    struct rig *rig = rig_new("scp02-i15");
    assert_int_equal(0, softcard_busy_us(rig->card));
    rig_open(rig);
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_LOAD,
                                                            .load_file = SCP_BYTES(package)}));
    uint64_t before = softcard_busy_us(rig->card);
    assert_sw(0x9000,
              rig_send(rig, (struct scp_apdu){
                                .cla = 0x80, .ins = SCP_INS_LOAD, .data = SCP_BYTES(block)}));
    assert_between(35000, 65000, softcard_busy_us(rig->card) - before);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_takes_the_seconds_that_its_wire_allows),
        cmocka_unit_test(time_grows_by_what_is_written_and_enciphered),
        cmocka_unit_test(each_protection_is_a_pass_over_the_bytes),
        cmocka_unit_test(a_card_tells_how_long_its_model_would_have_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
