/* The families of checks, one a file. */
#ifndef TESTS_VECTORS_FAMILIES_H
#define TESTS_VECTORS_FAMILIES_H

#include "tests/vectors/vector.h"

extern const struct vector_family vector_cap;       /* check_cap.c: CAP archives */
extern const struct vector_family vector_card_data; /* check_card_data.c: answers to GET DATA */
extern const struct vector_family vector_channel;   /* check_channel.c: whole sessions */
extern const struct vector_family vector_messages;  /* check_messages.c: single messages of them */
extern const struct vector_family vector_crypto;    /* check_crypto.c: single computations */
extern const struct vector_family vector_emv;       /* check_emv.c: payment applications */
extern const struct vector_family vector_delegated; /* check_delegated.c: tokens, receipts, DAP */
extern const struct vector_family vector_gp;        /* check_gp.c: commands */
extern const struct vector_family vector_install;   /* check_install.c: INSTALL */
extern const struct vector_family vector_keys;      /* check_keys.c: PUT KEY, key groupings */
extern const struct vector_family vector_packet;    /* check_packet.c: secured packets of SCP80 */
extern const struct vector_family
    vector_responses; /* check_responses.c: data objects, registries */

#endif
