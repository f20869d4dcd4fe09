#include "scp/gp/crs.h"
#include "tests/support/expect.h"

static void entries_show_activation_and_priority(void **state)
{
    (void)state;
    struct scp_crs_entry entry;
    struct scp_reader r =
        scp_reader_on(HEX("611D 4F05A000000333 9F70020701 80020005 810101 880101 8A0101 A4024F00"
                          "610B 4F05A000000444 9F70010F"));
    assert_int_equal(scp_crs_next(&r, &entry), SCP_OK);
    assert_hex(scp_aid_bytes(&entry.aid), "A000000333");
    assert_int_equal(entry.life_cycle, 0x07);
    assert_int_equal(entry.activation, SCP_CRS_ACTIVATED);
    assert_hex(entry.counter, "0005");
    assert_true(entry.has_priority && entry.priority == 1 && entry.needs_no_display);
    assert_hex(entry.observers, "4F00");
    assert_int_equal(entry.data.len, 0x1D);
    assert_int_equal(scp_crs_next(&r, &entry), SCP_OK);
    assert_int_equal(entry.activation, SCP_CRS_DEACTIVATED);
    assert_false(entry.has_priority || entry.needs_no_display);
    assert_int_equal(scp_crs_next(&r, &entry), SCP_NOT_FOUND);
}

static void every_object_of_an_entry_has_its_place(void **state)
{
    (void)state;
    struct scp_reader r = scp_reader_on(HEX("6122 4F05A000000333 9F7000 8000 8100 A201A2 A301A3 "
                                            "A401A4 A501A5 A601A6 870187 8800"));
    struct scp_crs_entry entry;
    assert_int_equal(scp_crs_next(&r, &entry), SCP_OK);
    assert_int_equal(entry.life_cycle, 0);
    assert_int_equal(entry.counter.len, 0);
    assert_false(entry.has_priority);
    assert_hex(entry.head, "A2");
    assert_hex(entry.members, "A3");
    assert_hex(entry.observers, "A4");
    assert_hex(entry.restricted, "A5");
    assert_hex(entry.discretionary, "A6");
    assert_hex(entry.family, "87");
    assert_false(entry.needs_no_display);
}

static void entries_without_an_application_are_refused(void **state)
{
    (void)state;
    struct scp_crs_entry entry;
    struct scp_reader r = scp_reader_on(HEX("6103810101 E300 6109"));
    assert_int_equal(scp_crs_next(&r, &entry), SCP_MALFORMED);
    assert_int_equal(scp_crs_next(&r, &entry), SCP_MALFORMED);
    assert_int_equal(scp_crs_next(&r, &entry), SCP_TRUNCATED);
}

static void activation_round_trips(void **state)
{
    (void)state;
    uint8_t list[32];
    uint8_t buffer[64];
    struct scp_writer l = scp_writer_on(list, sizeof list);
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_crs_application(&l, HEX("A000000333"));
    const struct scp_crs_set_status in = {.state = SCP_CRS_ACTIVATED,
                                          .applications = scp_written(&l)};
    struct scp_crs_set_status out;
    const struct scp_apdu apdu = scp_crs_set_status(&in);
    scp_put_apdu(&w, &apdu);
    assert_written(&w, "80F00101074F05A00000033300");
    assert_int_equal(scp_crs_set_status_parse(apdu.p1, apdu.p2, apdu.data, &out), SCP_OK);
    assert_int_equal(out.state, SCP_CRS_ACTIVATED);
    assert_hex(out.applications, "4F05A000000333");
    assert_int_equal(scp_crs_set_status_parse(1, 2, apdu.data, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_crs_set_status_parse(4, 1, apdu.data, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_crs_set_status_parse(1, 1, SCP_EMPTY, &out), SCP_MALFORMED);
    assert_int_equal(scp_crs_set_status_parse(1, 1, HEX("5000"), &out), SCP_MALFORMED);
    assert_int_equal(scp_crs_set_status_parse(1, 1, HEX("4F05"), &out), SCP_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_show_activation_and_priority),
        cmocka_unit_test(every_object_of_an_entry_has_its_place),
        cmocka_unit_test(entries_without_an_application_are_refused),
        cmocka_unit_test(activation_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
