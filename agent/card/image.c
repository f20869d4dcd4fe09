#include "agent/card/image.h"

#include <stdlib.h>

#include "agent/card/applet.h"
#include "agent/card/softcard.h"
#include "scp/base/secret.h"

static const uint8_t magic[CARD_IMAGE_MAGIC_SIZE] = {'R', 'B', 'S', 'C'};

/* ---- writing --------------------------------------------------------------------------------- */

static void put_aid(struct scp_writer *w, const struct scp_aid *aid)
{
    scp_put_lv(w, scp_aid_bytes(aid));
}

static void put_count(struct scp_writer *w, size_t count)
{
    if (count > 0xFFFF)
        scp_writer_fail(w, SCP_TOO_LONG);
    scp_put_u16(w, (uint16_t)count);
}

static void put_value(struct scp_writer *w, const uint8_t *bytes, size_t len)
{
    scp_put_u32(w, (uint32_t)len);
    scp_put(w, scp_bytes_of(bytes, len));
}

static void put_aids(struct scp_writer *w, const struct scp_aid *aids, size_t count)
{
    put_count(w, count);
    for (size_t i = 0; i < count; i++)
        put_aid(w, &aids[i]);
}

static void put_traits(struct scp_writer *w, const struct card_traits *t)
{
    scp_put_u8(w, t->protocol);
    scp_put_u8(w, t->i);
    scp_put_u8(w, t->key_len);
    scp_put_u8(w, t->kvn_default);
    scp_put_u8(w, t->tries);
    scp_put_u8(w, t->max_command);
    scp_put_u8(w, t->personalises_in_installed);
    scp_put_u8(w, t->load_wraps);
    scp_put_u8(w, t->channels);
    scp_put_u8(w, t->terminate_after);
    scp_put_lv(w, scp_bytes_of(t->atr, t->atr_len));
    scp_put_u32(w, t->memory);
    scp_put_u32(w, t->memory_volatile);
    scp_put_u32(w, t->application_volatile);
    scp_put(w, SCP_BYTES(t->diversification_data));
    put_count(w, t->native_count);
    for (size_t i = 0; i < t->native_count; i++) {
        put_aid(w, &t->natives[i].module);
        scp_put_u8(w, t->natives[i].applet);
    }
}

static void put_load_file(struct scp_writer *w, const struct card_load_file *file)
{
    put_aid(w, &file->aid);
    put_aid(w, &file->domain);
    put_aid(w, &file->provider);
    scp_put(w, SCP_BYTES(file->version));
    scp_put_u32(w, file->size);
    put_aids(w, file->modules, file->module_count);
    put_aids(w, file->imports, file->import_count);
}

static void put_domain(struct scp_writer *w, const struct card_domain *sd)
{
    scp_put_u8(w, sd->protocol);
    scp_put_u8(w, sd->i);
    scp_put_u8(w, sd->accept_extradition_to);
    scp_put_u8(w, sd->accept_deletion);
    scp_put_u8(w, sd->accept_extradition_from);
    scp_put_u8(w, sd->explicit_personalised);
    scp_put_u8(w, sd->restricted);
    scp_put_u16(w, sd->confirmations);
    put_count(w, sd->version_count);
    for (size_t i = 0; i < sd->version_count; i++) {
        scp_put_u8(w, sd->versions[i].kvn);
        scp_put_u32(w, sd->versions[i].counter);
        scp_put_u8(w, sd->versions[i].failed);
    }
    put_count(w, sd->key_count);
    for (size_t i = 0; i < sd->key_count; i++) {
        scp_put_u8(w, sd->keys[i].kvn);
        scp_put_u8(w, sd->keys[i].id);
        scp_put_u8(w, sd->keys[i].type);
        scp_put_u8(w, sd->keys[i].access);
        scp_put_u16(w, sd->keys[i].usage);
        put_value(w, sd->keys[i].value, sd->keys[i].len);
    }
}

static void put_objects(struct scp_writer *w, const struct card_objects *objects)
{
    put_count(w, objects->count);
    for (size_t i = 0; i < objects->count; i++) {
        scp_put_u32(w, objects->items[i].id);
        put_value(w, objects->items[i].bytes, objects->items[i].len);
    }
}

