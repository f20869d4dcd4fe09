/* Private to scp/channel: what SCP02 and SCP03 must each provide, for both ends of a channel.
 *
 * Host and card hold the same state and compute the same values; they differ in who makes and who
 * checks. So every operation on a session takes struct scp_channel, whichever end it is. An
 * operation that returns an error leaves the channel as it was, its key schedules aside. */
#ifndef SCP_CHANNEL_PROTOCOL_H
#define SCP_CHANNEL_PROTOCOL_H

#include "scp/channel/channel.h"
#include "scp/gp/chaining.h"
#include "scp/gp/commands.h"

/* struct scp_channel.state. */
enum scp_channel_state {
    SCP_CHANNEL_NEW,
    SCP_CHANNEL_BEGUN,    /* INITIALIZE UPDATE made, or answered on the card */
    SCP_CHANNEL_VERIFIED, /* host: the card cryptogram is right */
    SCP_CHANNEL_READY,    /* EXTERNAL AUTHENTICATE made, or verified on the card */
    SCP_CHANNEL_PENDING,  /* READY, and the response to a command is due */
};

enum scp_side { SCP_SIDE_CARD, SCP_SIDE_HOST };

/* The longest cryptogram, MAC and challenge. */
enum { SCP_AUTHENTICATOR_MAX = 16 };

/* Bytes before the body of a command: class, instruction, P1, P2 and Lc of one byte or three. */
enum { SCP_HEAD_SHORT = 5, SCP_HEAD_LONG = 7 };

/* The bits of a schedule set, struct scp_schedules.ready. */
enum {
    SCP_SCHEDULE_ENC = 0x01,
    SCP_SCHEDULE_DEC = 0x02,
    SCP_SCHEDULE_MAC = 0x04,
    SCP_SCHEDULE_RMAC = 0x08,
};

/* An option byte is refused, for the reason `text`, when (i & mask) == value. */
struct scp_option_rule {
    uint8_t mask;
    uint8_t value;
    const char *text;
};

struct scp_protocol_ops {
    const struct scp_option_rule *rules;
    size_t rule_count;
    uint8_t option_explicit;    /* 0: the protocol knows nothing else */
    uint8_t option_predictable; /* bit of the pseudo-random challenge */
    uint8_t option_r_mac;
    uint8_t option_r_enc; /* 0: the protocol has none */
    uint8_t option_s16;   /* 0: the protocol has none */
    uint8_t levels[6];    /* ascending */
    size_t block;         /* of the cipher of C-ENC */
    uint32_t counter_max;
    bool mac_over_plain; /* a C-MAC covers the data before encryption */

    /* What needs the static keys. */
    enum scp_error (*derive)(const struct scp_key_set *set,
                             const struct scp_session_context *session,
                             struct scp_session_keys *out);
    enum scp_error (*predict)(const struct scp_key_set *set,
                              const struct scp_session_context *session, struct scp_bytes aid,
                              uint8_t challenge[16]);
    enum scp_error (*dek_encrypt)(const struct scp_key_set *set,
                                  const struct scp_session_context *session, struct scp_bytes plain,
                                  uint8_t *out);
    enum scp_error (*dek_decrypt)(const struct scp_key_set *set,
                                  const struct scp_session_context *session,
                                  struct scp_bytes cipher, uint8_t *out);

    /* Of keys and session that stand in the channel. */
    enum scp_error (*cryptogram)(struct scp_channel *ch, enum scp_side side,
                                 uint8_t out[SCP_AUTHENTICATOR_MAX]);
    /* The whole C-MAC of EXTERNAL AUTHENTICATE over its header and the host cryptogram. */
    enum scp_error (*mac_authenticate)(struct scp_channel *ch, uint8_t level,
                                       struct scp_bytes host_cryptogram,
                                       uint8_t mac[SCP_AUTHENTICATOR_MAX]);
    /* Set what the session's first command and response stand on. */
    void (*start)(struct scp_channel *ch, const uint8_t mac[SCP_AUTHENTICATOR_MAX]);
    /* The same for implicit initiation; NULL where the protocol has none. */
    enum scp_error (*start_implicit)(struct scp_channel *ch);

    /* Append header, body and C-MAC of a command; there is room for them, and the level has a
     * C-MAC. */
    enum scp_error (*protect)(struct scp_channel *ch, const struct scp_apdu *command,
                              struct scp_writer *frame);
    /* Check and decrypt the data of a command that has a C-MAC and append them to `data`. NULL: the
     * plain data are not wanted; only where mac_over_plain is false. */
    enum scp_error (*open)(struct scp_channel *ch, const struct scp_apdu *wrapped,
                           struct scp_writer *data);
    /* Take the plain command, of this kind, into the R-MAC of its response. NULL where an R-MAC
     * covers none. */
    enum scp_error (*cover)(struct scp_channel *ch, const struct scp_apdu *plain,
                            enum scp_command_kind kind);
    /* Append the protected response. */
    enum scp_error (*protect_response)(struct scp_channel *ch, struct scp_bytes data, uint16_t sw,
                                       struct scp_writer *response);
    /* Check and decrypt a protected response; its plain data go to `data`. */
    enum scp_error (*open_response)(struct scp_channel *ch, const struct scp_response *response,
                                    struct scp_writer *data);
};

