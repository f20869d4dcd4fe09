/* Diversification: the named schemes, templates and what is wrong with some. The known answers of
 * EMV, VISA2 and KDF3 are in tests/vectors too. */
#include "scp/crypto/diversify.h"
#include "tests/support/expect.h"

#include <string.h>

static const uint8_t sample_data[SCP_DIVERSIFICATION_DATA] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static struct scp_key key_of(size_t len, uint8_t first)
{
    struct scp_key key = {.len = len};
    for (size_t i = 0; i < len; i++)
        key.bytes[i] = (uint8_t)(first + i);
    return key;
}

static struct scp_key_set set_of(size_t len)
{
    return (struct scp_key_set){key_of(len, 0x40), key_of(len, 0x40), key_of(len, 0x40)};
}

/* Run a template over masters of one length. */
static enum scp_error run(const char *text, size_t master_len, struct scp_key_set *out)
{
    struct scp_diversifier diversifier;
    struct scp_diversifier_problem problem;
    struct scp_key_set masters = set_of(master_len);
    enum scp_error error = scp_diversifier_parse(text, &diversifier, &problem);
    if (error != SCP_OK)
        print_message("%zu: %s\n", problem.column, problem.text);
    assert_int_equal(error, SCP_OK);
    return scp_diversifier_run(&diversifier, &masters, sample_data, out);
}

static void assert_keys(const struct scp_key_set *set, const char *enc, const char *mac,
                        const char *dek)
{
    assert_hex(scp_key_bytes(&set->enc), enc);
    assert_hex(scp_key_bytes(&set->mac), mac);
    assert_hex(scp_key_bytes(&set->dek), dek);
}

/* ---- named schemes ------------------------------------------------------------------------- */

static void schemes_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "emv", "visa2", "kdf3", "visa", "sp800-108"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum scp_diversification scheme;
        assert_int_equal(scp_diversification_from_name(names[i], &scheme), SCP_OK);
        assert_string_equal(scp_diversification_name(scheme), names[i]);
    }
    enum scp_diversification scheme;
    assert_int_equal(scp_diversification_from_name("EMV", &scheme), SCP_NOT_FOUND);
    assert_int_equal(scp_diversification_from_name("", &scheme), SCP_NOT_FOUND);
    assert_string_equal(scp_diversification_name((enum scp_diversification)99), "?");
    assert_null(scp_diversification_template((enum scp_diversification)99));
}

/* Stored files name a scheme by its word, so that only the words must stay. */
static void diversified_keys_differ_from_each_other_and_the_master(void **state)
{
    (void)state;
    struct scp_key_set masters = set_of(16);
    for (int i = SCP_DIVERSIFY_EMV; i <= SCP_DIVERSIFY_SP800_108; i++) {
        struct scp_key_set out;
        assert_int_equal(scp_diversify((enum scp_diversification)i, &masters, sample_data, &out),
                         SCP_OK);
        assert_int_equal(out.dek.len, 16);
        assert_memory_not_equal(out.enc.bytes, masters.enc.bytes, 16);
        assert_memory_not_equal(out.enc.bytes, out.mac.bytes, 16);
        assert_memory_not_equal(out.mac.bytes, out.dek.bytes, 16);
    }
}

static void none_keeps_the_master(void **state)
{
    (void)state;
    struct scp_key_set masters = set_of(32);
    struct scp_key_set out;
    masters.dek.len = 0;
    memset(masters.dek.bytes, 0, sizeof masters.dek.bytes);
    assert_int_equal(scp_diversify(SCP_DIVERSIFY_NONE, &masters, sample_data, &out), SCP_OK);
    assert_memory_equal(&out, &masters, sizeof out);
}

static void a_master_that_does_not_fit_leaves_no_key(void **state)
{
    (void)state;
    struct scp_key_set masters = set_of(16);
    masters.dek.len = 32;
    struct scp_key_set out;
    struct scp_key_set zero;
    memset(&zero, 0, sizeof zero);
    assert_int_equal(scp_diversify(SCP_DIVERSIFY_EMV, &masters, sample_data, &out),
                     SCP_OUT_OF_RANGE);
    assert_memory_equal(&out, &zero, sizeof out);
    masters.dek.len = 0;
    assert_int_equal(scp_diversify(SCP_DIVERSIFY_KDF3, &masters, sample_data, &out),
                     SCP_OUT_OF_RANGE);
    assert_memory_equal(&out, &zero, sizeof out);
    assert_int_equal(scp_diversify((enum scp_diversification)99, &masters, sample_data, &out),
                     SCP_OUT_OF_RANGE);
}

