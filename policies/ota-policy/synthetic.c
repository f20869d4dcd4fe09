#include "policies/ota-policy/synthetic.h"

#include "policies/compile/program.h"

#include <string.h>

/* Texts beside the policy's own. */
static const char *const regions[] = {"110000", "310000", "320000", "440000", "510000", NULL};
static const char *const banks[] = {"bank-a", "bank-b", "bank-c", "bank-d", NULL};
static const char *const generations[] = {"2", "3", "4", NULL};
static const char *const roles[] = {"payment", NULL};
static const struct {
    enum policy_fact fact;
    const char *const *texts;
} usual[] = {
    {POLICY_CARD_REGION, regions}, {POLICY_BANK_ID, banks},
    {POLICY_OLD_BANK_ID, banks},   {POLICY_CARD_GENERATION, generations},
    {POLICY_PRODUCT_ROLE, roles},
};

static void add_text(struct synthetic *s, enum policy_fact fact, const char *text)
{
    for (size_t i = 0; i < s->counts[fact]; i++)
        if (strcmp(s->texts[fact][i], text) == 0)
            return;
    if (s->counts[fact] < SYNTHETIC_TEXTS_MAX)
        s->texts[fact][s->counts[fact]++] = text;
}

static void add_constants(struct synthetic *s, const struct policy_condition *condition)
{
    const struct policy_test *test = &condition->test;
    for (size_t i = 0; i < condition->count; i++)
        add_constants(s, &condition->members[i]);
    if (condition->kind != POLICY_CONDITION_TEST || condition->against_fact ||
        policy_fact_info(test->fact)->type != POLICY_TEXT || !test->constant.present)
        return;
    for (size_t i = 0; i < test->constant.count; i++)
        add_text(s, test->fact, test->constant.items[i]);
    if (test->constant.text != NULL)
        add_text(s, test->fact, test->constant.text);
}

static void add_policy(struct synthetic *s, const struct policy *policy)
{
    add_constants(s, &policy->scope);
    for (size_t i = 0; i < policy->rule_count; i++)
        add_constants(s, &policy->rules[i].when);
    for (size_t i = 0; i < policy->limit_count; i++)
        add_constants(s, &policy->limits[i].when);
}

void synthetic_init(struct synthetic *synthetic, uint64_t seed, const struct policy *first,
                    const struct policy *second)
{
    enum { NOW_MS_2027 = 1798761600 }; /* in seconds */
    *synthetic = (struct synthetic){.seed = seed, .now_ms = INT64_C(1000) * NOW_MS_2027};
    add_policy(synthetic, first);
    if (second != NULL)
        add_policy(synthetic, second);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        for (const char *const *text = usual[i].texts; *text != NULL; text++)
            add_text(synthetic, usual[i].fact, *text);
}

/* splitmix64, begun anew for each card. */
static uint64_t next_number(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t n)
{
    return (size_t)((next_number(state) >> 32) * n >> 32);
}

enum { HOURS = 365 * 24, HOUR_MS = 3600000 };

static void make_fact(const struct synthetic *s, uint64_t *state, enum policy_fact fact,
                      struct synthetic_card *out)
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    struct policy_value *value = &out->facts.values[fact];
    size_t words = 0;
    size_t count = s->counts[fact];
    value->present = true;
    switch (info->type) {
    case POLICY_TEXT:
        value->present = count > 0;
        value->text = count > 0 ? s->texts[fact][below(state, count)] : NULL;
        break;
    case POLICY_WORD:
        while (info->words[words] != NULL)
            words++;
        /* Half of all are what is usual, which the schema names first. */
        value->number = (int64_t)(below(state, 2) == 0 ? 0 : below(state, words));
        value->text = info->words[value->number];
        break;
    case POLICY_SET:
        for (size_t i = 0; i < SYNTHETIC_ITEMS_MAX; i++)
            out->items[i] =
                s->texts[POLICY_CARD_REGION][below(state, s->counts[POLICY_CARD_REGION])];
        value->items = out->items;
        value->count = SYNTHETIC_ITEMS_MAX;
        break;
    case POLICY_TIME:
        value->number = s->now_ms + (int64_t)below(state, HOURS) * HOUR_MS;
        break;
    default:
        value->number = (int64_t)below(state, below(state, 2) == 0 ? 3 : 1000);
        break;
    }
}

/* A request is of a kind: a revocation names no new bank, a first bank replaces none. */
static void make_consistent(struct synthetic_card *out)
{
    static const enum policy_fact of_new[] = {POLICY_BANK_ID,
                                              POLICY_BANK_STATUS,
                                              POLICY_BANK_KIND,
                                              POLICY_BANK_LICENSED_REGIONS,
                                              POLICY_BANK_CARDS_IN_REGION,
                                              POLICY_PRODUCT_ID};
    static const enum policy_fact of_old[] = {POLICY_OLD_BANK_ID, POLICY_OLD_BANK_STATUS,
                                              POLICY_BINDING_DAYS_SINCE_LAST_SWITCH};
    struct policy_value *values = out->facts.values;
    const char *action = values[POLICY_REQUEST_ACTION].text;
    if (strcmp(action, "revoke") == 0)
        for (size_t i = 0; i < sizeof of_new / sizeof of_new[0]; i++)
            values[of_new[i]] = (struct policy_value){0};
    if (strcmp(action, "bind") == 0)
        for (size_t i = 0; i < sizeof of_old / sizeof of_old[0]; i++)
            values[of_old[i]] = (struct policy_value){0};
    values[POLICY_BINDING_ACTIVE_BANKS].number = strcmp(action, "bind") != 0;
}

void synthetic_make(const struct synthetic *synthetic, uint64_t number, struct synthetic_card *out)
{
    uint64_t state = synthetic->seed * UINT64_C(0xD1342543DE82EF95) + number;
    (void)next_number(&state);
    memset(&out->facts, 0, sizeof out->facts);
    for (size_t fact = 0; fact < POLICY_FACT_DERIVED; fact++)
        make_fact(synthetic, &state, (enum policy_fact)fact, out);
    make_consistent(out);
}
