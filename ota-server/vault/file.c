#include "ota-server/vault/file.h"

#include "ota-server/vault/gcm.h"
#include "scp/host/file.h"

#include <stdlib.h>
#include <string.h>

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/pwdbased.h>

enum {
    FILE_VERSION_1 = 1,
    FILE_VERSION = 2,
    SCRYPT_COST = 15, /* 32 MiB */
    SCRYPT_COST_MAX = 20,
    SCRYPT_BLOCK = 8,
    SCRYPT_PARALLEL = 1,
    KEY_SET_MAX = 1 + VAULT_LABEL_MAX + 1 + 16 + 3 * (1 + SCP_KEY_MAX),
    BANK_KEY_MAX = 1 + VAULT_LABEL_MAX + 1 + SCP_KEY_MAX,
    SIGNING_KEY_MAX = 1 + VAULT_LABEL_MAX + 1 + 3 * SCP_KEY_COMPONENTS_MAX + VAULT_SIGNING_KEY_MAX,
    CONTENT_MAX = 3 * 32 + 2 + VAULT_KEY_SETS_MAX * KEY_SET_MAX + 2 +
                  VAULT_BANK_KEYS_MAX * BANK_KEY_MAX + 2 + VAULT_SIGNING_KEYS_MAX * SIGNING_KEY_MAX,
    FILE_MAX = VAULT_HEADER_LEN + CONTENT_MAX + GCM_TAG_LEN,
};

static const uint8_t magic[3] = {'R', 'B', 'V'};

/* ---- the header and the key --------------------------------------------------------------- */

static enum scp_error kind_of(const struct vault_credential *credential, uint8_t *kind)
{
    if ((credential->passphrase == NULL) == (credential->file == NULL))
        return SCP_OUT_OF_RANGE;
    if (credential->passphrase != NULL && credential->passphrase[0] == '\0')
        return SCP_OUT_OF_RANGE;
    *kind = credential->passphrase != NULL ? VAULT_KIND_PASSPHRASE : VAULT_KIND_CREDENTIAL;
    return SCP_OK;
}

enum scp_error vault_file_header(const struct vault_credential *credential,
                                 const struct rebind_env *env, struct vault_header *out)
{
    memset(out, 0, sizeof *out);
    SCP_TRY(kind_of(credential, &out->kind));
    out->cost = out->kind == VAULT_KIND_PASSPHRASE ? SCRYPT_COST : 0;
    rebind_random(env, out->salt, sizeof out->salt);
    return SCP_OK;
}

static void put_header(struct scp_writer *w, const struct vault_header *header)
{
    scp_put(w, SCP_BYTES(magic));
    scp_put_u8(w, FILE_VERSION);
    scp_put_u8(w, header->kind);
    scp_put_u8(w, header->cost);
    scp_put(w, SCP_BYTES(header->salt));
    scp_put(w, SCP_BYTES(header->nonce));
}

static enum scp_error get_header(struct scp_reader *r, struct vault_header *header)
{
    const struct scp_bytes found = scp_get(r, sizeof magic);
    header->version = scp_get_u8(r);
    header->kind = scp_get_u8(r);
    header->cost = scp_get_u8(r);
    scp_get_into(r, header->salt, sizeof header->salt);
    scp_get_into(r, header->nonce, sizeof header->nonce);
    if (!scp_bytes_equal(found, SCP_BYTES(magic)))
        return SCP_MALFORMED;
    if (header->version < FILE_VERSION_1 || header->version > FILE_VERSION)
        return SCP_UNSUPPORTED;
    return scp_reader_status(r) == SCP_OK ? SCP_OK : SCP_MALFORMED;
}

static enum scp_error key_of_passphrase(const struct vault_header *header, const char *passphrase,
                                        struct scp_key *out)
{
    if (header->cost < 1 || header->cost > SCRYPT_COST_MAX)
        return SCP_MALFORMED;
    int result =
        wc_scrypt(out->bytes, (const byte *)passphrase, (int)strlen(passphrase), header->salt,
                  VAULT_SALT_LEN, header->cost, SCRYPT_BLOCK, SCRYPT_PARALLEL, GCM_KEY_LEN);
    return result == 0 ? SCP_OK : SCP_CRYPTO;
}

static enum scp_error key_of_credential(const struct vault_header *header, const char *path,
                                        struct scp_key *out)
{
    static const char label[] = "rebind vault";
    struct rebind_blob credential;
    SCP_TRY(rebind_file_read_private(path, VAULT_CREDENTIAL_LEN, &credential, NULL));
    const struct scp_bytes parts[] = {scp_bytes_of(label, sizeof label - 1),
                                      SCP_BYTES(header->salt)};
    enum scp_error error = SCP_MALFORMED;
    if (credential.len == VAULT_CREDENTIAL_LEN && header->cost == 0)
        error = hmac_sha256(credential.ptr, parts, 2, out->bytes);
    rebind_blob_free(&credential);
    return error;
}

