/* A payment application through whole transactions, command by command and word by word. */
#include "tests/unit/agent/card/payment_bank.h"

#include <stdio.h>

/* ---- transactions ---------------------------------------------------------------------------- */

static void a_transaction_goes_online_and_is_approved_by_the_issuers_answer(void **state)
{
    (void)state;
    static const char *const versions[] = {PBOC_DATA, VISA_18_DATA, "9F100706010A03A00000",
                                           "9F100706011603A00000"};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        uint8_t buffer[16];
        struct bank bank = bank_issue(versions[i]);
        bank_go_online(&bank);
        bank_assert_results(bank.rig, "03A01000");
        assert_sw(0x9000, bank_external_authenticate(bank.rig, bank_answer(&bank, buffer)));
        assert_sw(0x9000, bank_generate_ac(bank.rig, 0x40, CDOL2_NO_ANSWER));
        assert_int_equal(0x40, bank_kind(bank.rig));
        bank_assert_results(bank.rig, "03601000");
        bank_assert_cryptogram(&bank, CDOL2_NO_ANSWER, "1C00");
        bank_assert_data_object(bank.rig, "80CA9F1300", "9F13020001");
        bank_go_online(&bank);
        bank_assert_results(bank.rig, "03A00000");
        rig_free(bank.rig);
    }
}

static void the_answer_may_come_in_the_second_generate_ac(void **state)
{
    (void)state;
    uint8_t buffer[16];
    char answer[SCP_HEX_SIZE(16)];
    char data[64];
    struct bank bank = bank_issue(PBOC_DATA);
    bank_go_online(&bank);
    (void)scp_hex_encode(answer, sizeof answer, bank_answer(&bank, buffer));
    (void)snprintf(data, sizeof data, "3030%sAABBCCDD", answer);
    assert_sw(0x9000, bank_generate_ac(bank.rig, 0x40, data));
    assert_int_equal(0x40, bank_kind(bank.rig));
    bank_assert_data_object(bank.rig, "80CA9F1300", "9F13020001");
    bank_go_online(&bank);
    data[4] = data[4] == '0' ? '1' : '0';
    assert_sw(0x9000, bank_generate_ac(bank.rig, 0x40, data));
    assert_int_equal(0x00, bank_kind(bank.rig));
    bank_assert_data_object(bank.rig, "80CA9F1300", "9F13020001");
    rig_free(bank.rig);
}

static void a_wrong_answer_is_declined_once_and_remembered(void **state)
{
    (void)state;
    uint8_t buffer[16];
    struct bank bank = bank_issue(PBOC_DATA);
    bank_go_online(&bank);
    struct scp_bytes answer = bank_answer(&bank, buffer);
    buffer[0] ^= 1;
    assert_sw(0x6300, bank_external_authenticate(bank.rig, answer));
    buffer[0] ^= 1;
    assert_sw(0x6985, bank_external_authenticate(bank.rig, answer));
    assert_sw(0x9000, bank_generate_ac(bank.rig, 0x40, CDOL2_NO_ANSWER));
    assert_int_equal(0x00, bank_kind(bank.rig));
    bank_assert_results(bank.rig, "03281000");
    rig_reopen(bank.rig);
    bank_go_online(&bank);
    bank_assert_results(bank.rig, "03A01800");
    rig_free(bank.rig);
}

static void a_request_that_was_never_completed_is_remembered(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    bank_go_online(&bank);
    rig_reopen(bank.rig);
    bank_go_online(&bank);
    bank_assert_results(bank.rig, "03A09000");
    rig_free(bank.rig);
}

