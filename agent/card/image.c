#include "agent/card/image.h"

#include <stdlib.h>

#include "agent/card/applet.h"
#include "scp/base/secret.h"

static const uint8_t magic[CARD_IMAGE_MAGIC_SIZE] = {'R', 'B', 'S', 'C'};

/* ---- flat ------------------------------------------------------------------------------------ */

enum scp_error card_image_flatten(const struct card_image *image, size_t expected,
                                  struct rebind_blob *flat)
{
    *flat = (struct rebind_blob){NULL, 0};
    for (size_t size = expected + 512; size <= CARD_IMAGE_RECORDS_MAX; size *= 2) {
        uint8_t *buffer = malloc(size);
        if (buffer == NULL)
            return SCP_NO_MEMORY;
        struct scp_writer w = scp_writer_on(buffer, size);
        card_image_put(&w, image);
        if (scp_writer_status(&w) == SCP_OK) {
            *flat = (struct rebind_blob){buffer, scp_written(&w).len};
            return SCP_OK;
        }
        scp_wipe(buffer, size);
        free(buffer);
        if (scp_writer_status(&w) != SCP_NO_SPACE)
            return scp_writer_status(&w);
    }
    return SCP_TOO_LONG;
}

/* ---- packing --------------------------------------------------------------------------------- */

static enum scp_error pack_record(void *ctx, const struct card_record *record)
{
    struct scp_writer *w = ctx;
    card_record_put(w, record);
    return scp_writer_status(w);
}

static size_t packed_size(struct scp_bytes flat)
{
    size_t size = CARD_IMAGE_HEAD_SIZE;
    struct scp_reader r = scp_reader_on(flat);
    struct card_record record;
    while (card_record_next(&r, &record))
        size += CARD_RECORD_OVERHEAD + record.body.len;
    return size;
}

enum scp_error card_image_pack(struct scp_bytes flat, struct rebind_blob *bytes)
{
    size_t size = packed_size(flat);
    *bytes = (struct rebind_blob){.ptr = malloc(size), .len = size};
    if (bytes->ptr == NULL) {
        bytes->len = 0;
        return SCP_NO_MEMORY;
    }
    struct scp_writer w = scp_writer_on(bytes->ptr, size);
    scp_put(&w, SCP_BYTES(magic));
    scp_put_u16(&w, CARD_IMAGE_VERSION);
    return card_records_diff(SCP_EMPTY, flat, pack_record, &w);
}

/* What the rest of the card relies on beyond the form of each record. */
static enum scp_error check_whole(const struct card_image *image)
{
    if (image->application_count == 0 || card_isd(image)->sd == NULL || image->traits.protocol == 0)
        return SCP_MALFORMED;
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        if ((app->sd != NULL) != (app->applet == CARD_APPLET_DOMAIN))
            return SCP_MALFORMED;
        if (app->sd != NULL && !card_key_versions_match(app->sd))
            return SCP_MALFORMED;
    }
    return SCP_OK;
}

enum scp_error card_image_unflatten(struct scp_bytes flat, struct card_image *image)
{
    struct scp_reader r = scp_reader_on(flat);
    struct card_record record;
    enum scp_error error = SCP_OK;
    *image = (struct card_image){.application_count = 0};
    while (error == SCP_OK && card_record_next(&r, &record))
        error = card_image_replay(&record, image);
    if (error == SCP_OK)
        error = check_whole(image);
    if (error != SCP_OK)
        card_image_fini(image);
    return error;
}

/* ---- image files ----------------------------------------------------------------------------- */

bool card_image_begins(struct scp_bytes head)
{
    return scp_bytes_equal(head, SCP_BYTES(magic));
}

static enum scp_error decode_1(struct scp_reader *r, struct card_image *image, size_t *end)
{
    *end = 0;
    card_image_1_get(r, image);
    return scp_reader_end(r);
}

/* Where the last whole transaction ends. */
static enum scp_error find_end(struct scp_reader r, size_t *end)
{
    struct card_record record;
    enum scp_error error;
    while ((error = card_record_get(&r, &record)) == SCP_OK)
        if (record.last)
            *end = r.at;
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

static enum scp_error decode_2(struct scp_reader *r, struct card_image *image, size_t *end)
{
    *end = 0;
    SCP_TRY(find_end(*r, end));
    if (*end == 0)
        return SCP_TRUNCATED;
    while (r->at < *end) {
        struct card_record record;
        SCP_TRY(card_record_get(r, &record));
        SCP_TRY(card_image_replay(&record, image));
    }
    return SCP_OK;
}

static enum scp_error decode(struct scp_bytes bytes, struct card_image *image, size_t *end)
{
    static enum scp_error (*const versions[])(struct scp_reader * r, struct card_image * image,
                                              size_t * end) = {decode_1, decode_2};
    struct scp_reader r = scp_reader_on(bytes);
    if (!card_image_begins(scp_get(&r, sizeof magic)))
        return SCP_UNSUPPORTED;
    uint16_t version = scp_get_u16(&r);
    if (version == 0 || version > sizeof versions / sizeof versions[0])
        return SCP_UNSUPPORTED;
    SCP_TRY(versions[version - 1](&r, image, end));
    return check_whole(image);
}

enum scp_error card_image_decode(struct scp_bytes bytes, struct card_image *image, size_t *end)
{
    *image = (struct card_image){.application_count = 0};
    enum scp_error error = decode(bytes, image, end);
    if (error != SCP_OK)
        card_image_fini(image);
    return error;
}
