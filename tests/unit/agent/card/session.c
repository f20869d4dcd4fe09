/* Secure channel sessions of the card (GPCS 10, E; Amendment D). */
#include "tests/unit/agent/card/rig.h"

#include <string.h>

static const char *const all_profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                           "scp03-i60-aes256", "scp03-i70-aes128"};
enum { PROFILES = sizeof all_profiles / sizeof all_profiles[0] };

/* GET STATUS of the issuer security domain: answers only in a session. */
static const struct scp_apdu get_status = {
    .cla = 0x80, .ins = 0xF2, .p1 = 0x80, .p2 = 0x02, .data = {(const uint8_t *)"\x4F\x00", 2}};

static uint32_t counter_of(struct rig *rig)
{
    assert_sw(0x9000, rig_hex(rig, "80CA00C100"));
    uint32_t counter = 0;
    for (size_t i = 2; i < rig->data.len; i++)
        counter = counter << 8 | rig->data.ptr[i];
    return counter;
}

static void every_profile_opens_a_session_at_its_highest_level_10_2(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct rig *rig = rig_new(all_profiles[i]);
        rig_open(rig);
        assert_sw(0x9000, rig_send(rig, get_status));
        assert_sw(0x9000, rig_send(rig, get_status));
        rig_free(rig);
    }
}

static void every_level_of_a_profile_works_10_6(void **state)
{
    (void)state;
    static const uint8_t levels[] = {0x00, 0x01, 0x03, 0x11, 0x13, 0x33};
    for (size_t i = 0; i < PROFILES; i++) {
        struct rig *rig = rig_new(all_profiles[i]);
        for (size_t k = 0; k < sizeof levels; k++) {
            if (!scp_level_valid(rig->params.protocol, rig->params.i, levels[k]))
                continue;
            assert_sw(0x9000, rig_select(rig, rig_isd));
            rig_open_with(rig, &rig->keys, rig->params.kvn, levels[k]);
            assert_sw(0x9000, rig_send(rig, get_status));
        }
        rig_free(rig);
    }
}

static void an_error_status_word_is_answered_within_the_session(void **state)
{
    (void)state;
    const struct scp_apdu unknown = {.cla = 0x80, .ins = 0xEE, .le = SCP_NO_LE};
    for (size_t i = 0; i < PROFILES; i++) {
        struct rig *rig = rig_new(all_profiles[i]);
        rig_open(rig);
        assert_sw(0x6D00, rig_send(rig, unknown));
        assert_sw(0x9000, rig_send(rig, get_status));
        rig_free(rig);
    }
}

static void scp02_counter_rises_when_a_session_is_authenticated_e_1_2_3(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i55");
    assert_sw(0x9000, rig_hex(rig, "8050200008010203040506070800"));
    assert_int_equal(0, counter_of(rig));
    rig_open(rig);
    assert_sw(0x9000, rig_send(rig, get_status));
    rig_reopen(rig);
    assert_int_equal(1, counter_of(rig));
    rig_free(rig);
}

static void scp03_counter_rises_with_each_initialize_update_d_6_2_2(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    for (uint32_t i = 1; i <= 3; i++) {
        assert_sw(0x9000, rig_hex(rig, "8050300008010203040506070800"));
        assert_int_equal(i, rig->data.ptr[31]);
    }
    rig_reopen(rig);
    assert_int_equal(3, counter_of(rig));
    rig_free(rig);
}

