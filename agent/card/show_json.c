#include <jansson.h>

#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "agent/card/show.h"

/* The functions below hand a reference over, or NULL when memory is exhausted; adding NULL fails
 * and is noticed where an object is finished. */

enum { HEX_MAX = CARD_ATR_MAX };

static json_t *hex(struct scp_bytes bytes)
{
    char text[SCP_HEX_SIZE(HEX_MAX)];
    return json_string(scp_hex_encode(text, sizeof text, bytes));
}

static json_t *aid(const struct scp_aid *value)
{
    return hex(scp_aid_bytes(value));
}

static json_t *byte(uint8_t value)
{
    return hex(scp_bytes_of(&value, 1));
}

/* Add a member; with what is NULL the whole is given up. */
static void add(json_t **object, const char *name, json_t *value)
{
    if (json_object_set_new(*object, name, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

static void append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static json_t *key_of(const struct card_key *key)
{
    uint8_t kcv[3];
    json_t *object = json_object();
    add(&object, "id", json_integer(key->id));
    add(&object, "type", json_string(softcard_key_type_name(key->type)));
    add(&object, "length", json_integer((json_int_t)key->len));
    bool has_kcv = card_kcv(key->type, scp_bytes_of(key->value, key->len), kcv) == SCP_OK;
    add(&object, "kcv", has_kcv ? hex(SCP_BYTES(kcv)) : json_null());
    return object;
}

static json_t *key_set_of(const struct card_domain *sd, const struct card_key_version *version)
{
    json_t *object = json_object();
    json_t *keys = json_array();
    for (size_t i = 0; i < sd->key_count; i++)
        if (sd->keys[i].kvn == version->kvn)
            append(&keys, key_of(&sd->keys[i]));
    add(&object, "kvn", byte(version->kvn));
    add(&object, "counter", json_integer(version->counter));
    add(&object, "failed", json_integer(version->failed));
    add(&object, "keys", keys);
    return object;
}

/* ---- the registry ---------------------------------------------------------------------------- */

static json_t *privileges_of(uint32_t set)
{
    json_t *array = json_array();
    const char *name;
    for (size_t i = 0; (name = scp_privileges_nth_name(set, i)) != NULL; i++)
        append(&array, json_string(name));
    return array;
}

static json_t *application_of(const struct card_image *image, const struct card_application *app)
{
    json_t *object = json_object();
    enum scp_entity entity = card_is_isd(image, app) ? SCP_ENTITY_CARD
                             : app->sd != NULL       ? SCP_ENTITY_SECURITY_DOMAIN
                                                     : SCP_ENTITY_APPLICATION;
    add(&object, "aid", aid(&app->aid));
    add(&object, "kind", json_string(card_applet_of(app->applet)->name));
    add(&object, "state", json_string(scp_life_cycle_name(entity, app->state)));
    add(&object, "domain", aid(&app->domain));
    add(&object, "load_file", aid(&app->load_file));
    add(&object, "module", aid(&app->module));
    add(&object, "privileges", privileges_of(app->privileges));
    add(&object, "bytes", json_integer(card_application_used(app)));
    if (app->sd == NULL)
        return object;
    json_t *key_sets = json_array();
    for (size_t i = 0; i < app->sd->version_count; i++)
        append(&key_sets, key_set_of(app->sd, &app->sd->versions[i]));
    add(&object, "key_sets", key_sets);
    return object;
}

static json_t *load_file_of(const struct card_load_file *file)
{
    json_t *object = json_object();
    json_t *modules = json_array();
    for (size_t i = 0; i < file->module_count; i++)
        append(&modules, aid(&file->modules[i]));
    add(&object, "aid", aid(&file->aid));
    add(&object, "version", json_sprintf("%u.%u", file->version[0], file->version[1]));
    add(&object, "bytes", json_integer(file->size));
    add(&object, "domain", aid(&file->domain));
    add(&object, "modules", modules);
    return object;
}

/* ---- the card -------------------------------------------------------------------------------- */

static json_t *memory_of(const struct softcard *card)
{
    json_t *object = json_object();
    add(&object, "total", json_integer(softcard_memory_total(card)));
    add(&object, "free", json_integer(softcard_memory_free(card)));
    add(&object, "volatile_total", json_integer(card->image.traits.memory_volatile));
    add(&object, "volatile_free", json_integer(softcard_memory_volatile_free(card)));
    return object;
}

static json_t *card_of(const struct softcard *card)
{
    const struct card_image *image = &card->image;
    const struct card_traits *traits = &image->traits;
    json_t *object = json_object();
    json_t *load_files = json_array();
    json_t *applications = json_array();
    for (size_t i = 0; i < image->load_file_count; i++)
        append(&load_files, load_file_of(image->load_files[i]));
    for (size_t i = 0; i < image->application_count; i++)
        append(&applications, application_of(image, image->applications[i]));
    add(&object, "atr", hex(softcard_atr(card)));
    add(&object, "protocol", json_string(traits->protocol == SCP_PROTOCOL_02 ? "scp02" : "scp03"));
    add(&object, "i", byte(traits->i));
    add(&object, "diversification_data", hex(SCP_BYTES(traits->diversification_data)));
    add(&object, "memory", memory_of(card));
    add(&object, "load_files", load_files);
    add(&object, "applications", applications);
    return object;
}

bool softcard_show_json(FILE *to, const struct softcard *card)
{
    json_t *object = card_of(card);
    bool shown = object != NULL && json_dumpf(object, to, JSON_INDENT(2)) == 0;
    if (shown)
        (void)fputc('\n', to);
    json_decref(object);
    return shown;
}