/* ---- templates ----------------------------------------------------------------------------- */

/* Known answers: GlobalPlatformPro for the first three; OpenSSL (DES-EDE and its KBKDF) for the
 * others. */
static void a_template_says_what_a_scheme_does(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *text;
        size_t master_len;
        const char *enc, *mac, *dek;
    } cases[] = {
        {"visa2", "3des-ecb d[0] d[1] d[4..7] F0 n d[0..1] d[4..7] 0F n", 16,
         "8510FC973208218CA86888BCEC203635", "1068B5FB6F06C78C7A4DFC343B21C78F",
         "2DAEE809C71405FF259C3BE695A1F66E"},
        {"emv",
         "enc: 3des-ecb d[4..9] f001 d[4..9] 0f01; mac: 3des-ecb d[4..9] F002 d[4..9] 0F02; "
         "dek: 3des-ecb d[4..9] F003 d[4..9] 0F03",
         16, "0EF59FCBF8019B62E62AF6EA20B8BF25", "3E383EB6F2762B88155F76BDFED05A02",
         "64021E43C0C7D264A1C7C6D01E1C8761"},
        {"kdf3", "enc,mac,dek: aes-cmac i 00 00 00 n 00 d[0..9]", 32,
         "7E227C0F6D736A2492A356F83872F6814D3D38831E224DB731AAB0D1B51FAAF3",
         "4653585CCC5697947F08B821014966E30E885A5422B665CE96EDC25651B1D8D9",
         "2E4446700FA96B1010D2E5DA69E6BE3AF2431D4E27EB4B77D9239509899A358C"},
        {"visa", "3des-ecb d[0..3] d[8..9] F0 n d[0..3] d[8..9] 0F n", 16,
         "9D571A34BA99409A031AC42A86E1161B", "AE524656B2ED8D61223340F95097336F",
         "1FB3557D27E8C02941799686B5AA1ADE"},
        {"sp800-108", "aes-cmac i4 n 00 d l4", 16, "61934C0B5C53BF67A494526E8B2E11C1",
         "863699C324E393A736B530B362FAC9CB", "FE63F9C6C4CB62A82AC556296F6564F5"},
        {"sp800-108", "aes-cmac i4 n 00 d l4", 32,
         "975A7E16755C89CF0D2955C915793F77A03F2D29A20A6468B2A8206520771716",
         "E03B553C122AECB18C3ECA043C3D0670AE15EBD803CE9B8E40B9B71EADA61B45",
         "C28C7340AD560CE11BFB3640D109ACF982FCE469931572424888A45C1DC8EC42"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scp_key_set named;
        struct scp_key_set written;
        assert_int_equal(run(cases[i].name, cases[i].master_len, &named), SCP_OK);
        assert_int_equal(run(cases[i].text, cases[i].master_len, &written), SCP_OK);
        assert_keys(&named, cases[i].enc, cases[i].mac, cases[i].dek);
        assert_keys(&written, cases[i].enc, cases[i].mac, cases[i].dek);
    }
}

/* Known answers: OpenSSL, from AES-128, DES-EDE and AES-CMAC with the key 40..4F. */
static void each_key_may_have_a_method_of_its_own(void **state)
{
    (void)state;
    struct scp_key_set out;
    assert_int_equal(run("enc: aes-ecb d 000102030405; mac: aes-cmac 01 d; dek: copy", 16, &out),
                     SCP_OK);
    assert_keys(&out, "660CA9B6ACCC9BA89383E6E956F7127F", "B0B5A14D23739C3859D197B1DE4A36C1",
                "404142434445464748494A4B4C4D4E4F");
    assert_int_equal(run("dek,\tmac: 3des-cbc d 000102030405 ;\n enc:aes-cbc d[9] d[0] 00 n "
                         "000000000000000000000000 d 000102030405",
                         16, &out),
                     SCP_OK);
    assert_keys(&out, "78DF0844ED47F99EAF09E60721F0CAD88C052A0C538ADB4D61F2C34393CDE1E0",
                "F1D75E4F0D37C22CABCD09FEB69E2574", "F1D75E4F0D37C22CABCD09FEB69E2574");
}

