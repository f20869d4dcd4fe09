/* The host's end of a secure channel: SCP02 (GPCS appendix E) and SCP03 (Amendment D) behind one
 * interface. No I/O, clock, heap or global: bytes in, bytes out. Options and levels: options.h.
 *
 * Interactive:
 *
 *     scp_channel_begin(&ch, &params, host_challenge, &w);    // INITIALIZE UPDATE -> card
 *     scp_channel_open(&ch, &keys, response_data);            // verifies the card cryptogram
 *     scp_channel_authenticate(&ch, &w);                      // EXTERNAL AUTHENTICATE -> card
 *     scp_channel_wrap(&ch, &command, &w);                    // any command -> card
 *     scp_channel_unwrap(&ch, response, &w, &sw);             // its response
 *     scp_channel_fini(&ch);
 *
 * Prepared, before the card is seen, where the card challenge is pseudo-random:
 *
 *     scp_counter_ahead(protocol, known, n, &card.counter);        // n sessions come before it
 *     scp_channel_begin(&ch, &params, host_challenge, &w);         // params name the AID
 *     scp_channel_prepare(&ch, &keys, &card, guard);               // in place of the answer
 *     scp_channel_authenticate(&ch, &w);
 *     scp_channel_save(&ch, &state);                               // for later, see below
 *     scp_channel_wrap(&ch, &command, &w);  …                      // the whole script
 *
 * The guard is the SHA-256 of what INITIALIZE UPDATE will answer: who carries the script compares
 * it before EXTERNAL AUTHENTICATE reaches the card. A command that is wrapped while the response to
 * the one before is due takes that one for successful.
 *
 * Verified afterwards, perhaps in another process: save the channel before the first command, store
 * the wrapped commands, restore, and for each command scp_channel_replay then scp_channel_unwrap.
 *
 * Implicit (SCP02, `i` without b3): there is no INITIALIZE UPDATE and no EXTERNAL AUTHENTICATE;
 * scp_channel_open_implicit, then wrap. The first wrapped command opens the session on the card.
 *
 * R-MAC session: responses get R-MACs for a part of the session only.
 *
 *     scp_channel_begin_r_mac(&ch, SCP_LEVEL_R_MAC, challenge, &w);  // -> card, unwrap its answer
 *     …                                                              // commands, as ever
 *     scp_channel_end_r_mac(&ch, true, &w);                          // -> card, unwrap its answer
 *
 * Long commands: a command of up to SCP_COMMAND_MAX bytes is protected as a whole and cut
 * afterwards (GPCS 11.1.5.1, scp/gp/chaining.h):
 *
 *     uint8_t buffer[SCP_WRAPPED_MAX];
 *     scp_channel_wrap_long(&ch, &command, buffer, &whole);
 *     for (size_t n = 0; scp_segment(&whole, SCP_APDU_DATA_MAX, n, &segment) == SCP_OK; n++)
 *         scp_put_apdu(&w, &segment);                     // -> card: 9000 alone but for the last
 *     scp_channel_unwrap(&ch, last_response, &data, &sw);
 *
 * On another logical channel each command's class byte is moved there, also that of a command which
 * is already made: MACs cover it as on channel 0 (scp_cla_on_channel, scp/gp/logical_channel.h).
 *
 * A long response comes with 61xx and is fetched with GET RESPONSE, which travels without secure
 * messaging; scp_response_collect puts its parts together before it is unwrapped.
 *
 * A channel is a plain struct of the caller's; scp_channel_fini wipes it. Its fields are private.
 * It may be copied; each copy is wiped. One thread at a time. */
#ifndef SCP_CHANNEL_CHANNEL_H
#define SCP_CHANNEL_CHANNEL_H

#include "scp/channel/options.h"
#include "scp/crypto/mac.h"
#include "scp/gp/apdu.h"
#include "scp/ota/script.h" /* SCP_GUARD_SIZE */

