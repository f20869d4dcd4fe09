/* The vault: the one place where master keys, the banks' transport keys and the service's own
 * secrets are clear. Everybody else holds labels and gets results: session keys, sealed bytes, a
 * card's DGIs.
 *
 * A vault is one file, sealed with AES-256-GCM under a key from a passphrase (scrypt) or a
 * credential file; its layout stands in file.h. It is read whole at vault_open and written whole
 * and atomically by every vault_add_*. In memory its secrets live in a region of their own
 * (arena.h): locked where the system allows it, left out of core files, wiped by vault_close.
 *
 *     vault_open("/var/lib/rebind/vault", &credential, env, &vault);
 *     vault_card_keys(vault, "isd-2021", &handle, &keys);     // keys: libscp's interface
 *     scp_channel_open(&ch, &keys, response_data);
 *     vault_seal(vault, "channel", SCP_EMPTY, saved, &w);
 *     vault_close(vault);
 *
 * Every call takes values and gives values, so that a process of its own or an HSM can stand here.
 *
 * Threads: all functions may be called from any thread, vault_close after all others have returned.
 * Errors are those of libscp; each function says which. Outputs are written only on success: a
 * writer that had room keeps its length after an error. */
#ifndef OTA_SERVER_VAULT_VAULT_H
#define OTA_SERVER_VAULT_VAULT_H

#include "scp/channel/keys.h"
#include "scp/crypto/kdf.h"
#include "scp/gp/put_key.h"
#include "scp/gp/receipt.h"

struct rebind_env; /* scp/host/env.h */
struct vault;

enum {
    VAULT_LABEL_MAX = 64, /* characters of a key set's label or a bank's id */
    VAULT_KEY_SETS_MAX = 128,
    VAULT_BANK_KEYS_MAX = 512,
    VAULT_SIGNING_KEYS_MAX = 8,
    VAULT_SIGNING_KEY_MAX = 1400, /* bytes of its components: RSA of 4096 bits has 1280 */
    VAULT_CREDENTIAL_LEN = 32,
    VAULT_SEAL_OVERHEAD = 4 + 16 + 12 + 16, /* magic and version, salt, nonce, tag */
    VAULT_RECORD_MAX = 4096,                /* bytes of one personalisation record, sealed */
    VAULT_DGI_MAX = 2048,                   /* bytes of one DGI's value */
    VAULT_SIGNATURE_MAX = 72,
    VAULT_PUBLIC_KEY_MAX = 96,
};

/* What opens the file: exactly one of the two is not NULL. */
struct vault_credential {
    const char *passphrase;
    const char *file; /* path of a file of VAULT_CREDENTIAL_LEN random bytes */
};

/* Make a credential file readable by its owner alone. IO; DUPLICATE when the path exists. */
SCP_MUST_USE enum scp_error vault_credential_create(const char *path, const struct rebind_env *env);

/* Make a new vault file and open it. `env` must outlive the vault. DUPLICATE when the path exists;
 * OUT_OF_RANGE when there is not exactly one credential or the passphrase is empty; IO, CRYPTO,
 * NO_MEMORY; MALFORMED when the credential file has not its length. */
SCP_MUST_USE enum scp_error vault_create(const char *path,
                                         const struct vault_credential *credential,
                                         const struct rebind_env *env, struct vault **out);

/* Open an existing one. As vault_create, and: NOT_FOUND (no such file); MALFORMED (not a vault
 * file); UNSUPPORTED (a later version); MISMATCH (made with the other kind of credential); BAD_MAC
 * (wrong credential, or the file was altered: nothing can tell which). */
SCP_MUST_USE enum scp_error vault_open(const char *path, const struct vault_credential *credential,
                                       const struct rebind_env *env, struct vault **out);

/* Wipe and free. NULL is allowed. */
void vault_close(struct vault *vault);

/* Whether the secrets' memory could be locked against swapping. */
bool vault_memory_locked(const struct vault *vault);

/* ---- keys --------------------------------------------------------------------------------- */

/* Persisted before they return. DUPLICATE when the label is taken, OUT_OF_RANGE for a bad label (1
 * to VAULT_LABEL_MAX of [a-zA-Z0-9._-]) or key length, TOO_LONG when the vault is full, IO. */
SCP_MUST_USE enum scp_error vault_add_key_set(struct vault *vault, const char *label,
                                              enum scp_diversification scheme,
                                              const struct scp_key_set *masters);