static void put_application(struct scp_writer *w, const struct card_application *app)
{
    put_aid(w, &app->aid);
    put_aid(w, &app->load_file);
    put_aid(w, &app->module);
    put_aid(w, &app->domain);
    put_aid(w, &app->provider);
    scp_put_u8(w, app->applet);
    scp_put_u8(w, app->state);
    scp_put_u8(w, app->state_unlocked);
    scp_put_u24(w, app->privileges);
    scp_put_lv(w, scp_bytes_of(app->implicit, app->implicit_count));
    scp_put_u32(w, app->reserved);
    scp_put_u32(w, app->quota);
    scp_put_u32(w, app->volatile_bytes);
    put_objects(w, &app->objects);
    scp_put_u8(w, app->sd != NULL);
    if (app->sd != NULL)
        put_domain(w, app->sd);
}

void card_image_put(struct scp_writer *w, const struct card_image *image)
{
    scp_put(w, SCP_BYTES(magic));
    scp_put_u16(w, CARD_IMAGE_VERSION);
    put_traits(w, &image->traits);
    scp_put_u8(w, image->restricted);
    scp_put_u8(w, image->failed);
    put_count(w, image->load_file_count);
    for (size_t i = 0; i < image->load_file_count; i++)
        put_load_file(w, image->load_files[i]);
    put_count(w, image->application_count);
    for (size_t i = 0; i < image->application_count; i++)
        put_application(w, image->applications[i]);
}

