/* ota-policy facts: what may a policy ask about, and how? */
#include "policies/compile/operator.h"
#include "policies/ota-policy/json.h"

#include <stdio.h>

static void print_fact(const struct policy_fact_info *info)
{
    (void)printf("%-31s %-14s %s\n", info->name, policy_type_name(info->type), info->documentation);
    if (info->words[0] == NULL)
        return;
    (void)printf("%46s ", "");
    for (const char *const *word = info->words; *word != NULL; word++)
        (void)printf("%s%s", word == info->words ? "" : " | ", *word);
    (void)putchar('\n');
}

static json_t *fact_json(const struct policy_fact_info *info)
{
    json_t *words = info->words[0] != NULL ? json_array() : NULL;
    for (const char *const *word = info->words; *word != NULL; word++)
        (void)json_array_append_new(words, json_string(*word));
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:o*}", "name", info->name, "type",
                     policy_type_name(info->type), "presence", policy_presence_name(info->presence),
                     "always", info->presence == POLICY_ALWAYS, "documentation",
                     info->documentation, "words", words);
}

static const enum policy_type types[] = {POLICY_TEXT, POLICY_WORD,  POLICY_NUMBER,
                                         POLICY_SET,  POLICY_TRUTH, POLICY_TIME};
enum { TYPE_COUNT = sizeof types / sizeof types[0] };

static void print_operators(void)
{
    (void)printf("\nOperators:\n");
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        const char *names[POLICY_OPERATORS_MAX];
        policy_operator_names(types[i], names);
        (void)printf("%-31s", policy_type_name(types[i]));
        for (const char *const *name = names; *name != NULL; name++)
            (void)printf(" %s", *name);
        (void)putchar('\n');
    }
}

static json_t *operators_json(void)
{
    json_t *json = json_object();
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        const char *names[POLICY_OPERATORS_MAX];
        json_t *list = json_array();
        policy_operator_names(types[i], names);
        for (const char *const *name = names; *name != NULL; name++)
            (void)json_array_append_new(list, json_string(*name));
        (void)json_object_set_new(json, policy_type_name(types[i]), list);
    }
    return json;
}

enum ota_policy_exit ota_policy_list_facts(const struct ota_policy_options *options)
{
    json_t *list = options->json ? json_array() : NULL;
    for (size_t i = 0; i < POLICY_FACT_COUNT; i++) {
        const struct policy_fact_info *info = policy_fact_info((enum policy_fact)i);
        if (options->json)
            (void)json_array_append_new(list, fact_json(info));
        else
            print_fact(info);
    }
    if (options->json)
        return ota_policy_json_print(
            json_pack("{s:o, s:o}", "facts", list, "operators", operators_json()), OTA_POLICY_OK);
    print_operators();
    return OTA_POLICY_OK;
}
