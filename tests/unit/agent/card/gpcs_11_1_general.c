/* What holds for every command: long commands (GPCS 11.1.5.1), the states of the card (tables 11-1,
 * 11-2), and the secure channels of GPCS appendix E and Amendment D that no other suite has. */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/chaining.h"
#include "scp/gp/parameters.h"
#include "scp/gp/privileges.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 100};
static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};
static const uint8_t instance_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x01, 0x01};

/* ---- long commands ----------------------------------------------------------------------------
 */

/* INSTALL [for install] with `size` bytes of application parameters. */
static struct scp_apdu long_install(size_t size, struct scp_writer *parameters,
                                    struct scp_writer *data)
{
    static const uint8_t none[] = {0x00};
    uint8_t fill[600] = {0};
    struct scp_apdu apdu;
    scp_put_parameters(
        parameters,
        &(struct scp_parameters){.has_application = true, .application = scp_bytes_of(fill, size)});
    const struct scp_install install = {.p1 = SCP_INSTALL_FOR_INSTALL,
                                        .load_file = package.aid,
                                        .module = package.module,
                                        .application = SCP_BYTES(instance_aid),
                                        .privileges = SCP_BYTES(none),
                                        .parameters = scp_written(parameters)};
    assert_int_equal(SCP_OK, scp_install_command(&install, data, &apdu));
    return apdu;
}

static void gpcs_11_1_5_1_a_long_install_in_parts(void **state)
{
    (void)state;
    static const char *const profiles[] = {"scp02-i15", "scp02-i55", "scp03-i70-aes128"};
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_new(profiles[i]);
        uint8_t parameter_bytes[700];
        uint8_t bytes[SCP_COMMAND_MAX];
        struct scp_writer parameters = scp_writer_on(parameter_bytes, sizeof parameter_bytes);
        struct scp_writer data = scp_writer_on(bytes, sizeof bytes);
        rig_open(rig);
        assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
        struct scp_apdu whole = long_install(500, &parameters, &data);
        assert_sw(0x9000, rig_send_long(rig, whole));
        assert_data_hex(rig, "00");
        assert_sw(0x9000, rig_send(rig, scp_get_data(0x42))); /* the session goes on */
        rig_free(rig);
    }
}

static void gpcs_11_1_5_1_what_comes_between_the_parts_ends_the_chain_with_6985(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i15");
    assert_sw(0x9000, rig_hex(rig, "80E4800003"
                                   "4F0501"));
    assert_sw(0x6985, rig_hex(rig, "80CA004200"));
    assert_sw(0x9000, rig_hex(rig, "80CA004200"));
    assert_sw(0x9000, rig_hex(rig, "80E4800003"
                                   "4F0501"));
    assert_sw(0x6985, rig_hex(rig, "80E4008003"
                                   "4F0501")); /* another P2 */
    assert_sw(0x9000, rig_hex(rig, "80E4800003"
                                   "4F0501"));
    assert_sw(0x6982, rig_hex(rig, "80E4000004"
                                   "02030405")); /* whole: no session */
    rig_free(rig);
}

static void gpcs_11_1_5_1_a_chain_that_is_too_long_is_6a86(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i15");
    uint8_t fill[255] = {0};
    struct scp_apdu part = {
        .cla = 0x80, .ins = 0xE6, .p1 = 0x84, .data = SCP_BYTES(fill), .le = SCP_NO_LE};
    size_t taken = 0;
    while (rig_plain(rig, part) == 0x9000)
        taken += sizeof fill;
    assert_sw(0x6A86, rig->sw);
    assert_true(taken > SCP_COMMAND_MAX - 255 && taken <= SCP_COMMAND_MAX);
    rig_free(rig);
}

static void gpcs_11_1_5_1_only_three_commands_chain(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i15");
    rig_open_with(rig, &rig->keys, rig->params.kvn, SCP_LEVEL_C_MAC);
    assert_sw(0x9000, rig_send_hex(rig, "80E290000442020102")); /* STORE DATA: b8 is the last */
    assert_sw(0x6985, rig_send_hex(rig, "80E880000101"));       /* LOAD: the same */
    rig_free(rig);
}