/* Buffers, in bytes. */
enum {
    /* the longest command once protected: header, data, padding, MAC */
    SCP_WRAPPED_MAX = 7 + SCP_COMMAND_MAX + 16 + 16,
    /* the data of a protected command while they are decrypted */
    SCP_OPENED_MAX = SCP_COMMAND_MAX + 16,
    /* the segments of the longest command */
    SCP_WRAPPED_SEGMENTS_MAX =
        (SCP_COMMAND_MAX + 16 + 16 + SCP_APDU_DATA_MAX - 1) / SCP_APDU_DATA_MAX,
    /* a response collected with GET RESPONSE: plain, and as it came with its status word */
    SCP_LONG_RESPONSE_MAX = SCP_COMMAND_MAX,
    SCP_COLLECTED_MAX = SCP_LONG_RESPONSE_MAX + 16 + 16 + 2,
    /* the field `data` of BEGIN R-MAC SESSION (GPCS E.5.3.5) */
    SCP_R_MAC_CHALLENGE_MAX = 24,
};

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

/* ---- the struct; its fields are private --------------------------------------------------- */

/* Key schedules of a session, each set up when it is first used. They are never stored. */
struct scp_schedules {
    uint8_t ready;
    union {
        struct {
            struct scp_aes enc;
            struct scp_aes dec;
            struct scp_cmac_key mac;
            struct scp_cmac_key rmac;
        } aes;
        struct {
            struct scp_des3 enc;
            struct scp_des3 dec;
            struct scp_retail_key mac;
            struct scp_retail_key rmac;
        } des;
    } of;
};

/* A command that is pending is an ordinary one or switches R-MACs. */
enum scp_command_kind { SCP_KIND_ORDINARY, SCP_KIND_BEGIN_R_MAC, SCP_KIND_END_R_MAC };

/* SILENT (SCP02): R-MACs are computed, and only END R-MAC SESSION returns the last one. */
enum scp_r_mac_session { SCP_R_MAC_NONE, SCP_R_MAC_SILENT, SCP_R_MAC_EACH };

/* What holds now; BEGIN and END R-MAC SESSION change it. */
struct scp_security {
    uint8_t level;
    uint8_t r_mac_session; /* enum scp_r_mac_session */
};

struct scp_channel {
    int state;
    struct scp_channel_params params;
    struct scp_session_context session;
    struct scp_session_keys keys;
    struct scp_security now;
    uint8_t pending;             /* enum scp_command_kind */
    uint8_t pending_parameter;   /* P1 of BEGIN, P2 of END R-MAC SESSION */
    bool fresh;                  /* no C-MAC yet: the ICV is not encrypted (GPCS E.3.4) */
    uint8_t host_cryptogram[16]; /* until EXTERNAL AUTHENTICATE */
    uint8_t chaining[16];        /* C-MAC chaining value, or the last SCP02 MAC */
    uint32_t commands;           /* SCP03: encryption counter */
    uint8_t r_start[8];          /* SCP02: ICV of the first R-MAC of an R-MAC session */
    uint8_t r_chaining[8];       /* SCP02: last R-MAC */
    struct scp_retail r_mac;     /* SCP02: R-MAC over the command whose response is due */
    struct scp_schedules schedules;
};

/* ---- opening ------------------------------------------------------------------------------ */

/* Start a session: remember the parameters and append INITIALIZE UPDATE to `apdu`.
 * UNSUPPORTED for an `i` that is not or that means implicit initiation, OUT_OF_RANGE for a level
 * that `i` forbids or a challenge of another length than scp_host_challenge_len. */
SCP_MUST_USE enum scp_error scp_channel_begin(struct scp_channel *ch,
                                              const struct scp_channel_params *params,
                                              struct scp_bytes host_challenge,
                                              struct scp_writer *apdu);

/* Take the data of the card's answer, derive the session keys and verify the card cryptogram; where
 * the parameters name the AID, a pseudo-random challenge too, and with it SCP03's counter.
 * MISMATCH (protocol, i or KVN other than asked for, a challenge that keys, counter and AID do not
 * give), BAD_CRYPTOGRAM. After an error nothing may be sent to the card: EXTERNAL AUTHENTICATE
 * cannot be built. */
