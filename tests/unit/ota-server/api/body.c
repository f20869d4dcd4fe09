#include "ota-server/api/body.h"

#include "tests/support/test.h"

#include <string.h>

static void a_slug_is_short_and_plain(void **state)
{
    char longest[STORE_SLUG_SIZE + 1];
    (void)state;
    memset(longest, 'a', sizeof longest);
    longest[STORE_SLUG_SIZE] = '\0';
    assert_false(text_is_slug(longest));
    longest[STORE_SLUG_SIZE - 1] = '\0';
    assert_true(text_is_slug(longest));
    assert_true(text_is_slug("bank-7"));
    assert_false(text_is_slug(""));
    assert_false(text_is_slug("Bank"));
    assert_false(text_is_slug("bank/7"));
    assert_false(text_is_slug("bank 7"));
}

static void an_aid_has_five_to_sixteen_bytes_and_becomes_upper_case(void **state)
{
    char aid[STORE_AID_SIZE];
    (void)state;
    assert_true(text_to_aid("a000000333", aid));
    assert_string_equal(aid, "A000000333");
    assert_true(text_to_aid("A0000003330101010203040506070809", aid));
    assert_false(text_to_aid("A0000003", aid));
    assert_false(text_to_aid("A00000033", aid));
    assert_false(text_to_aid("A00000033G", aid));
    assert_false(text_to_aid("A000000333010101020304050607080910", aid));
    assert_false(text_to_aid("", aid));
}

static void a_region_has_six_digits(void **state)
{
    (void)state;
    assert_true(text_is_region("310000"));
    assert_false(text_is_region("31000"));
    assert_false(text_is_region("3100000"));
    assert_false(text_is_region("31000a"));
    assert_false(text_is_region(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slug_is_short_and_plain),
        cmocka_unit_test(an_aid_has_five_to_sixteen_bytes_and_becomes_upper_case),
        cmocka_unit_test(a_region_has_six_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
