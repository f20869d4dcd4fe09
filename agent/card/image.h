/* Private: the image of a card as bytes.
 *
 *     "RBSC"  magic
 *     u16     version, 2
 *     traits, then the load files, then the applications, each field in the order of model.h;
 *     numbers big-endian, AIDs and short fields with one length byte, values with four, lists with
 *     a count of two bytes.
 *
 * Version 1 lacks what GPCS has beyond the issuer's own needs (logical channels, key usage and
 * access, restrictions, application providers); it is read with none of them.
 *
 * Decoding checks everything: each length, each limit of model.h, and that there is an issuer
 * security domain, so that the rest of the card may rely on it. */
#ifndef AGENT_CARD_IMAGE_H
#define AGENT_CARD_IMAGE_H

#include "agent/card/model.h"

enum { CARD_IMAGE_VERSION = 2, CARD_IMAGE_MAGIC_SIZE = 4 };

/* Whether the first CARD_IMAGE_MAGIC_SIZE bytes are those of an image. */
bool card_image_begins(struct scp_bytes head);

/* Append the image. NO_SPACE (in the writer) when the buffer is too small. */
void card_image_put(struct scp_writer *w, const struct card_image *image);

/* The image in a block of the heap that the caller wipes and frees; `expected` is a guess of its
 * size. NO_MEMORY, TOO_LONG above SOFTCARD_IMAGE_MAX. */
SCP_MUST_USE enum scp_error card_image_encode(const struct card_image *image, size_t expected,
                                              uint8_t **bytes, size_t *len);

/* Read an image; `image` is zeroed before and after an error. UNSUPPORTED (magic or version),
 * TRUNCATED, TRAILING, MALFORMED, TOO_LONG, NO_MEMORY. */
SCP_MUST_USE enum scp_error card_image_decode(struct scp_bytes bytes, struct card_image *image);

#endif
