/* Known answers come from a second implementation of the steps in draw.h, in another language. */
#include "tests/support/test.h"

#include "policies/assign/draw.h"
#include "scp/crypto/hash.h"

#include <stdio.h>
#include <string.h>

enum { CARDS = 10, BANKS = 3 };

static const struct policy_candidate candidates[BANKS] = {
    {"bank-a", 50, 3}, {"bank-b", 30, 0}, {"bank-c", 20, 9}};

static struct policy_draw_terms sample_terms(void)
{
    struct policy_draw_terms terms = {
        .name = "spring", .candidates = candidates, .candidate_count = BANKS};
    char list[16 * CARDS];
    size_t len = 0;
    for (int i = 0; i < CARDS; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "card-%04d\n", i);
    assert_int_equal(scp_sha256(scp_bytes_of(list, len), terms.cards_digest), SCP_OK);
    return terms;
}

static void expect_hex(const uint8_t hash[32], const char *hex)
{
    uint8_t expected[32];
    struct scp_writer w = scp_writer_on(expected, sizeof expected);
    assert_int_equal(scp_hex_decode(hex, &w), SCP_OK);
    assert_memory_equal(hash, expected, sizeof expected);
}

static void sample_parties(const uint8_t terms[32], struct policy_draw_party out[3])
{
    static const char *const names[] = {"bank-a", "bank-b", "bureau"};
    for (size_t i = 0; i < 3; i++) {
        out[i].name = names[i];
        for (size_t j = 0; j < sizeof out[i].secret; j++)
            out[i].secret[j] = (uint8_t)(i == 2 ? j : 0x11 * (i + 1));
        assert_int_equal(policy_draw_commit(terms, names[i], out[i].secret, out[i].commitment),
                         SCP_OK);
    }
}

static void terms_commitments_and_seed_are_known_answers(void **state)
{
    (void)state;
    struct policy_draw_terms terms = sample_terms();
    struct policy_draw_party parties[3];
    uint8_t hash[32];
    uint8_t seed[32];
    size_t cheat;
    assert_int_equal(policy_draw_terms_hash(&terms, hash), SCP_OK);
    expect_hex(hash, "55acdaac06866b376f86d666ee410e78e48b01233331d0a58d5df160905fa7c8");
    sample_parties(hash, parties);
    expect_hex(parties[0].commitment,
               "eab07b961b4c72971ae8256d70e1c9f647b9ae833b6bb552b076727e2038cb7c");
    expect_hex(parties[2].commitment,
               "f6d8f7b1837e07cf7379c73fb49846d07384cc125524b9d4bd2e128273584ba0");
    assert_int_equal(policy_draw_seed(hash, parties, 3, seed, &cheat), SCP_OK);
    expect_hex(seed, "6782ad03081e07abb250288efecfc55ca98b1fca9acef34f7a06599c196446c7");
}

static void deal_is_a_known_answer(void **state)
{
    (void)state;
    static const uint16_t expected[CARDS] = {0, 0, 1, 0, 1, 0, 1, 0, 1, 1};
    struct policy_draw_terms terms = sample_terms();
    struct policy_draw_party parties[3];
    uint8_t hash[32];
    uint8_t seed[32];
    size_t cheat;
    uint32_t order[CARDS];
    uint16_t banks[CARDS];
    int64_t quotas[BANKS];
    struct policy_deal deal = {CARDS, order, banks, quotas};
    assert_int_equal(policy_draw_terms_hash(&terms, hash), SCP_OK);
    sample_parties(hash, parties);
    assert_int_equal(policy_draw_seed(hash, parties, 3, seed, &cheat), SCP_OK);
    assert_int_equal(policy_draw_deal(&terms, seed, &deal), SCP_OK);
    assert_int_equal(quotas[0], 5);
    assert_int_equal(quotas[1], 5);
    assert_int_equal(quotas[2], 0);
    assert_memory_equal(banks, expected, sizeof expected);
}

