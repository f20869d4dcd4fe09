/* From a bank's sealed record to a card's DGIs, and the proof that the card has taken them. */
#include "tests/unit/ota-server/vault/support.h"

#include "ota-server/vault/record.h"
#include "scp/channel/card_channel.h"
#include "scp/emv/cryptogram.h"

#include <stdio.h>
#include <string.h>

/* 5A, 5F24, DF01 (sixteen bytes), DF10 (eight), and a long 5F20 for a long DGI. */
static const char record_hex[] = "5A086228480402564890"
                                 "5F2403301231"
                                 "DF0110 0123456789ABCDEF1032547698BADCFE"
                                 "DF1008 2412341FFFFFFFFF"
                                 "57820100";

enum { TRACK_LEN = 256 };

static const struct vault_dgi dgis[] = {
    {"70(5A 5F24)", 0x0101, false},
    {"#DF01", 0x8000, true},
    {"#DF10", 0x8010, true},
    {"57", 0x0102, false},
};

static const struct vault_record_purpose purpose = {"bank-a/debit", "C1"};

/* The clear record; `w` has room for it. */
static void put_record(struct scp_writer *w)
{
    assert_scp_ok(scp_hex_decode(record_hex, w));
    scp_put_fill(w, 0x62, TRACK_LEN);
    assert_scp_ok(scp_writer_status(w));
}

static struct scp_bytes sealed_record(uint8_t *buffer, size_t cap)
{
    uint8_t clear[512];
    const uint8_t nonce[12] = {3};
    struct scp_writer c = scp_writer_on(clear, sizeof clear);
    struct scp_writer w = scp_writer_on(buffer, cap);
    put_record(&c);
    assert_scp_ok(vault_record_seal(&bank_key, &purpose, nonce, scp_written(&c), &w));
    return scp_written(&w);
}

static struct vault_record record_of(struct scp_bytes sealed)
{
    return (struct vault_record){"bank-a", "bank-a/debit", "C1", sealed};
}

/* A session between the vault and a card that has its own keys. */
struct session {
    struct vault_card_keys handle;
    struct scp_keys keys;
    struct scp_channel ch;
    struct scp_card_channel cc;
};

