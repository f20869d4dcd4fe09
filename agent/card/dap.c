/* Load file data block signatures (GPCS 9.2.1, 9.3.5, C.3). */
#include "scp/gp/dap.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/gp/signing_key.h"

/* ---- the key of a domain ----------------------------------------------------------------------
 */

/* The components of a stored key, as keys.c joins them. */
static size_t split(const struct card_key *key,
                    struct scp_key_component components[SCP_KEY_COMPONENTS_MAX])
{
    struct scp_bytes value = scp_bytes_of(key->value, key->len);
    if (card_key_is_symmetric(key->type)) {
        components[0] =
            (struct scp_key_component){.type = key->type, .value = value, .clear_len = value.len};
        return 1;
    }
    struct scp_reader r = scp_reader_on(value);
    size_t count = 0;
    while (scp_reader_left(&r) > 0 && count < SCP_KEY_COMPONENTS_MAX) {
        struct scp_key_component *component = &components[count++];
        *component = (struct scp_key_component){.type = scp_get_u8(&r)};
        uint16_t len = scp_get_u16(&r);
        component->value = scp_get(&r, len);
        component->clear_len = len;
    }
    return count;
}

enum scp_error card_signing_key(const struct card_key *key, struct scp_signature_key *out)
{
    struct scp_key_component components[SCP_KEY_COMPONENTS_MAX];
    size_t count = split(key, components);
    return scp_signing_key(components, count, out);
}

/* The key that a domain knows to be its own for this (GPCS 9.2.1): the one whose usage says so,
 * else by its customary version. */
static const struct card_key *dap_key(const struct card_domain *sd)
{
    enum { KVN_DAP = 0x73, KVN_DAP_UICC = 0x11, USAGE_DAP = SCP_KEY_USAGE_DAP << 8 };
    for (size_t i = 0; i < sd->key_count; i++)
        if (sd->keys[i].usage == USAGE_DAP)
            return &sd->keys[i];
    const struct card_key *key = card_key_find(sd, KVN_DAP, 1);
    return key != NULL ? key : card_key_find(sd, KVN_DAP_UICC, 1);
}

/* ---- verification -----------------------------------------------------------------------------
 */

static bool verifies(const struct card_application *app)
{
    return app->sd != NULL && app->state == SCP_SECURITY_DOMAIN_PERSONALIZED &&
           scp_privileges_have(app->privileges, SCP_PRIVILEGE_DAP_VERIFICATION);
}

static uint16_t verify(const struct card_application *domain, const struct scp_dap *dap,
                       struct scp_bytes hash)
{
    struct scp_signature_key key;
    const struct card_key *stored = dap_key(domain->sd);
    if (stored == NULL || card_signing_key(stored, &key) != SCP_OK)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (scp_dap_check_hash(&key, hash) != SCP_OK)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return scp_dap_verify(&key, dap, hash) == SCP_OK ? SCP_SW_SUCCESS : SCP_SW_SECURITY_STATUS;
}

/* Whether a load file for the domain `target` needs the signature of `app`. */
static bool demands(const struct card_application *app, const struct scp_aid *target)
{
    return verifies(app) &&
           (scp_aid_equal(&app->aid, target) ||
            scp_privileges_have(app->privileges, SCP_PRIVILEGE_MANDATED_DAP_VERIFICATION));
}

static bool has_what_is_demanded(const struct card_image *image, const struct card_load *load,
                                 const struct scp_load_file *file)
{
    for (size_t i = 0; i < image->application_count; i++)
        if (demands(image->applications[i], &load->domain) &&
            scp_dap_find(file, &image->applications[i]->aid) == NULL)
            return false;
    return true;
}

uint16_t card_verify_daps(const struct card_image *image, const struct card_load *load,
                          const struct scp_load_file *file)
{
    if (!has_what_is_demanded(image, load, file) || (file->dap_count > 0 && load->hash_len == 0))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    for (size_t i = 0; i < file->dap_count; i++) {
        const struct scp_dap *dap = &file->daps[i];
        const struct card_application *domain =
            card_domain_find(image, scp_aid_bytes(&dap->security_domain));
        if (domain == NULL || !verifies(domain))
            return SCP_SW_CONDITIONS_NOT_SATISFIED;
        uint16_t sw = verify(domain, dap, scp_bytes_of(load->hash, load->hash_len));
        if (sw != SCP_SW_SUCCESS)
            return sw;
    }
    return SCP_SW_SUCCESS;
}
