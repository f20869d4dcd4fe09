/* Known answers of tests/vectors/emv.json, and what the inputs may not be. */
#include "scp/emv/cryptogram.h"
#include "tests/support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define VECTORS REBIND_SOURCE_DIR "/tests/vectors/emv.json"

static struct scp_bytes decode(const char *text, uint8_t *buffer, size_t cap)
{
    struct scp_writer w = scp_writer_on(buffer, cap);
    assert_int_equal(scp_hex_decode(text, &w), SCP_OK);
    return scp_written(&w);
}

static struct scp_bytes field(const json_t *of, const char *name, uint8_t *buffer, size_t cap)
{
    return decode(json_string_value(json_object_get(of, name)), buffer, cap);
}

static struct scp_key key_field(const json_t *of, const char *name)
{
    uint8_t bytes[SCP_KEY_MAX];
    struct scp_key key;
    assert_int_equal(scp_key_from(&key, field(of, name, bytes, sizeof bytes)), SCP_OK);
    return key;
}

static void assert_key(const struct scp_key *key, const json_t *of, const char *name)
{
    struct scp_key expected = key_field(of, name);
    assert_int_equal(key->len, expected.len);
    assert_memory_equal(key->bytes, expected.bytes, expected.len);
}

/* Decimal digits as tag 5A holds them. */
static struct scp_bytes pan_of(const char *digits, uint8_t buffer[SCP_EMV_PAN_MAX])
{
    char text[2 * SCP_EMV_PAN_MAX + 1] = {0};
    int len = snprintf(text, sizeof text, "%s%s", digits, strlen(digits) % 2 == 0 ? "" : "F");
    assert_true(len > 0 && (size_t)len < sizeof text);
    return decode(text, buffer, SCP_EMV_PAN_MAX);
}

static void check_card_key(const json_t *in, const json_t *expected)
{
    struct scp_key master = key_field(in, "issuer_master_key");
    uint8_t pan[SCP_EMV_PAN_MAX];
    uint8_t psn[1];
    (void)field(in, "psn", psn, sizeof psn);
    struct scp_key card;
    struct scp_bytes number = pan_of(json_string_value(json_object_get(in, "pan")), pan);
    bool hashed = strcmp(json_string_value(json_object_get(in, "option")), "B") == 0;
    assert_int_equal(hashed ? scp_emv_card_key_b(&master, number, psn[0], &card)
                            : scp_emv_card_key(&master, number, psn[0], &card),
                     SCP_OK);
    assert_key(&card, expected, "card_master_key");
}

static void check_cryptogram(const json_t *in, const json_t *expected)
{
    struct scp_key card = key_field(expected, "card_master_key");
    struct scp_key session;
    uint8_t value[8];
    (void)field(in, "session_diversifier", value, sizeof value);
    assert_int_equal(scp_emv_session_key_from(&card, value, &session), SCP_OK);
    assert_key(&session, expected, "session_key");

    uint8_t data[32];
    uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE];
    uint8_t answer[SCP_EMV_CRYPTOGRAM_SIZE];
    struct scp_bytes input = field(in, "cryptogram_data", data, sizeof data);
    bool zeros = strcmp(json_string_value(json_object_get(in, "cryptogram_padding")), "00") == 0;
    assert_int_equal(zeros ? scp_emv_cryptogram_zero_padded(&session, input, cryptogram)
                           : scp_emv_cryptogram(&session, input, cryptogram),
                     SCP_OK);
    (void)field(expected, "cryptogram", answer, sizeof answer);
    assert_memory_equal(cryptogram, answer, sizeof answer);
}

static void known_answers(void **state)
{
    (void)state;
    json_t *file = json_load_file(VECTORS, 0, NULL);
    assert_non_null(file);
    size_t checked = 0;
    size_t i = 0;
    json_t *record;
    json_array_foreach(json_object_get(file, "records"), i, record)
    {
        const json_t *in = json_object_get(record, "inputs");
        const json_t *expected = json_object_get(record, "expected");
        const char *kind = json_string_value(json_object_get(record, "kind"));
        if (strcmp(kind, "card-key-and-cryptogram") != 0)
            continue;
        check_cryptogram(in, expected);
        check_card_key(in, expected);
        checked++;
    }
    json_decref(file);
    assert_int_equal(checked, 7);
}

static void session_key_takes_the_counter_first(void **state)
{
    (void)state;
    struct scp_key card = {.len = 16, .bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
    const uint8_t value[8] = {0x12, 0x34, 0x77};
    struct scp_key by_counter;
    struct scp_key by_value;
    assert_int_equal(scp_emv_session_key(&card, 0x1234, &by_counter), SCP_OK);
    assert_int_equal(scp_emv_session_key_from(&card, value, &by_value), SCP_OK);
    assert_memory_equal(by_counter.bytes, by_value.bytes, 16);
}

static void wrong_inputs_are_refused(void **state)
{
    (void)state;
    struct scp_key master = {.len = 16};
    struct scp_key aes = {.len = 32};
    struct scp_key out;
    uint8_t mac[8];
    const uint8_t long_pan[13] = {0};
    assert_int_equal(scp_emv_card_key(&master, SCP_EMPTY, 0, &out), SCP_MALFORMED);
    assert_int_equal(scp_emv_card_key(&master, SCP_LITERAL(0xFF), 0, &out), SCP_MALFORMED);
    assert_int_equal(scp_emv_card_key(&master, SCP_LITERAL(0x1F, 0x23), 0, &out), SCP_MALFORMED);
    assert_int_equal(scp_emv_card_key(&master, SCP_LITERAL(0x1A), 0, &out), SCP_MALFORMED);
    assert_int_equal(scp_emv_card_key(&master, scp_bytes_of(long_pan, 11), 0, &out), SCP_TOO_LONG);
    assert_int_equal(scp_emv_card_key(&aes, SCP_LITERAL(0x12), 0, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_emv_session_key(&aes, 1, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_emv_session_key_pboc(&aes, 1, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_emv_session_key_xor(&aes, 1, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_emv_cryptogram_zero_padded(&master, SCP_EMPTY, mac), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_emv_response_2(&master, mac, scp_bytes_of(long_pan, 13), mac),
                     SCP_TOO_LONG);
    assert_int_equal(scp_emv_cryptogram(&aes, SCP_LITERAL(0x12), mac), SCP_OUT_OF_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(session_key_takes_the_counter_first),
        cmocka_unit_test(wrong_inputs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
