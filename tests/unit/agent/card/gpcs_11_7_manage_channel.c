/* MANAGE CHANNEL (GPCS 11.7) and what holds on each logical channel (GPCS 6.4, 11.1.4). */
#include "tests/unit/agent/card/rig.h"

static struct rig *rig_with_channels(const char *line)
{
    return rig_new_with("scp03-i70-aes128", line);
}

static void gpcs_11_7_a_card_with_the_basic_channel_alone_answers_6881(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x6881, rig_hex(rig, "0070000001"));
    assert_sw(0x6881, rig_hex(rig, "00708001"));
    assert_sw(0x6881, rig_hex(rig, "01A4040000"));
    rig_free(rig);
}

static void gpcs_11_7_3_1_open_answers_with_the_next_free_number(void **state)
{
    (void)state;
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    static const char *const numbers[] = {"01", "02", "03"};
    for (size_t i = 0; i < 3; i++) {
        assert_sw(0x9000, rig_hex(rig, "0070000001"));
        assert_data_hex(rig, numbers[i]);
    }
    assert_sw(0x6881, rig_hex(rig, "0070000001"));
    assert_sw(0x9000, rig_hex(rig, "00708002"));
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    assert_data_hex(rig, "02");
    rig_free(rig);
}

/* As most chips of today do; a host program may rely on it. */
static void gpcs_11_7_cards_for_trying_tools_have_three_further_channels(void **state)
{
    (void)state;
    static const char *const profiles[] = {"test-scp02-i15", "test-scp02-i55-t0", "test-scp03-i70",
                                           "test-scp03-s16"};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        struct rig *rig = rig_new(profiles[i]);
        for (size_t n = 0; n < 3; n++)
            assert_sw(0x9000, rig_hex(rig, "0070000001"));
        assert_data_hex(rig, "03");
        assert_sw(0x6881, rig_hex(rig, "0070000001"));
        rig_free(rig);
    }
}

static void gpcs_11_7_2_2_the_host_may_name_the_channel(void **state)
{
    (void)state;
    struct rig *rig = rig_with_channels("  logical_channels: 19\n");
    assert_sw(0x9000, rig_hex(rig, "0070001301"));
    assert_data_hex(rig, "13");
    assert_sw(0x6881, rig_hex(rig, "0070001301")); /* open already */
    assert_sw(0x6A86, rig_hex(rig, "0070001401"));
    rig->channel_number = 19;
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    rig->channel_number = 0;
    assert_sw(0x9000, rig_hex(rig, "00708013"));
    rig->channel_number = 19;
    assert_sw(0x6881, rig_select(rig, rig_old_bank));
    rig_free(rig);
}

static void gpcs_11_7_2_1_wrong_parameters_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        uint16_t sw;
    } rows[] = {
        {"0070010001", 0x6A86},   {"00708000", 0x6A86},   {"00708002", 0x6200},
        {"00708004", 0x6881},     {"0470000001", 0x6882}, {"04708001", 0x6882},
        {"007000000102", 0x6700}, {"8070000001", 0x6D00},
    };
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_sw(rows[i].sw, rig_hex(rig, rows[i].command));
    rig_free(rig);
}

static void gpcs_11_7_3_2_a_locked_card_opens_no_channel(void **state)
{
    (void)state;
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    rig_open(rig);
    const struct scp_set_status lock = {.type = SCP_SET_STATUS_CARD, .state = 0x7F};
    assert_sw(0x9000, rig_send(rig, scp_set_status(&lock)));
    assert_sw(0x6A81, rig_hex(rig, "0070000001"));
    /* Selecting on the open one closes it (6.4.3.1.2). */
    assert_sw(0x6A81, rig_hex(rig, "01A4040000"));
    assert_sw(0x6881, rig_hex(rig, "01A4040000"));
    rig_free(rig);
}

static void gpcs_11_1_4_a_channel_that_is_not_open_answers_6881(void **state)
{
    (void)state;
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    assert_sw(0x6881, rig_hex(rig, "01A4040000"));
    assert_sw(0x6881, rig_hex(rig, "83CA004200"));
    assert_sw(0x6881, rig_hex(rig, "40A4040000"));
    rig_free(rig);
}

