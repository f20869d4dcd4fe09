#include "ota-server/rebind/operation_json.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static struct store_operation operation(void)
{
    return (struct store_operation){
        .id = "0123456789abcdef0123456789abcdef",
        .card = "card-1",
        .role = "payment",
        .product = "bank-b/debit",
        .previous_product = "bank-a/debit",
        .principal = "operator-1",
        .idempotency_key = "secret-of-the-caller",
        .evidence_by = "r-mac,cryptogram",
        .evidence = STORE_EVIDENCE_PROVEN,
        .decision = {.effect = "allow", .rule = "r", .reason = "Because.", .policy_version = 3},
        .kind = STORE_OPERATION_SWITCH,
        .state = STORE_OPERATION_RUNNING,
        .progress = {.steps_total = 9, .bytes_total = 5000000000},
        .created_ms = 1772366400999,
    };
}

static const char *text_at(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void operation_is_shown_in_words(void **state)
{
    (void)state;
    struct store_operation shown = operation();
    json_t *json = operation_json(&shown);
    json_t *evidence = json_object_get(json, "evidence");
    json_t *by = json_object_get(evidence, "by");
    json_t *bytes = json_object_get(json, "bytes");
    assert_string_equal(text_at(json, "kind"), "switch");
    assert_string_equal(text_at(json, "state"), "running");
    assert_string_equal(text_at(json, "previous_product"), "bank-a/debit");
    assert_true(json_is_null(json_object_get(json, "cause")));
    assert_string_equal(text_at(evidence, "level"), "proven");
    assert_int_equal(json_array_size(by), 2);
    assert_string_equal(json_string_value(json_array_get(by, 1)), "cryptogram");
    assert_string_equal(text_at(json, "created"), "2026-03-01T12:00:00Z");
    assert_true(json_integer_value(json_object_get(bytes, "total")) == 5000000000);
    assert_string_equal(text_at(json_object_get(json, "decision"), "reason"), "Because.");
    json_decref(json);
}

static void without_evidence_the_list_is_empty(void **state)
{
    (void)state;
    struct store_operation shown = operation();
    shown.evidence_by[0] = shown.product[0] = '\0';
    shown.evidence = STORE_EVIDENCE_REPORTED;
    json_t *json = operation_json(&shown);
    json_t *evidence = json_object_get(json, "evidence");
    assert_string_equal(text_at(evidence, "level"), "reported");
    assert_int_equal(json_array_size(json_object_get(evidence, "by")), 0);
    assert_true(json_is_null(json_object_get(json, "product")));
    json_decref(json);
}

/* Events and audit carry this text: whoever asked, and with which key, is not for every reader. */
static void caller_is_not_shown(void **state)
{
    (void)state;
    struct store_operation shown = operation();
    json_t *json = operation_json(&shown);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_non_null(text);
    assert_null(strstr(text, shown.idempotency_key));
    assert_null(strstr(text, shown.principal));
    free(text);
    json_decref(json);
}

static void every_state_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = STORE_OPERATION_PENDING; i <= STORE_OPERATION_CANCELLED; i++) {
        const char *name = operation_state_name((enum store_operation_state)i);
        assert_int_equal(operation_state_from_name(name), i);
    }
    assert_int_equal(operation_state_from_name(""), -1);
    assert_int_equal(operation_state_from_name("Pending"), -1);
}

static void kinds_and_forms_have_names_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < STORE_OPERATION_KINDS; i++)
        assert_int_equal(
            operation_kind_from_name(operation_kind_name((enum store_operation_kind)i)), i);
    for (int i = 0; i < STORE_FORMS; i++)
        assert_int_equal(operation_form_from_name(operation_form_name((enum store_form)i)), i);
    assert_int_equal(operation_kind_from_name("unbind"), -1);
    assert_int_equal(operation_form_from_name(""), -1);
}

static void schedule_is_shown_where_there_is_one(void **state)
{
    (void)state;
    struct store_operation shown = operation();
    shown.priority = 7;
    shown.deadline_ms = 1772366400000;
    json_t *json = operation_json(&shown);
    assert_int_equal(json_integer_value(json_object_get(json, "priority")), 7);
    assert_string_equal(text_at(json, "deadline"), "2026-03-01T12:00:00Z");
    assert_true(json_is_null(json_object_get(json, "not_before")));
    assert_true(json_is_null(json_object_get(json, "form")));
    assert_true(json_is_false(json_object_get(json, "may_still_run")));
    json_decref(json);
    shown.kind = STORE_OPERATION_LOAD;
    json = operation_json(&shown);
    assert_string_equal(text_at(json, "form"), "package");
    json_decref(json);
}

static void moments_are_read_as_they_are_written(void **state)
{
    (void)state;
    int64_t time_ms = 0;
    assert_true(operation_time_parse("2026-03-01T12:00:00Z", &time_ms));
    assert_true(time_ms == 1772366400000);
    assert_true(operation_time_parse("2026-03-01T20:00:00+08:00", &time_ms));
    assert_true(time_ms == 1772366400000);
    assert_false(operation_time_parse("2026-03-01", &time_ms));
    assert_false(operation_time_parse("2026-02-30T12:00:00Z", &time_ms));
    assert_false(operation_time_parse("", &time_ms));
}

static void findings_are_shown_in_words(void **state)
{
    (void)state;
    const struct store_finding findings[] = {
        {STORE_FINDING_MISSING, "A0000000010203", "bank-a/debit"},
        {STORE_FINDING_UNDESIRED, "A0000000010204", ""}};
    json_t *json = operation_json_findings(findings, 2);
    assert_string_equal(text_at(json_array_get(json, 0), "what"), "missing");
    assert_string_equal(text_at(json_array_get(json, 1), "aid"), "A0000000010204");
    assert_true(json_is_null(json_object_get(json_array_get(json, 1), "product")));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operation_is_shown_in_words),
        cmocka_unit_test(without_evidence_the_list_is_empty),
        cmocka_unit_test(caller_is_not_shown),
        cmocka_unit_test(every_state_has_a_name_of_its_own),
        cmocka_unit_test(kinds_and_forms_have_names_both_ways),
        cmocka_unit_test(schedule_is_shown_where_there_is_one),
        cmocka_unit_test(moments_are_read_as_they_are_written),
        cmocka_unit_test(findings_are_shown_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
