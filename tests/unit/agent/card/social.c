/* The social-security application: its files, its PIN, who may update what. */
#include "tests/unit/agent/card/rig.h"

#include "scp/crypto/cipher.h"

static const uint8_t update_key[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                       0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};

#define VERIFY_RIGHT "0020000006313233343536"
#define VERIFY_WRONG "0020000006313233343537"

static struct rig *new_card(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x9000, rig_select(rig, rig_social));
    return rig;
}

/* The transparent file of the rig's issuance. */
static void select_bytes(struct rig *rig)
{
    assert_sw(0x9000, rig_hex(rig, "00A4000C02DF03"));
    assert_sw(0x9000, rig_hex(rig, "00A4020C02EF05"));
}

static void prove_key(struct rig *rig)
{
    struct scp_key key;
    uint8_t proof[8];
    assert_int_equal(SCP_OK, scp_key_from(&key, SCP_BYTES(update_key)));
    assert_sw(0x9000, rig_hex(rig, "0084000008"));
    assert_int_equal(SCP_OK, scp_des3_ecb_encrypt(&key, rig->data, proof));
    assert_sw(0x9000, rig_plain(rig, (struct scp_apdu){
                                         .ins = 0x82, .data = SCP_BYTES(proof), .le = SCP_NO_LE}));
}

/* Run commands in turn on a fresh card and compare the words. */
struct step {
    const char *command;
    uint16_t sw;
};
static void assert_steps(struct rig *rig, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_sw(steps[i].sw, rig_hex(rig, steps[i].command));
}

static void files_are_selected_by_identifier_with_lenient_control_information(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_sw(0x9000, rig_hex(rig, "00A4020002EF05"));
    assert_data_hex(rig, "6F078201048302EF05");
    assert_sw(0x9000, rig_hex(rig, "00A4010C02DF03"));
    assert_int_equal(0, rig->data.len);
    assert_sw(0x9000, rig_hex(rig, "00A4000002EF05"));
    assert_data_hex(rig, "6F078201018302EF05");
    assert_sw(0x9000, rig_hex(rig, "00A40000023F00"));
    assert_data_hex(rig, "6F0782013883023F00");
    assert_sw(0x9000, rig_hex(rig, "00A4030000"));
    static const struct step steps[] = {
        {"00A4020002EF07", 0x6A82}, {"00A4000002DF01", 0x6A82}, {"00A4000002EF00", 0x6A82},
        {"00A4020001EF", 0x6700},   {"00A4050002EF05", 0x6A86}, {"00A4020102EF05", 0x6A86},
        {"00A4020000", 0x6700},     {"80A4020002EF05", 0x6E00}, {"00CA006600", 0x6D00},
    };
    assert_steps(rig, steps, sizeof steps / sizeof steps[0]);
    rig_free(rig);
}

static void records_are_read_by_number_and_short_identifier(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_sw(0x9000, rig_hex(rig, "00B2022C00"));
    assert_data_hex(rig, "020131");
    static const struct step steps[] = {
        {"00B2032C00", 0x6A83}, {"00B2002C00", 0x6A86}, {"00B2022800", 0x6A86},
        {"00B2020400", 0x6986}, {"00B2013C00", 0x6A83},
    };
    assert_steps(rig, steps, sizeof steps / sizeof steps[0]);
    rig_free(rig);
}

static void transparent_files_are_read_from_an_offset(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    static const struct step before[] = {
        {"00B0000000", 0x6986},
        {"00B0850000", 0x6981},
        {"00B0890000", 0x6A82},
        {"00B0800000", 0x6A86},
    };
    assert_steps(rig, before, sizeof before / sizeof before[0]);
    select_bytes(rig);
    assert_sw(0x9000, rig_hex(rig, "00B0000000"));
    assert_data_hex(rig, "00112233445566778899");
    assert_sw(0x9000, rig_hex(rig, "00B0000802"));
    assert_data_hex(rig, "8899");
    assert_sw(0x6282, rig_hex(rig, "00B0000804"));
    assert_data_hex(rig, "8899");
    assert_sw(0x9000, rig_hex(rig, "00B0850104"));
    assert_data_hex(rig, "11223344");
    assert_sw(0x6B00, rig_hex(rig, "00B0000A01"));
    assert_sw(0x6981, rig_hex(rig, "00B2010400"));
    rig_free(rig);
}

