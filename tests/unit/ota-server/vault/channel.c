/* The vault's keys behind libscp's channel: against a card that has the diversified keys itself. */
#include "tests/unit/ota-server/vault/support.h"

#include "scp/channel/card_channel.h"

#include <string.h>

static const uint8_t host_challenge[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t isd[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00};

static struct scp_card_channel_setup setup_of(enum scp_protocol protocol, uint8_t i)
{
    return (struct scp_card_channel_setup){
        .protocol = protocol,
        .i = i,
        .kvn = 0x30,
        .diversification_data = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
        .counter = 5,
        .aid = SCP_BYTES(isd),
    };
}

static void assert_channel_opens(struct fixture *f, const char *label,
                                 enum scp_diversification scheme, enum scp_protocol protocol,
                                 uint8_t i)
{
    uint8_t answer[SCP_INIT_UPDATE_RESPONSE_MAX], command[SCP_APDU_MAX];
    struct scp_writer a = scp_writer_on(answer, sizeof answer);
    struct scp_writer c = scp_writer_on(command, sizeof command);
    struct vault_card_keys handle;
    struct scp_keys keys;
    struct scp_key_set card_keys;
    struct scp_channel ch = {0};
    struct scp_card_channel cc = {0};
    const struct scp_card_channel_setup setup = setup_of(protocol, i);
    const struct scp_channel_params params = {
        .protocol = protocol, .i = i, .kvn = 0x30, .level = SCP_LEVEL_C_MAC | SCP_LEVEL_C_ENC};

    assert_scp_ok(scp_diversify(scheme, &masters, setup.diversification_data, &card_keys));
    assert_scp_ok(vault_card_keys(f->vault, label, &handle, &keys));
    assert_scp_ok(scp_channel_begin(&ch, &params, SCP_BYTES(host_challenge), &c));
    assert_scp_ok(
        scp_card_channel_initialize(&cc, &setup, &card_keys, SCP_BYTES(host_challenge), &a));
    assert_scp_ok(scp_channel_open(&ch, &keys, scp_written(&a)));
    c = scp_writer_on(command, sizeof command);
    assert_scp_ok(scp_channel_authenticate(&ch, &c));
    assert_scp_ok(scp_card_channel_authenticate(&cc, scp_written(&c)));
    scp_channel_fini(&ch);
    scp_card_channel_fini(&cc);
}

static void card_accepts_sessions_under_the_vaults_keys(void **state)
{
    struct fixture *f = *state;
    assert_scp_ok(vault_add_key_set(f->vault, "emv", SCP_DIVERSIFY_EMV, &masters));
    assert_scp_ok(vault_add_key_set(f->vault, "none", SCP_DIVERSIFY_NONE, &masters));
    assert_channel_opens(f, "isd-2021", SCP_DIVERSIFY_KDF3, SCP_PROTOCOL_03, 0x70);
    assert_channel_opens(f, "emv", SCP_DIVERSIFY_EMV, SCP_PROTOCOL_02, 0x55);
    assert_channel_opens(f, "none", SCP_DIVERSIFY_NONE, SCP_PROTOCOL_02, 0x15);
}

static void card_answer_is_predicted(void **state)
{
    struct fixture *f = *state;
    uint8_t answer[SCP_INIT_UPDATE_RESPONSE_MAX], predicted[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_writer a = scp_writer_on(answer, sizeof answer);
    struct scp_writer p = scp_writer_on(predicted, sizeof predicted);
    struct vault_card_keys handle;
    struct scp_keys keys;
    struct scp_key_set card_keys;
    struct scp_card_channel cc = {0};
    const struct scp_card_channel_setup setup = setup_of(SCP_PROTOCOL_03, 0x70);
    struct scp_session_context session = {
        .protocol = SCP_PROTOCOL_03, .i = 0x70, .kvn = 0x30, .counter = 5};
    memcpy(session.diversification_data, setup.diversification_data, 10);
    memcpy(session.host_challenge, host_challenge, sizeof host_challenge);
    assert_scp_ok(
        scp_diversify(SCP_DIVERSIFY_KDF3, &masters, setup.diversification_data, &card_keys));
    assert_scp_ok(
        scp_card_channel_initialize(&cc, &setup, &card_keys, SCP_BYTES(host_challenge), &a));
    assert_scp_ok(vault_card_keys(f->vault, "isd-2021", &handle, &keys));
    assert_scp_ok(scp_channel_predict(&keys, &session, SCP_BYTES(isd), &p));
    assert_true(scp_bytes_equal(scp_written(&p), scp_written(&a)));
    scp_card_channel_fini(&cc);
}

static void unknown_key_set_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct vault_card_keys handle;
    struct scp_keys keys;
    assert_scp_error(NOT_FOUND, vault_card_keys(f->vault, "isd-1999", &handle, &keys));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(card_accepts_sessions_under_the_vaults_keys),
        TEST(card_answer_is_predicted),
        TEST(unknown_key_set_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
