/* What a card remembers, from records: the reverse of image_put.c. */
#include <stdlib.h>

#include "agent/card/applet.h"
#include "agent/card/image.h"
#include "agent/card/registry.h"

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

static void get_timing(struct scp_reader *r, struct card_timing *timing)
{
    timing->interface = scp_get_u8(r);
    timing->bit_rate = scp_get_u32(r);
    timing->command_us = scp_get_u32(r);
    timing->write_us = scp_get_u32(r);
    timing->page_size = scp_get_u16(r);
    timing->cipher_us = scp_get_u32(r);
    if (timing->interface > CARD_INTERFACE_CONTACTLESS)
        scp_reader_fail(r, SCP_OUT_OF_RANGE);
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
    get_timing(r, &t->timing);
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

enum scp_error card_image_replay(const struct card_record *record, struct card_image *image)
{
    if (record->kind == 0 || record->kind >= CARD_RECORD_KINDS)
        return SCP_MALFORMED;
    struct scp_reader r = scp_reader_on(record->body);
    change *apply = record->removed ? changes[record->kind].remove : changes[record->kind].put;
    if (apply == NULL)
        return SCP_MALFORMED;
    apply(&r, image);
    return scp_reader_end(&r);
}
