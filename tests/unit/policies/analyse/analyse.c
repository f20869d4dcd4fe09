#include "tests/support/test.h"

#include "policies/analyse/analyse.h"
#include "tests/unit/policies/policy_text.h"

#define HEAD "version: 1\nname: p\nrules:\n"

/* All findings as one text: "kind id [other]" a line. */
struct found {
    char text[2048];
    size_t len;
};

static void note(void *user, const struct policy_finding *finding)
{
    struct found *found = user;
    int len = snprintf(found->text + found->len, sizeof found->text - found->len, "%s %s%s%s\n",
                       policy_finding_name(finding->kind), finding->id,
                       finding->other[0] != '\0' ? " " : "", finding->other);
    found->len += (size_t)len;
    assert_true(finding->line > 0 && finding->text[0] != '\0');
}

static void expect(const char *text, const char *findings)
{
    struct found found = {0};
    struct policy *policy = compile_good(text);
    assert_true(policy_analyse(policy, note, &found));
    assert_string_equal(found.text, findings);
    policy_free(policy);
}

#define ALLOW(id, when) "  - {id: " id ", effect: allow, reason: x, when: " when "}\n"
#define DENY(id, when) "  - {id: " id ", effect: deny, reason: x, when: " when "}\n"

static void rules_that_can_never_match_are_found(void **state)
{
    (void)state;
    static const char *const never[] = {
        "{card.status: active, all: [{card.status: retired}]}",
        "{card.status: {not_in: [active, quarantined, retired]}}",
        "{card.region: {in: [a, b]}, all: [{card.region: {not_in: [a, b, c]}}]}",
        "{card.region: a, any: [{card.region: b}]}",
        "{binding.active_banks: {at_least: 3}, all: [{binding.active_banks: {less_than: 3}}]}",
        ("{binding.active_banks: {at_least: 1, at_most: 2, not: 1}, all: "
         "[{binding.active_banks: {not: 2}}]}"),
        "{bank.id: {absent: true}, all: [{bank.id: a}]}",
        "{bank.licensed_regions: {contains: a, lacks: a}}",
    };
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, HEAD ALLOW("a", "%s"), never[i]);
        expect(text, "never-matches a\n");
    }
    expect("version: 1\nname: p\nscope: {regions: [x]}\nrules:\n" ALLOW("a", "{card.region: y}"),
           "never-matches a\n");
    expect(HEAD ALLOW("a", "{binding.active_banks: {at_least: 1, at_most: 2, not: 1}}"), "");
}

static void rules_that_add_nothing_are_found(void **state)
{
    (void)state;
    expect(HEAD DENY("a", "{card.region: x, card.status: active}") DENY("b", "{card.region: x}"),
           "shadowed a b\n");
    expect(HEAD DENY("a", "{card.region: x}") DENY("b", "{card.region: x}"), "shadowed b a\n");
    expect(HEAD DENY("a", "{bank.id: {not: x}}") DENY("b", "{bank.id: {present: true}}"),
           "shadowed a b\n");
    expect(HEAD DENY("a", "{binding.active_banks: {more_than: 3}}")
               DENY("b", "{binding.active_banks: {at_least: 2}}"),
           "shadowed a b\n");
    expect(HEAD ALLOW("a", "{card.region: x}, obligations: {second_person: true}")
               ALLOW("b", "always"),
           "");
    expect(HEAD ALLOW("a", "{card.region: x}")
               ALLOW("b", "always, obligations: {second_person: true}"),
           "shadowed a b\n");
    /* An exception may lift b and leave a. */
    expect(
        HEAD DENY("a", "{card.region: x}") DENY(
            "b", "always") "exceptions:\n  - {id: e, overrides: [b], when: always, approver: Li,\n"
                           "     expires: 2027-01-31T00:00:00Z, reason: x}\n",
        "");
}

static void allowances_without_effect_and_conflicts_are_found(void **state)
{
    (void)state;
    expect(HEAD ALLOW("a", "{card.region: x, card.status: active}") DENY("b", "{card.region: x}"),
           "no-effect a b\n");
    expect(HEAD ALLOW("a", "{card.region: x}") DENY("b", "{card.status: retired}"),
           "conflict a b\n");
    expect(HEAD ALLOW("a", "{card.region: x}") DENY("b", "{card.region: y}"), "");
}

static void what_lies_outside_is_listed(void **state)
{
    (void)state;
    expect(HEAD ALLOW("a", "{bank.licensed_regions: {contains: $card.region}}"),
           "not-analysed a\n");
    expect(HEAD ALLOW("a", "{any: [{bank.id: x}, {bank.id: y}]}"), "not-analysed a\n");
    expect(HEAD DENY("a", "{card.region: x, none: [{bank.id: x}]}") DENY("b", "{card.region: x}"),
           "not-analysed a\nshadowed a b\n"); /* which holds whatever the group says */
}

#define LIMITS HEAD ALLOW("a", "always") "limits:\n"

