/* The index: which rules can hold, given the values of a few facts.
 *
 * A rule that asks, among the conditions that must all hold, for a text or word to be one of some
 * constants can hold for those values alone. For each rule the most selective of such conditions is
 * taken: the one whose commonest constant is shared by the fewest rules. A rule without one, or
 * whose best one more than half of the rules share, is looked at each time. */
#include "policies/compile/program.h"

#include <stdlib.h>

enum { WORDS = 64 };

/* For each fact, how many rules ask for each of its values; while the index is built. */
struct census {
    uint32_t *counts[POLICY_FACT_COUNT]; /* NULL: the fact cannot be indexed */
    size_t values;                       /* room of each */
};

/* The values that a condition asks for: symbols of a text, bits of a word. */
struct asked {
    const uint32_t *symbols;
    size_t count;
    uint64_t words;
};

static bool is_indexable(const struct policy_condition *condition)
{
    if (condition->kind != POLICY_CONDITION_TEST || condition->against_fact ||
        condition->op->meaning != POLICY_MEANS_IS)
        return false;
    enum policy_type type = policy_fact_info(condition->test.fact)->type;
    return condition->test.fact < POLICY_FACT_DERIVED &&
           (type == POLICY_TEXT || type == POLICY_WORD);
}

static struct asked asked_by(const struct policy_condition *condition)
{
    const struct policy_test *test = &condition->test;
    bool list = test->constant.items != NULL;
    if (policy_fact_info(test->fact)->type == POLICY_TEXT)
        return (struct asked){.symbols = test->symbols, .count = list ? test->constant.count : 1};
    return (struct asked){.words = list ? (uint64_t)test->constant.number
                                        : UINT64_C(1) << test->constant.number};
}

/* The next value at or after `*at`, which moves on; false at the end. */
static bool next_value(const struct asked *asked, size_t *at, uint32_t *value)
{
    if (asked->symbols != NULL) {
        if (*at >= asked->count)
            return false;
        *value = asked->symbols[(*at)++];
        return true;
    }
    while (*at < WORDS && (asked->words >> *at & 1) == 0)
        ++*at;
    *value = (uint32_t)*at;
    return (*at)++ < WORDS;
}

static void count_condition(struct policy_compiler *c, struct census *census,
                            const struct policy_condition *condition)
{
    uint32_t **counts = &census->counts[condition->test.fact];
    if (*counts == NULL)
        *counts = calloc(census->values, sizeof **counts);
    if (*counts == NULL) {
        policy_fail_memory(c);
        return;
    }
    struct asked asked = asked_by(condition);
    uint32_t value;
    for (size_t at = 0; next_value(&asked, &at, &value);)
        (*counts)[value]++;
}

static void take_census(struct policy_compiler *c, struct census *census)
{
    const struct policy *policy = c->policy;
    census->values = policy->symbols.count + 1 > WORDS ? policy->symbols.count + 1 : WORDS;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct policy_condition *when = &policy->rules[i].when;
        for (size_t j = 0; j < when->count && policy_is_good(c); j++)
            if (is_indexable(&when->members[j]))
                count_condition(c, census, &when->members[j]);
    }
}

/* How many rules share the condition's commonest value. */
static uint32_t crowd_of(const struct census *census, const struct policy_condition *condition)
{
    struct asked asked = asked_by(condition);
    uint32_t most = 0;
    uint32_t value;
    for (size_t at = 0; next_value(&asked, &at, &value);)
        if (census->counts[condition->test.fact][value] > most)
            most = census->counts[condition->test.fact][value];
    return most;
}

/* NULL when the rule is to be looked at each time. */
static const struct policy_condition *
best_of(const struct policy *policy, const struct census *census, const struct policy_rule *rule)
{
    const struct policy_condition *best = NULL;
    uint32_t least = (uint32_t)(policy->rule_count / 2) + 1;
    for (size_t i = 0; i < rule->when.count; i++) {
        const struct policy_condition *condition = &rule->when.members[i];
        uint32_t crowd = is_indexable(condition) ? crowd_of(census, condition) : least;
        if (crowd >= least)
            continue;
        least = crowd;
        best = condition;
    }
    return best;
}

/* The index of a fact; NULL when there are too many. */
static struct policy_index *index_of(struct policy *policy, enum policy_fact fact)
{
    for (size_t i = 0; i < policy->index_count; i++)
        if (policy->indexes[i].fact == fact)
            return &policy->indexes[i];
    if (policy->index_count == POLICY_INDEXES_MAX)
        return NULL;
    struct policy_index *index = &policy->indexes[policy->index_count++];
    index->fact = fact;
    return index;
}

/* Fill one index from the conditions chosen for each rule (NULL: none). */
static void fill_index(struct policy_compiler *c, struct policy_index *index,
                       const struct policy_condition *const chosen[])
{
    const struct policy *policy = c->policy;
    bool text = policy_fact_info(index->fact)->type == POLICY_TEXT;
    index->values = text ? policy->symbols.count + 1 : WORDS;
    uint32_t *starts = policy_alloc(c, index->values + 2, sizeof *starts);
    if (starts == NULL)
        return;
    /* starts[v + 2] counts the rules of v, then becomes where v + 1 begins; filling moves
     * starts[v + 1] from where v begins to where it ends, which is where v + 1 begins. */
    uint32_t value;
    for (size_t i = 0; i < policy->rule_count; i++) {
        struct asked asked = {0};
        if (chosen[i] != NULL && chosen[i]->test.fact == index->fact)
            asked = asked_by(chosen[i]);
        for (size_t at = 0; next_value(&asked, &at, &value);)
            starts[value + 2]++;
    }
    for (size_t v = 1; v < index->values + 2; v++)
        starts[v] += starts[v - 1];
    uint32_t *rules = policy_alloc(c, starts[index->values + 1], sizeof *rules);
    if (rules == NULL)
        return;
    for (size_t i = 0; i < policy->rule_count; i++) {
        struct asked asked = {0};
        if (chosen[i] != NULL && chosen[i]->test.fact == index->fact)
            asked = asked_by(chosen[i]);
        for (size_t at = 0; next_value(&asked, &at, &value);)
            rules[starts[value + 1]++] = (uint32_t)i;
    }
    index->starts = starts;
    index->rules = rules;
}

static void choose(struct policy_compiler *c, const struct census *census)
{
    struct policy *policy = c->policy;
    const struct policy_condition **chosen = calloc(policy->rule_count, sizeof(*chosen));
    uint32_t *unindexed = policy_alloc(c, policy->rule_count, sizeof *unindexed);
    if (chosen == NULL)
        policy_fail_memory(c);
    for (size_t i = 0; i < policy->rule_count && policy_is_good(c); i++) {
        chosen[i] = best_of(policy, census, &policy->rules[i]);
        if (chosen[i] != NULL && index_of(policy, chosen[i]->test.fact) == NULL)
            chosen[i] = NULL;
        if (chosen[i] == NULL)
            unindexed[policy->unindexed_count++] = (uint32_t)i;
    }
    policy->unindexed = unindexed;
    for (size_t i = 0; i < policy->index_count && policy_is_good(c); i++)
        fill_index(c, &policy->indexes[i], chosen);
    free(chosen);
}

void policy_compile_index(struct policy_compiler *c)
{
    struct census census = {0};
    take_census(c, &census);
    if (policy_is_good(c))
        choose(c, &census);
    for (size_t i = 0; i < POLICY_FACT_COUNT; i++)
        free(census.counts[i]);
}
