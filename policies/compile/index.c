/* The index: which rules can hold, given the values of a few facts.
 *
 * A rule that asks, among the conditions that must all hold, for a text or word to be one of some
 * constants can hold for those values alone. For each rule the most selective of such conditions is
 * taken: the one whose commonest constant is shared by the fewest rules. A rule without one, or
 * whose best one more than half of the rules share, is looked at each time.
 *
 * The next best condition that asks for a single value becomes the rule's guard. It stands beside
 * the rule's number in the list, so that ten thousand rules cost no more memory traffic than their
 * lists of one city. */
#include "policies/compile/program.h"

#include <stdlib.h>

enum { WORD_KEYS = 64 };

/* For each fact, how many rules ask for each of its keys; while the index is built. */
struct census {
    uint32_t *counts[POLICY_FACT_COUNT]; /* NULL: no rule asks */
    size_t keys;                         /* room of each */
};

/* What leads to a rule. */
struct choice {
    const struct policy_condition *index; /* NULL: the rule is looked at each time */
    struct policy_posting posting;
};

/* The keys that a condition asks for: symbols of a text, or bits of a word. */
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
    uint64_t words = list ? (uint64_t)test->constant.number : UINT64_C(1) << test->constant.number;
    return (struct asked){.words = words << 1}; /* keys begin with 1 */
}

/* The next key at or after `*at`, which moves on; false at the end. */
static bool next_key(const struct asked *asked, size_t *at, uint32_t *key)
{
    if (asked->symbols != NULL) {
        if (*at >= asked->count)
            return false;
        *key = asked->symbols[(*at)++];
        return true;
    }
    while (*at < WORD_KEYS && (asked->words >> *at & 1) == 0)
        ++*at;
    *key = (uint32_t)*at;
    return (*at)++ < WORD_KEYS;
}

static void count_condition(struct policy_compiler *c, struct census *census,
                            const struct policy_condition *condition)
{
    uint32_t **counts = &census->counts[condition->test.fact];
    if (*counts == NULL)
        *counts = calloc(census->keys, sizeof **counts);
    if (*counts == NULL) {
        policy_fail_memory(c);
        return;
    }
    struct asked asked = asked_by(condition);
    uint32_t key;
    for (size_t at = 0; next_key(&asked, &at, &key);)
        (*counts)[key]++;
}

static void take_census(struct policy_compiler *c, struct census *census)
{
    const struct policy *policy = c->policy;
    census->keys = policy->symbols.count + 1 > WORD_KEYS ? policy->symbols.count + 1 : WORD_KEYS;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct policy_condition *when = &policy->rules[i].when;
        for (size_t j = 0; j < when->count && policy_is_good(c); j++)
            if (is_indexable(&when->members[j]))
                count_condition(c, census, &when->members[j]);
    }
}

/* How many rules share the condition's commonest key, and how many keys it has. */
static uint32_t crowd_of(const struct census *census, const struct policy_condition *condition,
                         size_t *keys)
{
    struct asked asked = asked_by(condition);
    uint32_t most = 0;
    uint32_t key;
    *keys = 0;
    for (size_t at = 0; next_key(&asked, &at, &key); ++*keys)
        if (census->counts[condition->test.fact][key] > most)
            most = census->counts[condition->test.fact][key];
    return most;
}

/* The rule's condition with the smallest crowd below `least`, for an index; for the guard beside
 * one (`guard_of`) only single keys. NULL: none. */
