/* Card capability information, tag 67 (GPCS H.4): which protocols, privileges and algorithms a card
 * can do.
 *
 *     SCP_TRY(scp_card_capability_parse(answer.data, &capability));
 *     if (scp_signature_supported(capability.token_ciphers, SCP_SIGNATURE_ECC_256))
 *         …
 *
 * Views borrow from the answer. */
#ifndef SCP_GP_CAPABILITY_H
#define SCP_GP_CAPABILITY_H

#include "scp/base/bytes.h"

enum { SCP_CAPABILITY_PROTOCOLS_MAX = 8 };

/* Bits of `key_sizes` (table H-7). */
enum { SCP_KEY_SIZE_AES_128 = 0x01, SCP_KEY_SIZE_AES_192 = 0x02, SCP_KEY_SIZE_AES_256 = 0x04 };

/* Bytes of `hashes`. */
enum { SCP_HASH_ID_SHA1 = 1, SCP_HASH_ID_SHA256, SCP_HASH_ID_SHA384, SCP_HASH_ID_SHA512 };

/* Bits of `load_file_ciphers` (table H-8). */
enum {
    SCP_LOAD_CIPHER_DES3 = 0x01,
    SCP_LOAD_CIPHER_AES_128 = 0x02,
    SCP_LOAD_CIPHER_AES_192 = 0x04,
    SCP_LOAD_CIPHER_AES_256 = 0x08,
    SCP_LOAD_CIPHER_ICV = 0x80,
};

/* Signature schemes of tokens, receipts and DAP (tables H-9 and H-10): byte 1 is the low one. */
enum scp_signature_suite {
    SCP_SIGNATURE_RSA_1024_SHA1 = 0x0001,
    SCP_SIGNATURE_RSA_PSS_SHA256 = 0x0002,
    SCP_SIGNATURE_DES_MAC = 0x0004,
    SCP_SIGNATURE_AES_128 = 0x0008,
    SCP_SIGNATURE_AES_192 = 0x0010,
    SCP_SIGNATURE_AES_256 = 0x0020,
    SCP_SIGNATURE_ECC_256 = 0x0040,
    SCP_SIGNATURE_ECC_384 = 0x0080,
    SCP_SIGNATURE_ECC_512 = 0x0100,
    SCP_SIGNATURE_ECC_521 = 0x0200,
};

/* One A0 template (table H-6). */
struct scp_capability_protocol {
    uint8_t protocol;         /* 80: 02, 03, 80, 81 */
    struct scp_bytes options; /* 81: values of i, one byte each */
    uint8_t key_sizes;        /* 82: of SCP03; 0 when absent */
    struct scp_bytes suites;  /* 83: TLS cipher suites of SCP81, two bytes each */
    uint8_t pre_shared_max;   /* 84: bytes of a pre-shared key of SCP81; 0 when absent */
};

struct scp_card_capability {
    struct scp_capability_protocol protocols[SCP_CAPABILITY_PROTOCOLS_MAX];
    size_t protocol_count;
    struct scp_bytes domain_privileges;      /* 81: for supplementary domains, see privileges.h */
    struct scp_bytes application_privileges; /* 82 */
    struct scp_bytes hashes;                 /* 83: of the load file data block */
    struct scp_bytes load_file_ciphers;      /* 84 */
    struct scp_bytes token_ciphers;          /* 85 */
    struct scp_bytes receipt_ciphers;        /* 86 */
    struct scp_bytes dap_ciphers;            /* 87 */
    struct scp_bytes curves;                 /* 88: key parameter references */
};

/* Absent objects are empty, unknown ones passed over, a second 67 around the first is taken off.
 * TRUNCATED, TRAILING; MALFORMED: another tag, or neither a protocol nor any of the lists;
 * TOO_LONG: more protocols than the limit. */
SCP_MUST_USE enum scp_error scp_card_capability_parse(struct scp_bytes data,
                                                      struct scp_card_capability *out);

/* Whether a list of signature schemes has one. Two bytes are a bit map; some cards write more, one
 * scheme a byte. */
bool scp_signature_supported(struct scp_bytes list, enum scp_signature_suite suite);

#endif
