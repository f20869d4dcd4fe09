/* Text: growth up to a cap, and encodings. */
#include "scp/host/text.h"

#include <string.h>

#include <jansson.h>

#include "tests/support/test.h"

static void text_grows_and_stays_terminated(void **state)
{
    (void)state;
    struct rebind_text text = rebind_text_new(10000);
    assert_string_equal(rebind_text_string(&text), "");
    for (int i = 0; i < 1000; i++)
        rebind_text_addf(&text, "%03d,", i);
    assert_int_equal(rebind_text_status(&text), SCP_OK);
    assert_int_equal(text.len, 4000);
    assert_int_equal(strlen(rebind_text_string(&text)), 4000);
    assert_memory_equal(text.ptr + 3992, "998,999,", 8);
    rebind_text_free(&text);
    assert_null(text.ptr);
}

static void text_error_sticks_at_the_cap(void **state)
{
    (void)state;
    struct rebind_text text = rebind_text_new(5);
    rebind_text_add(&text, "12345");
    assert_int_equal(rebind_text_status(&text), SCP_OK);
    rebind_text_add_char(&text, '6');
    assert_int_equal(rebind_text_status(&text), SCP_TOO_LONG);
    assert_string_equal(rebind_text_string(&text), "12345");
    rebind_text_clear(&text);
    rebind_text_add(&text, "abc");
    assert_int_equal(rebind_text_status(&text), SCP_OK);
    assert_string_equal(rebind_text_string(&text), "abc");
    rebind_text_free(&text);
}

/* Every pair of bytes, judged by a JSON parser that checks UTF-8 itself. */
static void json_string_is_valid_for_every_pair_of_bytes(void **state)
{
    (void)state;
    struct rebind_text text = rebind_text_new(1000);
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        const char bytes[4] = {(char)(pair >> 8), (char)pair, 'x', 'y'};
        rebind_text_clear(&text);
        rebind_text_add_json(&text, bytes, sizeof bytes);
        json_error_t error;
        json_t *value = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        assert_non_null(value);
        assert_true(json_string_length(value) >= 2);
        json_decref(value);
    }
    rebind_text_free(&text);
}

static void json_string_keeps_good_utf8_and_replaces_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"\xC3\xA9\xE4\xBA\xBA\xF0\x9F\x92\xB3", "\"\xC3\xA9\xE4\xBA\xBA\xF0\x9F\x92\xB3\""},
        {"\xC0\xAF", "\"\\ufffd\\ufffd\""},            /* overlong */
        {"\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, /* surrogate */
        {"\xF4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        {"a\xE4\xBA", "\"a\\ufffd\\ufffd\""}, /* cut */
        {"\"\\\x01\x7F", "\"\\\"\\\\\\u0001\\u007f\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rebind_text text = rebind_text_new(100);
        rebind_text_add_json(&text, rows[i].in, strlen(rows[i].in));
        assert_string_equal(rebind_text_string(&text), rows[i].out);
        rebind_text_free(&text);
    }
}

static void percent_encoding_leaves_only_unreserved_characters(void **state)
{
    (void)state;
    struct rebind_text text = rebind_text_new(100);
    rebind_text_add_percent(&text, "aZ09-._~/?#&=% \xC3\xA9");
    assert_string_equal(rebind_text_string(&text), "aZ09-._~%2F%3F%23%26%3D%25%20%C3%A9");
    rebind_text_free(&text);
}

/* RFC 4648 10, without its padding. */
static void base64url_agrees_with_the_vectors_of_the_standard(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF", "-_8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rebind_text text = rebind_text_new(100);
        rebind_text_add_base64url(&text, scp_bytes_of(rows[i][0], strlen(rows[i][0])));
        assert_string_equal(rebind_text_string(&text), rows[i][1]);
        rebind_text_free(&text);

        uint8_t buffer[16];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        assert_int_equal(rebind_base64url_decode(rows[i][1], &w), SCP_OK);
        assert_int_equal(w.len, strlen(rows[i][0]));
        assert_memory_equal(buffer, rows[i][0], w.len);
    }
}

static void base64url_decode_refuses_what_no_encoder_writes(void **state)
{
    (void)state;
    static const char *const bad[] = {"A", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm 9", "AAAAA"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t buffer[16];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        assert_int_equal(rebind_base64url_decode(bad[i], &w), SCP_MALFORMED);
    }
    uint8_t small[2];
    struct scp_writer w = scp_writer_on(small, sizeof small);
    assert_int_equal(rebind_base64url_decode("AAAA", &w), SCP_NO_SPACE);
}

static void time_is_written_as_rfc3339(void **state)
{
    (void)state;
    char time[REBIND_TIME_SIZE];
    assert_string_equal(rebind_time_format(0, time), "1970-01-01T00:00:00.000Z");
    assert_string_equal(rebind_time_format(951782400007, time), "2000-02-29T00:00:00.007Z");
    assert_string_equal(rebind_time_format(UINT64_MAX, time), "9999-12-31T23:59:59.999Z");
}

static void number_parse_takes_plain_decimals_up_to_the_limit(void **state)
{
    (void)state;
    uint64_t n = 1;
    assert_int_equal(rebind_number_parse("0", 0, &n), SCP_OK);
    assert_int_equal(n, 0);
    assert_int_equal(rebind_number_parse("18446744073709551615", UINT64_MAX, &n), SCP_OK);
    assert_true(n == UINT64_MAX);
    assert_int_equal(rebind_number_parse("18446744073709551616", UINT64_MAX, &n), SCP_OUT_OF_RANGE);
    assert_int_equal(rebind_number_parse("100", 99, &n), SCP_OUT_OF_RANGE);
    assert_int_equal(rebind_number_parse("9", 5, &n), SCP_OUT_OF_RANGE);
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "01", "0x1", "1e3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(rebind_number_parse(bad[i], 1000, &n), SCP_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_stays_terminated),
        cmocka_unit_test(text_error_sticks_at_the_cap),
        cmocka_unit_test(json_string_is_valid_for_every_pair_of_bytes),
        cmocka_unit_test(json_string_keeps_good_utf8_and_replaces_the_rest),
        cmocka_unit_test(percent_encoding_leaves_only_unreserved_characters),
        cmocka_unit_test(base64url_agrees_with_the_vectors_of_the_standard),
        cmocka_unit_test(base64url_decode_refuses_what_no_encoder_writes),
        cmocka_unit_test(time_is_written_as_rfc3339),
        cmocka_unit_test(number_parse_takes_plain_decimals_up_to_the_limit),
    };
    return cmocka_run_group_tests_name("scp_host_text", tests, NULL, NULL);
}
