/* LOAD (GPCS 11.6, 9.3.5). */
#include <stdlib.h>

#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"

void card_load_end(struct softcard *card)
{
    free(card->load.bytes);
    free(card->load.announced);
    card->load = (struct card_load){.active = false};
}

/* Append a block; the memory of the card is the limit before that of the host. */
static uint16_t collect(struct softcard *card, struct scp_bytes block)
{
    struct card_load *load = &card->load;
    if (load->bytes == NULL)
        load->bytes = malloc(SCP_LOAD_FILE_MAX);
    if (load->bytes == NULL)
        return SCP_SW_MEMORY_FAILURE;
    struct scp_writer w = scp_writer_on(load->bytes, SCP_LOAD_FILE_MAX);
    w.len = load->len;
    scp_put(&w, block);
    load->len = scp_written(&w).len;
    bool fits = scp_writer_status(&w) == SCP_OK && block.len <= softcard_memory_free(card);
    return fits ? SCP_SW_SUCCESS : SCP_SW_NOT_ENOUGH_MEMORY;
}

static bool hash_holds(const struct card_load *load, struct scp_bytes data_block)
{
    if (load->hash_len == 0)
        return true;
    struct scp_digest digest;
    enum scp_hash hash;
    return scp_hash_of_size(load->hash_len, &hash) == SCP_OK &&
           scp_data_block_hash(hash, data_block, &digest) == SCP_OK &&
           scp_bytes_equal(scp_bytes_of(digest.bytes, digest.len),
                           scp_bytes_of(load->hash, load->hash_len));
}

static enum scp_error describe(const struct scp_package *package, struct card_load_file *file)
{
    file->version[0] = package->major;
    file->version[1] = package->minor;
    for (size_t i = 0; i < package->applet_count; i++)
        SCP_TRY(card_aids_add(&file->modules, &file->module_count,
                              scp_aid_bytes(&package->applets[i])));
    for (size_t i = 0; i < package->import_count; i++)
        SCP_TRY(card_aids_add(&file->imports, &file->import_count,
                              scp_aid_bytes(&package->imports[i].aid)));
    return SCP_OK;
}

/* Whether what INSTALL has checked still holds: other logical channels may have taken the AID, or
 * deleted or locked the domain. */
static bool still_wanted(const struct card_image *image, const struct card_load *load)
{
    const struct card_application *domain = card_domain_find(image, scp_aid_bytes(&load->domain));
    return domain != NULL && card_domain_ready(image, domain) &&
           !card_aid_used(image, scp_aid_bytes(&load->file));
}

/* Enter a load file in the registry, its data block in the clear. */
static uint16_t enter(struct softcard *card, const struct scp_load_file *load_file,
                      struct scp_bytes data_block)
{
    const struct card_load *load = &card->load;
    struct scp_components components;
    struct scp_package package;
    if (scp_data_block_split(data_block, &components) != SCP_OK ||
        scp_package_parse(&components, &package) != SCP_OK ||
        !scp_aid_equal(&package.aid, &load->file) || !hash_holds(load, data_block))
        return SCP_SW_WRONG_DATA;
    uint16_t sw = card_verify_daps(&card->image, load, load_file);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (card->image.load_file_count >= CARD_LOAD_FILES_MAX)
        return SCP_SW_NOT_ENOUGH_MEMORY;
    struct card_load_file *file = card_image_add_load_file(&card->image);
    if (file == NULL)
        return SCP_SW_MEMORY_FAILURE;
    card->image.started.load_bytes = 0; /* the memory is the load file's now */
    file->aid = load->file;
    file->domain = load->domain;
    file->provider = load->provider;
    file->size = (uint32_t)data_block.len;
    sw = card_sw_of(describe(&package, file));
    if (sw == SCP_SW_SUCCESS && !card_memory_fits(&card->image))
        sw = SCP_SW_NOT_ENOUGH_MEMORY;
    return sw;
}

/* The last block has come. */
static uint16_t complete(struct softcard *card)
{
    const struct card_load *load = &card->load;
    struct scp_load_file file;
    uint8_t *clear = NULL;
    struct scp_bytes data_block;
    if (scp_load_file_parse(scp_bytes_of(load->bytes, load->len), &file) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (!still_wanted(&card->image, load))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    uint16_t sw = card_decipher_load_file(&card->image, load, &file, &clear, &data_block);
    if (sw == SCP_SW_SUCCESS)
        sw = enter(card, &file, data_block);
    if (clear != NULL)
        scp_wipe(clear, file.ciphered.len);
    free(clear);
    return sw;
}

/* Blocks are numbered from 00 without a gap; past FF only where the chip starts over. */
static bool in_sequence(const struct softcard *card, uint8_t p2)
{
    size_t blocks = card->load.blocks;
    return p2 == (uint8_t)blocks && (blocks < SCP_LOAD_BLOCKS_MAX || card->image.traits.load_wraps);
}

/* The other bits of P1 are reserved and ignored (GPCS 11.1). */
static bool is_last(const struct scp_apdu *apdu)
{
    return (apdu->p1 & SCP_LOAD_LAST) != 0;
}

static uint16_t load_block(struct softcard *card, const struct scp_apdu *apdu)
{
    if (!in_sequence(card, apdu->p2))
        return SCP_SW_WRONG_P1_P2;
    uint16_t sw = collect(card, apdu->data);
    card->load.blocks++;
    return sw == SCP_SW_SUCCESS && is_last(apdu) ? complete(card) : sw;
}

/* After the last block a combined process waits for its end and keeps the names and what its token
 * will cover. */
static void finish(struct softcard *card)
{
    struct card_load *load = &card->load;
    struct card_load kept = {.combined = true,
                             .loaded = true,
                             .by = card->at,
                             .file = load->file,
                             .announced = load->announced,
                             .announced_len = load->announced_len};
    bool combined = load->combined;
    if (combined)
        load->announced = NULL;
    card_load_end(card);
    if (combined)
        *load = kept;
}

/* The last block is confirmed, unless the end of a combined process will be. */
static void confirm(struct softcard *card, const struct scp_apdu *apdu, struct scp_writer *out)
{
    const struct card_load *load = &card->load;
    const struct scp_receipt_subject subject = {.kind = SCP_RECEIPT_LOAD,
                                                .load_file = scp_aid_bytes(&load->file),
                                                .security_domain = scp_aid_bytes(&load->domain)};
    if (is_last(apdu) && !load->combined)
        card_put_confirmation(card, &subject,
                              scp_bytes_of(load->signature_template, load->signature_template_len),
                              out);
    else
        scp_put_u8(out, 0x00);
}

uint16_t card_cmd_load(struct softcard *card, const struct scp_apdu *apdu, struct scp_writer *out)
{
    if (!card->load.active || card->load.by != card->at)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    uint16_t sw = load_block(card, apdu);
    if (sw != SCP_SW_SUCCESS) {
        card_load_end(card);
        return sw;
    }
    confirm(card, apdu, out);
    if (is_last(apdu))
        finish(card);
    return sw;
}
