/* A growing byte queue with a hard cap: put at the end, take from the front. Zeroed memory with
 * `max` set is an empty one; fini leaves it so. */
#ifndef OTA_SERVER_HTTP_BUFFER_H
#define OTA_SERVER_HTTP_BUFFER_H

#include "scp/base/bytes.h"

struct http_buffer {
    uint8_t *data;
    size_t from; /* first byte not yet taken */
    size_t to;   /* behind the last byte */
    size_t cap;
    size_t max; /* bytes held at most */
};

struct http_buffer http_buffer_of(size_t max);
void http_buffer_fini(struct http_buffer *buffer);

/* False, and nothing put, when the cap or memory does not allow it. */
SCP_MUST_USE bool http_buffer_put(struct http_buffer *buffer, struct scp_bytes bytes);
SCP_MUST_USE bool http_buffer_put_text(struct http_buffer *buffer, const char *text);

/* What is held; valid until the next call. */
struct scp_bytes http_buffer_view(const struct http_buffer *buffer);
/* The same for an interface that wants it writable. */
uint8_t *http_buffer_data(struct http_buffer *buffer);
size_t http_buffer_len(const struct http_buffer *buffer);

/* Move up to `count` bytes from the front to `to`; returns how many. */
size_t http_buffer_take(struct http_buffer *buffer, uint8_t *to, size_t count);

/* Keep only the first `len` bytes. */
void http_buffer_truncate(struct http_buffer *buffer, size_t len);

#endif
