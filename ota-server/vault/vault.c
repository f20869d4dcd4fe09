#include "ota-server/vault/vault.h"

#include "ota-server/vault/file.h"
#include "ota-server/vault/gcm.h"
#include "scp/host/file.h"

#include <stdlib.h>
#include <string.h>

enum {
    ARENA_SIZE = 512 * 1024, /* the secrets, their serial form, and room for transcriptions */
    SEAL_VERSION = 1,
};

/* ---- life --------------------------------------------------------------------------------- */

enum scp_error vault_credential_create(const char *path, const struct rebind_env *env)
{
    uint8_t credential[VAULT_CREDENTIAL_LEN];
    rebind_random(env, credential, sizeof credential);
    enum scp_error error = rebind_file_create(path, SCP_BYTES(credential), 0600, NULL);
    scp_wipe(credential, sizeof credential);
    return error;
}

static enum scp_error allocate(const char *path, const struct rebind_env *env, struct vault **out)
{
    struct vault *vault = calloc(1, sizeof *vault);
    *out = vault;
    if (vault == NULL)
        return SCP_NO_MEMORY;
    vault->env = env;
    pthread_rwlock_init(&vault->lock, NULL);
    vault->path = strdup(path);
    SCP_TRY(arena_init(&vault->arena, ARENA_SIZE));
    vault->file_key = arena_alloc(&vault->arena, sizeof *vault->file_key);
    vault->secrets = arena_alloc(&vault->arena, sizeof *vault->secrets);
    bool complete = vault->path != NULL && vault->file_key != NULL && vault->secrets != NULL;
    return complete ? SCP_OK : SCP_NO_MEMORY;
}

void vault_close(struct vault *vault)
{
    if (vault == NULL)
        return;
    arena_fini(&vault->arena);
    pthread_rwlock_destroy(&vault->lock);
    free(vault->path);
    free(vault);
}

/* Give the vault out, or close it when there was an error. */
static enum scp_error hand_out(struct vault *vault, enum scp_error error, struct vault **out)
{
    if (error == SCP_OK)
        *out = vault;
    else
        vault_close(vault);
    return error;
}

static enum scp_error fill_new(struct vault *vault, const struct vault_credential *credential)
{
    SCP_TRY(vault_file_header(credential, vault->env, &vault->header));
    SCP_TRY(vault_file_key(&vault->header, credential, vault->file_key));
    rebind_random(vault->env, vault->secrets->seal_key, sizeof vault->secrets->seal_key);
    rebind_random(vault->env, vault->secrets->pseudonym_key, sizeof vault->secrets->pseudonym_key);
    vault_make_signing_key(vault->env, vault->secrets->signing_key);
    return vault_file_save(vault, true);
}

enum scp_error vault_create(const char *path, const struct vault_credential *credential,
                            const struct rebind_env *env, struct vault **out)
{
    struct vault *vault = NULL;
    *out = NULL;
    enum scp_error error = allocate(path, env, &vault);
    if (error == SCP_OK)
        error = fill_new(vault, credential);
    return hand_out(vault, error, out);
}

enum scp_error vault_open(const char *path, const struct vault_credential *credential,
                          const struct rebind_env *env, struct vault **out)
{
    struct vault *vault = NULL;
    *out = NULL;
    enum scp_error error = allocate(path, env, &vault);
    if (error == SCP_OK)
        error = vault_file_load(vault, credential);
    return hand_out(vault, error, out);
}

bool vault_memory_locked(const struct vault *vault)
{
    return vault->arena.is_locked;
}

/* ---- keys --------------------------------------------------------------------------------- */

bool vault_is_label(const char *label)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(label);
    return len >= 1 && len <= VAULT_LABEL_MAX && strspn(label, allowed) == len;
}

const struct vault_key_set *vault_find_key_set(const struct vault *vault, const char *label)
{
    for (size_t i = 0; i < vault->secrets->key_set_count; i++)
        if (strcmp(vault->secrets->key_sets[i].label, label) == 0)
            return &vault->secrets->key_sets[i];
    return NULL;
}

const struct vault_bank_key *vault_find_bank_key(const struct vault *vault, const char *bank)
{
    for (size_t i = 0; i < vault->secrets->bank_key_count; i++)
        if (strcmp(vault->secrets->bank_keys[i].bank, bank) == 0)
            return &vault->secrets->bank_keys[i];
    return NULL;
}

/* Whether the scheme works with these masters, tried on diversification data of zeros. */
static enum scp_error check_masters(enum scp_diversification scheme,
                                    const struct scp_key_set *masters)
{
    const uint8_t zeros[10] = {0};
    struct scp_key_set card;
    enum scp_error error = scp_diversify(scheme, masters, zeros, &card);
    scp_wipe(&card, sizeof card);
    return error;
}

static enum scp_error append_key_set(struct vault *vault, const struct vault_key_set *set)
{
    struct vault_secrets *secrets = vault->secrets;
    if (vault_find_key_set(vault, set->label) != NULL)
        return SCP_DUPLICATE;
    if (secrets->key_set_count == VAULT_KEY_SETS_MAX)
        return SCP_TOO_LONG;
    struct vault_key_set *place = &secrets->key_sets[secrets->key_set_count++];
    *place = *set;
    enum scp_error error = vault_file_save(vault, false);
    if (error != SCP_OK) {
        scp_wipe(place, sizeof *place);
        secrets->key_set_count--;
    }
    return error;
}

