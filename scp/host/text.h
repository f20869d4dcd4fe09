/* Text that grows up to a cap, and the encodings that text on the wire needs.
 *
 * A struct rebind_text owns heap memory; its error sticks, so that a whole text is built before
 * the one check:
 *
 *     struct rebind_text url = rebind_text_new(2048);
 *     rebind_text_add(&url, "/v1/banks/");
 *     rebind_text_add_percent(&url, bank);
 *     enum scp_error error = rebind_text_status(&url);
 *     ...
 *     rebind_text_free(&url);
 */
#ifndef SCP_HOST_TEXT_H
#define SCP_HOST_TEXT_H

#include "scp/base/bytes.h"

struct rebind_text {
    char *ptr; /* NULL while nothing was added; else ends with a NUL outside `len` */
    size_t len;
    size_t cap;
    size_t max; /* most characters, without the NUL */
    enum scp_error error;
};

struct rebind_text rebind_text_new(size_t max);
/* Wipe, free and empty; takes a zeroed struct. The text may be used again afterwards. */
void rebind_text_free(struct rebind_text *text);
/* Drop the content and the error, keep the memory. */
void rebind_text_clear(struct rebind_text *text);

/* TOO_LONG when the cap was reached, NO_MEMORY; the text then ends where that happened. */
SCP_MUST_USE enum scp_error rebind_text_status(const struct rebind_text *text);
/* The text so far, borrowed until the next call that adds; "" when empty. Never NULL. */
const char *rebind_text_string(const struct rebind_text *text);

void rebind_text_add(struct rebind_text *text, const char *string);
void rebind_text_add_len(struct rebind_text *text, const char *chars, size_t len);
void rebind_text_add_char(struct rebind_text *text, char c);
void rebind_text_addf(struct rebind_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A JSON string in its quotes (RFC 8259 7). Bytes that are no UTF-8 become U+FFFD. */
void rebind_text_add_json(struct rebind_text *text, const char *string, size_t len);
/* Percent-encoded but for the unreserved characters (RFC 3986 2.3): for one path segment or one
 * query value. */
void rebind_text_add_percent(struct rebind_text *text, const char *string);
/* Upper-case hex. */
void rebind_text_add_hex(struct rebind_text *text, struct scp_bytes bytes);
/* base64url without padding (RFC 4648 5). */
void rebind_text_add_base64url(struct rebind_text *text, struct scp_bytes bytes);

/* base64url without padding, canonical only: MALFORMED for another character, an impossible
 * length, or bits that an encoder would have left zero. */
SCP_MUST_USE enum scp_error rebind_base64url_decode(const char *text, struct scp_writer *to);

/* "2026-11-23T13:16:07.123Z" (RFC 3339, UTC) and its NUL. */
enum { REBIND_TIME_SIZE = 25 };
/* Times after the year 9999 give the last millisecond of 9999. Returns `to`. */
char *rebind_time_format(uint64_t unix_ms, char to[REBIND_TIME_SIZE]);

/* A decimal number without sign, blanks or leading zeros, at most `max`: MALFORMED, OUT_OF_RANGE.
 */
SCP_MUST_USE enum scp_error rebind_number_parse(const char *text, uint64_t max, uint64_t *out);

#endif
