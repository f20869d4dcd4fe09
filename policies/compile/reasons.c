/* Texts for people, in the languages that the policy names. */
#include "policies/compile/program.h"

#include <string.h>

const char *const policy_default_ids[] = {[POLICY_DEFAULT_DENY] = POLICY_RULE_DEFAULT,
                                          [POLICY_DEFAULT_INCOMPLETE] = POLICY_RULE_INCOMPLETE,
                                          [POLICY_DEFAULT_SCOPE] = POLICY_RULE_SCOPE,
                                          NULL};
static const char *const default_texts[] = {
    [POLICY_DEFAULT_DENY] = "No rule allows it.",
    [POLICY_DEFAULT_INCOMPLETE] = "A fact that the policy needs is not known.",
    [POLICY_DEFAULT_SCOPE] = "The policy does not apply to this card.",
};

static const char *compile_text(struct policy_compiler *c, const struct document_node *node)
{
    const char *text = doc_string(node, NULL, c->problem);
    if (text != NULL && strlen(text) > POLICY_REASON_MAX)
        doc_fail(node, c->problem, "the reason is longer than %d bytes", POLICY_REASON_MAX);
    return text;
}

/* The keys that a reason of several languages has; ends with NULL. */
static void language_keys(const struct policy *policy, const char *keys[POLICY_LANGUAGES_MAX + 1])
{
    for (size_t i = 0; i < policy->language_count; i++)
        keys[i] = policy->languages[i];
    keys[policy->language_count] = NULL;
}

struct policy_reason policy_compile_reason(struct policy_compiler *c,
                                           const struct document_node *node)
{
    const struct policy *policy = c->policy;
    const char *keys[POLICY_LANGUAGES_MAX + 1];
    const char **texts = policy_alloc(c, policy->language_count, sizeof *texts);
    struct policy_reason reason = {texts};
    if (texts == NULL || node == NULL)
        return reason;
    language_keys(policy, keys);
    if (policy->languages[0][0] == '\0') {
        if (doc_kind(node) == DOC_MAPPING)
            doc_fail(node, c->problem,
                     "several languages are named in `languages:` at the top of the policy");
        texts[0] = compile_text(c, node);
    } else if (doc_kind(node) == DOC_SCALAR && policy->language_count == 1)
        texts[0] = compile_text(c, node);
    else if (doc_expect_keys(node, keys, c->problem))
        for (size_t i = 0; i < policy->language_count; i++)
            texts[i] = compile_text(c, doc_require(node, keys[i], c->problem));
    return reason;
}

/* A tag such as zh or zh-Hans (BCP 47, without its finer points). */
static bool is_language(const char *text)
{
    size_t len = strlen(text);
    return len >= 2 && len <= 16 && text[0] != '-' && text[len - 1] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == len;
}

static void compile_language(struct policy_compiler *c, const struct document_node *item)
{
    struct policy *policy = c->policy;
    const char *language = doc_string(item, NULL, c->problem);
    if (language == NULL)
        return;
    if (!is_language(language))
        doc_fail(item, c->problem, "expected a language tag, like zh or en");
    for (size_t i = 0; i < policy->language_count; i++)
        if (strcmp(policy->languages[i], language) == 0)
            doc_fail(item, c->problem, "'%s' is in the list twice", language);
    policy->languages[policy->language_count++] = language;
}

/* The same English text for every language. */
static struct policy_reason in_english(struct policy_compiler *c, const char *text)
{
    const char **texts = policy_alloc(c, c->policy->language_count, sizeof *texts);
    for (size_t i = 0; texts != NULL && i < c->policy->language_count; i++)
        texts[i] = text;
    return (struct policy_reason){texts};
}

/* `default_reasons:`; what it leaves out is said in English. */
static void compile_default_reasons(struct policy_compiler *c, const struct document_node *node)
{
    struct policy *policy = c->policy;
    if (node != NULL)
        (void)doc_expect_keys(node, policy_default_ids, c->problem);
    for (size_t i = 0; policy_default_ids[i] != NULL && policy_is_good(c); i++) {
        const struct document_node *text = doc_get(node, policy_default_ids[i]);
        policy->default_reasons[i] =
            text != NULL ? policy_compile_reason(c, text) : in_english(c, default_texts[i]);
    }
}

void policy_compile_languages(struct policy_compiler *c, const struct document_node *root)
{
    struct policy *policy = c->policy;
    const struct document_node *list = doc_get(root, "languages");
    if (list == NULL) {
        policy->languages[0] = "";
        policy->language_count = 1;
    } else if (doc_expect(list, DOC_LIST, c->problem)) {
        if (doc_count(list) == 0 || doc_count(list) > POLICY_LANGUAGES_MAX)
            doc_fail(list, c->problem, "expected 1 to %d languages", POLICY_LANGUAGES_MAX);
        const struct document_node *item = doc_first(list);
        for (; item != NULL && policy_is_good(c); item = doc_next(item))
            compile_language(c, item);
    }
    if (policy_is_good(c))
        compile_default_reasons(c, doc_get(root, "default_reasons"));
}