enum scp_error vault_add_key_set(struct vault *vault, const char *label,
                                 enum scp_diversification scheme, const struct scp_key_set *masters)
{
    struct vault_key_set set = {.scheme = scheme, .masters = *masters};
    enum scp_error error =
        vault_is_label(label) ? check_masters(scheme, masters) : SCP_OUT_OF_RANGE;
    if (error == SCP_OK) {
        memcpy(set.label, label, strlen(label) + 1);
        pthread_rwlock_wrlock(&vault->lock);
        error = append_key_set(vault, &set);
        pthread_rwlock_unlock(&vault->lock);
    }
    scp_wipe(&set, sizeof set);
    return error;
}

static enum scp_error append_bank_key(struct vault *vault, const char *bank,
                                      const struct scp_key *key)
{
    struct vault_secrets *secrets = vault->secrets;
    if (vault_find_bank_key(vault, bank) != NULL)
        return SCP_DUPLICATE;
    if (secrets->bank_key_count == VAULT_BANK_KEYS_MAX)
        return SCP_TOO_LONG;
    struct vault_bank_key *place = &secrets->bank_keys[secrets->bank_key_count++];
    memcpy(place->bank, bank, strlen(bank) + 1);
    place->key = *key;
    enum scp_error error = vault_file_save(vault, false);
    if (error != SCP_OK) {
        scp_wipe(place, sizeof *place);
        secrets->bank_key_count--;
    }
    return error;
}

enum scp_error vault_add_bank_key(struct vault *vault, const char *bank, const struct scp_key *key)
{
    if (!vault_is_label(bank) || key->len != GCM_KEY_LEN)
        return SCP_OUT_OF_RANGE;
    pthread_rwlock_wrlock(&vault->lock);
    enum scp_error error = append_bank_key(vault, bank, key);
    pthread_rwlock_unlock(&vault->lock);
    return error;
}

bool vault_has_key_set(struct vault *vault, const char *label)
{
    pthread_rwlock_rdlock(&vault->lock);
    bool found = vault_find_key_set(vault, label) != NULL;
    pthread_rwlock_unlock(&vault->lock);
    return found;
}

bool vault_has_bank_key(struct vault *vault, const char *bank)
{
    pthread_rwlock_rdlock(&vault->lock);
    bool found = vault_find_bank_key(vault, bank) != NULL;
    pthread_rwlock_unlock(&vault->lock);
    return found;
}

/* ---- sealing and pseudonyms --------------------------------------------------------------- */

static const uint8_t seal_magic[4] = {'R', 'B', 'S', SEAL_VERSION};

/* Every message has its own key, so the number of messages under one nonce space has no bound. The
 * key that it comes from never changes after opening: no lock. */
static enum scp_error message_key(const struct vault *vault, const char *purpose,
                                  struct scp_bytes salt, struct scp_key *out)
{
    const struct scp_bytes parts[] = {SCP_BYTES(seal_magic),
                                      scp_bytes_of(purpose, strlen(purpose) + 1), salt};
    out->len = GCM_KEY_LEN;
    return hmac_sha256(vault->secrets->seal_key, parts, 3, out->bytes);
}

enum scp_error vault_seal(struct vault *vault, const char *purpose, struct scp_bytes associated,
                          struct scp_bytes plain, struct scp_writer *out)
{
    uint8_t salt[VAULT_SALT_LEN], nonce[GCM_NONCE_LEN];
    struct scp_key key;
    const size_t before = out->len;
    rebind_random(vault->env, salt, sizeof salt);
    rebind_random(vault->env, nonce, sizeof nonce);
    enum scp_error error = message_key(vault, purpose, SCP_BYTES(salt), &key);
    if (error == SCP_OK) {
        scp_put(out, SCP_BYTES(seal_magic));
        scp_put(out, SCP_BYTES(salt));
        scp_put(out, SCP_BYTES(nonce));
        error = gcm_seal(&key, nonce, associated, plain, out);
    }
    if (error != SCP_OK)
        writer_take_back(out, before);
    scp_wipe(&key, sizeof key);
    return error;
}

enum scp_error vault_unseal(struct vault *vault, const char *purpose, struct scp_bytes associated,
                            struct scp_bytes sealed, struct scp_writer *out)
{
    struct scp_reader r = scp_reader_on(sealed);
    struct scp_key key;
    const struct scp_bytes found = scp_get(&r, sizeof seal_magic - 1);
    const uint8_t version = scp_get_u8(&r);
    const struct scp_bytes salt = scp_get(&r, VAULT_SALT_LEN);
    const struct scp_bytes nonce = scp_get(&r, GCM_NONCE_LEN);
    if (scp_reader_left(&r) < GCM_TAG_LEN || !scp_bytes_start_with(SCP_BYTES(seal_magic), found))
        return SCP_MALFORMED;
    if (version != SEAL_VERSION)
        return SCP_UNSUPPORTED;
    enum scp_error error = message_key(vault, purpose, salt, &key);
    if (error == SCP_OK)
        error = gcm_open(&key, nonce.ptr, associated, scp_reader_rest(&r), out);
    scp_wipe(&key, sizeof key);
    return error;
}

enum scp_error vault_pseudonym(struct vault *vault, const char *purpose, struct scp_bytes bytes,
                               uint8_t out[32])
{
    const struct scp_bytes parts[] = {scp_bytes_of(purpose, strlen(purpose) + 1), bytes};
    return hmac_sha256(vault->secrets->pseudonym_key, parts, 2, out);
}
