/* What terminals see: payment, its directories, social security. */
#include "tests/unit/agent/card/rig.h"

#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/emv/cryptogram.h"
#include "scp/gp/tlv.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x02};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x02, 0x01};
static const uint8_t instance_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x02};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 16000};

/* The card key of the application, then two for secure messaging. */
static const uint8_t application_keys[48] = {
    0x94, 0x6D, 0xC1, 0xA8, 0xC7, 0x8A, 0x62, 0x45, 0x19, 0xBC, 0x46, 0x45, 0xCB, 0x07, 0x37, 0x37,
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
    0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22};

/* CDOL1 asks for 18 bytes, CDOL2 for 6. */
static const uint8_t record[] = {0x70, 0x23, 0x5A, 0x08, 0x62, 0x22, 0x00, 0x12, 0x34, 0x56,
                                 0x78, 0x90, 0x5F, 0x24, 0x03, 0x31, 0x12, 0x31, 0x8C, 0x0A,
                                 0x9F, 0x02, 0x06, 0x95, 0x05, 0x9F, 0x37, 0x04, 0x9A, 0x03,
                                 0x8D, 0x05, 0x8A, 0x02, 0x9F, 0x37, 0x04};
static const uint8_t cdol1_data[18] = {0, 0, 0,    0,    1,    0,    0,    0,    0,
                                       0, 0, 0xAA, 0xBB, 0xCC, 0xDD, 0x26, 0x11, 0x23};
static const uint8_t cdol2_data[6] = {'0', '0', 0xAA, 0xBB, 0xCC, 0xDD};

static const uint8_t pin_block[16] = {0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

static uint16_t personalise(struct rig *rig, bool with_keys)
{
    uint8_t kcvs[9];
    for (size_t i = 0; i < 3; i++) {
        struct scp_key key;
        assert_int_equal(SCP_OK, scp_key_from(&key, scp_bytes_of(application_keys + 16 * i, 16)));
        assert_int_equal(SCP_OK, scp_kcv_des(&key, kcvs + 3 * i));
    }
    const struct scp_dgi dgis[] = {
        {.id = 0x0101, .value = SCP_BYTES(record)},
        {.id = 0x9102,
         .value = SCP_LITERAL(0xA5, 0x0E, 0x50, 0x03, 'N', 'E', 'W', 0x87, 0x01, 0x01, 0x9F, 0x38,
                              0x03, 0x9F, 0x37, 0x04)},
        {.id = 0x9104,
         .value = SCP_LITERAL(0x82, 0x02, 0x7C, 0x00, 0x94, 0x04, 0x08, 0x01, 0x01, 0x00)},
        {.id = 0x8010, .value = SCP_BYTES(pin_block), .encrypted = true},
        {.id = 0x9000, .value = SCP_BYTES(kcvs)},
        {.id = 0x8000, .value = SCP_BYTES(application_keys), .encrypted = true},
    };
    const struct scp_install install = {.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                        .application = SCP_BYTES(instance_aid)};
    assert_sw(0x9000, rig_install(rig, install));
    return rig_store(rig, dgis, with_keys ? 6 : 4);
}

/* Install package and instance in a session that stays open. */
static void install_bank(struct rig *rig)
{
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &package,
                                      SCP_BYTES(instance_aid), 0x00));
}

static void issue_bank(struct rig *rig)
{
    install_bank(rig);
    assert_sw(0x9000, personalise(rig, true));
}

static struct scp_bytes tag_of(struct rig *rig, uint32_t tag)
{
    struct scp_bytes content;
    struct scp_bytes value;
    assert_int_equal(SCP_OK, scp_tlv_expect(rig->data, 0x77, &content));
    assert_int_equal(SCP_OK, scp_tlv_find(content, tag, &value));
    return value;
}

/* Verify the cryptogram in the last answer as the issuer does. */
static void assert_cryptogram(struct rig *rig, uint16_t atc, struct scp_bytes cdol_data)
{
    struct scp_key card_key;
    struct scp_key session_key;
    uint8_t expected[8];
    uint8_t input[64];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put(&w, cdol_data);
    scp_put(&w, SCP_LITERAL(0x7C, 0x00));
    scp_put_u16(&w, atc);
    assert_int_equal(SCP_OK, scp_key_from(&card_key, scp_bytes_of(application_keys, 16)));
    assert_int_equal(SCP_OK, scp_emv_session_key(&card_key, atc, &session_key));
    assert_int_equal(SCP_OK, scp_emv_cryptogram(&session_key, scp_written(&w), expected));
    assert_true(scp_bytes_equal(tag_of(rig, 0x9F26), SCP_BYTES(expected)));
    assert_int_equal(atc, scp_load_u16(tag_of(rig, 0x9F36).ptr));
}

