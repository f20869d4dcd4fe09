#include "agent/card/registry.h"
#include "agent/card/softcard.h"

#include "agent/card/card.h"

/* What the registry itself takes for each thing, beside its content. */
enum {
    LOAD_FILE_OVERHEAD = 48,
    MODULE_OVERHEAD = 18,
    APPLICATION_OVERHEAD = 96,
    OBJECT_OVERHEAD = 8,
    KEY_OVERHEAD = 16,
};

static uint32_t load_file_cost(const struct card_load_file *file)
{
    return LOAD_FILE_OVERHEAD + file->size + MODULE_OVERHEAD * (uint32_t)file->module_count;
}

uint32_t card_application_used(const struct card_application *app)
{
    uint32_t used = 0;
    for (size_t i = 0; i < app->objects.count; i++)
        used += OBJECT_OVERHEAD + (uint32_t)app->objects.items[i].len;
    for (size_t i = 0; app->sd != NULL && i < app->sd->key_count; i++)
        used += KEY_OVERHEAD + (uint32_t)app->sd->keys[i].len;
    return used;
}

static uint32_t application_cost(const struct card_application *app)
{
    uint32_t used = card_application_used(app);
    return APPLICATION_OVERHEAD + (used > app->reserved ? used : app->reserved);
}

uint32_t card_memory_used(const struct card_image *image)
{
    uint32_t used = image->started.load_bytes;
    for (size_t i = 0; i < image->load_file_count; i++)
        used += load_file_cost(image->load_files[i]);
    for (size_t i = 0; i < image->application_count; i++)
        used += application_cost(image->applications[i]);
    return used;
}

uint32_t card_memory_volatile_used(const struct card_image *image)
{
    uint32_t used = 0;
    for (size_t i = 0; i < image->application_count; i++)
        used += image->applications[i]->volatile_bytes;
    return used;
}

bool card_memory_fits(const struct card_image *image)
{
    for (size_t i = 0; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        if (app->quota != 0 && card_application_used(app) > app->quota)
            return false;
    }
    return card_memory_used(image) <= image->traits.memory &&
           card_memory_volatile_used(image) <= image->traits.memory_volatile;
}

/* ---- for those outside ----------------------------------------------------------------------- */

uint32_t softcard_memory_total(const struct softcard *card)
{
    return card->image.traits.memory;
}

uint32_t softcard_memory_free(const struct softcard *card)
{
    return card->image.traits.memory - card_memory_used(&card->image);
}

uint32_t softcard_memory_volatile_free(const struct softcard *card)
{
    return card->image.traits.memory_volatile - card_memory_volatile_used(&card->image);
}
