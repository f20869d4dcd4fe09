/* The card's end of a secure channel, for software cards and for tests of the host's end.
 *
 *     scp_card_channel_initialize(&cc, &setup, &keys, host_challenge, &w); // INITIALIZE UPDATE
 *     scp_card_channel_authenticate(&cc, command_bytes);                   // EXTERNAL AUTHENTICATE
 *     scp_card_channel_receive(&cc, command_bytes, &plain, buffer);        // a protected command
 *     scp_card_channel_respond(&cc, response_data, sw, &w);                // its response
 *     scp_card_channel_fini(&cc);
 *
 * Implicit (SCP02, `i` without b3): scp_card_channel_listen at the selection of the application,
 * then receive and respond for every command. The first with secure messaging opens the session;
 * the card stores scp_card_channel_counter before it runs the command.
 *
 * R-MAC sessions. A card's dispatcher finds BEGIN and END R-MAC SESSION among the plain commands
 * (80 7A, 80 78) like any other, and asks the channel:
 *
 *     case 7A: error = scp_card_channel_begin_r_mac(&cc);         respond with 9000 or its error
 *     case 78: error = scp_card_channel_end_r_mac(&cc, &data);    the same, with `data`
 *
 * STATE is 6985, OUT_OF_RANGE 6A86, MALFORMED 6A80, UNSUPPORTED 6D00; none of them ends the
 * session. The channel switches when 9000 goes through respond, so the answer of BEGIN is still
 * protected as before, and that of END still as in the session.
 *
 * Long commands: a dispatcher gives every APDU of an instruction that chains to a struct scp_chain
 * (chaining.h), answers the segments before the last with a bare 9000, which goes past the channel,
 * and gives the whole to scp_card_channel_receive_long. A long response goes whole through respond;
 * the transport cuts it for GET RESPONSE.
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
    struct scp_bytes aid;         /* of the selected application, up to SCP_AID_MAX bytes */
    uint8_t random_challenge[16]; /* used where the challenge is random */
    uint8_t quirks;               /* SCP_QUIRK_… */
};

struct scp_card_channel {
    struct scp_channel ch; /* private: the same state, seen from the other end */
    struct scp_key_set keys;
    uint32_t counter;
    bool listening; /* the next command with secure messaging opens an implicit session */
    uint8_t received_ins;
    enum scp_error r_mac_check; /* of the received command */
};

/* Derive the session and append the response data of INITIALIZE UPDATE. UNSUPPORTED for an `i` that
 * is not or that means implicit initiation, OUT_OF_RANGE for a host challenge, an AID or keys of
 * another length. */
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

/* Wait for the first command with secure messaging. UNSUPPORTED when `i` is not implicit,
 * OUT_OF_RANGE for an AID that is missing or too long. */
SCP_MUST_USE enum scp_error scp_card_channel_listen(struct scp_card_channel *cc,
                                                    const struct scp_card_channel_setup *setup,
                                                    const struct scp_key_set *keys);

/* Verify and decrypt a command at the session's level. `plain` gets the class byte without secure
 * messaging and borrows its data from `buffer`. BAD_MAC, BAD_PADDING, MALFORMED and its like; STATE
 * before EXTERNAL AUTHENTICATE. After an error the channel is as it was: whether the session is
 * aborted is the card's affair. With implicit initiation a command without secure messaging passes
 * as it is, and the level is then 0. */
SCP_MUST_USE enum scp_error scp_card_channel_receive(struct scp_card_channel *cc,
                                                     struct scp_bytes command,
                                                     struct scp_apdu *plain,
                                                     uint8_t buffer[SCP_APDU_DATA_MAX]);
/* The same for a command that is already parsed and, if it was cut, whole; its data are appended to
 * `data`, which has room for SCP_OPENED_MAX bytes. */
SCP_MUST_USE enum scp_error scp_card_channel_receive_long(struct scp_card_channel *cc,
                                                          const struct scp_apdu *command,
                                                          struct scp_apdu *plain,
                                                          struct scp_writer *data);

/* Append the protected response, status word included; its data are not in the memory of
 * `response`. Under R-MAC an error status word travels without data. STATE when no command was
 * received. */
SCP_MUST_USE enum scp_error scp_card_channel_respond(struct scp_card_channel *cc,
                                                     struct scp_bytes data, uint16_t sw,
                                                     struct scp_writer *response);

/* Whether the command that was received last begins an R-MAC session; the errors stand above. */
SCP_MUST_USE enum scp_error scp_card_channel_begin_r_mac(const struct scp_card_channel *cc);
/* Whether it ends one, or asks for its R-MAC; appends the data of the answer to `data`. */
SCP_MUST_USE enum scp_error scp_card_channel_end_r_mac(const struct scp_card_channel *cc,
                                                       struct scp_writer *data);

/* Decrypt sensitive data that came under this session's data encryption key. */
SCP_MUST_USE enum scp_error scp_card_channel_dek_decrypt(const struct scp_card_channel *cc,
                                                         struct scp_bytes cipher, uint8_t *out);

/* The security level that holds now; 0 before EXTERNAL AUTHENTICATE. */
uint8_t scp_card_channel_level(const struct scp_card_channel *cc);
/* The counter of the key set as it is now: SCP02 counts a session whose first C-MAC was right. */
uint32_t scp_card_channel_counter(const struct scp_card_channel *cc);

void scp_card_channel_fini(struct scp_card_channel *cc);

#endif
