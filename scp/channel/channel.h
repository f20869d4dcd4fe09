/* The host's end of a secure channel: SCP02 (GPCS appendix E) and SCP03 (Amendment D) behind one
 * interface. No I/O, clock, heap or global: bytes in, bytes out.
 *
 * Interactive:
 *
 *     scp_channel_begin(&ch, &params, host_challenge, &w);    // INITIALIZE UPDATE -> card
 *     scp_channel_open(&ch, &keys, response_data);            // verifies the card cryptogram
 *     scp_channel_authenticate(&ch, &w);                      // EXTERNAL AUTHENTICATE -> card
 *     scp_channel_wrap(&ch, &command, &w);                    // any command -> card
 *     scp_channel_unwrap(&ch, response, &w, &sw);             // its response
 *
 * Prepared, before the card is seen: scp_channel_predict gives the bytes that INITIALIZE UPDATE
 * will return; open the channel with them, build all commands, and send the whole with the SHA-256
 * of the prediction as guard.
 *
 * Verified afterwards, perhaps in another process: save the channel before the first command, store
 * the wrapped commands, restore, and for each command scp_channel_replay then scp_channel_unwrap.
 *
 * A channel is a plain struct of the caller's; scp_channel_fini wipes it. Its fields are private.
 */
#ifndef SCP_CHANNEL_CHANNEL_H
#define SCP_CHANNEL_CHANNEL_H

#include "scp/channel/keys.h"
#include "scp/gp/apdu.h"

/* Security levels as they stand in P1 of EXTERNAL AUTHENTICATE. */
enum {
    SCP_LEVEL_NONE = 0x00,
    SCP_LEVEL_C_MAC = 0x01,
    SCP_LEVEL_C_ENC = 0x02,
    SCP_LEVEL_R_MAC = 0x10,
    SCP_LEVEL_R_ENC = 0x20,
};

/* What cards do other than the text says, from the card profile. */
enum {
    SCP_QUIRK_ENCRYPT_EMPTY = 0x01,   /* SCP03: empty command data are padded and encrypted too */
    SCP_QUIRK_EMPTY_UNCOUNTED = 0x02, /* SCP03: a command without data is not counted */
};

struct scp_channel_params {
    enum scp_protocol protocol;
    uint8_t i;      /* SCP02 from the card profile; SCP03: what the card must answer */
    uint8_t kvn;    /* the key version number to name in P1; 0 lets the card choose */
    uint8_t level;  /* see scp_level_valid */
    uint8_t quirks; /* SCP_QUIRK_… */
};

/* Whether the level exists in the protocol and is allowed by `i`. False for an `i` that is not
 * supported: SCP02 with implicit initiation or one base key, SCP03 with reserved bits. */
bool scp_level_valid(enum scp_protocol protocol, uint8_t i, uint8_t level);
/* The highest level that `i` allows: C-MAC and C-ENC, with R-MAC and R-ENC where supported. */
uint8_t scp_level_highest(enum scp_protocol protocol, uint8_t i);
/* Whether `i` says that the card challenge is pseudo-random, so that it can be predicted. */
bool scp_challenge_predictable(enum scp_protocol protocol, uint8_t i);

/* The parsed data of an INITIALIZE UPDATE response (without status word). */
struct scp_init_update {
    uint8_t diversification_data[10];
    uint8_t kvn;
    enum scp_protocol protocol;
    uint8_t i; /* SCP03 only; 0 for SCP02, which does not say */
    uint8_t challenge[16];
    size_t challenge_len; /* 6, 8 or 16 */
    uint8_t cryptogram[16];
    size_t cryptogram_len; /* 8 or 16 */
    bool has_counter;
    uint32_t counter;
};
/* TRUNCATED, TRAILING, UNSUPPORTED (a protocol that is neither 02 nor 03). */
SCP_MUST_USE enum scp_error scp_init_update_parse(struct scp_bytes data,
                                                  struct scp_init_update *out);
void scp_put_init_update(struct scp_writer *w, const struct scp_init_update *answer);

struct scp_channel {
    int state; /* private from here on */
    struct scp_channel_params params;
    struct scp_session_context session;
    struct scp_session_keys keys;
    uint8_t chaining[16];   /* C-MAC chaining value, or the last SCP02 MAC */
    uint8_t r_chaining[16]; /* SCP02: last R-MAC */
    uint8_t card_cryptogram[16];
    uint8_t host_cryptogram[16];
    uint32_t commands;                  /* SCP03 encryption counter */
    uint8_t last_command[SCP_APDU_MAX]; /* SCP02 R-MAC: the stripped command */
    size_t last_command_len;
};