/* ---- states of the card -----------------------------------------------------------------------
 */

/* The commands of table 11-1 that a test can send at once, with what they answer when they are
 * allowed. */
static const struct rig_row content_commands[] = {
    {"80E4000007"
     "4F050102030405",
     0x6A88},
    {"80E4000003"
     "D2017F",
     0x6A88},
    {"80E602000C07A000000333F00100000000", 0x6A80},
    {"80E6400006"
     "000000000000",
     0x6A80},
    {"80E880000101", 0x6985},
    {"80D800010100", 0x6A80},
    {"80E290000442020102", 0x9000},
};

static void gpcs_table_11_1_a_locked_card_changes_neither_content_nor_data(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    rig_rows(rig, content_commands);
    assert_sw(0x9000, rig_send_hex(rig, "80F0807F"));
    for (size_t i = 0; i < sizeof content_commands / sizeof content_commands[0]; i++)
        assert_sw(0x6985, rig_send_hex(rig, content_commands[i].command));
    static const struct rig_row allowed[] = {
        {"80CA004200", 0x9000}, {"80F28002024F0000", 0x9000},   {"80F24002024F0000", 0x9000},
        {"80F0800F", 0x9000},   {"80E290000442020102", 0x9000},
    };
    rig_rows(rig, allowed);
    rig_free(rig);
}

static void gpcs_5_1_1_5_a_terminated_card_has_get_data_alone(void **state)
{
    (void)state;
    struct rig *rig = rig_new_with("scp03-i70-aes128", "  logical_channels: 3\n");
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    rig_open(rig);
    assert_sw(0x9000, rig_send_hex(rig, "80F080FF"));
    for (size_t i = 0; i < sizeof content_commands / sizeof content_commands[0]; i++)
        assert_sw(0x6985, rig_send_hex(rig, content_commands[i].command));
    assert_sw(0x6985, rig_send_hex(rig, "80F28002024F0000"));
    assert_sw(0x6985, rig_send_hex(rig, "80F0800F"));
    assert_sw(0x6A81, rig_hex(rig, "01A4040000"));
    assert_sw(0x6881, rig_hex(rig, "81CA004200"));
    rig_power(rig);
    assert_sw(0x9000, rig_hex(rig, "80CA004200"));
    assert_sw(0x6A81, rig_hex(rig, "00A4040000"));
    assert_sw(0x6985, rig_hex(rig, "8050300008010203040506070800"));
    assert_sw(0x6A81, rig_hex(rig, "0070000001"));
    rig_free(rig);
}

static void gpcs_5_3_2_4_a_locked_domain_rejects_everything(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    assert_sw(0x9000, rig_send_hex(rig, "80F0408F06D15600000201")); /* by itself */
    assert_sw(0x6985, rig_send_hex(rig, "80F0400F06D15600000201")); /* never back by itself */
    assert_sw(0x6985, rig_send_hex(rig, "80CA006600"));
    assert_sw(0x6A82, rig_select(rig, SCP_BYTES(domain_aid)));
    rig_open(rig);
    assert_sw(0x9000, rig_send_hex(rig, "80F0400006D15600000201"));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
    rig_free(rig);
}

static void gpcs_table_11_2_what_needs_a_session_answers_6982(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    for (size_t i = 0; i < sizeof content_commands / sizeof content_commands[0]; i++)
        assert_sw(0x6982, rig_hex(rig, content_commands[i].command));
    assert_sw(0x6982, rig_hex(rig, "80F28002024F0000"));
    assert_sw(0x6982, rig_hex(rig, "80F0800F"));
    assert_sw(0x9000, rig_hex(rig, "80CA004200"));
    rig_free(rig);
}

static void gpcs_11_1_3_unknown_classes_and_instructions(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"8000000000", 0x6D00},     {"00E4000000", 0x6E00}, {"90CA004200", 0x6E00},
        {"80FF000000", 0x6D00},     {"80", 0x6700},         {"80CA0042", 0x9000},
        {"80CA0042000000", 0x6700},
    };
    struct rig *rig = rig_new("scp03-i70-aes128");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rig_hex(rig, rows[i].command) != rows[i].sw)
            fail_msg("%s: %04X", rows[i].command, rig->sw);
    rig_free(rig);
}

