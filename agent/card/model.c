#include "agent/card/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scp/base/secret.h"

/* ---- AIDs ------------------------------------------------------------------------------------ */

struct scp_aid card_aid_of(struct scp_bytes bytes)
{
    struct scp_aid aid = {.len = 0};
    struct scp_writer w = scp_writer_on(aid.bytes, sizeof aid.bytes);
    scp_put(&w, bytes);
    aid.len = scp_written(&w).len;
    return aid;
}

bool card_aid_is(const struct scp_aid *aid, struct scp_bytes bytes)
{
    return scp_bytes_equal(scp_aid_bytes(aid), bytes);
}

enum scp_error card_aids_add(struct scp_aid **items, size_t *count, struct scp_bytes aid)
{
    if (*count >= CARD_MODULES_MAX)
        return SCP_TOO_LONG;
    struct scp_aid *grown = card_grown(*items, *count, sizeof **items);
    if (grown == NULL)
        return SCP_NO_MEMORY;
    *items = grown;
    grown[(*count)++] = card_aid_of(aid);
    return SCP_OK;
}

/* ---- the heap -------------------------------------------------------------------------------- */

void *card_grown(void *items, size_t count, size_t size)
{
    uint8_t *grown = calloc(count + 1, size);
    if (grown == NULL)
        return NULL;
    if (count > 0) {
        memcpy(grown, items, count * size);
        scp_wipe(items, count * size);
    }
    free(items);
    return grown;
}

void card_shift_down(void *items, size_t at, size_t count, size_t size)
{
    assert(at < count);
    uint8_t *base = items;
    memmove(base + at * size, base + (at + 1) * size, (count - at - 1) * size);
    scp_wipe(base + (count - 1) * size, size);
}

/* A copy on the heap; one byte is asked for even when there is nothing to copy. */
static uint8_t *copy_of(struct scp_bytes bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);
    if (copy != NULL && bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    return copy;
}

static void wipe_free(uint8_t *bytes, size_t len)
{
    if (bytes != NULL)
        scp_wipe(bytes, len);
    free(bytes);
}

/* ---- data objects ---------------------------------------------------------------------------- */

static struct card_object *object_find(const struct card_objects *objects, uint32_t id)
{
    for (size_t i = 0; i < objects->count; i++)
        if (objects->items[i].id == id)
            return &objects->items[i];
    return NULL;
}

struct scp_bytes card_object_get(const struct card_objects *objects, uint32_t id, bool *found)
{
    const struct card_object *object = object_find(objects, id);
    if (found != NULL)
        *found = object != NULL;
    return object != NULL ? scp_bytes_of(object->bytes, object->len) : SCP_EMPTY;
}

enum scp_error card_object_put(struct card_objects *objects, uint32_t id, struct scp_bytes value)
{
    if (value.len > CARD_OBJECT_MAX)
        return SCP_TOO_LONG;
    struct card_object *object = object_find(objects, id);
    if (object == NULL && objects->count >= CARD_OBJECTS_MAX)
        return SCP_TOO_LONG;
    uint8_t *copy = copy_of(value);
    if (copy == NULL)
        return SCP_NO_MEMORY;
    if (object == NULL) {
        struct card_object *grown =
            card_grown(objects->items, objects->count, sizeof *objects->items);
        if (grown == NULL) {
            wipe_free(copy, value.len);
            return SCP_NO_MEMORY;
        }
        objects->items = grown;
        object = &grown[objects->count++];
    }
    wipe_free(object->bytes, object->len);
    *object = (struct card_object){.id = id, .bytes = copy, .len = value.len};
    return SCP_OK;
}

void card_object_remove(struct card_objects *objects, uint32_t id)
{
    const struct card_object *object = object_find(objects, id);
    if (object == NULL)
        return;
    wipe_free(object->bytes, object->len);
    card_shift_down(objects->items, (size_t)(object - objects->items), objects->count,
                    sizeof *objects->items);
    objects->count--;
}

