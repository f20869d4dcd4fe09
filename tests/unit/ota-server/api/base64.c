#include "ota-server/api/base64.h"

#include "tests/support/test.h"

#include <string.h>

/* RFC 4648, 10. */
static const struct {
    const char *bytes;
    const char *text;
} vectors[] = {
    {"f", "Zg=="},        {"fo", "Zm8="},        {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
};

enum { VECTORS = sizeof vectors / sizeof vectors[0] };

static void base64_gives_the_published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        json_t *json =
            base64_json(scp_bytes_of((const uint8_t *)vectors[i].bytes, strlen(vectors[i].bytes)));
        assert_string_equal(json_string_value(json), vectors[i].text);
        json_decref(json);
    }
}

static void base64_reads_the_published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        uint8_t bytes[16];
        struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
        assert_int_equal(base64_decode(vectors[i].text, &w), SCP_OK);
        assert_int_equal(w.len, strlen(vectors[i].bytes));
        assert_memory_equal(bytes, vectors[i].bytes, w.len);
    }
}

static void base64_refuses_what_is_none(void **state)
{
    static const char *const texts[] = {"*", "Zg=*", "Z", "Zm9v!"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t bytes[16];
        struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
        assert_int_not_equal(base64_decode(texts[i], &w), SCP_OK);
    }
}

static void base64_refuses_more_than_there_is_room_for(void **state)
{
    uint8_t bytes[5];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    (void)state;
    assert_int_not_equal(base64_decode("Zm9vYmFy", &w), SCP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_gives_the_published_vectors),
        cmocka_unit_test(base64_reads_the_published_vectors),
        cmocka_unit_test(base64_refuses_what_is_none),
        cmocka_unit_test(base64_refuses_more_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
