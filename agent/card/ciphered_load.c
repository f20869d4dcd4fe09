/* Load files that come ciphered (GPCS 9.1.3.7, 11.6.2.3, C.6). */
#include <stdlib.h>

#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"

/* The key of the domain for this, by its customary version (GPCS C.1.3). */
static const struct card_key *decryption_key(const struct card_domain *sd)
{
    enum { KVN_CIPHERED_LOAD = 0x75 };
    return card_key_find(sd, KVN_CIPHERED_LOAD, 1);
}

static uint16_t decrypt(const struct card_key *stored, const struct scp_load_file *file,
                        uint8_t **clear, struct scp_bytes *data_block)
{
    struct scp_key key = {.len = 0};
    if (scp_key_from(&key, scp_bytes_of(stored->value, stored->len)) != SCP_OK)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    *clear = malloc(file->ciphered.len);
    uint16_t sw = *clear == NULL ? SCP_SW_MEMORY_FAILURE : SCP_SW_SUCCESS;
    if (sw == SCP_SW_SUCCESS) {
        const struct scp_data_block_cipher cipher = {
            .type = (enum scp_key_type)stored->type, .key = &key, .icv = file->icv};
        struct scp_writer w = scp_writer_on(*clear, file->ciphered.len);
        if (scp_data_block_decrypt(&cipher, file->ciphered, &w) != SCP_OK)
            sw = SCP_SW_WRONG_DATA;
        *data_block = scp_written(&w);
    }
    scp_wipe(&key, sizeof key);
    return sw;
}

uint16_t card_decipher_load_file(const struct card_image *image, const struct card_load *load,
                                 const struct scp_load_file *file, uint8_t **clear,
                                 struct scp_bytes *data_block)
{
    const struct card_application *domain = card_domain_find(image, scp_aid_bytes(&load->domain));
    bool demanded =
        scp_privileges_have(domain->privileges, SCP_PRIVILEGE_CIPHERED_LOAD_FILE_DATA_BLOCK);
    bool ciphered = file->ciphered.len > 0;
    *clear = NULL;
    *data_block = file->data_block;
    if (!ciphered)
        return demanded ? SCP_SW_CONDITIONS_NOT_SATISFIED : SCP_SW_SUCCESS;
    const struct card_key *key = decryption_key(domain->sd);
    if (key == NULL || !card_key_is_symmetric(key->type) || load->hash_len == 0)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return decrypt(key, file, clear, data_block);
}
