#include "ota-server/http/buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 512 };

struct http_buffer http_buffer_of(size_t max)
{
    return (struct http_buffer){.max = max};
}

void http_buffer_fini(struct http_buffer *buffer)
{
    free(buffer->data);
    *buffer = http_buffer_of(buffer->max);
}

size_t http_buffer_len(const struct http_buffer *buffer)
{
    return buffer->to - buffer->from;
}

struct scp_bytes http_buffer_view(const struct http_buffer *buffer)
{
    size_t len = http_buffer_len(buffer);
    return len == 0 ? SCP_EMPTY : scp_bytes_of(buffer->data + buffer->from, len);
}

uint8_t *http_buffer_data(struct http_buffer *buffer)
{
    return buffer->data + buffer->from;
}

static void move_to_front(struct http_buffer *buffer)
{
    size_t len = http_buffer_len(buffer);
    if (buffer->from == 0)
        return;
    memmove(buffer->data, buffer->data + buffer->from, len);
    buffer->from = 0;
    buffer->to = len;
}

static bool make_room(struct http_buffer *buffer, size_t count)
{
    size_t len = http_buffer_len(buffer);
    if (count > buffer->max || len > buffer->max - count)
        return false;
    if (buffer->cap - buffer->to >= count)
        return true;
    if (buffer->cap >= len + count && buffer->from >= len) {
        move_to_front(buffer);
        return true;
    }
    size_t cap = buffer->cap == 0 ? FIRST_CAPACITY : buffer->cap;
    while (cap < len + count)
        cap *= 2;
    uint8_t *data = malloc(cap);
    if (data == NULL)
        return false;
    if (len > 0)
        memcpy(data, buffer->data + buffer->from, len);
    free(buffer->data);
    *buffer = (struct http_buffer){.data = data, .to = len, .cap = cap, .max = buffer->max};
    return true;
}

bool http_buffer_put(struct http_buffer *buffer, struct scp_bytes bytes)
{
    if (bytes.len == 0)
        return true;
    if (!make_room(buffer, bytes.len))
        return false;
    memcpy(buffer->data + buffer->to, bytes.ptr, bytes.len);
    buffer->to += bytes.len;
    return true;
}

bool http_buffer_put_text(struct http_buffer *buffer, const char *text)
{
    return http_buffer_put(buffer, scp_bytes_of(text, strlen(text)));
}

size_t http_buffer_take(struct http_buffer *buffer, uint8_t *to, size_t count)
{
    size_t len = http_buffer_len(buffer);
    size_t taken = count < len ? count : len;
    if (taken > 0)
        memcpy(to, buffer->data + buffer->from, taken);
    buffer->from += taken;
    if (buffer->from == buffer->to)
        buffer->from = buffer->to = 0;
    return taken;
}

void http_buffer_truncate(struct http_buffer *buffer, size_t len)
{
    assert(len <= http_buffer_len(buffer));
    buffer->to = buffer->from + len;
}
