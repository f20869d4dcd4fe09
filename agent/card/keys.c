/* Keys of security domains: what comes, how it is kept, what it changes (GPCS 7.5, 11.8, 11.11.4).
 */
#include "agent/card/card.h"
#include "agent/card/lifecycle.h"
#include "scp/base/secret.h"
#include "scp/crypto/kdf.h"

#include <stdlib.h>

bool card_key_version_serves(const struct card_domain *sd, uint8_t kvn)
{
    uint8_t type = sd->protocol == SCP_PROTOCOL_03 ? SCP_KEY_TYPE_AES : SCP_KEY_TYPE_DES;
    uint8_t last = card_domain_one_key(sd) ? 1 : 3;
    for (uint8_t id = 1; id <= last; id++) {
        const struct card_key *key = card_key_find(sd, kvn, id);
        if (key == NULL || key->type != type)
            return false;
    }
    return true;
}

bool card_key_is_symmetric(uint8_t type)
{
    return type < SCP_KEY_TYPE_RSA_EXPONENT;
}

/* ---- check values -----------------------------------------------------------------------------
 */

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

/* Those of DES and AES are mandatory and verified; no other type has one (GPCS 11.8.2.3.3, B.6). */
static uint16_t check_kcv(uint8_t type, struct scp_bytes value, struct scp_bytes kcv)
{
    uint8_t computed[3];
    if (type != SCP_KEY_TYPE_DES && type != SCP_KEY_TYPE_AES)
        return kcv.len == 0 ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
    if (kcv.len == 0 || card_kcv(type, value, computed) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    return scp_bytes_equal(kcv, SCP_BYTES(computed)) ? SCP_SW_SUCCESS : SCP_SW_SECURITY_STATUS;
}

/* ---- symmetric keys ---------------------------------------------------------------------------
 */

/* The types that are taken and their lengths. */
static const struct symmetric_type {
    uint8_t type;
    uint8_t lengths[4];
} symmetric_types[] = {
    {SCP_KEY_TYPE_DES, {16, 24}},
    {SCP_KEY_TYPE_AES, {16, 24, 32}},
    {SCP_KEY_TYPE_PSK_TLS, {16, 24, 32, 64}},
    {SCP_KEY_TYPE_HMAC_SHA1, {16, 20, 32, 64}},
    {SCP_KEY_TYPE_HMAC_SHA1_160, {16, 20, 32, 64}},
};

static bool length_allowed(uint8_t type, size_t len)
{
    for (size_t i = 0; i < sizeof symmetric_types / sizeof symmetric_types[0]; i++)
        for (size_t k = 0; symmetric_types[i].type == type && k < 4; k++)
            if (len != 0 && symmetric_types[i].lengths[k] == len)
                return true;
    return false;
}

static uint16_t take_symmetric(struct card_domain *sd, const struct card_key *key,
                               struct scp_bytes clear, struct scp_bytes kcv)
{
    if (!length_allowed(key->type, clear.len))
        return SCP_SW_WRONG_DATA;
    uint16_t sw = check_kcv(key->type, clear, kcv);
    return sw == SCP_SW_SUCCESS ? card_sw_of(card_key_put(sd, key, clear)) : sw;
}

/* ---- asymmetric keys --------------------------------------------------------------------------
 */

#define A(type) (1u << ((type)-SCP_KEY_TYPE_RSA_EXPONENT))
#define B(type) (1u << (9 + (type)-SCP_KEY_TYPE_EC_PUBLIC))
enum { F0 = 1 << 17, CURVE = 0x1F << 11, COFACTOR = 1 << 16 };

/* The components that make a key (GPCS tables 11-72 to 11-77): all of `needs`, perhaps of
 * `may_have`. */
static const struct key_form {
    uint32_t needs;
    uint32_t may_have;
} key_forms[] = {
    {A(SCP_KEY_TYPE_RSA_MODULUS) | A(SCP_KEY_TYPE_RSA_EXPONENT), 0},
    {A(SCP_KEY_TYPE_RSA_MODULUS) | A(SCP_KEY_TYPE_RSA_PRIVATE_EXPONENT), 0},
    {A(SCP_KEY_TYPE_RSA_SECRET_MODULUS) | A(SCP_KEY_TYPE_RSA_PRIVATE_EXPONENT), 0},
    {A(SCP_KEY_TYPE_RSA_P) | A(SCP_KEY_TYPE_RSA_Q) | A(SCP_KEY_TYPE_RSA_PQ) |
         A(SCP_KEY_TYPE_RSA_DP1) | A(SCP_KEY_TYPE_RSA_DQ1),
     0},
    {B(SCP_KEY_TYPE_EC_PUBLIC) | F0, 0},
    {B(SCP_KEY_TYPE_EC_PRIVATE) | F0, 0},
    {B(SCP_KEY_TYPE_EC_PUBLIC) | CURVE, COFACTOR},
    {B(SCP_KEY_TYPE_EC_PRIVATE) | CURVE, COFACTOR},
    {F0 | CURVE, COFACTOR},
};

static uint32_t component_bit(uint8_t type)
{
    if (type == SCP_KEY_TYPE_EC_PARAMETERS)
        return F0;
    if (type >= SCP_KEY_TYPE_RSA_EXPONENT && type <= SCP_KEY_TYPE_RSA_DQ1)
        return A(type);
    if (type >= SCP_KEY_TYPE_EC_PUBLIC && type <= SCP_KEY_TYPE_EC_K)
        return B(type);
    return 0;
}

#undef A
#undef B

/* Whether the components are those of a key, each once. */
static bool is_whole(const struct scp_new_key *from)
{
    uint32_t has = 0;
    for (size_t i = 0; i < from->component_count; i++) {
        uint32_t bit = component_bit(from->components[i].type);
        if (bit == 0 || (has & bit) != 0)
            return false;
        has |= bit;
    }
    for (size_t i = 0; i < sizeof key_forms / sizeof key_forms[0]; i++)
        if ((has & key_forms[i].needs) == key_forms[i].needs &&
            (has & ~(key_forms[i].needs | key_forms[i].may_have)) == 0)
            return true;
    return false;
}

/* ---- one key ----------------------------------------------------------------------------------
 */

/* The clear value of a component in `buffer`, or as it came when it is public. */
static enum scp_error clear_component(const struct softcard *card,
                                      const struct scp_key_component *component, uint8_t *buffer,
                                      struct scp_bytes *clear)
{
    *clear = component->value;
    if (!scp_key_type_is_secret(component->type))
        return SCP_OK;
    if (component->value.len > CARD_KEY_VALUE_MAX || component->clear_len > component->value.len)
        return SCP_OUT_OF_RANGE;
    *clear = scp_bytes_of(buffer, component->clear_len);
    return card_decrypt(card, component->value, buffer);
}

/* The components one after the other, as struct card_key keeps them. */
static enum scp_error join_components(const struct softcard *card, const struct scp_new_key *from,
                                      uint8_t *buffer, struct scp_writer *w)
{
    for (size_t i = 0; i < from->component_count; i++) {
        struct scp_bytes clear;
        SCP_TRY(clear_component(card, &from->components[i], buffer, &clear));
        scp_put_u8(w, from->components[i].type);
        scp_put_u16(w, (uint16_t)clear.len);
        scp_put(w, clear);
    }
    return scp_writer_status(w);
}

/* Room for a clear component, and behind it for the joined ones. */
enum { JOINED_AT = CARD_KEY_VALUE_MAX, WORK_SIZE = 2 * CARD_KEY_VALUE_MAX };

static uint16_t take_into(const struct softcard *card, struct card_domain *sd,
                          const struct card_key *key, const struct scp_new_key *from,
                          uint8_t buffer[WORK_SIZE])
{
    struct scp_bytes clear;
    if (card_key_is_symmetric(key->type)) {
        if (from->component_count != 1 ||
            clear_component(card, &from->components[0], buffer, &clear) != SCP_OK)
            return SCP_SW_WRONG_DATA;
        return take_symmetric(sd, key, clear, from->kcv);
    }
    if (!is_whole(from) || from->kcv.len > 0)
        return SCP_SW_WRONG_DATA;
    struct scp_writer w = scp_writer_on(buffer + JOINED_AT, CARD_KEY_VALUE_MAX);
    enum scp_error error = join_components(card, from, buffer, &w);
    return card_sw_of(error == SCP_OK ? card_key_put(sd, key, scp_written(&w)) : error);
}

uint16_t card_key_receive(const struct softcard *card, struct card_domain *sd, uint8_t kvn,
                          uint8_t key_id, const struct scp_new_key *from)
{
    if (from->usage.len > 2 || from->access.len > 1)
        return SCP_SW_WRONG_DATA;
    struct card_key key = {
        .kvn = kvn, .id = key_id, .type = from->components[0].type, .access = CARD_KEY_ACCESS_NONE};
    for (size_t i = 0; i < from->usage.len; i++)
        key.usage |= (uint16_t)(from->usage.ptr[i] << (i == 0 ? 8 : 0));
    if (from->access.len == 1)
        key.access = from->access.ptr[0];
    uint8_t *buffer = malloc(WORK_SIZE);
    if (buffer == NULL)
        return SCP_SW_MEMORY_FAILURE;
    uint16_t sw = take_into(card, sd, &key, from, buffer);
    scp_wipe(buffer, WORK_SIZE);
    free(buffer);
    return sw;
}

bool card_key_same_kind(const struct card_key *old, const struct scp_new_key *new)
{
    const struct scp_key_component *component = &new->components[0];
    return old->type == component->type &&
           (!card_key_is_symmetric(old->type) || old->len == component->clear_len);
}

/* ---- afterwards -------------------------------------------------------------------------------
 */

/* A selectable domain with a whole key set becomes PERSONALIZED, unless it was installed to wait
 * for SET STATUS (GPCS 5.3.2.3). */
static void personalise_by_keys(struct card_application *domain)
{
    if (domain->sd->explicit_personalised || domain->state != SCP_SECURITY_DOMAIN_SELECTABLE)
        return;
    for (size_t i = 0; i < domain->sd->version_count; i++)
        if (card_key_version_serves(domain->sd, domain->sd->versions[i].kvn))
            (void)card_domain_personalise(domain);
}

void card_keys_written(struct card_application *domain, uint8_t kvn, uint32_t ids)
{
    enum { CHANNEL_KEYS = 0x0E };
    struct card_key_version *version = card_key_version_find(domain->sd, kvn);
    bool anew = domain->sd->protocol == SCP_PROTOCOL_03 ? (ids & CHANNEL_KEYS) == CHANNEL_KEYS
                                                        : (ids & CHANNEL_KEYS) != 0;
    if (version != NULL && anew)
        *version = (struct card_key_version){.kvn = kvn};
    personalise_by_keys(domain);
}