/* ---- sessions ---------------------------------------------------------------------------------
 */

static uint16_t begin_r_mac(struct rig *rig, uint8_t level)
{
    uint8_t command[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    assert_int_equal(SCP_OK,
                     scp_channel_begin_r_mac(&rig->channel, level, SCP_LITERAL(1, 2, 3), &w));
    return rig_send_wrapped(rig, scp_written(&w));
}

static uint16_t end_r_mac(struct rig *rig)
{
    uint8_t command[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    assert_int_equal(SCP_OK, scp_channel_end_r_mac(&rig->channel, true, &w));
    return rig_send_wrapped(rig, scp_written(&w));
}

static void gpcs_e_5_3_an_r_mac_session_begins_and_ends(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        uint8_t i;
        uint8_t begin; /* P1 of BEGIN */
    } rows[] = {{"scp02-i55", 0x75, SCP_LEVEL_R_MAC},
                {"scp02-i55", 0x75, SCP_LEVEL_NONE},
                {"scp03-i70-aes128", 0x70, SCP_LEVEL_R_MAC}};
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_new_option(rows[i].profile, rows[i].i);
        rig_open_with(rig, &rig->keys, rig->params.kvn, SCP_LEVEL_C_MAC);
        assert_sw(0x9000, rig_send(rig, scp_get_data(0x42)));
        assert_sw(0x9000, begin_r_mac(rig, rows[i].begin));
        assert_sw(0x9000, rig_send(rig, scp_get_data(0x42)));
        assert_sw(0x6A88, rig_send(rig, scp_get_data(0x67)));
        assert_sw(0x9000, end_r_mac(rig));
        assert_sw(0x9000, rig_send(rig, scp_get_data(0x45)));
        rig_free(rig);
    }
}

static void gpcs_e_5_4_end_r_mac_without_a_session_is_6985(void **state)
{
    (void)state;
    struct rig *rig = rig_new_option("scp02-i55", 0x75);
    rig_open_with(rig, &rig->keys, rig->params.kvn, SCP_LEVEL_NONE);
    assert_sw(0x6985, rig_hex(rig, "8078000300"));
    assert_sw(0x9000, rig_hex(rig, "80CA004200")); /* nothing is aborted */
    assert_sw(0x9000, rig_select(rig, rig_isd));
    assert_sw(0x6D00, rig_hex(rig, "8078000300"));
    rig_free(rig);
}

static void gpcs_e_4_5_errors_have_an_r_mac_in_scp02(void **state)
{
    (void)state;
    struct rig *rig = rig_new_option("scp02-i55", 0x75);
    rig_open(rig); /* C-MAC, C-ENC and R-MAC */
    assert_sw(0x6A88, rig_send(rig, scp_get_data(0x67)));
    assert_sw(0x9000, rig_send(rig, scp_get_data(0x42)));
    rig_free(rig);
}

static void amd_d_s16_sessions_have_authenticators_of_16_bytes(void **state)
{
    (void)state;
    struct rig *rig = rig_new_option("scp03-i70-aes128", 0x71);
    assert_sw(0x6700, rig_hex(rig, "8050300008010203040506070800"));
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x6A88, rig_send(rig, scp_get_data(0x67)));
    rig_free(rig);
}

/* ---- implicit initiation ----------------------------------------------------------------------
 */

/* Open the host's end of an implicit session with the counter that the card has. */
static void open_implicit(struct rig *rig, uint32_t counter)
{
    struct scp_channel_params params = rig->params;
    struct scp_known_card card = {.kvn = rig->params.kvn,
                                  .diversification_data = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                                  .counter = counter};
    params.level = SCP_LEVEL_C_MAC;
    assert_int_equal(SCP_OK, scp_aid_from(&params.aid, rig_isd));
    rig->holder = scp_keys_of_set(&rig->keys);
    scp_channel_fini(&rig->channel);
    assert_int_equal(SCP_OK,
                     scp_channel_open_implicit(&rig->channel, &params, &rig->holder, &card));
}

