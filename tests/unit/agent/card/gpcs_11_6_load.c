/* LOAD (GPCS 11.6, 9.3.5) and INSTALL [for load]. */
#include "tests/unit/agent/card/rig.h"

#include "scp/crypto/hash.h"
#include "scp/gp/privileges.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 300};
static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};

static struct rig *rig_opened(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    return rig;
}

static uint16_t announce(struct rig *rig, struct scp_bytes hash, struct scp_bytes parameters)
{
    return rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_LOAD,
                                                 .load_file = package.aid,
                                                 .hash = hash,
                                                 .parameters = parameters});
}

static void gpcs_11_6_1_load_without_install_is_6985(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x6985, rig_send_hex(rig, "80E80000020102"));
    rig_free(rig);
}

static void gpcs_11_6_2_1_the_reserved_bits_of_p1_are_ignored(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x9000, announce(rig, SCP_EMPTY, SCP_EMPTY));
    assert_sw(0x9000, rig_send_hex(rig, "80E87F00020102"));
    assert_data_hex(rig, "00");
    assert_sw(0x6A80, rig_send_hex(rig, "80E8FF01020304")); /* the last block: no load file */
    rig_free(rig);
}

static void gpcs_11_6_2_2_blocks_are_numbered_from_00_without_a_gap(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80E80001020102", 0x6A86}, {"80E80000020102", 0x6985}, /* the load is over */
    };
    struct rig *rig = rig_opened();
    assert_sw(0x9000, announce(rig, SCP_EMPTY, SCP_EMPTY));
    rig_rows(rig, rows);
    assert_sw(0x9000, announce(rig, SCP_EMPTY, SCP_EMPTY));
    assert_sw(0x9000, rig_send_hex(rig, "80E80000020102"));
    assert_sw(0x6A86, rig_send_hex(rig, "80E80000020102")); /* twice the same */
    rig_free(rig);
}

static void gpcs_9_3_5_other_commands_end_a_load_or_leave_it_alone(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        bool goes_on;
    } rows[] = {{"80CA004200", true},
                {"80F24002024F0000", true},
                {"80E290000442020102", false},
                {"80F0400006D15600000101", false},
                {"80E40000074F050102030405", false},
                {"80D80001020131", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_opened();
        assert_sw(0x9000, announce(rig, SCP_EMPTY, SCP_EMPTY));
        (void)rig_send_hex(rig, rows[i].command);
        assert_sw(rows[i].goes_on ? 0x9000 : 0x6985, rig_send_hex(rig, "80E80000020102"));
        rig_free(rig);
    }
}

static void gpcs_c_2_the_hash_may_have_any_length_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint16_t sw;
    } rows[] = {{0, 0x9000},  {20, 0x9000}, {32, 0x9000}, {48, 0x9000},
                {64, 0x9000}, {16, 0x6A80}, {33, 0x6A80}, {1, 0x6A80}};
    uint8_t hash[64] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_opened();
        assert_sw(rows[i].sw, announce(rig, scp_bytes_of(hash, rows[i].len), SCP_EMPTY));
        if (rows[i].sw == 0x9000 && rows[i].len > 0)
            assert_sw(0x6A80, rig_load_blocks(rig, &package)); /* of another load file */
        rig_free(rig);
    }
}

static void gpcs_9_7_minimum_memory_has_to_be_there(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x6A84, announce(rig, SCP_EMPTY,
                               SCP_LITERAL(0xEF, 0x06, 0xC6, 0x04, 0x00, 0x02, 0x00, 0x00)));
    assert_sw(0x6A84, announce(rig, SCP_EMPTY, SCP_LITERAL(0xEF, 0x04, 0xC7, 0x02, 0x7F, 0xFF)));
    assert_sw(0x6A84, announce(rig, SCP_EMPTY,
                               SCP_LITERAL(0xEF, 0x0C, 0xC6, 0x04, 0x00, 0x00, 0xC0, 0x00, 0xC8,
                                           0x04, 0x00, 0x00, 0xC0, 0x00)));
    assert_sw(0x6A80, announce(rig, SCP_EMPTY, SCP_LITERAL(0xEF, 0x03, 0xC6, 0x01, 0x01)));
    uint32_t before = softcard_memory_free(rig->card);
    assert_sw(0x9000, announce(rig, SCP_EMPTY, SCP_LITERAL(0xEF, 0x04, 0xC6, 0x02, 0x10, 0x00)));
    assert_int_equal(before, softcard_memory_free(rig->card)); /* a minimum reserves nothing */
    rig_free(rig);
}

static void gpcs_9_3_5_where_a_load_file_may_go(void **state)
{
    (void)state;
    static const uint8_t domains[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
    static const uint8_t module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};
    const struct rig_package maker = {SCP_BYTES(domains), SCP_BYTES(module), 0};
    struct rig *rig = rig_opened();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    assert_sw(0x6A88, rig_load(rig, &package, SCP_BYTES(domain_aid))); /* nowhere */
    assert_sw(0x6A88, rig_load(rig, &package, rig_social));            /* no domain */
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &maker,
                                      SCP_BYTES(domain_aid), 0x80));
    assert_sw(0x6985, rig_load(rig, &package, SCP_BYTES(domain_aid))); /* not personalized */
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(domain_aid), false));
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_BYTES(domain_aid)));
    assert_sw(0x9000, rig_send_hex(rig, "80F220020B4F05A0000000995C024FCC00"));
    assert_data_hex(rig, "E30F4F05A000000099CC06D15600000201");
    rig_free(rig);
}

static void gpcs_9_3_5_an_aid_that_is_taken_is_6a80(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    const struct scp_bytes taken[] = {rig_isd, rig_old_bank,
                                      SCP_LITERAL(0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x01)};
    for (size_t i = 0; i < 3; i++)
        assert_sw(0x6A80, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_LOAD,
                                                                .load_file = taken[i]}));
    rig_free(rig);
}

static void gpcs_6_5_1_7_a_provider_of_more_than_16_bytes_is_refused(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x9000,
              announce(rig, SCP_EMPTY, SCP_LITERAL(0xB6, 0x05, 0x5F, 0x20, 0x02, 0xAA, 0xBB)));
    uint8_t longer[22] = {0xB6, 20, 0x5F, 0x20, 17};
    assert_sw(0x6A80, announce(rig, SCP_EMPTY, SCP_BYTES(longer)));
    assert_sw(0x6985, rig_send_hex(rig, "80E80000020102")); /* and nothing was announced */
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_6_1_load_without_install_is_6985),
        cmocka_unit_test(gpcs_11_6_2_1_the_reserved_bits_of_p1_are_ignored),
        cmocka_unit_test(gpcs_11_6_2_2_blocks_are_numbered_from_00_without_a_gap),
        cmocka_unit_test(gpcs_9_3_5_other_commands_end_a_load_or_leave_it_alone),
        cmocka_unit_test(gpcs_c_2_the_hash_may_have_any_length_of_the_standard),
        cmocka_unit_test(gpcs_9_7_minimum_memory_has_to_be_there),
        cmocka_unit_test(gpcs_9_3_5_where_a_load_file_may_go),
        cmocka_unit_test(gpcs_9_3_5_an_aid_that_is_taken_is_6a80),
        cmocka_unit_test(gpcs_6_5_1_7_a_provider_of_more_than_16_bytes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
