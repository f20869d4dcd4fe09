#include "tests/unit/policies/reference/random_policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

unsigned choose(struct choices *c, unsigned below)
{
    return c->at < c->len ? c->bytes[c->at++] % below : 0;
}

enum { LISTED_MAX = POLICY_WORDS_MAX };

/* The facts that policies are made of, with what may be said of each. */
static const struct subject {
    enum policy_fact fact;
    enum policy_fact other;      /* to compare with, for operators that can; itself: none */
    const char *ops[LISTED_MAX]; /* ends with NULL, like the values */
    const char *values[LISTED_MAX];
} subjects[] = {
    {POLICY_CARD_REGION,
     POLICY_BANK_ID,
     {"equals", "not", "in", "not_in"},
     {"r1", "r2", "r3", "r4", "r5"}},
    {POLICY_BANK_ID,
     POLICY_CARD_REGION,
     {"equals", "not", "in", "not_in", "present"},
     {"r1", "b2", "b3", "b4"}},
    {POLICY_CARD_STATUS,
     POLICY_CARD_STATUS,
     {"equals", "not", "in", "not_in"},
     {POLICY_CARD_STATUSES}},
    {POLICY_BANK_STATUS,
     POLICY_BANK_STATUS,
     {"equals", "not", "in", "not_in", "absent"},
     {POLICY_BANK_STATUSES}},
    {POLICY_REQUEST_ACTION, POLICY_REQUEST_ACTION, {"equals", "not", "in"}, {POLICY_ACTIONS}},
    {POLICY_BANK_LICENSED_REGIONS,
     POLICY_CARD_REGION,
     {"contains", "lacks", "present", "absent"},
     {"r1", "r2", "r3"}},
    {POLICY_BINDING_ACTIVE_BANKS,
     POLICY_BINDING_DAYS_SINCE_LAST_SWITCH,
     {"equals", "not", "at_least", "at_most", "less_than"},
     {NULL}},
    {POLICY_BINDING_DAYS_SINCE_LAST_SWITCH,
     POLICY_BINDING_ACTIVE_BANKS,
     {"equals", "more_than", "at_least", "at_most", "less_than"},
     {NULL}},
    {POLICY_REQUEST_TIME, POLICY_REQUEST_TIME, {"from", "before"}, {NULL}},
    {POLICY_REQUEST_WEEKDAY,
     POLICY_REQUEST_WEEKDAY,
     {"equals", "not", "in"},
     {"mon", "tue", "sun"}},
    {POLICY_REQUEST_WORKING_DAY, POLICY_REQUEST_WORKING_DAY, {"equals", "not"}, {"true", "false"}},
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0], DEPTH_MAX = 3 };

static unsigned count_of(const char *const list[LISTED_MAX])
{
    unsigned count = 0;
    while (count < LISTED_MAX && list[count] != NULL)
        count++;
    return count;
}

/* ---- the tree ----------------------------------------------------------------------------- */

static struct node *new_node(struct random_policy *p, enum node_kind kind)
{
    struct node *node = &p->nodes[p->node_count++];
    *node = (struct node){.kind = kind};
    return node;
}

static bool takes_list(const char *op)
{
    return strcmp(op, "in") == 0 || strcmp(op, "not_in") == 0;
}

static bool is_presence(const char *op)
{
    return strcmp(op, "present") == 0 || strcmp(op, "absent") == 0;
}

/* `in` a region's set is the one list operator that can be asked against a fact. */
static bool takes_fact(const struct subject *subject, const char *op)
{
    return subject->other != subject->fact && !takes_list(op) && !is_presence(op);
}

static const struct node *make_test(struct choices *c, struct random_policy *p,
                                    const struct subject *subject)
{
    struct node *test = new_node(p, NODE_TEST);
    test->fact = subject->fact;
    test->op = subject->ops[choose(c, count_of(subject->ops))];
    test->against_fact = takes_fact(subject, test->op) && choose(c, 6) == 1;
    test->other = subject->other;
    test->number = 1 + choose(c, subject->fact == POLICY_REQUEST_TIME ? DAYS : 4);
    unsigned values = count_of(subject->values);
    if (values == 0)
        return test;
    unsigned first = choose(c, values);
    test->text_count = takes_list(test->op) ? 1 + choose(c, values > 3 ? 3 : values) : 1;
    for (size_t i = 0; i < test->text_count; i++)
        test->texts[i] = subject->values[(first + i) % values];
    return test;
}

static const struct node *make_group(struct choices *c, struct random_policy *p,
                                     enum node_kind kind, unsigned depth);

/* Entries of one mapping: tests of different facts, and at most one group of each kind. */
static const struct node *make_mapping(struct choices *c, struct random_policy *p, unsigned depth)
{
    struct node *all = new_node(p, NODE_ALL);
    unsigned first = choose(c, SUBJECTS);
    size_t tests = 1 + choose(c, 3);
    for (size_t i = 0; i < tests; i++)
        all->members[all->count++] = make_test(c, p, &subjects[(first + 3 * i) % SUBJECTS]);
    if (depth < DEPTH_MAX && choose(c, 3) == 1)
        all->members[all->count++] =
            make_group(c, p, (enum node_kind)(NODE_ALL + choose(c, 3)), depth + 1);
    return all;
}

static const struct node *make_group(struct choices *c, struct random_policy *p,
                                     enum node_kind kind, unsigned depth)
{
    struct node *group = new_node(p, kind);
    size_t count = 1 + choose(c, 3);
    for (size_t i = 0; i < count; i++)
        group->members[group->count++] = make_mapping(c, p, depth);
    return group;
}