static void commands_come_in_their_order_alone(void **state)
{
    (void)state;
    uint8_t buffer[16] = {0};
    struct bank bank = bank_issue(PBOC_DATA);
    struct rig *rig = bank.rig;
    const struct scp_bytes answer = scp_bytes_of(buffer, 10);
    assert_sw(0x9000, bank_select(rig));
    assert_sw(0x6985, bank_generate_ac(rig, 0x80, CDOL1_DATA));
    assert_sw(0x6985, bank_external_authenticate(rig, answer));
    assert_sw(0x9000, rig_hex(rig, "80A80000068304AABBCCDD00"));
    assert_sw(0x6985, rig_hex(rig, "80A80000068304AABBCCDD00"));
    assert_sw(0x6985, bank_external_authenticate(rig, answer));
    assert_sw(0x9000, bank_generate_ac(rig, 0x00, CDOL1_DATA));
    assert_sw(0x6985, bank_generate_ac(rig, 0x00, CDOL1_DATA));
    assert_sw(0x6985, bank_external_authenticate(rig, answer));
    bank_go_online(&bank);
    assert_sw(0x6A86, bank_generate_ac(rig, 0x80, CDOL2_NO_ANSWER));
    assert_sw(0x9000, bank_generate_ac(rig, 0x00, CDOL2_NO_ANSWER));
    assert_sw(0x6985, bank_generate_ac(rig, 0x00, CDOL2_NO_ANSWER));
    assert_sw(0x6985, bank_external_authenticate(rig, answer));
    rig_free(rig);
}

static void wrong_parameters_and_lengths_have_their_words(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        uint16_t sw;
    } cases[] = {
        {"80A80100068304AABBCCDD00", 0x6A86},
        {"80A80000058303AABBCC00", 0x6A80},
        {"80A8000004AABBCCDD00", 0x6A80},
        {"00A80000068304AABBCCDD00", 0x6E00},
        {"80CA9F3800", 0x6A88},
        {"00B2010C00", 0x9000},
        {"00B2020C00", 0x6A83},
        {"00B2010800", 0x6A86},
        {"00B2000C00", 0x6A86},
        {"80B2010C00", 0x6E00},
        {"0020008108241234FFFFFFFFFF", 0x6A86},
        {"0020008007241234FFFFFFFF", 0x6700},
        {"0084010000", 0x6A86},
        {"0088000004AABBCCDD00", 0x6985},
        {"841E010008AAAAAAAAAAAAAAAA", 0x6A86},
        {"8416000008AAAAAAAAAAAAAAAA", 0x6D00},
        {"00820100080000000000000000", 0x6A86},
        {"008200000700000000000000", 0x6700},
    };
    struct bank bank = bank_issue(PBOC_DATA);
    assert_sw(0x9000, bank_select(bank.rig));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_sw(cases[i].sw, rig_hex(bank.rig, cases[i].command));
    bank_begin(bank.rig);
    assert_sw(0x6700, bank_generate_ac(bank.rig, 0x80, "00"));
    assert_sw(0x6A86, bank_generate_ac(bank.rig, 0xC0, CDOL1_DATA));
    assert_sw(0x6A86, bank_generate_ac(bank.rig, 0x90, CDOL1_DATA));
    rig_free(bank.rig);
}

static void the_counter_moves_at_each_transaction_and_stops_at_its_end(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    assert_sw(0x9000, bank_select(bank.rig));
    bank_assert_data_object(bank.rig, "80CA9F3600", "9F36020000");
    for (int i = 0; i < 3; i++) {
        rig_reopen(bank.rig);
        bank_begin(bank.rig);
    }
    bank_assert_data_object(bank.rig, "80CA9F3600", "9F36020003");
    bank_assert_data_object(bank.rig, "80CA9F1300", "9F13020000");
    rig_free(bank.rig);
}

static void a_counter_that_cannot_be_kept_gives_no_cryptogram(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    assert_sw(0x9000, bank_select(bank.rig));
    bank.rig->storage_fails = true;
    assert_sw(0x6581, rig_hex(bank.rig, "80A80000068304AABBCCDD00"));
    bank.rig->storage_fails = false;
    assert_sw(0x6985, bank_generate_ac(bank.rig, 0x80, CDOL1_DATA));
    rig_free(bank.rig);
}

/* One transaction and a PIN on a card that loses power at a write; the counter of its cryptogram, 0
 * when there was none. */
static uint16_t torn_transaction(struct rig *rig, uint64_t write)
{
    static const char *const commands[] = {"80A80000068304AABBCCDD00", "0020008008249999FFFFFFFFFF",
                                           "80AE80000D" CDOL1_DATA "00",
                                           "80AE400010" CDOL2_NO_ANSWER "00"};
    uint16_t atc = 0;
    assert_sw(0x9000, bank_select(rig));
    softcard_tear_after(rig->card, write);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        uint8_t command[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(rig->response, sizeof rig->response);
        struct scp_response answer;
        struct scp_bytes bytes = bank_decode(commands[i], command, sizeof command);
        if (softcard_transmit(rig->card, bytes, &w) != SCP_OK)
            break;
        assert_int_equal(SCP_OK, scp_response_parse(scp_written(&w), &answer));
        rig->data = answer.data;
        if (i >= 2 && answer.sw == 0x9000)
            atc = scp_load_u16(bank_tag(rig, 0x9F36).ptr);
    }
    softcard_tear_after(rig->card, 0);
    return atc;
}

