/* How many decisions a second, and how the cost grows with the number of rules.
 *
 * Ratios are asserted, because they hold on any machine; throughput is printed. Where node is
 * installed and the environment's REBIND_BENCH_MODULES names a node_modules folder with `casbin`
 * and
 * `@cedar-policy/cedar-wasm`, policies.mjs puts the same question to them in the same run:
 *
 *     npm install --prefix /some/where casbin @cedar-policy/cedar-wasm
 *     REBIND_BENCH_MODULES=/some/where/node_modules ctest -R bench_policies -V
 */
#include "tests/support/test.h"

#include "policies/evaluate/evaluate.h"
#include "tests/unit/policies/policy_text.h"

#include <stdlib.h>
#include <time.h>

enum { RUNS = 25, DECISIONS = 6400, CITIES = 300, TEXT_MAX = 3 * 1024 * 1024 };

/* With sanitizers and without optimisation the figures mean nothing, the ratios still do. */
#define MANY_RULES_MOST 3.0 /* times the cost of thirty */

static double now(void)
{
    struct timespec at;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &at), 0);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* Facts of different requests, so that no run of equal answers is measured. */
enum { REQUESTS = 64 };
struct requests {
    struct policy_facts facts[REQUESTS];
    char regions[REQUESTS][8];
    const char *licensed[REQUESTS][2];
};

static void make_requests(struct requests *out, unsigned cities)
{
    static const char *const banks[] = {"bank-a", "bank-b", "bank-c", "bank-d"};
    static const char *const actions[] = {"bind", "switch"};
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct policy_facts *facts = &out->facts[i];
        *facts = (struct policy_facts){0};
        (void)snprintf(out->regions[i], sizeof out->regions[i], "%u", 310000 + i * 7919 % cities);
        out->licensed[i][0] = "110000";
        out->licensed[i][1] = out->regions[i];
        policy_facts_set_string(facts, POLICY_CARD_REGION, out->regions[i]);
        policy_facts_set_string(facts, POLICY_CARD_STATUS, "active");
        policy_facts_set_string(facts, POLICY_CARD_GENERATION, "3");
        policy_facts_set_string(facts, POLICY_BANK_ID, banks[i % 4]);
        policy_facts_set_string(facts, POLICY_BANK_STATUS, "active");
        policy_facts_set_string(facts, POLICY_BANK_KIND, "city");
        policy_facts_set_string(facts, POLICY_PRODUCT_ROLE, "payment");
        policy_facts_set_set(facts, POLICY_BANK_LICENSED_REGIONS, out->licensed[i], 2);
        policy_facts_set_string(facts, POLICY_REQUEST_ACTION, actions[i / 4 % 2]);
        policy_facts_set_string(facts, POLICY_REQUEST_ACTOR_KIND, "bank");
        policy_facts_set_int(facts, POLICY_BINDING_ACTIVE_BANKS, i / 4 % 2);
        policy_facts_set_int(facts, POLICY_BINDING_DAYS_SINCE_LAST_SWITCH, 10 + i);
        policy_facts_set_int(facts, POLICY_REQUEST_TIME, INT64_C(1800000000000));
    }
}

/* A policy and what is asked of it. */
struct contest {
    const struct policy *policy;
    const struct requests *requests;
    double seconds; /* of one decision, the best of all runs */
    size_t allowed; /* of DECISIONS */
};

static void run(struct contest *contest)
{
    double start = now();
    contest->allowed = 0;
    for (int i = 0; i < DECISIONS; i++) {
        struct policy_decision decision;
        policy_evaluate(contest->policy, &contest->requests->facts[i % REQUESTS], &decision);
        contest->allowed += decision.effect == POLICY_ALLOW;
    }
    double taken = (now() - start) / DECISIONS;
    contest->seconds = taken < contest->seconds ? taken : contest->seconds;
}

