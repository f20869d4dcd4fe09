/* The card's end of a secure channel, for software cards and for tests of the host's end.
 *
 *     scp_card_channel_initialize(&cc, &setup, &keys, host_challenge, &w); // INITIALIZE UPDATE
 *     scp_card_channel_authenticate(&cc, command_bytes);                   // EXTERNAL AUTHENTICATE
 *     scp_card_channel_receive(&cc, command_bytes, &plain, buffer);        // a protected command
 *     scp_card_channel_respond(&cc, response_data, sw, &w);                // its protected
 * response
 *
 * The card keeps the counters and decides what an error does to the session (GPCS 10.2.3: aborted
 * is not terminated); this room only does the cryptography. */
#ifndef SCP_CHANNEL_CARD_CHANNEL_H
#define SCP_CHANNEL_CARD_CHANNEL_H

#include "scp/channel/channel.h"

struct scp_card_channel_setup {
    enum scp_protocol protocol;
    uint8_t i;
    uint8_t kvn;
    uint8_t diversification_data[10];
    uint32_t counter;             /* SCP02: present value; SCP03: the already incremented one */
    struct scp_bytes aid;         /* of the security domain, for the pseudo-random challenge */
    uint8_t random_challenge[16]; /* used where the challenge is random */
    uint8_t quirks;               /* see struct scp_channel_params */
};

struct scp_card_channel {
    struct scp_channel ch; /* private: the same state, seen from the other end */
    struct scp_key_set keys;
};

/* Derive the session and append the response data of INITIALIZE UPDATE. UNSUPPORTED for an `i` that
 * is not, OUT_OF_RANGE for a host challenge or keys of another length. */
SCP_MUST_USE enum scp_error scp_card_channel_initialize(struct scp_card_channel *cc,
                                                        const struct scp_card_channel_setup *setup,
                                                        const struct scp_key_set *keys,
                                                        struct scp_bytes host_challenge,
                                                        struct scp_writer *data);

/* Verify a whole EXTERNAL AUTHENTICATE command. MALFORMED (no such command), OUT_OF_RANGE (level),
 * BAD_CRYPTOGRAM, BAD_MAC; STATE when no INITIALIZE UPDATE came before. Any of them ends the
 * attempt: the session is gone. */
SCP_MUST_USE enum scp_error scp_card_channel_authenticate(struct scp_card_channel *cc,
                                                          struct scp_bytes command);

/* Verify and decrypt a command at the session's level. `plain` gets the class byte without secure
 * messaging and borrows its data from `buffer`. BAD_MAC, BAD_PADDING, MALFORMED and its like; STATE
 * before EXTERNAL AUTHENTICATE. After an error the channel is as it was: whether the session is
 * aborted is the card's affair. */
SCP_MUST_USE enum scp_error scp_card_channel_receive(struct scp_card_channel *cc,
                                                     struct scp_bytes command,
                                                     struct scp_apdu *plain,
                                                     uint8_t buffer[SCP_APDU_DATA_MAX]);

/* Append the protected response, status word included. Under R-MAC an error status word travels
 * without data. STATE when no command was received. */
SCP_MUST_USE enum scp_error scp_card_channel_respond(struct scp_card_channel *cc,
                                                     struct scp_bytes data, uint16_t sw,
                                                     struct scp_writer *response);

/* Decrypt sensitive data that came under this session's data encryption key. */
SCP_MUST_USE enum scp_error scp_card_channel_dek_decrypt(const struct scp_card_channel *cc,
                                                         struct scp_bytes cipher, uint8_t *out);

/* The security level of the session; 0 before EXTERNAL AUTHENTICATE. */
uint8_t scp_card_channel_level(const struct scp_card_channel *cc);

void scp_card_channel_fini(struct scp_card_channel *cc);

#endif
