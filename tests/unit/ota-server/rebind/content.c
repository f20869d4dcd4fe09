#include "ota-server/rebind/content.h"
#include "tests/support/test.h"

static const struct scp_aid package = {{0xA0, 0, 0, 0, 9}, 5};

static struct content_entry application(uint8_t n)
{
    return (struct content_entry){.kind = CONTENT_APPLICATION,
                                  .aid = {{0xA0, 0, 0, 0, 1, n}, 6},
                                  .load_file = package,
                                  .life_cycle = 7};
}

static struct card_content filled(uint8_t count)
{
    struct card_content content = {.known = true};
    for (uint8_t n = 0; n < count; n++) {
        struct content_entry entry = application(n);
        assert_int_equal(content_put(&content, &entry), SCP_OK);
    }
    return content;
}

static void entry_of_the_same_aid_is_replaced(void **state)
{
    (void)state;
    struct card_content content = filled(2);
    struct content_entry entry = application(1);
    entry.life_cycle = 0x87;
    assert_int_equal(content_put(&content, &entry), SCP_OK);
    assert_int_equal(content.count, 2);
    assert_int_equal(content_find(&content, &entry.aid)->life_cycle, 0x87);
}

static void full_table_takes_no_other_but_still_replaces(void **state)
{
    (void)state;
    struct card_content content = filled(CONTENT_ENTRIES_MAX);
    struct content_entry first = application(0);
    struct content_entry more = application(CONTENT_ENTRIES_MAX);
    assert_int_equal(content_put(&content, &more), SCP_TOO_LONG);
    assert_int_equal(content_put(&content, &first), SCP_OK);
    assert_int_equal(content.count, CONTENT_ENTRIES_MAX);
    assert_null(content_find(&content, &more.aid));
}

static void removal_keeps_the_order_of_the_others(void **state)
{
    (void)state;
    struct card_content content = filled(4);
    struct content_entry gone = application(1);
    struct content_entry unknown = application(9);
    content_remove(&content, &gone.aid);
    content_remove(&content, &unknown.aid);
    assert_int_equal(content.count, 3);
    assert_null(content_find(&content, &gone.aid));
    assert_int_equal(content.entries[0].aid.bytes[5], 0);
    assert_int_equal(content.entries[1].aid.bytes[5], 2);
    assert_int_equal(content.entries[2].aid.bytes[5], 3);
}

static void load_file_is_in_use_while_another_instance_has_it(void **state)
{
    (void)state;
    struct content_entry file = {.kind = CONTENT_LOAD_FILE, .aid = package, .load_file = package};
    struct content_entry first = application(0);
    struct card_content content = filled(0);
    assert_int_equal(content_put(&content, &file), SCP_OK);
    assert_false(content_load_file_in_use(&content, &package, NULL));
    content = filled(1);
    assert_true(content_load_file_in_use(&content, &package, NULL));
    assert_false(content_load_file_in_use(&content, &package, &first.aid));
    content = filled(2);
    assert_true(content_load_file_in_use(&content, &package, &first.aid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_of_the_same_aid_is_replaced),
        cmocka_unit_test(full_table_takes_no_other_but_still_replaces),
        cmocka_unit_test(removal_keeps_the_order_of_the_others),
        cmocka_unit_test(load_file_is_in_use_while_another_instance_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
