/* The analysis says all that is so, and nothing else: random pairs of conjunctions, tried on every
 * combination of values that their constants can tell apart. */
#include "tests/support/test.h"

#include "policies/analyse/analyse.h"
#include "policies/evaluate/holds.h"
#include "tests/unit/policies/policy_text.h"

enum { POLICIES = 400, SETS = 5, TESTS_MAX = 4 };

static uint64_t seed = 424242;

static unsigned roll(unsigned below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (unsigned)(seed * UINT64_C(2685821657736338717) >> 40) % below;
}

/* Each has constants that the universe below tells apart. */
static const char *const conditions[] = {
    "card.region: r1",
    "card.region: {in: [r1, r2]}",
    "card.region: {not: r2}",
    "card.region: {not_in: [r1, r3]}",
    "bank.id: r1",
    "bank.id: {not: r1}",
    "bank.id: {in: [r1, r2]}",
    "bank.id: {present: true}",
    "bank.id: {absent: true}",
    "card.status: active",
    "card.status: {not: active}",
    "card.status: {in: [active, retired]}",
    "binding.active_banks: {at_least: 2}",
    "binding.active_banks: {at_most: 2}",
    "binding.active_banks: {more_than: 0, less_than: 4}",
    "binding.active_banks: {not: 2}",
    "binding.active_banks: 2",
    "bank.licensed_regions: {contains: r1}",
    "bank.licensed_regions: {lacks: r1}",
    "bank.licensed_regions: {contains: r2, lacks: r1}",
    "bank.licensed_regions: {absent: true}",
};

static size_t put_rule(char *to, size_t cap, const char *id)
{
    size_t len = (size_t)snprintf(to, cap, "  - {id: %s, effect: %s, reason: x, when: {all: [", id,
                                  roll(2) == 0 ? "allow" : "deny");
    unsigned tests = 1 + roll(TESTS_MAX);
    for (unsigned i = 0; i < tests; i++)
        len += (size_t)snprintf(to + len, cap - len, "%s{%s}", i > 0 ? ", " : "",
                                conditions[roll(sizeof conditions / sizeof conditions[0])]);
    return len + (size_t)snprintf(to + len, cap - len, "]}}\n");
}

/* Which of the two rules hold, for any combination of values. */
struct truth {
    bool first;
    bool second;
    bool both;
    bool only_first;
    bool only_second;
};

static void try_facts(const struct policy *policy, const struct policy_facts *facts,
                      struct truth *truth)
{
    struct policy_known known;
    policy_know(policy, facts, &known);
    bool a = policy_condition_answer(&policy->rules[0].when, &known) == POLICY_YES;
    bool b = policy_condition_answer(&policy->rules[1].when, &known) == POLICY_YES;
    truth->first = truth->first || a;
    truth->second = truth->second || b;
    truth->both = truth->both || (a && b);
    truth->only_first = truth->only_first || (a && !b);
    truth->only_second = truth->only_second || (b && !a);
}

static struct truth try_all(const struct policy *policy)
{
    static const char *const texts[] = {"r1", "r2", "r3", "elsewhere", NULL};
    static const char *const statuses[] = {POLICY_CARD_STATUSES};
    static const char *const sets[SETS - 1][2] = {{"r3"}, {"r1"}, {"r2"}, {"r1", "r2"}};
    struct truth truth = {0};
    for (unsigned n = 0; n < 4 * 5 * 3 * 7 * SETS; n++) {
        struct policy_facts facts = {0};
        unsigned set = n / (4 * 5 * 3 * 7);
        policy_facts_set_string(&facts, POLICY_CARD_REGION, texts[n % 4]);
        policy_facts_set_string(&facts, POLICY_BANK_ID, texts[n / 4 % 5]);
        policy_facts_set_string(&facts, POLICY_CARD_STATUS, statuses[n / 20 % 3]);
        policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, n / 60 % 7);
        if (set < SETS - 1)
            policy_facts_set_set(&facts, POLICY_BANK_LICENSED_REGIONS, sets[set],
                                 set == SETS - 2 ? 2 : 1);
        try_facts(policy, &facts, &truth);
    }
    return truth;
}

/* What was found, by kind and by which rule it is about. */
struct found {
    bool kinds[POLICY_NOT_ANALYSED + 1][2];
};

static void note(void *user, const struct policy_finding *finding)
{
    struct found *found = user;
    found->kinds[finding->kind][finding->id[0] == 'b'] = true;
}

static void expect_pair(const struct policy *policy, const struct truth *t,
                        const struct found *found)
{
    bool allows[2] = {policy->rules[0].effect == POLICY_ALLOW,
                      policy->rules[1].effect == POLICY_ALLOW};
    bool within[2] = {!t->only_first, !t->only_second};
    bool possible = t->first && t->second;
    bool twins = within[0] && within[1];
    for (size_t i = 0; i < 2; i++) {
        bool same = allows[0] == allows[1];
        assert_int_equal(found->kinds[POLICY_SHADOWED][i],
                         possible && same && within[i] && !(twins && i == 0));
        assert_int_equal(found->kinds[POLICY_NO_EFFECT][i],
                         possible && !same && allows[i] && within[i]);
        assert_int_equal(found->kinds[POLICY_CONFLICT][i],
                         possible && !same && allows[i] && t->both && !within[i]);
    }
}

static void findings_are_what_every_combination_shows(void **state)
{
    (void)state;
    unsigned seen[4] = {0};
    for (int i = 0; i < POLICIES; i++) {
        char text[2048];
        size_t len = (size_t)snprintf(text, sizeof text, "version: 1\nname: p\nrules:\n");
        len += put_rule(text + len, sizeof text - len, "a");
        (void)put_rule(text + len, sizeof text - len, "b");
        struct policy *policy = compile_good(text);
        struct found found = {0};
        assert_true(policy_analyse(policy, note, &found));
        struct truth truth = try_all(policy);
        assert_int_equal(found.kinds[POLICY_NEVER_MATCHES][0], !truth.first);
        assert_int_equal(found.kinds[POLICY_NEVER_MATCHES][1], !truth.second);
        expect_pair(policy, &truth, &found);
        seen[0] += !truth.first;
        seen[1] += found.kinds[POLICY_SHADOWED][0] || found.kinds[POLICY_SHADOWED][1];
        seen[2] += found.kinds[POLICY_NO_EFFECT][0] || found.kinds[POLICY_NO_EFFECT][1];
        seen[3] += found.kinds[POLICY_CONFLICT][0] || found.kinds[POLICY_CONFLICT][1];
        policy_free(policy);
    }
    for (size_t i = 0; i < 4; i++)
        assert_true(seen[i] > 3); /* or the test says little */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_what_every_combination_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
