/* `calendar:` - the time zone, and which days are working days. */
#include "policies/compile/program.h"

enum { RANGES_MAX = 1024 };

static int64_t compile_day(struct policy_compiler *c, const struct document_node *node)
{
    const char *text = doc_string(node, NULL, c->problem);
    struct policy_moment moment = {0};
    const char *wrong = text != NULL ? policy_time_parse(text, &moment) : NULL;
    if (wrong == NULL && text != NULL && !moment.is_date)
        wrong = "a day is written like 2027-01-31";
    if (wrong != NULL)
        doc_fail(node, c->problem, "%s", wrong);
    return moment.day;
}

/* `2027-01-01`, or `{from: 2027-02-06, until: 2027-02-12}`, both days included. */
static struct policy_days compile_range(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {"from", "until", NULL};
    struct policy_days range = {0};
    if (doc_kind(node) != DOC_MAPPING) {
        range.first = compile_day(c, node);
        range.last = range.first;
        return range;
    }
    if (!doc_expect_keys(node, keys, c->problem))
        return range;
    range.first = compile_day(c, doc_require(node, "from", c->problem));
    range.last = compile_day(c, doc_require(node, "until", c->problem));
    if (policy_is_good(c) && range.last < range.first)
        doc_fail(doc_get(node, "until"), c->problem, "the range ends before it begins");
    return range;
}

static size_t compile_ranges(struct policy_compiler *c, const struct document_node *node,
                             const struct policy_days **out)
{
    void *room = NULL;
    const struct document_node *item =
        policy_compile_items(c, node, RANGES_MAX, sizeof(struct policy_days), &room);
    struct policy_days *ranges = room;
    size_t count = 0;
    for (; item != NULL && policy_is_good(c); item = doc_next(item)) {
        ranges[count] = compile_range(c, item);
        if (policy_is_good(c) && count > 0 && ranges[count].first <= ranges[count - 1].last)
            doc_fail(item, c->problem, "days are listed in ascending order, each once");
        count++;
    }
    *out = ranges;
    return count;
}

static void compile_weekdays(struct policy_compiler *c, const struct document_node *node)
{
    struct policy_value days = policy_compile_list(c, POLICY_REQUEST_WEEKDAY, node);
    if (node == NULL || !policy_is_good(c))
        return;
    c->policy->calendar.working_weekdays = (unsigned)days.number;
    c->policy->has_calendar = true;
}

void policy_compile_calendar(struct policy_compiler *c, const struct document_node *node)
{
    static const char *const keys[] = {"time_zone", "working_days", "holidays",
                                       "extra_working_days", NULL};
    struct policy_calendar *calendar = &c->policy->calendar;
    if (node == NULL || !doc_expect_keys(node, keys, c->problem))
        return;
    const struct document_node *zone = doc_require(node, "time_zone", c->problem);
    const char *text = doc_string(zone, NULL, c->problem);
    if (text != NULL && !policy_zone_parse(text, &calendar->zone_minutes))
        doc_fail(zone, c->problem, "expected an offset from UTC, like \"+08:00\", or Z");
    c->policy->has_zone = true;
    compile_weekdays(c, doc_get(node, "working_days"));
    calendar->holiday_count = compile_ranges(c, doc_get(node, "holidays"), &calendar->holidays);
    calendar->extra_count =
        compile_ranges(c, doc_get(node, "extra_working_days"), &calendar->extra);
    if (policy_is_good(c) && !c->policy->has_calendar &&
        calendar->holiday_count + calendar->extra_count > 0)
        doc_fail(node, c->problem, "holidays need `working_days`, like [mon, tue, wed, thu, fri]");
}
