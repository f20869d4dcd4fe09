#include "agent/card/image.h"

#include <stdlib.h>

#include "agent/card/applet.h"
#include "agent/card/record.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"

static const uint8_t magic[CARD_IMAGE_MAGIC_SIZE] = {'R', 'B', 'S', 'C'};

/* ---- writing: each function makes the body of one record ---------------------------------------
 */

static void put_aid(struct scp_writer *w, const struct scp_aid *aid)
{
    scp_put_lv(w, scp_aid_bytes(aid));
}

static void put_value(struct scp_writer *w, const uint8_t *bytes, size_t len)
{
    scp_put_u32(w, (uint32_t)len);
    scp_put(w, scp_bytes_of(bytes, len));
}

static void put_aids(struct scp_writer *w, const struct scp_aid *aids, size_t count)
{
    scp_put_u16(w, (uint16_t)count);
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
    scp_put_lv(w, scp_bytes_of(t->atr, t->atr_len));
    scp_put_u32(w, t->memory);
    scp_put_u32(w, t->memory_volatile);
    scp_put_u32(w, t->application_volatile);
    scp_put(w, SCP_BYTES(t->diversification_data));
    scp_put_u16(w, (uint16_t)t->native_count);
    for (size_t i = 0; i < t->native_count; i++) {
        put_aid(w, &t->natives[i].module);
        scp_put_u8(w, t->natives[i].applet);
    }
    scp_put_u8(w, t->channels);
    scp_put_u8(w, t->terminate_after);
}

static void put_state(struct scp_writer *w, const struct card_image *image)
{
    scp_put_u8(w, image->restricted);
    scp_put_u8(w, image->failed);
}

static void put_started(struct scp_writer *w, const struct card_started *started)
{
    scp_put_u32(w, started->load_bytes);
    put_aid(w, &started->deletion);
    scp_put_u8(w, started->deletion_related);
}

static void put_load_file(struct scp_writer *w, const struct card_load_file *file)
{
    put_aid(w, &file->aid);
    put_aid(w, &file->domain);
    scp_put(w, SCP_BYTES(file->version));
    scp_put_u32(w, file->size);
    put_aids(w, file->modules, file->module_count);
    put_aids(w, file->imports, file->import_count);
    put_aid(w, &file->provider);
}

static void put_application(struct scp_writer *w, const struct card_application *app)
{
    put_aid(w, &app->aid);
    put_aid(w, &app->load_file);
    put_aid(w, &app->module);
    put_aid(w, &app->domain);
    scp_put_u8(w, app->applet);
    scp_put_u8(w, app->state);
    scp_put_u8(w, app->state_unlocked);
    scp_put_u24(w, app->privileges);
    scp_put_lv(w, scp_bytes_of(app->implicit, app->implicit_count));
    scp_put_u32(w, app->reserved);
    scp_put_u32(w, app->quota);
    scp_put_u32(w, app->volatile_bytes);
    put_aid(w, &app->provider);
    if (app->sd == NULL)
        return;
    scp_put_u8(w, app->sd->protocol);
    scp_put_u8(w, app->sd->i);
    scp_put_u8(w, app->sd->accept_extradition_to);
    scp_put_u8(w, app->sd->accept_deletion);
    scp_put_u8(w, app->sd->accept_extradition_from);
    scp_put_u8(w, app->sd->explicit_personalised);
    scp_put_u8(w, app->sd->restricted);
    scp_put_u16(w, app->sd->confirmations);
}

static void put_key(struct scp_writer *w, const struct card_application *app,
                    const struct card_key *key)
{
    put_aid(w, &app->aid);
    scp_put_u8(w, key->kvn);
    scp_put_u8(w, key->id);
    scp_put_u8(w, key->type);
    scp_put_u8(w, key->access);
    scp_put_u16(w, key->usage);
    put_value(w, key->value, key->len);
}

static void put_key_version(struct scp_writer *w, const struct card_application *app,
                            const struct card_key_version *version)
{
    put_aid(w, &app->aid);
    scp_put_u8(w, version->kvn);
    scp_put_u32(w, version->counter);
    scp_put_u8(w, version->failed);
}

