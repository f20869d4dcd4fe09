#include "policies/compile/obligations.h"

#include "policies/compile/program.h"
#include "policies/compile/text.h"

#include <inttypes.h>

static const char *const retire_names[] = {[POLICY_RETIRE_KEEP] = "keep",
                                           [POLICY_RETIRE_LOCK] = "lock",
                                           [POLICY_RETIRE_DELETE] = "delete",
                                           NULL};
static const char *const evidence_names[] = {[POLICY_EVIDENCE_NONE] = "none",
                                             [POLICY_EVIDENCE_STATED] = "stated",
                                             [POLICY_EVIDENCE_SIGNED] = "signed",
                                             NULL};
const char *const policy_notify_names[] = {"holder", "new_bank", "old_bank", "bureau", NULL};

const char *policy_retire_name(enum policy_retire retire)
{
    return retire_names[retire];
}

const char *policy_evidence_name(enum policy_evidence evidence)
{
    return evidence_names[evidence];
}

void policy_obligations_add(struct policy_obligations *all, const struct policy_obligations *more,
                            bool first)
{
    if (more->retire_old_bank > all->retire_old_bank)
        all->retire_old_bank = more->retire_old_bank;
    all->allow_break_before_make =
        more->allow_break_before_make && (first || all->allow_break_before_make);
    all->second_person = all->second_person || more->second_person;
    if (more->consent_evidence > all->consent_evidence)
        all->consent_evidence = more->consent_evidence;
    all->notify |= more->notify;
    if (more->cool_down_days > all->cool_down_days)
        all->cool_down_days = more->cool_down_days;
}

bool policy_obligations_equal(const struct policy_obligations *a,
                              const struct policy_obligations *b)
{
    return a->retire_old_bank == b->retire_old_bank &&
           a->allow_break_before_make == b->allow_break_before_make &&
           a->second_person == b->second_person && a->consent_evidence == b->consent_evidence &&
           a->notify == b->notify && a->cool_down_days == b->cool_down_days;
}

static void add_notify(struct policy_text *text, unsigned notify)
{
    const char *before = ", notify: [";
    for (size_t i = 0; policy_notify_names[i] != NULL; i++) {
        if ((notify >> i & 1) == 0)
            continue;
        policy_text_add(text, "%s%s", before, policy_notify_names[i]);
        before = ", ";
    }
    policy_text_add(text, "]");
}

char *policy_obligations_format(const struct policy_obligations *obligations, char *to, size_t cap)
{
    struct policy_text text = policy_text_on(to, cap);
    policy_text_add(&text, "retire_old_bank: %s, allow_break_before_make: %s",
                    policy_retire_name(obligations->retire_old_bank),
                    obligations->allow_break_before_make ? "true" : "false");
    if (obligations->second_person)
        policy_text_add(&text, ", second_person: true");
    if (obligations->consent_evidence != POLICY_EVIDENCE_NONE)
        policy_text_add(&text, ", consent_evidence: %s",
                        policy_evidence_name(obligations->consent_evidence));
    if (obligations->notify != 0)
        add_notify(&text, obligations->notify);
    if (obligations->cool_down_days > 0)
        policy_text_add(&text, ", cool_down_days: %" PRId64, obligations->cool_down_days);
    return to;
}

/* ---- reading ------------------------------------------------------------------------------ */

static unsigned compile_notify(struct policy_compiler *c, const struct document_node *node)
{
    unsigned notify = 0;
    if (!doc_expect(node, DOC_LIST, c->problem))
        return notify;
    const struct document_node *item = doc_first(node);
    for (; item != NULL && policy_is_good(c); item = doc_next(item)) {
        unsigned bit = 1u << doc_word(item, policy_notify_names, 0, c->problem);
        if (policy_is_good(c) && (notify & bit) != 0)
            doc_fail(item, c->problem, "'%s' is in the list twice", doc_text(item));
        notify |= bit;
    }
    return notify;
}

struct policy_obligations policy_compile_obligations(struct policy_compiler *c,
                                                     const struct document_node *node)
{
    static const char *const keys[] = {"retire_old_bank",
                                       "allow_break_before_make",
                                       "second_person",
                                       "consent_evidence",
                                       "notify",
                                       "cool_down_days",
                                       NULL};
    struct document_problem *problem = c->problem;
    struct policy_obligations out = {0};
    if (!doc_expect_keys(node, keys, problem))
        return out;
    out.retire_old_bank = (enum policy_retire)doc_word(doc_get(node, "retire_old_bank"),
                                                       retire_names, POLICY_RETIRE_KEEP, problem);
    out.allow_break_before_make =
        doc_bool(doc_get(node, "allow_break_before_make"), false, problem);
    out.second_person = doc_bool(doc_get(node, "second_person"), false, problem);
    out.consent_evidence = (enum policy_evidence)doc_word(
        doc_get(node, "consent_evidence"), evidence_names, POLICY_EVIDENCE_NONE, problem);
    out.notify = compile_notify(c, doc_get(node, "notify"));
    out.cool_down_days =
        doc_integer(doc_get(node, "cool_down_days"), 1, POLICY_COOL_DOWN_MAX, 0, problem);
    return out;
}
