#include "scp/gp/put_key.h"
#include "tests/support/expect.h"

#define AES_KEY HEX("3D0FA4B855D2A5AA4954B8B5DF582A3A")
#define DES_KEY HEX("7213DEBAC6A31AEBF4740A011783C7AC")

static struct scp_put_key one_key(struct scp_new_key key)
{
    return (struct scp_put_key){.kvn = 0x30, .first_key_id = 1, .keys = {key}, .key_count = 1};
}

static void assert_data(const struct scp_put_key *put_key, const char *expected)
{
    uint8_t buffer[128];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    assert_int_equal(scp_put_key_command(put_key, &w, &apdu), SCP_OK);
    assert_hex(apdu.data, expected);
}

static void cards_differ_in_the_inner_length(void **state)
{
    (void)state;
    const struct scp_put_key_quirks quirks = {.aes_bare = true, .des_length = true};
    struct scp_bytes kcv = HEX("C35280");
    struct scp_put_key put_key =
        one_key(scp_symmetric_key(SCP_KEY_TYPE_AES, AES_KEY, 16, kcv, NULL));
    assert_data(&put_key, "308811103D0FA4B855D2A5AA4954B8B5DF582A3A03C35280");
    put_key = one_key(scp_symmetric_key(SCP_KEY_TYPE_AES, AES_KEY, 16, kcv, &quirks));
    assert_data(&put_key, "3088103D0FA4B855D2A5AA4954B8B5DF582A3A03C35280");
    put_key = one_key(scp_symmetric_key(SCP_KEY_TYPE_DES, DES_KEY, 16, kcv, NULL));
    assert_data(&put_key, "3080107213DEBAC6A31AEBF4740A011783C7AC03C35280");
    put_key = one_key(scp_symmetric_key(SCP_KEY_TYPE_DES, DES_KEY, 16, kcv, &quirks));
    assert_data(&put_key, "308011107213DEBAC6A31AEBF4740A011783C7AC03C35280");
}

static void a_card_reads_either_form(void **state)
{
    (void)state;
    struct scp_put_key out;
    assert_int_equal(scp_put_key_parse(
                         0x01, 0x01, HEX("308811103D0FA4B855D2A5AA4954B8B5DF582A3A03C35280"), &out),
                     SCP_OK);
    assert_int_equal(out.replaced_kvn, 0x01);
    assert_int_equal(out.kvn, 0x30);
    assert_int_equal(out.key_count, 1);
    assert_int_equal(out.keys[0].components[0].clear_len, 16);
    assert_true(out.keys[0].components[0].inner_length);
    assert_hex(out.keys[0].components[0].value, "3D0FA4B855D2A5AA4954B8B5DF582A3A");
    assert_hex(out.keys[0].kcv, "C35280");
    assert_int_equal(
        scp_put_key_parse(0x00, 0x01, HEX("3080107213DEBAC6A31AEBF4740A011783C7AC03C35280"), &out),
        SCP_OK);
    assert_false(out.keys[0].components[0].inner_length);
    assert_int_equal(out.keys[0].components[0].clear_len, 16);
}

static void an_aes_192_key_keeps_its_clear_length(void **state)
{
    (void)state;
    uint8_t encrypted[32] = {0x5A};
    uint8_t buffer[64];
    struct scp_put_key put_key =
        one_key(scp_symmetric_key(SCP_KEY_TYPE_AES, SCP_BYTES(encrypted), 24, HEX("010203"), NULL));
    struct scp_put_key out;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OK);
    assert_hex(scp_bytes_slice(apdu.data, 0, 4), "30882118");
    assert_int_equal(scp_put_key_parse(apdu.p1, apdu.p2, apdu.data, &out), SCP_OK);
    assert_int_equal(out.keys[0].components[0].clear_len, 24);
    assert_int_equal(out.keys[0].components[0].value.len, 32);
    const struct scp_put_key_quirks bare = {.aes_bare = true};
    put_key = one_key(
        scp_symmetric_key(SCP_KEY_TYPE_AES, SCP_BYTES(encrypted), 24, HEX("010203"), &bare));
    assert_true(put_key.keys[0].components[0].inner_length);
    put_key =
        one_key(scp_symmetric_key(SCP_KEY_TYPE_DES, SCP_BYTES(encrypted), 24, HEX("010203"), NULL));
    assert_true(put_key.keys[0].components[0].inner_length);
}

