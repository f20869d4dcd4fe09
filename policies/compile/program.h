/* The compiled form of a policy, and what its compilers share. Private to policies. */
#ifndef POLICIES_COMPILE_PROGRAM_H
#define POLICIES_COMPILE_PROGRAM_H

#include "policies/compile/facts.h"
#include "policies/compile/operator.h"
#include "policies/compile/policy.h"
#include "policies/compile/symbols.h"
#include "policies/compile/time.h"

enum policy_condition_kind {
    POLICY_CONDITION_ALL,
    POLICY_CONDITION_ANY,
    POLICY_CONDITION_NONE,
    POLICY_CONDITION_TEST,
};

struct policy_condition {
    /* Of a test: */
    policy_holds_fn *holds;
    struct policy_test test;
    const struct policy_operator *op;
    bool against_fact; /* compared with the fact test.other, else with test.constant */
    /* Of a group: */
    struct policy_condition *members;
    size_t count;
    /* Of both: */
    enum policy_condition_kind kind;
    unsigned line;
};

/* A text in every language of the policy, in their order. */
struct policy_reason {
    const char *const *texts;
};

struct policy_exception {
    const char *id;
    const char *approver;
    struct policy_reason reason;
    struct policy_condition when; /* with its expiry */
    int64_t before_ms;
    policy_fact_set facts;
    unsigned line;
};

/* The exceptions that lift a rule or limit. */
struct policy_lifts {
    const struct policy_exception **list;
    size_t count;
};

struct policy_rule {
    const char *id;
    struct policy_reason reason;
    enum policy_effect effect;
    bool is_stop;
    unsigned line;
    struct policy_condition when; /* a group of kind ALL; an empty one always holds */
    struct policy_obligations obligations;
    struct policy_lifts lifts;
    policy_fact_set facts; /* that `when` and the exceptions name */
};

enum policy_limit_kind {
    POLICY_LIMIT_ACTIVE_BANKS,
    POLICY_LIMIT_SWITCHES,
    POLICY_LIMIT_SHARE,
    POLICY_LIMIT_QUOTA,
    POLICY_LIMIT_COOL_DOWN,
    POLICY_LIMIT_KIND_COUNT
};

/* Whose events are counted: bits. */
enum policy_subject { POLICY_OF_CARD = 1, POLICY_OF_BANK = 2, POLICY_OF_REGION = 4 };

struct policy_window {
    int64_t sliding_ms; /* 0: the calendar period that the request lies in */
    enum policy_period period;
};

struct policy_limit {
    const char *id;
    struct policy_reason reason;
    enum policy_limit_kind kind;
    int64_t at_most;    /* SHARE: in hundredths of a per cent; COOL_DOWN: days */
    int64_t free_until; /* SHARE: events of the region below which no share is looked at */
    unsigned subject;   /* QUOTA: bits of enum policy_subject */
    struct policy_window window;
    struct policy_condition when; /* which requests it applies to; an empty group: all */
    struct policy_lifts lifts;
    policy_fact_set facts;
    unsigned line;
};

struct policy_stop {
    struct policy_stop_info info;
    size_t rule; /* index of the rule that denies */
};

struct policy_case_count {
    size_t limit; /* index */
    int64_t number;
    int64_t of; /* SHARE: the region's */
};

struct policy_case {
    const char *name;
    unsigned line;
    struct policy_facts facts;
    const struct policy_case_count *counts;
    size_t count_count;
    enum policy_effect expect;
    const char *rule;      /* NULL when the case does not say */
    const char *exception; /* likewise */
    bool expects_obligations;
    struct policy_obligations obligations;
};

/* A rule where it is looked for, with a second value that it asks for, so that most rules are
 * passed over without being touched. */
struct policy_posting {
    uint32_t rule;
    uint32_t guard_key; /* see policy_known.keys */
    uint32_t guard;     /* the fact; POLICY_FACT_COUNT: none */
};

/* Rules by the value of one fact: those for key k are list[starts[k]] up to, without,
 * list[starts[k + 1]]. */
struct policy_index {
    enum policy_fact fact;
    size_t keys;
    const uint32_t *starts;
    const struct policy_posting *list;
};

enum { POLICY_INDEXES_MAX = 8 };

/* Some of the facts, in the order of the schema. */
struct policy_fact_list {
    enum policy_fact facts[POLICY_FACT_COUNT];
    size_t count;
};

struct policy_block; /* one piece of the policy's memory */

struct policy {
    struct document *doc; /* owns every text */
    struct policy_block *blocks;
    uint8_t digest[POLICY_DIGEST_SIZE];
    const char *name;
    const char *description;
    const char *languages[POLICY_LANGUAGES_MAX];
    size_t language_count;
    struct policy_reason default_reasons[3]; /* by enum policy_default */
    struct policy_calendar calendar;
    bool has_zone;
    bool has_calendar; /* with working days */

    struct policy_condition scope; /* an empty group: everything */
    struct policy_rule *rules;     /* the stops last */
    size_t rule_count;
    struct policy_limit *limits;
    size_t limit_count;
    struct policy_exception *exceptions;
    size_t exception_count;
    struct policy_stop *stops;
    size_t stop_count;
    enum policy_assignment_method method;
    struct policy_share_info *shares;
    size_t share_count;
    struct policy_case *cases;
    size_t case_count;

