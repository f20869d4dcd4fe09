/* GET DATA (GPCS 11.3). Class 80 answers with the data object, class 00 with its value. */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/gp/card_data.h"
#include "scp/gp/tlv.h"

enum {
    TAG_CONFIRMATIONS = 0xC2,
    TAG_SECURITY_LEVEL = 0xD3,
    TAG_APPLICATIONS = 0x2F00,
    TAG_MANAGER_URL = 0x5F50,
    TAG_LONGEST_COMMAND = 0x9F65,
};

/* Append a value, or return a status word. */
typedef uint16_t value_function(const struct softcard *card, const struct card_application *domain,
                                struct scp_writer *out);

static uint16_t diversification(const struct softcard *card, const struct card_application *domain,
                                struct scp_writer *out)
{
    (void)domain;
    scp_put(out, SCP_BYTES(card->image.traits.diversification_data));
    return SCP_SW_SUCCESS;
}

/* The coordinates of an EC key are told without their coding identifier 04, a curve by its
 * reference instead of a length (GPCS 11.3.3.1.1). */
static uint16_t component_length(uint8_t type, struct scp_bytes value)
{
    if (type == SCP_KEY_TYPE_EC_PUBLIC && value.len > 0)
        return (uint16_t)(value.len - 1);
    if (type == SCP_KEY_TYPE_EC_PARAMETERS && value.len > 0)
        return value.len == 1 ? value.ptr[0] : scp_load_u16(value.ptr);
    return (uint16_t)value.len;
}

/* Type and length of a component, in the basic or the extended form. */
static void put_component(struct scp_writer *w, bool extended, uint8_t type, uint16_t length)
{
    if (extended)
        scp_put_u8(w, SCP_KEY_TYPE_EXTENDED);
    scp_put_u8(w, type);
    if (extended)
        scp_put_u16(w, length);
    else
        scp_put_u8(w, length > UINT8_MAX ? 0 : (uint8_t)length);
}

/* The components as keys.c joins them; those of a curve of its own are not shown. */
static void put_components(struct scp_writer *w, bool extended, const struct card_key *key)
{
    struct scp_reader r = scp_reader_on(scp_bytes_of(key->value, key->len));
    while (scp_reader_left(&r) > 0) {
        uint8_t type = scp_get_u8(&r);
        uint16_t len = scp_get_u16(&r);
        struct scp_bytes value = scp_get(&r, len);
        if (type < SCP_KEY_TYPE_EC_P || type > SCP_KEY_TYPE_EC_K)
            put_component(w, extended, type, component_length(type, value));
    }
}

/* Usage and access, each with its length (GPCS table 11-29). */
static void put_usage(struct scp_writer *w, const struct card_key *key)
{
    enum { TWO_BYTES = 0x00FF };
    size_t usage_len = (key->usage & TWO_BYTES) != 0 ? 2 : key->usage != 0;
    scp_put_u8(w, (uint8_t)usage_len);
    if (usage_len > 0)
        scp_put_u8(w, (uint8_t)(key->usage >> 8));
    if (usage_len > 1)
        scp_put_u8(w, (uint8_t)key->usage);
    scp_put_u8(w, key->access != CARD_KEY_ACCESS_NONE);
    if (key->access != CARD_KEY_ACCESS_NONE)
        scp_put_u8(w, key->access);
}

/* The extended form is for what the basic one cannot say: usage, access, a curve of two bytes. */
static void put_key_information(struct scp_writer *w, const struct card_key *key)
{
    enum { TAG_KEY_INFORMATION = 0xC0 };
    bool extended = key->usage != 0 || key->access != CARD_KEY_ACCESS_NONE;
    size_t mark = scp_tlv_begin(w, TAG_KEY_INFORMATION);
    scp_put_u8(w, key->id);
    scp_put_u8(w, key->kvn);
    if (card_key_is_symmetric(key->type))
        put_component(w, extended, key->type, (uint16_t)key->len);
    else
        put_components(w, extended, key);
    if (extended)
        put_usage(w, key);
    scp_tlv_end(w, mark);
}

