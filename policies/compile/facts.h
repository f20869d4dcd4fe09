/* Facts: what a policy may ask about, and the values that one decision is made from.
 *
 *     struct policy_facts facts = {0};
 *     policy_facts_set_string(&facts, POLICY_CARD_REGION, card.region);
 *     policy_facts_set_string(&facts, POLICY_CARD_STATUS, "active");
 *     policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, 1);
 *     policy_facts_set_set(&facts, POLICY_BANK_LICENSED_REGIONS, regions, region_count);
 *
 * A zeroed struct has no facts. Values are borrowed: they must outlive the facts and every decision
 * made from them. Setting a fact of another type is a programmer's error (an assertion). A word
 * that the schema does not know sticks in `refused`, and evaluation then denies: what is not
 * understood allows nothing. */
#ifndef POLICIES_COMPILE_FACTS_H
#define POLICIES_COMPILE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum policy_type {
    POLICY_TEXT,
    POLICY_WORD,   /* one of a few words */
    POLICY_NUMBER, /* whole, never negative */
    POLICY_SET,    /* of texts */
};

enum policy_presence {
    POLICY_ALWAYS,    /* a decision that reads it needs it: without it, deny */
    POLICY_SOMETIMES, /* its absence means something, which its documentation says */
};

#define POLICY_CARD_STATUSES "active", "quarantined", "retired"
#define POLICY_BANK_STATUSES "active", "suspended", "leaving"
#define POLICY_ACTIONS "bind", "switch", "revoke"
#define POLICY_ACTOR_KINDS "bank", "agent", "operator", "author", "approver", "officer", "auditor"

/* X(constant, name, type, presence, documentation, words…): the schema of facts. */
#define POLICY_FACTS(X)                                                                          \
    X(CARD_REGION, "card.region", TEXT, ALWAYS, "region that the card was issued in", NULL)      \
    X(CARD_STATUS, "card.status", WORD, ALWAYS, "whether the card may be worked on",             \
      POLICY_CARD_STATUSES, NULL)                                                                \
    X(CARD_GENERATION, "card.generation", TEXT, ALWAYS, "generation of the card, like 3", NULL)  \
    X(BANK_ID, "bank.id", TEXT, SOMETIMES, "bank to be bound; absent in a revocation", NULL)     \
    X(BANK_STATUS, "bank.status", WORD, SOMETIMES,                                               \
      "standing of the bank to be bound; absent in a revocation", POLICY_BANK_STATUSES, NULL)    \
    X(BANK_LICENSED_REGIONS, "bank.licensed_regions", SET, SOMETIMES,                            \
      "regions that the bank to be bound is licensed in; absent in a revocation", NULL)          \
    X(PRODUCT_ROLE, "product.role", TEXT, ALWAYS, "role that is bound or revoked, like payment", \
      NULL)                                                                                      \
    X(BINDING_ACTIVE_BANKS, "binding.active_banks", NUMBER, ALWAYS,                              \
      "how many banks are active on the card now", NULL)                                         \
    X(BINDING_DAYS_SINCE_LAST_SWITCH, "binding.days_since_last_switch", NUMBER, SOMETIMES,       \
      "whole days since the card last changed its bank; absent when it never did", NULL)         \
    X(REQUEST_ACTION, "request.action", WORD, ALWAYS, "what is asked for", POLICY_ACTIONS, NULL) \
    X(REQUEST_ACTOR_KIND, "request.actor_kind", WORD, ALWAYS, "kind of principal that asks",     \
      POLICY_ACTOR_KINDS, NULL)

enum policy_fact {
#define POLICY_FACT_ENUM(constant, ...) POLICY_##constant,
    POLICY_FACTS(POLICY_FACT_ENUM)
#undef POLICY_FACT_ENUM
        POLICY_FACT_COUNT
};

enum { POLICY_WORDS_MAX = 8 }; /* of one fact, the NULL at the end included */

struct policy_fact_info {
    const char *name;
    enum policy_type type;
    enum policy_presence presence;
    const char *documentation;
    const char *words[POLICY_WORDS_MAX]; /* of a POLICY_WORD; ends with NULL */
};

/* Never NULL. */
const struct policy_fact_info *policy_fact_info(enum policy_fact fact);
/* "text", "a word", "a number", "a set of texts". */
const char *policy_type_name(enum policy_type type);
/* Every name in schema order, then NULL. */
extern const char *const policy_fact_names[POLICY_FACT_COUNT + 1];
/* POLICY_FACT_COUNT when there is none of that name. */
enum policy_fact policy_fact_by_name(const char *name);

struct policy_value {
    bool present;
    int64_t number;
    const char *text;         /* TEXT, WORD */
    const char *const *items; /* SET */
    size_t count;
};

struct policy_facts {
    struct policy_value values[POLICY_FACT_COUNT];
    bool has_refused;
    enum policy_fact refused; /* the first fact given a value that it cannot have */
};

/* TEXT or WORD. NULL or "" leaves the fact absent. */
void policy_facts_set_string(struct policy_facts *facts, enum policy_fact fact, const char *text);
/* NUMBER; refused when negative. */
void policy_facts_set_int(struct policy_facts *facts, enum policy_fact fact, int64_t number);
/* SET; the empty set is present. */
void policy_facts_set_set(struct policy_facts *facts, enum policy_fact fact,
                          const char *const items[], size_t count);
void policy_facts_remove(struct policy_facts *facts, enum policy_fact fact);

/* The value for people: `310000`, `{310000, 320000}`, `absent`. Cut to `cap`. Returns `to`. */
char *policy_facts_format(const struct policy_facts *facts, enum policy_fact fact, char *to,
                          size_t cap);

#endif