enum scp_error card_image_encode(const struct card_image *image, size_t expected, uint8_t **bytes,
                                 size_t *len)
{
    for (size_t size = expected + 1024; size <= SOFTCARD_IMAGE_MAX; size *= 2) {
        uint8_t *buffer = malloc(size);
        if (buffer == NULL)
            return SCP_NO_MEMORY;
        struct scp_writer w = scp_writer_on(buffer, size);
        card_image_put(&w, image);
        if (scp_writer_status(&w) == SCP_OK) {
            *bytes = buffer;
            *len = scp_written(&w).len;
            return SCP_OK;
        }
        scp_wipe(buffer, size);
        free(buffer);
        if (scp_writer_status(&w) != SCP_NO_SPACE)
            return scp_writer_status(&w);
    }
    return SCP_TOO_LONG;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A reader and the version of what it reads. */
struct image_reader {
    struct scp_reader in;
    uint16_t version;
};

static struct scp_aid get_aid(struct scp_reader *r)
{
    struct scp_bytes bytes = scp_get_lv(r);
    if (bytes.len > SCP_AID_MAX)
        scp_reader_fail(r, SCP_TOO_LONG);
    return card_aid_of(bytes);
}

static bool get_bool(struct scp_reader *r)
{
    uint8_t value = scp_get_u8(r);
    if (value > 1)
        scp_reader_fail(r, SCP_MALFORMED);
    return value == 1;
}

/* A short field of at most `cap` bytes; its length is the result. */
static uint8_t get_short(struct scp_reader *r, uint8_t *to, size_t cap)
{
    struct scp_bytes bytes = scp_get_lv(r);
    struct scp_writer w = scp_writer_on(to, cap);
    scp_put(&w, bytes);
    if (scp_writer_status(&w) != SCP_OK)
        scp_reader_fail(r, SCP_TOO_LONG);
    return (uint8_t)scp_written(&w).len;
}

static size_t get_count(struct scp_reader *r, size_t max)
{
    size_t count = scp_get_u16(r);
    if (count > max)
        scp_reader_fail(r, SCP_TOO_LONG);
    return scp_reader_status(r) == SCP_OK ? count : 0;
}

static struct scp_bytes get_value(struct scp_reader *r)
{
    size_t len = scp_get_u32(r);
    return scp_get(r, len);
}

static void get_aids(struct scp_reader *r, struct scp_aid **aids, size_t *count)
{
    size_t n = get_count(r, CARD_MODULES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct scp_aid aid = get_aid(r);
        enum scp_error error = card_aids_add(aids, count, scp_aid_bytes(&aid));
        if (error != SCP_OK)
            scp_reader_fail(r, error);
    }
}

static uint8_t get_applet_kind(struct scp_reader *r)
{
    uint8_t kind = scp_get_u8(r);
    if (card_applet_of(kind) == NULL)
        scp_reader_fail(r, SCP_MALFORMED);
    return kind;
}

static void get_natives(struct scp_reader *r, struct card_traits *t)
{
    size_t n = get_count(r, CARD_MODULES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct card_native *grown = card_grown(t->natives, t->native_count, sizeof *t->natives);
        if (grown == NULL) {
            scp_reader_fail(r, SCP_NO_MEMORY);
            return;
        }
        t->natives = grown;
        struct card_native *native = &grown[t->native_count++];
        native->module = get_aid(r);
        native->applet = get_applet_kind(r);
    }
}

static void get_traits(struct image_reader *image, struct card_traits *t)
{
    struct scp_reader *r = &image->in;
    t->protocol = scp_get_u8(r);
    t->i = scp_get_u8(r);
    t->key_len = scp_get_u8(r);
    t->kvn_default = scp_get_u8(r);
    t->tries = scp_get_u8(r);
    t->max_command = scp_get_u8(r);
    t->personalises_in_installed = get_bool(r);
    t->load_wraps = get_bool(r);
    if (image->version >= 2) {
        t->channels = scp_get_u8(r);
        t->terminate_after = scp_get_u8(r);
    }
    t->atr_len = get_short(r, t->atr, sizeof t->atr);
    t->memory = scp_get_u32(r);
    t->memory_volatile = scp_get_u32(r);
    t->application_volatile = scp_get_u32(r);
    scp_get_into(r, t->diversification_data, sizeof t->diversification_data);
    if (t->channels >= CARD_CHANNELS_MAX)
        scp_reader_fail(r, SCP_OUT_OF_RANGE);
    if (t->protocol != SCP_PROTOCOL_02 && t->protocol != SCP_PROTOCOL_03)
        scp_reader_fail(r, SCP_MALFORMED);
    get_natives(r, t);
}

static void get_load_file(struct image_reader *image, struct card_load_file *file)
{
    struct scp_reader *r = &image->in;
    file->aid = get_aid(r);
    file->domain = get_aid(r);
    if (image->version >= 2)
        file->provider = get_aid(r);
    scp_get_into(r, file->version, sizeof file->version);
    file->size = scp_get_u32(r);
    get_aids(r, &file->modules, &file->module_count);
    get_aids(r, &file->imports, &file->import_count);
}

static void get_keys(struct image_reader *image, struct card_domain *sd)
{
    struct scp_reader *r = &image->in;
    size_t n = get_count(r, CARD_KEYS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct card_key key = {.access = CARD_KEY_ACCESS_NONE};
        key.kvn = scp_get_u8(r);
        key.id = scp_get_u8(r);
        key.type = scp_get_u8(r);
        if (image->version >= 2) {
            key.access = scp_get_u8(r);
            key.usage = scp_get_u16(r);
        }
        enum scp_error error = card_key_put(sd, &key, get_value(r));
        if (error != SCP_OK)
            scp_reader_fail(r, error);
    }
}

/* The versions come before the keys and hold counters; adding a key begins its counters anew. */
static void get_domain(struct image_reader *image, struct card_domain *sd)
{
    struct scp_reader *r = &image->in;
    sd->protocol = scp_get_u8(r);
    sd->i = scp_get_u8(r);
    sd->accept_extradition_to = scp_get_u8(r);
    sd->accept_deletion = scp_get_u8(r);
    sd->accept_extradition_from = scp_get_u8(r);
    sd->explicit_personalised = get_bool(r);
    if (image->version >= 2) {
        sd->restricted = scp_get_u8(r);
        sd->confirmations = scp_get_u16(r);
    }
    size_t n = get_count(r, CARD_KEYS_MAX);
    struct scp_reader versions = scp_reader_on(scp_get(r, 6 * n));
    get_keys(image, sd);
    for (size_t i = 0; i < n; i++) {
        struct card_key_version *version = card_key_version_find(sd, scp_get_u8(&versions));
        uint32_t counter = scp_get_u32(&versions);
        uint8_t failed = scp_get_u8(&versions);
        if (version == NULL) {
            scp_reader_fail(r, SCP_MALFORMED);
            return;
        }
        version->counter = counter;
        version->failed = failed;
    }
}

static void get_objects(struct scp_reader *r, struct card_objects *objects)
{
    size_t n = get_count(r, CARD_OBJECTS_MAX);
    for (size_t i = 0; i < n; i++) {
        uint32_t id = scp_get_u32(r);
        enum scp_error error = card_object_put(objects, id, get_value(r));
        if (error != SCP_OK)
            scp_reader_fail(r, error);
    }
}

static void get_application(struct image_reader *image, struct card_application *app)
{
    struct scp_reader *r = &image->in;
    app->aid = get_aid(r);
    app->load_file = get_aid(r);
    app->module = get_aid(r);
    app->domain = get_aid(r);
    if (image->version >= 2)
        app->provider = get_aid(r);
    app->applet = get_applet_kind(r);
    app->state = scp_get_u8(r);
    app->state_unlocked = scp_get_u8(r);
    app->privileges = scp_get_u24(r);
    app->implicit_count = get_short(r, app->implicit, sizeof app->implicit);
    app->reserved = scp_get_u32(r);
    app->quota = scp_get_u32(r);
    app->volatile_bytes = scp_get_u32(r);
    get_objects(r, &app->objects);
    bool is_domain = get_bool(r);
    if (is_domain != (app->applet == CARD_APPLET_DOMAIN))
        scp_reader_fail(r, SCP_MALFORMED);
    if (!is_domain)
        return;
    app->sd = calloc(1, sizeof *app->sd);
    if (app->sd == NULL)
        scp_reader_fail(r, SCP_NO_MEMORY);
    else
        get_domain(image, app->sd);
}

static void get_load_files(struct image_reader *from, struct card_image *image)
{
    struct scp_reader *r = &from->in;
    size_t n = get_count(r, CARD_LOAD_FILES_MAX);
    for (size_t i = 0; i < n && scp_reader_status(r) == SCP_OK; i++) {
        struct card_load_file *file = card_image_add_load_file(image);
        if (file == NULL)
            scp_reader_fail(r, SCP_NO_MEMORY);
        else
            get_load_file(from, file);
    }
}

static void get_applications(struct image_reader *from, struct card_image *image)
{
    struct scp_reader *r = &from->in;
    size_t n = get_count(r, CARD_APPLICATIONS_MAX);
    for (size_t i = 0; i < n && scp_reader_status(r) == SCP_OK; i++) {
        struct card_application *app = card_image_add_application(image);
        if (app == NULL)
            scp_reader_fail(r, SCP_NO_MEMORY);
        else
            get_application(from, app);
    }
}

bool card_image_begins(struct scp_bytes head)
{
    return scp_bytes_equal(head, SCP_BYTES(magic));
}

static enum scp_error read_image(struct scp_bytes bytes, struct card_image *image)
{
    struct image_reader from = {.in = scp_reader_on(bytes)};
    if (!scp_bytes_equal(scp_get(&from.in, sizeof magic), SCP_BYTES(magic)))
        return SCP_UNSUPPORTED;
    from.version = scp_get_u16(&from.in);
    if (from.version == 0 || from.version > CARD_IMAGE_VERSION)
        return SCP_UNSUPPORTED;
    get_traits(&from, &image->traits);
    if (from.version >= 2) {
        image->restricted = scp_get_u8(&from.in);
        image->failed = scp_get_u8(&from.in);
    }
    get_load_files(&from, image);
    get_applications(&from, image);
    SCP_TRY(scp_reader_end(&from.in));
    if (image->application_count == 0 || card_isd(image)->sd == NULL)
        return SCP_MALFORMED;
    return SCP_OK;
}

enum scp_error card_image_decode(struct scp_bytes bytes, struct card_image *image)
{
    *image = (struct card_image){.application_count = 0};
    enum scp_error error = read_image(bytes, image);
    if (error != SCP_OK)
        card_image_fini(image);
    return error;
}
