/* The data of security domains: data objects (GPCS 11.11.2.3) and keys by STORE DATA (11.11.4). */
#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "scp/base/secret.h"
#include "scp/gp/card_data.h"
#include "scp/gp/tlv.h"

enum { DGI_OBJECTS = 0x0070, DGI_KEY_INFO = 0x00B9, DGI_SECRET_KEY = 0x8113 };

/* Those that may be written; what the card makes up itself may not (GPCS 11.11.2.3). */
static const uint32_t writable[] = {SCP_DATA_ISSUER_NUMBER, SCP_DATA_IMAGE_NUMBER,
                                    SCP_DATA_CARD_RECOGNITION, SCP_DATA_CARD_CAPABILITY, 0x5F50};

uint16_t card_domain_store_object(struct card_application *domain, uint32_t tag,
                                  struct scp_bytes value)
{
    for (size_t i = 0; i < sizeof writable / sizeof writable[0]; i++)
        if (writable[i] == tag)
            return card_put_object_sw(domain, tag, value);
    return SCP_SW_WRONG_DATA;
}

static uint16_t store_objects(struct card_application *domain, struct scp_bytes value)
{
    struct scp_reader r = scp_reader_on(value);
    struct scp_tlv tlv;
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        uint16_t sw = card_domain_store_object(domain, tlv.tag, tlv.value);
        if (sw != SCP_SW_SUCCESS)
            return sw;
    }
    return error == SCP_NOT_FOUND ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

/* ---- keys -------------------------------------------------------------------------------------
 */

static uint16_t keep_key_info(struct card_store *store, struct scp_bytes value)
{
    struct scp_writer w = scp_writer_on(store->key_info, sizeof store->key_info);
    scp_put(&w, value);
    store->key_info_len = scp_written(&w).len;
    store->key_info_at = 0;
    return scp_writer_status(&w) == SCP_OK ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

/* One byte of a key description; 0 when it is absent or longer. */
static uint8_t info_byte(struct scp_bytes info, uint32_t tag)
{
    struct scp_bytes value;
    if (scp_tlv_find(info, tag, &value) != SCP_OK || value.len != 1)
        return 0;
    return value.ptr[0];
}

/* The next B9 of the description (GPCS table 11-92). */
static bool next_key_info(struct card_store *store, struct scp_bytes *info)
{
    struct scp_reader r = scp_reader_on(scp_bytes_of(store->key_info, store->key_info_len));
    (void)scp_get(&r, store->key_info_at);
    struct scp_tlv tlv;
    if (scp_tlv_next(&r, &tlv) != SCP_OK || tlv.tag != 0xB9)
        return false;
    store->key_info_at = r.at;
    *info = tlv.value;
    return true;
}

static uint16_t store_secret_key(struct softcard *card, struct card_application *domain,
                                 struct scp_bytes cipher)
{
    uint8_t clear[SCP_KEY_MAX + 16];
    struct scp_bytes info;
    struct scp_bytes kcv;
    if (!next_key_info(&card->at->store, &info) || cipher.len > sizeof clear ||
        scp_tlv_find(info, 0x84, &kcv) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    const struct card_key key = {
        .kvn = info_byte(info, 0x83), .id = info_byte(info, 0x82), .type = info_byte(info, 0x80)};
    uint8_t len = info_byte(info, 0x81);
    if (key.kvn == 0 || key.kvn > 0x7F || len == 0 || len > cipher.len)
        return SCP_SW_WRONG_DATA;
    uint16_t sw = SCP_SW_WRONG_DATA;
    if (card_decrypt(card, cipher, clear) == SCP_OK)
        sw = card_key_store(domain, &key, scp_bytes_of(clear, len), kcv);
    scp_wipe(clear, sizeof clear);
    if (sw == SCP_SW_SUCCESS)
        card_domain_keyed(domain);
    return sw;
}

uint16_t card_domain_store(struct softcard *card, struct card_application *domain,
                           const struct scp_dgi *dgi)
{
    switch (dgi->id) {
    case DGI_OBJECTS:
        return store_objects(domain, dgi->value);
    case DGI_KEY_INFO:
        return keep_key_info(&card->at->store, dgi->value);
    case DGI_SECRET_KEY:
        return store_secret_key(card, domain, dgi->value);
    default:
        return SCP_SW_WRONG_DATA;
    }
}