enum scp_error vault_file_key(const struct vault_header *header,
                              const struct vault_credential *credential, struct scp_key *out)
{
    uint8_t kind = 0;
    SCP_TRY(kind_of(credential, &kind));
    if (kind != header->kind)
        return SCP_MISMATCH;
    out->len = GCM_KEY_LEN;
    return kind == VAULT_KIND_PASSPHRASE ? key_of_passphrase(header, credential->passphrase, out)
                                         : key_of_credential(header, credential->file, out);
}

/* ---- the content -------------------------------------------------------------------------- */

static void put_text(struct scp_writer *w, const char *text)
{
    scp_put_lv(w, scp_bytes_of(text, strlen(text)));
}

static void put_key(struct scp_writer *w, const struct scp_key *key)
{
    scp_put_lv(w, scp_key_bytes(key));
}

static void put_secrets(struct scp_writer *w, const struct vault_secrets *secrets)
{
    scp_put(w, SCP_BYTES(secrets->seal_key));
    scp_put(w, SCP_BYTES(secrets->pseudonym_key));
    scp_put(w, SCP_BYTES(secrets->signing_key));
    scp_put_u16(w, (uint16_t)secrets->key_set_count);
    for (size_t i = 0; i < secrets->key_set_count; i++) {
        const struct vault_key_set *set = &secrets->key_sets[i];
        put_text(w, set->label);
        put_text(w, scp_diversification_name(set->scheme));
        put_key(w, &set->masters.enc);
        put_key(w, &set->masters.mac);
        put_key(w, &set->masters.dek);
    }
    scp_put_u16(w, (uint16_t)secrets->bank_key_count);
    for (size_t i = 0; i < secrets->bank_key_count; i++) {
        put_text(w, secrets->bank_keys[i].bank);
        put_key(w, &secrets->bank_keys[i].key);
    }
}

static void put_signing_keys(struct scp_writer *w, const struct vault_secrets *secrets)
{
    scp_put_u16(w, (uint16_t)secrets->signing_key_count);
    for (size_t i = 0; i < secrets->signing_key_count; i++) {
        const struct vault_signing_key *key = &secrets->signing_keys[i];
        struct scp_reader values = scp_reader_on(scp_bytes_of(key->values, key->values_len));
        put_text(w, key->label);
        scp_put_u8(w, (uint8_t)key->component_count);
        for (size_t c = 0; c < key->component_count; c++) {
            scp_put_u8(w, key->components[c].type);
            scp_put_u16(w, key->components[c].len);
            scp_put(w, scp_get(&values, key->components[c].len));
        }
    }
}

static void get_text(struct scp_reader *r, char *to, size_t cap)
{
    const struct scp_bytes text = scp_get_lv(r);
    if (text.len >= cap) {
        scp_reader_fail(r, SCP_TOO_LONG);
        return;
    }
    if (text.len > 0)
        memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
}

static void get_key(struct scp_reader *r, struct scp_key *key)
{
    enum scp_error error = scp_key_from(key, scp_get_lv(r));
    if (error != SCP_OK)
        scp_reader_fail(r, error);
}

static void get_key_set(struct scp_reader *r, struct vault_key_set *set)
{
    char scheme[16 + 1];
    get_text(r, set->label, sizeof set->label);
    get_text(r, scheme, sizeof scheme);
    if (scp_reader_status(r) == SCP_OK &&
        scp_diversification_from_name(scheme, &set->scheme) != SCP_OK)
        scp_reader_fail(r, SCP_UNSUPPORTED);
    get_key(r, &set->masters.enc);
    get_key(r, &set->masters.mac);
    get_key(r, &set->masters.dek);
}

static size_t get_count(struct scp_reader *r, size_t max)
{
    const size_t count = scp_get_u16(r);
    if (count > max)
        scp_reader_fail(r, SCP_TOO_LONG);
    return count > max ? 0 : count;
}

static void get_signing_key(struct scp_reader *r, struct vault_signing_key *key)
{
    struct scp_writer values = scp_writer_on(key->values, sizeof key->values);
    get_text(r, key->label, sizeof key->label);
    key->component_count = scp_get_u8(r);
    if (key->component_count > SCP_KEY_COMPONENTS_MAX) {
        key->component_count = 0;
        scp_reader_fail(r, SCP_TOO_LONG);
    }
    for (size_t i = 0; i < key->component_count; i++) {
        key->components[i].type = scp_get_u8(r);
        key->components[i].len = scp_get_u16(r);
        scp_put(&values, scp_get(r, key->components[i].len));
    }
    key->values_len = values.len;
    if (scp_writer_status(&values) != SCP_OK)
        scp_reader_fail(r, SCP_TOO_LONG);
}

