#include "policies/compile/schema.h"

#include <assert.h>
#include <string.h>

static_assert(POLICY_FACT_COUNT <= 64, "a policy_fact_set has a bit for each fact");

static const struct policy_fact_info schema[] = {
#define POLICY_FACT_ROW(constant, name, type, presence, most, documentation, ...) \
    [POLICY_##                                                                    \
        constant] = {name, POLICY_##type, POLICY_##presence, most, documentation, {__VA_ARGS__}},
    POLICY_FACTS(POLICY_FACT_ROW)
#undef POLICY_FACT_ROW
};

const char *const policy_fact_names[POLICY_FACT_COUNT + 1] = {
#define POLICY_FACT_NAME(constant, name, ...) [POLICY_##constant] = (name),
    POLICY_FACTS(POLICY_FACT_NAME)
#undef POLICY_FACT_NAME
};

const struct policy_fact_info *policy_fact_info(enum policy_fact fact)
{
    assert(fact < POLICY_FACT_COUNT);
    return &schema[fact];
}

const char *policy_type_name(enum policy_type type)
{
    static const char *const names[] = {
        [POLICY_TEXT] = "text",           [POLICY_WORD] = "a word",
        [POLICY_NUMBER] = "a number",     [POLICY_SET] = "a set of texts",
        [POLICY_TRUTH] = "true or false", [POLICY_TIME] = "a moment"};
    return names[type];
}

const char *policy_presence_name(enum policy_presence presence)
{
    static const char *const names[] = {
        [POLICY_ALWAYS] = "always", [POLICY_SOMETIMES] = "sometimes", [POLICY_DERIVED] = "derived"};
    return names[presence];
}

enum policy_fact policy_fact_by_name(const char *name)
{
    size_t fact = 0;
    while (fact < POLICY_FACT_COUNT && strcmp(schema[fact].name, name) != 0)
        fact++;
    return (enum policy_fact)fact;
}

int policy_word_index(enum policy_fact fact, const char *word)
{
    const char *const *words = policy_fact_info(fact)->words;
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}
