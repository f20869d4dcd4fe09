#include "policies/ota-policy/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *ota_policy_json_text(const char *text)
{
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    char *shown = strdup(text);
    for (char *at = shown; at != NULL && *at != '\0'; at++)
        if ((uint8_t)*at >= 0x80)
            *at = '?';
    json = shown != NULL ? json_string(shown) : NULL;
    free(shown);
    return json;
}

json_t *ota_policy_json_problem(const struct document_problem *problem)
{
    return json_pack("{s:s, s:i, s:i, s:s, s:s}", "file", problem->file, "line", (int)problem->line,
                     "column", (int)problem->column, "message", problem->text, "source",
                     problem->source);
}

static json_t *texts_json(const char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(texts[i]));
    return list;
}

/* NULL, so that the member is left out, when the policy names no languages. */
static json_t *reasons_json(const struct policy *policy, const struct policy_decision *decision)
{
    if (policy_language(policy, 0)[0] == '\0')
        return NULL;
    json_t *reasons = json_object();
    for (size_t i = 0; i < policy_language_count(policy); i++)
        (void)json_object_set_new(reasons, policy_language(policy, i),
                                  json_string(decision->reasons[i]));
    return reasons;
}

static json_t *obligations_json(const struct policy_obligations *obligations)
{
    json_t *notify = json_array();
    for (size_t i = 0; policy_notify_names[i] != NULL; i++)
        if ((obligations->notify >> i & 1) != 0)
            (void)json_array_append_new(notify, json_string(policy_notify_names[i]));
    return json_pack("{s:s, s:b, s:b, s:s, s:o, s:I}", "retire_old_bank",
                     policy_retire_name(obligations->retire_old_bank), "allow_break_before_make",
                     obligations->allow_break_before_make, "second_person",
                     obligations->second_person, "consent_evidence",
                     policy_evidence_name(obligations->consent_evidence), "notify", notify,
                     "cool_down_days", (json_int_t)obligations->cool_down_days);
}

/* null where nothing was counted: unknown, or a card that never switched. */
static json_t *counted_json(const struct policy_use *use)
{
    bool counted = !use->unknown && use->counted != INT64_MAX;
    return counted ? json_integer((json_int_t)use->counted) : json_null();
}

static json_t *uses_json(const struct policy_decision *decision)
{
    json_t *list = json_array();
    for (size_t i = 0; i < decision->use_count; i++) {
        const struct policy_use *use = &decision->uses[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o, s:I, s:I, s:b, s:b, s:b}", "limit", use->limit, "counted",
                            counted_json(use), "of", (json_int_t)use->of, "at_most",
                            (json_int_t)use->at_most, "reached", use->reached, "consumes",
                            use->consumes, "unknown", use->unknown));
    }
    return list;
}

json_t *ota_policy_json_decision(const struct policy *policy,
                                 const struct policy_decision *decision)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:o*, s:o, s:o, s:o}", "effect",
                     policy_effect_name(decision->effect), "rule", policy_decision_rule(decision),
                     "rules", texts_json(decision->rules, decision->rule_count), "reason",
                     decision->reason, "reasons", reasons_json(policy, decision), "obligations",
                     obligations_json(&decision->obligations), "exceptions",
                     texts_json(decision->exceptions, decision->exception_count), "limits",
                     uses_json(decision));
}

enum ota_policy_exit ota_policy_refuse(const struct ota_policy_options *options,
                                       const struct document_problem *problem)
{
    if (options->json)
        return ota_policy_json_print(
            json_pack("{s:o}", "problem", ota_policy_json_problem(problem)), OTA_POLICY_BAD);
    ota_policy_print_problem(problem);
    return OTA_POLICY_BAD;
}

enum ota_policy_exit ota_policy_json_print(json_t *json, enum ota_policy_exit status)
{
    bool written =
        json != NULL && json_dumpf(json, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    json_decref(json);
    if (written)
        return status;
    (void)fputs("ota-policy: the answer could not be written\n", stderr);
    return OTA_POLICY_BAD;
}