static void open_session(struct session *s, struct fixture *f, enum scp_protocol protocol,
                         uint8_t i)
{
    const uint8_t host_challenge[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t answer[SCP_INIT_UPDATE_RESPONSE_MAX], command[SCP_APDU_MAX];
    struct scp_writer a = scp_writer_on(answer, sizeof answer);
    struct scp_writer c = scp_writer_on(command, sizeof command);
    struct scp_key_set card_keys;
    const struct scp_card_channel_setup setup = {
        .protocol = protocol, .i = i, .kvn = 0x30, .diversification_data = {4}, .counter = 5};
    const struct scp_channel_params params = {
        .protocol = protocol, .i = i, .kvn = 0x30, .level = SCP_LEVEL_C_MAC | SCP_LEVEL_C_ENC};
    const bool is_des = protocol == SCP_PROTOCOL_02;
    memset(s, 0, sizeof *s);
    assert_scp_ok(scp_diversify(is_des ? SCP_DIVERSIFY_EMV : SCP_DIVERSIFY_KDF3, &masters,
                                setup.diversification_data, &card_keys));
    assert_scp_ok(vault_card_keys(f->vault, is_des ? "isd-des" : "isd-2021", &s->handle, &s->keys));
    assert_scp_ok(scp_channel_begin(&s->ch, &params, SCP_BYTES(host_challenge), &c));
    assert_scp_ok(
        scp_card_channel_initialize(&s->cc, &setup, &card_keys, SCP_BYTES(host_challenge), &a));
    assert_scp_ok(scp_channel_open(&s->ch, &s->keys, scp_written(&a)));
    c = scp_writer_on(command, sizeof command);
    assert_scp_ok(scp_channel_authenticate(&s->ch, &c));
    assert_scp_ok(scp_card_channel_authenticate(&s->cc, scp_written(&c)));
}

static void close_session(struct session *s)
{
    scp_channel_fini(&s->ch);
    scp_card_channel_fini(&s->cc);
}

static struct vault_transcrypt_request request_for(const struct session *s, struct scp_bytes sealed)
{
    return (struct vault_transcrypt_request){
        .record = record_of(sealed),
        .dgis = dgis,
        .dgi_count = sizeof dgis / sizeof dgis[0],
        .keys = &s->keys,
        .session = &s->ch.session,
    };
}

static struct scp_bytes get_dgi(struct scp_reader *r, uint16_t id)
{
    assert_int_equal(scp_get_u16(r), id);
    size_t len = scp_get_u8(r);
    if (len == 0xFF)
        len = scp_get_u16(r);
    return scp_get(r, len);
}

static void assert_hex(struct scp_bytes got, const char *hex)
{
    uint8_t expected[64];
    struct scp_writer w = scp_writer_on(expected, sizeof expected);
    assert_scp_ok(scp_hex_decode(hex, &w));
    assert_true(scp_bytes_equal(got, scp_written(&w)));
}

/* The card decrypts with keys that it derived itself. */
static void assert_card_reads(const struct session *s, struct scp_bytes cipher, const char *hex)
{
    uint8_t clear[64];
    assert_true(cipher.len <= sizeof clear);
    assert_scp_ok(scp_card_channel_dek_decrypt(&s->cc, cipher, clear));
    assert_hex(scp_bytes_of(clear, cipher.len), hex);
}

static void assert_transcribed(struct fixture *f, enum scp_protocol protocol, uint8_t i,
                               const char *pin_block)
{
    struct session s;
    uint8_t sealed[1024], out[1024];
    struct vault_problem problem;
    struct scp_writer w = scp_writer_on(out, sizeof out);
    open_session(&s, f, protocol, i);
    const struct vault_transcrypt_request request =
        request_for(&s, sealed_record(sealed, sizeof sealed));
    assert_scp_ok(vault_transcrypt(f->vault, &request, &w, &problem));
    struct scp_reader r = scp_reader_on(scp_written(&w));
    assert_hex(get_dgi(&r, 0x0101), "7010 5A086228480402564890 5F2403301231");
    assert_card_reads(&s, get_dgi(&r, 0x8000), "0123456789ABCDEF1032547698BADCFE");
    assert_card_reads(&s, get_dgi(&r, 0x8010), pin_block);
    assert_int_equal(get_dgi(&r, 0x0102).len, 4 + TRACK_LEN);
    assert_scp_ok(scp_reader_end(&r));
    close_session(&s);
}

static void card_reads_what_the_bank_sealed(void **state)
{
    struct fixture *f = *state;
    assert_scp_ok(vault_add_key_set(f->vault, "isd-des", SCP_DIVERSIFY_EMV, &masters));
    assert_transcribed(f, SCP_PROTOCOL_02, 0x55, "2412341FFFFFFFFF");
    assert_transcribed(f, SCP_PROTOCOL_03, 0x70, "2412341FFFFFFFFF 8000000000000000");
}

static void record_for_another_card_product_or_bank_is_refused(void **state)
{
    struct fixture *f = *state;
    struct session s;
    uint8_t sealed[1024], out[1024];
    struct vault_problem problem;
    struct scp_writer w = scp_writer_on(out, sizeof out);
    assert_scp_ok(vault_add_bank_key(f->vault, "bank-b", &bank_key));
    open_session(&s, f, SCP_PROTOCOL_03, 0x70);
    struct vault_transcrypt_request request = request_for(&s, sealed_record(sealed, sizeof sealed));
    request.record.card = "C2";
    assert_scp_error(BAD_MAC, vault_transcrypt(f->vault, &request, &w, &problem));
    assert_int_equal(problem.dgi, request.dgi_count);
    request.record.card = "C1";
    request.record.product = "bank-a/credit";
    assert_scp_error(BAD_MAC, vault_transcrypt(f->vault, &request, &w, NULL));
    request.record.product = "bank-a/debit";
    request.record.bank = "bank-b";
    assert_scp_error(KEY_UNAVAILABLE, vault_transcrypt(f->vault, &request, &w, NULL));
    request.record.bank = "bank-c";
    request.record.product = "bank-c/debit";
    assert_scp_error(KEY_UNAVAILABLE, vault_transcrypt(f->vault, &request, &w, NULL));
    assert_int_equal(w.len, 0);
    close_session(&s);
}

static void missing_object_is_told_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct session s;
    uint8_t sealed[1024], out[1024] = {0};
    struct vault_problem problem;
    const uint8_t zeros[64] = {0};
    const struct vault_dgi lacking[] = {{"70(5A)", 0x0101, false}, {"#DF01 #DF02", 0x8000, true}};
    struct scp_writer w = scp_writer_on(out, sizeof out);
    open_session(&s, f, SCP_PROTOCOL_03, 0x70);
    struct vault_transcrypt_request request = request_for(&s, sealed_record(sealed, sizeof sealed));
    request.dgis = lacking;
    request.dgi_count = 2;
    assert_scp_error(NOT_FOUND, vault_transcrypt(f->vault, &request, &w, &problem));
    assert_int_equal(problem.dgi, 1);
    assert_int_equal(problem.position, 6);
    assert_string_equal(problem.text, "the record has no such object");
    assert_int_equal(w.len, 0);
    assert_memory_equal(out, zeros, sizeof zeros);
    assert_scp_error(NOT_FOUND,
                     vault_check_record(f->vault, &request.record, lacking, 2, &problem));
    assert_scp_ok(vault_check_record(f->vault, &request.record, dgis, 4, &problem));
    close_session(&s);
}

