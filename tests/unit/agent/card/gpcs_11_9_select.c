/* SELECT by name (GPCS 11.9, 6.4.2.1.2) and implicit selection (GPCS 6.4.1). */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/card_data.h"
#include "scp/gp/privileges.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 100};
static const uint8_t first_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x01, 0x01};
static const uint8_t second_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x01, 0x02};
static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};

static struct rig *rig_loaded(const char *soft_lines)
{
    struct rig *rig = rig_new_with("scp03-i70-aes128", soft_lines);
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    return rig;
}

/* An instance with privileges of three bytes and one implicit selection parameter (0: none). */
static uint16_t instantiate(struct rig *rig, struct scp_bytes aid, uint32_t privileges,
                            uint8_t implicit)
{
    uint8_t set[3];
    uint8_t field[] = {0xC9, 0x00, 0xEF, 0x03, 0xCF, 0x01, implicit};
    scp_privileges_store(set, privileges);
    return rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
                                                 .load_file = package.aid,
                                                 .module = package.module,
                                                 .application = aid,
                                                 .privileges = SCP_BYTES(set),
                                                 .parameters = scp_bytes_of(
                                                     field, implicit != 0 ? sizeof field : 2)});
}

/* Which of the three the card selects by itself at a reset. */
static bool answers_as_domain(struct rig *rig)
{
    return rig_hex(rig, "80CA004200") == 0x9000;
}

static void gpcs_11_9_2_parameters(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"00A4040000", 0x9000},
        {"00A404000008A000000151000000", 0x6700}, /* Lc 00 with data */
        {"00A4040008A000000151000000", 0x9000},
        {"00A4040008A00000015100000000", 0x9000},
        {"00A4040009A00000015100000099", 0x6A82},
        {"00A4040105A000000151", 0x6A86},
        {"00A4040C05A000000151", 0x6A86},
        {"00A404001111111111111111111111111111111111FF", 0x6700},
        {"04A4040000", 0x6882},
        {"80A4040000", 0x6D00},
        {"00A40000023F00", 0x6D00}, /* by file identifier: a domain has none */
    };
    struct rig *rig = rig_new("scp03-i70-aes128");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rig_hex(rig, rows[i].command) != rows[i].sw)
            fail_msg("%s: %04X", rows[i].command, rig->sw);
    rig_free(rig);
}

static void gpcs_11_9_3_1_the_file_control_information_of_domains(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    struct scp_fci fci;
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    const struct scp_bytes domains[] = {rig_isd, SCP_BYTES(domain_aid)};
    for (size_t i = 0; i < 2; i++) {
        assert_sw(0x9000, rig_select(rig, domains[i]));
        assert_int_equal(SCP_OK, scp_fci_parse(rig->data, &fci));
        assert_true(scp_bytes_equal(fci.aid, domains[i]));
        assert_true(fci.management.len > 0);
        assert_int_equal(255, fci.data_max);
    }
    rig_free(rig);
}

static void gpcs_6_4_2_1_2_first_and_next_occurrence_in_the_order_of_the_registry(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(first_aid), 0, 0));
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(second_aid), 0, 0));
    assert_sw(0x9000, rig_hex(rig, "00A4040004D1560000"));
    assert_data_hex(rig, "6F0A8406D15600000101A500");
    assert_sw(0x9000, rig_hex(rig, "00A4040204D1560000"));
    assert_data_hex(rig, "6F0A8406D15600000102A500");
    assert_sw(0x6A82, rig_hex(rig, "00A4040204D1560000"));
    assert_sw(0x9000, rig_hex(rig, "00A4040004D1560000"));
    rig_free(rig);
}

static void gpcs_6_4_2_1_2_next_needs_a_first_on_the_channel(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x6985, rig_hex(rig, "00A4040204A0000003"));
    assert_sw(0x9000, rig_hex(rig, "00A4040004A0000003"));
    assert_sw(0x6A82, rig_hex(rig, "00A4040204A0000003"));
    rig_free(rig);
}

