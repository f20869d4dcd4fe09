/* Images of version 1: the traits, then the load files, then the applications with all that belongs
 * to them, each field in turn. Nothing writes them any more, so this file does not change. */
#include "agent/card/image.h"

#include <stdlib.h>

#include "agent/card/applet.h"

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

static void get_traits(struct scp_reader *r, struct card_traits *t)
{
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
    if (t->protocol != SCP_PROTOCOL_02 && t->protocol != SCP_PROTOCOL_03)
        scp_reader_fail(r, SCP_MALFORMED);
    get_natives(r, t);
}

static void get_load_file(struct scp_reader *r, struct card_load_file *file)
{
    file->aid = get_aid(r);
    file->domain = get_aid(r);
    scp_get_into(r, file->version, sizeof file->version);
    file->size = scp_get_u32(r);
    get_aids(r, &file->modules, &file->module_count);
    get_aids(r, &file->imports, &file->import_count);
}

static void get_keys(struct scp_reader *r, struct card_domain *sd)
{
    size_t n = get_count(r, CARD_KEYS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct card_key key = {.access = CARD_KEY_ACCESS_NONE};
        key.kvn = scp_get_u8(r);
        key.id = scp_get_u8(r);
        key.type = scp_get_u8(r);
        enum scp_error error = card_key_put(sd, &key, get_value(r));
        if (error != SCP_OK)
            scp_reader_fail(r, error);
    }
}

/* The versions come before the keys and hold counters; adding a key begins its counters anew. */
static void get_domain(struct scp_reader *r, struct card_domain *sd)
{
    sd->protocol = scp_get_u8(r);
    sd->i = scp_get_u8(r);
    sd->accept_extradition_to = scp_get_u8(r);
    sd->accept_deletion = scp_get_u8(r);
    sd->accept_extradition_from = scp_get_u8(r);
    sd->explicit_personalised = get_bool(r);
    size_t n = get_count(r, CARD_KEYS_MAX);
    struct scp_reader versions = scp_reader_on(scp_get(r, 6 * n));
    get_keys(r, sd);
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

static void get_application(struct scp_reader *r, struct card_application *app)
{
    app->aid = get_aid(r);
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
        get_domain(r, app->sd);
}

static void get_load_files(struct scp_reader *r, struct card_image *image)
{
    size_t n = get_count(r, CARD_LOAD_FILES_MAX);
    for (size_t i = 0; i < n && scp_reader_status(r) == SCP_OK; i++) {
        struct card_load_file *file = card_image_add_load_file(image);
        if (file == NULL)
            scp_reader_fail(r, SCP_NO_MEMORY);
        else
            get_load_file(r, file);
    }
}

static void get_applications(struct scp_reader *r, struct card_image *image)
{
    size_t n = get_count(r, CARD_APPLICATIONS_MAX);
    for (size_t i = 0; i < n && scp_reader_status(r) == SCP_OK; i++) {
        struct card_application *app = card_image_add_application(image);
        if (app == NULL)
            scp_reader_fail(r, SCP_NO_MEMORY);
        else
            get_application(r, app);
    }
}

void card_image_1_get(struct scp_reader *r, struct card_image *image)
{
    get_traits(r, &image->traits);
    get_load_files(r, image);
    get_applications(r, image);
}
