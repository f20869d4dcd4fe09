/* Keys of delegated management: those that make tokens, and those that receipts are verified with.
 * They leave the arena for one call, as views of it. */
#include "ota-server/vault/internal.h"
#include "scp/gp/signing_key.h"

#include <string.h>

const struct vault_signing_key *vault_find_signing_key(const struct vault *vault, const char *label)
{
    for (size_t i = 0; i < vault->secrets->signing_key_count; i++) {
        if (strcmp(vault->secrets->signing_keys[i].label, label) == 0)
            return &vault->secrets->signing_keys[i];
    }
    return NULL;
}

/* What the components are together. Borrows them. */
static enum scp_error join(const struct vault_signing_key *key, struct scp_signature_key *out)
{
    struct scp_key_component components[SCP_KEY_COMPONENTS_MAX] = {{.type = 0}};
    struct scp_reader r = scp_reader_on(scp_bytes_of(key->values, key->values_len));
    for (size_t i = 0; i < key->component_count; i++) {
        components[i].type = key->components[i].type;
        components[i].value = scp_get(&r, key->components[i].len);
    }
    return scp_signing_key(components, key->component_count, out);
}

static enum scp_error keep(struct vault_signing_key *key,
                           const struct scp_key_component *components, size_t count)
{
    struct scp_writer w = scp_writer_on(key->values, sizeof key->values);
    if (count == 0 || count > SCP_KEY_COMPONENTS_MAX)
        return SCP_OUT_OF_RANGE;
    for (size_t i = 0; i < count; i++) {
        key->components[i].type = components[i].type;
        key->components[i].len = (uint16_t)components[i].value.len;
        scp_put(&w, components[i].value);
    }
    key->component_count = count;
    key->values_len = w.len;
    return scp_writer_status(&w);
}

static enum scp_error append(struct vault *vault, const struct vault_signing_key *key)
{
    struct vault_secrets *secrets = vault->secrets;
    if (vault_find_signing_key(vault, key->label) != NULL)
        return SCP_DUPLICATE;
    if (secrets->signing_key_count == VAULT_SIGNING_KEYS_MAX)
        return SCP_TOO_LONG;
    struct vault_signing_key *place = &secrets->signing_keys[secrets->signing_key_count++];
    *place = *key;
    enum scp_error error = vault_file_save(vault, false);
    if (error != SCP_OK) {
        scp_wipe(place, sizeof *place);
        secrets->signing_key_count--;
    }
    return error;
}

enum scp_error vault_add_signing_key(struct vault *vault, const char *label,
                                     const struct scp_key_component *components, size_t count)
{
    struct scp_signature_key joined;
    struct vault_signing_key *key = arena_alloc(&vault->arena, sizeof *key);
    if (key == NULL)
        return SCP_NO_MEMORY;
    enum scp_error error = vault_is_label(label) ? SCP_OK : SCP_OUT_OF_RANGE;
    if (error == SCP_OK) {
        memcpy(key->label, label, strlen(label) + 1);
        error = keep(key, components, count);
    }
    if (error == SCP_OK)
        error = join(key, &joined);
    if (error == SCP_OK) {
        pthread_rwlock_wrlock(&vault->lock);
        error = append(vault, key);
        pthread_rwlock_unlock(&vault->lock);
    }
    arena_free(&vault->arena, key);
    return error;
}

bool vault_has_signing_key(struct vault *vault, const char *label)
{
    pthread_rwlock_rdlock(&vault->lock);
    bool found = vault_find_signing_key(vault, label) != NULL;
    pthread_rwlock_unlock(&vault->lock);
    return found;
}

/* The key of a label, while the lock is held. */
static enum scp_error find(struct vault *vault, const char *label, struct scp_signature_key *out)
{
    const struct vault_signing_key *key = vault_find_signing_key(vault, label);
    return key == NULL ? SCP_KEY_UNAVAILABLE : join(key, out);
}

enum scp_error vault_sign_token(struct vault *vault, const char *label,
                                const struct scp_token *commands, size_t count,
                                struct scp_writer *token)
{
    struct scp_signature_key key;
    uint8_t random[SCP_SIGNATURE_RANDOM];
    rebind_random(vault->env, random, sizeof random);
    pthread_rwlock_rdlock(&vault->lock);
    enum scp_error error = find(vault, label, &key);
    if (error == SCP_OK)
        error = scp_token_sign(&key, random, commands, count, token);
    pthread_rwlock_unlock(&vault->lock);
    scp_wipe(random, sizeof random);
    return error;
}

enum scp_error vault_verify_receipt(struct vault *vault, const char *label,
                                    const struct scp_receipt_subject *subject,
                                    const struct scp_confirmation *confirmation)
{
    struct scp_signature_key key;
    pthread_rwlock_rdlock(&vault->lock);
    enum scp_error error = find(vault, label, &key);
    if (error == SCP_OK)
        error = scp_receipt_verify(&key, subject, confirmation);
    pthread_rwlock_unlock(&vault->lock);
    return error;
}
