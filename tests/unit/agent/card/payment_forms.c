/* A payment application in its forms: contactless, personalised in parts or in another way. */
#include "tests/unit/agent/card/payment_bank.h"

#include "scp/emv/certificate.h"

#include <stdio.h>

/* ---- contactless ----------------------------------------------------------------------------- */

static void in_a_field_one_command_gives_the_cryptogram(void **state)
{
    (void)state;
    struct bank bank = bank_issue(VISA_18_DATA);
    struct rig *rig = bank.rig;
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len = 0;
    softcard_use_contactless(rig->card, true);
    softcard_power(rig->card, atr, &atr_len);
    assert_sw(0x9000, bank_select(rig));
    assert_data_hex(rig, "6F228409A00000033301010102A515500454415053"
                         "8701019F38099F66049F02069F3704");
    assert_sw(0x9000, rig_hex(rig, "80A8000010830E26000000000000000100AABBCCDD00"));
    assert_true(scp_bytes_equal(bank_tag(rig, 0x57),
                                SCP_LITERAL(0x62, 0x22, 0x00, 0x12, 0x34, 0x56, 0x78, 0x90, 0xD3,
                                            0x11, 0x22, 0x01, 0x00, 0x00, 0x0F)));
    assert_int_equal(0x80, bank_kind(rig));
    bank_assert_cryptogram(&bank,
                           "000000000100000000000000"
                           "00000000000000000000000000AABBCCDD",
                           "0040");
    assert_sw(0x6985, bank_generate_ac(rig, 0x80, CDOL1_DATA));
    rig_free(rig);
}

static void a_terminal_that_does_not_offer_it_gets_the_long_way(void **state)
{
    (void)state;
    struct bank bank = bank_issue(VISA_18_DATA);
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len = 0;
    softcard_use_contactless(bank.rig->card, true);
    softcard_power(bank.rig->card, atr, &atr_len);
    assert_sw(0x9000, bank_select(bank.rig));
    assert_sw(0x9000, rig_hex(bank.rig, "80A8000010830E06000000000000000100AABBCCDD00"));
    assert_data_hex(bank.rig, "770A82021C00940408010100");
    assert_sw(0x9000, bank_generate_ac(bank.rig, 0x80, CDOL1_DATA));
    rig_free(bank.rig);
}

/* The counter is kept before anything is made with it: a transaction that comes to nothing after
 * that has used its own up. */
static void a_counter_is_used_up_though_the_transaction_fails(void **state)
{
    (void)state;
    const struct scp_dgi without_aip = {.id = 0x9207, .value = SCP_LITERAL(0x57, 0x01, 0x62)};
    struct bank bank = bank_issue(VISA_18_DATA);
    struct rig *rig = bank.rig;
    rig_open(rig);
    assert_sw(0x9000, bank_personalise(rig, &without_aip, 1));
    softcard_use_contactless(rig->card, true);
    rig_power(rig);
    for (unsigned n = 1; n <= 2; n++) {
        assert_sw(0x9000, bank_select(rig));
        assert_sw(0x6985, rig_hex(rig, "80A8000010830E26000000000000000100AABBCCDD00"));
        assert_sw(0x9000, rig_hex(rig, "80CA9F3600"));
        assert_int_equal(n, scp_load_u16(scp_bytes_from(rig->data, 3).ptr));
    }
    rig_free(rig);
}

/* ---- personalisation ------------------------------------------------------------------------- */

static void without_any_part_that_a_terminal_needs_it_does_not_pay(void **state)
{
    (void)state;
    static const size_t needed[] = {BANK_RECORD, BANK_OPTIONS, BANK_KEYS};
    for (size_t n = 0; n < sizeof needed / sizeof needed[0]; n++) {
        struct scp_dgi dgis[BANK_DGI_COUNT];
        uint8_t memory[BANK_DGI_COUNT][BANK_VALUE_MAX];
        struct rig *rig = rig_new("scp03-i70-aes128");
        bank_install(rig);
        bank_fill(dgis, memory, PBOC_DATA);
        struct scp_dgi missing = dgis[needed[n]];
        dgis[needed[n]] = dgis[BANK_PIN];
        assert_sw(0x9000, bank_personalise(rig, dgis, BANK_DGI_COUNT));
        assert_sw(0x9000, bank_select(rig));
        assert_sw(0x6985, rig_hex(rig, "80A80000068304AABBCCDD00"));
        rig_open(rig);
        assert_sw(0x9000, bank_personalise(rig, &missing, 1)); /* a later round completes it */
        bank_begin(rig);
        rig_free(rig);
    }
}

static void a_file_locator_that_names_a_missing_record_is_incomplete(void **state)
{
    (void)state;
    struct scp_dgi dgis[BANK_DGI_COUNT];
    uint8_t memory[BANK_DGI_COUNT][BANK_VALUE_MAX];
    struct rig *rig = rig_new("scp03-i70-aes128");
    bank_install(rig);
    bank_fill(dgis, memory, PBOC_DATA);
    dgis[BANK_OPTIONS].value = SCP_LITERAL(0x80, 0x06, 0x1C, 0x00, 0x08, 0x01, 0x02, 0x00);
    assert_sw(0x9000, bank_personalise(rig, dgis, BANK_DGI_COUNT));
    assert_sw(0x9000, bank_select(rig));
    assert_sw(0x6985, rig_hex(rig, "80A80000068304AABBCCDD00"));
    rig_free(rig);
}

