#include "agent/card/card.h"
#include "agent/card/lifecycle.h"
#include "scp/base/secret.h"
#include "scp/crypto/kdf.h"

enum scp_error card_kcv(uint8_t type, struct scp_bytes value, uint8_t kcv[3])
{
    if (type != SCP_KEY_TYPE_DES && type != SCP_KEY_TYPE_AES)
        return SCP_UNSUPPORTED;
    struct scp_key key = {.len = 0};
    enum scp_error error = scp_key_from(&key, value);
    if (error == SCP_OK)
        error = type == SCP_KEY_TYPE_DES ? scp_kcv_des(&key, kcv) : scp_kcv_aes(&key, kcv);
    scp_wipe(&key, sizeof key);
    return error;
}

bool card_key_version_serves(const struct card_domain *sd, uint8_t kvn)
{
    uint8_t type = sd->protocol == SCP_PROTOCOL_03 ? SCP_KEY_TYPE_AES : SCP_KEY_TYPE_DES;
    for (uint8_t id = 1; id <= 3; id++) {
        const struct card_key *key = card_key_find(sd, kvn, id);
        if (key == NULL || key->type != type)
            return false;
    }
    return true;
}

static bool length_allowed(uint8_t type, size_t len)
{
    return len == 16 || len == 24 || (type == SCP_KEY_TYPE_AES && len == 32);
}

uint16_t card_key_store(struct card_application *domain, const struct card_key *key,
                        struct scp_bytes value, struct scp_bytes kcv)
{
    uint8_t computed[3];
    if (!length_allowed(key->type, value.len))
        return SCP_SW_WRONG_DATA;
    if (card_kcv(key->type, value, computed) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (!scp_bytes_equal(kcv, SCP_BYTES(computed)))
        return SCP_SW_SECURITY_STATUS;
    return card_sw_of(card_key_put(domain->sd, key, value));
}

void card_domain_keyed(struct card_application *domain)
{
    if (domain->sd->explicit_personalised || domain->state != SCP_SECURITY_DOMAIN_SELECTABLE)
        return;
    for (size_t i = 0; i < domain->sd->version_count; i++)
        if (card_key_version_serves(domain->sd, domain->sd->versions[i].kvn))
            (void)card_domain_personalise(domain);
}