extern const struct scp_protocol_ops scp02_ops;
extern const struct scp_protocol_ops scp03_ops;

/* NULL for a protocol that is neither. */
const struct scp_protocol_ops *scp_protocol_ops_of(enum scp_protocol protocol);
bool scp_option_valid(enum scp_protocol protocol, uint8_t i);

/* Bytes of a host challenge, a cryptogram and a transmitted MAC: 16 with S16, else 8. */
size_t scp_authenticator_len(enum scp_protocol protocol, uint8_t i);
/* Bytes of a card challenge: the same, 6 for SCP02. */
size_t scp_card_challenge_len(enum scp_protocol protocol, uint8_t i);
size_t scp_channel_mac_len(const struct scp_channel *ch);
/* The body of a command with so much plain data: padded where it is encrypted, without MAC. */
size_t scp_channel_body_len(const struct scp_channel *ch, size_t data_len);
/* The field Lc of a command with so much plain data, once protected. */
size_t scp_channel_protected_len(const struct scp_channel *ch, size_t data_len);
/* Whether data of this command are encrypted. */
bool scp_channel_encrypts(const struct scp_channel *ch, size_t data_len);

/* Derive nothing, check nothing: a session's INITIALIZE UPDATE answer as it stands in `session`. */
void scp_put_session_answer(struct scp_writer *w, const struct scp_session_context *session,
                            const uint8_t cryptogram[SCP_AUTHENTICATOR_MAX]);
void scp_channel_set_params(struct scp_channel *ch, const struct scp_channel_params *params);

/* ---- a command being protected, in the memory where it will stay -------------------------- */

/* GPCS 11.1.5.1: the checksum of a command that is cut into segments covers a header whose Lc has
 * three bytes. That is the form wherever the Lc that the checksum covers does not fit one byte. */
struct scp_frame {
    uint8_t *head; /* SCP_HEAD_SHORT or SCP_HEAD_LONG bytes; then, without gap: */
    size_t head_len;
    uint8_t *body; /* the data, padded where they are encrypted */
    size_t body_len;
    uint8_t *mac; /* scp_channel_mac_len bytes */
};

/* Write the head that a MAC covers: a class byte, the rest of the command's header, this Lc.
 * Returns its length. */
size_t scp_put_head(uint8_t head[SCP_HEAD_LONG], uint8_t cla, const struct scp_apdu *command,
                    size_t lc);
/* Lay the frame out behind what `w` holds, with the data and their padding in it. NO_SPACE. */
SCP_MUST_USE enum scp_error scp_frame_lay(struct scp_frame *frame, const struct scp_channel *ch,
                                          const struct scp_apdu *command, size_t maced_lc,
                                          struct scp_writer *w);
/* Give it the class byte and the Lc with which it travels, where it fits a short APDU. */
void scp_frame_finish(const struct scp_frame *frame, const struct scp_channel *ch, uint8_t cla);

/* ---- R-MAC sessions ----------------------------------------------------------------------- */

/* Which kind a plain command is in a channel whose security stands so. */
enum scp_command_kind scp_r_mac_kind(const struct scp_channel *ch, struct scp_security now,
                                     const struct scp_apdu *plain);
/* Whether BEGIN or END R-MAC SESSION is allowed; see scp_channel_begin_r_mac for the errors. */
SCP_MUST_USE enum scp_error scp_r_mac_check(const struct scp_channel *ch, struct scp_security now,
                                            const struct scp_apdu *plain);
/* The security once the command that is pending has succeeded. */
struct scp_security scp_r_mac_ahead(const struct scp_channel *ch);
/* What goes on under the assumption that a pending command succeeded: in a script that is made
 * ahead, no response is read between its commands. */
struct scp_security scp_r_mac_assumed(const struct scp_channel *ch);
/* The command is pending now. */
SCP_MUST_USE enum scp_error scp_channel_await(struct scp_channel *ch, struct scp_security now,
                                              const struct scp_apdu *plain);
/* Its response has come with this status word. */
void scp_channel_settle(struct scp_channel *ch, uint16_t sw);
/* Whether responses are covered by an R-MAC, transmitted or not. */
bool scp_r_mac_runs(const struct scp_channel *ch);

/* ---- both ends ---------------------------------------------------------------------------- */

/* Check and decrypt a command at the present level; `plain` borrows its data from `data`, or has
 * none when `data` is NULL. */
SCP_MUST_USE enum scp_error scp_channel_take(struct scp_channel *ch, const struct scp_apdu *wrapped,
                                             struct scp_apdu *plain, struct scp_writer *data);

/* ---- class bytes (GPCS 11.1.4) ------------------------------------------------------------ */

/* With secure messaging indicated, on the same logical channel. */
uint8_t scp_cla_secured(uint8_t cla);
/* Without secure messaging, on the same logical channel. */
uint8_t scp_cla_plain(uint8_t cla);
/* Without secure messaging, on logical channel 0: what an R-MAC covers. */
uint8_t scp_cla_stripped(uint8_t cla);
/* With secure messaging, on logical channel 0: what a C-MAC covers. */
uint8_t scp_cla_maced(uint8_t cla);
bool scp_cla_is_secured(uint8_t cla);

/* Success or warning: 9000, 62xx, 63xx. The other status words are errors (Amendment D 6.2.5). */
bool scp_sw_is_good(uint16_t sw);

#endif
