/* Facts: what a policy may ask about, and the values that one decision is made from.
 *
 *     struct policy_facts facts = {0};
 *     policy_facts_set_string(&facts, POLICY_CARD_REGION, card.region);
 *     policy_facts_set_string(&facts, POLICY_CARD_STATUS, "active");
 *     policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, 1);
 *     policy_facts_set_int(&facts, POLICY_REQUEST_TIME, now_ms);
 *     policy_facts_set_set(&facts, POLICY_BANK_LICENSED_REGIONS, regions, region_count);
 *     facts.counters = (struct policy_counters){count_events, tx}; // evaluate/limits.h
 *
 * A zeroed struct has no facts. Values are borrowed: they must outlive the facts and every decision
 * made from them. Setting a fact of another type is a programmer's error (an assertion). A value
 * that the schema does not know sticks in `refused`, and evaluation then denies: what is not
 * understood allows nothing. */
#ifndef POLICIES_COMPILE_FACTS_H
#define POLICIES_COMPILE_FACTS_H

#include "policies/compile/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy_value {
    bool present;
    int64_t number;           /* NUMBER; TIME: ms since 1970 UTC; TRUTH: 0, 1; WORD: its index */
    const char *text;         /* TEXT, WORD */
    const char *const *items; /* SET */
    size_t count;
};

struct policy_count; /* what is to be counted: policies/evaluate/limits.h */

/* Counts events for limits, inside the transaction that the decision belongs to. False when the
 * number cannot be told; the decision is then deny, by `incomplete-facts`. */
typedef bool policy_counter_fn(void *user, const struct policy_count *what, int64_t *number);

struct policy_counters {
    policy_counter_fn *count; /* NULL: no counter is known */
    void *user;
};

struct policy_facts {
    struct policy_value values[POLICY_FACT_COUNT];
    struct policy_counters counters;
    bool has_refused;
    enum policy_fact refused; /* the first fact given a value that it cannot have */
};

/* TEXT or WORD. NULL or "" leaves the fact absent. */
void policy_facts_set_string(struct policy_facts *facts, enum policy_fact fact, const char *text);
/* NUMBER or TIME (ms since 1970 UTC); refused when negative or over the fact's most. TRUTH: 0 or 1.
 */
void policy_facts_set_int(struct policy_facts *facts, enum policy_fact fact, int64_t number);
/* SET; the empty set is present. */
void policy_facts_set_set(struct policy_facts *facts, enum policy_fact fact,
                          const char *const items[], size_t count);
void policy_facts_remove(struct policy_facts *facts, enum policy_fact fact);

/* The value for people: `310000`, `{310000, 320000}`, `2027-01-01T00:00:00.000Z`, `absent`. Cut to
 * `cap`. Returns `to`. */
char *policy_facts_format(const struct policy_facts *facts, enum policy_fact fact, char *to,
                          size_t cap);
/* The same for one value of a fact. */
char *policy_value_format(enum policy_fact fact, const struct policy_value *value, char *to,
                          size_t cap);

#endif
