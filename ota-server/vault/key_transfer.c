/* A key set on its way to a card: clear on the stack for one call, and wiped before it returns. */
#include "ota-server/vault/gcm.h"
#include "ota-server/vault/internal.h"
#include "scp/crypto/cipher.h"
#include "scp/gp/key_data.h"

#include <string.h>

enum { KEY_COUNT = 3, KCV = 3, CONTROL_DATA_MAX = 256 };

/* Each key with what is said of it. */
struct sealed_key {
    uint8_t value[SCP_KEY_MAX];
    size_t len;
    uint8_t kcv[KCV];
};

struct key_form {
    enum scp_key_type type;
    size_t block;
    enum scp_error (*kcv)(const struct scp_key *key, uint8_t kcv[KCV]);
};

static const struct key_form des_form = {SCP_KEY_TYPE_DES, SCP_DES_BLOCK, scp_kcv_des};
static const struct key_form aes_form = {SCP_KEY_TYPE_AES, SCP_AES_BLOCK, scp_kcv_aes};
static const struct key_form aes_zeros_form = {SCP_KEY_TYPE_AES, SCP_AES_BLOCK, scp_kcv_aes_zeros};

static const uint8_t usages[KEY_COUNT] = {SCP_KEY_USAGE_ENC, SCP_KEY_USAGE_MAC, SCP_KEY_USAGE_DEK};

/* Encrypted under the session's data encryption key. A key that is not whole blocks (AES-192) is
 * filled up; its length stands in the control data. */
static enum scp_error seal(const struct vault_key_transfer *transfer, const struct key_form *form,
                           const struct scp_key *key, struct sealed_key *out)
{
    uint8_t plain[SCP_KEY_MAX] = {0};
    memcpy(plain, key->bytes, key->len);
    out->len = (key->len + form->block - 1) / form->block * form->block;
    enum scp_error error = form->kcv(key, out->kcv);
    if (error == SCP_OK)
        error = transfer->keys->dek_encrypt(transfer->keys->ctx, transfer->session,
                                            scp_bytes_of(plain, out->len), out->value);
    scp_wipe(plain, sizeof plain);
    return error;
}

static enum scp_error put_transfer(const struct vault_key_transfer *transfer,
                                   const struct key_form *form, const struct scp_key_set *set,
                                   struct scp_writer *dgis)
{
    const struct scp_key *const keys[KEY_COUNT] = {&set->enc, &set->mac, &set->dek};
    struct sealed_key sealed[KEY_COUNT];
    struct scp_key_control controls[KEY_COUNT];
    struct scp_dgi made[SCP_KEY_DGIS_MAX];
    uint8_t scratch[CONTROL_DATA_MAX];
    struct scp_writer w = scp_writer_on(scratch, sizeof scratch);
    size_t count = 0;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        SCP_TRY(seal(transfer, form, keys[i], &sealed[i]));
        controls[i] = (struct scp_key_control){
            .type = (uint8_t)form->type,
            .length = (uint16_t)keys[i]->len,
            .has_identity = true,
            .key_id = (uint8_t)(i + 1),
            .kvn = transfer->kvn,
            .usage = scp_bytes_of(&usages[i], 1),
            .kcv = SCP_BYTES(sealed[i].kcv),
            .value = scp_bytes_of(sealed[i].value, sealed[i].len),
        };
    }
    const struct scp_key_transfer all = {.keys = controls, .count = KEY_COUNT};
    SCP_TRY(scp_key_dgis(&all, &w, made, &count));
    for (size_t i = 0; i < count; i++)
        scp_put_dgi(dgis, made[i].id, made[i].value);
    return scp_writer_status(dgis);
}

/* ---- PUT KEY ------------------------------------------------------------------------------ */

/* SCP02 with one base key (GPCS table E-1, b1). */
static size_t key_count(const struct scp_session_context *session)
{
    return session->protocol == SCP_PROTOCOL_02 && (session->i & 0x01) == 0 ? 1 : KEY_COUNT;
}

static enum scp_error put_fields(const struct vault_key_transfer *transfer,
                                 const struct key_form *form, const struct scp_key_set *set,
                                 const struct scp_put_key_quirks *quirks, struct scp_writer *fields)
{
    const struct scp_key *const keys[KEY_COUNT] = {&set->enc, &set->mac, &set->dek};
    struct sealed_key sealed[KEY_COUNT];
    struct scp_put_key put_key = {
        .kvn = transfer->kvn, .first_key_id = 1, .key_count = key_count(transfer->session)};
    uint8_t scratch[CONTROL_DATA_MAX];
    struct scp_writer w = scp_writer_on(scratch, sizeof scratch);
    struct scp_apdu command;
    for (size_t i = 0; i < put_key.key_count; i++) {
        SCP_TRY(seal(transfer, form, keys[i], &sealed[i]));
        put_key.keys[i] =
            scp_symmetric_key(form->type, scp_bytes_of(sealed[i].value, sealed[i].len),
                              keys[i]->len, SCP_BYTES(sealed[i].kcv), quirks);
    }
    SCP_TRY(scp_put_key_command(&put_key, &w, &command));
    scp_put(fields, scp_bytes_from(command.data, 1)); /* without the key version number */
    return scp_writer_status(fields);
}

/* ---- the calls ---------------------------------------------------------------------------- */

static const struct key_form *form_of(const struct vault_key_transfer *transfer,
                                      const struct scp_put_key_quirks *quirks)
{
    if (transfer->session->protocol == SCP_PROTOCOL_02)
        return &des_form;
    return quirks != NULL && quirks->aes_kcv_zeros ? &aes_zeros_form : &aes_form;
}

enum scp_error vault_transfer_keys(struct vault *vault, const struct vault_key_transfer *transfer,
                                   struct scp_writer *dgis)
{
    struct scp_key_set set = {0};
    size_t before = dgis->len;
    enum scp_error error =
        vault_diversified(vault, transfer->label, transfer->session->diversification_data, &set);
    if (error == SCP_OK)
        error = put_transfer(transfer, form_of(transfer, NULL), &set, dgis);
    scp_wipe(&set, sizeof set);
    if (error != SCP_OK)
        writer_take_back(dgis, before);
    return error;
}

enum scp_error vault_code_keys(struct vault *vault, const struct vault_key_transfer *transfer,
                               const struct scp_put_key_quirks *quirks, struct scp_writer *fields)
{
    struct scp_key_set set = {0};
    size_t before = fields->len;
    enum scp_error error =
        vault_diversified(vault, transfer->label, transfer->session->diversification_data, &set);
    if (error == SCP_OK)
        error = put_fields(transfer, form_of(transfer, quirks), &set, quirks, fields);
    scp_wipe(&set, sizeof set);
    if (error != SCP_OK)
        writer_take_back(fields, before);
    return error;
}
