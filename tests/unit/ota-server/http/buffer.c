#include "ota-server/http/buffer.h"
#include "tests/support/test.h"

#include <string.h>

static void buffer_gives_back_what_was_put_in_order(void **state)
{
    (void)state;
    struct http_buffer buffer = http_buffer_of(100000);
    uint8_t next_in = 0;
    uint8_t next_out = 0;
    for (size_t round = 1; round < 400; round++) {
        uint8_t chunk[400];
        size_t in = round * 7 % sizeof chunk;
        for (size_t i = 0; i < in; i++)
            chunk[i] = next_in++;
        assert_true(http_buffer_put(&buffer, scp_bytes_of(chunk, in)));
        size_t out = http_buffer_take(&buffer, chunk, round * 5 % sizeof chunk);
        for (size_t i = 0; i < out; i++)
            assert_int_equal(chunk[i], next_out++);
    }
    struct scp_bytes rest = http_buffer_view(&buffer);
    for (size_t i = 0; i < rest.len; i++)
        assert_int_equal(rest.ptr[i], next_out++);
    assert_int_equal(next_in, next_out);
    http_buffer_fini(&buffer);
}

static void buffer_holds_no_more_than_its_cap(void **state)
{
    (void)state;
    uint8_t bytes[10] = {0};
    struct http_buffer buffer = http_buffer_of(15);
    assert_true(http_buffer_put(&buffer, SCP_BYTES(bytes)));
    assert_false(http_buffer_put(&buffer, SCP_BYTES(bytes)));
    assert_int_equal(http_buffer_len(&buffer), 10);
    assert_int_equal(http_buffer_take(&buffer, bytes, 5), 5);
    assert_true(http_buffer_put(&buffer, SCP_BYTES(bytes)));
    assert_int_equal(http_buffer_len(&buffer), 15);
    assert_false(http_buffer_put(&buffer, scp_bytes_of(bytes, 1)));
    assert_true(http_buffer_put(&buffer, SCP_EMPTY));
    http_buffer_fini(&buffer);
    struct http_buffer none = http_buffer_of(0);
    assert_true(http_buffer_put(&none, SCP_EMPTY));
    assert_false(http_buffer_put(&none, scp_bytes_of(bytes, 1)));
}

static void buffer_truncates_behind_what_was_taken(void **state)
{
    (void)state;
    struct http_buffer buffer = http_buffer_of(100);
    uint8_t taken[2];
    assert_true(http_buffer_put_text(&buffer, "abcdef"));
    assert_int_equal(http_buffer_take(&buffer, taken, sizeof taken), 2);
    http_buffer_truncate(&buffer, 3);
    assert_true(scp_bytes_equal(http_buffer_view(&buffer), scp_bytes_of("cde", 3)));
    http_buffer_fini(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_gives_back_what_was_put_in_order),
        cmocka_unit_test(buffer_holds_no_more_than_its_cap),
        cmocka_unit_test(buffer_truncates_behind_what_was_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
