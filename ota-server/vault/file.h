/* The vault's file.
 *
 *     "RBV" 02 ‖ kind(1) ‖ cost(1) ‖ salt(16) ‖ nonce(12) ‖ AES-256-GCM ciphertext ‖ tag(16)
 *
 * with everything before the ciphertext as associated data. The key: kind 1, scrypt of the
 * passphrase and salt with N = 2^cost, r = 8, p = 1; kind 2, HMAC-SHA-256 of "rebind vault" ‖ salt
 * under the credential's 32 bytes, cost 0. The plain content:
 *
 *     seal key(32) ‖ pseudonym key(32) ‖ signing key(32)
 *     count(2) ‖ each key set: label ‖ diversification's name ‖ ENC ‖ MAC ‖ DEK
 *     count(2) ‖ each bank key: bank ‖ key
 *     count(2) ‖ each signing key: label ‖ count(1) ‖ each component: type(1) ‖ length(2) ‖ value
 *
 * where each text and key is a length byte and that many bytes. Version 1 had no signing keys. */
#ifndef OTA_SERVER_VAULT_FILE_H
#define OTA_SERVER_VAULT_FILE_H

#include "ota-server/vault/internal.h"

enum vault_kind { VAULT_KIND_PASSPHRASE = 1, VAULT_KIND_CREDENTIAL = 2 };

/* Choose kind, cost and salt for a new file. OUT_OF_RANGE unless there is exactly one credential.
 */
SCP_MUST_USE enum scp_error vault_file_header(const struct vault_credential *credential,
                                              const struct rebind_env *env,
                                              struct vault_header *out);

/* Derive the file's key. MISMATCH when the credential is of another kind. */
SCP_MUST_USE enum scp_error vault_file_key(const struct vault_header *header,
                                           const struct vault_credential *credential,
                                           struct scp_key *out);

/* Read the header of vault->path, derive vault->file_key, and read vault->secrets. */
SCP_MUST_USE enum scp_error vault_file_load(struct vault *vault,
                                            const struct vault_credential *credential);

/* vault_file_save (internal.h): seal vault->secrets under a new nonce and put them in place of the
 * old file, or, when `create`, where no file may be. STATE when another process wrote the file
 * since it was read. It writes this version, whatever was read. */

#endif
