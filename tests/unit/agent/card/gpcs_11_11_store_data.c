/* STORE DATA (GPCS 11.11); keys that come by it are with PUT KEY. */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/privileges.h"

static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};
static const struct scp_install personalise_bank = {
    .p1 = SCP_INSTALL_FOR_PERSONALIZATION,
    .application = {(const uint8_t *)"\xA0\x00\x00\x03\x33\x01\x01\x01\x01", 9}};

static struct rig *rig_opened(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    return rig;
}

static void gpcs_11_11_2_1_structures_and_reserved_values_of_p1(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80E290000442020102", 0x9000},       /* BER-TLV */
        {"80E280000442020102", 0x9000},       /* no statement: data objects for a domain */
        {"80E28800070070044202AABB", 0x9000}, /* a grouping of data objects */
        {"80E291000442020102", 0x9000},       /* case 4 */
        {"80E298000442020102", 0x6A86},       /* reserved structure */
        {"80E2D0000442020102", 0x6A86},       /* reserved encryption */
        {"80E28800030101FF", 0x6A80},
    };
    struct rig *rig = rig_opened();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rig_send_hex(rig, rows[i].command) != rows[i].sw)
            fail_msg("%s: %04X", rows[i].command, rig->sw);
    rig_free(rig);
}

static void gpcs_11_11_2_2_blocks_are_numbered_from_00(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80E210010442020102", 0x6A86},                                 /* does not begin with 00 */
        {"80E210000442020102", 0x9000}, {"80E210020442020102", 0x6A86}, /* a gap */
        {"80E290010442020102", 0x6A86}, /* the error began the count anew */
        {"80E210000442020102", 0x9000}, {"80E290010442020102", 0x9000},
        {"80E290000442020102", 0x9000}, /* after the last block 00 again */
    };
    struct rig *rig = rig_opened();
    rig_rows(rig, rows);
    rig_free(rig);
}

static void gpcs_11_11_2_3_a_structure_goes_on_in_the_next_command(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80E2100003450401", 0x9000},     {"80E2900103020304", 0x9000},
        {"80E2900003450401", 0x6A80}, /* the last block leaves something open */
        {"80E20800050070064504", 0x9000}, {"80E288010401020304", 0x9000},
    };
    struct rig *rig = rig_opened();
    rig_rows(rig, rows);
    assert_sw(0x9000, rig_send(rig, scp_get_data(0x45)));
    assert_data_hex(rig, "450401020304");
    rig_free(rig);
}

static void gpcs_11_11_2_3_what_the_card_makes_itself_is_not_stored(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80E2900003D30101", 0x6A80},   {"80E29000042F0001AA", 0x6A80},
        {"80E2900004FF2101AA", 0x6A80}, {"80E2900003C20101", 0x6A80},
        {"80E2900003C10101", 0x6A80},   {"80E28800060070030C10101", 0x6A80},
    };
    struct rig *rig = rig_opened();
    rig_send_rows(rig, rows, 5);
    rig_free(rig);
}

static void gpcs_11_11_2_3_the_issuer_domain_takes_another_aid(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    assert_sw(0x6A80, rig_send_hex(rig, "80E29000084F06D15600000309")); /* a supplementary one */
    rig_open(rig);
    assert_sw(0x6A80, rig_send_hex(rig, "80E29000084F06D15600000201")); /* used already */
    assert_sw(0x6A80, rig_send_hex(rig, "80E29000064F04D1560000"));     /* too short */
    assert_sw(0x9000, rig_send_hex(rig, "80E29000084F06D15600000309"));
    assert_sw(0x9000, rig_send(rig, scp_get_data(0x42))); /* the session goes on */
    assert_sw(0x9000, rig_send_hex(rig, "80E4000008"
                                        "4F06D15600000201"));
    rig_reopen(rig);
    assert_sw(0x6A82, rig_select(rig, rig_isd));
    assert_sw(0x9000, rig_hex(rig, "00A4040006D15600000309"));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, rig_send_hex(rig, "80F24002024F0000"));
    assert_sw(0x9000, rig_send_hex(rig, "80F28002024F0000"));
    assert_data_hex(rig, "E3194F06D156000003099F70010FC5039EFE80CC06D15600000309");
    rig_free(rig);
}

static void gpcs_11_11_1_what_ends_a_personalization(void **state)
{
    (void)state;
    static const char *const enders[] = {
        "80E288000701010470025A00", /* the last block */
        "80E6080010000009A000000333010101010100"
        "0000", /* another INSTALL */
    };
    const struct scp_dgi dgi = {.id = 0x0101, .value = SCP_LITERAL(0x70, 0x02, 0x5A, 0x00)};
    for (size_t i = 0; i < 2; i++) {
        struct rig *rig = rig_opened();
        assert_sw(0x9000, rig_install(rig, personalise_bank));
        if (i == 0)
            assert_sw(0x9000, rig_send_hex(rig, enders[i]));
        else
            (void)rig_send_hex(rig, enders[i]);
        assert_sw(0x6A80, rig_store(rig, &dgi, 1)); /* now for the domain itself */
        rig_free(rig);
    }
}

static void gpcs_11_11_1_a_new_session_or_selection_ends_a_personalization(void **state)
{
    (void)state;
    const struct scp_dgi dgi = {.id = 0x0101, .value = SCP_LITERAL(0x70, 0x02, 0x5A, 0x00)};
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_install(rig, personalise_bank));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    assert_sw(0x6A80, rig_store(rig, &dgi, 1));
    assert_sw(0x9000, rig_install(rig, personalise_bank));
    rig_open(rig);
    assert_sw(0x6A80, rig_store(rig, &dgi, 1));
    rig_free(rig);
}

static void gpcs_table_11_2_store_data_needs_a_session(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x6982, rig_hex(rig, "80E290000442020102"));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_11_2_1_structures_and_reserved_values_of_p1),
        cmocka_unit_test(gpcs_11_11_2_2_blocks_are_numbered_from_00),
        cmocka_unit_test(gpcs_11_11_2_3_a_structure_goes_on_in_the_next_command),
        cmocka_unit_test(gpcs_11_11_2_3_what_the_card_makes_itself_is_not_stored),
        cmocka_unit_test(gpcs_11_11_2_3_the_issuer_domain_takes_another_aid),
        cmocka_unit_test(gpcs_11_11_1_what_ends_a_personalization),
        cmocka_unit_test(gpcs_11_11_1_a_new_session_or_selection_ends_a_personalization),
        cmocka_unit_test(gpcs_table_11_2_store_data_needs_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
