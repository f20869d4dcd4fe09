#include "scp/gp/uicc.h"
#include "tests/support/expect.h"

enum { ROOM = 256 };

/* The bytes of the known-answer record `uicc-params-kaoh`, with two menu entries more. */
static void a_toolkit_application_round_trips(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_uicc in = {.has_toolkit = true,
                                .toolkit = {.priority = 1,
                                            .text_length = 20,
                                            .menu = {{1, 7}, {2, 8}},
                                            .menu_count = 2,
                                            .channels = 2,
                                            .minimum_level = HEX("011E"),
                                            .tars = HEX("D50103"),
                                            .services = 3}};
    struct scp_uicc out;
    scp_put_uicc(&w, &in);
    assert_written(&w, "80110100140201070208020201"
                       "1E03D5010303");
    assert_int_equal(scp_uicc_parse(scp_written(&w), &out), SCP_OK);
    assert_true(out.has_toolkit);
    assert_int_equal(out.toolkit.menu_count, 2);
    assert_int_equal(out.toolkit.menu[1].id, 8);
    assert_hex(out.toolkit.tars, "D50103");
    assert_int_equal(out.toolkit.services, 3);
    assert_int_equal(out.access.count, 0);
}

static void rights_on_file_systems_round_trip(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_uicc in = {
        .access = {.rights = {{SCP_EMPTY, HEX("00"), SCP_EMPTY},
                              {HEX("A0000000871002"), HEX("FF"), HEX("DA")}},
                   .count = 2},
        .administrative_access = {.rights = {{SCP_EMPTY, HEX("FF"), SCP_EMPTY}}, .count = 1}};
    struct scp_uicc out;
    scp_put_uicc(&w, &in);
    assert_written(&w, "81100001000007A000000087100201FF01DA820400"
                       "01FF00");
    assert_int_equal(scp_uicc_parse(scp_written(&w), &out), SCP_OK);
    assert_int_equal(out.access.count, 2);
    assert_hex(out.access.rights[1].aid, "A0000000871002");
    assert_hex(out.access.rights[1].dap, "DA");
    assert_int_equal(out.administrative_access.count, 1);
    assert_hex(out.administrative_access.rights[0].domain, "FF");
}

static void what_is_cut_or_too_much_is_refused(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_uicc half = {.has_toolkit = true, .toolkit = {.tars = HEX("D501")}};
    struct scp_uicc out;
    scp_put_uicc(&w, &half);
    assert_int_equal(scp_writer_status(&w), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_uicc_parse(HEX("8006010014000202"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_uicc_parse(HEX("8009010014000000000000"), &out), SCP_TRAILING);
    assert_int_equal(scp_uicc_parse(HEX("8008 01001400000001AA"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_uicc_parse(HEX("8009 01001400000001AA00"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_uicc_parse(HEX("800401001421"), &out), SCP_TOO_LONG);
    assert_int_equal(scp_uicc_parse(HEX("8102 0001"), &out), SCP_TRUNCATED);
}

static void the_limits_themselves_are_reached(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_uicc in = {.has_toolkit = true};
    struct scp_uicc out;
    for (size_t over = 0; over <= 1; over++) {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        in.toolkit.menu_count = SCP_UICC_MENU_MAX + over;
        scp_put_uicc(&w, &in);
        assert_int_equal(scp_writer_status(&w), over ? SCP_OUT_OF_RANGE : SCP_OK);
        if (!over)
            assert_int_equal(scp_uicc_parse(scp_written(&w), &out), SCP_OK);
    }
    in = (struct scp_uicc){.has_toolkit = false};
    for (size_t over = 0; over <= 1; over++) {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        in.access.count = SCP_UICC_FILE_SYSTEMS_MAX + over;
        scp_put_uicc(&w, &in);
        assert_int_equal(scp_writer_status(&w), over ? SCP_OUT_OF_RANGE : SCP_OK);
        if (!over)
            assert_int_equal(scp_uicc_parse(scp_written(&w), &out), SCP_OK);
    }
    /* Nine file systems of three empty fields each. */
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_u8(&w, 0x81);
    scp_put_u8(&w, 27);
    scp_put_fill(&w, 0, 27);
    assert_int_equal(scp_uicc_parse(scp_written(&w), &out), SCP_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_toolkit_application_round_trips),
        cmocka_unit_test(rights_on_file_systems_round_trip),
        cmocka_unit_test(what_is_cut_or_too_much_is_refused),
        cmocka_unit_test(the_limits_themselves_are_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
