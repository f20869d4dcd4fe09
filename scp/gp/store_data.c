#include "scp/gp/store_data.h"

#include "scp/gp/commands.h"

#include <assert.h>

enum {
    LENGTH_ESCAPE = 0xFF,
    LENGTH_LIMIT = 0xFFFF,
    ENCRYPTION_BITS = 0x60,
    ENCRYPTION_RESERVED = 0x40,
    STRUCTURE_BITS = 0x18,
    HEAD_MAX = 2 + 3,
};

/* ---- data groupings ----------------------------------------------------------------------- */

void scp_put_dgi_length(struct scp_writer *w, size_t length)
{
    if (length > LENGTH_LIMIT) {
        scp_writer_fail(w, SCP_TOO_LONG);
    } else if (length >= LENGTH_ESCAPE) {
        scp_put_u8(w, LENGTH_ESCAPE);
        scp_put_u16(w, (uint16_t)length);
    } else {
        scp_put_u8(w, (uint8_t)length);
    }
}

size_t scp_dgi_size(size_t value_len)
{
    return 2 + (value_len >= LENGTH_ESCAPE ? 3 : 1) + value_len;
}

void scp_put_dgi(struct scp_writer *w, uint16_t id, struct scp_bytes value)
{
    scp_put_u16(w, id);
    scp_put_dgi_length(w, value.len);
    scp_put(w, value);
}

enum scp_error scp_dgi_next(struct scp_reader *r, struct scp_dgi *out)
{
    SCP_TRY(scp_reader_status(r));
    if (scp_reader_left(r) == 0)
        return SCP_NOT_FOUND;
    *out = (struct scp_dgi){.id = scp_get_u16(r)};
    size_t length = scp_get_u8(r);
    if (length == LENGTH_ESCAPE)
        length = scp_get_u16(r);
    out->value = scp_get(r, length);
    return scp_reader_status(r);
}

/* ---- P1 ----------------------------------------------------------------------------------- */

enum scp_error scp_store_block_parse(uint8_t p1, struct scp_store_block *out)
{
    if ((p1 & ENCRYPTION_BITS) == ENCRYPTION_RESERVED || (p1 & STRUCTURE_BITS) == STRUCTURE_BITS)
        return SCP_OUT_OF_RANGE;
    *out = (struct scp_store_block){
        .last = (p1 & SCP_STORE_LAST) != 0,
        .encrypted = (p1 & ENCRYPTION_BITS) == SCP_STORE_ENCRYPTED,
        .dgi = (p1 & STRUCTURE_BITS) == SCP_STORE_DGI,
        .tlv = (p1 & STRUCTURE_BITS) == SCP_STORE_TLV,
        .answer = (p1 & SCP_STORE_ANSWER) != 0,
    };
    return SCP_OK;
}

struct scp_apdu scp_store_command(uint8_t p1, uint8_t number, struct scp_bytes data)
{
    return (struct scp_apdu){.cla = SCP_CLA_GP,
                             .ins = SCP_INS_STORE_DATA,
                             .p1 = p1,
                             .p2 = number,
                             .data = data,
                             .le = (p1 & SCP_STORE_ANSWER) != 0 ? 0 : SCP_NO_LE};
}

enum scp_error scp_store_block(uint8_t p1, struct scp_bytes data, size_t room, size_t index,
                               struct scp_apdu *out)
{
    size_t count = scp_segment_count(data.len, room);
    if (count > SCP_STORE_BLOCKS_MAX)
        return SCP_TOO_LONG;
    if (index >= count)
        return SCP_NOT_FOUND;
    uint8_t last = index + 1 == count ? SCP_STORE_LAST : 0;
    *out = scp_store_command(p1 | last, (uint8_t)index, scp_bytes_slice(data, index * room, room));
    return SCP_OK;
}

/* ---- the walk ----------------------------------------------------------------------------- */

void scp_store_data_begin(struct scp_store_data *s, const struct scp_dgi *dgis, size_t count,
                          size_t room, bool pack)
{
    assert(room > HEAD_MAX && room <= SCP_APDU_DATA_MAX);
    *s = (struct scp_store_data){.dgis = dgis, .count = count, .room = room, .pack = pack};
}

/* Append what fits of the current grouping's coding, from where the last command stopped. */
static void put_part(struct scp_store_data *s, struct scp_writer *w)
{
    const struct scp_dgi *dgi = &s->dgis[s->at];
    uint8_t bytes[HEAD_MAX];
    struct scp_writer head = scp_writer_on(bytes, sizeof bytes);
    scp_put_u16(&head, dgi->id);
    scp_put_dgi_length(&head, dgi->value.len);
    size_t sent = 0; /* of the value */
    if (s->offset == 0)
        scp_put(w, scp_written(&head));
    else
        sent = s->offset - scp_written(&head).len;
    struct scp_bytes part = scp_bytes_slice(dgi->value, sent, scp_writer_room(w));
    scp_put(w, part);
    s->offset = scp_written(&head).len + sent + part.len;
    if (sent + part.len == dgi->value.len) {
        s->at++;
        s->offset = 0;
    }
}

/* Whether the current grouping may share a command that has `room` bytes left. */
static bool joins(const struct scp_store_data *s, bool encrypted, size_t room)
{
    return s->pack && s->at < s->count && s->offset == 0 && s->dgis[s->at].encrypted == encrypted &&
           scp_dgi_size(s->dgis[s->at].value.len) <= room;
}

enum scp_error scp_store_data_next(struct scp_store_data *s, uint8_t buffer[SCP_APDU_DATA_MAX],
                                   struct scp_apdu *out)
{
    if (s->at == s->count)
        return SCP_NOT_FOUND;
    if (s->block == SCP_STORE_BLOCKS_MAX || s->dgis[s->at].value.len > LENGTH_LIMIT)
        return SCP_TOO_LONG;
    bool encrypted = s->dgis[s->at].encrypted;
    struct scp_writer w = scp_writer_on(buffer, s->room);
    do {
        put_part(s, &w);
    } while (joins(s, encrypted, scp_writer_room(&w)));
    SCP_TRY(scp_writer_status(&w));
    uint8_t p1 = (uint8_t)(SCP_STORE_DGI | (encrypted ? SCP_STORE_ENCRYPTED : 0) |
                           (s->at == s->count ? SCP_STORE_LAST : 0));
    *out = scp_store_command(p1, (uint8_t)s->block++, scp_written(&w));
    return SCP_OK;
}
