#include "scp/crypto/hash.h"
#include "tests/support/expect.h"

/* FIPS 180-4's message "abc", and the empty one. */
static const struct {
    enum scp_hash hash;
    const char *abc;
    const char *empty;
} answers[] = {
    {SCP_HASH_SHA1, "A9993E364706816ABA3E25717850C26C9CD0D89D",
     "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"},
    {SCP_HASH_SHA256, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
     "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"},
    {SCP_HASH_SHA384,
     "CB00753F45A35E8BB5A03D699AC65007272C32AB0EDED1631A8B605A43FF5BED"
     "8086072BA1E7CC2358BAECA134C825A7",
     "38B060A751AC96384CD9327EB1B1E36A21FDB71114BE07434C0CC7BF63F6E1DA"
     "274EDEBFE76F65FBD51AD2F14898B95B"},
    {SCP_HASH_SHA512,
     "DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A"
     "2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F",
     "CF83E1357EEFB8BDF1542850D66D8007D620E4050B5715DC83F4A921D36CE9CE"
     "47D0D13C5D85F2B0FF8318D2877EEC2F63B931BD47417A81A538327AF927DA3E"},
};

enum { COUNT = sizeof answers / sizeof answers[0] };

static void hashes_know_fips_180(void **state)
{
    (void)state;
    struct scp_digest digest;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(scp_hash(answers[i].hash, SCP_LITERAL('a', 'b', 'c'), &digest), SCP_OK);
        assert_hex(scp_digest_bytes(&digest), answers[i].abc);
        assert_int_equal(scp_hash(answers[i].hash, SCP_EMPTY, &digest), SCP_OK);
        assert_hex(scp_digest_bytes(&digest), answers[i].empty);
    }
}

static void the_short_forms_are_the_same_hashes(void **state)
{
    (void)state;
    uint8_t sha1[20], sha256[32];
    assert_int_equal(scp_sha1(SCP_LITERAL('a', 'b', 'c'), sha1), SCP_OK);
    assert_hex(SCP_BYTES(sha1), answers[0].abc);
    assert_int_equal(scp_sha256(SCP_LITERAL('a', 'b', 'c'), sha256), SCP_OK);
    assert_hex(SCP_BYTES(sha256), answers[1].abc);
}

static void a_hash_is_known_by_its_size(void **state)
{
    (void)state;
    enum scp_hash hash;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(scp_hash_of_size(scp_hash_size(answers[i].hash), &hash), SCP_OK);
        assert_int_equal(hash, answers[i].hash);
    }
    assert_int_equal(scp_hash_of_size(0, &hash), SCP_UNSUPPORTED);
    assert_int_equal(scp_hash_of_size(28, &hash), SCP_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_know_fips_180),
        cmocka_unit_test(the_short_forms_are_the_same_hashes),
        cmocka_unit_test(a_hash_is_known_by_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
