/* Bytes: one borrowed view, one capped writer, one checked reader, and hex.
 *
 * Nothing outside this file does pointer arithmetic on wire data. None of these types owns memory:
 * a view is valid as long as what it looks at, and a writer writes into the caller's buffer.
 *
 *     uint8_t buffer[32];
 *     struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
 *     scp_put_u8(&w, 0x4F);
 *     scp_put_lv(&w, aid);
 *     SCP_TRY(scp_writer_status(&w));       // one check for everything put
 *     send(scp_written(&w));
 *
 * Errors stick: after the first one a writer writes nothing and a reader gives zeros and empty
 * views, so that a whole structure is written or read before the one check. */
#ifndef SCP_BASE_BYTES_H
#define SCP_BASE_BYTES_H

#include "scp/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed view. {NULL, 0} is the empty view; `ptr` may be NULL only when `len` is 0. */
struct scp_bytes {
    const uint8_t *ptr;
    size_t len;
};

#define SCP_EMPTY ((struct scp_bytes){NULL, 0})
/* A view of an array (not of a pointer). */
#define SCP_BYTES(array) ((struct scp_bytes){(array), sizeof(array)})
/* A view of constant bytes: SCP_LITERAL(0x9F, 0x70). */
#define SCP_LITERAL(...) \
    ((struct scp_bytes){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})

struct scp_bytes scp_bytes_of(const void *ptr, size_t len);

/* Equality of public data. Secrets, MACs and cryptograms: scp_equal_constant_time. */
bool scp_bytes_equal(struct scp_bytes a, struct scp_bytes b);
bool scp_bytes_start_with(struct scp_bytes bytes, struct scp_bytes prefix);

/* The part [from, from+len); clipped to what there is. */
struct scp_bytes scp_bytes_slice(struct scp_bytes bytes, size_t from, size_t len);
struct scp_bytes scp_bytes_from(struct scp_bytes bytes, size_t from);

/* Big-endian, 1 to 4 bytes of a fixed place. */
uint16_t scp_load_u16(const uint8_t from[2]);
uint32_t scp_load_u32(const uint8_t from[4]);
void scp_store_u16(uint8_t to[2], uint16_t value);
void scp_store_u32(uint8_t to[4], uint32_t value);

/* ---- writer ------------------------------------------------------------------------------- */

struct scp_writer {
    uint8_t *buf;
    size_t cap;
    size_t len;
    enum scp_error error; /* the first one; sticks */
};

struct scp_writer scp_writer_on(uint8_t *buf, size_t cap);
/* NO_SPACE when something did not fit, TOO_LONG when a length had no encoding. */
SCP_MUST_USE enum scp_error scp_writer_status(const struct scp_writer *w);
/* What has been written; empty after an error, so that half a structure is never sent. */
struct scp_bytes scp_written(const struct scp_writer *w);
/* Bytes that still fit; 0 after an error. */
size_t scp_writer_room(const struct scp_writer *w);

void scp_put_u8(struct scp_writer *w, uint8_t value);
void scp_put_u16(struct scp_writer *w, uint16_t value);
void scp_put_u24(struct scp_writer *w, uint32_t value);
void scp_put_u32(struct scp_writer *w, uint32_t value);
void scp_put_u64(struct scp_writer *w, uint64_t value);
void scp_put(struct scp_writer *w, struct scp_bytes bytes);
void scp_put_fill(struct scp_writer *w, uint8_t value, size_t count);
/* One length byte, then the bytes; TOO_LONG above 255. */
void scp_put_lv(struct scp_writer *w, struct scp_bytes bytes);
/* Reserve `count` bytes to be filled in by the caller; NULL after an error. */
uint8_t *scp_put_space(struct scp_writer *w, size_t count);
/* Set the writer's error unless it already has one. */
void scp_writer_fail(struct scp_writer *w, enum scp_error error);

/* ---- reader ------------------------------------------------------------------------------- */

struct scp_reader {
    struct scp_bytes in;
    size_t at;
    enum scp_error error; /* the first one; sticks */
};

struct scp_reader scp_reader_on(struct scp_bytes in);
SCP_MUST_USE enum scp_error scp_reader_status(const struct scp_reader *r);
/* The status, or TRAILING when bytes are left. */
SCP_MUST_USE enum scp_error scp_reader_end(const struct scp_reader *r);
/* Bytes not yet read; 0 after an error. */
size_t scp_reader_left(const struct scp_reader *r);
/* What is not yet read, without reading it. */
struct scp_bytes scp_reader_rest(const struct scp_reader *r);

uint8_t scp_get_u8(struct scp_reader *r);
uint16_t scp_get_u16(struct scp_reader *r);
uint32_t scp_get_u24(struct scp_reader *r);
uint32_t scp_get_u32(struct scp_reader *r);
uint64_t scp_get_u64(struct scp_reader *r);
struct scp_bytes scp_get(struct scp_reader *r, size_t count);
/* One length byte, then that many bytes. */
struct scp_bytes scp_get_lv(struct scp_reader *r);
/* Copy exactly `count` bytes; zeros after an error. */
void scp_get_into(struct scp_reader *r, uint8_t *to, size_t count);
/* The next byte without reading it; 0 at the end. */
uint8_t scp_peek_u8(const struct scp_reader *r);
/* Set the reader's error unless it already has one. */
void scp_reader_fail(struct scp_reader *r, enum scp_error error);

/* ---- hex ---------------------------------------------------------------------------------- */

/* Characters that scp_hex_encode needs for `count` bytes, the final NUL included. */
#define SCP_HEX_SIZE(count) (2 * (count) + 1)

/* Upper-case hex with a final NUL into `to` of `cap` characters; what does not fit is left out
 * by whole bytes. Returns `to`. */
char *scp_hex_encode(char *to, size_t cap, struct scp_bytes bytes);

/* The value of one hex digit of either case; -1 for any other character. */
int scp_hex_digit(char c);

/* Hex digits of either case; blanks between bytes are skipped. MALFORMED for any other character
 * or half a byte. */
SCP_MUST_USE enum scp_error scp_hex_decode(const char *text, struct scp_writer *to);

#endif
