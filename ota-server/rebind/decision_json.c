/* A decision's inputs as JSON:
 *
 *     {"format": 1, "facts": {"card.region": "310000", …}, "counts": [{"limit", "switches", "card",
 *      "bank", "region", "since", "number"}, …], "consent": "signed", "evidence", "second_person",
 *      "stop": {"id", "reason"}, "rules": […], "exceptions": […], "facts_read": […],
 *      "obligations": {…}}
 *
 * What follows `stop` is for people: it comes out of the rest. */
#include "ota-server/rebind/decision_inputs.h"

#include <string.h>

enum { FORMAT = 1 };

/* Beside what the policy asks about: what makes a record readable. */
static const policy_fact_set always =
    POLICY_FACT_BIT(POLICY_CARD_ID) | POLICY_FACT_BIT(POLICY_BANK_ID) |
    POLICY_FACT_BIT(POLICY_REQUEST_ACTION) | POLICY_FACT_BIT(POLICY_REQUEST_TIME);

/* ---- writing ------------------------------------------------------------------------------ */

static json_t *texts(const char *const *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(array, json_string(list[i]));
    return array;
}

static json_t *value_json(enum policy_fact fact, const struct policy_value *value)
{
    switch (policy_fact_info(fact)->type) {
    case POLICY_TEXT:
    case POLICY_WORD:
        return json_string(value->text);
    case POLICY_SET:
        return texts(value->items, value->count);
    default:
        return json_integer(value->number);
    }
}

json_t *decision_facts_json(const struct policy_facts *facts, policy_fact_set shown)
{
    json_t *json = json_object();
    for (int fact = 0; fact < POLICY_FACT_DERIVED; fact++) {
        if (facts->values[fact].present && (shown & POLICY_FACT_BIT(fact)) != 0)
            (void)json_object_set_new(json, policy_fact_names[fact],
                                      value_json((enum policy_fact)fact, &facts->values[fact]));
    }
    return json;
}

static json_t *names_json(policy_fact_set facts)
{
    json_t *array = json_array();
    for (int fact = 0; fact < POLICY_FACT_COUNT; fact++) {
        if ((facts & POLICY_FACT_BIT(fact)) != 0)
            (void)json_array_append_new(array, json_string(policy_fact_names[fact]));
    }
    return array;
}

static json_t *counts_json(const struct decision_inputs *inputs)
{
    json_t *array = json_array();
    for (size_t i = 0; i < inputs->count; i++) {
        const struct policy_count *what = &inputs->counts[i].what;
        (void)json_array_append_new(array,
                                    json_pack("{s:s, s:b, s:b, s:s?, s:s?, s:I, s:I}", "limit",
                                              what->limit, "switches", what->only_switches, "card",
                                              what->of_card, "bank", what->bank, "region",
                                              what->region, "since", (json_int_t)what->since_ms,
                                              "number", (json_int_t)inputs->counts[i].number));
    }
    return array;
}

static json_t *obligations_json(const struct policy_obligations *obligations)
{
    json_t *notify = json_array();
    for (size_t i = 0; policy_notify_names[i] != NULL; i++) {
        if ((obligations->notify & 1u << i) != 0)
            (void)json_array_append_new(notify, json_string(policy_notify_names[i]));
    }
    return json_pack("{s:s, s:b, s:b, s:s, s:o, s:I}", "retire_old_bank",
                     policy_retire_name(obligations->retire_old_bank), "allow_break_before_make",
                     obligations->allow_break_before_make, "second_person",
                     obligations->second_person, "consent_evidence",
                     policy_evidence_name(obligations->consent_evidence), "notify", notify,
                     "cool_down_days", (json_int_t)obligations->cool_down_days);
}

json_t *decision_inputs_json(const struct policy *policy, const struct decision_inputs *inputs,
                             const struct decision_answer *answer)
{
    const struct policy_decision *made = &answer->made;
    json_t *json = json_pack(
        "{s:i, s:o, s:o, s:s, s:s?, s:s?, s:o, s:o, s:o, s:o}", "format", FORMAT, "facts",
        decision_facts_json(&inputs->facts, policy_facts_asked(policy) | always), "counts",
        counts_json(inputs), "consent", policy_evidence_name(inputs->consent), "evidence",
        inputs->evidence, "second_person", inputs->second_person, "rules",
        texts(made->rules, made->rule_count), "exceptions",
        texts(made->exceptions, made->exception_count), "facts_read", names_json(made->facts_read),
        "obligations", obligations_json(&made->obligations));
    if (json != NULL && inputs->stop != NULL)
        (void)json_object_set_new(
            json, "stop",
            json_pack("{s:s, s:s}", "id", inputs->stop, "reason", inputs->stop_reason));
    return json;
}