static void the_pseudo_random_challenge_is_the_one_that_a_host_predicts(void **state)
{
    (void)state;
    static const char *const predictable[] = {"scp02-i55", "scp03-i10-aes192", "scp03-i70-aes128"};
    for (size_t i = 0; i < sizeof predictable / sizeof predictable[0]; i++) {
        struct rig *rig = rig_new(predictable[i]);
        struct scp_keys holder = scp_keys_of_set(&rig->keys);
        bool aes = rig->params.protocol == SCP_PROTOCOL_03;
        struct scp_session_context session = {
            .protocol = rig->params.protocol,
            .i = rig->params.i,
            .kvn = rig->params.kvn,
            .diversification_data = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
            .host_challenge = {1, 2, 3, 4, 5, 6, 7, 8},
            .counter = aes ? 1 : 0,
        };
        uint8_t buffer[64];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        assert_int_equal(SCP_OK, scp_channel_predict(&holder, &session, rig_isd, &w));
        const struct scp_apdu initialize = {.cla = 0x80,
                                            .ins = 0x50,
                                            .p1 = rig->params.kvn,
                                            .data = scp_bytes_of(session.host_challenge, 8)};
        assert_sw(0x9000, rig_plain(rig, initialize));
        assert_true(scp_bytes_equal(scp_written(&w), rig->data));
        rig_free(rig);
    }
}

static void a_wrong_cryptogram_answers_6300_and_is_counted_until_the_keys_lock(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i60-aes256"); /* 6 tries */
    for (size_t i = 0; i < 6; i++) {
        assert_sw(0x9000, rig_hex(rig, "8050300008010203040506070800"));
        assert_sw(0x6300, rig_hex(rig, "848201001000112233445566778899AABBCCDDEEFF"));
        rig_reopen(rig);
    }
    assert_sw(0x6983, rig_hex(rig, "8050300008010203040506070800"));
    rig_free(rig);
}

static void a_good_session_gives_the_tries_back(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i60-aes256");
    for (size_t i = 0; i < 12; i++) {
        if (i % 5 == 4)
            rig_open(rig);
        assert_sw(0x9000, rig_hex(rig, "8050300008010203040506070800"));
        assert_sw(0x6300, rig_hex(rig, "848201001000112233445566778899AABBCCDDEEFF"));
    }
    rig_free(rig);
}

static void external_authenticate_needs_initialize_update_just_before_it(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x6985, rig_hex(rig, "848201001000112233445566778899AABBCCDDEEFF"));
    rig_free(rig);
}

static void a_wrong_mac_aborts_the_session_without_ending_it_10_2_3(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct rig *rig = rig_new(all_profiles[i]);
        rig_open(rig);
        assert_sw(0x6982, rig_hex(rig, "84F280020A4F00112233445566778800"));
        assert_sw(0x6982, rig_hex(rig, "80CA004200")); /* even what needs no session */
        assert_sw(0x9000, rig_select(rig, rig_isd));
        assert_sw(0x9000, rig_hex(rig, "80CA004200"));
        rig_free(rig);
    }
}

static void a_plain_command_aborts_a_session_with_mac_10_2_3(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x6982, rig_hex(rig, "80F28002024F0000"));
    assert_sw(0x6982, rig_hex(rig, "80F28002024F0000"));
    rig_free(rig);
}

static void a_secured_command_without_a_session_is_refused(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x6982, rig_hex(rig, "84F280020A4F00112233445566778800"));
    rig_free(rig);
}

static void a_card_in_secured_wants_a_mac_on_content_commands_5_1_1_3(void **state)
{
    (void)state;
    const struct scp_apdu delete = {
        .cla = 0x80, .ins = 0xE4, .data = {(const uint8_t *)"\x4F\x05\x01\x02\x03\x04\x05", 7}};
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x6982, rig_plain(rig, delete));
    assert_sw(0x9000, rig_select(rig, rig_isd));
    rig_open_with(rig, &rig->keys, rig->params.kvn, SCP_LEVEL_NONE);
    assert_sw(0x6982, rig_send(rig, delete));
    assert_sw(0x9000, rig_select(rig, rig_isd));
    rig_open_with(rig, &rig->keys, rig->params.kvn, SCP_LEVEL_C_MAC);
    assert_sw(0x6A88, rig_send(rig, delete));
    rig_free(rig);
}