static void put_object(struct scp_writer *w, const struct card_application *app,
                       const struct card_object *object)
{
    put_aid(w, &app->aid);
    scp_put_u32(w, object->id);
    put_value(w, object->bytes, object->len);
}

/* ---- flat ------------------------------------------------------------------------------------ */

/* One record around one call that makes its body. */
#define PUT_RECORD(w, kind, call)                                       \
    do {                                                                \
        struct card_record_mark mark_ = card_record_begin((w), (kind)); \
        call;                                                           \
        card_record_end((w), mark_);                                    \
    } while (0)

static void put_application_records(struct scp_writer *w, const struct card_application *app)
{
    PUT_RECORD(w, CARD_RECORD_APPLICATION, put_application(w, app));
    for (size_t i = 0; app->sd != NULL && i < app->sd->key_count; i++)
        PUT_RECORD(w, CARD_RECORD_KEY, put_key(w, app, &app->sd->keys[i]));
    for (size_t i = 0; app->sd != NULL && i < app->sd->version_count; i++)
        PUT_RECORD(w, CARD_RECORD_KEY_VERSION, put_key_version(w, app, &app->sd->versions[i]));
    for (size_t i = 0; i < app->objects.count; i++)
        PUT_RECORD(w, CARD_RECORD_OBJECT, put_object(w, app, &app->objects.items[i]));
}

static void put_records(struct scp_writer *w, const struct card_image *image)
{
    PUT_RECORD(w, CARD_RECORD_TRAITS, put_traits(w, &image->traits));
    PUT_RECORD(w, CARD_RECORD_STATE, put_state(w, image));
    PUT_RECORD(w, CARD_RECORD_STARTED, put_started(w, &image->started));
    for (size_t i = 0; i < image->load_file_count; i++)
        PUT_RECORD(w, CARD_RECORD_LOAD_FILE, put_load_file(w, image->load_files[i]));
    for (size_t i = 0; i < image->application_count; i++)
        put_application_records(w, image->applications[i]);
}