/* ---- the text ----------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3)))
put(struct random_policy *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(p->text + p->text_len, sizeof p->text - p->text_len, format, args);
    va_end(args);
    p->text_len += (size_t)len;
}

static void put_operand(struct random_policy *p, const struct node *test)
{
    if (is_presence(test->op))
        put(p, "true");
    else if (test->against_fact)
        put(p, "$%s", policy_fact_info(test->other)->name);
    else if (test->fact == POLICY_REQUEST_TIME)
        put(p, "2027-02-%02d", (int)test->number);
    else if (test->text_count == 0)
        put(p, "%d", (int)test->number);
    else if (!takes_list(test->op))
        put(p, "%s", test->texts[0]);
    else
        for (size_t i = 0; i < test->text_count; i++)
            put(p, "%s%s%s", i == 0 ? "[" : ", ", test->texts[i],
                i + 1 == test->text_count ? "]" : "");
}

static void put_mapping(struct random_policy *p, const struct node *all)
{
    static const char *const names[] = {"all", "any", "none"};
    put(p, "{");
    for (size_t i = 0; i < all->count; i++) {
        const struct node *member = all->members[i];
        put(p, "%s", i > 0 ? ", " : "");
        if (member->kind == NODE_TEST) {
            put(p, "%s: {%s: ", policy_fact_info(member->fact)->name, member->op);
            put_operand(p, member);
            put(p, "}");
            continue;
        }
        put(p, "%s: [", names[member->kind]);
        for (size_t j = 0; j < member->count; j++) {
            put(p, "%s", j > 0 ? ", " : "");
            put_mapping(p, member->members[j]);
        }
        put(p, "]");
    }
    put(p, "}");
}

static void put_rule(struct random_policy *p, size_t index)
{
    const struct random_rule *rule = &p->rules[index];
    put(p, "  - {id: r%zu, effect: %s, reason: x%s,\n     when: ", index,
        rule->allows ? "allow" : "deny",
        rule->retires ? ", obligations: {retire_old_bank: delete}" : "");
    put_mapping(p, rule->when);
    put(p, "}\n");
}

static void put_exceptions(struct random_policy *p)
{
    put(p, "exceptions:\n");
    for (size_t i = 0; i < p->rule_count; i++) {
        if (p->rules[i].exception == NULL)
            continue;
        put(p,
            "  - {id: e%zu, overrides: [r%zu], approver: Li, expires: 2027-02-28, reason: x,\n"
            "     when: ",
            i, i);
        put_mapping(p, p->rules[i].exception);
        put(p, "}\n");
    }
}

static void put_policy(struct random_policy *p)
{
    put(p, "version: 1\nname: random\n"
           "calendar: {time_zone: Z, working_days: [mon, tue, wed, thu, fri],\n"
           "           holidays: [2027-02-02]}\n");
    if (p->scoped)
        put(p, "scope: {regions: [r1, r2]}\n");
    put(p, "rules:\n");
    for (size_t i = 0; i < p->rule_count; i++)
        put_rule(p, i);
    bool lifts = false;
    for (size_t i = 0; i < p->rule_count; i++)
        lifts = lifts || p->rules[i].exception != NULL;
    if (lifts)
        put_exceptions(p);
}

void random_policy_make(struct choices *c, struct random_policy *out)
{
    out->node_count = 0;
    out->text_len = 0;
    out->scoped = choose(c, 8) == 1;
    out->rule_count = 1 + choose(c, RANDOM_RULES_MAX);
    for (size_t i = 0; i < out->rule_count; i++) {
        struct random_rule *rule = &out->rules[i];
        /* The largest mapping has fewer than a hundred nodes. */
        bool room = RANDOM_NODES_MAX - out->node_count > 600;
        unsigned depth = room ? 0 : DEPTH_MAX;
        rule->allows = choose(c, 3) != 1;
        rule->retires = rule->allows && choose(c, 3) == 1;
        rule->when = make_mapping(c, out, depth);
        rule->exception =
            !rule->allows && choose(c, 3) == 1 ? make_mapping(c, out, DEPTH_MAX) : NULL;
    }
    put_policy(out);
}

/* ---- facts -------------------------------------------------------------------------------- */

/* One of the values or one that no policy has; sometimes none. */
static void set_string(struct choices *c, struct policy_facts *facts, const struct subject *subject)
{
    bool text = policy_fact_info(subject->fact)->type == POLICY_TEXT;
    unsigned values = count_of(subject->values);
    unsigned index = choose(c, values + (text ? 2 : 1));
    if (index < values)
        policy_facts_set_string(facts, subject->fact, subject->values[index]);
    else if (index == values + 1)
        policy_facts_set_string(facts, subject->fact, "elsewhere");
}

static void set_fact(struct choices *c, struct random_facts *out, const struct subject *subject)
{
    struct policy_facts *facts = &out->facts;
    enum policy_type type = policy_fact_info(subject->fact)->type;
    unsigned size;
    switch (type) {
    case POLICY_TEXT:
    case POLICY_WORD:
        set_string(c, facts, subject);
        break;
    case POLICY_SET:
        size = choose(c, 5);
        for (unsigned i = 0; i < size && i < 3; i++)
            out->regions[i] = subject->values[i];
        if (size < 4)
            policy_facts_set_set(facts, subject->fact, out->regions, size);
        break;
    case POLICY_NUMBER:
        size = choose(c, 8);
        if (size < 7)
            policy_facts_set_int(facts, subject->fact, size);
        break;
    default:
        size = choose(c, 2 * DAYS + 2);
        if (size < 2 * DAYS)
            policy_facts_set_int(facts, subject->fact, DAY_FIRST_MS + size * INT64_C(43200000));
        break;
    }
}

void random_facts_make(struct choices *c, struct random_facts *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < SUBJECTS; i++)
        if (policy_fact_info(subjects[i].fact)->presence != POLICY_DERIVED)
            set_fact(c, out, &subjects[i]);
}
