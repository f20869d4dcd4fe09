/* `limits:` - how much of what the rules allow. */
#include "policies/compile/program.h"

enum { COUNT_MAX = 1000000000, COOL_DOWN_DAYS_MAX = 3650, HUNDREDTHS = 10000 };
#define WINDOW_MS_MAX (3650 * POLICY_DAY_MS)

struct kind {
    const char *name;
    const char *keys[5]; /* ends with NULL */
    policy_fact_set facts;
    void (*compile)(struct policy_compiler *c, const struct document_node *node,
                    struct policy_limit *out);
};

/* "40%", "12.5%" -> hundredths of a per cent. */
static int64_t compile_percent(struct policy_compiler *c, const struct document_node *node)
{
    const char *text = doc_string(node, NULL, c->problem);
    int64_t value = 0;
    int decimals = -1; /* before the point */
    bool digit = false;
    if (text == NULL)
        return 0;
    for (; *text != '\0' && *text != '%' && value <= HUNDREDTHS; text++) {
        if (*text == '.' && decimals < 0 && digit) {
            decimals = 0;
            digit = false;
            continue;
        }
        digit = *text >= '0' && *text <= '9' && decimals < 2;
        if (!digit)
            break;
        value = value * 10 + (*text - '0');
        decimals += decimals >= 0;
    }
    for (int places = decimals > 0 ? decimals : 0; places < 2; places++)
        value *= 10;
    if (!digit || text[0] != '%' || text[1] != '\0' || value < 1 || value > HUNDREDTHS)
        doc_fail(node, c->problem, "expected a part of the whole from 0.01%% to 100%%, like 40%%");
    return value;
}

/* `day`, `week`, `month`, `year` by the calendar, or a duration that ends now. */
static struct policy_window compile_window(struct policy_compiler *c,
                                           const struct document_node *node)
{
    static const char *const periods[] = {"day", "week", "month", "year", NULL};
    struct policy_window window = {0};
    const char *text = doc_string(node, NULL, c->problem);
    if (text == NULL)
        return window;
    if (text[0] < '0' || text[0] > '9') {
        window.period = (enum policy_period)doc_word(node, periods, 0, c->problem);
        if (policy_is_good(c) && !c->policy->has_zone)
            doc_fail(node, c->problem, "a %s needs `calendar: {time_zone: …}`", text);
        return window;
    }
    window.sliding_ms = doc_duration_ms(node, 0, c->problem);
    if (policy_is_good(c) && (window.sliding_ms < 60000 || window.sliding_ms > WINDOW_MS_MAX))
        doc_fail(node, c->problem, "a window is from 1m to 3650d");
    return window;
}

static int64_t compile_count(struct policy_compiler *c, const struct document_node *node,
                             int64_t least)
{
    return doc_integer(doc_require(node, "at_most", c->problem), least, COUNT_MAX, 0, c->problem);
}

static void compile_active_banks(struct policy_compiler *c, const struct document_node *node,
                                 struct policy_limit *out)
{
    out->at_most = compile_count(c, node, 1);
}

static void compile_switches(struct policy_compiler *c, const struct document_node *node,
                             struct policy_limit *out)
{
    out->at_most = compile_count(c, node, 1);
    out->subject = POLICY_OF_CARD;
    out->window = compile_window(c, doc_require(node, "window", c->problem));
}

static void compile_share(struct policy_compiler *c, const struct document_node *node,
                          struct policy_limit *out)
{
    out->at_most = compile_percent(c, doc_require(node, "at_most", c->problem));
    out->subject = POLICY_OF_BANK | POLICY_OF_REGION;
    out->window = compile_window(c, doc_require(node, "window", c->problem));
    out->free_until =
        doc_integer(doc_require(node, "free_until", c->problem), 0, COUNT_MAX, 0, c->problem);
}

static void compile_quota(struct policy_compiler *c, const struct document_node *node,
                          struct policy_limit *out)
{
    static const char *const subjects[] = {"bank", "region", NULL};
    static const unsigned bits[] = {POLICY_OF_BANK, POLICY_OF_REGION};
    out->at_most = compile_count(c, node, 1);
    out->window = compile_window(c, doc_require(node, "window", c->problem));
    const struct document_node *of = doc_get(node, "of");
    const struct document_node *item =
        of != NULL && doc_expect(of, DOC_LIST, c->problem) ? doc_first(of) : NULL;
    for (; item != NULL && policy_is_good(c); item = doc_next(item)) {
        unsigned bit = bits[doc_word(item, subjects, 0, c->problem)];
        if (policy_is_good(c) && (out->subject & bit) != 0)
            doc_fail(item, c->problem, "'%s' is in the list twice", doc_text(item));
        out->subject |= bit;
    }
}