static void a_cmac_that_does_not_count_makes_sixteen_bytes(void **state)
{
    (void)state;
    struct scp_key_set out;
    assert_int_equal(run("aes-cmac 01 d", 16, &out), SCP_OK);
    assert_int_equal(run("aes-cmac 01 d", 32, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(run("aes-cmac i 01 d l2", 24, &out), SCP_OK);
    assert_int_equal(out.mac.len, 24);
}

static void what_is_wrong_with_a_template_is_said_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t column;
        const char *problem;
    } cases[] = {
        {"", 1, "a method is copy, 3des-ecb, 3des-cbc, aes-ecb, aes-cbc or aes-cmac"},
        {"  EMV", 3, "a method is copy, 3des-ecb, 3des-cbc, aes-ecb, aes-cbc or aes-cmac"},
        {"copy d", 1, "copy takes no items"},
        {"aes-cmac", 1, "aes-cmac needs items"},
        {"aes-cmac 0", 10, "an item is hex bytes, d, d[4], d[4..9], n, i, i2, i4, l2 or l4"},
        {"aes-cmac 0G", 10, "an item is hex bytes, d, d[4], d[4..9], n, i, i2, i4, l2 or l4"},
        {"aes-cmac x", 10, "an item is hex bytes, d, d[4], d[4..9], n, i, i2, i4, l2 or l4"},
        {"aes-cmac d[10]", 10, "the data are written d, d[4] or d[4..9], with indexes from 0 to 9"},
        {"aes-cmac d[4.9]", 10,
         "the data are written d, d[4] or d[4..9], with indexes from 0 to 9"},
        {"aes-cmac d[4..", 10, "the data are written d, d[4] or d[4..9], with indexes from 0 to 9"},
        {"aes-cmac d[", 10, "the data are written d, d[4] or d[4..9], with indexes from 0 to 9"},
        {"aes-cmac d[4]]", 10, "the data are written d, d[4] or d[4..9], with indexes from 0 to 9"},
        {"aes-cmac d[9..4]", 10, "a part of the data ends before it begins"},
        {"3des-ecb d", 1, "3DES encrypts 16 or 24 bytes to a key"},
        {"enc: aes-ecb d", 6, "AES encrypts 16 or 32 bytes to a key"},
        {"aes-ecb i d 0102030405", 1, "only aes-cmac counts blocks and knows the key's length"},
        {"enc: copy; mac: copy", 21, "a key has no rule: enc, mac and dek need one each"},
        {"enc: copy; enc: copy", 12, "the key has a rule already"},
        {"enc,enc: copy", 5, "the key has a rule already"},
        {"enc,kek: copy", 5, "a key is enc, mac or dek"},
        {"enc copy", 5, "the keys of a rule end with a colon"},
        {"enc: copy; copy", 12, "only a rule that stands alone is for all keys"},
        {"copy; enc: copy", 7, "the key has a rule already"},
        {"copy;", 6, "only a rule that stands alone is for all keys"},
        {"copy:", 5, "an item is hex bytes, d, d[4], d[4..9], n, i, i2, i4, l2 or l4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scp_diversifier diversifier;
        struct scp_diversifier_problem problem;
        assert_int_equal(scp_diversifier_parse(cases[i].text, &diversifier, &problem),
                         SCP_MALFORMED);
        assert_string_equal(problem.text, cases[i].problem);
        assert_int_equal(problem.column, cases[i].column);
    }
}

static void a_rule_has_a_limit(void **state)
{
    (void)state;
    const size_t digits = 2 * (size_t)SCP_DIVERSIFIER_ITEMS_MAX;
    char text[16 + 2 * SCP_DIVERSIFIER_ITEMS_MAX + 3] = "aes-cmac ";
    struct scp_diversifier diversifier;
    struct scp_diversifier_problem problem;
    size_t at = strlen(text);
    memset(text + at, '0', digits);
    assert_int_equal(scp_diversifier_parse(text, &diversifier, &problem), SCP_OK);
    memset(text + at, '0', digits + 2);
    assert_int_equal(scp_diversifier_parse(text, &diversifier, &problem), SCP_MALFORMED);
    assert_string_equal(problem.text, "the rule is too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes_have_names),
        cmocka_unit_test(diversified_keys_differ_from_each_other_and_the_master),
        cmocka_unit_test(none_keeps_the_master),
        cmocka_unit_test(a_master_that_does_not_fit_leaves_no_key),
        cmocka_unit_test(a_template_says_what_a_scheme_does),
        cmocka_unit_test(each_key_may_have_a_method_of_its_own),
        cmocka_unit_test(a_cmac_that_does_not_count_makes_sixteen_bytes),
        cmocka_unit_test(what_is_wrong_with_a_template_is_said_and_where),
        cmocka_unit_test(a_rule_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