static void a_public_key_of_two_components_without_check_value_is_read(void **state)
{
    (void)state;
    struct scp_put_key out;
    assert_int_equal(scp_put_key_parse(0, 1, HEX("70A104C1C2C3C4A00301000100"), &out), SCP_OK);
    assert_int_equal(out.key_count, 1);
    assert_int_equal(out.keys[0].component_count, 2);
    assert_int_equal(out.keys[0].components[1].type, SCP_KEY_TYPE_RSA_EXPONENT);
    assert_hex(out.keys[0].components[1].value, "010001");
    assert_int_equal(out.keys[0].kcv.len, 0);
}

/* Tables 11-73 and 11-75: no key check mechanism, so a length of 00 ends the key. */
static void public_keys_are_built_without_check_value(void **state)
{
    (void)state;
    struct scp_put_key put_key = one_key(scp_rsa_public_key(HEX("C1C2C3C4"), HEX("010001")));
    assert_data(&put_key, "30A104C1C2C3C4A00301000100");
    put_key = one_key(scp_ec_public_key(HEX("04AABB"), HEX("00")));
    assert_data(&put_key, "30B00304AABBF0010000");
}

/* 256 bytes of a modulus take a length of three bytes, and the command is cut. */
static void a_long_modulus_makes_a_long_command(void **state)
{
    (void)state;
    static const uint8_t modulus[256] = {0xC1};
    uint8_t buffer[300];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    struct scp_put_key out;
    struct scp_put_key put_key = one_key(scp_rsa_public_key(SCP_BYTES(modulus), HEX("010001")));
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OK);
    assert_int_equal(apdu.data.len, 1 + 4 + 256 + 5 + 1);
    assert_int_equal(scp_put_key_parse(apdu.p1, apdu.p2, apdu.data, &out), SCP_OK);
    assert_int_equal(out.keys[0].components[0].value.len, 256);
}

/* Table 11-69. */
static void the_extended_format_carries_usage_and_access(void **state)
{
    (void)state;
    struct scp_put_key put_key =
        one_key(scp_symmetric_key(SCP_KEY_TYPE_AES, AES_KEY, 16, HEX("C35280"), NULL));
    put_key.keys[0].extended = true;
    put_key.keys[0].usage = HEX("38");
    put_key.keys[0].access = HEX("01");
    put_key.keys[1] = scp_ec_public_key(HEX("04AABB"), HEX("00"));
    put_key.keys[1].extended = true;
    put_key.key_count = 2;
    assert_data(&put_key, "30FF8811103D0FA4B855D2A5AA4954B8B5DF582A3A03C3528001380101"
                          "FFB00304AABBFFF00100000000");
    uint8_t buffer[128];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    struct scp_put_key out;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OK);
    assert_int_equal(apdu.p2, 0x81);
    assert_int_equal(scp_put_key_parse(apdu.p1, apdu.p2, apdu.data, &out), SCP_OK);
    assert_int_equal(out.key_count, 2);
    assert_true(out.keys[0].extended);
    assert_int_equal(out.keys[0].components[0].clear_len, 16);
    assert_hex(out.keys[0].usage, "38");
    assert_hex(out.keys[0].access, "01");
    assert_int_equal(out.keys[1].component_count, 2);
    assert_int_equal(out.keys[1].usage.len, 0);
    put_key.keys[1].extended = false;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
}

/* A private exponent of 128 bytes: its length stands before it in two bytes, or in one. */
static void an_inner_length_may_take_two_bytes(void **state)
{
    (void)state;
    uint8_t buffer[160];
    struct scp_put_key out;
    for (size_t size = 1; size <= 2; size++) {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        scp_put(&w, HEX("70A381"));
        scp_put_u8(&w, (uint8_t)(size + 128));
        scp_put(&w, size == 1 ? HEX("80") : HEX("8180"));
        scp_put_fill(&w, 0x5A, 128);
        scp_put_u8(&w, 0);
        assert_int_equal(scp_put_key_parse(0, 1, scp_written(&w), &out), SCP_OK);
        assert_true(out.keys[0].components[0].inner_length);
        assert_int_equal(out.keys[0].components[0].clear_len, 128);
        assert_int_equal(out.keys[0].components[0].value.len, 128);
    }
}

