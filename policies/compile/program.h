/* The compiled form of a policy. Private to policies. */
#ifndef POLICIES_COMPILE_PROGRAM_H
#define POLICIES_COMPILE_PROGRAM_H

#include "policies/compile/facts.h"
#include "policies/compile/operator.h"
#include "policies/compile/policy.h"

enum policy_condition_kind {
    POLICY_CONDITION_ALL,
    POLICY_CONDITION_ANY,
    POLICY_CONDITION_NONE,
    POLICY_CONDITION_TEST,
};

struct policy_condition {
    enum policy_condition_kind kind;
    unsigned line;
    struct policy_condition *first; /* of a group */
    struct policy_condition *last;
    struct policy_condition *next;
    /* Of a test: */
    enum policy_fact fact;
    const struct policy_operator *op;
    bool against_fact; /* compared with the fact `other`, else with `constant` */
    enum policy_fact other;
    struct policy_value constant;
};

struct policy_rule {
    const char *id;
    const char *reason;
    enum policy_effect effect;
    unsigned line;
    struct policy_condition *when; /* a group of kind ALL; an empty one always holds */
    struct policy_obligations obligations;
};

struct policy_case {
    const char *name;
    unsigned line;
    struct policy_facts facts;
    enum policy_effect expect;
    const char *rule; /* NULL when the case does not say */
    bool expects_obligations;
    struct policy_obligations obligations;
};

struct policy_block; /* one piece of the policy's memory */

struct policy {
    struct document *doc; /* owns every text */
    struct policy_block *blocks;
    uint8_t digest[POLICY_DIGEST_SIZE];
    const char *name;
    const char *description;
    struct policy_rule *rules;
    size_t rule_count;
    size_t condition_count;
    struct policy_case *cases;
    size_t case_count;
};

/* What compiling hands from part to part. */
struct policy_compiler {
    struct policy *policy;
    const char *file;
    struct document_problem *problem;
};

/* Zeroed memory that lives as long as the policy; NULL, with the problem set, when there is none.
 */
void *policy_alloc(struct policy_compiler *c, size_t count, size_t size);

/* Whether nothing has gone wrong so far. */
bool policy_is_good(const struct policy_compiler *c);

/* `when:`; NULL after an error. */
struct policy_condition *policy_compile_when(struct policy_compiler *c,
                                             const struct document_node *node);

/* The fact that `text` names, or POLICY_FACT_COUNT with a problem at `node`. */
enum policy_fact policy_compile_fact_name(struct policy_compiler *c,
                                          const struct document_node *node, const char *text);
/* A constant of a fact's type; for a SET, a list. Absent, with a problem, when it is none. */
struct policy_value policy_compile_constant(struct policy_compiler *c, enum policy_fact fact,
                                            const struct document_node *node);
/* The same for a list of single values. */
struct policy_value policy_compile_list(struct policy_compiler *c, enum policy_fact fact,
                                        const struct document_node *node);

/* `obligations:` of a rule or a case. */
struct policy_obligations policy_compile_obligations(struct policy_compiler *c,
                                                     const struct document_node *node);
/* `effect:` or `expect:`. */
enum policy_effect policy_compile_effect(struct policy_compiler *c,
                                         const struct document_node *node);
/* `tests:` and `test_facts:`, once the rules are there. */
void policy_compile_cases(struct policy_compiler *c, const struct document_node *root);

#endif