static const struct policy_condition *best_of(const struct census *census,
                                              const struct policy_rule *rule, uint32_t least,
                                              const struct choice *guard_of)
{
    const struct policy_condition *best = NULL;
    for (size_t i = 0; i < rule->when.count; i++) {
        const struct policy_condition *condition = &rule->when.members[i];
        size_t keys = 0;
        if (!is_indexable(condition) || (guard_of != NULL && condition == guard_of->index))
            continue;
        uint32_t crowd = crowd_of(census, condition, &keys);
        if (crowd >= least || (guard_of != NULL && keys != 1))
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

/* Words have their keys worked out only where something looks at them. */
static void note_word(struct policy *policy, enum policy_fact fact)
{
    if (policy_fact_info(fact)->type == POLICY_WORD)
        policy->word_facts |= POLICY_FACT_BIT(fact);
}

static struct choice choose(struct policy *policy, const struct census *census, size_t rule)
{
    struct choice choice = {.posting = {.rule = (uint32_t)rule, .guard = POLICY_FACT_COUNT}};
    uint32_t half = (uint32_t)(policy->rule_count / 2) + 1;
    choice.index = best_of(census, &policy->rules[rule], half, NULL);
    if (choice.index != NULL && index_of(policy, choice.index->test.fact) == NULL)
        choice.index = NULL;
    if (choice.index != NULL)
        note_word(policy, choice.index->test.fact);
    const struct policy_condition *guard =
        best_of(census, &policy->rules[rule], UINT32_MAX, &choice);
    if (guard == NULL)
        return choice;
    struct asked asked = asked_by(guard);
    size_t at = 0;
    (void)next_key(&asked, &at, &choice.posting.guard_key);
    choice.posting.guard = guard->test.fact;
    note_word(policy, guard->test.fact);
    return choice;
}

static struct asked asked_of_index(const struct policy_index *index, const struct choice *choice)
{
    if (choice->index == NULL || choice->index->test.fact != index->fact)
        return (struct asked){0};
    return asked_by(choice->index);
}

static void fill_index(struct policy_compiler *c, struct policy_index *index,
                       const struct choice choices[])
{
    const struct policy *policy = c->policy;
    bool text = policy_fact_info(index->fact)->type == POLICY_TEXT;
    index->keys = text ? policy->symbols.count + 1 : WORD_KEYS;
    uint32_t *starts = policy_alloc(c, index->keys + 2, sizeof *starts);
    if (starts == NULL)
        return;
    /* starts[k + 2] counts the rules of k, then becomes where k + 1 begins; filling moves
     * starts[k + 1] from where k begins to where it ends, which is where k + 1 begins. */
    uint32_t key;
    for (size_t i = 0; i < policy->rule_count; i++) {
        struct asked asked = asked_of_index(index, &choices[i]);
        for (size_t at = 0; next_key(&asked, &at, &key);)
            starts[key + 2]++;
    }
    for (size_t k = 1; k < index->keys + 2; k++)
        starts[k] += starts[k - 1];
    struct policy_posting *list = policy_alloc(c, starts[index->keys + 1], sizeof *list);
    if (list == NULL)
        return;
    for (size_t i = 0; i < policy->rule_count; i++) {
        struct asked asked = asked_of_index(index, &choices[i]);
        for (size_t at = 0; next_key(&asked, &at, &key);)
            list[starts[key + 1]++] = choices[i].posting;
    }
    index->starts = starts;
    index->list = list;
}

static void build(struct policy_compiler *c, const struct census *census)
{
    struct policy *policy = c->policy;
    struct choice *choices = calloc(policy->rule_count, sizeof *choices);
    struct policy_posting *unindexed = policy_alloc(c, policy->rule_count, sizeof *unindexed);
    if (choices == NULL) {
        policy_fail_memory(c);
        return;
    }
    for (size_t i = 0; i < policy->rule_count && policy_is_good(c); i++) {
        choices[i] = choose(policy, census, i);
        if (choices[i].index == NULL)
            unindexed[policy->unindexed_count++] = choices[i].posting;
    }
    policy->unindexed = unindexed;
    for (size_t i = 0; i < policy->index_count && policy_is_good(c); i++)
        fill_index(c, &policy->indexes[i], choices);
    free(choices);
}

static struct policy_fact_list list_of(policy_fact_set set)
{
    struct policy_fact_list list = {.count = 0};
    for (size_t fact = 0; fact < POLICY_FACT_COUNT; fact++)
        if ((set & POLICY_FACT_BIT(fact)) != 0)
            list.facts[list.count++] = (enum policy_fact)fact;
    return list;
}

void policy_compile_index(struct policy_compiler *c)
{
    struct census census = {0};
    take_census(c, &census);
    if (policy_is_good(c))
        build(c, &census);
    for (size_t i = 0; i < POLICY_FACT_COUNT; i++)
        free(census.counts[i]);
    c->policy->symbol_list = list_of(c->policy->symbol_facts);
    c->policy->word_list = list_of(c->policy->word_facts);
}
