/* The vault's keys behind libscp's channel: against a card that has the diversified keys itself. */
#include "tests/unit/ota-server/vault/support.h"

#include "scp/channel/card_channel.h"
#include "scp/crypto/cipher.h"
#include "scp/gp/key_data.h"

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

/* The card's side of the transfer: what comes out under its data encryption key are the keys that
 * the diversified masters give. */
static void key_set_travels_under_the_sessions_key(void **state)
{
    struct fixture *f = *state;
    struct scp_key_set domain_masters = masters;
    struct scp_key_set issuer;
    struct scp_key_set expected;
    uint8_t buffer[512];
    uint8_t clear[SCP_KEY_MAX];
    struct scp_writer dgis = scp_writer_on(buffer, sizeof buffer);
    struct scp_session_context session = {.protocol = SCP_PROTOCOL_03, .i = 0x70, .kvn = 0x30};
    struct vault_card_keys handle;
    struct scp_keys keys;
    struct scp_key_data data = {.count = 0};
    struct scp_dgi dgi;
    domain_masters.enc.bytes[0] ^= 1;
    memcpy(session.diversification_data, (uint8_t[10]){9, 8, 7}, 10);
    assert_scp_ok(vault_add_key_set(f->vault, "bank-b", SCP_DIVERSIFY_KDF3, &domain_masters));
    assert_scp_ok(vault_card_keys(f->vault, "isd-2021", &handle, &keys));
    const struct vault_key_transfer transfer = {"bank-b", 0x31, &keys, &session};
    assert_scp_ok(vault_transfer_keys(f->vault, &transfer, &dgis));

    assert_scp_ok(
        scp_diversify(SCP_DIVERSIFY_KDF3, &masters, session.diversification_data, &issuer));
    assert_scp_ok(scp_diversify(SCP_DIVERSIFY_KDF3, &domain_masters, session.diversification_data,
                                &expected));
    struct scp_reader r = scp_reader_on(scp_written(&dgis));
    while (scp_dgi_next(&r, &dgi) == SCP_OK)
        assert_scp_ok(scp_key_data_take(&data, &dgi));
    assert_scp_ok(scp_key_data_end(&data));
    const struct scp_key *const sent[3] = {&expected.enc, &expected.mac, &expected.dek};
    static const uint8_t zero[16];
    assert_int_equal(data.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(data.keys[i].kvn, 0x31);
        assert_int_equal(data.keys[i].key_id, i + 1);
        assert_scp_ok(scp_aes_cbc_decrypt(&issuer.dek, zero, data.keys[i].value, clear));
        assert_memory_equal(clear, sent[i]->bytes, sent[i]->len);
    }
}

/* The same by PUT KEY, in each coding that cards want. */
static void key_set_is_coded_for_put_key(void **state)
{
    struct fixture *f = *state;
    static const struct scp_put_key_quirks codings[] = {
        {.aes_bare = false}, {.aes_bare = true}, {.aes_kcv_zeros = true}};
    struct scp_session_context session = {.protocol = SCP_PROTOCOL_03, .i = 0x70, .kvn = 0x30};
    struct vault_card_keys handle;
    struct scp_keys keys;
    struct scp_key_set card;
    const uint8_t data[10] = {9, 8, 7};
    memcpy(session.diversification_data, data, sizeof data);
    assert_scp_ok(vault_card_keys(f->vault, "isd-2021", &handle, &keys));
    assert_scp_ok(scp_diversify(SCP_DIVERSIFY_KDF3, &masters, data, &card));
    for (size_t i = 0; i < 3; i++) {
        uint8_t buffer[256] = {0x31}, clear[SCP_KEY_MAX], kcv[3];
        static const uint8_t zero[16];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_put_key parsed;
        const struct vault_key_transfer transfer = {"isd-2021", 0x31, &keys, &session};
        scp_put_u8(&w, 0x31);
        assert_scp_ok(vault_code_keys(f->vault, &transfer, &codings[i], &w));
        assert_scp_ok(scp_put_key_parse(0, 0x81, scp_written(&w), &parsed));
        assert_int_equal(parsed.key_count, 3);
        const struct scp_key_component *dek = &parsed.keys[2].components[0];
        assert_int_equal(dek->inner_length, !codings[i].aes_bare);
        assert_scp_ok(scp_aes_cbc_decrypt(&card.dek, zero, dek->value, clear));
        assert_memory_equal(clear, card.dek.bytes, card.dek.len);
        assert_scp_ok(codings[i].aes_kcv_zeros ? scp_kcv_aes_zeros(&card.dek, kcv)
                                               : scp_kcv_aes(&card.dek, kcv));
        assert_memory_equal(parsed.keys[2].kcv.ptr, kcv, sizeof kcv);
    }
}

/* SCP02 with one base key wants one. */
static void one_base_key_is_one_key(void **state)
{
    struct fixture *f = *state;
    struct scp_session_context session = {.protocol = SCP_PROTOCOL_02, .i = 0x54, .kvn = 0x20};
    struct vault_card_keys handle;
    struct scp_keys keys;
    struct scp_put_key parsed;
    uint8_t buffer[256];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_scp_ok(vault_add_key_set(f->vault, "one", SCP_DIVERSIFY_EMV, &masters));
    assert_scp_ok(vault_card_keys(f->vault, "one", &handle, &keys));
    const struct vault_key_transfer transfer = {"one", 0x21, &keys, &session};
    scp_put_u8(&w, 0x21);
    assert_scp_ok(vault_code_keys(f->vault, &transfer, NULL, &w));
    assert_scp_ok(scp_put_key_parse(0, 0x01, scp_written(&w), &parsed));
    assert_int_equal(parsed.key_count, 1);
    assert_int_equal(parsed.keys[0].components[0].type, SCP_KEY_TYPE_DES);
}

static void key_set_of_unknown_masters_goes_nowhere(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[512];
    struct scp_writer dgis = scp_writer_on(buffer, sizeof buffer);
    const struct scp_session_context session = {.protocol = SCP_PROTOCOL_03, .i = 0x70};
    struct vault_card_keys handle;
    struct scp_keys keys;
    assert_scp_ok(vault_card_keys(f->vault, "isd-2021", &handle, &keys));
    const struct vault_key_transfer transfer = {"bank-x", 0x31, &keys, &session};
    assert_scp_error(KEY_UNAVAILABLE, vault_transfer_keys(f->vault, &transfer, &dgis));
    assert_scp_error(KEY_UNAVAILABLE, vault_code_keys(f->vault, &transfer, NULL, &dgis));
    assert_int_equal(dgis.len, 0);
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
        TEST(key_set_travels_under_the_sessions_key),
        TEST(key_set_is_coded_for_put_key),
        TEST(one_base_key_is_one_key),
        TEST(key_set_of_unknown_masters_goes_nowhere),
        TEST(unknown_key_set_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