    size_t condition_count;
    policy_fact_set facts;               /* that anything asks about */
    policy_fact_set symbol_facts;        /* texts compared with constants */
    policy_fact_set word_facts;          /* words that an index or a guard looks at */
    struct policy_fact_list symbol_list; /* the same as lists, for evaluation */
    struct policy_fact_list word_list;
    struct policy_symbols symbols;
    struct policy_symbols ids; /* of rules, limits, exceptions and stops; each with its line */

    struct policy_index indexes[POLICY_INDEXES_MAX];
    size_t index_count;
    const struct policy_posting *unindexed; /* rules that no index leads to, ascending */
    size_t unindexed_count;
};

/* By what a request was denied when no rule and no limit did. */
enum policy_default { POLICY_DEFAULT_DENY, POLICY_DEFAULT_INCOMPLETE, POLICY_DEFAULT_SCOPE };
extern const char *const policy_default_ids[]; /* ends with NULL */

/* ---- compiling ---------------------------------------------------------------------------- */

/* What compiling hands from part to part. `facts` gathers what the part in work asks about. */
struct policy_compiler {
    struct policy *policy;
    const char *file;
    struct document_problem *problem;
    policy_fact_set facts;
};

/* Zeroed memory that lives as long as the policy; NULL, with the problem set, when there is none.
 */
void *policy_alloc(struct policy_compiler *c, size_t count, size_t size);
/* Record that memory is exhausted. */
void policy_fail_memory(struct policy_compiler *c);
/* Whether nothing has gone wrong so far. */
bool policy_is_good(const struct policy_compiler *c);

/* The list under `key`, checked to have at most `most` items, with room for its items in `*room`;
 * NULL when it is absent, empty or wrong. */
const struct document_node *policy_compile_items(struct policy_compiler *c,
                                                 const struct document_node *node, size_t most,
                                                 size_t size, void **room);

/* `when:` into a group of kind ALL with `spare` empty places at its start, for conditions that are
 * said elsewhere (validity). */
void policy_compile_when(struct policy_compiler *c, const struct document_node *node, size_t spare,
                         struct policy_condition *out);
/* A test made by the compiler itself: NULL operators are a programmer's error. */
struct policy_condition policy_make_test(struct policy_compiler *c, unsigned line,
                                         enum policy_fact fact, const char *op,
                                         struct policy_value constant);

/* `$card.region`: the value of a fact. In quotes it is plain text. */
bool policy_names_fact(const struct document_node *node);
/* The fact that `text` names, or POLICY_FACT_COUNT with a problem at `node`. */
enum policy_fact policy_compile_fact_name(struct policy_compiler *c,
                                          const struct document_node *node, const char *text);
/* A constant of a fact's type; for a SET, a list. Absent, with a problem, when it is none. */
struct policy_value policy_compile_constant(struct policy_compiler *c, enum policy_fact fact,
                                            const struct document_node *node);
/* The same for a list of single values. */
struct policy_value policy_compile_list(struct policy_compiler *c, enum policy_fact fact,
                                        const struct document_node *node);
/* A day or moment; a day is where it begins, or (`end`) where the next one does. */
int64_t policy_compile_time(struct policy_compiler *c, const struct document_node *node, bool end);

/* A name: lower-case letters, digits, hyphens; NULL after an error. */
const char *policy_compile_name(struct policy_compiler *c, const struct document_node *node);
/* The same for `id`, which nothing else in the policy has. */
const char *policy_compile_id(struct policy_compiler *c, const struct document_node *owner);
/* A text of the policy's languages. */
struct policy_reason policy_compile_reason(struct policy_compiler *c,
                                           const struct document_node *node);
/* `effect:` or `expect:`. */
enum policy_effect policy_compile_effect(struct policy_compiler *c,
                                         const struct document_node *node);
/* `obligations:` of a rule or a case. */
struct policy_obligations policy_compile_obligations(struct policy_compiler *c,
                                                     const struct document_node *node);

/* A span of time, for rules, stops and exceptions: tests of request.time are put into `to`, and
 * their number is returned. NULL nodes are no bound; `until` as a day is included. */
struct policy_span {
    const struct document_node *from;
    const struct document_node *until;
    int64_t from_ms;
    int64_t before_ms;
};
size_t policy_span_count(const struct policy_span *span);
void policy_compile_span(struct policy_compiler *c, struct policy_span *span,
                         struct policy_condition *to);

/* The parts of a file, each in a source file of its name; in this order. */
void policy_compile_languages(struct policy_compiler *c, const struct document_node *root);
void policy_compile_calendar(struct policy_compiler *c, const struct document_node *node);
void policy_compile_scope(struct policy_compiler *c, const struct document_node *node);
void policy_compile_rules(struct policy_compiler *c, const struct document_node *root);
void policy_compile_limits(struct policy_compiler *c, const struct document_node *node);
void policy_compile_exceptions(struct policy_compiler *c, const struct document_node *node);
void policy_compile_assignment(struct policy_compiler *c, const struct document_node *node);
void policy_compile_cases(struct policy_compiler *c, const struct document_node *root);
void policy_compile_index(struct policy_compiler *c);

/* What has an id, by that id: rules and stops, then limits, then exceptions. All NULL: nothing. */
struct policy_named {
    struct policy_rule *rule;
    struct policy_limit *limit;
    struct policy_exception *exception;
};
struct policy_named policy_find(const struct policy *policy, const char *id);
/* A problem at `node`: nothing has the id that it says. */
void policy_fail_unknown_id(struct policy_compiler *c, const struct document_node *node);

const char *policy_limit_kind_name(enum policy_limit_kind kind);

#endif