/* The AES-256 transport key that bank and bureau share. */
SCP_MUST_USE enum scp_error vault_add_bank_key(struct vault *vault, const char *bank,
                                               const struct scp_key *key);

bool vault_has_key_set(struct vault *vault, const char *label);
bool vault_has_bank_key(struct vault *vault, const char *bank);

/* ---- secure channels ---------------------------------------------------------------------- */

/* Storage of the caller's behind a struct scp_keys. Holds no secret. */
struct vault_card_keys {
    struct vault *vault;
    char label[VAULT_LABEL_MAX + 1];
};

/* libscp's interface over the keys that the session's diversification data select from the key set.
 * `handle` and `vault` must outlive `out`. NOT_FOUND when there is no such key set. */
SCP_MUST_USE enum scp_error vault_card_keys(struct vault *vault, const char *key_set_label,
                                            struct vault_card_keys *handle, struct scp_keys *out);

struct vault_key_transfer {
    const char *label;                         /* the masters of the keys that shall be stored */
    uint8_t kvn;                               /* their key version number on the card */
    const struct scp_keys *keys;               /* of the session, for dek_encrypt */
    const struct scp_session_context *session; /* in which they will be sent */
};

/* Append a card's key set, enciphering, MAC and data encryption key with the identifiers 1 to 3, as
 * the DGIs of a key transfer (GPCS 11.11.4): id(2) ‖ length ‖ value. DES keys under SCP02, AES keys
 * under SCP03. KEY_UNAVAILABLE (no such masters), OUT_OF_RANGE (masters of a length that the
 * protocol does not have), NO_SPACE. */
SCP_MUST_USE enum scp_error vault_transfer_keys(struct vault *vault,
                                                const struct vault_key_transfer *transfer,
                                                struct scp_writer *dgis);

/* Append the same keys as the key data fields of PUT KEY (GPCS 11.8.2.3): what struct scp_put_key
 * calls `coded`. One key where the session's option has one base key, else three. `quirks` say how
 * the card wants them coded; NULL: as the specifications do. The transfer's errors. */
SCP_MUST_USE enum scp_error vault_code_keys(struct vault *vault,
                                            const struct vault_key_transfer *transfer,
                                            const struct scp_put_key_quirks *quirks,
                                            struct scp_writer *fields);

/* ---- delegated management ------------------------------------------------------------------ */

/* Keep the key with which tokens are made (its private part) or receipts verified, as components
 * with clear values (scp/gp/signing_key.h says which). Persisted before it returns. DUPLICATE,
 * OUT_OF_RANGE (label, number of components, a length), UNSUPPORTED (components that make no key),
 * NO_SPACE (longer than VAULT_SIGNING_KEY_MAX), TOO_LONG (the vault is full), IO. */
SCP_MUST_USE enum scp_error vault_add_signing_key(struct vault *vault, const char *label,
                                                  const struct scp_key_component *components,
                                                  size_t count);
bool vault_has_signing_key(struct vault *vault, const char *label);

/* Append the token for `count` commands (scp_token_sign) under that key. Bind them to their card
 * before: a token is good wherever its binding allows. KEY_UNAVAILABLE (no such key, or none that
 * signs), and the errors of scp_token_sign. */
SCP_MUST_USE enum scp_error vault_sign_token(struct vault *vault, const char *label,
                                             const struct scp_token *commands, size_t count,
                                             struct scp_writer *token);

/* Whether a card's receipt (scp_receipt_verify) was made with that key. BAD_SIGNATURE;
 * KEY_UNAVAILABLE. That its counter is a new one, and its card the right one, is for the caller. */
SCP_MUST_USE enum scp_error vault_verify_receipt(struct vault *vault, const char *label,
                                                 const struct scp_receipt_subject *subject,
                                                 const struct scp_confirmation *confirmation);

/* ---- sealing and pseudonyms --------------------------------------------------------------- */

/* Append `plain` sealed under the vault's own key: "RBS" 01 ‖ salt(16) ‖ nonce(12) ‖ ciphertext ‖
 * tag(16), VAULT_SEAL_OVERHEAD longer. It opens only with the same purpose and associated data. */
SCP_MUST_USE enum scp_error vault_seal(struct vault *vault, const char *purpose,
                                       struct scp_bytes associated, struct scp_bytes plain,
                                       struct scp_writer *out);