void card_objects_fini(struct card_objects *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        wipe_free(objects->items[i].bytes, objects->items[i].len);
    free(objects->items);
    *objects = (struct card_objects){NULL, 0};
}

/* ---- keys ------------------------------------------------------------------------------------ */

struct card_key *card_key_find(const struct card_domain *sd, uint8_t kvn, uint8_t id)
{
    for (size_t i = 0; i < sd->key_count; i++)
        if (sd->keys[i].kvn == kvn && sd->keys[i].id == id)
            return &sd->keys[i];
    return NULL;
}

struct card_key_version *card_key_version_find(const struct card_domain *sd, uint8_t kvn)
{
    for (size_t i = 0; i < sd->version_count; i++)
        if (sd->versions[i].kvn == kvn)
            return &sd->versions[i];
    return NULL;
}

enum scp_error card_key_version_place(struct card_domain *sd, struct card_key_version version)
{
    struct card_key_version *place = card_key_version_find(sd, version.kvn);
    if (place == NULL && sd->version_count >= CARD_KEYS_MAX)
        return SCP_TOO_LONG;
    if (place == NULL) {
        struct card_key_version *grown =
            card_grown(sd->versions, sd->version_count, sizeof *sd->versions);
        if (grown == NULL)
            return SCP_NO_MEMORY;
        sd->versions = grown;
        place = &grown[sd->version_count++];
    }
    *place = version;
    return SCP_OK;
}

enum scp_error card_key_place(struct card_domain *sd, const struct card_key *key,
                              struct scp_bytes value)
{
    if (value.len > CARD_KEY_VALUE_MAX)
        return SCP_TOO_LONG;
    struct card_key *place = card_key_find(sd, key->kvn, key->id);
    if (place == NULL && sd->key_count >= CARD_KEYS_MAX)
        return SCP_TOO_LONG;
    uint8_t *copy = copy_of(value);
    if (copy == NULL)
        return SCP_NO_MEMORY;
    if (place == NULL) {
        struct card_key *grown = card_grown(sd->keys, sd->key_count, sizeof *sd->keys);
        if (grown == NULL) {
            wipe_free(copy, value.len);
            return SCP_NO_MEMORY;
        }
        sd->keys = grown;
        place = &grown[sd->key_count++];
    }
    wipe_free(place->value, place->len);
    *place = *key;
    place->value = copy;
    place->len = value.len;
    return SCP_OK;
}

enum scp_error card_key_put(struct card_domain *sd, const struct card_key *key,
                            struct scp_bytes value)
{
    SCP_TRY(card_key_place(sd, key, value));
    if (card_key_version_find(sd, key->kvn) != NULL)
        return SCP_OK;
    return card_key_version_place(sd, (struct card_key_version){.kvn = key->kvn});
}

void card_key_take(struct card_domain *sd, uint8_t kvn, uint8_t id)
{
    const struct card_key *key = card_key_find(sd, kvn, id);
    if (key == NULL)
        return;
    wipe_free(key->value, key->len);
    card_shift_down(sd->keys, (size_t)(key - sd->keys), sd->key_count, sizeof *sd->keys);
    sd->key_count--;
}

void card_key_version_take(struct card_domain *sd, uint8_t kvn)
{
    const struct card_key_version *version = card_key_version_find(sd, kvn);
    if (version == NULL)
        return;
    card_shift_down(sd->versions, (size_t)(version - sd->versions), sd->version_count,
                    sizeof *sd->versions);
    sd->version_count--;
}

static bool version_has_keys(const struct card_domain *sd, uint8_t kvn)
{
    for (size_t i = 0; i < sd->key_count; i++)
        if (sd->keys[i].kvn == kvn)
            return true;
    return false;
}

void card_key_remove(struct card_domain *sd, uint8_t kvn, uint8_t id)
{
    card_key_take(sd, kvn, id);
    if (!version_has_keys(sd, kvn))
        card_key_version_take(sd, kvn);
}