/* Runs take turns, so that a busy machine slows all of them. */
static void run_in_turns(struct contest contests[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        contests[i].seconds = 1e9;
    for (int turn = 0; turn < RUNS; turn++)
        for (size_t i = 0; i < count; i++)
            run(&contests[i]);
}

/* Eight rules with four conditions each; policies.mjs has the same ones. */
static const char eight_rules[] =
    "version: 1\nname: eight\nrules:\n"
    "  - {id: licensed, effect: allow, reason: r, when: {request.action: {in: [bind, switch]},\n"
    "     card.status: active, bank.status: active,\n"
    "     bank.licensed_regions: {contains: $card.region}}}\n"
    "  - {id: revoke, effect: allow, reason: r, when: {request.action: revoke,\n"
    "     card.status: active, request.actor_kind: {not: agent},\n"
    "     binding.active_banks: {at_least: 1}}}\n"
    "  - {id: move, effect: allow, reason: r, when: {request.action: switch,\n"
    "     card.status: active, bank.kind: city, binding.days_since_last_switch: {at_least: 60}}}\n"
    "  - {id: first, effect: allow, reason: r, when: {request.action: bind,\n"
    "     card.generation: {in: [\"3\", \"4\"]}, bank.status: active,\n"
    "     binding.active_banks: 0}}\n"
    "  - {id: suspended, effect: deny, reason: r, when: {request.action: {in: [bind, switch]},\n"
    "     bank.status: suspended, card.status: active, product.role: payment}}\n"
    "  - {id: recent, effect: deny, reason: r, when: {request.action: switch,\n"
    "     request.actor_kind: bank, binding.active_banks: {at_least: 1},\n"
    "     binding.days_since_last_switch: {less_than: 30}}}\n"
    "  - {id: foreign, effect: deny, reason: r, when: {bank.kind: foreign,\n"
    "     card.generation: \"2\", request.action: bind, card.region: {not: \"310000\"}}}\n"
    "  - {id: crowded, effect: deny, reason: r, when: {bank.id: bank-d, request.action: bind,\n"
    "     binding.active_banks: {more_than: 2}, card.region: {in: [\"310000\", \"310001\"]}}}\n";

/* Prints what others reach, if they are there. */
static void print_others(double ours)
{
    if (getenv("REBIND_BENCH_MODULES") == NULL) {
        printf("  casbin, cedar: not asked (REBIND_BENCH_MODULES is not set)\n");
        return;
    }
    FILE *pipe = popen("node '" REBIND_SOURCE_DIR /* NOLINT(cert-env33-c): our own words */
                       "/tests/bench/policies.mjs'",
                       "r");
    assert_non_null(pipe);
    char line[128];
    while (fgets(line, sizeof line, pipe) != NULL) {
        char *end = strchr(line, ' ');
        double theirs = end != NULL ? strtod(end, NULL) : 0;
        if (end != NULL)
            *end = '\0';
        if (theirs > 0)
            printf("  %-8s %12.0f decisions/s, ours are %.0f times as many\n", line, theirs,
                   ours / theirs);
    }
    assert_int_equal(pclose(pipe), 0);
}

static void eight_rules_of_four_conditions(void **state)
{
    (void)state;
    static struct requests requests;
    struct policy *policy = compile_good(eight_rules);
    struct contest contest = {.policy = policy, .requests = &requests};
    make_requests(&requests, 4);
    run_in_turns(&contest, 1);
    assert_true(contest.allowed > DECISIONS / 4 && contest.allowed < DECISIONS);
    printf("8 rules with 4 conditions: %.0f ns, %.0f decisions/s on one core\n",
           contest.seconds * 1e9, 1 / contest.seconds);
    print_others(1 / contest.seconds);
    policy_free(policy);
}

/* `count` rules, evenly over so many cities; four conditions each. */
static struct policy *rules_over_cities(unsigned count, unsigned cities)
{
    char *text = malloc(TEXT_MAX);
    assert_non_null(text);
    size_t len = (size_t)snprintf(text, TEXT_MAX, "version: 1\nname: many\nrules:\n");
    for (unsigned i = 0; i < count; i++)
        len += (size_t)snprintf(
            text + len, TEXT_MAX - len,
            "  - {id: r%u, effect: %s, reason: r, when: {request.action: {in: [bind, switch]}, "
            "card.region: \"%u\", bank.id: bank-%c, binding.days_since_last_switch: "
            "{less_than: %u}}}\n",
            i, i % 3 == 0 ? "deny" : "allow", 310000 + i % cities, 'a' + (int)(i / cities % 8),
            10 + i / cities * 3);
    struct policy *policy = compile_good(text);
    free(text);
    return policy;
}

static void cost_grows_with_the_rules_that_can_match(void **state)
{
    (void)state;
    static struct requests few_requests;
    static struct requests many_requests;
    double start = now();
    struct policy *many = rules_over_cities(10000, CITIES);
    double compiling = now() - start;
    struct policy *few = rules_over_cities(30, 1);
    make_requests(&few_requests, 1);
    make_requests(&many_requests, CITIES);
    struct contest contests[] = {{.policy = few, .requests = &few_requests},
                                 {.policy = many, .requests = &many_requests}};
    run_in_turns(contests, 2);
    double ratio = contests[1].seconds / contests[0].seconds;
    printf("30 rules of one city: %.0f ns; 10,000 rules over 300 cities: %.0f ns, %.2f times; "
           "read and compiled in %.0f ms\n",
           contests[0].seconds * 1e9, contests[1].seconds * 1e9, ratio, compiling * 1e3);
    assert_true(ratio < MANY_RULES_MOST);
    policy_free(few);
    policy_free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_rules_of_four_conditions),
        cmocka_unit_test(cost_grows_with_the_rules_that_can_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
