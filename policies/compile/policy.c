/* What a policy says about itself. */
#include "policies/compile/policy.h"

#include "policies/compile/program.h"

#include <assert.h>

const char *policy_name(const struct policy *policy)
{
    return policy->name;
}

const char *policy_description(const struct policy *policy)
{
    return policy->description;
}

const uint8_t *policy_digest(const struct policy *policy)
{
    return policy->digest;
}

size_t policy_language_count(const struct policy *policy)
{
    return policy->language_count;
}

const char *policy_language(const struct policy *policy, size_t index)
{
    assert(index < policy->language_count);
    return policy->languages[index];
}

policy_fact_set policy_facts_asked(const struct policy *policy)
{
    return policy->facts;
}

size_t policy_rule_count(const struct policy *policy)
{
    return policy->rule_count;
}

struct policy_rule_info policy_rule_info(const struct policy *policy, size_t index)
{
    assert(index < policy->rule_count);
    const struct policy_rule *rule = &policy->rules[index];
    return (struct policy_rule_info){.id = rule->id,
                                     .effect = rule->effect,
                                     .reason = rule->reason.texts[0],
                                     .line = rule->line,
                                     .is_stop = rule->is_stop};
}

size_t policy_stop_count(const struct policy *policy)
{
    return policy->stop_count;
}

struct policy_stop_info policy_stop_info(const struct policy *policy, size_t index)
{
    assert(index < policy->stop_count);
    return policy->stops[index].info;
}

size_t policy_limit_count(const struct policy *policy)
{
    return policy->limit_count;
}

struct policy_limit_info policy_limit_info(const struct policy *policy, size_t index)
{
    assert(index < policy->limit_count);
    const struct policy_limit *limit = &policy->limits[index];
    return (struct policy_limit_info){.id = limit->id,
                                      .kind = policy_limit_kind_name(limit->kind),
                                      .reason = limit->reason.texts[0],
                                      .line = limit->line};
}

size_t policy_exception_count(const struct policy *policy)
{
    return policy->exception_count;
}

struct policy_exception_info policy_exception_info(const struct policy *policy, size_t index)
{
    assert(index < policy->exception_count);
    const struct policy_exception *exception = &policy->exceptions[index];
    return (struct policy_exception_info){.id = exception->id,
                                          .approver = exception->approver,
                                          .reason = exception->reason.texts[0],
                                          .before_ms = exception->before_ms,
                                          .line = exception->line};
}

enum policy_assignment_method policy_assignment(const struct policy *policy)
{
    return policy->method;
}

size_t policy_share_count(const struct policy *policy)
{
    return policy->share_count;
}

struct policy_share_info policy_share_info(const struct policy *policy, size_t index)
{
    assert(index < policy->share_count);
    return policy->shares[index];
}

size_t policy_case_count(const struct policy *policy)
{
    return policy->case_count;
}
