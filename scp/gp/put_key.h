/* PUT KEY (GPCS 11.8; Amendment D 7.2), both sides and both formats of a key data field.
 *
 *     struct scp_put_key put_key = {.kvn = 0x31, .first_key_id = 1, .key_count = 3};
 *     for (size_t i = 0; i < 3; i++)
 *         put_key.keys[i] = scp_symmetric_key(SCP_KEY_TYPE_AES, encrypted[i], 16, kcv[i], quirks);
 *     SCP_TRY(scp_put_key_command(&put_key, &data, &apdu));   // cut by scp_segment when long
 *     …
 *     SCP_TRY(scp_put_key_confirm(&put_key, answer.data));
 *
 * Secret values come in and go out encrypted under the data encryption key: this room sees no clear
 * key. A change of keys adds a new key version number and proves it before the old one is deleted.
 *
 * Nothing is owned: views borrow from the input. */
#ifndef SCP_GP_PUT_KEY_H
#define SCP_GP_PUT_KEY_H

#include "scp/gp/apdu.h"

/* Key types (GPCS 11.1.8, table 11-16). */
enum scp_key_type {
    SCP_KEY_TYPE_DES = 0x80,
    SCP_KEY_TYPE_PSK_TLS = 0x85,
    SCP_KEY_TYPE_AES = 0x88,
    SCP_KEY_TYPE_HMAC_SHA1 = 0x90,
    SCP_KEY_TYPE_HMAC_SHA1_160 = 0x91,
    SCP_KEY_TYPE_RSA_EXPONENT = 0xA0, /* of a public key */
    SCP_KEY_TYPE_RSA_MODULUS = 0xA1,
    SCP_KEY_TYPE_RSA_SECRET_MODULUS = 0xA2,
    SCP_KEY_TYPE_RSA_PRIVATE_EXPONENT = 0xA3,
    SCP_KEY_TYPE_RSA_P = 0xA4,
    SCP_KEY_TYPE_RSA_Q = 0xA5,
    SCP_KEY_TYPE_RSA_PQ = 0xA6,  /* q⁻¹ mod p */
    SCP_KEY_TYPE_RSA_DP1 = 0xA7, /* d mod (p - 1) */
    SCP_KEY_TYPE_RSA_DQ1 = 0xA8, /* d mod (q - 1) */
    SCP_KEY_TYPE_EC_PUBLIC = 0xB0,
    SCP_KEY_TYPE_EC_PRIVATE = 0xB1,
    SCP_KEY_TYPE_EC_P = 0xB2, /* field; B3 to B7 are A, B, G, N and the cofactor k */
    SCP_KEY_TYPE_EC_A = 0xB3,
    SCP_KEY_TYPE_EC_B = 0xB4,
    SCP_KEY_TYPE_EC_G = 0xB5,
    SCP_KEY_TYPE_EC_N = 0xB6,
    SCP_KEY_TYPE_EC_K = 0xB7,
    SCP_KEY_TYPE_EC_PARAMETERS = 0xF0, /* reference of a curve that the card has */
    SCP_KEY_TYPE_EXTENDED = 0xFF,      /* announces a type of two bytes */
};

/* Whether a component of that type travels encrypted. */
bool scp_key_type_is_secret(uint8_t type);

/* Key usage qualifier (tables 11-17 and 11-18) and key access (table 11-19): the values that
 * GlobalPlatform uses. */
enum {
    SCP_KEY_USAGE_C_MAC = 0x14,
    SCP_KEY_USAGE_R_MAC = 0x24,
    SCP_KEY_USAGE_MAC = 0x34,
    SCP_KEY_USAGE_C_ENC = 0x18,
    SCP_KEY_USAGE_R_ENC = 0x28,
    SCP_KEY_USAGE_ENC = 0x38,
    SCP_KEY_USAGE_C_DEK = 0x48,
    SCP_KEY_USAGE_R_DEK = 0x88,
    SCP_KEY_USAGE_DEK = 0xC8,
    SCP_KEY_USAGE_TOKEN = 0x81,
    SCP_KEY_USAGE_RECEIPT = 0x44,
    SCP_KEY_USAGE_DAP = 0x84,