static void a_cut_of_power_gives_no_counter_twice_and_no_try_for_free(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    struct rig *rig = bank.rig;
    uint16_t last = 0;
    for (uint64_t write = 1; write <= 12; write++) {
        uint8_t atr[SOFTCARD_ATR_MAX];
        size_t atr_len = 0;
        uint16_t atc = torn_transaction(rig, write);
        assert_true(atc == 0 || atc > last);
        last = atc == 0 ? last : atc;
        softcard_power(rig->card, atr, &atr_len);
        assert_sw(0x9000, bank_select(rig));
        assert_sw(0x9000, rig_hex(rig, "80CA9F3600"));
        assert_true(scp_load_u16(scp_bytes_from(rig->data, 3).ptr) >= last);
        assert_sw(0x9000, rig_hex(rig, "80CA9F1700"));
        assert_int_equal(write > 2 ? 3 : 4, rig->data.ptr[3]);
        assert_sw(0x9000, rig_hex(rig, "0020008008241234FFFFFFFFFF"));
    }
    assert_true(last > 5);
    rig_free(rig);
}

/* Whoever watches the memory sees no write between the comparison and the try: it was counted
 * before, also for the right PIN, and is given back after. */
static void a_try_is_counted_before_the_pin_is_compared(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    struct rig *rig = bank.rig;
    uint8_t command[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(rig->response, sizeof rig->response);
    assert_sw(0x9000, bank_select(rig));
    softcard_tear_after(rig->card, 2);
    assert_int_equal(
        SCP_STATE,
        softcard_transmit(rig->card,
                          bank_decode("0020008008241234FFFFFFFFFF", command, sizeof command), &w));
    rig_power(rig);
    assert_sw(0x9000, bank_select(rig));
    bank_assert_data_object(rig, "80CA9F1700", "9F170103");
    rig_free(rig);
}

/* ---- PIN ------------------------------------------------------------------------------------- */

static void the_pin_is_counted_as_it_was_personalised_and_shows_in_the_results(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    struct rig *rig = bank.rig;
    bank_begin(rig);
    bank_assert_data_object(rig, "80CA9F1700", "9F170104");
    assert_sw(0x63C3, rig_hex(rig, "0020008008249999FFFFFFFFFF"));
    assert_sw(0x9000, bank_generate_ac(rig, 0x80, CDOL1_DATA));
    bank_assert_results(rig, "03A61000");
    bank_begin(rig);
    assert_sw(0x9000, rig_hex(rig, "0020008008241234FFFFFFFFFF"));
    bank_assert_data_object(rig, "80CA9F1700", "9F170104");
    assert_sw(0x9000, bank_generate_ac(rig, 0x80, CDOL1_DATA));
    bank_assert_results(rig, "03A49000");
    rig_free(rig);
}

static void a_blocked_pin_shows_in_the_results(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    bank_begin(bank.rig);
    for (uint16_t left = 4; left-- > 0;)
        assert_sw(0x63C0 + left, rig_hex(bank.rig, "0020008008249999FFFFFFFFFF"));
    assert_sw(0x6983, rig_hex(bank.rig, "0020008008241234FFFFFFFFFF"));
    bank_assert_data_object(bank.rig, "80CA9F1700", "9F170100");
    assert_sw(0x9000, bank_generate_ac(bank.rig, 0x80, CDOL1_DATA));
    bank_assert_results(bank.rig, "03A65000");
    rig_free(bank.rig);
}

static void a_try_that_cannot_be_counted_is_none(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    assert_sw(0x9000, bank_select(bank.rig));
    bank.rig->storage_fails = true;
    assert_sw(0x6581, rig_hex(bank.rig, "0020008008241234FFFFFFFFFF"));
    assert_sw(0x6581, rig_hex(bank.rig, "0020008008249999FFFFFFFFFF"));
    bank.rig->storage_fails = false;
    bank_assert_data_object(bank.rig, "80CA9F1700", "9F170104");
    rig_free(bank.rig);
}

static void challenges_differ(void **state)
{
    (void)state;
    uint8_t first[8];
    struct bank bank = bank_issue(PBOC_DATA);
    assert_sw(0x9000, bank_select(bank.rig));
    assert_sw(0x9000, rig_hex(bank.rig, "0084000000"));
    assert_int_equal(8, bank.rig->data.len);
    struct scp_writer w = scp_writer_on(first, sizeof first);
    scp_put(&w, bank.rig->data);
    assert_sw(0x9000, rig_hex(bank.rig, "0084000000"));
    assert_false(scp_bytes_equal(SCP_BYTES(first), bank.rig->data));
    rig_free(bank.rig);
}

/* ---- scripts --------------------------------------------------------------------------------- */

static uint16_t script(struct bank *bank, uint8_t ins, uint8_t p2, struct scp_bytes data)
{
    uint8_t buffer[64];
    uint8_t mac[8];
    struct scp_key key;
    const struct scp_emv_script command = {.header = {0x84, ins, 0, p2, (uint8_t)(data.len + 8)},
                                           .data = data};
    assert_int_equal(SCP_OK, scp_key_from(&key, scp_bytes_of(bank_keys + 16, 16)));
    assert_int_equal(SCP_OK, scp_emv_script_mac(&key, &bank->request, &command, mac));
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put(&w, data);
    scp_put(&w, SCP_BYTES(mac));
    return rig_plain(
        bank->rig,
        (struct scp_apdu){
            .cla = 0x84, .ins = ins, .p2 = p2, .data = scp_written(&w), .le = SCP_NO_LE});
}

static void an_application_that_its_issuer_blocked_declines_until_it_unblocks(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    struct rig *rig = bank.rig;
    bank_go_online(&bank);
    assert_sw(0x9000, script(&bank, 0x1E, 0, SCP_EMPTY));
    assert_sw(0x9000, bank_generate_ac(rig, 0x40, CDOL2_NO_ANSWER));
    assert_int_equal(0x00, bank_kind(rig));
    assert_sw(0x9000, script(&bank, 0x18, 0, SCP_EMPTY));
    assert_sw(0x9000, script(&bank, 0x1E, 0, SCP_EMPTY));
    rig_reopen(rig);
    assert_sw(0x6283, bank_select(rig));
    assert_true(rig->data.len > 0);
    assert_sw(0x6985, rig_hex(rig, "80A80000068304AABBCCDD00"));
    rig_free(rig);
}

static void a_new_pin_comes_enciphered_and_frees_the_counter(void **state)
{
    (void)state;
    static const char *const versions[] = {PBOC_DATA, VISA_18_DATA, "9F100706011603A00000"};
    static const uint8_t new_pin[8] = {0x25, 0x98, 0x76, 0x5F, 0xFF, 0xFF, 0xFF, 0xFF};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        uint8_t cipher[16];
        struct scp_key confidentiality;
        struct bank bank = bank_issue(versions[i]);
        const struct scp_emv_pin_keys pin_keys = {&confidentiality, &bank.key};
        assert_int_equal(SCP_OK, scp_key_from(&confidentiality, scp_bytes_of(bank_keys + 32, 16)));
        bank_go_online(&bank);
        for (int tries = 0; tries < 4; tries++)
            (void)rig_hex(bank.rig, "0020008008249999FFFFFFFFFF");
        struct scp_writer w = scp_writer_on(cipher, sizeof cipher);
        assert_int_equal(SCP_OK, scp_emv_pin_encipher(&pin_keys, &bank.request, new_pin, &w));
        assert_sw(0x9000, script(&bank, 0x24, 2, scp_written(&w)));
        rig_reopen(bank.rig);
        bank_begin(bank.rig);
        assert_sw(0x63C3, rig_hex(bank.rig, "0020008008241234FFFFFFFFFF"));
        assert_sw(0x9000, rig_hex(bank.rig, "00200080082598765FFFFFFFFF"));
        rig_free(bank.rig);
    }
}

