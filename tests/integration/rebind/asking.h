/* Many cards that ask for a bank: what tests of decisions and of limits share. */
#ifndef TESTS_INTEGRATION_REBIND_ASKING_H
#define TESTS_INTEGRATION_REBIND_ASKING_H

#include "tests/integration/rebind/office.h"

enum { CARDS = 48, PLACES = 7 };

#define assert_ok(call) assert_int_equal((call), STORE_OK)

#define ANYBODY                                                             \
    "version: 1\n"                                                          \
    "name: limited\n"                                                       \
    "languages: [en, zh]\n"                                                 \
    "default_reasons:\n"                                                    \
    "  default-deny: {en: No rule allows it., zh: 没有规则允许。}\n" \
    "rules:\n"                                                              \
    "  - id: anybody\n"                                                     \
    "    effect: allow\n"                                                   \
    "    when: {request.action: {in: [bind, switch, revoke]}}\n"            \
    "    reason: {en: It is allowed., zh: 允许。}\n"

/* PLACES for each bank and region. */
extern const char asking_quota[];
/* Half of the changes, from the fifth on. */
extern const char asking_share[];

/* An office, as a fixture. */
int asking_setup(void **state);
int asking_teardown(void **state);

void use_policy(struct office *o, const char *policy);
/* Cards that carry nothing; bank A's product needs no record for them. */
void add_cards(struct office *o, char ids[CARDS][STORE_ID_SIZE]);
/* Ask for a card to be bound to bank A. */
enum rebind_refusal ask(struct office *o, const char *card, const struct decision_given *given,
                        struct order_result *result);
/* Cards that a bank has in the region. */
int64_t held(struct office *o, const char *bank);

#define TEST(name) cmocka_unit_test_setup_teardown(name, asking_setup, asking_teardown)

#endif