/* ---- reading ------------------------------------------------------------------------------ */

static bool read_items(struct decision_inputs *inputs, enum policy_fact fact, const json_t *array)
{
    size_t count = json_array_size(array);
    if (!json_is_array(array) || count > DECISION_ITEMS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        inputs->items[i] = json_string_value(json_array_get(array, i));
        if (inputs->items[i] == NULL)
            return false;
    }
    policy_facts_set_set(&inputs->facts, fact, inputs->items, count);
    return true;
}

static bool read_fact(struct decision_inputs *inputs, const char *name, const json_t *value)
{
    enum policy_fact fact = policy_fact_by_name(name);
    if (fact == POLICY_FACT_COUNT)
        return false;
    switch (policy_fact_info(fact)->type) {
    case POLICY_TEXT:
    case POLICY_WORD:
        policy_facts_set_string(&inputs->facts, fact, json_string_value(value));
        return json_is_string(value);
    case POLICY_SET:
        return read_items(inputs, fact, value);
    default:
        policy_facts_set_int(&inputs->facts, fact, json_integer_value(value));
        return json_is_integer(value);
    }
}

static bool read_facts(struct decision_inputs *inputs, json_t *facts)
{
    for (void *at = json_object_iter(facts); at != NULL; at = json_object_iter_next(facts, at)) {
        if (!read_fact(inputs, json_object_iter_key(at), json_object_iter_value(at)))
            return false;
    }
    return json_is_object(facts) && !inputs->facts.has_refused;
}

static bool read_counts(struct decision_inputs *inputs, const json_t *array)
{
    size_t count = json_array_size(array);
    if (!json_is_array(array) || count > DECISION_COUNTS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(array, i);
        inputs->counts[i] = (struct decision_count){
            .what = {.limit = json_string_value(json_object_get(row, "limit")),
                     .only_switches = json_is_true(json_object_get(row, "switches")),
                     .of_card = json_is_true(json_object_get(row, "card")),
                     .bank = json_string_value(json_object_get(row, "bank")),
                     .region = json_string_value(json_object_get(row, "region")),
                     .since_ms = json_integer_value(json_object_get(row, "since"))},
            .number = json_integer_value(json_object_get(row, "number"))};
        if (inputs->counts[i].what.limit == NULL)
            return false;
    }
    inputs->count = count;
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What was counted then; false for a question that was not asked. */
static bool count_again(void *user, const struct policy_count *what, int64_t *number)
{
    const struct decision_inputs *inputs = user;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct policy_count *asked = &inputs->counts[i].what;
        if (strcmp(asked->limit, what->limit) == 0 && asked->of_card == what->of_card &&
            asked->only_switches == what->only_switches && asked->since_ms == what->since_ms &&
            same_text(asked->bank, what->bank) && same_text(asked->region, what->region)) {
            *number = inputs->counts[i].number;
            return true;
        }
    }
    return false;
}

static bool read_consent(struct decision_inputs *inputs, const char *name)
{
    for (int level = POLICY_EVIDENCE_NONE; name != NULL && level <= POLICY_EVIDENCE_SIGNED;
         level++) {
        inputs->consent = (enum policy_evidence)level;
        if (strcmp(policy_evidence_name(inputs->consent), name) == 0)
            return true;
    }
    return false;
}

bool decision_inputs_read(struct decision_inputs *inputs, const json_t *json)
{
    const json_t *stop = json_object_get(json, "stop");
    *inputs = (struct decision_inputs){
        .stop = json_string_value(json_object_get(stop, "id")),
        .stop_reason = json_string_value(json_object_get(stop, "reason")),
        .evidence = json_string_value(json_object_get(json, "evidence")),
        .second_person = json_string_value(json_object_get(json, "second_person")),
    };
    inputs->facts.counters = (struct policy_counters){count_again, inputs};
    return json_integer_value(json_object_get(json, "format")) == FORMAT &&
           (inputs->stop == NULL) == (inputs->stop_reason == NULL) &&
           read_consent(inputs, json_string_value(json_object_get(json, "consent"))) &&
           read_facts(inputs, json_object_get(json, "facts")) &&
           read_counts(inputs, json_object_get(json, "counts"));
}