    SCP_KEY_ACCESS_ALL = 0x00,
    SCP_KEY_ACCESS_DOMAIN = 0x01,       /* the security domain alone */
    SCP_KEY_ACCESS_APPLICATIONS = 0x02, /* its applications alone */
};

enum {
    SCP_PUT_KEY_MAX = 8,        /* keys in one command */
    SCP_KEY_COMPONENTS_MAX = 8, /* of one key: an EC key with its own curve has seven */
    SCP_PUT_KEY_SEVERAL = 0x80, /* P2: more than one key */
};

struct scp_key_component {
    uint8_t type;
    bool inner_length;      /* the clear length stands before the value (table 11-70) */
    struct scp_bytes value; /* encrypted, whole cipher blocks; public components are clear */
    size_t clear_len;       /* of the key, without padding */
};

struct scp_new_key {
    struct scp_key_component components[SCP_KEY_COMPONENTS_MAX];
    size_t component_count;
    struct scp_bytes kcv;    /* customarily 3 bytes; empty for public keys */
    bool extended;           /* table 11-69: types of two bytes, usage and access */
    struct scp_bytes usage;  /* extended format only: 0 to 2 bytes */
    struct scp_bytes access; /* extended format only: 0 or 1 byte */
};

struct scp_put_key {
    uint8_t replaced_kvn; /* 0 adds */
    uint8_t kvn;
    uint8_t first_key_id; /* the others follow upwards */
    struct scp_new_key keys[SCP_PUT_KEY_MAX];
    size_t key_count;
    /* Key data fields that someone else coded (a vault), sent after `keys`, which may then be none.
     * A parser leaves them empty. */
    struct scp_bytes coded;
    bool coded_several; /* they are more than one key */
};

/* How cards differ in the coding of symmetric keys; zeroed is what the specifications say. */
struct scp_put_key_quirks {
    bool aes_bare;      /* AES without the inner length */
    bool des_length;    /* DES with the inner length under an AES key, as Amendment D has it */
    bool aes_kcv_zeros; /* for whoever computes the check value: scp_kcv_aes_zeros (kdf.h) */
};
/* A symmetric key as a struct scp_new_key. `quirks` may be NULL. A key that was padded has its
 * clear length before it whatever they say (GPCS 11.8.2.3.2). */
struct scp_new_key scp_symmetric_key(enum scp_key_type type, struct scp_bytes encrypted,
                                     size_t clear_len, struct scp_bytes kcv,
                                     const struct scp_put_key_quirks *quirks);
/* An RSA public key: modulus, then exponent (table 11-75). */
struct scp_new_key scp_rsa_public_key(struct scp_bytes modulus, struct scp_bytes exponent);
/* An EC public key, 04 ‖ x ‖ y, on the curve with that reference (tables 11-73 and B-2). */
struct scp_new_key scp_ec_public_key(struct scp_bytes point, struct scp_bytes curve);

/* Append the data to `data` and describe the command. OUT_OF_RANGE (no key, too many, a KVN outside
 * 01 to 7F, keys of both formats). */
SCP_MUST_USE enum scp_error scp_put_key_command(const struct scp_put_key *put_key,
                                                struct scp_writer *data, struct scp_apdu *out);

/* The card's side, for either format. A secret value that is not whole blocks of 8 opens with its
 * clear length (GPCS 11.8.2.3.3). TRUNCATED; TOO_LONG (more keys or components than the limits);
 * MALFORMED (several keys where P2 says one, keys of both formats, a wrong inner length). */
SCP_MUST_USE enum scp_error scp_put_key_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                              struct scp_put_key *out);

/* The response: KVN, then the key check values (GPCS 11.8.3.1). What stands in `coded` is not known
 * here. */
void scp_put_key_response(struct scp_writer *w, const struct scp_put_key *put_key);
/* Whether the card confirms what was sent. A card may leave out the check values. MISMATCH,
 * TRUNCATED. */
SCP_MUST_USE enum scp_error scp_put_key_confirm(const struct scp_put_key *put_key,
                                                struct scp_bytes response);

#endif
