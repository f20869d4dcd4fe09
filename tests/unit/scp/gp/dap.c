#include "scp/gp/dap.h"
#include "tests/support/expect.h"
#include "tests/unit/scp/crypto/sample_keys.h"

enum { FILE_MAX = 2048 };

static const uint8_t random_bytes[SCP_SIGNATURE_RANDOM] = {7};

static struct scp_digest hash_of(enum scp_hash hash, struct scp_bytes data_block)
{
    struct scp_digest digest;
    assert_int_equal(scp_data_block_hash(hash, data_block, &digest), SCP_OK);
    return digest;
}

/* Signed, written into a load file, read back, found by its domain, verified. */
static void a_dap_round_trips_under_every_key(void **state)
{
    (void)state;
    struct scp_digest digest = hash_of(SCP_HASH_SHA512, HEX("0102030405"));
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++) {
        uint8_t signature[SCP_SIGNATURE_MAX], file[FILE_MAX];
        struct scp_signature_key private = sample_key(i);
        struct scp_signature_key public = sample_public(i);
        struct scp_writer s = scp_writer_on(signature, sizeof signature);
        struct scp_writer w = scp_writer_on(file, sizeof file);
        struct scp_load_file parsed;
        struct scp_dap dap;
        assert_int_equal(scp_aid_parse(&dap.security_domain, "A000000151"), SCP_OK);
        assert_int_equal(scp_dap_sign(&private, random_bytes, scp_digest_bytes(&digest), &s),
                         SCP_OK);
        dap.signature = scp_written(&s);
        scp_put_load_file(&w, &dap, 1, HEX("0102030405"));
        assert_int_equal(scp_load_file_parse(scp_written(&w), &parsed), SCP_OK);
        const struct scp_dap *found = scp_dap_find(&parsed, &dap.security_domain);
        assert_int_equal(scp_dap_verify(&public, found, scp_digest_bytes(&digest)), SCP_OK);
        digest.bytes[0] ^= 0x80;
        assert_int_equal(scp_dap_verify(&public, found, scp_digest_bytes(&digest)),
                         SCP_BAD_SIGNATURE);
        digest.bytes[0] ^= 0x80;
    }
}

static void a_missing_block_is_no_signature(void **state)
{
    (void)state;
    struct scp_load_file parsed;
    struct scp_aid other;
    struct scp_signature_key key = sample_key(SAMPLE_AES_128);
    assert_int_equal(scp_aid_parse(&other, "A000000152"), SCP_OK);
    assert_int_equal(scp_load_file_parse(HEX("E20A4F05A000000151C301AAC40101"), &parsed), SCP_OK);
    const struct scp_dap *found = scp_dap_find(&parsed, &other);
    assert_null(found);
    assert_int_equal(scp_dap_verify(&key, found, HEX("00")), SCP_NOT_FOUND);
}

/* Table C-3 and Amendment D, table 8-1. */
static void a_key_wants_a_hash_of_its_strength(void **state)
{
    (void)state;
    static const struct {
        enum sample_key key;
        enum scp_hash weakest;
    } rules[] = {
        {SAMPLE_DES, SCP_HASH_SHA1},       {SAMPLE_AES_128, SCP_HASH_SHA256},
        {SAMPLE_AES_192, SCP_HASH_SHA384}, {SAMPLE_AES_256, SCP_HASH_SHA512},
        {SAMPLE_RSA_1024, SCP_HASH_SHA1},  {SAMPLE_RSA_2048, SCP_HASH_SHA256},
        {SAMPLE_P256, SCP_HASH_SHA256},    {SAMPLE_P384, SCP_HASH_SHA384},
        {SAMPLE_P521, SCP_HASH_SHA512},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct scp_signature_key key = sample_public(rules[i].key);
        for (enum scp_hash hash = SCP_HASH_SHA1; hash <= SCP_HASH_SHA512; hash++) {
            struct scp_digest digest = hash_of(hash, SCP_EMPTY);
            assert_int_equal(scp_dap_check_hash(&key, scp_digest_bytes(&digest)),
                             hash >= rules[i].weakest ? SCP_OK : SCP_OUT_OF_RANGE);
        }
        assert_int_equal(scp_dap_check_hash(&key, SCP_EMPTY), SCP_UNSUPPORTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dap_round_trips_under_every_key),
        cmocka_unit_test(a_missing_block_is_no_signature),
        cmocka_unit_test(a_key_wants_a_hash_of_its_strength),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
