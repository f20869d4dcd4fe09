#include "policies/compile/facts.h"

#include "policies/compile/text.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static const struct policy_fact_info schema[] = {
#define POLICY_FACT_ROW(constant, name, type, presence, documentation, ...) \
    [POLICY_##constant] = {name, POLICY_##type, POLICY_##presence, documentation, {__VA_ARGS__}},
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
    static const char *const names[] = {[POLICY_TEXT] = "text",
                                        [POLICY_WORD] = "a word",
                                        [POLICY_NUMBER] = "a number",
                                        [POLICY_SET] = "a set of texts"};
    return names[type];
}

enum policy_fact policy_fact_by_name(const char *name)
{
    size_t fact = 0;
    while (fact < POLICY_FACT_COUNT && strcmp(schema[fact].name, name) != 0)
        fact++;
    return (enum policy_fact)fact;
}

static void refuse(struct policy_facts *facts, enum policy_fact fact)
{
    if (facts->has_refused)
        return;
    facts->has_refused = true;
    facts->refused = fact;
}

static bool knows_word(const struct policy_fact_info *info, const char *word)
{
    for (const char *const *at = info->words; *at != NULL; at++)
        if (strcmp(*at, word) == 0)
            return true;
    return false;
}

void policy_facts_set_string(struct policy_facts *facts, enum policy_fact fact, const char *text)
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    assert(info->type == POLICY_TEXT || info->type == POLICY_WORD);
    if (text == NULL || *text == '\0')
        policy_facts_remove(facts, fact);
    else if (info->type == POLICY_WORD && !knows_word(info, text))
        refuse(facts, fact);
    else
        facts->values[fact] = (struct policy_value){.present = true, .text = text};
}

void policy_facts_set_int(struct policy_facts *facts, enum policy_fact fact, int64_t number)
{
    assert(policy_fact_info(fact)->type == POLICY_NUMBER);
    if (number < 0)
        refuse(facts, fact);
    else
        facts->values[fact] = (struct policy_value){.present = true, .number = number};
}

void policy_facts_set_set(struct policy_facts *facts, enum policy_fact fact,
                          const char *const items[], size_t count)
{
    assert(policy_fact_info(fact)->type == POLICY_SET);
    facts->values[fact] = (struct policy_value){.present = true, .items = items, .count = count};
}

void policy_facts_remove(struct policy_facts *facts, enum policy_fact fact)
{
    assert(fact < POLICY_FACT_COUNT);
    facts->values[fact] = (struct policy_value){0};
}

char *policy_facts_format(const struct policy_facts *facts, enum policy_fact fact, char *to,
                          size_t cap)
{
    const struct policy_value *value = &facts->values[fact];
    enum policy_type type = policy_fact_info(fact)->type;
    struct policy_text text = policy_text_on(to, cap);
    if (!value->present)
        policy_text_add(&text, "absent");
    else if (type == POLICY_NUMBER)
        policy_text_add(&text, "%" PRId64, value->number);
    else if (type != POLICY_SET)
        policy_text_add(&text, "%s", value->text);
    else {
        policy_text_add(&text, "{");
        for (size_t i = 0; i < value->count; i++)
            policy_text_add(&text, "%s%s", i > 0 ? ", " : "", value->items[i]);
        policy_text_add(&text, "}");
    }
    return to;
}