static void gpcs_e_1_2_2_the_first_c_mac_opens_an_implicit_session(void **state)
{
    (void)state;
    static const uint8_t options[] = {0x0A, 0x0B, 0x1A, 0x1B};
    for (size_t i = 0; i < sizeof options; i++) {
        struct rig *rig = rig_new_option("scp02-i15", options[i]);
        if ((options[i] & 0x01) == 0) { /* one base key */
            rig->keys.mac = rig->keys.enc;
            rig->keys.dek = rig->keys.enc;
        }
        assert_sw(0x9000, rig_select(rig, rig_isd));
        assert_sw(0x6D00, rig_hex(rig, "8050000008010203040506070800"));
        assert_sw(0x9000, rig_hex(rig, "80CA004200"));
        open_implicit(rig, 0);
        assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
        assert_sw(0x9000, rig_hex(rig, "80CA00C100"));
        assert_data_hex(rig, "C1020001");
        open_implicit(rig, 1); /* a command without MAC ended that one */
        assert_sw(0x9000, rig_delete(rig, package.aid, true));
        rig_free(rig);
    }
}

static void gpcs_e_1_6_a_wrong_c_mac_is_a_try_and_another_session_may_open(void **state)
{
    (void)state;
    struct rig *rig = rig_new_option("scp02-i15", 0x0B);
    assert_sw(0x9000, rig_select(rig, rig_isd));
    assert_sw(0x6982, rig_hex(rig, "84CA0042081122334455667788"));
    assert_sw(0x6982, rig_hex(rig, "80E40000074F050102030405"));
    open_implicit(rig, 0);
    assert_sw(0x6A88, rig_delete(rig, SCP_LITERAL(1, 2, 3, 4, 5), false));
    rig_free(rig);
}

static void gpcs_e_1_2_2_wrong_c_macs_lock_the_keys(void **state)
{
    (void)state;
    struct rig *rig = rig_new_option("scp02-i15", 0x0B);
    assert_sw(0x9000, rig_select(rig, rig_isd));
    for (size_t i = 0; i < 10; i++)
        assert_sw(0x6982, rig_hex(rig, "84CA0042081122334455667788"));
    open_implicit(rig, 0);
    uint8_t command[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    const struct scp_apdu get = scp_get_data(0x42);
    assert_int_equal(SCP_OK, scp_channel_wrap(&rig->channel, &get, &w));
    char hex[SCP_HEX_SIZE(SCP_APDU_MAX)];
    assert_sw(0x6982, rig_hex(rig, scp_hex_encode(hex, sizeof hex, scp_written(&w))));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_1_5_1_a_long_install_in_parts),
        cmocka_unit_test(gpcs_11_1_5_1_what_comes_between_the_parts_ends_the_chain_with_6985),
        cmocka_unit_test(gpcs_11_1_5_1_a_chain_that_is_too_long_is_6a86),
        cmocka_unit_test(gpcs_11_1_5_1_only_three_commands_chain),
        cmocka_unit_test(gpcs_table_11_1_a_locked_card_changes_neither_content_nor_data),
        cmocka_unit_test(gpcs_5_1_1_5_a_terminated_card_has_get_data_alone),
        cmocka_unit_test(gpcs_5_3_2_4_a_locked_domain_rejects_everything),
        cmocka_unit_test(gpcs_table_11_2_what_needs_a_session_answers_6982),
        cmocka_unit_test(gpcs_11_1_3_unknown_classes_and_instructions),
        cmocka_unit_test(gpcs_e_5_3_an_r_mac_session_begins_and_ends),
        cmocka_unit_test(gpcs_e_5_4_end_r_mac_without_a_session_is_6985),
        cmocka_unit_test(gpcs_e_4_5_errors_have_an_r_mac_in_scp02),
        cmocka_unit_test(amd_d_s16_sessions_have_authenticators_of_16_bytes),
        cmocka_unit_test(gpcs_e_1_2_2_the_first_c_mac_opens_an_implicit_session),
        cmocka_unit_test(gpcs_e_1_6_a_wrong_c_mac_is_a_try_and_another_session_may_open),
        cmocka_unit_test(gpcs_e_1_2_2_wrong_c_macs_lock_the_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