static void gpcs_11_1_4_1_iso_secure_messaging_and_reserved_classes_are_refused(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x6882, rig_hex(rig, "88CA004200"));
    assert_sw(0x6882, rig_hex(rig, "8CCA004200"));
    assert_sw(0x6E00, rig_hex(rig, "20CA004200"));
    assert_sw(0x6E00, rig_hex(rig, "A0CA004200"));
    rig_free(rig);
}

static void
gpcs_6_4_2_2_a_channel_opened_from_the_basic_one_has_the_default_application(void **state)
{
    (void)state;
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    assert_sw(0x9000, rig_hex(rig, "81CA004200")); /* the issuer security domain answers */
    rig_free(rig);
}

static void gpcs_6_4_3_2_a_channel_opened_from_another_one_has_its_application(void **state)
{
    (void)state;
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    assert_sw(0x9000, rig_hex(rig, "01A4040009A00000033301010101"));
    assert_sw(0x9000, rig_hex(rig, "0170000001"));
    assert_data_hex(rig, "02");
    assert_sw(0x9000, rig_hex(rig, "82CA9F3600")); /* transaction counter of the payment applet */
    rig_free(rig);
}

static void gpcs_10_2_3_each_channel_has_a_session_of_its_own(void **state)
{
    (void)state;
    static const char *const profiles[] = {"scp03-i70-aes128", "scp02-i55"};
    for (size_t i = 0; i < 2; i++) {
        struct rig *rig = rig_new_with(profiles[i], "  logical_channels: 19\n");
        assert_sw(0x9000, rig_hex(rig, "0070000501"));
        rig_open(rig);
        const struct scp_apdu get = scp_get_data(0x42);
        assert_sw(0x9000, rig_send(rig, get));
        struct scp_channel basic = rig->channel;
        struct scp_keys holder = rig->holder;
        scp_channel_fini(&rig->channel);
        rig->channel_number = 5;
        rig_open(rig);
        assert_sw(0x9000, rig_send(rig, get));
        /* An error on one ends nothing on the other. */
        assert_sw(0x6982, rig_hex(rig, "84CA004208123456781234567800"));
        rig->channel_number = 0;
        rig->channel = basic;
        rig->holder = holder;
        assert_sw(0x9000, rig_send(rig, get));
        rig_free(rig);
    }
}

