#include "scp/gp/parameters.h"
#include "tests/support/expect.h"

enum { ROOM = 256 };

static void memory_is_stated_in_two_bytes_up_to_32767(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_parameters in = {.memory = {.code = 32768, .volatile_ram = 32767}};
    struct scp_parameters out;
    scp_put_parameters(&w, &in);
    assert_written(&w, "EF0AC60400008000C7027FFF");
    assert_int_equal(scp_parameters_parse(scp_written(&w), &out), SCP_OK);
    assert_int_equal(out.memory.code, 32768);
    assert_int_equal(out.memory.volatile_ram, 32767);
    assert_int_equal(out.memory.non_volatile, 0);
    assert_false(out.has_application);
}

static void nothing_stated_is_nothing_written(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_parameters nothing = {.has_application = false};
    const struct scp_parameters empty = {.has_application = true};
    scp_put_parameters(&w, &nothing);
    assert_written(&w, "");
    scp_put_parameters(&w, &empty);
    assert_written(&w, "C900");
}

static void every_object_of_the_tables_is_built_and_read_back(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_parameters in = {
        .has_application = true,
        .application = HEX("0102"),
        .memory = {.code = 1,
                   .volatile_ram = 2,
                   .non_volatile = 3,
                   .volatile_reserved = 4,
                   .non_volatile_reserved = 65536},
        .services = HEX("80008100"),
        .toolkit = HEX("AA"),
        .implicit = {SCP_IMPLICIT_CONTACTLESS, SCP_IMPLICIT_CONTACT | 1},
        .implicit_count = 2,
        .has_format = true,
        .format = 0,
        .data_block = HEX("DB"),
        .restricted = SCP_RESTRICT_DELETE,
        .uicc = HEX("8000"),
        .signature = HEX("420100")};
    struct scp_parameters out;
    scp_put_parameters(&w, &in);
    assert_written(&w,
                   "C9020102"
                   "EF2EC6020001C7020002C8020003CB0480008100D7020004D80400010000CA01AACD0100DD01DB"
                   "CF0180CF0141D90101"
                   "EA028000B603420100");
    assert_int_equal(scp_parameters_parse(scp_written(&w), &out), SCP_OK);
    assert_hex(out.application, "0102");
    assert_int_equal(out.memory.volatile_reserved, 4);
    assert_int_equal(out.memory.non_volatile_reserved, 65536);
    assert_hex(out.services, "80008100");
    assert_hex(out.toolkit, "AA");
    assert_int_equal(out.implicit_count, 2);
    assert_int_equal(out.implicit[1], 0x41);
    assert_true(out.has_format);
    assert_hex(out.data_block, "DB");
    assert_int_equal(out.restricted, SCP_RESTRICT_DELETE);
    assert_hex(out.uicc, "8000");
    assert_hex(out.signature, "420100");
    assert_int_equal(out.system.len, 0x2E);
}

static void parameters_longer_than_255_bytes_take_longer_lengths(void **state)
{
    (void)state;
    static const uint8_t long_value[300];
    uint8_t buffer[400];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_parameters in = {.has_application = true,
                                      .application = SCP_BYTES(long_value)};
    struct scp_parameters out;
    scp_put_parameters(&w, &in);
    assert_hex(scp_bytes_slice(scp_written(&w), 0, 4), "C982012C");
    assert_int_equal(scp_parameters_parse(scp_written(&w), &out), SCP_OK);
    assert_int_equal(out.application.len, 300);
}

static void broken_parameters_are_refused(void **state)
{
    (void)state;
    struct scp_parameters out;
    assert_int_equal(scp_parameters_parse(HEX("C903AABB"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_parameters_parse(HEX("EF05C803010203"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_parameters_parse(HEX("EF02CF00"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_parameters_parse(HEX("EF04D9020101"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_parameters_parse(HEX("EF05CB03800080"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_parameters_parse(HEX("EF1B"
                                              "CF0100CF0100CF0100CF0100CF0100"
                                              "CF0100CF0100CF0100CF0100"),
                                          &out),
                     SCP_TOO_LONG);
}

static void what_cannot_be_stated_is_not_built(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_parameters half = {.services = HEX("800081")};
    const struct scp_parameters many = {.implicit_count = SCP_IMPLICIT_MAX + 1};
    scp_put_parameters(&w, &half);
    assert_int_equal(scp_writer_status(&w), SCP_OUT_OF_RANGE);
    w = scp_writer_on(buffer, sizeof buffer);
    scp_put_parameters(&w, &many);
    assert_int_equal(scp_writer_status(&w), SCP_OUT_OF_RANGE);
}

static void security_domain_parameters_round_trip(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_security_domain_parameters in = {.protocol = 0x03,
                                                      .i = 0x70,
                                                      .further = {{0x02, 0x55}},
                                                      .further_count = 1,
                                                      .extradition_here = HEX("20"),
                                                      .deletion = HEX("20"),
                                                      .explicit_personalised = true,
                                                      .administration = HEX("A1"),
                                                      .controlling_authority = HEX("0102"),
                                                      .extradition_away = HEX("20")};
    struct scp_security_domain_parameters out;
    scp_put_security_domain_parameters(&w, &in);
    assert_written(&w, "810203708102025582012083012084008501A186020102870120");
    assert_int_equal(scp_security_domain_parameters_parse(scp_written(&w), &out), SCP_OK);
    assert_int_equal(out.protocol, 0x03);
    assert_int_equal(out.i, 0x70);
    assert_int_equal(out.further_count, 1);
    assert_int_equal(out.further[0].protocol, 0x02);
    assert_int_equal(out.further[0].i, 0x55);
    assert_true(out.explicit_personalised);
    assert_hex(out.extradition_here, "20");
    assert_hex(out.deletion, "20");
    assert_hex(out.administration, "A1");
    assert_hex(out.controlling_authority, "0102");
    assert_hex(out.extradition_away, "20");
    assert_int_equal(scp_security_domain_parameters_parse(HEX("810103"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_security_domain_parameters_parse(
                         HEX("81020215 81020255 81020310 81020370 81020300"), &out),
                     SCP_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_stated_in_two_bytes_up_to_32767),
        cmocka_unit_test(nothing_stated_is_nothing_written),
        cmocka_unit_test(every_object_of_the_tables_is_built_and_read_back),
        cmocka_unit_test(parameters_longer_than_255_bytes_take_longer_lengths),
        cmocka_unit_test(broken_parameters_are_refused),
        cmocka_unit_test(what_cannot_be_stated_is_not_built),
        cmocka_unit_test(security_domain_parameters_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
