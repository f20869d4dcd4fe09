#include "scp/base/bytes.h"

#include <assert.h>
#include <string.h>

struct scp_bytes scp_bytes_of(const void *ptr, size_t len)
{
    assert(ptr != NULL || len == 0);
    return (struct scp_bytes){ptr, len};
}

bool scp_bytes_equal(struct scp_bytes a, struct scp_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool scp_bytes_start_with(struct scp_bytes bytes, struct scp_bytes prefix)
{
    return bytes.len >= prefix.len &&
           scp_bytes_equal(scp_bytes_slice(bytes, 0, prefix.len), prefix);
}

struct scp_bytes scp_bytes_slice(struct scp_bytes bytes, size_t from, size_t len)
{
    if (from >= bytes.len)
        return SCP_EMPTY;
    size_t rest = bytes.len - from;
    return (struct scp_bytes){bytes.ptr + from, len < rest ? len : rest};
}

struct scp_bytes scp_bytes_from(struct scp_bytes bytes, size_t from)
{
    return scp_bytes_slice(bytes, from, bytes.len);
}

uint16_t scp_load_u16(const uint8_t from[2])
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

uint32_t scp_load_u32(const uint8_t from[4])
{
    return (uint32_t)scp_load_u16(from) << 16 | scp_load_u16(from + 2);
}

void scp_store_u16(uint8_t to[2], uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

void scp_store_u32(uint8_t to[4], uint32_t value)
{
    scp_store_u16(to, (uint16_t)(value >> 16));
    scp_store_u16(to + 2, (uint16_t)value);
}

/* ---- writer ------------------------------------------------------------------------------- */

struct scp_writer scp_writer_on(uint8_t *buf, size_t cap)
{
    assert(buf != NULL || cap == 0);
    return (struct scp_writer){.buf = buf, .cap = cap, .len = 0, .error = SCP_OK};
}

enum scp_error scp_writer_status(const struct scp_writer *w)
{
    return w->error;
}

struct scp_bytes scp_written(const struct scp_writer *w)
{
    return w->error == SCP_OK ? (struct scp_bytes){w->buf, w->len} : SCP_EMPTY;
}

size_t scp_writer_room(const struct scp_writer *w)
{
    return w->error == SCP_OK ? w->cap - w->len : 0;
}

void scp_writer_fail(struct scp_writer *w, enum scp_error error)
{
    if (w->error == SCP_OK)
        w->error = error;
}

uint8_t *scp_put_space(struct scp_writer *w, size_t count)
{
    if (w->error != SCP_OK)
        return NULL;
    if (count > w->cap - w->len) {
        w->error = SCP_NO_SPACE;
        return NULL;
    }
    uint8_t *at = w->buf + w->len;
    w->len += count;
    return at;
}

/* The low `count` bytes of `value`, big-endian. */
static void put_number(struct scp_writer *w, uint64_t value, unsigned count)
{
    uint8_t *at = scp_put_space(w, count);
    if (at == NULL)
        return;
    for (unsigned i = 0; i < count; i++)
        at[i] = (uint8_t)(value >> 8 * (count - 1 - i));
}

void scp_put_u8(struct scp_writer *w, uint8_t value)
{
    put_number(w, value, 1);
}

void scp_put_u16(struct scp_writer *w, uint16_t value)
{
    put_number(w, value, 2);
}

void scp_put_u24(struct scp_writer *w, uint32_t value)
{
    if (value > 0xFFFFFF)
        scp_writer_fail(w, SCP_TOO_LONG);
    put_number(w, value, 3);
}

void scp_put_u32(struct scp_writer *w, uint32_t value)
{
    put_number(w, value, 4);
}

void scp_put_u64(struct scp_writer *w, uint64_t value)
{
    put_number(w, value, 8);
}

void scp_put(struct scp_writer *w, struct scp_bytes bytes)
{
    uint8_t *at = scp_put_space(w, bytes.len);
    if (at != NULL && bytes.len != 0)
        memmove(at, bytes.ptr, bytes.len);
}

void scp_put_fill(struct scp_writer *w, uint8_t value, size_t count)
{
    uint8_t *at = scp_put_space(w, count);
    if (at != NULL && count != 0)
        memset(at, value, count);
}

void scp_put_lv(struct scp_writer *w, struct scp_bytes bytes)
{
    if (bytes.len > 0xFF)
        scp_writer_fail(w, SCP_TOO_LONG);
    scp_put_u8(w, (uint8_t)bytes.len);
    scp_put(w, bytes);
}

/* ---- reader ------------------------------------------------------------------------------- */

struct scp_reader scp_reader_on(struct scp_bytes in)
{
    return (struct scp_reader){.in = in, .at = 0, .error = SCP_OK};
}

enum scp_error scp_reader_status(const struct scp_reader *r)
{
    return r->error;
}

enum scp_error scp_reader_end(const struct scp_reader *r)
{
    if (r->error != SCP_OK)
        return r->error;
    return r->at == r->in.len ? SCP_OK : SCP_TRAILING;
}

size_t scp_reader_left(const struct scp_reader *r)
{
    return r->error == SCP_OK ? r->in.len - r->at : 0;
}

struct scp_bytes scp_reader_rest(const struct scp_reader *r)
{
    return r->error == SCP_OK ? scp_bytes_from(r->in, r->at) : SCP_EMPTY;
}

void scp_reader_fail(struct scp_reader *r, enum scp_error error)
{
    if (r->error == SCP_OK)
        r->error = error;
}

struct scp_bytes scp_get(struct scp_reader *r, size_t count)
{
    if (count > scp_reader_left(r)) {
        scp_reader_fail(r, SCP_TRUNCATED);
        return SCP_EMPTY;
    }
    struct scp_bytes got = scp_bytes_slice(r->in, r->at, count);
    r->at += count;
    return got;
}

static uint64_t get_number(struct scp_reader *r, unsigned count)
{
    struct scp_bytes got = scp_get(r, count);
    uint64_t value = 0;
    for (size_t i = 0; i < got.len; i++)
        value = value << 8 | got.ptr[i];
    return value;
}

uint8_t scp_get_u8(struct scp_reader *r)
{
    return (uint8_t)get_number(r, 1);
}

uint16_t scp_get_u16(struct scp_reader *r)
{
    return (uint16_t)get_number(r, 2);
}

uint32_t scp_get_u24(struct scp_reader *r)
{
    return (uint32_t)get_number(r, 3);
}

uint32_t scp_get_u32(struct scp_reader *r)
{
    return (uint32_t)get_number(r, 4);
}

uint64_t scp_get_u64(struct scp_reader *r)
{
    return get_number(r, 8);
}

struct scp_bytes scp_get_lv(struct scp_reader *r)
{
    size_t len = scp_get_u8(r);
    return scp_get(r, len);
}

void scp_get_into(struct scp_reader *r, uint8_t *to, size_t count)
{
    struct scp_bytes got = scp_get(r, count);
    if (count == 0)
        return;
    if (got.len == count)
        memcpy(to, got.ptr, count);
    else
        memset(to, 0, count);
}

uint8_t scp_peek_u8(const struct scp_reader *r)
{
    return scp_reader_left(r) > 0 ? r->in.ptr[r->at] : 0;
}

/* ---- hex ---------------------------------------------------------------------------------- */

char *scp_hex_encode(char *to, size_t cap, struct scp_bytes bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    assert(cap > 0);
    size_t at = 0;
    for (size_t i = 0; i < bytes.len && at + 2 < cap; i++) {
        to[at++] = digits[bytes.ptr[i] >> 4];
        to[at++] = digits[bytes.ptr[i] & 0x0F];
    }
    to[at] = '\0';
    return to;
}

int scp_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

enum scp_error scp_hex_decode(const char *text, struct scp_writer *to)
{
    while (*text != '\0') {
        if (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r') {
            text++;
            continue;
        }
        int high = scp_hex_digit(text[0]);
        int low = high < 0 ? -1 : scp_hex_digit(text[1]);
        if (low < 0)
            return SCP_MALFORMED;
        scp_put_u8(to, (uint8_t)(high << 4 | low));
        text += 2;
    }
    return scp_writer_status(to);
}