static uint16_t generate_ac(struct rig *rig, uint8_t p1, struct scp_bytes data)
{
    return rig_plain(rig, (struct scp_apdu){.cla = 0x80, .ins = 0xAE, .p1 = p1, .data = data});
}

/* SELECT and GET PROCESSING OPTIONS. */
static void begin_transaction(struct rig *rig)
{
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    assert_data_hex(rig, "6F1B8409A00000033301010102A50E50034E45578701019F38039F3704");
    assert_sw(0x9000, rig_hex(rig, "80A800000683041122334400"));
    assert_data_hex(rig, "770A82027C00940408010100");
}

static void an_installed_bank_pays_with_a_cryptogram_that_its_issuer_verifies(void **state)
{
    (void)state;
    static const char *const profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                           "scp03-i60-aes256", "scp03-i70-aes128"};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        struct rig *rig = rig_new(profiles[i]);
        issue_bank(rig);
        for (uint16_t atc = 1; atc <= 3; atc++) {
            rig_reopen(rig);
            begin_transaction(rig);
            assert_sw(0x9000, rig_hex(rig, "00B2010C00"));
            assert_true(scp_bytes_equal(rig->data, SCP_BYTES(record)));
            assert_sw(0x9000, generate_ac(rig, 0x80, SCP_BYTES(cdol1_data)));
            assert_int_equal(0x80, tag_of(rig, 0x9F27).ptr[0]);
            assert_cryptogram(rig, atc, SCP_BYTES(cdol1_data));
            assert_sw(0x9000, generate_ac(rig, 0x40, SCP_BYTES(cdol2_data)));
            assert_int_equal(0x40, tag_of(rig, 0x9F27).ptr[0]);
            assert_cryptogram(rig, atc, SCP_BYTES(cdol2_data));
            assert_sw(0x6985, generate_ac(rig, 0x40, SCP_BYTES(cdol2_data)));
        }
        rig_free(rig);
    }
}

static void a_declined_transaction_gives_an_aac(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    issue_bank(rig);
    begin_transaction(rig);
    assert_sw(0x9000, generate_ac(rig, 0x00, SCP_BYTES(cdol1_data)));
    assert_int_equal(0x00, tag_of(rig, 0x9F27).ptr[0]);
    assert_cryptogram(rig, 1, SCP_BYTES(cdol1_data));
    rig_free(rig);
}

static void a_bank_without_keys_is_selected_but_does_not_pay(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    install_bank(rig);
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    assert_data_hex(rig, "6F0D8409A00000033301010102A500");
    assert_sw(0x6985, rig_hex(rig, "80A8000002830000"));
    rig_open(rig);
    assert_sw(0x9000, personalise(rig, false));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    assert_sw(0x6985, rig_hex(rig, "80A800000683041122334400"));
    rig_free(rig);
}

static void payment_commands_keep_their_order_and_lengths(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    issue_bank(rig);
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    assert_sw(0x6985, generate_ac(rig, 0x80, SCP_BYTES(cdol1_data)));
    assert_sw(0x6A80, rig_hex(rig, "80A8000002830000"));
    begin_transaction(rig);
    assert_sw(0x6700, generate_ac(rig, 0x80, SCP_BYTES(cdol2_data)));
    assert_sw(0x6A86, generate_ac(rig, 0xC0, SCP_BYTES(cdol1_data)));
    assert_sw(0x6A83, rig_hex(rig, "00B2020C00"));
    assert_sw(0x6A86, rig_hex(rig, "00B2010800"));
    assert_sw(0x6D00, rig_hex(rig, "8033000000"));
    rig_free(rig);
}

static void a_wrong_pin_costs_a_try_that_a_reset_does_not_give_back(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i55");
    issue_bank(rig);
    static const char *const answers[] = {"2", "1", "0"};
    for (size_t i = 0; i < 3; i++) {
        rig_reopen(rig);
        assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
        assert_sw(0x63C0 + (answers[i][0] - '0'), rig_hex(rig, "0020008008249999FFFFFFFFFF"));
    }
    assert_sw(0x6983, rig_hex(rig, "0020008008241234FFFFFFFFFF"));
    rig_free(rig);
}

static void the_right_pin_is_accepted(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i60-aes256");
    issue_bank(rig);
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    assert_sw(0x63C2, rig_hex(rig, "0020008008249999FFFFFFFFFF"));
    assert_sw(0x9000, rig_hex(rig, "0020008008241234FFFFFFFFFF"));
    assert_sw(0x9000, rig_hex(rig, "80CA9F1700"));
    assert_data_hex(rig, "9F170103");
    rig_free(rig);
}