static void pin_unblock_gives_the_tries_back(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    bank_go_online(&bank);
    assert_sw(0x63C3, rig_hex(bank.rig, "0020008008249999FFFFFFFFFF"));
    assert_sw(0x9000, script(&bank, 0x24, 0, SCP_EMPTY));
    bank_assert_data_object(bank.rig, "80CA9F1700", "9F170104");
    rig_free(bank.rig);
}

static void a_script_with_a_wrong_mac_is_refused_and_remembered(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    struct rig *rig = bank.rig;
    bank_go_online(&bank);
    assert_sw(0x6988, rig_hex(rig, "841E000008AABBCCDDAABBCCDD"));
    assert_sw(0x6988, rig_hex(rig, "841E000004AABBCCDD"));
    assert_sw(0x6987, rig_hex(rig, "841E0000"));
    assert_sw(0x6700, rig_hex(rig, "841E000005AABBCCDDEE"));
    assert_sw(0x6700, rig_hex(rig, "8424000208AABBCCDDEEAABBCC"));
    rig_reopen(rig);
    bank_go_online(&bank);
    bank_assert_results(rig, "03A09008");
    rig_free(rig);
}

static void a_script_needs_a_request_before_it(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    bank_begin(bank.rig);
    assert_sw(0x6985, rig_hex(bank.rig, "841E000008AABBCCDDAABBCCDD"));
    assert_sw(0x9000, bank_generate_ac(bank.rig, 0x00, CDOL1_DATA));
    assert_sw(0x6985, rig_hex(bank.rig, "841E000008AABBCCDDAABBCCDD"));
    rig_free(bank.rig);
}

