#include "policies/compile/operator.h"

#include <assert.h>
#include <string.h>

typedef const struct policy_known *known_t;
typedef const struct policy_test *test_t;

static const struct policy_value *left(known_t known, test_t test)
{
    return policy_known_value(known, test->fact);
}

static const struct policy_value *right(known_t known, test_t test)
{
    return policy_known_value(known, test->other);
}

static bool has_item(const struct policy_value *set, const char *text)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i][0] == text[0] && strcmp(set->items[i], text) == 0)
            return true;
    return false;
}

/* ---- texts -------------------------------------------------------------------------------- */

static bool text_is(known_t known, test_t test)
{
    return known->keys[test->fact] == test->symbols[0];
}

static bool text_is_not(known_t known, test_t test)
{
    return !text_is(known, test);
}

/* Symbols ascend, so that a long list takes few looks. */
static bool text_in(known_t known, test_t test)
{
    uint32_t symbol = known->keys[test->fact];
    size_t low = 0;
    size_t high = test->constant.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (test->symbols[middle] < symbol)
            low = middle + 1;
        else
            high = middle;
    }
    return low < test->constant.count && test->symbols[low] == symbol;
}

static bool text_not_in(known_t known, test_t test)
{
    return !text_in(known, test);
}

static bool text_is_fact(known_t known, test_t test)
{
    return strcmp(left(known, test)->text, right(known, test)->text) == 0;
}

static bool text_is_not_fact(known_t known, test_t test)
{
    return !text_is_fact(known, test);
}

static bool text_in_fact(known_t known, test_t test)
{
    return has_item(right(known, test), left(known, test)->text);
}

static bool text_not_in_fact(known_t known, test_t test)
{
    return !text_in_fact(known, test);
}

/* ---- words, which are numbers of the schema's list ----------------------------------------- */

static bool word_in(known_t known, test_t test)
{
    return (test->constant.number >> left(known, test)->number & 1) != 0;
}

static bool word_not_in(known_t known, test_t test)
{
    return !word_in(known, test);
}

/* ---- sets --------------------------------------------------------------------------------- */

static bool set_contains(known_t known, test_t test)
{
    return has_item(left(known, test), test->constant.text);
}

static bool set_lacks(known_t known, test_t test)
{
    return !set_contains(known, test);
}

static bool set_contains_fact(known_t known, test_t test)
{
    return has_item(left(known, test), right(known, test)->text);
}

static bool set_lacks_fact(known_t known, test_t test)
{
    return !set_contains_fact(known, test);
}

/* ---- numbers, moments, words and truths ---------------------------------------------------- */

#define NUMBER_COMPARISON(name, operator)                                     \
    static bool name(known_t known, test_t test)                              \
    {                                                                         \
        return left(known, test)->number operator test->constant.number;      \
    }                                                                         \
    static bool name##_fact(known_t known, test_t test)                       \
    {                                                                         \
        return left(known, test)->number operator right(known, test)->number; \
    }

NUMBER_COMPARISON(number_is, ==)
NUMBER_COMPARISON(number_is_not, !=)
NUMBER_COMPARISON(number_at_least, >=)
NUMBER_COMPARISON(number_at_most, <=)
NUMBER_COMPARISON(number_less_than, <)
NUMBER_COMPARISON(number_more_than, >)

/* ---- presence ----------------------------------------------------------------------------- */

static bool is_present(known_t known, test_t test)
{
    return left(known, test)->present;
}

static bool is_absent(known_t known, test_t test)
{
    return !is_present(known, test);
}

/* ---- the table ---------------------------------------------------------------------------- */

enum {
    TEXT = 1u << POLICY_TEXT,
    WORD = 1u << POLICY_WORD,
    NUMBER = 1u << POLICY_NUMBER,
    SET = 1u << POLICY_SET,
    TRUTH = 1u << POLICY_TRUTH,
    TIME = 1u << POLICY_TIME,
    EVERY = TEXT | WORD | NUMBER | SET | TRUTH | TIME,
};

#define ONE POLICY_OPERAND_ONE
#define MANY POLICY_OPERAND_MANY
#define MEANS(meaning) POLICY_MEANS_##meaning
/* clang-format off */
#define NO_BOUND {false, false, 0}

static const struct policy_operator operators[] = {
    {"equals", TEXT, ONE, MEANS(IS), NO_BOUND, text_is, text_is_fact},
    {"equals", WORD | TRUTH, ONE, MEANS(IS), NO_BOUND, number_is, NULL},
    {"equals", NUMBER, ONE, MEANS(RANGE), {true, true, 0}, number_is, number_is_fact},
    {"not", TEXT, ONE, MEANS(IS_NOT), NO_BOUND, text_is_not, text_is_not_fact},
    {"not", WORD | TRUTH, ONE, MEANS(IS_NOT), NO_BOUND, number_is_not, NULL},
    {"not", NUMBER, ONE, MEANS(IS_NOT), NO_BOUND, number_is_not, number_is_not_fact},
    {"in", TEXT, MANY, MEANS(IS), NO_BOUND, text_in, text_in_fact},
    {"in", WORD, MANY, MEANS(IS), NO_BOUND, word_in, NULL},
    {"not_in", TEXT, MANY, MEANS(IS_NOT), NO_BOUND, text_not_in, text_not_in_fact},
    {"not_in", WORD, MANY, MEANS(IS_NOT), NO_BOUND, word_not_in, NULL},
    {"contains", SET, ONE, MEANS(HAS), NO_BOUND, set_contains, set_contains_fact},
    {"lacks", SET, ONE, MEANS(HAS_NOT), NO_BOUND, set_lacks, set_lacks_fact},
    {"at_least", NUMBER, ONE, MEANS(RANGE), {true, false, 0}, number_at_least, number_at_least_fact},
    {"at_most", NUMBER, ONE, MEANS(RANGE), {false, true, 0}, number_at_most, number_at_most_fact},
    {"less_than", NUMBER, ONE, MEANS(RANGE), {false, true, -1}, number_less_than, number_less_than_fact},
    {"more_than", NUMBER, ONE, MEANS(RANGE), {true, false, 1}, number_more_than, number_more_than_fact},
    {"from", TIME, ONE, MEANS(RANGE), {true, false, 0}, number_at_least, NULL},
    {"before", TIME, ONE, MEANS(RANGE), {false, true, -1}, number_less_than, NULL},
    {"present", EVERY, POLICY_OPERAND_TRUE, MEANS(PRESENT), NO_BOUND, is_present, NULL},
    {"absent", EVERY, POLICY_OPERAND_TRUE, MEANS(ABSENT), NO_BOUND, is_absent, NULL},
};
/* clang-format on */
#define OPERATOR_COUNT (sizeof operators / sizeof operators[0])
static_assert(OPERATOR_COUNT < POLICY_OPERATORS_MAX, "policy_operator_names needs the room");

const struct policy_operator *policy_operator_find(const char *name, enum policy_type type)
{
    for (size_t i = 0; i < OPERATOR_COUNT; i++)
        if ((operators[i].types & 1u << type) != 0 && strcmp(operators[i].name, name) == 0)
            return &operators[i];
    return NULL;
}

void policy_operator_names(enum policy_type type, const char *to[POLICY_OPERATORS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < OPERATOR_COUNT; i++)
        if ((operators[i].types & 1u << type) != 0)
            to[count++] = operators[i].name;
    to[count] = NULL;
}

bool policy_operator_exists(const char *name)
{
    for (size_t i = 0; i < OPERATOR_COUNT; i++)
        if (strcmp(operators[i].name, name) == 0)
            return true;
    return false;
}
