/* Obligations: what whoever acts on an allowance must respect.
 *
 * They are merged over all rules that allowed, the strictest first. Zeroed is what no rule has said
 * anything about. */
#ifndef POLICIES_COMPILE_OBLIGATIONS_H
#define POLICIES_COMPILE_OBLIGATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of the bank that is replaced; later is stricter. */
enum policy_retire { POLICY_RETIRE_KEEP, POLICY_RETIRE_LOCK, POLICY_RETIRE_DELETE };

/* What must be on file of the holder's consent before anything is done; later is stricter. */
enum policy_evidence { POLICY_EVIDENCE_NONE, POLICY_EVIDENCE_STATED, POLICY_EVIDENCE_SIGNED };

/* Who is told when it is done: bits. */
enum policy_notify {
    POLICY_NOTIFY_HOLDER = 1,
    POLICY_NOTIFY_NEW_BANK = 2,
    POLICY_NOTIFY_OLD_BANK = 4,
    POLICY_NOTIFY_BUREAU = 8
};

enum { POLICY_COOL_DOWN_MAX = 3650 };

struct policy_obligations {
    enum policy_retire retire_old_bank;
    bool allow_break_before_make; /* the old bank may go first when memory is short; only when every
                                     rule that allowed says so */
    bool second_person;           /* another person confirms before anything is done */
    enum policy_evidence consent_evidence;
    unsigned notify;        /* bits of enum policy_notify */
    int64_t cool_down_days; /* kept with the card; comes back as the fact
                               binding.cool_down_days_left */
};

/* "keep", "lock", "delete" */
const char *policy_retire_name(enum policy_retire retire);
/* "none", "stated", "signed" */
const char *policy_evidence_name(enum policy_evidence evidence);
/* "holder", "new_bank", "old_bank", "bureau" for the bits 0 to 3, then NULL. */
extern const char *const policy_notify_names[];

/* Merge `more` into `all`; `first` when `all` says nothing yet. */
void policy_obligations_add(struct policy_obligations *all, const struct policy_obligations *more,
                            bool first);
bool policy_obligations_equal(const struct policy_obligations *a,
                              const struct policy_obligations *b);
/* "retire_old_bank: delete, allow_break_before_make: false, …": the two first always, the others
 * where they say something. Cut to `cap`. Returns `to`. */
char *policy_obligations_format(const struct policy_obligations *obligations, char *to, size_t cap);

#endif
