#include "policies/compile/program.h"

#include "scp/crypto/hash.h"

#include <stdlib.h>
#include <string.h>

struct policy_block {
    struct policy_block *next;
    max_align_t memory[];
};

static const char *const effect_names[] = {[POLICY_DENY] = "deny", [POLICY_ALLOW] = "allow", NULL};
static const char *const retire_names[] = {[POLICY_RETIRE_KEEP] = "keep",
                                           [POLICY_RETIRE_LOCK] = "lock",
                                           [POLICY_RETIRE_DELETE] = "delete",
                                           NULL};

const char *policy_effect_name(enum policy_effect effect)
{
    return effect_names[effect];
}

const char *policy_retire_name(enum policy_retire retire)
{
    return retire_names[retire];
}

bool policy_is_good(const struct policy_compiler *c)
{
    return c->problem->error == DOC_OK;
}

static enum document_error fail_memory(const char *file, struct document_problem *problem)
{
    return doc_fail_whole(file, DOC_NO_MEMORY, problem, "%s", doc_error_text(DOC_NO_MEMORY));
}

/* Counts come from a document, so the product cannot overflow. */
void *policy_alloc(struct policy_compiler *c, size_t count, size_t size)
{
    struct policy_block *block = calloc(1, sizeof *block + count * size);
    if (block == NULL) {
        (void)fail_memory(c->file, c->problem);
        return NULL;
    }
    block->next = c->policy->blocks;
    c->policy->blocks = block;
    return block->memory;
}

/* ---- parts of a rule ---------------------------------------------------------------------- */

static bool is_id(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len == strlen(text) && len <= POLICY_ID_MAX && text[0] != '-';
}

/* A name that audit records and API answers repeat; NULL after an error. */
static const char *compile_id(struct policy_compiler *c, const struct document_node *node)
{
    const char *id = doc_string(node, NULL, c->problem);
    if (id != NULL && !is_id(id))
        doc_fail(node, c->problem,
                 "expected at most %d lower-case letters, digits and hyphens, not a hyphen first",
                 POLICY_ID_MAX);
    return id;
}

static const char *compile_reason(struct policy_compiler *c, const struct document_node *node)
{
    const char *reason = doc_string(node, NULL, c->problem);
    if (reason != NULL && strlen(reason) > POLICY_REASON_MAX)
        doc_fail(node, c->problem, "the reason is longer than %d bytes", POLICY_REASON_MAX);
    return reason;
}

enum policy_effect policy_compile_effect(struct policy_compiler *c,
                                         const struct document_node *node)
{
    return (enum policy_effect)doc_word(node, effect_names, POLICY_DENY, c->problem);
}

struct policy_obligations policy_compile_obligations(struct policy_compiler *c,
                                                     const struct document_node *node)
{
    static const char *const keys[] = {"retire_old_bank", "allow_break_before_make", NULL};
    struct policy_obligations obligations = {0};
    if (!doc_expect_keys(node, keys, c->problem))
        return obligations;
    obligations.retire_old_bank = (enum policy_retire)doc_word(
        doc_get(node, "retire_old_bank"), retire_names, POLICY_RETIRE_KEEP, c->problem);
    obligations.allow_break_before_make =
        doc_bool(doc_get(node, "allow_break_before_make"), false, c->problem);
    return obligations;
}

/* ---- rules -------------------------------------------------------------------------------- */

/* Names that a decision gives when no rule has decided; see policy_decision_rule. */
static bool is_reserved(const char *id)
{
    return strcmp(id, POLICY_RULE_DEFAULT) == 0 || strcmp(id, POLICY_RULE_INCOMPLETE) == 0;
}

static void check_id_is_free(struct policy_compiler *c, const struct document_node *node,
                             const char *id)
{
    if (is_reserved(id))
        doc_fail(node, c->problem, "the id '%s' is reserved", id);
    for (size_t i = 0; i < c->policy->rule_count; i++)
        if (strcmp(c->policy->rules[i].id, id) == 0)
            doc_fail(node, c->problem, "the id '%s' is taken by the rule in line %u", id,
                     c->policy->rules[i].line);
}

