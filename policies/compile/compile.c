#include "policies/compile/program.h"

#include "scp/crypto/hash.h"

#include <stdlib.h>
#include <string.h>

struct policy_block {
    struct policy_block *next;
    max_align_t memory[];
};

static const char *const effect_names[] = {[POLICY_DENY] = "deny", [POLICY_ALLOW] = "allow", NULL};

const char *policy_effect_name(enum policy_effect effect)
{
    return effect_names[effect];
}

/* ---- what the parts share ----------------------------------------------------------------- */

bool policy_is_good(const struct policy_compiler *c)
{
    return c->problem->error == DOC_OK;
}

static enum document_error fail_memory(const char *file, struct document_problem *problem)
{
    return doc_fail_whole(file, DOC_NO_MEMORY, problem, "%s", doc_error_text(DOC_NO_MEMORY));
}

void policy_fail_memory(struct policy_compiler *c)
{
    (void)fail_memory(c->file, c->problem);
}

/* Counts come from a document, so the product cannot overflow. */
void *policy_alloc(struct policy_compiler *c, size_t count, size_t size)
{
    struct policy_block *block = calloc(1, sizeof *block + count * size);
    if (block == NULL) {
        policy_fail_memory(c);
        return NULL;
    }
    block->next = c->policy->blocks;
    c->policy->blocks = block;
    return block->memory;
}

const struct document_node *policy_compile_items(struct policy_compiler *c,
                                                 const struct document_node *node, size_t most,
                                                 size_t size, void **room)
{
    if (!doc_expect(node, DOC_LIST, c->problem))
        return NULL;
    if (doc_count(node) > most) {
        doc_fail(node, c->problem, "%s: expected at most %zu", doc_key(node), most);
        return NULL;
    }
    *room = policy_alloc(c, doc_count(node), size);
    return *room != NULL ? doc_first(node) : NULL;
}

enum policy_effect policy_compile_effect(struct policy_compiler *c,
                                         const struct document_node *node)
{
    return (enum policy_effect)doc_word(node, effect_names, POLICY_DENY, c->problem);
}

/* ---- ids ---------------------------------------------------------------------------------- */

static bool is_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len == strlen(text) && len <= POLICY_ID_MAX && text[0] != '-';
}

const char *policy_compile_name(struct policy_compiler *c, const struct document_node *node)
{
    const char *name = doc_string(node, NULL, c->problem);
    if (name != NULL && !is_name(name))
        doc_fail(node, c->problem,
                 "expected at most %d lower-case letters, digits and hyphens, not a hyphen first",
                 POLICY_ID_MAX);
    return policy_is_good(c) ? name : NULL;
}

/* Names that a decision gives when no rule has decided; see policy_decision_rule. */
static bool is_reserved(const char *id)
{
    for (const char *const *at = policy_default_ids; *at != NULL; at++)
        if (strcmp(id, *at) == 0)
            return true;
    return false;
}

const char *policy_compile_id(struct policy_compiler *c, const struct document_node *owner)
{
    const struct document_node *node = doc_require(owner, "id", c->problem);
    const char *id = policy_compile_name(c, node);
    struct policy_symbols *ids = &c->policy->ids;
    if (id == NULL)
        return NULL;
    if (is_reserved(id))
        doc_fail(node, c->problem, "the id '%s' is reserved", id);
    uint32_t before = ids->count;
    uint32_t number = policy_symbols_add(c, ids, id, doc_line(owner));
    if (policy_is_good(c) && number <= before)
        doc_fail(node, c->problem, "the id '%s' is taken in line %u", id,
                 ids->list[number - 1].line);
    return id;
}

struct policy_named policy_find(const struct policy *policy, const char *id)
{
    struct policy_named named = {0};
    size_t number = policy_symbols_find(&policy->ids, id);
    size_t rules = policy->rule_count;
    size_t limits = policy->limit_count;
    if (number == 0)
        return named;
    size_t index = number - 1;
    if (index < rules)
        named.rule = &policy->rules[index];
    else if (index < rules + limits)
        named.limit = &policy->limits[index - rules];
    else if (index < rules + limits + policy->exception_count)
        named.exception = &policy->exceptions[index - rules - limits];
    return named;
}

void policy_fail_unknown_id(struct policy_compiler *c, const struct document_node *node)
{
    const struct policy_symbols *ids = &c->policy->ids;
    size_t reserved = 0;
    while (policy_default_ids[reserved] != NULL)
        reserved++;
    const char **all = policy_alloc(c, ids->count + reserved + 1, sizeof(*all));
    if (all == NULL)
        return;
    for (size_t i = 0; i < ids->count; i++)
        all[i] = ids->list[i].text;
    for (size_t i = 0; i < reserved; i++)
        all[ids->count + i] = policy_default_ids[i];
    doc_fail(node, c->problem, "nothing has the id '%.64s'%s", doc_text(node),
             doc_hint(doc_text(node), all).text);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void compile_head(struct policy_compiler *c, const struct document_node *root)
{
    static const char *const keys[] = {"version",         "name",   "description", "languages",
                                       "default_reasons", "scope",  "calendar",    "rules",
                                       "stops",           "limits", "exceptions",  "assignment",
                                       "test_facts",      "tests",  NULL};
    if (!doc_expect_keys(root, keys, c->problem))
        return;
    (void)doc_integer(doc_require(root, "version", c->problem), POLICY_LANGUAGE_VERSION,
                      POLICY_LANGUAGE_VERSION, 0, c->problem);
    c->policy->name = policy_compile_name(c, doc_require(root, "name", c->problem));
    c->policy->description = doc_string(doc_get(root, "description"), "", c->problem);
}

/* Each part stands on the ones before: reasons need languages, days the calendar, exceptions the
 * rules and limits that they name. */
static void compile_document(struct policy_compiler *c, const struct document_node *root)
{
    static const struct {
        const char *key; /* NULL: the part looks for its keys itself */
        void (*compile)(struct policy_compiler *c, const struct document_node *node);
    } parts[] = {
        {NULL, compile_head},
        {NULL, policy_compile_languages},
        {"calendar", policy_compile_calendar},
        {"scope", policy_compile_scope},
        {NULL, policy_compile_rules},
        {"limits", policy_compile_limits},
        {"exceptions", policy_compile_exceptions},
        {"assignment", policy_compile_assignment},
        {NULL, policy_compile_cases},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && policy_is_good(c); i++)
        parts[i].compile(c, parts[i].key != NULL ? doc_get(root, parts[i].key) : root);
    if (policy_is_good(c))
        policy_compile_index(c);
}

enum document_error policy_compile(const char *file, struct scp_bytes text, struct policy **out,
                                   struct document_problem *problem)
{
    static const struct document_limits limits = {.size = POLICY_SIZE_MAX,
                                                  .nodes = POLICY_NODES_MAX};
    *out = NULL;
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy == NULL)
        return fail_memory(file, problem);
    struct policy_compiler c = {.policy = policy, .file = file, .problem = problem};
    if (doc_new_limited(file, text, &limits, &policy->doc, problem) == DOC_OK)
        compile_document(&c, doc_root(policy->doc));
    /* The hash can only fail for want of memory. */
    if (policy_is_good(&c) && scp_sha256(text, policy->digest) != SCP_OK)
        policy_fail_memory(&c);
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
