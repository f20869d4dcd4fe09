#include "policies/compile/facts.h"

#include "policies/compile/text.h"
#include "policies/compile/time.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static void refuse(struct policy_facts *facts, enum policy_fact fact)
{
    if (facts->has_refused)
        return;
    facts->has_refused = true;
    facts->refused = fact;
}

static void set(struct policy_facts *facts, enum policy_fact fact, struct policy_value value)
{
    assert(policy_fact_info(fact)->presence != POLICY_DERIVED);
    value.present = true;
    facts->values[fact] = value;
}

static void set_word(struct policy_facts *facts, enum policy_fact fact, const char *word)
{
    int index = policy_word_index(fact, word);
    if (index < 0)
        refuse(facts, fact);
    else
        set(facts, fact, (struct policy_value){.text = word, .number = index});
}

void policy_facts_set_string(struct policy_facts *facts, enum policy_fact fact, const char *text)
{
    enum policy_type type = policy_fact_info(fact)->type;
    assert(type == POLICY_TEXT || type == POLICY_WORD);
    if (text == NULL || *text == '\0')
        policy_facts_remove(facts, fact);
    else if (type == POLICY_WORD)
        set_word(facts, fact, text);
    else
        set(facts, fact, (struct policy_value){.text = text});
}

void policy_facts_set_int(struct policy_facts *facts, enum policy_fact fact, int64_t number)
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    assert(info->type == POLICY_NUMBER || info->type == POLICY_TIME || info->type == POLICY_TRUTH);
    int64_t most = info->type == POLICY_TRUTH ? 1 : info->most;
    if (info->type == POLICY_TIME)
        most = POLICY_TIME_MAX;
    if (number < 0 || (most > 0 && number > most))
        refuse(facts, fact);
    else
        set(facts, fact, (struct policy_value){.number = number});
}

void policy_facts_set_set(struct policy_facts *facts, enum policy_fact fact,
                          const char *const items[], size_t count)
{
    assert(policy_fact_info(fact)->type == POLICY_SET);
    set(facts, fact, (struct policy_value){.items = items, .count = count});
}

void policy_facts_remove(struct policy_facts *facts, enum policy_fact fact)
{
    assert(fact < POLICY_FACT_COUNT);
    facts->values[fact] = (struct policy_value){0};
}

/* ---- for people --------------------------------------------------------------------------- */

static void add_text(struct policy_text *to, const struct policy_value *value)
{
    policy_text_add(to, "%s", value->text);
}

static void add_number(struct policy_text *to, const struct policy_value *value)
{
    policy_text_add(to, "%" PRId64, value->number);
}

static void add_set(struct policy_text *to, const struct policy_value *value)
{
    policy_text_add(to, "{");
    for (size_t i = 0; i < value->count; i++)
        policy_text_add(to, "%s%s", i > 0 ? ", " : "", value->items[i]);
    policy_text_add(to, "}");
}

static void add_truth(struct policy_text *to, const struct policy_value *value)
{
    policy_text_add(to, "%s", value->number != 0 ? "true" : "false");
}

static void add_time(struct policy_text *to, const struct policy_value *value)
{
    char time[POLICY_TIME_SIZE];
    policy_text_add(to, "%s", policy_time_format(value->number, time));
}

char *policy_value_format(enum policy_fact fact, const struct policy_value *value, char *to,
                          size_t cap)
{
    static void (*const by_type[])(struct policy_text *, const struct policy_value *) = {
        [POLICY_TEXT] = add_text, [POLICY_WORD] = add_text,   [POLICY_NUMBER] = add_number,
        [POLICY_SET] = add_set,   [POLICY_TRUTH] = add_truth, [POLICY_TIME] = add_time};
    struct policy_text text = policy_text_on(to, cap);
    if (value->present)
        by_type[policy_fact_info(fact)->type](&text, value);
    else
        policy_text_add(&text, "absent");
    return to;
}

char *policy_facts_format(const struct policy_facts *facts, enum policy_fact fact, char *to,
                          size_t cap)
{
    return policy_value_format(fact, &facts->values[fact], to, cap);
}