static void record_that_is_no_tlv_is_malformed(void **state)
{
    struct fixture *f = *state;
    uint8_t sealed[128];
    const uint8_t nonce[12] = {3};
    struct vault_problem problem;
    struct scp_writer w = scp_writer_on(sealed, sizeof sealed);
    assert_scp_ok(vault_record_seal(&bank_key, &purpose, nonce, SCP_LITERAL(0x5A, 0x05, 0x01), &w));
    const struct vault_record record = record_of(scp_written(&w));
    assert_scp_error(MALFORMED, vault_check_record(f->vault, &record, dgis, 1, &problem));
    assert_int_equal(problem.dgi, 1);
}

static void value_over_the_limit_is_too_long(void **state)
{
    struct fixture *f = *state;
    char text[3 + 2 * VAULT_DGI_MAX + 1] = "87=";
    uint8_t sealed[1024];
    struct vault_problem problem;
    memset(text + 3, '0', sizeof text - 4);
    const struct vault_dgi dgi = {text, 0x0101, false};
    const struct vault_record record = record_of(sealed_record(sealed, sizeof sealed));
    assert_scp_error(TOO_LONG, vault_check_record(f->vault, &record, &dgi, 1, &problem));
    assert_int_equal(problem.dgi, 0);
}

static void full_output_is_no_space(void **state)
{
    struct fixture *f = *state;
    struct session s;
    uint8_t sealed[1024], out[30];
    struct scp_writer w = scp_writer_on(out, sizeof out);
    open_session(&s, f, SCP_PROTOCOL_03, 0x70);
    const struct vault_transcrypt_request request =
        request_for(&s, sealed_record(sealed, sizeof sealed));
    assert_scp_error(NO_SPACE, vault_transcrypt(f->vault, &request, &w, NULL));
    assert_int_equal(w.len, 0);
    close_session(&s);
}

static void cryptogram_of_the_banks_key_is_the_proof(void **state)
{
    struct fixture *f = *state;
    uint8_t sealed[1024];
    struct scp_key card_key, session_key;
    const uint8_t input[] = {0x00, 0x00, 0x00, 0x01, 0x39, 0x00, 0x00, 0x07};
    struct vault_cryptogram_request request = {
        .record = record_of(sealed_record(sealed, sizeof sealed)),
        .input = SCP_BYTES(input),
        .atc = 7,
    };
    assert_scp_ok(
        scp_key_from(&card_key, SCP_LITERAL(0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x10,
                                            0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE)));
    assert_scp_ok(scp_emv_session_key(&card_key, 7, &session_key));
    assert_scp_ok(scp_emv_cryptogram(&session_key, SCP_BYTES(input), request.cryptogram));
    assert_scp_ok(vault_verify_cryptogram(f->vault, &request));
    request.atc = 8;
    assert_scp_error(BAD_CRYPTOGRAM, vault_verify_cryptogram(f->vault, &request));
    request.atc = 7;
    request.cryptogram[7] ^= 1;
    assert_scp_error(BAD_CRYPTOGRAM, vault_verify_cryptogram(f->vault, &request));
    request.record.card = "C2";
    assert_scp_error(BAD_MAC, vault_verify_cryptogram(f->vault, &request));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(card_reads_what_the_bank_sealed),
        TEST(record_for_another_card_product_or_bank_is_refused),
        TEST(missing_object_is_told_and_leaves_nothing),
        TEST(record_that_is_no_tlv_is_malformed),
        TEST(value_over_the_limit_is_too_long),
        TEST(full_output_is_no_space),
        TEST(cryptogram_of_the_banks_key_is_the_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
