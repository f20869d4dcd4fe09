/* libscp's key interface over the diversified keys of one card. They exist on the stack for one
 * call and are wiped before it returns. */
#include "ota-server/vault/internal.h"

#include <string.h>

/* What is done with the card's keys. */
struct use {
    const struct scp_session_context *session;
    struct scp_session_keys *derived; /* derive */
    struct scp_bytes aid;             /* predict */
    struct scp_bytes plain;           /* dek_encrypt */
    uint8_t *out;                     /* predict, dek_encrypt */
};

typedef enum scp_error use_fn(const struct scp_keys *keys, const struct use *use);

enum scp_error vault_diversified(struct vault *vault, const char *label, const uint8_t data[10],
                                 struct scp_key_set *out)
{
    enum scp_error error = SCP_KEY_UNAVAILABLE;
    pthread_rwlock_rdlock(&vault->lock);
    const struct vault_key_set *set = vault_find_key_set(vault, label);
    if (set != NULL)
        error = scp_diversify(set->scheme, &set->masters, data, out);
    pthread_rwlock_unlock(&vault->lock);
    return error;
}

static enum scp_error with_keys(const struct vault_card_keys *handle, use_fn *fn,
                                const struct use *use)
{
    struct scp_key_set set = {0};
    enum scp_error error =
        vault_diversified(handle->vault, handle->label, use->session->diversification_data, &set);
    if (error == SCP_OK) {
        const struct scp_keys keys = scp_keys_of_set(&set);
        error = fn(&keys, use);
    }
    scp_wipe(&set, sizeof set);
    return error;
}

static enum scp_error use_derive(const struct scp_keys *keys, const struct use *use)
{
    return keys->derive(keys->ctx, use->session, use->derived);
}

static enum scp_error use_predict(const struct scp_keys *keys, const struct use *use)
{
    return keys->predict(keys->ctx, use->session, use->aid, use->out);
}

static enum scp_error use_dek_encrypt(const struct scp_keys *keys, const struct use *use)
{
    return keys->dek_encrypt(keys->ctx, use->session, use->plain, use->out);
}

static enum scp_error derive(void *ctx, const struct scp_session_context *session,
                             struct scp_session_keys *out)
{
    return with_keys(ctx, use_derive, &(struct use){.session = session, .derived = out});
}

static enum scp_error predict(void *ctx, const struct scp_session_context *session,
                              struct scp_bytes aid, uint8_t challenge[16])
{
    return with_keys(ctx, use_predict,
                     &(struct use){.session = session, .aid = aid, .out = challenge});
}

static enum scp_error dek_encrypt(void *ctx, const struct scp_session_context *session,
                                  struct scp_bytes plain, uint8_t *out)
{
    return with_keys(ctx, use_dek_encrypt,
                     &(struct use){.session = session, .plain = plain, .out = out});
}

enum scp_error vault_card_keys(struct vault *vault, const char *key_set_label,
                               struct vault_card_keys *handle, struct scp_keys *out)
{
    if (!vault_has_key_set(vault, key_set_label))
        return SCP_NOT_FOUND;
    *handle = (struct vault_card_keys){.vault = vault};
    memcpy(handle->label, key_set_label, strlen(key_set_label) + 1);
    *out = (struct scp_keys){handle, derive, predict, dek_encrypt};
    return SCP_OK;
}