/* Start a session: remember parameters and challenge and append INITIALIZE UPDATE to `apdu`.
 * UNSUPPORTED for an `i` that is not, OUT_OF_RANGE for a level that `i` forbids or a challenge of
 * another length. host_challenge has 8 bytes (16 with S16). */
SCP_MUST_USE enum scp_error scp_channel_begin(struct scp_channel *ch,
                                              const struct scp_channel_params *params,
                                              struct scp_bytes host_challenge,
                                              struct scp_writer *apdu);

/* Take the data of the card's answer, derive the session keys and verify the card cryptogram.
 * MISMATCH (protocol, i or KVN other than asked for), BAD_CRYPTOGRAM. After an error nothing may be
 * sent to the card: EXTERNAL AUTHENTICATE cannot be built. */
SCP_MUST_USE enum scp_error scp_channel_open(struct scp_channel *ch, const struct scp_keys *keys,
                                             struct scp_bytes response_data);

/* Append EXTERNAL AUTHENTICATE. Only after a successful open, else STATE; the only accepted answer
 * is 9000. */
SCP_MUST_USE enum scp_error scp_channel_authenticate(struct scp_channel *ch,
                                                     struct scp_writer *apdu);

/* Append the protected form of a command. TOO_LONG when it no longer fits a short APDU: see
 * scp_channel_room. After any error the channel is as it was. */
SCP_MUST_USE enum scp_error scp_channel_wrap(struct scp_channel *ch, const struct scp_apdu *command,
                                             struct scp_writer *apdu);

/* Verify and decrypt the response to the last wrapped (or replayed) command; append its plain data
 * and give its status word. A response collected with GET RESPONSE comes whole, up to
 * SCP_COMMAND_MAX bytes.
 *
 * BAD_MAC, BAD_PADDING, TRUNCATED (also a bare status word where the level demands an R-MAC),
 * TOO_LONG or NO_SPACE, STATE when no response is due. `sw` is set whenever there are two bytes, so
 * after an error it is what was received, proven by nothing. Without R-MAC, and with an SCP03 error
 * status word, success proves nothing either. */
SCP_MUST_USE enum scp_error scp_channel_unwrap(struct scp_channel *ch, struct scp_bytes response,
                                               struct scp_writer *data, uint16_t *sw);

/* Advance the channel as if it had wrapped this command again, from its protected bytes. BAD_MAC
 * when the command was not made by this session at this point; the channel is then as it was. */
SCP_MUST_USE enum scp_error scp_channel_replay(struct scp_channel *ch, struct scp_bytes wrapped);

/* The most command data that fits a short APDU at the channel's level. */
size_t scp_channel_room(const struct scp_channel *ch);

/* Predict the data of the INITIALIZE UPDATE response: `session` carries protocol, i, kvn,
 * diversification data, host challenge and counter (SCP02: the present one, SCP03: the next one);
 * `aid` is the AID of the security domain. UNSUPPORTED when the challenge is random. */
SCP_MUST_USE enum scp_error scp_channel_predict(const struct scp_keys *keys,
                                                const struct scp_session_context *session,
                                                struct scp_bytes aid, struct scp_writer *data);

/* Encrypt sensitive data for this session (see struct scp_keys). */
SCP_MUST_USE enum scp_error scp_channel_dek_encrypt(const struct scp_channel *ch,
                                                    const struct scp_keys *keys,
                                                    struct scp_bytes plain, uint8_t *out);

/* The channel's whole state with magic and version; it holds session keys, so it is sealed before
 * it is stored. */
enum { SCP_CHANNEL_SAVED_MAX = 640 };
void scp_channel_save(const struct scp_channel *ch, struct scp_writer *w);
/* MALFORMED (another magic or an impossible value), UNSUPPORTED (another version), TRUNCATED,
 * TRAILING; the channel is then empty. */
SCP_MUST_USE enum scp_error scp_channel_restore(struct scp_channel *ch, struct scp_bytes saved);

/* Wipe. Safe on a zeroed struct. */
void scp_channel_fini(struct scp_channel *ch);

#endif