static void keys_that_fail_their_check_values_are_refused_and_nothing_stays(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    install_bank(rig);
    const struct scp_dgi dgis[] = {
        {.id = 0x9102, .value = SCP_LITERAL(0xA5, 0x00)},
        {.id = 0x9104, .value = SCP_LITERAL(0x82, 0x02, 0x7C, 0x00)},
        {.id = 0x9000, .value = SCP_LITERAL(1, 2, 3, 4, 5, 6, 7, 8, 9)},
        {.id = 0x8000, .value = SCP_BYTES(application_keys), .encrypted = true}};
    const struct scp_install install = {.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                        .application = SCP_BYTES(instance_aid)};
    assert_sw(0x9000, rig_install(rig, install));
    assert_sw(0x6A80, rig_store(rig, dgis, 4));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    assert_sw(0x6985, rig_hex(rig, "80A8000002830000"));
    rig_free(rig);
}

static void the_ppse_shows_the_new_bank_after_one_command(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x9000, rig_select(rig, rig_ppse));
    assert_data_hex(rig, "6F25840E325041592E5359532E4444463031"
                         "A513BF0C10610E4F09A00000033301010101870101");
    issue_bank(rig);
    rig_open(rig);
    const struct scp_dgi dgi = {.id = 0x9102,
                                .value = SCP_LITERAL(0xA5, 0x13, 0xBF, 0x0C, 0x10, 0x61, 0x0E, 0x4F,
                                                     0x09, 0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01,
                                                     0x01, 0x02, 0x87, 0x01, 0x01)};
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                            .application = rig_ppse}));
    size_t writes = rig->writes;
    assert_sw(0x9000, rig_store(rig, &dgi, 1));
    assert_int_equal(writes + 1, rig->writes);
    rig_reopen(rig);
    assert_sw(0x9000, rig_select(rig, rig_ppse));
    assert_data_hex(rig, "6F25840E325041592E5359532E4444463031"
                         "A513BF0C10610E4F09A00000033301010102870101");
    rig_free(rig);
}

/* ---- any other applet --------------------------------------------------------------------------
 */

static void
an_applet_that_the_card_does_not_know_is_installed_and_kept_but_says_nothing(void **state)
{
    (void)state;
    static const uint8_t other_package_aid[] = {0xD2, 0x76, 0x00, 0x01, 0x24, 0x01};
    static const uint8_t other_aid[] = {0xD2, 0x76, 0x00, 0x01, 0x24, 0x01, 0x02, 0x00};
    const struct rig_package other = {SCP_BYTES(other_package_aid), SCP_BYTES(other_aid), 900};
    const struct scp_dgi dgi = {.id = 0x0101, .value = SCP_LITERAL(0x70, 0x02, 0x5A, 0x00)};
    static const struct {
        const char *command;
        uint16_t sw;
    } cases[] = {
        {"00B2010C00", 0x6D00},         {"80CA006600", 0x6D00},
        {"00A4020002EF05", 0x6D00},     {"90CA000000", 0x6E00},
        {"80E2800004010100", 0x6700},   {"80E280000401010100", 0x6982},
        {"84E280000401010100", 0x6982},
    };
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &other, SCP_EMPTY));
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){
                                   .p1 = SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
                                   .load_file = SCP_BYTES(other_package_aid),
                                   .module = SCP_BYTES(other_aid),
                                   .application = SCP_BYTES(other_aid),
                                   .privileges = SCP_LITERAL(0x00),
                                   .parameters = SCP_LITERAL(0xC9, 0x03, 0x01, 0x02, 0x03)}));
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                            .application = SCP_BYTES(other_aid)}));
    assert_sw(0x9000, rig_store(rig, &dgi, 1));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(other_aid)));
    assert_data_hex(rig, "6F0C8408D276000124010200A500");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_sw(cases[i].sw, rig_hex(rig, cases[i].command));
        assert_int_equal(0, rig->data.len);
    }
    rig_free(rig);
}

/* ---- social security ---------------------------------------------------------------------------
 */

static void assert_social_untouched(struct rig *rig)
{
    assert_sw(0x9000, rig_select(rig, rig_social));
    assert_sw(0x9000, rig_hex(rig, "00A4020002EF05"));
    assert_sw(0x9000, rig_hex(rig, "00B2010400"));
    assert_data_hex(rig, "0110AABBCCDDEEFF00112233445566778899");
    assert_sw(0x9000, rig_hex(rig, "00B2020400"));
    assert_data_hex(rig, "020131");
    assert_sw(0x9000, rig_hex(rig, "00A4020002EF06"));
    assert_sw(0x9000, rig_hex(rig, "00B2010400"));
    assert_data_hex(rig, "0112313233");
    assert_sw(0x9000, rig_hex(rig, "00A4000002DF02"));
    assert_sw(0x9000, rig_hex(rig, "00A4020002EF05"));
    assert_sw(0x9000, rig_hex(rig, "00B2010400"));
    assert_data_hex(rig, "7001AA");
}

