#include "policies/ota-policy/json.h"

#include <stdio.h>

json_t *ota_policy_json_problem(const struct document_problem *problem)
{
    return json_pack("{s:s, s:i, s:i, s:s, s:s}", "file", problem->file, "line", (int)problem->line,
                     "column", (int)problem->column, "message", problem->text, "source",
                     problem->source);
}

static json_t *rules_json(const struct policy_decision *decision)
{
    json_t *rules = json_array();
    for (size_t i = 0; i < decision->rule_count; i++)
        (void)json_array_append_new(rules, json_string(decision->rules[i]));
    return rules;
}

json_t *ota_policy_json_decision(const struct policy_decision *decision)
{
    const struct policy_obligations *obligations = &decision->obligations;
    return json_pack("{s:s, s:s, s:o, s:s, s:{s:s, s:b}}", "effect",
                     policy_effect_name(decision->effect), "rule", policy_decision_rule(decision),
                     "rules", rules_json(decision), "reason", decision->reason, "obligations",
                     "retire_old_bank", policy_retire_name(obligations->retire_old_bank),
                     "allow_break_before_make", obligations->allow_break_before_make);
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
