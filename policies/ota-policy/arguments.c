#include "policies/ota-policy/arguments.h"

#include "policies/evaluate/limits.h"
#include "policies/ota-policy/fact_text.h"
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
    const struct policy_fact_info *info = policy_fact_info(fact);
    bool given = arguments->facts.values[fact].present;
    if (info->type == POLICY_SET && !given)
        return set_items(arguments, fact, argument, value);
    if (info->type == POLICY_WORD && !given && *value != '\0' && policy_word_index(fact, value) < 0)
        return complain_words(argument, info);
    const char *wrong = ota_policy_fact_set(&arguments->facts, fact, value);
    return wrong == NULL || complain(argument, wrong);
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

/* ---- counts ------------------------------------------------------------------------------- */

static bool is_number(const char *text, int64_t *number)
{
    uint64_t value = 0;
    bool good = rebind_number_parse(text, INT32_MAX, &value) == SCP_OK;
    *number = (int64_t)value;
    return good;
}

/* "daily=4999", "share-cap=40/100" */
static bool read_count(struct ota_policy_arguments *arguments, const char *argument)
{
    struct ota_policy_count *count = &arguments->counts[arguments->count_count];
    count->limit = strdup(argument);
    char *number = count->limit != NULL ? strchr(count->limit, '=') : NULL;
    char *of = number != NULL ? strchr(number, '/') : NULL;
    if (number != NULL)
        *number++ = '\0';
    if (of != NULL)
        *of++ = '\0';
    if (number != NULL && is_number(number, &count->number) &&
        (of == NULL || is_number(of, &count->of)))
        return true;
    (void)fprintf(stderr, "ota-policy: --count %s: expected LIMIT=N, of a share LIMIT=N/M\n",
                  argument);
    return false;
}

static bool count_given(void *user, const struct policy_count *what, int64_t *number)
{
    const struct ota_policy_arguments *arguments = user;
    for (size_t i = 0; i < arguments->count_count; i++) {
        const struct ota_policy_count *count = &arguments->counts[i];
        bool of_region = what->bank == NULL && what->region != NULL && count->of > 0;
        if (strcmp(count->limit, what->limit) != 0)
            continue;
        *number = of_region ? count->of : count->number;
        return true;
    }
    return false;
}

/* ---- both --------------------------------------------------------------------------------- */

bool ota_policy_arguments_read(const struct ota_policy_options *options,
                               struct ota_policy_arguments *out)
{
    *out = (struct ota_policy_arguments){0};
    bool good = true;
    for (; good && out->count < options->fact_count; out->count++)
        good = read_argument(out, options->facts[out->count]);
    for (; good && out->count_count < options->count_count; out->count_count++)
        good = read_count(out, options->counts[out->count_count]);
    out->facts.counters = (struct policy_counters){count_given, out};
    return good;
}

void ota_policy_arguments_fini(struct ota_policy_arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++) {
        free(arguments->texts[i]);
        free(arguments->items[i]);
    }
    for (size_t i = 0; i < OTA_POLICY_COUNTS_MAX; i++)
        free(arguments->counts[i].limit);
}
