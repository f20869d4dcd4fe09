#include "ota-server/http/target.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static enum scp_error parse(struct http_target *target, const char *text)
{
    *target = (struct http_target){0};
    return http_target_parse(target, scp_bytes_of(text, strlen(text)));
}

static void target_splits_before_it_decodes(void **state)
{
    (void)state;
    struct http_target target;
    assert_int_equal(parse(&target, "/v1/a%2Fb/c%20d?x=1%262&y=a+b%2B&z&=0&x=3"), SCP_OK);
    assert_string_equal(target.path, "/v1/a%2Fb/c%20d");
    assert_int_equal(target.segment_count, 3);
    assert_string_equal(target.segments[0], "v1");
    assert_string_equal(target.segments[1], "a/b");
    assert_string_equal(target.segments[2], "c d");
    assert_string_equal(http_target_query(&target, "x"), "1&2");
    assert_string_equal(http_target_query(&target, "y"), "a b+");
    assert_string_equal(http_target_query(&target, "z"), "");
    assert_null(http_target_query(&target, "w"));
    http_target_fini(&target);
}

static void target_leaves_a_plus_in_a_path_alone(void **state)
{
    (void)state;
    struct http_target target;
    assert_int_equal(parse(&target, "/a+b"), SCP_OK);
    assert_string_equal(target.segments[0], "a+b");
    http_target_fini(&target);
}

static void target_keeps_empty_segments(void **state)
{
    (void)state;
    struct http_target target;
    assert_int_equal(parse(&target, "/"), SCP_OK);
    assert_int_equal(target.segment_count, 1);
    http_target_fini(&target);
    assert_int_equal(parse(&target, "//a/"), SCP_OK);
    assert_int_equal(target.segment_count, 3);
    assert_string_equal(target.segments[0], "");
    assert_string_equal(target.segments[2], "");
    http_target_fini(&target);
}

static void target_refuses_what_is_malformed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",     "*",    "a/b",  "http://x/", "?x",  "/%",     "/%1", "/%g1",   "/%1g",
        "/%00", "/%0d", "/%7F", "/a\tb",     "/?%", "/?x=%0", "/%2", "/?a=\n", "/?%00=1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct http_target target;
        assert_int_equal(parse(&target, texts[i]), SCP_MALFORMED);
        assert_null(target.text);
        assert_null(target.path);
    }
    struct http_target target = {0};
    assert_int_equal(http_target_parse(&target, scp_bytes_of("/a\0b", 4)), SCP_MALFORMED);
}

static void target_refuses_what_is_too_long_or_too_many(void **state)
{
    (void)state;
    char text[HTTP_TARGET_MAX + 2];
    struct http_target target;
    memset(text, 'a', sizeof text - 1);
    text[0] = '/';
    text[HTTP_TARGET_MAX + 1] = '\0';
    assert_int_equal(parse(&target, text), SCP_TOO_LONG);
    text[HTTP_TARGET_MAX] = '\0';
    assert_int_equal(parse(&target, text), SCP_OK);
    http_target_fini(&target);

    memset(text, '/', HTTP_SEGMENTS_MAX + 1);
    text[HTTP_SEGMENTS_MAX + 1] = '\0';
    assert_int_equal(parse(&target, text), SCP_OUT_OF_RANGE);
    text[HTTP_SEGMENTS_MAX] = '\0';
    assert_int_equal(parse(&target, text), SCP_OK);
    http_target_fini(&target);

    size_t len = (size_t)snprintf(text, sizeof text, "/?");
    for (int i = 0; i < HTTP_QUERY_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "a&");
    assert_int_equal(parse(&target, text), SCP_OK);
    http_target_fini(&target);
    snprintf(text + len, sizeof text - len, "a");
    assert_int_equal(parse(&target, text), SCP_MALFORMED); /* 400: the path itself may exist */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_splits_before_it_decodes),
        cmocka_unit_test(target_leaves_a_plus_in_a_path_alone),
        cmocka_unit_test(target_keeps_empty_segments),
        cmocka_unit_test(target_refuses_what_is_malformed),
        cmocka_unit_test(target_refuses_what_is_too_long_or_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