static void the_pin_has_three_tries_that_a_reset_does_not_give_back(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_sw(0x63C3, rig_hex(rig, "00200000"));
    assert_sw(0x63C2, rig_hex(rig, VERIFY_WRONG));
    assert_sw(0x9000, rig_hex(rig, VERIFY_RIGHT));
    assert_sw(0x63C3, rig_hex(rig, "00200000"));
    assert_sw(0x63C2, rig_hex(rig, "00200000053132333435"));
    rig_reopen(rig);
    assert_sw(0x9000, rig_select(rig, rig_social));
    static const struct step steps[] = {
        {VERIFY_WRONG, 0x63C1}, {"0020010006313233343536", 0x6A86},
        {VERIFY_WRONG, 0x63C0}, {VERIFY_RIGHT, 0x6983},
        {"00200000", 0x6983},
    };
    assert_steps(rig, steps, sizeof steps / sizeof steps[0]);
    rig_free(rig);
}

static void a_try_that_cannot_be_counted_is_none(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    rig->storage_fails = true;
    assert_sw(0x6581, rig_hex(rig, VERIFY_RIGHT));
    rig->storage_fails = false;
    assert_sw(0x63C3, rig_hex(rig, "00200000"));
    rig_free(rig);
}

static void each_file_is_updated_by_its_own_rule(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    select_bytes(rig);
    assert_sw(0x6982, rig_hex(rig, "00D6000102AABB"));
    prove_key(rig);
    assert_sw(0x6982, rig_hex(rig, "00D6000102AABB"));
    assert_sw(0x9000, rig_hex(rig, VERIFY_RIGHT));
    assert_sw(0x9000, rig_hex(rig, "00D6000102AABB"));
    assert_sw(0x6700, rig_hex(rig, "00D6000902AABB"));
    assert_sw(0x6B00, rig_hex(rig, "00D6000A01AA"));
    assert_sw(0x9000, rig_hex(rig, "00A4000C02DF04"));
    assert_sw(0x9000, rig_hex(rig, "00A4020C02EF01"));
    assert_sw(0x6982, rig_hex(rig, "00DC010401BB"));
    rig_reopen(rig);
    assert_sw(0x9000, rig_select(rig, rig_social));
    select_bytes(rig);
    assert_sw(0x9000, rig_hex(rig, "00B0000000"));
    assert_data_hex(rig, "00AABB33445566778899");
    assert_sw(0x6982, rig_hex(rig, "00D6000102AABB"));
    rig_free(rig);
}

static void the_pin_alone_does_not_open_what_wants_the_key(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_sw(0x9000, rig_hex(rig, VERIFY_RIGHT));
    assert_sw(0x9000, rig_hex(rig, "00A4020C02EF06"));
    assert_sw(0x6982, rig_hex(rig, "00DC0104050112FFFFFF"));
    prove_key(rig);
    assert_sw(0x9000, rig_hex(rig, "00DC0104050112FFFFFF"));
    rig_free(rig);
}

static void a_wrong_pin_takes_back_what_the_right_one_opened(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    select_bytes(rig);
    assert_sw(0x9000, rig_hex(rig, VERIFY_RIGHT));
    assert_sw(0x63C2, rig_hex(rig, VERIFY_WRONG));
    assert_sw(0x6982, rig_hex(rig, "00D6000102AABB"));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_selected_by_identifier_with_lenient_control_information),
        cmocka_unit_test(records_are_read_by_number_and_short_identifier),
        cmocka_unit_test(transparent_files_are_read_from_an_offset),
        cmocka_unit_test(the_pin_has_three_tries_that_a_reset_does_not_give_back),
        cmocka_unit_test(a_try_that_cannot_be_counted_is_none),
        cmocka_unit_test(each_file_is_updated_by_its_own_rule),
        cmocka_unit_test(the_pin_alone_does_not_open_what_wants_the_key),
        cmocka_unit_test(a_wrong_pin_takes_back_what_the_right_one_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
