/* Byte strings in tests: written as hex, compared as hex, so that a failure can be read. */
#ifndef TESTS_SUPPORT_EXPECT_H
#define TESTS_SUPPORT_EXPECT_H

#include "scp/base/bytes.h"
#include "tests/support/test.h"

static inline struct scp_bytes expect_decode(uint8_t *buffer, size_t cap, const char *hex)
{
    struct scp_writer w = scp_writer_on(buffer, cap);
    assert_int_equal(scp_hex_decode(hex, &w), SCP_OK);
    return scp_written(&w);
}

/* A view of constant bytes that lives as long as the block around it. */
#define HEX(text) expect_decode((uint8_t[sizeof(text) / 2 + 1]){0}, sizeof(text) / 2 + 1, text)

static inline void assert_hex(struct scp_bytes bytes, const char *expected)
{
    char text[4096];
    assert_true(SCP_HEX_SIZE(bytes.len) <= sizeof text);
    assert_string_equal(scp_hex_encode(text, sizeof text, bytes), expected);
}

/* What a writer holds; it must have no error. */
static inline void assert_written(const struct scp_writer *w, const char *expected)
{
    assert_int_equal(scp_writer_status(w), SCP_OK);
    assert_hex(scp_written(w), expected);
}

#endif
