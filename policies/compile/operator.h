/* Operators: one table says which exist, for which types, and when they hold.
 * Private to policies. */
#ifndef POLICIES_COMPILE_OPERATOR_H
#define POLICIES_COMPILE_OPERATOR_H

#include "policies/compile/facts.h"

enum policy_operand {
    POLICY_OPERAND_ONE,  /* a constant, or $fact */
    POLICY_OPERAND_MANY, /* a list of constants, or $fact of a set */
    POLICY_OPERAND_TRUE, /* the word true */
};

/* What an operator says of a number x compared with n, so that contradictions are found. */
struct policy_bound {
    bool low;  /* x >= n + offset */
    bool high; /* x <= n + offset */
    int offset;
};

struct policy_operator {
    const char *name;
    unsigned types; /* of the fact: bits 1 << enum policy_type */
    enum policy_operand operand;
    struct policy_bound bound;
    bool takes_absent; /* holds() is also asked about an absent fact */
    bool (*holds)(const struct policy_value *fact, const struct policy_value *operand);
};

/* NULL when no operator of that name takes that type. */
const struct policy_operator *policy_operator_find(const char *name, enum policy_type type);
/* The names for a type, then NULL; `to` has room for POLICY_OPERATORS_MAX. */
enum { POLICY_OPERATORS_MAX = 20 };
void policy_operator_names(enum policy_type type, const char *to[POLICY_OPERATORS_MAX]);
/* Whether an operator of that name exists for any type. */
bool policy_operator_exists(const char *name);

#endif
