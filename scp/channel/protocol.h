/* Private to scp/channel: what SCP02 and SCP03 must each provide, for both ends of a channel.
 *
 * Host and card hold the same state and compute the same values; they differ in who makes and who
 * checks. So every operation on a session takes struct scp_channel, whichever end it is. An
 * operation that returns an error leaves the channel as it was. */
#ifndef SCP_CHANNEL_PROTOCOL_H
#define SCP_CHANNEL_PROTOCOL_H

#include "scp/channel/channel.h"

/* struct scp_channel.state. */
enum scp_channel_state {
    SCP_CHANNEL_NEW,
    SCP_CHANNEL_BEGUN,    /* INITIALIZE UPDATE made, or answered on the card */
    SCP_CHANNEL_VERIFIED, /* host: the card cryptogram is right */
    SCP_CHANNEL_READY,    /* EXTERNAL AUTHENTICATE made, or verified on the card */
    SCP_CHANNEL_PENDING,  /* READY, and the response to a command is due */
};

enum scp_side { SCP_SIDE_CARD, SCP_SIDE_HOST };

enum { SCP_INS_INITIALIZE_UPDATE = 0x50, SCP_INS_EXTERNAL_AUTHENTICATE = 0x82 };

/* The longest cryptogram, MAC and challenge. */
enum { SCP_AUTHENTICATOR_MAX = 16, SCP_APDU_HEADER = 5 };

/* A response that was collected with GET RESPONSE (61xx) is longer than a short one: its R-MAC and
 * padding cover the whole and stand at its end. */
enum { SCP_LONG_RESPONSE_MAX = SCP_COMMAND_MAX };

struct scp_protocol_ops {
    /* An option byte is supported when (i & fixed_mask) == fixed_value and R-ENC has its R-MAC. */
    uint8_t fixed_mask;
    uint8_t fixed_value;
    uint8_t option_predictable; /* bit of the pseudo-random challenge */
    uint8_t option_r_mac;
    uint8_t option_r_enc; /* 0: the protocol has none */
    uint8_t option_s16;   /* 0: the protocol has none */
    uint8_t levels[6];    /* ascending */
    size_t block;         /* of the cipher of C-ENC */

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

    enum scp_error (*cryptogram)(const struct scp_session_keys *keys,
                                 const struct scp_session_context *session, enum scp_side side,
                                 uint8_t out[SCP_AUTHENTICATOR_MAX]);

    /* The whole C-MAC of EXTERNAL AUTHENTICATE over its header and the host cryptogram. */
    enum scp_error (*mac_authenticate)(const struct scp_channel *ch, uint8_t level,
                                       struct scp_bytes host_cryptogram,
                                       uint8_t mac[SCP_AUTHENTICATOR_MAX]);
    /* Set what the session's first command and response stand on. */
    void (*start)(struct scp_channel *ch, const uint8_t mac[SCP_AUTHENTICATOR_MAX]);

    /* Append the protected command. */
    enum scp_error (*protect)(struct scp_channel *ch, const struct scp_apdu *command,
                              struct scp_writer *apdu);
    /* Check and decrypt a protected command; its plain data go to `data`. */
    enum scp_error (*open)(struct scp_channel *ch, const struct scp_apdu *wrapped,
                           struct scp_writer *data);
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
/* The field Lc of a command with so much plain data, once protected. */
size_t scp_channel_protected_len(const struct scp_channel *ch, size_t data_len);
/* Whether data of this command are encrypted. */
bool scp_channel_encrypts(const struct scp_channel *ch, size_t data_len);

/* Derive nothing, check nothing: a session's INITIALIZE UPDATE answer as it stands in `session`. */
void scp_put_session_answer(struct scp_writer *w, const struct scp_session_context *session,
                            const uint8_t cryptogram[SCP_AUTHENTICATOR_MAX]);

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