static void an_unknown_key_version_is_not_found(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i15");
    assert_sw(0x6A88, rig_hex(rig, "80507F0008010203040506070800"));
    assert_sw(0x9000, rig_hex(rig, "8050000008010203040506070800"));
    rig_free(rig);
}

static void other_logical_channels_are_not_supported_11_1_4(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i15");
    assert_sw(0x6881, rig_hex(rig, "81CA004200"));
    assert_sw(0x6881, rig_hex(rig, "0070000001"));
    rig_free(rig);
}

static void an_application_serves_its_domains_session_7_3_1(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    const struct scp_dgi dgi = {.id = 0x0101, .value = SCP_LITERAL(0x70, 0x02, 0x5A, 0x00)};
    assert_sw(0x9000, rig_store(rig, &dgi, 1));
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    assert_sw(0x9000, rig_hex(rig, "00B2010C00"));
    assert_data_hex(rig, "70025A00");
    rig_free(rig);
}

static void a_card_in_secured_wants_a_mac_on_personalisation_too_5_1_1_3(void **state)
{
    (void)state;
    const struct scp_dgi dgi = {.id = 0x0101, .value = SCP_LITERAL(0x70, 0x02, 0x5A, 0x00)};
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    rig_open_with(rig, &rig->keys, rig->params.kvn, SCP_LEVEL_NONE);
    assert_sw(0x6982, rig_store(rig, &dgi, 1));
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    rig_open_with(rig, &rig->keys, rig->params.kvn, SCP_LEVEL_C_MAC);
    assert_sw(0x9000, rig_store(rig, &dgi, 1));
    rig_free(rig);
}

static void no_command_crashes_the_card_whatever_its_bytes(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    uint8_t random[262];
    for (size_t i = 0; i < 20000; i++) {
        rebind_random(&rig->env, random, sizeof random);
        random[0] &= 0x84;
        random[4] = random[5] % 32;
        uint8_t answer[SOFTCARD_RESPONSE_MAX];
        struct scp_writer w = scp_writer_on(answer, sizeof answer);
        size_t len = i % 3 == 0 ? random[6] % 40 : 5u + random[4];
        assert_int_equal(SCP_OK, softcard_transmit(rig->card, scp_bytes_of(random, len), &w));
        assert_true(scp_written(&w).len >= 2);
    }
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_profile_opens_a_session_at_its_highest_level_10_2),
        cmocka_unit_test(every_level_of_a_profile_works_10_6),
        cmocka_unit_test(an_error_status_word_is_answered_within_the_session),
        cmocka_unit_test(scp02_counter_rises_when_a_session_is_authenticated_e_1_2_3),
        cmocka_unit_test(scp03_counter_rises_with_each_initialize_update_d_6_2_2),
        cmocka_unit_test(the_pseudo_random_challenge_is_the_one_that_a_host_predicts),
        cmocka_unit_test(a_wrong_cryptogram_answers_6300_and_is_counted_until_the_keys_lock),
        cmocka_unit_test(a_good_session_gives_the_tries_back),
        cmocka_unit_test(external_authenticate_needs_initialize_update_just_before_it),
        cmocka_unit_test(a_wrong_mac_aborts_the_session_without_ending_it_10_2_3),
        cmocka_unit_test(a_plain_command_aborts_a_session_with_mac_10_2_3),
        cmocka_unit_test(a_secured_command_without_a_session_is_refused),
        cmocka_unit_test(a_card_in_secured_wants_a_mac_on_content_commands_5_1_1_3),
        cmocka_unit_test(an_unknown_key_version_is_not_found),
        cmocka_unit_test(other_logical_channels_are_not_supported_11_1_4),
        cmocka_unit_test(an_application_serves_its_domains_session_7_3_1),
        cmocka_unit_test(a_card_in_secured_wants_a_mac_on_personalisation_too_5_1_1_3),
        cmocka_unit_test(no_command_crashes_the_card_whatever_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
