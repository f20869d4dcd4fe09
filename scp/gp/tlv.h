/* BER-TLV (ISO/IEC 8825-1 as used by ISO/IEC 7816-4 5.2.2): tags of 1 to 3 bytes, definite lengths
 * of up to 3 bytes after the length of the length.
 *
 * Reading:
 *
 *     struct scp_reader r = scp_reader_on(template);
 *     struct scp_tlv tlv;
 *     enum scp_error error;
 *     while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
 *         use(tlv.tag, tlv.value);
 *     if (error != SCP_NOT_FOUND)
 *         return error;
 *
 * Writing: scp_put_tlv for a value at hand, scp_tlv_begin and scp_tlv_end around a value that is
 * built in place. A tag is written as it reads: 0x4F, 0x9F70, 0xBF0C, 0xDFFF21.
 *
 * Nothing is owned: values borrow from the input. */
#ifndef SCP_GP_TLV_H
#define SCP_GP_TLV_H

#include "scp/base/bytes.h"

struct scp_tlv {
    uint32_t tag;
    struct scp_bytes value;
    struct scp_bytes whole; /* tag, length and value */
};

/* Whether the tag's value is itself made of TLVs (bit 6 of its first byte). */
bool scp_tag_constructed(uint32_t tag);

/* The next data object. NOT_FOUND at the end; TRUNCATED when it is cut; UNSUPPORTED for an
 * indefinite length, a length of more than 3 bytes or a tag of more than 3 bytes. */
SCP_MUST_USE enum scp_error scp_tlv_next(struct scp_reader *r, struct scp_tlv *out);

/* Exactly one data object and nothing after it. TRAILING, and what scp_tlv_next gives; TRUNCATED
 * for an empty input. */
SCP_MUST_USE enum scp_error scp_tlv_parse(struct scp_bytes in, struct scp_tlv *out);

/* As scp_tlv_parse, and MALFORMED when the tag is another one. */
SCP_MUST_USE enum scp_error scp_tlv_expect(struct scp_bytes in, uint32_t tag,
                                           struct scp_bytes *value);

/* The value of the first data object with that tag at the top level of `in`. NOT_FOUND; the errors
 * of scp_tlv_next when the objects before it are broken. */
SCP_MUST_USE enum scp_error scp_tlv_find(struct scp_bytes in, uint32_t tag,
                                         struct scp_bytes *value);

/* A tag alone, as in a tag list (`5C`). Sticks in the reader; 0 after an error. */
uint32_t scp_get_tag(struct scp_reader *r);
/* A length alone, where a specification puts one without a tag. Sticks in the reader; 0 after an
 * error. */
size_t scp_get_ber_length(struct scp_reader *r);
/* A length and that many bytes. */
struct scp_bytes scp_get_ber_lv(struct scp_reader *r);

/* Bytes that the encoded length takes: 1 to 4. `length` is at most 0xFFFFFF. */
size_t scp_ber_length_size(size_t length);
/* Bytes that the encoded tag takes: 1 to 3. */
size_t scp_tag_size(uint32_t tag);

void scp_put_tag(struct scp_writer *w, uint32_t tag);
/* TOO_LONG (in the writer) above 0xFFFFFF. */
void scp_put_ber_length(struct scp_writer *w, size_t length);
void scp_put_ber_lv(struct scp_writer *w, struct scp_bytes value);
void scp_put_tlv(struct scp_writer *w, uint32_t tag, struct scp_bytes value);
void scp_put_tlv_u8(struct scp_writer *w, uint32_t tag, uint8_t value);
void scp_put_tlv_u16(struct scp_writer *w, uint32_t tag, uint16_t value);

/* Open a data object: puts the tag and returns the mark for scp_tlv_end, which inserts the length
 * of what was put since. Objects nest; close the inner one first. */
SCP_MUST_USE size_t scp_tlv_begin(struct scp_writer *w, uint32_t tag);
void scp_tlv_end(struct scp_writer *w, size_t mark);

#endif
