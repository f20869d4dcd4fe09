/* Private to scp/channel: what the two sources of SCP02 share. */
#ifndef SCP_CHANNEL_SCP02_H
#define SCP_CHANNEL_SCP02_H

#include "scp/channel/protocol.h"

/* Option bits (GPCS table E-1). */
enum {
    SCP02_I_THREE_KEYS = 0x01,
    SCP02_I_UNMODIFIED_APDU = 0x02,
    SCP02_I_EXPLICIT = 0x04,
    SCP02_I_ICV_OVER_AID = 0x08,
    SCP02_I_ICV_ENCRYPTED = 0x10,
    SCP02_I_R_MAC = 0x20,
    SCP02_I_WELL_KNOWN_CHALLENGE = 0x40,
};

enum { SCP02_CHALLENGE = 6 };

/* The operations of struct scp_protocol_ops that need the static keys. */
enum scp_error scp02_keys_derive(const struct scp_key_set *set,
                                 const struct scp_session_context *session,
                                 struct scp_session_keys *out);
enum scp_error scp02_keys_predict(const struct scp_key_set *set,
                                  const struct scp_session_context *session, struct scp_bytes aid,
                                  uint8_t challenge[16]);
enum scp_error scp02_keys_dek_encrypt(const struct scp_key_set *set,
                                      const struct scp_session_context *session,
                                      struct scp_bytes plain, uint8_t *out);
enum scp_error scp02_keys_dek_decrypt(const struct scp_key_set *set,
                                      const struct scp_session_context *session,
                                      struct scp_bytes cipher, uint8_t *out);

#endif
