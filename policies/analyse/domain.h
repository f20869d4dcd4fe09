/* The values that a fact can have where conditions hold. Private to policies/analyse.
 *
 * Exact for each type: words and truths are bits, numbers and moments an interval without some
 * points, texts a finite set or all but a finite set, sets what they must have and must lack. */
#ifndef POLICIES_ANALYSE_DOMAIN_H
#define POLICIES_ANALYSE_DOMAIN_H

#include "policies/compile/program.h"

/* Ascending, each once; the heap's. */
struct domain_list {
    int64_t *values;
    size_t count;
};

struct domain {
    enum policy_fact fact;
    bool present; /* the fact can be there, with one of these values: */
    bool absent;  /* it can be absent */
    uint64_t bits;
    int64_t low;
    int64_t high;
    bool finite;             /* of a text: one of `is` */
    struct domain_list is;   /* symbols; of a set: what it must have */
    struct domain_list isnt; /* symbols or numbers; of a set: what it must lack */
};

/* Everything that a fact can be. */
struct domain domain_of(enum policy_fact fact);
void domain_free(struct domain *domain);

/* Leave what a test against constants leaves. False when memory is exhausted. */
bool domain_narrow(struct domain *domain, const struct policy_condition *condition);
/* To be called once no more tests come. */
void domain_settle(struct domain *domain);

bool domain_is_empty(const struct domain *domain);
bool domain_meets(const struct domain *a, const struct domain *b);
/* Whether every value of `a` is one of `b`. */
bool domain_is_within(const struct domain *a, const struct domain *b);

#endif