static void gpcs_6_4_2_1_2_what_is_not_found_ends_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x6A82, rig_hex(rig, "00A4040005D156000009"));
    assert_sw(0x9000, rig_send(rig, scp_get_data(0x42))); /* the session goes on */
    rig_free(rig);
}

static void gpcs_6_4_2_1_2_installed_and_locked_applications_are_passed_over(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000,
              rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL, &package, SCP_BYTES(first_aid), 0));
    assert_sw(0x6A82, rig_hex(rig, "00A4040004D1560000"));
    rig_open(rig);
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(second_aid), 0, 0));
    assert_sw(0x9000, rig_hex(rig, "00A4040004D1560000"));
    assert_data_hex(rig, "6F0A8406D15600000102A500");
    rig_open(rig);
    assert_sw(0x9000, rig_send_hex(rig, "80F0408006D15600000102"));
    assert_sw(0x6A82, rig_hex(rig, "00A4040004D1560000"));
    rig_free(rig);
}

static void gpcs_6_4_2_1_2_a_selected_application_that_was_locked_loses_its_session(void **state)
{
    (void)state;
    struct rig *rig = rig_new_with("scp03-i70-aes128", "  logical_channels: 3\n");
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    assert_sw(0x9000, rig_hex(rig, "01A4040009A00000033301010101"));
    rig_open(rig);
    assert_sw(0x9000, rig_send_hex(rig, "80F0408009A00000033301010101"));
    assert_sw(0x9000, rig_hex(rig, "81CA9F3600")); /* still selected (9.6.2) */
    assert_sw(0x6A82, rig_hex(rig, "01A4040009A00000033301010101"));
    assert_sw(0x9000, rig_hex(rig, "81CA004200")); /* the issuer's domain in its place */
    rig_free(rig);
}

static void gpcs_6_4_1_card_reset_without_parameter_is_the_basic_channel_of_all(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(first_aid), SCP_PRIVILEGE_CARD_RESET, 0));
    for (int contactless = 0; contactless < 2; contactless++) {
        softcard_use_contactless(rig->card, contactless == 1);
        rig_power(rig);
        assert_false(answers_as_domain(rig));
    }
    rig_open(rig);
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(first_aid), false));
    rig_power(rig);
    assert_true(answers_as_domain(rig));
    rig_free(rig);
}

static void gpcs_11_1_7_implicit_selection_is_for_the_interface_that_it_names(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(first_aid), 0, 0x80)); /* contactless, channel 0 */
    rig_power(rig);
    assert_true(answers_as_domain(rig));
    softcard_use_contactless(rig->card, true);
    rig_power(rig);
    assert_false(answers_as_domain(rig));
    rig_free(rig);
}

static void gpcs_6_4_1_one_application_for_a_channel_of_an_interface(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(first_aid), 0, 0x80));
    assert_sw(0x6985, instantiate(rig, SCP_BYTES(second_aid), 0, 0xC0));
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(second_aid), 0, 0x40));
    rig_free(rig);
}

static void gpcs_6_4_2_2_a_channel_with_an_application_of_its_own(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("  logical_channels: 3\n");
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(first_aid), 0, 0x42)); /* contact, channel 2 */
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    assert_sw(0x9000, rig_hex(rig, "81CA004200"));
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    assert_sw(0x6D00, rig_hex(rig, "82CA004200"));
    rig_free(rig);
}

static void gpcs_6_4_2_1_1_a_locked_default_application_gives_way_to_the_final_one(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(first_aid), SCP_PRIVILEGE_CARD_RESET, 0));
    assert_sw(0x9000, rig_send_hex(rig, "80F0408006D15600000101"));
    rig_power(rig);
    assert_true(answers_as_domain(rig));
    rig_free(rig);
}

