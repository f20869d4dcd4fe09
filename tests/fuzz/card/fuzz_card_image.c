/* Whatever a file holds, opening it as a soft card ends in an error or in a card that answers,
 * writes an image of its own, and comes to life from that again as the same card. */
#include "agent/card/image.h"
#include "agent/card/softcard.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { STORAGE_MAX = 256 * 1024 };

struct storage {
    uint8_t bytes[STORAGE_MAX];
    size_t len;
};

static enum scp_error store(void *ctx, size_t at, struct scp_bytes bytes)
{
    struct storage *storage = ctx;
    fuzz_require(at <= storage->len);
    if (at + bytes.len > sizeof storage->bytes)
        return SCP_IO;
    if (bytes.len > 0)
        memcpy(storage->bytes + at, bytes.ptr, bytes.len);
    storage->len = at + bytes.len;
    return SCP_OK;
}

/* What is flat can be read and is flat in the same way. */
static void round_trip(const struct card_image *image)
{
    struct rebind_blob flat;
    struct rebind_blob again;
    struct card_image copy;
    if (card_image_flatten(image, 0, &flat) != SCP_OK)
        return;
    fuzz_require(card_image_unflatten(rebind_blob_bytes(&flat), &copy) == SCP_OK);
    fuzz_require(card_image_flatten(&copy, flat.len, &again) == SCP_OK);
    fuzz_require(scp_bytes_equal(rebind_blob_bytes(&flat), rebind_blob_bytes(&again)));
    card_image_fini(&copy);
    rebind_blob_free(&again);
    rebind_blob_free(&flat);
}

static void ask(struct softcard *card)
{
    static const struct scp_bytes commands[] = {
        {(const uint8_t *)"\x00\xA4\x04\x00\x00", 5},
        {(const uint8_t *)"\x80\x50\x00\x00\x08\x01\x02\x03\x04\x05\x06\x07\x08\x00", 14},
        {(const uint8_t *)"\x00\xA4\x04\x00\x0E"
                          "2PAY.SYS.DDF01\x00",
         20},
        {(const uint8_t *)"\x80\xCA\x00\xE0\x00", 5}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        uint8_t answer[SOFTCARD_RESPONSE_MAX];
        struct scp_writer w = scp_writer_on(answer, sizeof answer);
        fuzz_require(softcard_transmit(card, commands[i], &w) == SCP_OK && w.len >= 2);
    }
}

static void live(struct scp_bytes image)
{
    static struct storage storage;
    struct rebind_seeded seeded;
    struct softcard *card = NULL;
    struct rebind_env env = rebind_env_seeded(&seeded, 1, 0);
    const struct softcard_storage interface = {.ctx = &storage, .write = store};
    storage.len = 0;
    if (image.len <= sizeof storage.bytes && store(&storage, 0, image) == SCP_OK &&
        softcard_restore(image, &env, interface, &card) == SCP_OK) {
        ask(card);
        softcard_free(card);
        struct scp_bytes written = scp_bytes_of(storage.bytes, storage.len);
        fuzz_require(softcard_restore(written, &env, interface, &card) == SCP_OK);
        softcard_free(card);
    }
    rebind_seeded_fini(&seeded);
}

/* The first byte says whether what follows is a file, or flat records, which no CRC protects. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    struct card_image image;
    struct rebind_blob packed;
    if (size == 0)
        return 0;
    struct scp_bytes rest = scp_bytes_from(in, 1);
    if (data[0] != 0) {
        live(rest);
        return 0;
    }
    if (card_image_unflatten(rest, &image) != SCP_OK)
        return 0;
    round_trip(&image);
    card_image_fini(&image);
    if (card_image_pack(rest, &packed) == SCP_OK)
        live(rebind_blob_bytes(&packed));
    rebind_blob_free(&packed);
    return 0;
}
