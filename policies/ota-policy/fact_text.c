#include "policies/ota-policy/fact_text.h"

#include "policies/compile/time.h"

#include <string.h>

enum { DIGITS_MAX = 10 };

static const char *set_text(struct policy_facts *facts, enum policy_fact fact, const char *text)
{
    policy_facts_set_string(facts, fact, text);
    return NULL;
}

static const char *set_word(struct policy_facts *facts, enum policy_fact fact, const char *text)
{
    if (policy_word_index(fact, text) < 0)
        return "it is none of the fact's words";
    return set_text(facts, fact, text);
}

static const char *set_number(struct policy_facts *facts, enum policy_fact fact, const char *text)
{
    int64_t number = 0;
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > DIGITS_MAX || text[len] != '\0')
        return "expected a whole number";
    for (size_t i = 0; i < len; i++)
        number = number * 10 + (text[i] - '0');
    policy_facts_set_int(facts, fact, number);
    return NULL;
}

static const char *set_truth(struct policy_facts *facts, enum policy_fact fact, const char *text)
{
    bool truth = strcmp(text, "true") == 0;
    if (!truth && strcmp(text, "false") != 0)
        return "expected true or false";
    policy_facts_set_int(facts, fact, truth);
    return NULL;
}

static const char *set_time(struct policy_facts *facts, enum policy_fact fact, const char *text)
{
    struct policy_moment moment;
    const char *wrong = policy_time_parse(text, &moment);
    if (wrong == NULL && moment.is_date)
        return "a moment is written like 2027-01-31T08:30:00+08:00";
    if (wrong == NULL)
        policy_facts_set_int(facts, fact, moment.ms);
    return wrong;
}

const char *ota_policy_fact_set(struct policy_facts *facts, enum policy_fact fact, const char *text)
{
    static const char *(*const setters[POLICY_TYPE_COUNT])(struct policy_facts *, enum policy_fact,
                                                           const char *) = {
        [POLICY_TEXT] = set_text,   [POLICY_WORD] = set_word, [POLICY_NUMBER] = set_number,
        [POLICY_TRUTH] = set_truth, [POLICY_TIME] = set_time,
    };
    const struct policy_fact_info *info = policy_fact_info(fact);
    if (info->presence == POLICY_DERIVED)
        return "it follows from request.time; give that instead";
    if (facts->values[fact].present)
        return "the fact is given twice";
    if (*text == '\0')
        return "the value is missing; leave the fact out if it is absent";
    return setters[info->type](facts, fact, text);
}
