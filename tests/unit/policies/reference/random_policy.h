/* Policies and facts made from bytes: from random ones in a test, from the fuzzer's in a fuzz
 * target. A policy is made twice over: as the tree that the reference interpreter walks, and as
 * YAML. */
#ifndef TESTS_UNIT_POLICIES_REFERENCE_RANDOM_POLICY_H
#define TESTS_UNIT_POLICIES_REFERENCE_RANDOM_POLICY_H

#include "policies/compile/facts.h"

enum {
    RANDOM_RULES_MAX = 40,
    RANDOM_MEMBERS_MAX = 4,
    RANDOM_NODES_MAX = 2048,
    RANDOM_TEXT_MAX = 256 * 1024
};

/* Where choices come from; past the end all are 0. */
struct choices {
    const uint8_t *bytes;
    size_t len;
    size_t at;
};
unsigned choose(struct choices *c, unsigned below);

enum node_kind { NODE_ALL, NODE_ANY, NODE_NONE, NODE_TEST };

struct node {
    enum node_kind kind;
    const struct node *members[RANDOM_MEMBERS_MAX];
    size_t count;
    /* Of a test: */
    enum policy_fact fact;
    const char *op;
    bool against_fact;
    enum policy_fact other;
    const char *texts[3];
    size_t text_count;
    int64_t number; /* TIME: a day from DAY_FIRST */
};

struct random_rule {
    bool allows;
    bool retires; /* obligation delete */
    const struct node *when;
    const struct node *exception; /* of a denial; NULL: none */
};

struct random_policy {
    struct random_rule rules[RANDOM_RULES_MAX];
    size_t rule_count;
    bool scoped; /* to the regions r1 and r2 */
    struct node nodes[RANDOM_NODES_MAX];
    size_t node_count;
    char text[RANDOM_TEXT_MAX];
    size_t text_len;
};

/* 2027-02-01, a Monday; days are working from Monday to Friday but for the second day, and time is
 * UTC. */
#define DAY_FIRST_MS INT64_C(1801440000000)
enum { DAYS = 14 };

void random_policy_make(struct choices *c, struct random_policy *out);

/* Facts of the same few values, some absent. */
struct random_facts {
    struct policy_facts facts;
    const char *regions[3];
};
void random_facts_make(struct choices *c, struct random_facts *out);

/* What the reference interpreter decides. */
struct reference_decision {
    bool allows;
    bool incomplete;
    bool out_of_scope;
    bool retires;
    size_t rules[RANDOM_RULES_MAX]; /* that decided, ascending */
    size_t rule_count;
};
void reference_decide(const struct random_policy *policy, const struct policy_facts *facts,
                      struct reference_decision *out);

#endif
