/* Options, levels and quirks: what a channel may be.
 *
 * The option `i` says how a card runs its protocol (GPCS table E-1, Amendment D 5.1). SCP03 tells
 * it in the answer of INITIALIZE UPDATE; for SCP02 it comes from the card recognition data or a
 * card profile. Of the 128 combinations of SCP02, the 64 are supported that the text gives a
 * meaning:
 *
 *     b1 three base keys, else one    b2 C-MAC over the unmodified APDU    b3 explicit initiation
 *     b4 first ICV is a MAC over the AID (implicit only)    b5 ICV encrypted
 *     b6 R-MAC    b7 well-known card challenge (explicit only)
 *
 * Of SCP03 all: random or pseudo-random challenge, no R-MAC, R-MAC, R-MAC with R-ENC, S8 or S16.
 *
 * Everything here is a pure function.
 *
 *     params.level = scp_level_highest(params.protocol, params.i);
 *     if (scp_challenge_predictable(params.protocol, params.i))
 *         …
 */
#ifndef SCP_CHANNEL_OPTIONS_H
#define SCP_CHANNEL_OPTIONS_H

#include "scp/channel/keys.h"
#include "scp/gp/aid.h"

/* Security levels as they stand in P1 of EXTERNAL AUTHENTICATE and BEGIN R-MAC SESSION. */
enum {
    SCP_LEVEL_NONE = 0x00,
    SCP_LEVEL_C_MAC = 0x01,
    SCP_LEVEL_C_ENC = 0x02,
    SCP_LEVEL_R_MAC = 0x10,
    SCP_LEVEL_R_ENC = 0x20,
};

/* What cards do other than the text says, from the card profile. SCP03 only. */
enum {
    SCP_QUIRK_ENCRYPT_EMPTY = 0x01,          /* empty command data are padded and encrypted too */
    SCP_QUIRK_EMPTY_UNCOUNTED = 0x02,        /* a command without data is not counted */
    SCP_QUIRK_ENCRYPT_EMPTY_RESPONSE = 0x04, /* the card's side; a host reads both */
};

struct scp_channel_params {
    enum scp_protocol protocol;
    uint8_t i;          /* SCP02 from the card profile; SCP03: what the card must answer */
    uint8_t kvn;        /* the key version number to name in P1; 0 lets the card choose */
    uint8_t level;      /* see scp_level_valid */
    uint8_t quirks;     /* SCP_QUIRK_… */
    struct scp_aid aid; /* of the application that is selected; none: len 0. It is needed for
                           prediction and implicit initiation, and where it is known a
                           pseudo-random card challenge is verified. */
};

/* Why `i` is not supported, as a clause without a full stop; NULL when it is. */
const char *scp_option_fault(enum scp_protocol protocol, uint8_t i);
/* Whether `i` means a session without INITIALIZE UPDATE and EXTERNAL AUTHENTICATE: SCP02 with b3
 * clear. False for an `i` that is not supported. */
bool scp_option_implicit(enum scp_protocol protocol, uint8_t i);
/* Whether `i` says that the card challenge is pseudo-random, so that it can be predicted. */
bool scp_challenge_predictable(enum scp_protocol protocol, uint8_t i);
/* Bytes of a host challenge: 16 with S16, else 8. */
size_t scp_host_challenge_len(enum scp_protocol protocol, uint8_t i);

/* Whether the level exists in the protocol and is allowed by `i`. With implicit initiation there is
 * C-MAC alone. False for an `i` that is not supported. */
bool scp_level_valid(enum scp_protocol protocol, uint8_t i, uint8_t level);
/* The highest level that `i` allows: C-MAC and C-ENC, with R-MAC and R-ENC where supported. */
uint8_t scp_level_highest(enum scp_protocol protocol, uint8_t i);

/* The counter of the session that comes after `sessions` others, from the counter that is known of
 * the card: the present one for SCP02, the last one for SCP03. COUNTER_EXHAUSTED past the last. */
SCP_MUST_USE enum scp_error scp_counter_ahead(enum scp_protocol protocol, uint32_t known,
                                              uint32_t sessions, uint32_t *counter);

#endif
