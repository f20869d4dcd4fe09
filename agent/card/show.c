#include "agent/card/show.h"

#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"

const char *softcard_key_type_name(uint8_t type)
{
    static const struct {
        uint8_t type;
        const char *name;
    } names[] = {{SCP_KEY_TYPE_DES, "DES"},
                 {SCP_KEY_TYPE_AES, "AES"},
                 {SCP_KEY_TYPE_RSA_MODULUS, "RSA"},
                 {SCP_KEY_TYPE_EC_PUBLIC, "EC"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].type == type)
            return names[i].name;
    return "other";
}

static void show_keys(FILE *to, const struct card_domain *sd)
{
    for (size_t i = 0; i < sd->version_count; i++) {
        const struct card_key_version *version = &sd->versions[i];
        (void)fprintf(to, "      KVN %02X, counter %u, failed %u:", version->kvn,
                      (unsigned)version->counter, version->failed);
        for (size_t k = 0; k < sd->key_count; k++) {
            const struct card_key *key = &sd->keys[k];
            uint8_t kcv[3];
            char text[SCP_HEX_SIZE(3)] = "-";
            if (key->kvn != version->kvn)
                continue;
            if (card_kcv(key->type, scp_bytes_of(key->value, key->len), kcv) == SCP_OK)
                (void)scp_hex_encode(text, sizeof text, SCP_BYTES(kcv));
            (void)fprintf(to, " %u %s KCV %s", key->id, softcard_key_type_name(key->type), text);
        }
        (void)fputc('\n', to);
    }
}

static void show_privileges(FILE *to, uint32_t set)
{
    const char *name;
    for (size_t i = 0; (name = scp_privileges_nth_name(set, i)) != NULL; i++)
        (void)fprintf(to, "%s%s", i == 0 ? "      " : ", ", name);
    if (set != 0)
        (void)fputc('\n', to);
}

static enum scp_entity entity_of(const struct card_image *image, const struct card_application *app)
{
    if (card_is_isd(image, app))
        return SCP_ENTITY_CARD;
    return app->sd != NULL ? SCP_ENTITY_SECURITY_DOMAIN : SCP_ENTITY_APPLICATION;
}

static void show_application(FILE *to, const struct card_image *image,
                             const struct card_application *app)
{
    char aid[SCP_AID_HEX_SIZE];
    char domain[SCP_AID_HEX_SIZE];
    (void)fprintf(to, "  %-32s %s, %s, in %s, %u bytes\n", scp_aid_hex(&app->aid, aid),
                  card_applet_of(app->applet)->name,
                  scp_life_cycle_name(entity_of(image, app), app->state),
                  scp_aid_hex(&app->domain, domain), (unsigned)card_application_used(app));
    show_privileges(to, app->privileges);
    if (app->sd != NULL)
        show_keys(to, app->sd);
}

static void show_load_file(FILE *to, const struct card_load_file *file)
{
    char text[SCP_AID_HEX_SIZE];
    (void)fprintf(to, "  %-32s version %u.%u, %u bytes\n", scp_aid_hex(&file->aid, text),
                  file->version[0], file->version[1], (unsigned)file->size);
    for (size_t i = 0; i < file->module_count; i++)
        (void)fprintf(to, "      module %s\n", scp_aid_hex(&file->modules[i], text));
}

void softcard_show(FILE *to, const struct softcard *card)
{
    const struct card_image *image = &card->image;
    const struct card_traits *traits = &image->traits;
    char text[SCP_HEX_SIZE(CARD_ATR_MAX)];
    (void)fprintf(to, "ATR %s\n",
                  scp_hex_encode(text, sizeof text, scp_bytes_of(traits->atr, traits->atr_len)));
    (void)fprintf(to, "Secure channel SCP%02X i=%02X, diversification data %s\n", traits->protocol,
                  traits->i,
                  scp_hex_encode(text, sizeof text, SCP_BYTES(traits->diversification_data)));
    (void)fprintf(to, "Memory free %u of %u bytes, volatile %u of %u\n",
                  (unsigned)softcard_memory_free(card), (unsigned)traits->memory,
                  (unsigned)softcard_memory_volatile_free(card), (unsigned)traits->memory_volatile);
    (void)fputs("Load files\n", to);
    for (size_t i = 0; i < image->load_file_count; i++)
        show_load_file(to, image->load_files[i]);
    (void)fputs("Applications\n", to);
    for (size_t i = 0; i < image->application_count; i++)
        show_application(to, image, image->applications[i]);
}