static void compile_cool_down(struct policy_compiler *c, const struct document_node *node,
                              struct policy_limit *out)
{
    out->at_most =
        doc_integer(doc_require(node, "days", c->problem), 1, COOL_DOWN_DAYS_MAX, 0, c->problem);
}

#define BIT(fact) POLICY_FACT_BIT(POLICY_##fact)

static const struct kind kinds[] = {
    [POLICY_LIMIT_ACTIVE_BANKS] = {"active_banks",
                                   {"at_most"},
                                   BIT(BINDING_ACTIVE_BANKS),
                                   compile_active_banks},
    [POLICY_LIMIT_SWITCHES] = {"switches",
                               {"at_most", "window"},
                               BIT(REQUEST_TIME),
                               compile_switches},
    [POLICY_LIMIT_SHARE] = {"share",
                            {"at_most", "window", "free_until"},
                            BIT(REQUEST_TIME) | BIT(BANK_ID) | BIT(CARD_REGION),
                            compile_share},
    [POLICY_LIMIT_QUOTA] = {"quota",
                            {"of", "at_most", "window"},
                            BIT(REQUEST_TIME) | BIT(BANK_ID) | BIT(CARD_REGION),
                            compile_quota},
    [POLICY_LIMIT_COOL_DOWN] = {"cool_down",
                                {"days"},
                                BIT(BINDING_DAYS_SINCE_LAST_SWITCH),
                                compile_cool_down},
};

const char *policy_limit_kind_name(enum policy_limit_kind kind)
{
    return kinds[kind].name;
}

/* The one kind that the limit names; NULL with a problem. */
static const struct document_node *
kind_of(struct policy_compiler *c, const struct document_node *node, enum policy_limit_kind *kind)
{
    const struct document_node *found = NULL;
    for (size_t i = 0; i < POLICY_LIMIT_KIND_COUNT; i++) {
        const struct document_node *value = doc_get(node, kinds[i].name);
        if (value != NULL && found != NULL)
            doc_fail(doc_key_node(value), c->problem,
                     "a limit is of one kind; this is already '%s'", doc_key(found));
        if (value != NULL) {
            found = value;
            *kind = (enum policy_limit_kind)i;
        }
    }
    if (found == NULL)
        doc_fail(node, c->problem,
                 "expected a kind: active_banks, switches, share, quota or cool_down");
    return policy_is_good(c) ? found : NULL;
}

/* `when` and `except` as one group. */
static void compile_condition(struct policy_compiler *c, const struct document_node *node,
                              struct policy_limit *out)
{
    const struct document_node *except = doc_get(node, "except");
    policy_compile_when(c, doc_get(node, "when"), except != NULL, &out->when);
    if (except == NULL || !policy_is_good(c))
        return;
    struct policy_condition *none = out->when.members;
    none->kind = POLICY_CONDITION_NONE;
    none->line = doc_line(except);
    none->members = policy_alloc(c, 1, sizeof *none->members);
    none->count = 1;
    if (none->members != NULL)
        policy_compile_when(c, except, 0, none->members);
}

static void compile_limit(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {"id",        "active_banks", "switches", "share",  "quota",
                                       "cool_down", "when",         "except",   "reason", NULL};
    struct policy_limit *out = &c->policy->limits[c->policy->limit_count];
    if (!doc_expect_keys(node, keys, c->problem))
        return;
    c->facts = 0;
    out->line = doc_line(node);
    out->id = policy_compile_id(c, node);
    const struct document_node *value = kind_of(c, node, &out->kind);
    const struct kind *kind = &kinds[out->kind];
    if (value == NULL || !doc_expect_keys(value, kind->keys, c->problem))
        return;
    kind->compile(c, value, out);
    out->reason = policy_compile_reason(c, doc_require(node, "reason", c->problem));
    if (policy_is_good(c))
        compile_condition(c, node, out);
    out->facts = c->facts | kind->facts | BIT(REQUEST_ACTION);
    c->policy->facts |= out->facts;
    c->policy->limit_count++;
}

void policy_compile_limits(struct policy_compiler *c, const struct document_node *node)
{
    void *room = NULL;
    const struct document_node *item =
        policy_compile_items(c, node, POLICY_LIMITS_MAX, sizeof *c->policy->limits, &room);
    c->policy->limits = room;
    for (; item != NULL && policy_is_good(c); item = doc_next(item))
        compile_limit(c, item);
}