bool card_key_versions_match(const struct card_domain *sd)
{
    for (size_t i = 0; i < sd->key_count; i++)
        if (card_key_version_find(sd, sd->keys[i].kvn) == NULL)
            return false;
    for (size_t i = 0; i < sd->version_count; i++)
        if (!version_has_keys(sd, sd->versions[i].kvn))
            return false;
    return true;
}

bool card_domain_one_key(const struct card_domain *sd)
{
    enum { THREE_KEYS = 0x01 };
    return sd->protocol == SCP_PROTOCOL_02 && (sd->i & THREE_KEYS) == 0;
}

enum scp_error card_key_set(const struct card_domain *sd, uint8_t kvn, struct scp_key_set *set)
{
    struct scp_key *const to[] = {&set->enc, &set->mac, &set->dek};
    for (uint8_t i = 0; i < 3; i++) {
        const struct card_key *key = card_key_find(sd, kvn, card_domain_one_key(sd) ? 1 : i + 1);
        if (key == NULL || (key->type != SCP_KEY_TYPE_DES && key->type != SCP_KEY_TYPE_AES))
            return SCP_NOT_FOUND;
        SCP_TRY(scp_key_from(to[i], scp_bytes_of(key->value, key->len)));
    }
    return SCP_OK;
}

/* ---- owning ---------------------------------------------------------------------------------- */

static void domain_free(struct card_domain *sd)
{
    if (sd == NULL)
        return;
    for (size_t i = 0; i < sd->key_count; i++)
        wipe_free(sd->keys[i].value, sd->keys[i].len);
    free(sd->keys);
    free(sd->versions);
    free(sd);
}

void card_application_free(struct card_application *app)
{
    if (app == NULL)
        return;
    card_objects_fini(&app->objects);
    domain_free(app->sd);
    free(app);
}

void card_load_file_fini(struct card_load_file *file)
{
    free(file->modules);
    free(file->imports);
    *file = (struct card_load_file){.module_count = 0};
}

void card_load_file_free(struct card_load_file *file)
{
    if (file == NULL)
        return;
    card_load_file_fini(file);
    free(file);
}

struct card_application *card_image_add_application(struct card_image *image)
{
    struct card_application *app = calloc(1, sizeof *app);
    struct card_application **grown =
        app == NULL ? NULL
                    : card_grown(image->applications, image->application_count, sizeof(void *));
    if (grown == NULL) {
        free(app);
        return NULL;
    }
    image->applications = grown;
    grown[image->application_count++] = app;
    return app;
}

struct card_load_file *card_image_add_load_file(struct card_image *image)
{
    struct card_load_file *file = calloc(1, sizeof *file);
    struct card_load_file **grown =
        file == NULL ? NULL : card_grown(image->load_files, image->load_file_count, sizeof(void *));
    if (grown == NULL) {
        free(file);
        return NULL;
    }
    image->load_files = grown;
    grown[image->load_file_count++] = file;
    return file;
}

void card_image_remove_application(struct card_image *image, struct card_application *app)
{
    for (size_t i = 0; i < image->application_count; i++) {
        if (image->applications[i] != app)
            continue;
        card_shift_down(image->applications, i, image->application_count, sizeof(void *));
        image->application_count--;
        card_application_free(app);
        return;
    }
}

void card_image_remove_load_file(struct card_image *image, struct card_load_file *file)
{
    for (size_t i = 0; i < image->load_file_count; i++) {
        if (image->load_files[i] != file)
            continue;
        card_shift_down(image->load_files, i, image->load_file_count, sizeof(void *));
        image->load_file_count--;
        card_load_file_free(file);
        return;
    }
}

void card_image_fini(struct card_image *image)
{
    for (size_t i = 0; i < image->application_count; i++)
        card_application_free(image->applications[i]);
    for (size_t i = 0; i < image->load_file_count; i++)
        card_load_file_free(image->load_files[i]);
    free(image->applications);
    free(image->load_files);
    free(image->traits.natives);
    *image = (struct card_image){.application_count = 0};
}

struct card_application *card_isd(const struct card_image *image)
{
    assert(image->application_count > 0);
    return image->applications[0];
}