static void gpcs_5_1_1_5_no_session_opens_after_another_channel_has_ended_the_card(void **state)
{
    (void)state;
    static const uint8_t challenge[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct rig *rig = rig_with_channels("  logical_channels: 1\n");
    const struct scp_set_status end = {.type = SCP_SET_STATUS_CARD, .state = 0xFF};
    uint8_t first[SCP_APDU_MAX];
    uint8_t second[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(first, sizeof first);
    struct scp_channel late = {0};
    struct scp_apdu initialize;
    struct scp_apdu authenticate;
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    rig_open(rig);
    assert_int_equal(SCP_OK, scp_channel_begin(&late, &rig->params, SCP_BYTES(challenge), &w));
    assert_int_equal(SCP_OK, scp_apdu_parse(scp_written(&w), &initialize));
    rig->channel_number = 1;
    assert_sw(0x9000, rig_plain(rig, initialize));
    assert_int_equal(SCP_OK, scp_channel_open(&late, &rig->holder, rig->data));
    w = scp_writer_on(second, sizeof second);
    assert_int_equal(SCP_OK, scp_channel_authenticate(&late, &w));
    assert_int_equal(SCP_OK, scp_apdu_parse(scp_written(&w), &authenticate));
    rig->channel_number = 0;
    assert_sw(0x9000, rig_send(rig, scp_set_status(&end)));
    rig->channel_number = 1;
    assert_sw(0x6985, rig_plain(rig, authenticate));
    scp_channel_fini(&late);
    rig_free(rig);
}

static void gpcs_10_2_3_closing_a_channel_ends_its_session(void **state)
{
    (void)state;
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    rig->channel_number = 1;
    rig_open(rig);
    assert_sw(0x9000, rig_send(rig, scp_get_data(0x42)));
    rig->channel_number = 0;
    assert_sw(0x9000, rig_hex(rig, "00708001"));
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    rig->channel_number = 1;
    assert_sw(0x6982, rig_hex(rig, "84CA0042081234567812345678"));
    rig_free(rig);
}

static void gpcs_9_5_an_application_selected_on_another_channel_is_not_deleted(void **state)
{
    (void)state;
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    assert_sw(0x9000, rig_hex(rig, "01A4040009A00000033301010101"));
    rig_open(rig);
    assert_sw(0x6985, rig_delete(rig, rig_old_bank, false));
    assert_sw(0x6985, rig_delete(rig, SCP_LITERAL(0xA0, 0, 0, 3, 0x33, 0xF0, 1), true));
    assert_sw(0x9000, rig_hex(rig, "00708001"));
    assert_sw(0x9000, rig_delete(rig, rig_old_bank, false));
    rig_free(rig);
}

static void gpcs_9_3_1_one_load_at_a_time_on_the_whole_card(void **state)
{
    (void)state;
    const struct scp_install load = {.p1 = SCP_INSTALL_FOR_LOAD,
                                     .load_file = SCP_LITERAL(1, 2, 3, 4, 5)};
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    rig_open(rig);
    assert_sw(0x9000, rig_install(rig, load));
    rig->channel_number = 1;
    rig_open(rig);
    assert_sw(0x6985, rig_install(rig, load));
    rig->channel_number = 0;
    assert_sw(0x9000, rig_hex(rig, "00A4040000"));
    rig->channel_number = 1;
    assert_sw(0x9000, rig_install(rig, load));
    rig_free(rig);
}

static void gpcs_11_11_1_selecting_the_domain_elsewhere_ends_its_personalization(void **state)
{
    (void)state;
    const struct scp_install personalise = {.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                            .application = rig_old_bank};
    const struct scp_dgi dgi = {.id = 0x0101, .value = SCP_LITERAL(0x70, 0x02, 0x5A, 0x00)};
    struct rig *rig = rig_with_channels("  logical_channels: 3\n");
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    rig_open(rig);
    assert_sw(0x9000, rig_install(rig, personalise));
    assert_sw(0x9000, rig_store(rig, &dgi, 1));
    assert_sw(0x9000, rig_install(rig, personalise));
    assert_sw(0x9000, rig_hex(rig, "01A4040000"));
    assert_sw(0x6A80, rig_store(rig, &dgi, 1)); /* for the domain itself, which has no such DGI */
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_7_a_card_with_the_basic_channel_alone_answers_6881),
        cmocka_unit_test(gpcs_11_7_3_1_open_answers_with_the_next_free_number),
        cmocka_unit_test(gpcs_11_7_cards_for_trying_tools_have_three_further_channels),
        cmocka_unit_test(gpcs_11_7_2_2_the_host_may_name_the_channel),
        cmocka_unit_test(gpcs_11_7_2_1_wrong_parameters_are_refused),
        cmocka_unit_test(gpcs_11_7_3_2_a_locked_card_opens_no_channel),
        cmocka_unit_test(gpcs_11_1_4_a_channel_that_is_not_open_answers_6881),
        cmocka_unit_test(gpcs_11_1_4_1_iso_secure_messaging_and_reserved_classes_are_refused),
        cmocka_unit_test(
            gpcs_6_4_2_2_a_channel_opened_from_the_basic_one_has_the_default_application),
        cmocka_unit_test(gpcs_6_4_3_2_a_channel_opened_from_another_one_has_its_application),
        cmocka_unit_test(gpcs_10_2_3_each_channel_has_a_session_of_its_own),
        cmocka_unit_test(gpcs_5_1_1_5_no_session_opens_after_another_channel_has_ended_the_card),
        cmocka_unit_test(gpcs_10_2_3_closing_a_channel_ends_its_session),
        cmocka_unit_test(gpcs_9_5_an_application_selected_on_another_channel_is_not_deleted),
        cmocka_unit_test(gpcs_9_3_1_one_load_at_a_time_on_the_whole_card),
        cmocka_unit_test(gpcs_11_11_1_selecting_the_domain_elsewhere_ends_its_personalization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