static void a_whole_rebind_leaves_the_social_security_bytes_alone(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_social_untouched(rig);
    issue_bank(rig);
    assert_sw(0x9000, rig_delete(rig, rig_old_bank, false));
    rig_reopen(rig);
    assert_social_untouched(rig);
    rig_free(rig);
}

static void social_security_takes_no_personalisation_after_issuance(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    const struct scp_dgi dgi = {.id = 0x0501, .value = SCP_LITERAL(0x00)};
    rig_open(rig);
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                            .application = rig_social}));
    assert_sw(0x6985, rig_store(rig, &dgi, 1));
    assert_social_untouched(rig);
    rig_free(rig);
}

static void social_security_files_that_are_not_there(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x9000, rig_select(rig, rig_social));
    assert_sw(0x6986, rig_hex(rig, "00B2010400"));
    assert_sw(0x6A82, rig_hex(rig, "00A4020002EF09"));
    assert_sw(0x6A82, rig_hex(rig, "00A4000002DF09"));
    assert_sw(0x9000, rig_hex(rig, "00A4020002EF05"));
    assert_sw(0x6A83, rig_hex(rig, "00B2030400"));
    rig_free(rig);
}

static void social_security_is_updated_by_its_own_rule_alone(void **state)
{
    (void)state;
    static const uint8_t update_key[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                           0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key key;
    uint8_t proof[8];
    assert_int_equal(SCP_OK, scp_key_from(&key, SCP_BYTES(update_key)));
    assert_sw(0x9000, rig_select(rig, rig_social));
    assert_sw(0x9000, rig_hex(rig, "00A4020002EF06"));
    assert_sw(0x6982, rig_hex(rig, "00DC0104050112FFFFFF"));
    assert_sw(0x9000, rig_hex(rig, "0084000008"));
    assert_int_equal(SCP_OK, scp_des3_ecb_encrypt(&key, rig->data, proof));
    assert_sw(0x6300, rig_hex(rig, "00820000080000000000000000"));
    assert_sw(0x6985, rig_plain(rig, (struct scp_apdu){.ins = 0x82, .data = SCP_BYTES(proof)}));
    assert_sw(0x9000, rig_hex(rig, "0084000008"));
    assert_int_equal(SCP_OK, scp_des3_ecb_encrypt(&key, rig->data, proof));
    assert_sw(0x9000, rig_plain(rig, (struct scp_apdu){.ins = 0x82, .data = SCP_BYTES(proof)}));
    assert_sw(0x6700, rig_hex(rig, "00DC0104040112FFFF"));
    assert_sw(0x9000, rig_hex(rig, "00DC0104050112FFFFFF"));
    rig_reopen(rig);
    assert_sw(0x9000, rig_select(rig, rig_social));
    assert_sw(0x9000, rig_hex(rig, "00A4020002EF06"));
    assert_sw(0x9000, rig_hex(rig, "00B2010400"));
    assert_data_hex(rig, "0112FFFFFF");
    assert_sw(0x6982, rig_hex(rig, "00DC0104050112FFFFFF"));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_installed_bank_pays_with_a_cryptogram_that_its_issuer_verifies),
        cmocka_unit_test(a_declined_transaction_gives_an_aac),
        cmocka_unit_test(a_bank_without_keys_is_selected_but_does_not_pay),
        cmocka_unit_test(payment_commands_keep_their_order_and_lengths),
        cmocka_unit_test(a_wrong_pin_costs_a_try_that_a_reset_does_not_give_back),
        cmocka_unit_test(the_right_pin_is_accepted),
        cmocka_unit_test(keys_that_fail_their_check_values_are_refused_and_nothing_stays),
        cmocka_unit_test(the_ppse_shows_the_new_bank_after_one_command),
        cmocka_unit_test(
            an_applet_that_the_card_does_not_know_is_installed_and_kept_but_says_nothing),
        cmocka_unit_test(a_whole_rebind_leaves_the_social_security_bytes_alone),
        cmocka_unit_test(social_security_takes_no_personalisation_after_issuance),
        cmocka_unit_test(social_security_files_that_are_not_there),
        cmocka_unit_test(social_security_is_updated_by_its_own_rule_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
