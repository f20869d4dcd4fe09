/* What a secure channel needs from static keys, behind a small interface, so that a file, a
 * process or an HSM can hold them: libscp's channels never see a static key.
 *
 * All functions return KEY_UNAVAILABLE when there is no such key.
 *
 *     const struct scp_keys keys = scp_keys_of_set(&set);    // or functions of your own
 *     SCP_TRY(scp_channel_open(&channel, &keys, answer));    // channel.h
 */
#ifndef SCP_CHANNEL_KEYS_H
#define SCP_CHANNEL_KEYS_H

#include "scp/base/secret.h"

enum scp_protocol { SCP_PROTOCOL_02 = 0x02, SCP_PROTOCOL_03 = 0x03 };

/* The keys of one session. The data encryption key is not among them: SCP03 uses the static one,
 * and with SCP02 too it stays with the holder of the static keys (dek_encrypt). */
struct scp_session_keys {
    struct scp_key enc;
    struct scp_key mac;
    struct scp_key rmac;
    /* SCP02: of a session opened with BEGIN R-MAC SESSION, derived from the counter after this one
     * (GPCS E.4.1). No key (len 0) where the option has no R-MAC or the counter has no next. */
    struct scp_key rmac_session;
};

/* What a session is derived from. */
struct scp_session_context {
    enum scp_protocol protocol;
    uint8_t i;                        /* the option bits of GPCS table E-1 or Amendment D 5.1 */
    uint8_t kvn;                      /* the key version number the card named */
    uint8_t diversification_data[10]; /* as in the INITIALIZE UPDATE response */
    uint8_t host_challenge[16];       /* 8 used, 16 with S16, none with implicit initiation */
    uint8_t card_challenge[16];       /* SCP02: 6, SCP03: 8 or 16 */
    uint32_t counter;                 /* SCP02: 16 bits; SCP03 with pseudo-random challenge: 24 */
};

struct scp_keys {
    void *ctx;
    /* Derive the session keys. */
    enum scp_error (*derive)(void *ctx, const struct scp_session_context *session,
                             struct scp_session_keys *out);
    /* The pseudo-random card challenge that the card will produce: `session` without its
     * card_challenge, and the AID of the application that invokes the channel. Writes 6 (SCP02),
     * 8 or 16 bytes to `challenge`. */
    enum scp_error (*predict)(void *ctx, const struct scp_session_context *session,
                              struct scp_bytes aid, uint8_t challenge[16]);
    /* Encrypt sensitive data (whole blocks, already padded) under the session's data encryption
     * key. SCP02 explicit: 3DES-ECB under the session DEK; SCP02 implicit: 3DES-CBC, zero IV, under
     * the DEK of the incremented counter; SCP03: AES-CBC, zero IV, static DEK. */
    enum scp_error (*dek_encrypt)(void *ctx, const struct scp_session_context *session,
                                  struct scp_bytes plain, uint8_t *out);
};

/* Static keys in the caller's memory: the simplest holder. `set` must outlive the result. Where the
 * option has one base key (SCP02, b1 clear), it stands in `enc`; `mac` and `dek` are not looked
 * at. */
struct scp_keys scp_keys_of_set(const struct scp_key_set *set);

#endif
