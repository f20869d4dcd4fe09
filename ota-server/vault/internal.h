/* The vault's insides, shared by the files of this room. */
#ifndef OTA_SERVER_VAULT_INTERNAL_H
#define OTA_SERVER_VAULT_INTERNAL_H

#include "ota-server/vault/arena.h"
#include "ota-server/vault/vault.h"
#include "scp/host/env.h"

#include <pthread.h>

struct vault_key_set {
    char label[VAULT_LABEL_MAX + 1];
    enum scp_diversification scheme;
    struct scp_key_set masters;
};

struct vault_bank_key {
    char bank[VAULT_LABEL_MAX + 1];
    struct scp_key key;
};

/* A key of delegated management as its components are, one behind the other. */
struct vault_signing_key {
    char label[VAULT_LABEL_MAX + 1];
    struct {
        uint8_t type;
        uint16_t len;
    } components[SCP_KEY_COMPONENTS_MAX];
    size_t component_count;
    uint8_t values[VAULT_SIGNING_KEY_MAX];
    size_t values_len;
};

/* Everything that the file holds. Lies in the arena. */
struct vault_secrets {
    uint8_t seal_key[32];
    uint8_t pseudonym_key[32];
    uint8_t signing_key[32]; /* P-256 scalar */
    struct vault_key_set key_sets[VAULT_KEY_SETS_MAX];
    size_t key_set_count;
    struct vault_bank_key bank_keys[VAULT_BANK_KEYS_MAX];
    size_t bank_key_count;
    struct vault_signing_key signing_keys[VAULT_SIGNING_KEYS_MAX];
    size_t signing_key_count;
};

enum { VAULT_SALT_LEN = 16, VAULT_NONCE_LEN = 12, VAULT_HEADER_LEN = 6 + 16 + 12 };

/* How the file's key comes from the credential: see file.h. */
struct vault_header {
    uint8_t version;
    uint8_t kind;
    uint8_t cost;
    uint8_t salt[VAULT_SALT_LEN];
    uint8_t nonce[VAULT_NONCE_LEN]; /* new with every writing */
};

struct vault {
    const struct rebind_env *env;
    char *path;
    struct arena arena;
    pthread_rwlock_t lock; /* of what stands below */
    struct vault_header header;
    struct scp_key *file_key;      /* in the arena */
    struct vault_secrets *secrets; /* in the arena */
};

/* The entry of that label, or NULL. The caller holds the lock. */
const struct vault_key_set *vault_find_key_set(const struct vault *vault, const char *label);
const struct vault_bank_key *vault_find_bank_key(const struct vault *vault, const char *bank);
const struct vault_signing_key *vault_find_signing_key(const struct vault *vault,
                                                       const char *label);

/* Whether a text may name an entry. */
bool vault_is_label(const char *label);

/* See file.h; here for those who add entries. */
SCP_MUST_USE enum scp_error vault_file_save(struct vault *vault, bool create);

/* The keys of the card with these diversification data, from the masters of that label.
 * KEY_UNAVAILABLE. The caller wipes `out`. */
SCP_MUST_USE enum scp_error vault_diversified(struct vault *vault, const char *label,
                                              const uint8_t data[10], struct scp_key_set *out);

/* A random P-256 scalar. */
void vault_make_signing_key(const struct rebind_env *env, uint8_t key[32]);

#endif
