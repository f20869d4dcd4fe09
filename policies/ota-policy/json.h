/* JSON answers of ota-policy. Each function gives a new reference, or NULL when memory is
 * exhausted, which the functions that take a reference let through. */
#ifndef POLICIES_OTA_POLICY_JSON_H
#define POLICIES_OTA_POLICY_JSON_H

#include "policies/evaluate/evaluate.h"
#include "policies/ota-policy/command.h"

#include <jansson.h>

/* A text that came from outside. What is no UTF-8 has ? for each byte that is not ASCII: a member
 * would be left out otherwise. */
json_t *ota_policy_json_text(const char *text);
json_t *ota_policy_json_problem(const struct document_problem *problem);
/* {"effect", "rule", "rules", "reason", "reasons", "obligations", "exceptions", "limits"} */
json_t *ota_policy_json_decision(const struct policy *policy,
                                 const struct policy_decision *decision);

/* The answer that could not be given because a file is wrong: {"problem"}, or a message on standard
 * error. Returns BAD. */
enum ota_policy_exit ota_policy_refuse(const struct ota_policy_options *options,
                                       const struct document_problem *problem);

/* Print it on standard output and drop the reference; BAD when it is NULL or cannot be written. */
enum ota_policy_exit ota_policy_json_print(json_t *json, enum ota_policy_exit status);

#endif
