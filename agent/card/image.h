/* Private: the image of a card as bytes.
 *
 *     "RBSC"  magic
 *     u16     version, 2
 *     records of record.h: those that make up the card, then what has been written since
 *
 * Records are written at the end, one for each thing that changed; those of one transaction count
 * when its last one is there. What stands behind the last whole transaction was cut off by a loss
 * of power and counts for nothing; the next record is written over it.
 *
 * The body of a record has its fields in the order of image_put.c: numbers big-endian, AIDs and
 * short fields with one length byte, values with four, lists with a count of two bytes. A field
 * that is added later goes to the end of its record and is read where the record goes on, so that
 * older images stay readable. An image of version 1 (image_1.c) had no records.
 *
 * Decoding checks everything: each length, each limit of model.h, and that there is an issuer
 * security domain, so that the rest of the card may rely on it. */
#ifndef AGENT_CARD_IMAGE_H
#define AGENT_CARD_IMAGE_H

#include "agent/card/model.h"
#include "agent/card/record.h"
#include "scp/host/file.h"

enum {
    CARD_IMAGE_VERSION = 2,
    CARD_IMAGE_MAGIC_SIZE = 4,
    CARD_IMAGE_HEAD_SIZE = CARD_IMAGE_MAGIC_SIZE + 2,
    CARD_IMAGE_RECORDS_MAX = 4 * 1024 * 1024, /* of a card's whole content */
    CARD_RECORD_BODY_MAX = CARD_OBJECT_MAX + 64,
};

/* Whether the first CARD_IMAGE_MAGIC_SIZE bytes are those of an image. */
bool card_image_begins(struct scp_bytes head);

/* The whole content as flat records (record.h) on the heap; `expected` is a guess of their size.
 * The caller frees the blob, which is empty after an error: NO_MEMORY, TOO_LONG above
 * CARD_IMAGE_RECORDS_MAX. */
SCP_MUST_USE enum scp_error card_image_flatten(const struct card_image *image, size_t expected,
                                               struct rebind_blob *flat);
/* The reverse; `image` is zeroed before and after an error. */
SCP_MUST_USE enum scp_error card_image_unflatten(struct scp_bytes flat, struct card_image *image);

/* A new image file of these flat records: one transaction. The caller frees the blob. NO_MEMORY. */
SCP_MUST_USE enum scp_error card_image_pack(struct scp_bytes flat, struct rebind_blob *bytes);

/* Read an image file; `image` is zeroed before and after an error. `end` is where the next record
 * goes; 0 when the file must be written anew before, because it is of an older version.
 * UNSUPPORTED (magic or version), TRUNCATED, TRAILING, MALFORMED, TOO_LONG, NO_MEMORY. */
SCP_MUST_USE enum scp_error card_image_decode(struct scp_bytes bytes, struct card_image *image,
                                              size_t *end);

/* Put the records of all that the card remembers, flat (image_put.c). */
void card_image_put(struct scp_writer *w, const struct card_image *image);
/* Do to the image what a record says (image_get.c). The errors of card_image_decode. */
SCP_MUST_USE enum scp_error card_image_replay(const struct card_record *record,
                                              struct card_image *image);
/* The content of an image of version 1, behind magic and version (image_1.c). */
void card_image_1_get(struct scp_reader *r, struct card_image *image);

#endif