static void limits_that_cannot_be_met_are_found(void **state)
{
    (void)state;
    expect(LIMITS "  - {id: l, reason: x, share: {at_most: 40%, window: 9d, free_until: 1}}\n",
           "unmet l\n");
    expect(LIMITS "  - {id: l, reason: x, share: {at_most: 40%, window: 9d, free_until: 2}}\n", "");
    expect(LIMITS "  - {id: l, reason: x, share: {at_most: 40%, window: 9d, free_until: 9}}\n"
                  "assignment: {method: draw, shares: {b: 1, c: 1, d: 3}}\n",
           "unmet l\n");
    expect(HEAD ALLOW(
               "a",
               "{request.action: bind, binding.active_banks: 1}") "limits:\n  - {id: l, reason: x, "
                                                                  "active_banks: {at_most: 1}}\n",
           "unmet l\n");
    expect(HEAD ALLOW(
               "a",
               "{request.action: switch, "
               "binding.days_since_last_switch: {less_than: 9}}") "limits:\n  - {id: l, reason: x, "
                                                                  "cool_down: {days: 30}}\n",
           "unmet l\n");
}

static void limits_that_are_never_reached_are_found(void **state)
{
    (void)state;
    expect(LIMITS "  - {id: l, reason: x, quota: {of: [bank], at_most: 9, window: 1d}}\n"
                  "  - {id: m, reason: x, quota: {at_most: 9, window: 1d}}\n",
           "idle l\n");
    expect(LIMITS "  - {id: l, reason: x, quota: {of: [bank], at_most: 8, window: 1d}}\n"
                  "  - {id: m, reason: x, quota: {at_most: 9, window: 1d}}\n",
           "");
    expect(LIMITS "  - {id: l, reason: x, switches: {at_most: 3, window: 90d}}\n"
                  "  - {id: m, reason: x, cool_down: {days: 30}}\n",
           "idle l\n");
    expect(LIMITS "  - {id: l, reason: x, quota: {of: [bank], at_most: 9, window: 1d},\n"
                  "     when: {card.region: r}}\n"
                  "  - {id: m, reason: x, quota: {at_most: 9, window: 1d},\n"
                  "     when: {card.region: {in: [r, s]}}}\n",
           "idle l\n");
    expect(LIMITS "  - {id: l, reason: x, quota: {of: [bank], at_most: 9, window: 1d}}\n"
                  "  - {id: m, reason: x, quota: {at_most: 9, window: 1d},\n"
                  "     when: {card.region: r}}\n",
           "");
}

#define WHEN(when) "  - {id: l, reason: x, quota: {at_most: 9, window: 1d}, when: " when "}\n"

static void conditions_of_limits_are_analysed(void **state)
{
    (void)state;
    expect(LIMITS WHEN("{request.action: revoke}"), "idle l\n");
    expect(LIMITS "  - {id: l, reason: x, switches: {at_most: 1, window: 9d},\n"
                  "     when: {request.action: bind}}\n",
           "idle l\n");
    expect(LIMITS WHEN("{card.region: r, all: [{card.region: s}]}"), "idle l\n");
    expect(LIMITS WHEN("{any: [{bank.id: b}, {bank.id: c}]}"), "not-analysed l\n");
    expect(LIMITS WHEN("{bank.id: b}"), "");
    expect(
        HEAD ALLOW(
            "a",
            "{request.action: bind, card.region: r, binding.active_banks: 1}") "limits:\n  - {id: "
                                                                               "l, reason: x, "
                                                                               "active_banks: "
                                                                               "{at_most: 1}, "
                                                                               "when: "
                                                                               "{card.region: "
                                                                               "r}}\n",
        "unmet l\n");
    expect(
        HEAD ALLOW(
            "a",
            "{request.action: bind, card.region: r, binding.active_banks: 1}") "limits:\n  - {id: "
                                                                               "l, reason: x, "
                                                                               "active_banks: "
                                                                               "{at_most: 1}, "
                                                                               "when: "
                                                                               "{card.region: "
                                                                               "s}}\n",
        "");
}

#define EXCEPTION(when)                                                                       \
    "exceptions:\n  - {id: e, overrides: [d], approver: Li, expires: 2027-01-31T00:00:00Z,\n" \
    "     reason: x, when: " when "}\n"

static void exceptions_that_lift_nothing_are_found(void **state)
{
    (void)state;
    expect(HEAD DENY("d", "{card.region: r}") EXCEPTION("{card.region: s}"), "no-effect e d\n");
    expect(HEAD DENY("d", "{card.region: r}") EXCEPTION("{card.region: r}"), "");
    expect(HEAD DENY("d", "always") EXCEPTION("{card.region: r, all: [{card.region: {not: r}}]}"),
           "never-matches e\n");
    expect(HEAD DENY("d", "always, valid: {from: 2027-03-01T00:00:00Z}") EXCEPTION("always"),
           "no-effect e d\n"); /* it has expired by then */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_that_can_never_match_are_found),
        cmocka_unit_test(rules_that_add_nothing_are_found),
        cmocka_unit_test(allowances_without_effect_and_conflicts_are_found),
        cmocka_unit_test(what_lies_outside_is_listed),
        cmocka_unit_test(limits_that_cannot_be_met_are_found),
        cmocka_unit_test(limits_that_are_never_reached_are_found),
        cmocka_unit_test(conditions_of_limits_are_analysed),
        cmocka_unit_test(exceptions_that_lift_nothing_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
