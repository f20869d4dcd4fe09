/* Private: records, the form in which a card's image is stored.
 *
 * A record says one thing that the card remembers (a key, a data object, the state of an
 * application …) or that it is gone; to write one is to write the non-volatile memory once. In the
 * storage a record is
 *
 *     u8   kind (enum card_record_kind); b8: removed; b7: the last of its transaction
 *     u32  length of the body
 *     body its name first, then its fields (image_put.c); of a removal its name alone
 *     u32  CRC-32 (ISO 3309) of all before
 *
 * A card's whole content is also a list of records in one block of memory, "flat": in the order of
 * the image, each without a CRC and without b8 and b7. */
#ifndef AGENT_CARD_RECORD_H
#define AGENT_CARD_RECORD_H

#include "scp/base/bytes.h"

/* In the order in which they stand within their group, which card_records_diff relies on: what
 * belongs to an application follows it. */
enum card_record_kind {
    CARD_RECORD_TRAITS = 1,
    CARD_RECORD_STATE,
    CARD_RECORD_STARTED,
    CARD_RECORD_LOAD_FILE,
    CARD_RECORD_KEY,
    CARD_RECORD_KEY_VERSION,
    CARD_RECORD_OBJECT,
    CARD_RECORD_APPLICATION,
    CARD_RECORD_KINDS, /* one past the last */
};

enum { CARD_RECORD_OVERHEAD = 1 + 4 + 4 };

struct card_record {
    uint8_t kind;
    bool removed;
    bool last; /* of its transaction */
    struct scp_bytes body;
};

/* What tells a record from others of its kind: the beginning of its body. Empty when the body is
 * too short for one. */
struct scp_bytes card_record_name(const struct card_record *record);

/* Flat: reserve the head of a record, and fill it in when its body stands behind it. */
struct card_record_mark {
    uint8_t *length;
    size_t start;
};
struct card_record_mark card_record_begin(struct scp_writer *w, enum card_record_kind kind);
void card_record_end(struct scp_writer *w, struct card_record_mark mark);
/* The next record of a flat list; false at its end. */
bool card_record_next(struct scp_reader *r, struct card_record *record);

/* In the storage. */
void card_record_put(struct scp_writer *w, const struct card_record *record);
/* NOT_FOUND at the end, and where a record is cut by the end of the input: that is how a loss of
 * power leaves it. MALFORMED when it is whole and wrong. */
SCP_MUST_USE enum scp_error card_record_get(struct scp_reader *r, struct card_record *record);

/* Find the records whose writing turns the flat list `from` into `to`, and hand each to `sink`, the
 * last one marked as such; nothing when they are the same. Replayed in this order they give `to`
 * in its very order. An error of the sink ends it and is returned. */
typedef enum scp_error card_record_sink(void *ctx, const struct card_record *record);
SCP_MUST_USE enum scp_error card_records_diff(struct scp_bytes from, struct scp_bytes to,
                                              card_record_sink *sink, void *ctx);

#endif
