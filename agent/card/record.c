#include "agent/card/record.h"

enum { REMOVED = 0x80, LAST = 0x40, KIND = 0x3F };

/* ---- the name -------------------------------------------------------------------------------- */

/* Names begin with an AID, but for things that there is one of; this many bytes follow it. */
static const struct {
    bool has_aid;
    size_t more;
} names[CARD_RECORD_KINDS] = {
    [CARD_RECORD_LOAD_FILE] = {true, 0},   [CARD_RECORD_KEY] = {true, 2}, /* version, identifier */
    [CARD_RECORD_KEY_VERSION] = {true, 1},                                /* version */
    [CARD_RECORD_OBJECT] = {true, 4},                                     /* number */
    [CARD_RECORD_APPLICATION] = {true, 0},
};

struct scp_bytes card_record_name(const struct card_record *record)
{
    struct scp_reader r = scp_reader_on(record->body);
    if (!names[record->kind].has_aid)
        return SCP_EMPTY;
    (void)scp_get_lv(&r);
    (void)scp_get(&r, names[record->kind].more);
    return scp_bytes_slice(record->body, 0, scp_reader_status(&r) == SCP_OK ? r.at : 0);
}

/* ---- flat ------------------------------------------------------------------------------------ */

struct card_record_mark card_record_begin(struct scp_writer *w, enum card_record_kind kind)
{
    scp_put_u8(w, (uint8_t)kind);
    uint8_t *length = scp_put_space(w, 4);
    return (struct card_record_mark){.length = length, .start = w->len};
}

void card_record_end(struct scp_writer *w, struct card_record_mark mark)
{
    if (scp_writer_status(w) == SCP_OK)
        scp_store_u32(mark.length, (uint32_t)(w->len - mark.start));
}

bool card_record_next(struct scp_reader *r, struct card_record *record)
{
    if (scp_reader_left(r) == 0)
        return false;
    record->kind = scp_get_u8(r);
    record->removed = false;
    record->last = false;
    size_t length = scp_get_u32(r);
    record->body = scp_get(r, length);
    return scp_reader_status(r) == SCP_OK;
}

/* ---- in the storage -------------------------------------------------------------------------- */

/* CRC-32 of ISO 3309, four bits at a time. */
static uint32_t crc32(struct scp_bytes bytes)
{
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < bytes.len; i++) {
        crc = table[(crc ^ bytes.ptr[i]) & 0x0F] ^ crc >> 4;
        crc = table[(crc ^ bytes.ptr[i] >> 4) & 0x0F] ^ crc >> 4;
    }
    return crc ^ 0xFFFFFFFF;
}

void card_record_put(struct scp_writer *w, const struct card_record *record)
{
    size_t start = w->len;
    scp_put_u8(
        w, (uint8_t)(record->kind | (record->removed ? REMOVED : 0) | (record->last ? LAST : 0)));
    scp_put_u32(w, (uint32_t)record->body.len);
    scp_put(w, record->body);
    scp_put_u32(w, crc32(scp_bytes_from(scp_written(w), start)));
}

enum scp_error card_record_get(struct scp_reader *r, struct card_record *record)
{
    struct scp_bytes rest = scp_reader_rest(r);
    uint8_t head = scp_get_u8(r);
    size_t length = scp_get_u32(r);
    record->body = scp_get(r, length);
    uint32_t crc = scp_get_u32(r);
    if (scp_reader_status(r) != SCP_OK)
        return SCP_NOT_FOUND;
    if (crc != crc32(scp_bytes_slice(rest, 0, CARD_RECORD_OVERHEAD - 4 + length)))
        return SCP_MALFORMED;
    record->kind = head & KIND;
    record->removed = (head & REMOVED) != 0;
    record->last = (head & LAST) != 0;
    return record->kind > 0 && record->kind < CARD_RECORD_KINDS ? SCP_OK : SCP_MALFORMED;
}

/* ---- differences ----------------------------------------------------------------------------- */

/* One of the two lists and the record that it stands at. */
struct cursor {
    struct scp_reader r;
    struct card_record record;
    bool more;
};

static void advance(struct cursor *at)
{
    at->more = card_record_next(&at->r, &at->record);
}

static struct cursor cursor_on(struct scp_bytes flat)
{
    struct cursor at = {.r = scp_reader_on(flat)};
    advance(&at);
    return at;
}

/* A record is handed on when the next one is found, because the last one is marked. */
struct differences {
    card_record_sink *sink;
    void *ctx;
    struct card_record held;
    bool holds;
    enum scp_error error;
};

static void hand_on(struct differences *to, bool last)
{
    if (!to->holds || to->error != SCP_OK)
        return;
    to->held.last = last;
    to->error = to->sink(to->ctx, &to->held);
}

static void found(struct differences *to, struct card_record record)
{
    hand_on(to, false);
    to->held = record;
    to->holds = true;
}

static void found_removed(struct differences *to, const struct card_record *record)
{
    found(to, (struct card_record){
                  .kind = record->kind, .removed = true, .body = card_record_name(record)});
}

static bool belongs_to_application(const struct card_record *record)
{
    return record->kind == CARD_RECORD_KEY || record->kind == CARD_RECORD_KEY_VERSION ||
           record->kind == CARD_RECORD_OBJECT;
}

/* The old record is not in the new list, or not at this place of it. What belongs to an application
 * goes with it. */
static void remove_old(struct differences *to, struct cursor *old)
{
    bool application = old->record.kind == CARD_RECORD_APPLICATION;
    found_removed(to, &old->record);
    advance(old);
    while (application && old->more && belongs_to_application(&old->record))
        advance(old);
}

static bool same_name(const struct card_record *a, const struct card_record *b)
{
    return a->kind == b->kind && scp_bytes_equal(card_record_name(a), card_record_name(b));
}

/* The lists of a card grow at their ends only. So where the two differ, either something was taken
 * out of the old one here, or a group of the new one goes on where that of the old one has ended:
 * the old list then stands at a kind that comes later. */
static void step(struct differences *to, struct cursor *old, struct cursor *new)
{
    bool both = old->more && new->more;
    if (both && same_name(&old->record, &new->record)) {
        if (!scp_bytes_equal(old->record.body, new->record.body))
            found(to, new->record);
        advance(old);
        advance(new);
    } else if (!old->more || (both && old->record.kind > new->record.kind)) {
        found(to, new->record);
        advance(new);
    } else {
        remove_old(to, old);
    }
}

enum scp_error card_records_diff(struct scp_bytes from, struct scp_bytes to, card_record_sink *sink,
                                 void *ctx)
{
    struct differences differences = {.sink = sink, .ctx = ctx, .error = SCP_OK};
    struct cursor old = cursor_on(from);
    struct cursor new = cursor_on(to);
    while ((old.more || new.more) && differences.error == SCP_OK)
        step(&differences, &old, &new);
    hand_on(&differences, true);
    return differences.error;
}
