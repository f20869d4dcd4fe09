/* A policy: YAML compiled once into something immutable that decides many times.
 *
 *     struct document_problem problem = {0};
 *     struct policy *policy;
 *     if (policy_compile("open-choice.yaml", bytes, &policy, &problem) != DOC_OK)
 *         report(&problem);                       // FILE:LINE:COLUMN: message, see document.h
 *     policy_evaluate(policy, &facts, &decision); // policies/evaluate/evaluate.h
 *     policy_free(policy);
 *
 * The language is described in policies/README.md. In short:
 *
 *     version: 1
 *     name: open-choice
 *     rules:
 *       - id: licensed-bank
 *         effect: allow
 *         when:
 *           request.action: {in: [bind, switch]}
 *           bank.licensed_regions: {contains: $card.region}
 *         reason: The bank is licensed where the card was issued.
 *         obligations: {retire_old_bank: delete}
 *
 * Ownership: the policy owns all that its getters return. Threads: it never changes, so any number
 * of threads may use it. Errors: DOC_INVALID with file, line and column, or DOC_NO_MEMORY. Time and
 * memory are bounded by the limits below, whatever the bytes are. */
#ifndef POLICIES_COMPILE_POLICY_H
#define POLICIES_COMPILE_POLICY_H

#include "policies/compile/obligations.h"
#include "policies/compile/schema.h"
#include "policies/document/document.h"

enum {
    POLICY_LANGUAGE_VERSION = 1, /* of the files that this code reads */
    POLICY_SIZE_MAX = 4 * 1024 * 1024,
    POLICY_NODES_MAX = 400000, /* of the document: keys, values, lists and mappings */
    POLICY_RULES_MAX = 16384,
    POLICY_CONDITIONS_MAX = 131072, /* of the policy together */
    POLICY_CASES_MAX = 1024,
    POLICY_LIMITS_MAX = 16,
    POLICY_EXCEPTIONS_MAX = 256,
    POLICY_STOPS_MAX = 64,
    POLICY_BANKS_MAX = 256, /* with a share of their own */
    POLICY_LANGUAGES_MAX = 8,
    POLICY_ID_MAX = 64,      /* bytes of a name or id */
    POLICY_REASON_MAX = 256, /* bytes, of each language */
    POLICY_DIGEST_SIZE = 32
};

/* What stands for a rule's id when no rule and no limit has decided: no rule held, a fact that was
 * needed was not given, or the card is outside the policy's scope. Nothing else may have these ids.
 */
#define POLICY_RULE_DEFAULT "default-deny"
#define POLICY_RULE_INCOMPLETE "incomplete-facts"
#define POLICY_RULE_SCOPE "out-of-scope"

enum policy_effect { POLICY_DENY, POLICY_ALLOW };

/* "deny", "allow" */
const char *policy_effect_name(enum policy_effect effect);

struct policy;

/* `file` is the name for problems. `*out` is NULL on error. */
SCP_MUST_USE enum document_error policy_compile(const char *file, struct scp_bytes text,
                                                struct policy **out,
                                                struct document_problem *problem);
/* NULL is allowed. */
void policy_free(struct policy *policy);

const char *policy_name(const struct policy *policy);
/* "" when the file has none. */
const char *policy_description(const struct policy *policy);
/* SHA-256 of the bytes that the policy was compiled from; POLICY_DIGEST_SIZE of them. */
const uint8_t *policy_digest(const struct policy *policy);
/* The languages of its reasons, the bureau's own first; "" is the only one of a policy that names
 * none. */
size_t policy_language_count(const struct policy *policy);
const char *policy_language(const struct policy *policy, size_t index);
/* Every fact that the policy asks about: who gives these gives enough. */
policy_fact_set policy_facts_asked(const struct policy *policy);

/* ---- rules -------------------------------------------------------------------------------- */

struct policy_rule_info {
    const char *id;
    enum policy_effect effect;
    const char *reason; /* in the first language */
    unsigned line;
    bool is_stop; /* an emergency stop: a rule that denies and that no exception lifts */
};

/* Rules in the order of the file, then the emergency stops. */
size_t policy_rule_count(const struct policy *policy);
struct policy_rule_info policy_rule_info(const struct policy *policy, size_t index);

/* An emergency stop, for whoever must also cancel what is outstanding. */
struct policy_stop_info {
    const char *id;
    const char *bank;   /* NULL: every bank */
    const char *region; /* NULL: every region */
    int64_t from_ms;
    int64_t before_ms; /* INT64_MAX: until the policy changes */
    bool cancel_outstanding;
};

size_t policy_stop_count(const struct policy *policy);
struct policy_stop_info policy_stop_info(const struct policy *policy, size_t index);

/* ---- limits ------------------------------------------------------------------------------- */

struct policy_limit_info {
    const char *id;
    const char *kind;   /* "active_banks", "switches", "share", "quota", "cool_down" */
    const char *reason; /* in the first language */
    unsigned line;
};

size_t policy_limit_count(const struct policy *policy);
struct policy_limit_info policy_limit_info(const struct policy *policy, size_t index);

/* ---- exceptions --------------------------------------------------------------------------- */

struct policy_exception_info {
    const char *id;
    const char *approver;
    const char *reason; /* in the first language */
    int64_t before_ms;  /* when it has expired */
    unsigned line;
};

size_t policy_exception_count(const struct policy *policy);
struct policy_exception_info policy_exception_info(const struct policy *policy, size_t index);

/* ---- fair assignment ---------------------------------------------------------------------- */

enum policy_assignment_method { POLICY_ASSIGN_NONE, POLICY_ASSIGN_WEIGHTED, POLICY_ASSIGN_DRAW };

struct policy_share_info {
    const char *bank;
    int64_t share; /* a weight from 1; shares are proportional to their sum */
};

/* NONE when the file has no `assignment`. policies/assign has the algorithms. */
enum policy_assignment_method policy_assignment(const struct policy *policy);
size_t policy_share_count(const struct policy *policy);
/* Ascending by the bytes of the bank's id. */
struct policy_share_info policy_share_info(const struct policy *policy, size_t index);

/* ---- cases -------------------------------------------------------------------------------- */

/* The cases under `tests`; policies/evaluate/cases.h runs them. */
size_t policy_case_count(const struct policy *policy);

#endif