static void secret_that_was_not_committed_to_is_found(void **state)
{
    (void)state;
    struct policy_draw_terms terms = sample_terms();
    struct policy_draw_party parties[3];
    uint8_t hash[32];
    uint8_t seed[32];
    size_t cheat = 0;
    assert_int_equal(policy_draw_terms_hash(&terms, hash), SCP_OK);
    sample_parties(hash, parties);
    parties[1].secret[31] ^= 1;
    assert_int_equal(policy_draw_seed(hash, parties, 3, seed, &cheat), SCP_MISMATCH);
    assert_int_equal(cheat, 1);
}

/* Nobody can change the terms after the commitments. */
static void terms_cover_list_shares_and_holdings(void **state)
{
    (void)state;
    struct policy_draw_terms terms = sample_terms();
    struct policy_candidate changed[BANKS];
    uint8_t before[32];
    uint8_t after[32];
    assert_int_equal(policy_draw_terms_hash(&terms, before), SCP_OK);
    memcpy(changed, candidates, sizeof changed);
    terms.candidates = changed;
    changed[1].share++;
    assert_int_equal(policy_draw_terms_hash(&terms, after), SCP_OK);
    assert_memory_not_equal(before, after, sizeof before);
    memcpy(changed, candidates, sizeof changed);
    changed[2].held--;
    assert_int_equal(policy_draw_terms_hash(&terms, after), SCP_OK);
    assert_memory_not_equal(before, after, sizeof before);
    memcpy(changed, candidates, sizeof changed);
    terms.cards_digest[0] ^= 1;
    assert_int_equal(policy_draw_terms_hash(&terms, after), SCP_OK);
    assert_memory_not_equal(before, after, sizeof before);
}

static void numbers_are_known_answers_without_bias(void **state)
{
    (void)state;
    static const uint64_t dice[] = {0, 3, 1, 3, 4, 5, 0, 4, 5, 0, 3, 5};
    /* Half of all numbers are too large here and are thrown away. */
    static const uint64_t large[] = {6828287614809690827u, 2108609215339045974u,
                                     8203031046214017865u, 5270362627070569033u};
    static const uint8_t seed[32] = {0};
    struct policy_draw_stream stream = policy_draw_stream_on(seed);
    for (size_t i = 0; i < sizeof dice / sizeof dice[0]; i++)
        assert_int_equal(policy_draw_below(&stream, 6), dice[i]);
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
        assert_int_equal(policy_draw_below(&stream, (UINT64_C(1) << 63) + 1), large[i]);
    assert_int_equal(policy_draw_below(&stream, 1), 0);
}

/* Every card goes to every bank about as often as the shares say: 600 draws of ten cards. */
static void every_card_has_the_same_chances(void **state)
{
    (void)state;
    enum { DRAWS = 600 };
    static const struct policy_candidate two[] = {{"a", 7, 0}, {"b", 3, 0}};
    struct policy_draw_terms terms = {.name = "x", .candidates = two, .candidate_count = 2};
    int first[CARDS] = {0};
    for (int draw = 0; draw < DRAWS; draw++) {
        uint8_t seed[32] = {(uint8_t)draw, (uint8_t)(draw >> 8)};
        uint32_t order[CARDS];
        uint16_t banks[CARDS];
        int64_t quotas[2];
        struct policy_deal deal = {CARDS, order, banks, quotas};
        assert_int_equal(policy_draw_deal(&terms, seed, &deal), SCP_OK);
        for (size_t i = 0; i < CARDS; i++)
            first[i] += banks[i] == 0;
    }
    for (size_t i = 0; i < CARDS; i++)
        assert_in_range(first[i], 370, 470); /* 420, four standard deviations */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_commitments_and_seed_are_known_answers),
        cmocka_unit_test(deal_is_a_known_answer),
        cmocka_unit_test(secret_that_was_not_committed_to_is_found),
        cmocka_unit_test(terms_cover_list_shares_and_holdings),
        cmocka_unit_test(numbers_are_known_answers_without_bias),
        cmocka_unit_test(every_card_has_the_same_chances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