static enum scp_error get_secrets(struct scp_bytes content, uint8_t version,
                                  struct vault_secrets *secrets)
{
    struct scp_reader r = scp_reader_on(content);
    scp_get_into(&r, secrets->seal_key, sizeof secrets->seal_key);
    scp_get_into(&r, secrets->pseudonym_key, sizeof secrets->pseudonym_key);
    scp_get_into(&r, secrets->signing_key, sizeof secrets->signing_key);
    secrets->key_set_count = get_count(&r, VAULT_KEY_SETS_MAX);
    for (size_t i = 0; i < secrets->key_set_count; i++)
        get_key_set(&r, &secrets->key_sets[i]);
    secrets->bank_key_count = get_count(&r, VAULT_BANK_KEYS_MAX);
    for (size_t i = 0; i < secrets->bank_key_count; i++) {
        get_text(&r, secrets->bank_keys[i].bank, sizeof secrets->bank_keys[i].bank);
        get_key(&r, &secrets->bank_keys[i].key);
    }
    secrets->signing_key_count =
        version == FILE_VERSION_1 ? 0 : get_count(&r, VAULT_SIGNING_KEYS_MAX);
    for (size_t i = 0; i < secrets->signing_key_count; i++)
        get_signing_key(&r, &secrets->signing_keys[i]);
    return scp_reader_end(&r) == SCP_OK ? SCP_OK : SCP_MALFORMED;
}

/* ---- reading ------------------------------------------------------------------------------ */

static enum scp_error unseal(struct vault *vault, struct scp_bytes file)
{
    uint8_t *content = arena_alloc(&vault->arena, CONTENT_MAX);
    if (content == NULL)
        return SCP_NO_MEMORY;
    struct scp_writer w = scp_writer_on(content, CONTENT_MAX);
    enum scp_error error =
        gcm_open(vault->file_key, vault->header.nonce, scp_bytes_slice(file, 0, VAULT_HEADER_LEN),
                 scp_bytes_from(file, VAULT_HEADER_LEN), &w);
    if (error == SCP_OK)
        error = get_secrets(scp_written(&w), vault->header.version, vault->secrets);
    arena_free(&vault->arena, content);
    return error;
}

static enum scp_error load(struct vault *vault, const struct vault_credential *credential,
                           struct scp_bytes file)
{
    struct scp_reader r = scp_reader_on(file);
    SCP_TRY(get_header(&r, &vault->header));
    if (scp_reader_left(&r) < GCM_TAG_LEN)
        return SCP_MALFORMED;
    SCP_TRY(vault_file_key(&vault->header, credential, vault->file_key));
    return unseal(vault, file);
}

enum scp_error vault_file_load(struct vault *vault, const struct vault_credential *credential)
{
    struct rebind_blob file;
    SCP_TRY(rebind_file_read_private(vault->path, FILE_MAX, &file, NULL));
    enum scp_error error = load(vault, credential, rebind_blob_bytes(&file));
    rebind_blob_free(&file);
    return error;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Whether the file still is the one that was read: its nonce is new with every writing. */
static enum scp_error check_unchanged(const struct vault *vault)
{
    struct rebind_blob file;
    struct vault_header header;
    SCP_TRY(rebind_file_read_private(vault->path, FILE_MAX, &file, NULL));
    struct scp_reader r = scp_reader_on(rebind_blob_bytes(&file));
    enum scp_error error = get_header(&r, &header);
    if (error == SCP_OK &&
        !scp_bytes_equal(SCP_BYTES(header.nonce), SCP_BYTES(vault->header.nonce)))
        error = SCP_STATE;
    rebind_blob_free(&file);
    return error;
}

static enum scp_error seal(struct vault *vault, const struct vault_header *header,
                           struct scp_writer *file)
{
    uint8_t *content = arena_alloc(&vault->arena, CONTENT_MAX);
    if (content == NULL)
        return SCP_NO_MEMORY;
    struct scp_writer w = scp_writer_on(content, CONTENT_MAX);
    put_secrets(&w, vault->secrets);
    put_signing_keys(&w, vault->secrets);
    put_header(file, header);
    enum scp_error error = scp_writer_status(&w);
    if (error == SCP_OK)
        error = gcm_seal(vault->file_key, header->nonce, scp_written(file), scp_written(&w), file);
    arena_free(&vault->arena, content);
    return error;
}

static enum scp_error write_file(const struct vault *vault, struct scp_bytes content, bool create)
{
    enum { OWNER_ONLY = 0600 };
    if (create)
        return rebind_file_create(vault->path, content, OWNER_ONLY, NULL);
    SCP_TRY(check_unchanged(vault));
    return rebind_file_write(vault->path, content, OWNER_ONLY, NULL);
}

enum scp_error vault_file_save(struct vault *vault, bool create)
{
    struct vault_header header = vault->header;
    header.version = FILE_VERSION;
    uint8_t *buffer = malloc(FILE_MAX);
    if (buffer == NULL)
        return SCP_NO_MEMORY;
    struct scp_writer file = scp_writer_on(buffer, FILE_MAX);
    rebind_random(vault->env, header.nonce, sizeof header.nonce);
    enum scp_error error = seal(vault, &header, &file);
    if (error == SCP_OK)
        error = write_file(vault, scp_written(&file), create);
    if (error == SCP_OK)
        vault->header = header;
    free(buffer);
    return error;
}