SCP_MUST_USE enum scp_error scp_channel_open(struct scp_channel *ch, const struct scp_keys *keys,
                                             struct scp_bytes response_data);

/* What is known of a card before it is seen. */
struct scp_known_card {
    uint8_t kvn;
    uint8_t diversification_data[10];
    uint32_t counter; /* of this session, see scp_counter_ahead */
};

/* Open a begun channel without the card's answer, and give the guard. Two calls of the key holder.
 * UNSUPPORTED when the challenge is random, OUT_OF_RANGE without an AID, MISMATCH for another KVN
 * than asked for, STATE. */
SCP_MUST_USE enum scp_error scp_channel_prepare(struct scp_channel *ch, const struct scp_keys *keys,
                                                const struct scp_known_card *card,
                                                uint8_t guard[SCP_GUARD_SIZE]);

/* Predict the data of the INITIALIZE UPDATE response: `session` carries protocol, i, kvn,
 * diversification data, host challenge and counter (SCP02: the present one, SCP03: the next one);
 * `aid` is the AID of the selected application. UNSUPPORTED when the challenge is random. */
SCP_MUST_USE enum scp_error scp_channel_predict(const struct scp_keys *keys,
                                                const struct scp_session_context *session,
                                                struct scp_bytes aid, struct scp_writer *data);

/* Append EXTERNAL AUTHENTICATE. Only after a successful open, else STATE; the only accepted answer
 * is 9000. */
SCP_MUST_USE enum scp_error scp_channel_authenticate(struct scp_channel *ch,
                                                     struct scp_writer *apdu);

/* Open a channel of implicit initiation; nothing is sent. The counter is the present one. A command
 * without secure messaging drops the card's session to one that takes no more MACs: open another
 * channel, with the next counter, for what follows it. UNSUPPORTED (not an implicit option),
 * OUT_OF_RANGE (a level other than C-MAC; no AID where the first ICV is a MAC over it). */
SCP_MUST_USE enum scp_error scp_channel_open_implicit(struct scp_channel *ch,
                                                      const struct scp_channel_params *params,
                                                      const struct scp_keys *keys,
                                                      const struct scp_known_card *card);

/* ---- commands and responses --------------------------------------------------------------- */

/* Append the protected form of a command, whose data are not in the memory of `apdu`. TOO_LONG when
 * it no longer fits a short APDU: see scp_channel_room. After any error the channel is as it was.
 */
SCP_MUST_USE enum scp_error scp_channel_wrap(struct scp_channel *ch, const struct scp_apdu *command,
                                             struct scp_writer *apdu);

/* Protect a command that may be too long for a short APDU: INSTALL, DELETE or PUT KEY, P1 as in the
 * last segment. `whole` borrows from `buffer` (without C-MAC from the command) and is cut with
 * scp_segment; one that fits a short APDU is one segment. TOO_LONG for more data than
 * SCP_COMMAND_MAX, or a long command of another instruction; OUT_OF_RANGE when P1 b8 is set. */
SCP_MUST_USE enum scp_error scp_channel_wrap_long(struct scp_channel *ch,
                                                  const struct scp_apdu *command,
                                                  uint8_t buffer[SCP_WRAPPED_MAX],
                                                  struct scp_apdu *whole);

/* Verify and decrypt the response to the last wrapped (or replayed) command; append its plain data
 * and give its status word. A response collected with GET RESPONSE comes whole (see exchange.h);
 * `data` has room for it as it came: SCP_RESPONSE_DATA_MAX, or SCP_COLLECTED_MAX. The answer of END
 * R-MAC SESSION is compared and leaves no data.
 *
 * BAD_MAC, BAD_PADDING, TRUNCATED (also a bare status word where the level demands an R-MAC),
 * TOO_LONG or NO_SPACE, STATE when no response is due. `sw` is set whenever there are two bytes, so
 * after an error it is what was received, proven by nothing. Without R-MAC, and with an SCP03 error
 * status word, success proves nothing either; in an R-MAC session of SCP02 that returns no R-MACs
 * it is END R-MAC SESSION that proves what came before. */
