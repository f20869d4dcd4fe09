/* PUT KEY (GPCS 11.8; Amendment D 7.2), both sides.
 *
 * Key values come in and go out encrypted under the data encryption key: this room sees no clear
 * key. A change of keys adds a new key version number and proves it before the old one is deleted.
 *
 * Nothing is owned: views borrow from the input. */
#ifndef SCP_GP_PUT_KEY_H
#define SCP_GP_PUT_KEY_H

#include "scp/gp/apdu.h"

/* Key types (GPCS 11.1.8). */
enum scp_key_type {
    SCP_KEY_TYPE_DES = 0x80,
    SCP_KEY_TYPE_PSK_TLS = 0x85,
    SCP_KEY_TYPE_AES = 0x88,
    SCP_KEY_TYPE_HMAC_SHA1 = 0x90,
    SCP_KEY_TYPE_RSA_EXPONENT = 0xA0,
    SCP_KEY_TYPE_RSA_MODULUS = 0xA1,
    SCP_KEY_TYPE_EC_PUBLIC = 0xB0,
    SCP_KEY_TYPE_EC_PRIVATE = 0xB1,
    SCP_KEY_TYPE_EC_PARAMETERS = 0xF0,
    SCP_KEY_TYPE_EXTENDED = 0xFF,
};

enum {
    SCP_PUT_KEY_MAX = 8,        /* keys in one command */
    SCP_KEY_COMPONENTS_MAX = 4, /* of one key */
    SCP_PUT_KEY_SEVERAL = 0x80, /* P2: more than one key */
};

struct scp_key_component {
    uint8_t type;
    struct scp_bytes value; /* encrypted, whole cipher blocks; public components are clear */
    size_t clear_len;       /* of the key, without padding */
    bool inner_length;      /* the clear length stands before the value (table 11-70) */
};

struct scp_new_key {
    struct scp_key_component components[SCP_KEY_COMPONENTS_MAX];
    size_t component_count;
    struct scp_bytes kcv; /* empty or 3 bytes */
};

struct scp_put_key {
    uint8_t replaced_kvn; /* 0 adds */
    uint8_t kvn;
    uint8_t first_key_id; /* the others follow upwards */
    struct scp_new_key keys[SCP_PUT_KEY_MAX];
    size_t key_count;
};

/* How cards differ in the coding of symmetric keys; zeroed is what the specifications say. */
struct scp_put_key_quirks {
    bool aes_bare;   /* AES without the inner length */
    bool des_length; /* DES with the inner length under an AES key, as Amendment D has it */
};
/* A symmetric key as a struct scp_new_key. */
struct scp_new_key scp_symmetric_key(enum scp_key_type type, struct scp_bytes encrypted,
                                     size_t clear_len, struct scp_bytes kcv,
                                     const struct scp_put_key_quirks *quirks);

/* Append the data to `data` and describe the command. OUT_OF_RANGE (no key, too many, a KVN outside
 * 01 to 7F). */
SCP_MUST_USE enum scp_error scp_put_key_command(const struct scp_put_key *put_key,
                                                struct scp_writer *data, struct scp_apdu *out);

/* The card's side. A symmetric value of one byte more than whole blocks of 8 opens with its clear
 * length. TRUNCATED; TOO_LONG (more keys or components than the limits); MALFORMED (several keys
 * where P2 says one, a wrong inner length); UNSUPPORTED (extended format). */
SCP_MUST_USE enum scp_error scp_put_key_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                              struct scp_put_key *out);

/* The response: KVN, then the key check values (GPCS 11.8.3.1). */
void scp_put_key_response(struct scp_writer *w, const struct scp_put_key *put_key);
/* Whether the card confirms what was sent. A card may leave out the check values. MISMATCH,
 * TRUNCATED. */
SCP_MUST_USE enum scp_error scp_put_key_confirm(const struct scp_put_key *put_key,
                                                struct scp_bytes response);

#endif
