/* Names of facts and constants, checked against the schema. */
#include "policies/compile/program.h"

#include <string.h>

enum { NUMBER_LIMIT = 1000000000, FEW = 16 };

enum policy_fact policy_compile_fact_name(struct policy_compiler *c,
                                          const struct document_node *node, const char *text)
{
    enum policy_fact fact = policy_fact_by_name(text);
    if (fact == POLICY_FACT_COUNT)
        doc_fail(node, c->problem, "unknown fact '%.64s'%s", text,
                 doc_hint(text, policy_fact_names).text);
    return fact;
}

int64_t policy_compile_time(struct policy_compiler *c, const struct document_node *node, bool end)
{
    const char *text = doc_string(node, NULL, c->problem);
    struct policy_moment moment = {0};
    const char *wrong = text != NULL ? policy_time_parse(text, &moment) : NULL;
    if (wrong != NULL)
        doc_fail(node, c->problem, "%s", wrong);
    else if (moment.is_date && !c->policy->has_zone)
        doc_fail(node, c->problem,
                 "a day needs `calendar: {time_zone: …}`, or write a moment like "
                 "2027-01-31T00:00:00+08:00");
    if (!moment.is_date)
        return moment.ms;
    return policy_calendar_day_start(&c->policy->calendar, moment.day + end);
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
    if (text != NULL && policy_names_fact(node)) {
        doc_fail(node, c->problem,
                 "a fact cannot stand here, only instead of a whole list or value; in quotes it is "
                 "plain text");
        text = NULL;
    }
    return (struct policy_value){.present = text != NULL, .text = text};
}

static struct policy_value word_constant(struct policy_compiler *c, enum policy_fact fact,
                                         const struct document_node *node)
{
    size_t index = doc_word(node, policy_fact_info(fact)->words, 0, c->problem);
    if (!policy_is_good(c))
        return (struct policy_value){0};
    return (struct policy_value){.present = true, .text = doc_text(node), .number = (int64_t)index};
}

static struct policy_value truth_constant(struct policy_compiler *c, enum policy_fact fact,
                                          const struct document_node *node)
{
    (void)fact;
    bool truth = doc_bool(node, false, c->problem);
    return (struct policy_value){.present = policy_is_good(c), .number = truth};
}

static struct policy_value time_constant(struct policy_compiler *c, enum policy_fact fact,
                                         const struct document_node *node)
{
    (void)fact;
    int64_t ms = policy_compile_time(c, node, false);
    return (struct policy_value){.present = policy_is_good(c), .number = ms};
}

typedef struct policy_value constant_fn(struct policy_compiler *, enum policy_fact,
                                        const struct document_node *);

struct policy_value policy_compile_constant(struct policy_compiler *c, enum policy_fact fact,
                                            const struct document_node *node)
{
    static constant_fn *const by_type[] = {
        [POLICY_TEXT] = text_constant,     [POLICY_WORD] = word_constant,
        [POLICY_NUMBER] = number_constant, [POLICY_SET] = policy_compile_list,
        [POLICY_TRUTH] = truth_constant,   [POLICY_TIME] = time_constant};
    return by_type[policy_fact_info(fact)->type](c, fact, node);
}

/* A list under way: a short one is searched, a long one has a table. */
struct listing {
    const char **items;
    size_t count;
    struct policy_symbols table;
};

static bool is_listed(struct policy_compiler *c, struct listing *list, const char *text)
{
    for (size_t i = 0; i < list->count && i < FEW; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    if (list->count < FEW)
        return false;
    uint32_t before = list->table.count;
    return policy_symbols_add(c, &list->table, text, 0) <= before;
}

struct policy_value policy_compile_list(struct policy_compiler *c, enum policy_fact fact,
                                        const struct document_node *node)
{
    struct policy_value out = {0};
    if (!doc_expect(node, DOC_LIST, c->problem))
        return out;
    struct listing list = {.items = policy_alloc(c, doc_count(node), sizeof *list.items)};
    if (list.items == NULL)
        return out;
    bool is_word = policy_fact_info(fact)->type == POLICY_WORD;
    constant_fn *single = is_word ? word_constant : text_constant;
    const struct document_node *item = doc_first(node);
    for (; item != NULL; item = doc_next(item)) {
        struct policy_value value = single(c, fact, item);
        if (value.text == NULL)
            return out;
        if (is_listed(c, &list, value.text))
            doc_fail(item, c->problem, "'%.64s' is in the list twice", value.text);
        if (!policy_is_good(c))
            return out;
        list.items[list.count++] = value.text;
        out.number |= is_word ? INT64_C(1) << value.number : 0;
    }
    out.present = true;
    out.items = list.items;
    out.count = list.count;
    return out;
}
