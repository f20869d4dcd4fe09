#include "scp/gp/tlv.h"

#include <string.h>

enum {
    CONSTRUCTED = 0x20,
    TAG_NUMBER = 0x1F, /* all ones: the number follows in further bytes */
    TAG_MORE = 0x80,   /* of a further byte: another one follows */
    TAG_MAX_SIZE = 3,
    LENGTH_LONG = 0x80,
    LENGTH_MAX_SIZE = 3,
    LENGTH_LIMIT = 0xFFFFFF,
};

bool scp_tag_constructed(uint32_t tag)
{
    return (tag >> 8 * (scp_tag_size(tag) - 1) & CONSTRUCTED) != 0;
}

size_t scp_tag_size(uint32_t tag)
{
    return tag > 0xFFFF ? 3 : tag > 0xFF ? 2 : 1;
}

size_t scp_ber_length_size(size_t length)
{
    return length < LENGTH_LONG ? 1 : length <= 0xFF ? 2 : length <= 0xFFFF ? 3 : 4;
}

uint32_t scp_get_tag(struct scp_reader *r)
{
    uint32_t tag = scp_get_u8(r);
    if ((tag & TAG_NUMBER) != TAG_NUMBER)
        return tag;
    for (int size = 1; size < TAG_MAX_SIZE; size++) {
        uint8_t byte = scp_get_u8(r);
        tag = tag << 8 | byte;
        if ((byte & TAG_MORE) == 0)
            return tag;
    }
    scp_reader_fail(r, SCP_UNSUPPORTED);
    return 0;
}

size_t scp_get_ber_length(struct scp_reader *r)
{
    uint8_t first = scp_get_u8(r);
    if (first < LENGTH_LONG)
        return first;
    unsigned size = first & ~(unsigned)LENGTH_LONG;
    if (size == 0 || size > LENGTH_MAX_SIZE) {
        scp_reader_fail(r, SCP_UNSUPPORTED);
        return 0;
    }
    size_t length = 0;
    while (size-- > 0)
        length = length << 8 | scp_get_u8(r);
    return scp_reader_status(r) == SCP_OK ? length : 0;
}

struct scp_bytes scp_get_ber_lv(struct scp_reader *r)
{
    return scp_get(r, scp_get_ber_length(r));
}

enum scp_error scp_tlv_next(struct scp_reader *r, struct scp_tlv *out)
{
    SCP_TRY(scp_reader_status(r));
    struct scp_bytes rest = scp_reader_rest(r);
    if (rest.len == 0)
        return SCP_NOT_FOUND;
    out->tag = scp_get_tag(r);
    out->value = scp_get_ber_lv(r);
    out->whole = scp_bytes_slice(rest, 0, rest.len - scp_reader_left(r));
    return scp_reader_status(r);
}

enum scp_error scp_tlv_parse(struct scp_bytes in, struct scp_tlv *out)
{
    struct scp_reader r = scp_reader_on(in);
    enum scp_error error = scp_tlv_next(&r, out);
    if (error == SCP_NOT_FOUND)
        return SCP_TRUNCATED;
    return error != SCP_OK ? error : scp_reader_end(&r);
}

enum scp_error scp_tlv_expect(struct scp_bytes in, uint32_t tag, struct scp_bytes *value)
{
    struct scp_tlv tlv;
    SCP_TRY(scp_tlv_parse(in, &tlv));
    if (tlv.tag != tag)
        return SCP_MALFORMED;
    *value = tlv.value;
    return SCP_OK;
}

enum scp_error scp_tlv_find(struct scp_bytes in, uint32_t tag, struct scp_bytes *value)
{
    struct scp_reader r = scp_reader_on(in);
    struct scp_tlv tlv;
    do {
        SCP_TRY(scp_tlv_next(&r, &tlv));
    } while (tlv.tag != tag);
    *value = tlv.value;
    return SCP_OK;
}

/* The low `size` bytes of `value`. */
static void put_number(struct scp_writer *w, uint32_t value, size_t size)
{
    while (size-- > 0)
        scp_put_u8(w, (uint8_t)(value >> 8 * size));
}

void scp_put_tag(struct scp_writer *w, uint32_t tag)
{
    put_number(w, tag, scp_tag_size(tag));
}

void scp_put_ber_length(struct scp_writer *w, size_t length)
{
    if (length > LENGTH_LIMIT) {
        scp_writer_fail(w, SCP_TOO_LONG);
        return;
    }
    size_t more = scp_ber_length_size(length) - 1;
    if (more > 0)
        scp_put_u8(w, (uint8_t)(LENGTH_LONG | more));
    put_number(w, (uint32_t)length, more > 0 ? more : 1);
}

void scp_put_ber_lv(struct scp_writer *w, struct scp_bytes value)
{
    scp_put_ber_length(w, value.len);
    scp_put(w, value);
}

void scp_put_tlv(struct scp_writer *w, uint32_t tag, struct scp_bytes value)
{
    scp_put_tag(w, tag);
    scp_put_ber_lv(w, value);
}

void scp_put_tlv_u8(struct scp_writer *w, uint32_t tag, uint8_t value)
{
    scp_put_tlv(w, tag, scp_bytes_of(&value, 1));
}

void scp_put_tlv_u16(struct scp_writer *w, uint32_t tag, uint16_t value)
{
    uint8_t bytes[2];
    scp_store_u16(bytes, value);
    scp_put_tlv(w, tag, SCP_BYTES(bytes));
}

size_t scp_tlv_begin(struct scp_writer *w, uint32_t tag)
{
    scp_put_tag(w, tag);
    return w->len;
}

void scp_tlv_end(struct scp_writer *w, size_t mark)
{
    if (scp_writer_status(w) != SCP_OK)
        return;
    /* The value stands where its length belongs: put the length after it, then swap the two. */
    uint8_t length[1 + LENGTH_MAX_SIZE];
    size_t value_len = w->len - mark;
    struct scp_writer l = scp_writer_on(length, sizeof length);
    scp_put_ber_length(&l, value_len);
    struct scp_bytes encoded = scp_written(&l);
    if (encoded.len == 0) {
        scp_writer_fail(w, SCP_TOO_LONG);
        return;
    }
    if (scp_put_space(w, encoded.len) == NULL)
        return;
    memmove(w->buf + mark + encoded.len, w->buf + mark, value_len);
    memcpy(w->buf + mark, encoded.ptr, encoded.len);
}