/* ---- the log --------------------------------------------------------------------------------- */

static void approved_transactions_are_logged_the_newest_first(void **state)
{
    (void)state;
    struct bank bank = bank_issue(PBOC_DATA);
    struct rig *rig = bank.rig;
    assert_sw(0x9000, bank_select(rig));
    bank_assert_data_object(rig, "80CA9F4F00", "9F4F0B9A039F02069F36029F2701");
    assert_sw(0x6A83, rig_hex(rig, "00B2015C00"));
    for (int i = 0; i < 3; i++) {
        bank_go_online(&bank);
        assert_sw(0x9000, bank_generate_ac(rig, 0x40, CDOL2_NO_ANSWER));
    }
    bank_go_online(&bank);
    assert_sw(0x9000, bank_generate_ac(rig, 0x00, CDOL2_NO_ANSWER));
    bank_assert_data_object(rig, "00B2015C00", "261123000000000100000340");
    bank_assert_data_object(rig, "00B2025C00", "261123000000000100000240");
    assert_sw(0x6A83, rig_hex(rig, "00B2035C00"));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_goes_online_and_is_approved_by_the_issuers_answer),
        cmocka_unit_test(the_answer_may_come_in_the_second_generate_ac),
        cmocka_unit_test(a_wrong_answer_is_declined_once_and_remembered),
        cmocka_unit_test(a_request_that_was_never_completed_is_remembered),
        cmocka_unit_test(commands_come_in_their_order_alone),
        cmocka_unit_test(wrong_parameters_and_lengths_have_their_words),
        cmocka_unit_test(the_counter_moves_at_each_transaction_and_stops_at_its_end),
        cmocka_unit_test(a_counter_that_cannot_be_kept_gives_no_cryptogram),
        cmocka_unit_test(a_cut_of_power_gives_no_counter_twice_and_no_try_for_free),
        cmocka_unit_test(a_try_is_counted_before_the_pin_is_compared),
        cmocka_unit_test(the_pin_is_counted_as_it_was_personalised_and_shows_in_the_results),
        cmocka_unit_test(a_blocked_pin_shows_in_the_results),
        cmocka_unit_test(a_try_that_cannot_be_counted_is_none),
        cmocka_unit_test(challenges_differ),
        cmocka_unit_test(an_application_that_its_issuer_blocked_declines_until_it_unblocks),
        cmocka_unit_test(a_new_pin_comes_enciphered_and_frees_the_counter),
        cmocka_unit_test(pin_unblock_gives_the_tries_back),
        cmocka_unit_test(a_script_with_a_wrong_mac_is_refused_and_remembered),
        cmocka_unit_test(a_script_needs_a_request_before_it),
        cmocka_unit_test(approved_transactions_are_logged_the_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
