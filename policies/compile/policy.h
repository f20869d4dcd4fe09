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
 * of threads may use it. Errors: DOC_INVALID with file, line and column, or DOC_NO_MEMORY. */
#ifndef POLICIES_COMPILE_POLICY_H
#define POLICIES_COMPILE_POLICY_H

#include "policies/document/document.h"

enum {
    POLICY_LANGUAGE_VERSION = 1, /* of the files that this code reads */
    POLICY_RULES_MAX = 128,
    POLICY_CONDITIONS_MAX = 4096, /* of all rules together */
    POLICY_CASES_MAX = 1024,
    POLICY_ID_MAX = 64,      /* bytes of a name or rule id */
    POLICY_REASON_MAX = 256, /* bytes */
    POLICY_DIGEST_SIZE = 32
};

/* What stands for a rule's id when none has decided: no rule held, or a fact that was needed was
 * not given. No rule may have these ids. */
#define POLICY_RULE_DEFAULT "default-deny"
#define POLICY_RULE_INCOMPLETE "incomplete-facts"

enum policy_effect { POLICY_DENY, POLICY_ALLOW };

/* What becomes of the bank that is replaced; later is stricter. */
enum policy_retire { POLICY_RETIRE_KEEP, POLICY_RETIRE_LOCK, POLICY_RETIRE_DELETE };

/* What an allowed change must respect. Zeroed is what no rule has said anything about. */
struct policy_obligations {
    enum policy_retire retire_old_bank;
    bool allow_break_before_make; /* the old bank may go first when memory is short */
};

/* "deny", "allow" */
const char *policy_effect_name(enum policy_effect effect);
/* "keep", "lock", "delete" */
const char *policy_retire_name(enum policy_retire retire);

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

struct policy_rule_info {
    const char *id;
    enum policy_effect effect;
    const char *reason;
    unsigned line;
};

size_t policy_rule_count(const struct policy *policy);
/* In the order of the file. */
struct policy_rule_info policy_rule_info(const struct policy *policy, size_t index);
/* The cases under `tests`; policies/evaluate/cases.h runs them. */
size_t policy_case_count(const struct policy *policy);

#endif
