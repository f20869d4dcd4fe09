#include "policies/compile/operator.h"

#include <assert.h>
#include <string.h>

static bool has_item(const struct policy_value *set, const char *text)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->items[i], text) == 0)
            return true;
    return false;
}

static bool text_equals(const struct policy_value *fact, const struct policy_value *operand)
{
    return strcmp(fact->text, operand->text) == 0;
}

static bool text_not(const struct policy_value *fact, const struct policy_value *operand)
{
    return !text_equals(fact, operand);
}

static bool text_in(const struct policy_value *fact, const struct policy_value *operand)
{
    return has_item(operand, fact->text);
}

static bool text_not_in(const struct policy_value *fact, const struct policy_value *operand)
{
    return !text_in(fact, operand);
}

static bool set_contains(const struct policy_value *fact, const struct policy_value *operand)
{
    return has_item(fact, operand->text);
}

static bool set_lacks(const struct policy_value *fact, const struct policy_value *operand)
{
    return !set_contains(fact, operand);
}

static bool number_equals(const struct policy_value *fact, const struct policy_value *operand)
{
    return fact->number == operand->number;
}

static bool number_not(const struct policy_value *fact, const struct policy_value *operand)
{
    return fact->number != operand->number;
}

static bool number_at_least(const struct policy_value *fact, const struct policy_value *operand)
{
    return fact->number >= operand->number;
}

static bool number_at_most(const struct policy_value *fact, const struct policy_value *operand)
{
    return fact->number <= operand->number;
}

static bool number_less_than(const struct policy_value *fact, const struct policy_value *operand)
{
    return fact->number < operand->number;
}

static bool number_more_than(const struct policy_value *fact, const struct policy_value *operand)
{
    return fact->number > operand->number;
}

static bool any_present(const struct policy_value *fact, const struct policy_value *operand)
{
    (void)operand;
    return fact->present;
}

static bool any_absent(const struct policy_value *fact, const struct policy_value *operand)
{
    return !any_present(fact, operand);
}

enum {
    NUMBER = 1u << POLICY_NUMBER,
    SET = 1u << POLICY_SET,
    WORDS = 1u << POLICY_TEXT | 1u << POLICY_WORD,
    EVERY = NUMBER | SET | WORDS,
};

#define NO_BOUND        \
    {                   \
        false, false, 0 \
    }

static const struct policy_operator operators[] = {
    {"equals", WORDS, POLICY_OPERAND_ONE, NO_BOUND, false, text_equals},
    {"equals", NUMBER, POLICY_OPERAND_ONE, {true, true, 0}, false, number_equals},
    {"not", WORDS, POLICY_OPERAND_ONE, NO_BOUND, false, text_not},
    {"not", NUMBER, POLICY_OPERAND_ONE, NO_BOUND, false, number_not},
    {"in", WORDS, POLICY_OPERAND_MANY, NO_BOUND, false, text_in},
    {"not_in", WORDS, POLICY_OPERAND_MANY, NO_BOUND, false, text_not_in},
    {"contains", SET, POLICY_OPERAND_ONE, NO_BOUND, false, set_contains},
    {"lacks", SET, POLICY_OPERAND_ONE, NO_BOUND, false, set_lacks},
    {"at_least", NUMBER, POLICY_OPERAND_ONE, {true, false, 0}, false, number_at_least},
    {"at_most", NUMBER, POLICY_OPERAND_ONE, {false, true, 0}, false, number_at_most},
    {"less_than", NUMBER, POLICY_OPERAND_ONE, {false, true, -1}, false, number_less_than},
    {"more_than", NUMBER, POLICY_OPERAND_ONE, {true, false, 1}, false, number_more_than},
    {"present", EVERY, POLICY_OPERAND_TRUE, NO_BOUND, true, any_present},
    {"absent", EVERY, POLICY_OPERAND_TRUE, NO_BOUND, true, any_absent},
};
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