static void options_of_format_1_are_answered_as_they_are(void **state)
{
    (void)state;
    struct scp_dgi dgis[BANK_DGI_COUNT];
    uint8_t memory[BANK_DGI_COUNT][BANK_VALUE_MAX];
    struct rig *rig = rig_new("scp03-i70-aes128");
    bank_install(rig);
    bank_fill(dgis, memory, PBOC_DATA);
    dgis[BANK_OPTIONS].value = SCP_LITERAL(0x80, 0x06, 0x1C, 0x00, 0x08, 0x01, 0x01, 0x00);
    assert_sw(0x9000, bank_personalise(rig, dgis, BANK_DGI_COUNT));
    bank_begin(rig);
    assert_data_hex(rig, "80061C0008010100");
    rig_free(rig);
}

static void a_transaction_takes_no_memory_that_personalisation_did_not_take(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    uint32_t before = softcard_memory_free(bank.rig->card);
    bank_go_online(&bank);
    assert_sw(0x63C3, rig_hex(bank.rig, "0020008008249999FFFFFFFFFF"));
    assert_sw(0x9000, bank_generate_ac(bank.rig, 0x00, CDOL2_NO_ANSWER));
    assert_int_equal(before, softcard_memory_free(bank.rig->card));
    rig_free(bank.rig);
}

static void keys_and_pin_cannot_be_read(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    assert_sw(0x9000, bank_select(bank.rig));
    assert_sw(0x6A88, rig_hex(bank.rig, "80CA800000"));
    assert_sw(0x6A88, rig_hex(bank.rig, "80CA801000"));
    for (unsigned sfi = 1; sfi <= 31; sfi++) {
        for (unsigned record = 1; record <= 255; record++) {
            char command[16];
            (void)snprintf(command, sizeof command, "00B2%02X%02X00", record, sfi << 3 | 4);
            uint16_t sw = rig_hex(bank.rig, command);
            assert_true(sw == 0x6A83 || sw == 0x6A86 || (sfi == 1 && record == 1));
        }
    }
    rig_free(bank.rig);
}

/* ---- dynamic data authentication -------------------------------------------------------------
 */

static const char card_modulus[] =
    "C384DEC00843F7BD0AD1395527DA50DF355B1AAA4229B4AEF713D112F803FBFC"
    "684DD150681C0D41BBBCDA2270BB65973AF3660F18D7A7571DB49AA74C2841F1";
static const char card_exponent[] =
    "825894800582A528B1E0D0E36FE6E094CE3CBC718171231F4F628B61FAAD52A7"
    "1A65C4A4AF8B7E7710A3A43F1BC677B194DDECDD0243D3FAEB9109CEFDDE454B";

static void with_a_key_pair_the_card_signs_for_the_terminal(void **state)
{
    (void)state;
    static const uint8_t three[1] = {3};
    uint8_t modulus[64];
    uint8_t exponent[64];
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_bytes signature;
    struct scp_bytes first;
    uint8_t number[8];
    struct bank bank = bank_issue(PBOC_DATA);
    struct rig *rig = bank.rig;
    const struct scp_dgi dgis[] = {
        {.id = 0x8101, .value = bank_decode(card_exponent, exponent, 64), .encrypted = true},
        {.id = 0x8103, .value = bank_decode(card_modulus, modulus, 64), .encrypted = true}};
    const struct scp_emv_public_key key = {SCP_BYTES(modulus), SCP_BYTES(three)};
    rig_open(rig);
    assert_sw(0x9000, bank_personalise(rig, dgis, 2));
    assert_sw(0x9000, bank_select(rig));
    assert_sw(0x6985, rig_hex(rig, "0088000004AABBCCDD00"));
    bank_begin(rig);
    assert_sw(0x6A86, rig_hex(rig, "0088010004AABBCCDD00"));
    assert_sw(0x9000, rig_hex(rig, "0088000004AABBCCDD00"));
    assert_int_equal(SCP_OK, scp_tlv_expect(rig->data, 0x80, &signature));
    assert_int_equal(SCP_OK, scp_emv_dynamic_data_check(&key, signature,
                                                        SCP_LITERAL(0xAA, 0xBB, 0xCC, 0xDD), buffer,
                                                        &first));
    struct scp_writer w = scp_writer_on(number, sizeof number);
    scp_put(&w, first);
    assert_sw(0x9000, rig_hex(rig, "0088000004AABBCCDD00"));
    assert_int_equal(SCP_OK, scp_tlv_expect(rig->data, 0x80, &signature));
    assert_int_equal(SCP_OK, scp_emv_dynamic_data_check(&key, signature,
                                                        SCP_LITERAL(0xAA, 0xBB, 0xCC, 0xDD), buffer,
                                                        &first));
    assert_false(scp_bytes_equal(first, scp_written(&w)));
    assert_sw(0x9000, bank_generate_ac(rig, 0x80, CDOL1_DATA));
    assert_sw(0x6985, rig_hex(rig, "0088000004AABBCCDD00"));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_field_one_command_gives_the_cryptogram),
        cmocka_unit_test(a_terminal_that_does_not_offer_it_gets_the_long_way),
        cmocka_unit_test(a_counter_is_used_up_though_the_transaction_fails),
        cmocka_unit_test(without_any_part_that_a_terminal_needs_it_does_not_pay),
        cmocka_unit_test(a_file_locator_that_names_a_missing_record_is_incomplete),
        cmocka_unit_test(options_of_format_1_are_answered_as_they_are),
        cmocka_unit_test(a_transaction_takes_no_memory_that_personalisation_did_not_take),
        cmocka_unit_test(keys_and_pin_cannot_be_read),
        cmocka_unit_test(with_a_key_pair_the_card_signs_for_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