enum scp_error card_image_flatten(const struct card_image *image, size_t expected,
                                  struct rebind_blob *flat)
{
    *flat = (struct rebind_blob){NULL, 0};
    for (size_t size = expected + 512; size <= CARD_IMAGE_RECORDS_MAX; size *= 2) {
        uint8_t *buffer = malloc(size);
        if (buffer == NULL)
            return SCP_NO_MEMORY;
        struct scp_writer w = scp_writer_on(buffer, size);
        put_records(&w, image);
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

/* ---- reading: each function takes the body of one record ---------------------------------------
 */

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

static struct scp_bytes get_value(struct scp_reader *r)
{
    size_t len = scp_get_u32(r);
    return scp_get(r, len);
}

static void check(struct scp_reader *r, enum scp_error error)
{
    if (error != SCP_OK)
        scp_reader_fail(r, error);
}

static void get_aids(struct scp_reader *r, struct scp_aid **aids, size_t *count)
{
    size_t n = scp_get_u16(r);
    for (size_t i = 0; i < n && scp_reader_status(r) == SCP_OK; i++) {
        struct scp_aid aid = get_aid(r);
        check(r, card_aids_add(aids, count, scp_aid_bytes(&aid)));
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
    size_t n = scp_get_u16(r);
    if (n > CARD_MODULES_MAX)
        scp_reader_fail(r, SCP_TOO_LONG);
    for (size_t i = 0; i < n && scp_reader_status(r) == SCP_OK; i++) {
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

static void get_traits(struct scp_reader *r, struct card_image *image)
{
    struct card_traits *t = &image->traits;
    free(t->natives);
    *t = (struct card_traits){.natives = NULL};
    t->protocol = scp_get_u8(r);
    t->i = scp_get_u8(r);
    t->key_len = scp_get_u8(r);
    t->kvn_default = scp_get_u8(r);
    t->tries = scp_get_u8(r);
    t->max_command = scp_get_u8(r);
    t->personalises_in_installed = get_bool(r);
    t->load_wraps = get_bool(r);
    t->atr_len = get_short(r, t->atr, sizeof t->atr);
    t->memory = scp_get_u32(r);
    t->memory_volatile = scp_get_u32(r);
    t->application_volatile = scp_get_u32(r);
    scp_get_into(r, t->diversification_data, sizeof t->diversification_data);
    get_natives(r, t);
    t->channels = scp_get_u8(r);
    t->terminate_after = scp_get_u8(r);
    if (t->channels >= CARD_CHANNELS_MAX)
        scp_reader_fail(r, SCP_OUT_OF_RANGE);
    if (t->protocol != SCP_PROTOCOL_02 && t->protocol != SCP_PROTOCOL_03)
        scp_reader_fail(r, SCP_MALFORMED);
}

static void get_state(struct scp_reader *r, struct card_image *image)
{
    image->restricted = scp_get_u8(r);
    image->failed = scp_get_u8(r);
}

static void get_started(struct scp_reader *r, struct card_image *image)
{
    image->started.load_bytes = scp_get_u32(r);
    image->started.deletion = get_aid(r);
    image->started.deletion_related = get_bool(r);
}

static void get_load_file(struct scp_reader *r, struct card_image *image)
{
    struct scp_aid aid = get_aid(r);
    struct card_load_file *file = card_load_file_find(image, scp_aid_bytes(&aid));
    bool full = image->load_file_count >= CARD_LOAD_FILES_MAX;
    if (file == NULL)
        file = full ? NULL : card_image_add_load_file(image);
    if (file == NULL) {
        scp_reader_fail(r, full ? SCP_TOO_LONG : SCP_NO_MEMORY);
        return;
    }
    card_load_file_fini(file);
    file->aid = aid;
    file->domain = get_aid(r);
    scp_get_into(r, file->version, sizeof file->version);
    file->size = scp_get_u32(r);
    get_aids(r, &file->modules, &file->module_count);
    get_aids(r, &file->imports, &file->import_count);
    file->provider = get_aid(r);
}

static void get_domain(struct scp_reader *r, struct card_application *app)
{
    if (app->sd == NULL)
        app->sd = calloc(1, sizeof *app->sd);
    if (app->sd == NULL) {
        scp_reader_fail(r, SCP_NO_MEMORY);
        return;
    }
    app->sd->protocol = scp_get_u8(r);
    app->sd->i = scp_get_u8(r);
    app->sd->accept_extradition_to = scp_get_u8(r);
    app->sd->accept_deletion = scp_get_u8(r);
    app->sd->accept_extradition_from = scp_get_u8(r);
    app->sd->explicit_personalised = get_bool(r);
    app->sd->restricted = scp_get_u8(r);
    app->sd->confirmations = scp_get_u16(r);
}

/* What belongs to the application (keys, objects) is in records of its own and stays. */
static void get_application(struct scp_reader *r, struct card_image *image)
{
    struct scp_aid aid = get_aid(r);
    struct card_application *app = card_application_find(image, scp_aid_bytes(&aid));
    bool full = image->application_count >= CARD_APPLICATIONS_MAX;
    if (app == NULL)
        app = full ? NULL : card_image_add_application(image);
    if (app == NULL) {
        scp_reader_fail(r, full ? SCP_TOO_LONG : SCP_NO_MEMORY);
        return;
    }
    app->aid = aid;
    app->load_file = get_aid(r);
    app->module = get_aid(r);
    app->domain = get_aid(r);
    app->applet = get_applet_kind(r);
    app->state = scp_get_u8(r);
    app->state_unlocked = scp_get_u8(r);
    app->privileges = scp_get_u24(r);
    app->implicit_count = get_short(r, app->implicit, sizeof app->implicit);
    app->reserved = scp_get_u32(r);
    app->quota = scp_get_u32(r);
    app->volatile_bytes = scp_get_u32(r);
    app->provider = get_aid(r);
    if (app->applet == CARD_APPLET_DOMAIN)
        get_domain(r, app);
}

/* The application that a record belongs to. */
static struct card_application *get_owner(struct scp_reader *r, const struct card_image *image)
{
    struct scp_aid aid = get_aid(r);
    struct card_application *app = card_application_find(image, scp_aid_bytes(&aid));
    if (app == NULL)
        scp_reader_fail(r, SCP_MALFORMED);
    return app;
}

static struct card_domain *get_owner_domain(struct scp_reader *r, const struct card_image *image)
{
    const struct card_application *app = get_owner(r, image);
    if (app != NULL && app->sd == NULL)
        scp_reader_fail(r, SCP_MALFORMED);
    return app == NULL ? NULL : app->sd;
}

static void get_key(struct scp_reader *r, struct card_image *image)
{
    struct card_domain *sd = get_owner_domain(r, image);
    struct card_key key = {.kvn = scp_get_u8(r)};
    key.id = scp_get_u8(r);
    key.type = scp_get_u8(r);
    key.access = scp_get_u8(r);
    key.usage = scp_get_u16(r);
    struct scp_bytes value = get_value(r);
    if (scp_reader_status(r) == SCP_OK)
        check(r, card_key_place(sd, &key, value));
}

static void get_key_version(struct scp_reader *r, struct card_image *image)
{
    struct card_domain *sd = get_owner_domain(r, image);
    struct card_key_version version = {.kvn = scp_get_u8(r)};
    version.counter = scp_get_u32(r);
    version.failed = scp_get_u8(r);
    if (scp_reader_status(r) == SCP_OK)
        check(r, card_key_version_place(sd, version));
}

static void get_object(struct scp_reader *r, struct card_image *image)
{
    struct card_application *app = get_owner(r, image);
    uint32_t id = scp_get_u32(r);
    struct scp_bytes value = get_value(r);
    if (scp_reader_status(r) == SCP_OK)
        check(r, card_object_put(&app->objects, id, value));
}

/* ---- removals: each function takes a name ------------------------------------------------------
 */

static void remove_load_file(struct scp_reader *r, struct card_image *image)
{
    struct scp_aid aid = get_aid(r);
    card_image_remove_load_file(image, card_load_file_find(image, scp_aid_bytes(&aid)));
}

static void remove_application(struct scp_reader *r, struct card_image *image)
{
    struct card_application *app = get_owner(r, image);
    if (app != NULL)
        card_image_remove_application(image, app);
}

static void remove_key(struct scp_reader *r, struct card_image *image)
{
    struct card_domain *sd = get_owner_domain(r, image);
    uint8_t kvn = scp_get_u8(r);
    uint8_t id = scp_get_u8(r);
    if (scp_reader_status(r) == SCP_OK)
        card_key_take(sd, kvn, id);
}

static void remove_key_version(struct scp_reader *r, struct card_image *image)
{
    struct card_domain *sd = get_owner_domain(r, image);
    uint8_t kvn = scp_get_u8(r);
    if (scp_reader_status(r) == SCP_OK)
        card_key_version_take(sd, kvn);
}

static void remove_object(struct scp_reader *r, struct card_image *image)
{
    struct card_application *app = get_owner(r, image);
    uint32_t id = scp_get_u32(r);
    if (scp_reader_status(r) == SCP_OK)
        card_object_remove(&app->objects, id);
}

/* ---- replaying ------------------------------------------------------------------------------- */

typedef void change(struct scp_reader *r, struct card_image *image);

static const struct {
    change *put;
    change *remove; /* NULL: there is always one */
} changes[CARD_RECORD_KINDS] = {
    [CARD_RECORD_TRAITS] = {get_traits, NULL},
    [CARD_RECORD_STATE] = {get_state, NULL},
    [CARD_RECORD_STARTED] = {get_started, NULL},
    [CARD_RECORD_LOAD_FILE] = {get_load_file, remove_load_file},
    [CARD_RECORD_KEY] = {get_key, remove_key},
    [CARD_RECORD_KEY_VERSION] = {get_key_version, remove_key_version},
    [CARD_RECORD_OBJECT] = {get_object, remove_object},
    [CARD_RECORD_APPLICATION] = {get_application, remove_application},
};

static enum scp_error replay(const struct card_record *record, struct card_image *image)
{
    struct scp_reader r = scp_reader_on(record->body);
    change *apply = record->removed ? changes[record->kind].remove : changes[record->kind].put;
    if (apply == NULL)
        return SCP_MALFORMED;
    apply(&r, image);
    return scp_reader_end(&r);
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
        error = replay(&record, image);
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
        SCP_TRY(replay(&record, image));
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