static void key_data_fields_of_someone_else_are_sent_as_they_are(void **state)
{
    (void)state;
    struct scp_put_key put_key = {.kvn = 0x30, .first_key_id = 1, .coded = HEX("A0010300")};
    assert_data(&put_key, "30A0010300");
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30")), SCP_OK);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30AABBCC")), SCP_OK);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("31AABBCC")), SCP_MISMATCH);
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu apdu;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OK);
    assert_int_equal(apdu.p2, 0x01);
    put_key.coded_several = true;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OK);
    assert_int_equal(apdu.p2, 0x81);
    put_key.coded_several = false;
    put_key.keys[0] = scp_rsa_public_key(HEX("C1"), HEX("03"));
    put_key.key_count = 1;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OK);
    assert_hex(apdu.data, "30A101C1A0010300A0010300");
    assert_int_equal(apdu.p2, 0x81);
    put_key.coded_several = true;
    put_key.key_count = 0;
    put_key.coded = SCP_EMPTY;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
}

static void broken_key_data_are_refused(void **state)
{
    (void)state;
    struct scp_put_key out;
    assert_int_equal(scp_put_key_parse(0, 1, HEX("30"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_put_key_parse(0, 1, HEX("308808AABB"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_put_key_parse(0, 1, HEX("3080080011223344556677"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_put_key_parse(0, 1, HEX("308009FF001122334455667700"), &out),
                     SCP_MALFORMED);
    assert_int_equal(scp_put_key_parse(0, 1, HEX("30FF800800112233445566770000"), &out),
                     SCP_TRUNCATED);
    assert_int_equal(scp_put_key_parse(0, 1, HEX("30800AAA00001122334455667700"), &out),
                     SCP_MALFORMED);
    assert_int_equal(
        scp_put_key_parse(0, 0x81, HEX("308008001122334455667700 FF8008001122334455667700 0000"),
                          &out),
        SCP_MALFORMED);
    assert_int_equal(
        scp_put_key_parse(0, 0x81, HEX("30FF8008001122334455667700 0000 80080011223344556677 00"),
                          &out),
        SCP_MALFORMED);
    assert_int_equal(
        scp_put_key_parse(0, 1, HEX("308008001122334455667700 80080011223344556677 00"), &out),
        SCP_MALFORMED);
}

static void a_key_version_number_outside_its_range_is_not_sent(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_put_key put_key =
        one_key(scp_symmetric_key(SCP_KEY_TYPE_AES, AES_KEY, 16, HEX("010203"), NULL));
    put_key.kvn = 0;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
    put_key.kvn = 0x80;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
    put_key.kvn = 0x30;
    put_key.replaced_kvn = 0xFF;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
    put_key.replaced_kvn = 0x7F;
    put_key.kvn = 0x7F;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OK);
    put_key.kvn = 0x01;
    w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OK);
    put_key.first_key_id = 0x80;
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
}

static void as_many_keys_as_the_limit_are_sent(void **state)
{
    (void)state;
    uint8_t buffer[128];
    struct scp_apdu apdu;
    const struct scp_new_key key = scp_rsa_public_key(HEX("C1"), HEX("03"));
    struct scp_put_key put_key = {.kvn = 0x30};
    for (size_t i = 0; i < SCP_PUT_KEY_MAX; i++)
        put_key.keys[i] = key;
    for (size_t count = SCP_PUT_KEY_MAX; count <= SCP_PUT_KEY_MAX + 1; count++) {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        put_key.key_count = count;
        assert_int_equal(scp_put_key_command(&put_key, &w, &apdu),
                         count > SCP_PUT_KEY_MAX ? SCP_OUT_OF_RANGE : SCP_OK);
    }
}

static void a_key_has_components_and_a_short_check_value(void **state)
{
    (void)state;
    static const uint8_t long_kcv[128];
    uint8_t buffer[256];
    struct scp_apdu apdu;
    struct scp_put_key put_key = one_key((struct scp_new_key){.component_count = 0});
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
    put_key = one_key(scp_rsa_public_key(HEX("C1"), HEX("03")));
    put_key.keys[0].component_count = SCP_KEY_COMPONENTS_MAX + 1;
    w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
    put_key = one_key(scp_rsa_public_key(HEX("C1"), HEX("03")));
    put_key.keys[0].kcv = SCP_BYTES(long_kcv);
    w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_put_key_command(&put_key, &w, &apdu), SCP_OUT_OF_RANGE);
}

/* Table 11-16, and which components the tables of 11.8.2.3 encrypt. */
static void secret_components_are_told_from_public_ones(void **state)
{
    (void)state;
    static const uint8_t secret[] = {0x80, 0x85, 0x88, 0x90, 0x9F, 0xA2, 0xA3, 0xA8, 0xB1};
    static const uint8_t open[] = {0x7F, 0xA0, 0xA1, 0xA9, 0xB0, 0xB2, 0xB7, 0xF0, 0xFF};
    for (size_t i = 0; i < sizeof secret; i++)
        assert_true(scp_key_type_is_secret(secret[i]));
    for (size_t i = 0; i < sizeof open; i++)
        assert_false(scp_key_type_is_secret(open[i]));
}

static void only_the_right_answer_confirms(void **state)
{
    (void)state;
    struct scp_put_key put_key =
        one_key(scp_symmetric_key(SCP_KEY_TYPE_AES, AES_KEY, 16, HEX("C35280"), NULL));
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30C35280")), SCP_OK);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30")), SCP_OK);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("31")), SCP_MISMATCH);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30C35281")), SCP_MISMATCH);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30C352")), SCP_MISMATCH);
    assert_int_equal(scp_put_key_confirm(&put_key, SCP_EMPTY), SCP_TRUNCATED);
    put_key.keys[1] = put_key.keys[0];
    put_key.keys[1].kcv = HEX("013808");
    put_key.key_count = 2;
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30C35280013808")), SCP_OK);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30C35280013809")), SCP_MISMATCH);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30C35280")), SCP_MISMATCH);
    assert_int_equal(scp_put_key_confirm(&put_key, HEX("30C3528001380800")), SCP_MISMATCH);
}

