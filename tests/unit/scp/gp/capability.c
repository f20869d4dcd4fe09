#include "scp/gp/capability.h"
#include "tests/support/expect.h"

static void every_object_is_read(void **state)
{
    (void)state;
    struct scp_card_capability out;
    assert_int_equal(
        scp_card_capability_parse(HEX("673A A009 800103 810170 820107"
                                      "A00F 800181 810100 830400AE00A8 840120"
                                      "8103E5BEC0 82031E0300 83020102 840182 85017B 86010C 87027B01"
                                      "880100"),
                                  &out),
        SCP_OK);
    assert_int_equal(out.protocol_count, 2);
    assert_int_equal(out.protocols[0].protocol, 0x03);
    assert_hex(out.protocols[0].options, "70");
    assert_int_equal(out.protocols[0].key_sizes,
                     SCP_KEY_SIZE_AES_128 | SCP_KEY_SIZE_AES_192 | SCP_KEY_SIZE_AES_256);
    assert_hex(out.protocols[1].suites, "00AE00A8");
    assert_int_equal(out.protocols[1].pre_shared_max, 32);
    assert_hex(out.domain_privileges, "E5BEC0");
    assert_hex(out.application_privileges, "1E0300");
    assert_hex(out.hashes, "0102");
    assert_hex(out.load_file_ciphers, "82");
    assert_hex(out.token_ciphers, "7B");
    assert_hex(out.receipt_ciphers, "0C");
    assert_hex(out.dap_ciphers, "7B01");
    assert_hex(out.curves, "00");
}

static void a_second_tag_around_it_is_taken_off(void **state)
{
    (void)state;
    struct scp_card_capability out;
    assert_int_equal(scp_card_capability_parse(HEX("670A 6708 A006 800102 810155"), &out), SCP_OK);
    assert_int_equal(out.protocol_count, 1);
    assert_hex(out.protocols[0].options, "55");
    assert_int_equal(scp_card_capability_parse(HEX("A006 800102 810155"), &out), SCP_OK);
    assert_int_equal(out.protocol_count, 1);
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    struct scp_card_capability out;
    assert_int_equal(scp_card_capability_parse(SCP_EMPTY, &out), SCP_TRUNCATED);
    assert_int_equal(scp_card_capability_parse(HEX("6602 7300"), &out), SCP_MALFORMED);
    assert_int_equal(scp_card_capability_parse(HEX("6702 7300"), &out), SCP_MALFORMED);
    assert_int_equal(scp_card_capability_parse(HEX("6708 A006 800102 8102"), &out), SCP_TRUNCATED);
    assert_int_equal(
        scp_card_capability_parse(HEX("6712 A000A000A000A000A000A000A000A000A000"), &out),
        SCP_TOO_LONG);
}

static void signature_schemes_are_bits_or_bytes(void **state)
{
    (void)state;
    assert_true(scp_signature_supported(HEX("7B"), SCP_SIGNATURE_ECC_256));
    assert_false(scp_signature_supported(HEX("7B"), SCP_SIGNATURE_ECC_384));
    assert_true(scp_signature_supported(HEX("0002"), SCP_SIGNATURE_ECC_521));
    assert_false(scp_signature_supported(HEX("02"), SCP_SIGNATURE_ECC_521));
    assert_true(scp_signature_supported(HEX("01020840"), SCP_SIGNATURE_AES_128));
    assert_true(scp_signature_supported(HEX("01020840"), SCP_SIGNATURE_ECC_256));
    assert_false(scp_signature_supported(HEX("01020840"), SCP_SIGNATURE_DES_MAC));
    assert_false(scp_signature_supported(SCP_EMPTY, SCP_SIGNATURE_ECC_256));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_object_is_read),
        cmocka_unit_test(a_second_tag_around_it_is_taken_off),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(signature_schemes_are_bits_or_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