SCP_MUST_USE enum scp_error scp_channel_unwrap(struct scp_channel *ch, struct scp_bytes response,
                                               struct scp_writer *data, uint16_t *sw);

/* Append a part of a response (GPCS 11.1.5.2). With 61xx its data alone are kept and `more` is
 * true: send GET RESPONSE for the next. At any other status word they are kept with it. `whole` has
 * room for SCP_COLLECTED_MAX bytes. TRUNCATED, and TOO_LONG when the room ends. */
SCP_MUST_USE enum scp_error scp_response_collect(struct scp_writer *whole, struct scp_bytes part,
                                                 bool *more);

/* Advance the channel as if it had wrapped this command again, from its protected bytes. BAD_MAC
 * when the command was not made by this session at this point; the channel is then as it was. */
SCP_MUST_USE enum scp_error scp_channel_replay(struct scp_channel *ch, struct scp_bytes wrapped);
/* The same for one that was cut, joined by scp_chain_take. */
SCP_MUST_USE enum scp_error scp_channel_replay_long(struct scp_channel *ch,
                                                    const struct scp_apdu *whole);

/* The most command data that fits a short APDU at the channel's level. */
size_t scp_channel_room(const struct scp_channel *ch);
/* The security level that holds now, an R-MAC session included. */
uint8_t scp_channel_level(const struct scp_channel *ch);

/* ---- R-MAC sessions (GPCS E.5.3, E.5.4; Amendment D 7.1.3, 7.1.4) ------------------------- */

/* Append BEGIN R-MAC SESSION with up to SCP_R_MAC_CHALLENGE_MAX bytes of the caller's, which the
 * R-MAC of SCP02 covers. `level`: SCP_LEVEL_R_MAC; with SCP02 also SCP_LEVEL_NONE, which returns
 * one R-MAC at the end alone; with SCP03 also with SCP_LEVEL_R_ENC. The new level holds once the
 * answer 9000 is unwrapped.
 *
 * UNSUPPORTED (`i` has no R-MAC or R-ENC), OUT_OF_RANGE (level), TOO_LONG (challenge), STATE: a
 * session runs, the channel's own level has R-MACs (SCP03: has what is asked for), or lacks the
 * C-MAC or C-ENC that SCP03 wants beside R-MAC or R-ENC. KEY_UNAVAILABLE: see
 * scp_session_keys.rmac_session. */
SCP_MUST_USE enum scp_error scp_channel_begin_r_mac(struct scp_channel *ch, uint8_t level,
                                                    struct scp_bytes challenge,
                                                    struct scp_writer *apdu);

/* Append END R-MAC SESSION. With SCP02 it may only ask for the R-MAC and let the session go on
 * (`last` false). STATE when no session runs; OUT_OF_RANGE: SCP03 only ends. */
SCP_MUST_USE enum scp_error scp_channel_end_r_mac(struct scp_channel *ch, bool last,
                                                  struct scp_writer *apdu);

/* ---- sensitive data, storing, end --------------------------------------------------------- */

/* Encrypt sensitive data for this session (see struct scp_keys). */
SCP_MUST_USE enum scp_error scp_channel_dek_encrypt(const struct scp_channel *ch,
                                                    const struct scp_keys *keys,
                                                    struct scp_bytes plain, uint8_t *out);

/* The channel's whole state with magic and version; it holds session keys, so it is sealed before
 * it is stored. */
enum { SCP_CHANNEL_SAVED_MAX = 384 };
void scp_channel_save(const struct scp_channel *ch, struct scp_writer *w);
/* Of this version or an older one. MALFORMED (another magic or an impossible value), UNSUPPORTED
 * (another version), TRUNCATED, TRAILING; the channel is then empty. */
SCP_MUST_USE enum scp_error scp_channel_restore(struct scp_channel *ch, struct scp_bytes saved);

/* Wipe. Safe on a zeroed struct. */
void scp_channel_fini(struct scp_channel *ch);

#endif