static void compile_rule(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {"id", "effect", "when", "reason", "obligations", NULL};
    struct policy_rule *rule = &c->policy->rules[c->policy->rule_count];
    if (!doc_expect_keys(node, keys, c->problem))
        return;
    const struct document_node *id = doc_require(node, "id", c->problem);
    const struct document_node *obligations = doc_get(node, "obligations");
    rule->line = doc_line(node);
    rule->id = compile_id(c, id);
    if (rule->id != NULL)
        check_id_is_free(c, id, rule->id);
    rule->effect = policy_compile_effect(c, doc_require(node, "effect", c->problem));
    rule->when = policy_compile_when(c, doc_require(node, "when", c->problem));
    rule->reason = compile_reason(c, doc_require(node, "reason", c->problem));
    rule->obligations = policy_compile_obligations(c, obligations);
    if (obligations != NULL && rule->effect == POLICY_DENY)
        doc_fail(doc_key_node(obligations), c->problem, "a rule that denies has no obligations");
    c->policy->rule_count++;
}

static void compile_rules(struct policy_compiler *c, const struct document_node *node)
{
    if (!doc_expect(node, DOC_LIST, c->problem))
        return;
    if (doc_count(node) == 0 || doc_count(node) > POLICY_RULES_MAX) {
        doc_fail(node, c->problem, "expected 1 to %d rules", POLICY_RULES_MAX);
        return;
    }
    c->policy->rules = policy_alloc(c, doc_count(node), sizeof *c->policy->rules);
    if (c->policy->rules == NULL)
        return;
    const struct document_node *item = doc_first(node);
    for (; item != NULL && policy_is_good(c); item = doc_next(item))
        compile_rule(c, item);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void compile_document(struct policy_compiler *c, const struct document_node *root)
{
    static const char *const keys[] = {"version",    "name",  "description", "rules",
                                       "test_facts", "tests", NULL};
    if (!doc_expect_keys(root, keys, c->problem))
        return;
    (void)doc_integer(doc_require(root, "version", c->problem), POLICY_LANGUAGE_VERSION,
                      POLICY_LANGUAGE_VERSION, 0, c->problem);
    c->policy->name = compile_id(c, doc_require(root, "name", c->problem));
    c->policy->description = doc_string(doc_get(root, "description"), "", c->problem);
    compile_rules(c, doc_require(root, "rules", c->problem));
    if (policy_is_good(c))
        policy_compile_cases(c, root);
}

enum document_error policy_compile(const char *file, struct scp_bytes text, struct policy **out,
                                   struct document_problem *problem)
{
    *out = NULL;
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy == NULL)
        return fail_memory(file, problem);
    struct policy_compiler c = {.policy = policy, .file = file, .problem = problem};
    if (doc_new(file, text, &policy->doc, problem) == DOC_OK)
        compile_document(&c, doc_root(policy->doc));
    /* The hash can only fail for want of memory. */
    if (policy_is_good(&c) && scp_sha256(text, policy->digest) != SCP_OK)
        (void)fail_memory(file, problem);
    if (!policy_is_good(&c)) {
        policy_free(policy);
        return problem->error;
    }
    *out = policy;
    return DOC_OK;
}

void policy_free(struct policy *policy)
{
    if (policy == NULL)
        return;
    while (policy->blocks != NULL) {
        struct policy_block *block = policy->blocks;
        policy->blocks = block->next;
        free(block);
    }
    doc_free(policy->doc);
    free(policy);
}

const char *policy_name(const struct policy *policy)
{
    return policy->name;
}

const char *policy_description(const struct policy *policy)
{
    return policy->description;
}

const uint8_t *policy_digest(const struct policy *policy)
{
    return policy->digest;
}

size_t policy_rule_count(const struct policy *policy)
{
    return policy->rule_count;
}

struct policy_rule_info policy_rule_info(const struct policy *policy, size_t index)
{
    const struct policy_rule *rule = &policy->rules[index];
    return (struct policy_rule_info){rule->id, rule->effect, rule->reason, rule->line};
}

size_t policy_case_count(const struct policy *policy)
{
    return policy->case_count;
}
