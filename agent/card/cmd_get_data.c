/* GET DATA (GPCS 11.3). Class 80 answers with the data object, class 00 with its value. */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/gp/card_data.h"
#include "scp/gp/tlv.h"

enum { TAG_SECURITY_LEVEL = 0xD3, TAG_APPLICATIONS = 0x2F00, TAG_MANAGER_URL = 0x5F50 };

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

/* The components of a public key, as cmd_put_key.c keeps them. */
static void describe_public(const struct card_key *key, struct scp_key_info *info)
{
    struct scp_reader r = scp_reader_on(scp_bytes_of(key->value, key->len));
    info->component_count = 0;
    while (scp_reader_left(&r) > 0 && info->component_count < SCP_KEY_INFO_COMPONENTS_MAX) {
        info->components[info->component_count].type = scp_get_u8(&r);
        uint16_t len = scp_get_u16(&r);
        (void)scp_get(&r, len);
        info->components[info->component_count++].len = len;
    }
}

/* Key information data, basic form (GPCS table 11-28). */
static uint16_t key_information(const struct softcard *card, const struct card_application *domain,
                                struct scp_writer *out)
{
    (void)card;
    for (size_t i = 0; i < domain->sd->key_count; i++) {
        const struct card_key *key = &domain->sd->keys[i];
        struct scp_key_info info = {.key_id = key->id, .kvn = key->kvn, .component_count = 1};
        info.components[0].type = key->type;
        info.components[0].len = (uint16_t)key->len;
        if (key->type != SCP_KEY_TYPE_DES && key->type != SCP_KEY_TYPE_AES)
            describe_public(key, &info);
        scp_put_key_info(out, &info);
    }
    return domain->sd->key_count > 0 ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

/* Of the default key version, the first one. */
static uint16_t sequence_counter(const struct softcard *card, const struct card_application *domain,
                                 struct scp_writer *out)
{
    (void)card;
    if (domain->sd->version_count == 0)
        return SCP_SW_DATA_NOT_FOUND;
    uint32_t counter = domain->sd->versions[0].counter;
    if (domain->sd->protocol == SCP_PROTOCOL_02)
        scp_put_u16(out, (uint16_t)counter);
    else
        scp_put_u24(out, counter);
    return SCP_SW_SUCCESS;
}

static uint16_t security_level(const struct softcard *card, const struct card_application *domain,
                               struct scp_writer *out)
{
    (void)domain;
    bool open = card->at->session.state == CARD_SESSION_OPEN;
    scp_put_u8(out, open ? scp_card_channel_level(&card->at->session.channel) : 0);
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
};

/* Those that were stored, by tag. */
static const uint16_t stored[] = {
    SCP_DATA_ISSUER_NUMBER,   SCP_DATA_IMAGE_NUMBER, SCP_DATA_CARD_RECOGNITION,
    SCP_DATA_CARD_CAPABILITY, SCP_DATA_CPLC,         TAG_MANAGER_URL};

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
    /* A domain without management data of its own has the chip's: the channel is the same. */
    if (!found && tag == SCP_DATA_CARD_RECOGNITION)
        scp_put(out, card_object_get(&card_isd(&card->image)->objects, tag, &found));
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

/* The applications below the domain, each as 61 {4F} (GPCS 11.3.3.1.3). */
static uint16_t put_applications(const struct softcard *card, const struct card_application *domain,
                                 struct scp_writer *out)
{
    for (size_t i = 1; i < card->image.application_count; i++) {
        const struct card_application *app = card->image.applications[i];
        if (!card_governs(&card->image, domain, scp_aid_bytes(&app->domain)))
            continue;
        size_t mark = scp_tlv_begin(out, 0x61);
        scp_put_tlv(out, 0x4F, scp_aid_bytes(&app->aid));
        scp_tlv_end(out, mark);
    }
    return scp_written(out).len > 0 ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

uint16_t card_cmd_get_data(struct softcard *card, const struct scp_apdu *apdu,
                           struct scp_writer *out)
{
    const struct card_application *domain = card_selected(card);
    uint16_t tag = (uint16_t)(apdu->p1 << 8 | apdu->p2);
    if (tag == TAG_APPLICATIONS)
        return put_applications(card, domain, out);
    uint8_t buffer[SCP_RESPONSE_DATA_MAX];
    struct scp_writer object = scp_writer_on(buffer, sizeof buffer);
    uint16_t sw = SCP_SW_SUCCESS;
    if (tag == SCP_DATA_EXTENDED_RESOURCES) {
        put_resources(card, &object);
    } else {
        size_t mark = scp_tlv_begin(&object, tag);
        sw = put_value(card, domain, tag, &object);
        scp_tlv_end(&object, mark);
    }
    if (sw != SCP_SW_SUCCESS)
        return sw;
    struct scp_tlv tlv;
    if (scp_tlv_parse(scp_written(&object), &tlv) != SCP_OK)
        return SCP_SW_EXECUTION_ERROR;
    scp_put(out, apdu->cla == SCP_CLA_ISO ? tlv.value : tlv.whole);
    return SCP_SW_SUCCESS;
}
