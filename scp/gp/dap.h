/* Load file data block signatures, "DAP" (GPCS C.2, C.3, 11.6.2.3; Amendment D 8.1).
 *
 * A DAP signs the load file data block hash that INSTALL [for load] states, with the algorithm that
 * its key decides (signature.h): RSA and ECDSA hash the hash again. DAP blocks stand at the
 * beginning of the load file; scp_put_load_file writes them, scp_load_file_parse reads them.
 *
 * A card that loads: takes the hash's algorithm from its length, asks for each key involved (of
 * every DAP, of the load token, of the ciphered data block) whether that hash will do, checks that
 * the hash is that of the data block, and verifies each DAP block under the key of the domain it
 * names.
 *
 *     SCP_TRY(scp_dap_check_hash(&key, install.hash));
 *     dap = scp_dap_find(&load_file, &domain);
 *     SCP_TRY(scp_dap_verify(&key, dap, install.hash));
 *
 * Nothing is owned. */
#ifndef SCP_GP_DAP_H
#define SCP_GP_DAP_H

#include "scp/crypto/signature.h"
#include "scp/gp/load_file.h"

/* Whether a data block hash of that length may be used beside this key (table C-3): one that is at
 * least as strong as key->hash. UNSUPPORTED (a length that is no hash's), OUT_OF_RANGE (too weak).
 */
SCP_MUST_USE enum scp_error scp_dap_check_hash(const struct scp_signature_key *key,
                                               struct scp_bytes data_block_hash);

/* Append the signature for a DAP block. What scp_sign gives. */
SCP_MUST_USE enum scp_error scp_dap_sign(const struct scp_signature_key *key,
                                         const uint8_t random[SCP_SIGNATURE_RANDOM],
                                         struct scp_bytes data_block_hash, struct scp_writer *out);

/* The block for that security domain; NULL when the load file has none. Borrows from it. */
const struct scp_dap *scp_dap_find(const struct scp_load_file *load_file,
                                   const struct scp_aid *security_domain);
/* NOT_FOUND for no block (NULL); what scp_verify gives. */
SCP_MUST_USE enum scp_error scp_dap_verify(const struct scp_signature_key *key,
                                           const struct scp_dap *dap,
                                           struct scp_bytes data_block_hash);

#endif