static uint16_t key_information(const struct softcard *card, const struct card_application *domain,
                                struct scp_writer *out)
{
    (void)card;
    for (size_t i = 0; i < domain->sd->key_count; i++)
        put_key_information(out, &domain->sd->keys[i]);
    return domain->sd->key_count > 0 ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

/* Of the default key version, the first one of the secure channel. */
static uint16_t sequence_counter(const struct softcard *card, const struct card_application *domain,
                                 struct scp_writer *out)
{
    (void)card;
    for (size_t i = 0; i < domain->sd->version_count; i++) {
        const struct card_key_version *version = &domain->sd->versions[i];
        if (!card_key_version_serves(domain->sd, version->kvn))
            continue;
        if (domain->sd->protocol == SCP_PROTOCOL_02)
            scp_put_u16(out, (uint16_t)version->counter);
        else
            scp_put_u24(out, version->counter);
        return SCP_SW_SUCCESS;
    }
    return SCP_SW_DATA_NOT_FOUND;
}

/* GPCS table 10-1. */
static uint16_t security_level(const struct softcard *card, const struct card_application *domain,
                               struct scp_writer *out)
{
    enum { AUTHENTICATED = 0x80 };
    const struct card_session *session = &card->at->session;
    (void)domain;
    bool open = session->state == CARD_SESSION_OPEN;
    scp_put_u8(out, open ? AUTHENTICATED | scp_card_channel_level(&session->channel) : 0);
    return SCP_SW_SUCCESS;
}

static uint16_t confirmations(const struct softcard *card, const struct card_application *domain,
                              struct scp_writer *out)
{
    (void)card;
    if (!scp_privileges_have(domain->privileges, SCP_PRIVILEGE_RECEIPT_GENERATION))
        return SCP_SW_DATA_NOT_FOUND;
    scp_put_u16(out, domain->sd->confirmations);
    return SCP_SW_SUCCESS;
}

static uint16_t longest_command(const struct softcard *card, const struct card_application *domain,
                                struct scp_writer *out)
{
    (void)domain;
    scp_put_u8(out, card->image.traits.max_command);
    return SCP_SW_SUCCESS;
}

/* What was stored, or what the domain can say of itself (GPCS H.2, H.3). */
static uint16_t management_data(const struct softcard *card, const struct card_application *domain,
                                struct scp_writer *out)
{
    (void)card;
    card_put_management_data(out, domain);
    return SCP_SW_SUCCESS;
}

static const struct computed {
    uint16_t tag;
    value_function *value;
} computed[] = {
    {SCP_DATA_DIVERSIFICATION, diversification},
    {SCP_DATA_KEY_INFORMATION, key_information},
    {SCP_DATA_SEQUENCE_COUNTER, sequence_counter},
    {TAG_SECURITY_LEVEL, security_level},
    {TAG_CONFIRMATIONS, confirmations},
    {TAG_LONGEST_COMMAND, longest_command},
    {SCP_DATA_CARD_RECOGNITION, management_data},
};

/* Those that were stored, by tag. */
static const uint16_t stored[] = {SCP_DATA_ISSUER_NUMBER, SCP_DATA_IMAGE_NUMBER,
                                  SCP_DATA_CARD_CAPABILITY, SCP_DATA_CPLC, TAG_MANAGER_URL};

static uint16_t put_value(const struct softcard *card, const struct card_application *domain,
                          uint16_t tag, struct scp_writer *out)
{
    for (size_t i = 0; i < sizeof computed / sizeof computed[0]; i++)
        if (computed[i].tag == tag)
            return computed[i].value(card, domain, out);
    bool found = false;
    for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++)
        if (stored[i] == tag)
            scp_put(out, card_object_get(&domain->objects, tag, &found));
    return found ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

/* FF21 in the whole (ETSI TS 102 226 8.2.1.7.2). */
static void put_resources(const struct softcard *card, struct scp_writer *out)
{
    const struct scp_card_resources resources = {
        .applications = (uint32_t)card->image.application_count - 1,
        .non_volatile_free = softcard_memory_free(card),
        .volatile_free = softcard_memory_volatile_free(card),
    };
    scp_put_card_resources(out, &resources);
}

/* The applications below the domain, or all where it sees all, each as 61 {4F} (GPCS 11.3.3.1.3):
 * as many as an answer can hold. */
static uint16_t put_applications(const struct softcard *card, const struct card_application *domain,
                                 struct scp_writer *out)
{
    enum { TEMPLATE_MAX = 4 + SCP_AID_MAX };
    bool all = scp_privileges_have(domain->privileges, SCP_PRIVILEGE_GLOBAL_REGISTRY);
    for (size_t i = 1; i < card->image.application_count; i++) {
        const struct card_application *app = card->image.applications[i];
        bool seen = all || card_governs(&card->image, domain, scp_aid_bytes(&app->domain));
        if (!seen || scp_writer_room(out) < TEMPLATE_MAX)
            continue;
        size_t mark = scp_tlv_begin(out, 0x61);
        scp_put_tlv(out, 0x4F, scp_aid_bytes(&app->aid));
        scp_tlv_end(out, mark);
    }
    return scp_written(out).len > 0 ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

/* A data object as a whole. */
static uint16_t put_object(const struct softcard *card, const struct card_application *domain,
                           uint16_t tag, struct scp_writer *out)
{
    if (tag == SCP_DATA_EXTENDED_RESOURCES) {
        put_resources(card, out);
        return SCP_SW_SUCCESS;
    }
    size_t mark = scp_tlv_begin(out, tag);
    uint16_t sw = put_value(card, domain, tag, out);
    scp_tlv_end(out, mark);
    return sw;
}

uint16_t card_cmd_get_data(struct softcard *card, const struct scp_apdu *apdu,
                           struct scp_writer *out)
{
    const struct card_application *domain = card_selected(card);
    uint16_t tag = (uint16_t)(apdu->p1 << 8 | apdu->p2);
    if (tag == TAG_APPLICATIONS)
        return put_applications(card, domain, out);
    if (apdu->ins != SCP_INS_GET_DATA) /* the odd instruction reads that list alone here */
        return SCP_SW_DATA_NOT_FOUND;
    uint8_t buffer[CARD_ANSWER_MAX];
    struct scp_writer object = scp_writer_on(buffer, sizeof buffer);
    uint16_t sw = put_object(card, domain, tag, &object);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    struct scp_tlv tlv;
    if (scp_tlv_parse(scp_written(&object), &tlv) != SCP_OK)
        return SCP_SW_EXECUTION_ERROR;
    scp_put(out, apdu->cla == SCP_CLA_ISO ? tlv.value : tlv.whole);
    return SCP_SW_SUCCESS;
}
