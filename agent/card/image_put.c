/* What a card remembers, as flat records: the reverse of image_get.c. */
#include "agent/card/image.h"

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
    scp_put_u8(w, t->timing.interface);
    scp_put_u32(w, t->timing.bit_rate);
    scp_put_u32(w, t->timing.command_us);
    scp_put_u32(w, t->timing.write_us);
    scp_put_u16(w, t->timing.page_size);
    scp_put_u32(w, t->timing.cipher_us);
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

void card_image_put(struct scp_writer *w, const struct card_image *image)
{
    PUT_RECORD(w, CARD_RECORD_TRAITS, put_traits(w, &image->traits));
    PUT_RECORD(w, CARD_RECORD_STATE, put_state(w, image));
    PUT_RECORD(w, CARD_RECORD_STARTED, put_started(w, &image->started));
    for (size_t i = 0; i < image->load_file_count; i++)
        PUT_RECORD(w, CARD_RECORD_LOAD_FILE, put_load_file(w, image->load_files[i]));
    for (size_t i = 0; i < image->application_count; i++)
        put_application_records(w, image->applications[i]);
}