/* Append the plain bytes. MALFORMED, UNSUPPORTED (version), BAD_MAC, NO_SPACE. */
SCP_MUST_USE enum scp_error vault_unseal(struct vault *vault, const char *purpose,
                                         struct scp_bytes associated, struct scp_bytes sealed,
                                         struct scp_writer *out);

/* HMAC-SHA-256 of purpose ‖ 00 ‖ bytes under a key of the vault's: what stands in the store for a
 * card number. CRYPTO. */
SCP_MUST_USE enum scp_error vault_pseudonym(struct vault *vault, const char *purpose,
                                            struct scp_bytes bytes, uint8_t out[32]);

/* ---- personalisation ---------------------------------------------------------------------- */

/* A bank's sealed record and what it was sealed for (record.h). All borrowed. */
struct vault_record {
    const char *bank;
    const char *product; /* "BANK/PRODUCT" */
    const char *card;    /* the card's id */
    struct scp_bytes sealed;
};

/* One data grouping of a product's personalisation; the template's syntax stands in template.h. */
struct vault_dgi {
    const char *value;
    uint16_t id;
    bool sensitive; /* encrypted under the session's data encryption key */
};

struct vault_transcrypt_request {
    struct vault_record record;
    const struct vault_dgi *dgis;
    size_t dgi_count;
    const struct scp_keys *keys;               /* of the card, for dek_encrypt */
    const struct scp_session_context *session; /* in which the DGIs will be sent */
};

/* Where a transcription failed. Holds no value of the record. */
struct vault_problem {
    size_t dgi;       /* index into the request's dgis; dgi_count when it was the record itself */
    size_t position;  /* in that DGI's template */
    const char *text; /* one English clause, static; "" when there is nothing to add */
};

/* Open the bank's record, expand every template over it, encrypt the sensitive ones (padded with 80
 * 00… only when not whole blocks: 8 bytes for SCP02, 16 for SCP03) and append each as id(2) ‖
 * length(1, or FF and 2) ‖ value: the data of STORE DATA. KEY_UNAVAILABLE (no key of that bank),
 * BAD_MAC (record altered, or sealed for another product or card), MALFORMED (record or template),
 * NOT_FOUND (the template names an object that the record lacks), TOO_LONG, NO_SPACE. `problem` may
 * be NULL. */
SCP_MUST_USE enum scp_error vault_transcrypt(struct vault *vault,
                                             const struct vault_transcrypt_request *request,
                                             struct scp_writer *out, struct vault_problem *problem);

/* Whether a record that a bank delivers could be transcribed: it opens, and every template finds
 * its objects. Errors and `problem` as vault_transcrypt; nothing is given out. */
SCP_MUST_USE enum scp_error vault_check_record(struct vault *vault,
                                               const struct vault_record *record,
                                               const struct vault_dgi *dgis, size_t dgi_count,
                                               struct vault_problem *problem);

struct vault_cryptogram_request {
    struct vault_record record;
    struct scp_bytes input; /* of GENERATE AC: CDOL1 data ‖ AIP ‖ ATC ‖ issuer application data */
    uint16_t atc;
    uint8_t cryptogram[8];
};

/* Whether a new instance's application cryptogram was made with the key DF01 of the record: the
 * proof that the bank's application is personalised and alive. BAD_CRYPTOGRAM when it was not;
 * otherwise the errors of vault_transcrypt. */
SCP_MUST_USE enum scp_error vault_verify_cryptogram(struct vault *vault,
                                                    const struct vault_cryptogram_request *request);

/* ---- signatures --------------------------------------------------------------------------- */

/* Append the DER ECDSA signature, P-256 with SHA-256, of `bytes` under the vault's signing key:
 * what an audit checkpoint carries. CRYPTO, NO_SPACE. */
SCP_MUST_USE enum scp_error vault_sign(struct vault *vault, struct scp_bytes bytes,
                                       struct scp_writer *signature);

/* Append the signing key's public half as a DER SubjectPublicKeyInfo. */
SCP_MUST_USE enum scp_error vault_public_key(struct vault *vault, struct scp_writer *out);

/* Check such a signature; needs no vault. BAD_SIGNATURE, MALFORMED. */
SCP_MUST_USE enum scp_error vault_verify(struct scp_bytes public_key, struct scp_bytes bytes,
                                         struct scp_bytes signature);

#endif
