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

/* What an operator says of a fact's value, for the analysis. */
enum policy_meaning {
    POLICY_MEANS_IS,      /* equal to, or one of, the constants */
    POLICY_MEANS_IS_NOT,  /* none of them */
    POLICY_MEANS_RANGE,   /* see struct policy_bound */
    POLICY_MEANS_HAS,     /* the set has the constant */
    POLICY_MEANS_HAS_NOT, /* it has not */
    POLICY_MEANS_PRESENT,
    POLICY_MEANS_ABSENT,
};

/* What an operator says of a number x compared with n, so that contradictions are found. */
struct policy_bound {
    bool low;  /* x >= n + offset */
    bool high; /* x <= n + offset */
    int offset;
};

/* The facts of one decision, made ready for comparing. */
struct policy_known {
    const struct policy_facts *facts;
    struct policy_value derived[POLICY_DERIVED_COUNT];
    /* Values as numbers, of the facts that the policy needs them of. Of a text its symbol, of a
     * word its index + 1; 0: any other value, or an absent one; POLICY_KEY_OPEN: nobody knows. */
    uint32_t keys[POLICY_FACT_COUNT];
};
#define POLICY_KEY_OPEN UINT32_MAX

/* One side of a comparison fixed: see policy_condition in program.h. */
struct policy_test {
    enum policy_fact fact;
    enum policy_fact other; /* of a comparison with a fact */
    struct policy_value
        constant;            /* of one with a constant; of WORDs `in`: number has bits 1 << index
                              */
    const uint32_t *symbols; /* of a constant text, or of each of constant.items, ascending */
};

typedef bool policy_holds_fn(const struct policy_known *known, const struct policy_test *test);

struct policy_operator {
    const char *name;
    unsigned types; /* of the fact: bits 1 << enum policy_type */
    enum policy_operand operand;
    enum policy_meaning meaning;
    struct policy_bound bound;
    policy_holds_fn *holds;           /* the fact is present, unless meaning is PRESENT or ABSENT */
    policy_holds_fn *holds_with_fact; /* both facts are present; NULL: only with constants */
};

static inline const struct policy_value *policy_known_value(const struct policy_known *known,
                                                            enum policy_fact fact)
{
    return fact < POLICY_FACT_DERIVED ? &known->facts->values[fact]
                                      : &known->derived[fact - POLICY_FACT_DERIVED];
}

/* NULL when no operator of that name takes that type. */
const struct policy_operator *policy_operator_find(const char *name, enum policy_type type);
/* The names for a type, then NULL; `to` has room for POLICY_OPERATORS_MAX. */
enum { POLICY_OPERATORS_MAX = 24 };
void policy_operator_names(enum policy_type type, const char *to[POLICY_OPERATORS_MAX]);
/* Whether an operator of that name exists for any type. */
bool policy_operator_exists(const char *name);

#endif
