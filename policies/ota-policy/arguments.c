#include "policies/ota-policy/arguments.h"

#include "policies/compile/time.h"
#include "scp/host/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(const char *argument, const char *cause)
{
    (void)fprintf(stderr, "ota-policy: --fact %s: %s\n", argument, cause);
    return false;
}

static bool complain_words(const char *argument, const struct policy_fact_info *info)
{
    (void)fprintf(stderr, "ota-policy: --fact %s: %s is one of:", argument, info->name);
    for (const char *const *word = info->words; *word != NULL; word++)
        (void)fprintf(stderr, " %s", *word);
    (void)fputc('\n', stderr);
    return false;
}

static bool set_number(struct policy_facts *facts, enum policy_fact fact, const char *argument,
                       const char *value)
{
    uint64_t number;
    if (rebind_number_parse(value, INT32_MAX, &number) != SCP_OK)
        return complain(argument, "expected a whole number");
    policy_facts_set_int(facts, fact, (int64_t)number);
    return true;
}

static bool set_truth(struct policy_facts *facts, enum policy_fact fact, const char *argument,
                      const char *value)
{
    bool truth = strcmp(value, "true") == 0;
    if (!truth && strcmp(value, "false") != 0)
        return complain(argument, "expected true or false");
    policy_facts_set_int(facts, fact, truth);
    return true;
}

static bool set_time(struct policy_facts *facts, enum policy_fact fact, const char *argument,
                     const char *value)
{
    struct policy_moment moment;
    const char *wrong = policy_time_parse(value, &moment);
    if (wrong == NULL && moment.is_date)
        wrong = "a moment is written like 2027-01-31T08:30:00+08:00";
    if (wrong != NULL)
        return complain(argument, wrong);
    policy_facts_set_int(facts, fact, moment.ms);
    return true;
}

static bool set_word(struct policy_facts *facts, enum policy_fact fact, const char *argument,
                     const char *value)
{
    policy_facts_set_string(facts, fact, value);
    return !facts->has_refused || complain_words(argument, policy_fact_info(fact));
}

/* "310000,320000"; cuts `value` at its commas. An empty value is the empty set. */
static bool set_items(struct ota_policy_arguments *arguments, enum policy_fact fact,
                      const char *argument, char *value)
{
    size_t most = strlen(value) + 1;
    const char **items = calloc(most, sizeof *items);
    if (items == NULL)
        return complain(argument, "memory is exhausted");
    size_t count = 0;
    for (char *at = value; at != NULL && *value != '\0';) {
        items[count++] = at;
        at = strchr(at, ',');
        if (at != NULL)
            *at++ = '\0';
    }
    arguments->items[arguments->count] = items;
    policy_facts_set_set(&arguments->facts, fact, items, count);
    return true;
}

static bool set_value(struct ota_policy_arguments *arguments, enum policy_fact fact,
                      const char *argument, char *value)
{
    static bool (*const setters[POLICY_TYPE_COUNT])(struct policy_facts *, enum policy_fact,
                                                    const char *,
                                                    const char *) = {[POLICY_TEXT] = set_word,
                                                                     [POLICY_WORD] = set_word,
                                                                     [POLICY_NUMBER] = set_number,
                                                                     [POLICY_TRUTH] = set_truth,
                                                                     [POLICY_TIME] = set_time};
    const struct policy_fact_info *info = policy_fact_info(fact);
    if (info->presence == POLICY_DERIVED)
        return complain(argument, "it follows from request.time; give that instead");
    if (arguments->facts.values[fact].present)
        return complain(argument, "the fact is given twice");
    if (info->type == POLICY_SET)
        return set_items(arguments, fact, argument, value);
    if (*value == '\0')
        return complain(argument, "the value is missing; leave the fact out if it is absent");
    return setters[info->type](&arguments->facts, fact, argument, value);
}

static bool read_argument(struct ota_policy_arguments *arguments, const char *argument)
{
    char *text = strdup(argument);
    if (text == NULL)
        return complain(argument, "memory is exhausted");
    arguments->texts[arguments->count] = text;
    char *value = strchr(text, '=');
    if (value == NULL)
        return complain(argument, "expected NAME=VALUE");
    *value++ = '\0';
    enum policy_fact fact = policy_fact_by_name(text);
    if (fact < POLICY_FACT_COUNT)
        return set_value(arguments, fact, argument, value);
    (void)fprintf(stderr, "ota-policy: --fact %s: unknown fact%s\n", argument,
                  doc_hint(text, policy_fact_names).text);
    return false;
}

bool ota_policy_arguments_read(const struct ota_policy_options *options,
                               struct ota_policy_arguments *out)
{
    *out = (struct ota_policy_arguments){0};
    bool good = true;
    for (; good && out->count < options->fact_count; out->count++)
        good = read_argument(out, options->facts[out->count]);
    return good;
}

void ota_policy_arguments_fini(struct ota_policy_arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++) {
        free(arguments->texts[i]);
        free(arguments->items[i]);
    }
}
