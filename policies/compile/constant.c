/* Names of facts and constants, checked against the schema. */
#include "policies/compile/program.h"

#include <string.h>

enum { NUMBER_LIMIT = 1000000000 };

enum policy_fact policy_compile_fact_name(struct policy_compiler *c,
                                          const struct document_node *node, const char *text)
{
    enum policy_fact fact = policy_fact_by_name(text);
    if (fact == POLICY_FACT_COUNT)
        doc_fail(node, c->problem, "unknown fact '%.64s'%s", text,
                 doc_hint(text, policy_fact_names).text);
    return fact;
}

static struct policy_value number_constant(struct policy_compiler *c, enum policy_fact fact,
                                           const struct document_node *node)
{
    (void)fact;
    int64_t number = doc_integer(node, -NUMBER_LIMIT, NUMBER_LIMIT, 0, c->problem);
    return (struct policy_value){.present = policy_is_good(c), .number = number};
}

static struct policy_value text_constant(struct policy_compiler *c, enum policy_fact fact,
                                         const struct document_node *node)
{
    (void)fact;
    const char *text = doc_string(node, NULL, c->problem);
    return (struct policy_value){.present = text != NULL, .text = text};
}

static struct policy_value word_constant(struct policy_compiler *c, enum policy_fact fact,
                                         const struct document_node *node)
{
    (void)doc_word(node, policy_fact_info(fact)->words, 0, c->problem);
    if (!policy_is_good(c))
        return (struct policy_value){0};
    return (struct policy_value){.present = true, .text = doc_text(node)};
}

typedef struct policy_value constant_fn(struct policy_compiler *, enum policy_fact,
                                        const struct document_node *);

struct policy_value policy_compile_constant(struct policy_compiler *c, enum policy_fact fact,
                                            const struct document_node *node)
{
    static constant_fn *const by_type[] = {[POLICY_TEXT] = text_constant,
                                           [POLICY_WORD] = word_constant,
                                           [POLICY_NUMBER] = number_constant,
                                           [POLICY_SET] = policy_compile_list};
    return by_type[policy_fact_info(fact)->type](c, fact, node);
}

static bool is_listed(const char *const *items, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i], text) == 0)
            return true;
    return false;
}

struct policy_value policy_compile_list(struct policy_compiler *c, enum policy_fact fact,
                                        const struct document_node *node)
{
    struct policy_value list = {0};
    if (!doc_expect(node, DOC_LIST, c->problem))
        return list;
    const char **items = policy_alloc(c, doc_count(node), sizeof *items);
    if (items == NULL)
        return list;
    constant_fn *single =
        policy_fact_info(fact)->type == POLICY_WORD ? word_constant : text_constant;
    size_t count = 0;
    const struct document_node *item = doc_first(node);
    for (; item != NULL; item = doc_next(item)) {
        struct policy_value value = single(c, fact, item);
        if (!value.present)
            return list;
        if (is_listed(items, count, value.text)) {
            doc_fail(item, c->problem, "'%.64s' is in the list twice", value.text);
            return list;
        }
        items[count++] = value.text;
    }
    return (struct policy_value){.present = true, .items = items, .count = count};
}