static void more_than_the_limits_is_refused(void **state)
{
    (void)state;
    uint8_t buffer[128];
    struct scp_put_key out;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_u8(&w, 0x30);
    for (size_t i = 0; i < SCP_PUT_KEY_MAX; i++)
        scp_put(&w, HEX("A002AABB00"));
    assert_int_equal(scp_put_key_parse(0, 0x81, scp_written(&w), &out), SCP_OK);
    scp_put(&w, HEX("A002AABB00"));
    assert_int_equal(scp_put_key_parse(0, 0x81, scp_written(&w), &out), SCP_TOO_LONG);
    assert_int_equal(
        scp_put_key_parse(
            0, 1, HEX("70 B001AA B201AA B301AA B401AA B501AA B601AA B701AA B701AA B701AA 00"),
            &out),
        SCP_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_differ_in_the_inner_length),
        cmocka_unit_test(a_card_reads_either_form),
        cmocka_unit_test(an_aes_192_key_keeps_its_clear_length),
        cmocka_unit_test(a_public_key_of_two_components_without_check_value_is_read),
        cmocka_unit_test(public_keys_are_built_without_check_value),
        cmocka_unit_test(a_long_modulus_makes_a_long_command),
        cmocka_unit_test(the_extended_format_carries_usage_and_access),
        cmocka_unit_test(an_inner_length_may_take_two_bytes),
        cmocka_unit_test(key_data_fields_of_someone_else_are_sent_as_they_are),
        cmocka_unit_test(broken_key_data_are_refused),
        cmocka_unit_test(a_key_version_number_outside_its_range_is_not_sent),
        cmocka_unit_test(as_many_keys_as_the_limit_are_sent),
        cmocka_unit_test(a_key_has_components_and_a_short_check_value),
        cmocka_unit_test(secret_components_are_told_from_public_ones),
        cmocka_unit_test(only_the_right_answer_confirms),
        cmocka_unit_test(more_than_the_limits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
