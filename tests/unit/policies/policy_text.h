/* Compiling literal policies, for tests. */
#ifndef TESTS_UNIT_POLICIES_POLICY_TEXT_H
#define TESTS_UNIT_POLICIES_POLICY_TEXT_H

#include "policies/compile/policy.h"

#include <stdio.h>
#include <string.h>

static inline struct policy *compile_text(const char *text, struct document_problem *problem)
{
    struct policy *policy;
    *problem = (struct document_problem){0};
    enum document_error error =
        policy_compile("p.yaml", scp_bytes_of(text, strlen(text)), &policy, problem);
    assert_int_equal(error, problem->error);
    assert_true((policy == NULL) == (error != DOC_OK));
    return policy;
}

/* Compiles, or fails the test with the problem. */
static inline struct policy *compile_good(const char *text)
{
    struct document_problem problem;
    struct policy *policy = compile_text(text, &problem);
    assert_string_equal(problem.text, "");
    assert_non_null(policy);
    return policy;
}

/* A policy of one rule that allows under `when`, which may have several lines. */
enum { RULE_TEXT_SIZE = 4096 };
static inline const char *one_rule(const char *when, char to[RULE_TEXT_SIZE])
{
    (void)snprintf(to, RULE_TEXT_SIZE,
                   "version: 1\n"
                   "name: p\n"
                   "rules:\n"
                   "  - id: r\n"
                   "    effect: allow\n"
                   "    reason: it holds\n"
                   "    when: %s\n",
                   when);
    return to;
}

#endif