static void gpcs_6_6_2_the_final_application_alone_is_selected_on_a_locked_card(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(first_aid), SCP_PRIVILEGE_FINAL_APPLICATION, 0));
    assert_sw(0x6A80, instantiate(rig, SCP_BYTES(second_aid), SCP_PRIVILEGE_FINAL_APPLICATION, 0));
    assert_sw(0x6985, rig_send_hex(rig, "80F0408006D15600000101")); /* it cannot be locked */
    assert_sw(0x9000, rig_send_hex(rig, "80F0807F"));
    assert_sw(0x6A81, rig_select(rig, rig_isd));
    assert_sw(0x6A81, rig_hex(rig, "00A4040000"));
    assert_sw(0x6283, rig_select(rig, SCP_BYTES(first_aid)));
    assert_sw(0x6283, rig_hex(rig, "00A4040004D1560000"));
    rig_power(rig);
    assert_false(answers_as_domain(rig));
    rig_free(rig);
}

static void gpcs_6_6_2_a_final_application_that_is_only_installed_leaves_the_issuer(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_INSTALL,
                                                    .load_file = package.aid,
                                                    .module = package.module,
                                                    .application = SCP_BYTES(first_aid),
                                                    .privileges = SCP_LITERAL(0x00, 0x02, 0x00),
                                                    .parameters = SCP_LITERAL(0xC9, 0x00)}));
    assert_sw(0x6985, rig_send_hex(rig, "80F0408006D15600000101")); /* it cannot be locked */
    assert_sw(0x9000, rig_send_hex(rig, "80F0807F"));
    assert_sw(0x6A81, rig_select(rig, SCP_BYTES(first_aid)));
    assert_sw(0x6283, rig_select(rig, rig_isd));
    rig_power(rig);
    assert_true(answers_as_domain(rig));
    rig_free(rig);
}

static void gpcs_9_4_2_1_a_locked_application_does_not_become_the_final_one(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded("");
    assert_sw(0x9000, instantiate(rig, SCP_BYTES(first_aid), 0, 0));
    assert_sw(0x9000, rig_send_hex(rig, "80F0408006D15600000101"));
    const struct scp_install update = {.p1 = SCP_INSTALL_FOR_REGISTRY_UPDATE,
                                       .application = SCP_BYTES(first_aid),
                                       .privileges = SCP_LITERAL(0x00, 0x02, 0x00)};
    assert_sw(0x6985, rig_install(rig, update));
    assert_sw(0x9000, rig_send_hex(rig, "80F0400006D15600000101"));
    assert_sw(0x9000, rig_install(rig, update));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_9_2_parameters),
        cmocka_unit_test(gpcs_11_9_3_1_the_file_control_information_of_domains),
        cmocka_unit_test(gpcs_6_4_2_1_2_first_and_next_occurrence_in_the_order_of_the_registry),
        cmocka_unit_test(gpcs_6_4_2_1_2_next_needs_a_first_on_the_channel),
        cmocka_unit_test(gpcs_6_4_2_1_2_what_is_not_found_ends_nothing),
        cmocka_unit_test(gpcs_6_4_2_1_2_installed_and_locked_applications_are_passed_over),
        cmocka_unit_test(gpcs_6_4_2_1_2_a_selected_application_that_was_locked_loses_its_session),
        cmocka_unit_test(gpcs_6_4_1_card_reset_without_parameter_is_the_basic_channel_of_all),
        cmocka_unit_test(gpcs_11_1_7_implicit_selection_is_for_the_interface_that_it_names),
        cmocka_unit_test(gpcs_6_4_1_one_application_for_a_channel_of_an_interface),
        cmocka_unit_test(gpcs_6_4_2_2_a_channel_with_an_application_of_its_own),
        cmocka_unit_test(gpcs_6_4_2_1_1_a_locked_default_application_gives_way_to_the_final_one),
        cmocka_unit_test(gpcs_6_6_2_the_final_application_alone_is_selected_on_a_locked_card),
        cmocka_unit_test(gpcs_9_4_2_1_a_locked_application_does_not_become_the_final_one),
        cmocka_unit_test(gpcs_6_6_2_a_final_application_that_is_only_installed_leaves_the_issuer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
