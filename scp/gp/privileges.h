/* Privileges (GPCS 6.6 and 11.1.2) as a set of flags in the order of the three bytes: byte 1 is
 * bits 23 to 16.
 *
 * A card reads the one-byte form with a default second byte (table 6-2): a supplementary security
 * domain gets Trusted Path. scp_privileges_parse gives what is written, scp_privileges_complete
 * what the card makes of it. A set is a plain number, and nothing is kept.
 *
 *     SCP_TRY(scp_privileges_parse(bytes, &set));
 *     for (size_t i = 0; (name = scp_privileges_nth_name(set, i)) != NULL; i++)
 *         puts(name);
 */
#ifndef SCP_GP_PRIVILEGES_H
#define SCP_GP_PRIVILEGES_H

#include "scp/base/bytes.h"

/* X(NAME, bits, "name"): flags, names and parser are made from this list. */
#define SCP_PRIVILEGES(X)                                                       \
    X(SECURITY_DOMAIN, 0x800000, "security-domain")                             \
    X(DAP_VERIFICATION, 0x400000, "dap-verification")                           \
    X(DELEGATED_MANAGEMENT, 0x200000, "delegated-management")                   \
    X(CARD_LOCK, 0x100000, "card-lock")                                         \
    X(CARD_TERMINATE, 0x080000, "card-terminate")                               \
    X(CARD_RESET, 0x040000, "card-reset")                                       \
    X(CVM_MANAGEMENT, 0x020000, "cvm-management")                               \
    X(MANDATED_DAP_VERIFICATION, 0x010000, "mandated-dap-verification")         \
    X(TRUSTED_PATH, 0x008000, "trusted-path")                                   \
    X(AUTHORIZED_MANAGEMENT, 0x004000, "authorized-management")                 \
    X(TOKEN_VERIFICATION, 0x002000, "token-verification")                       \
    X(GLOBAL_DELETE, 0x001000, "global-delete")                                 \
    X(GLOBAL_LOCK, 0x000800, "global-lock")                                     \
    X(GLOBAL_REGISTRY, 0x000400, "global-registry")                             \
    X(FINAL_APPLICATION, 0x000200, "final-application")                         \
    X(GLOBAL_SERVICE, 0x000100, "global-service")                               \
    X(RECEIPT_GENERATION, 0x000080, "receipt-generation")                       \
    X(CIPHERED_LOAD_FILE_DATA_BLOCK, 0x000040, "ciphered-load-file-data-block") \
    X(CONTACTLESS_ACTIVATION, 0x000020, "contactless-activation")               \
    X(CONTACTLESS_SELF_ACTIVATION, 0x000010, "contactless-self-activation")

enum scp_privilege {
#define SCP_PRIVILEGE_ENUM(name, bits, text) SCP_PRIVILEGE_##name = (bits),
    SCP_PRIVILEGES(SCP_PRIVILEGE_ENUM)
#undef SCP_PRIVILEGE_ENUM
};

bool scp_privileges_have(uint32_t set, enum scp_privilege privilege);

/* One or three bytes. MALFORMED for any other length. */
SCP_MUST_USE enum scp_error scp_privileges_parse(struct scp_bytes bytes, uint32_t *set);
/* What a card makes of one or three bytes: the one-byte form with the default second byte. */
SCP_MUST_USE enum scp_error scp_privileges_complete(struct scp_bytes bytes, uint32_t *set);

/* Three fixed bytes. */
uint32_t scp_privileges_load(const uint8_t from[3]);
void scp_privileges_store(uint8_t to[3], uint32_t set);

/* Three bytes. */
void scp_put_privileges(struct scp_writer *w, uint32_t set);
/* One byte when only byte 1 is used, else three: for cards older than GPCS 2.2. A card adds default
 * privileges to one byte, so a security domain is better written with three. */
void scp_put_privileges_short(struct scp_writer *w, uint32_t set);

/* Whether the privileges may stand together (GPCS 6.6.1, 6.6.2): DAP Verification and the two kinds
 * of management need Security Domain, Mandated DAP Verification needs DAP Verification, and
 * Delegated Management excludes Authorized Management, Token Verification and Receipt Generation.
 */
bool scp_privileges_consistent(uint32_t set);

/* "card-reset"; NULL when the value is no single privilege. */
const char *scp_privilege_name(enum scp_privilege privilege);
/* NOT_FOUND. */
SCP_MUST_USE enum scp_error scp_privilege_from_name(const char *name, enum scp_privilege *out);
/* The names of a set, for iteration: the `index`-th privilege of the table that the set has, or
 * NULL when there are no more. */
const char *scp_privileges_nth_name(uint32_t set, size_t index);

#endif
