/* SCP02 (GPCS appendix E), explicit initiation with three base keys. */
#include "scp/channel/protocol.h"
#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/crypto/mac.h"

#include <string.h>

enum { MAC = 8, CHALLENGE = 6, HOST_CHALLENGE = 8, COUNTER_MAX = 0xFFFF };

/* Option bits (GPCS table E-1). */
enum {
    I_THREE_KEYS = 0x01,
    I_UNMODIFIED_APDU = 0x02,
    I_EXPLICIT = 0x04,
    I_ICV_OVER_AID = 0x08, /* implicit initiation only */
    I_ICV_ENCRYPTED = 0x10,
    I_R_MAC = 0x20,
    I_WELL_KNOWN_CHALLENGE = 0x40,
    I_RESERVED = 0x80,
};

static const uint8_t zero[MAC];

/* ---- static keys -------------------------------------------------------------------------- */

static enum scp_error derive(const struct scp_key_set *set,
                             const struct scp_session_context *session,
                             struct scp_session_keys *out)
{
    if (session->counter > COUNTER_MAX)
        return SCP_OUT_OF_RANGE;
    uint16_t counter = (uint16_t)session->counter;
    SCP_TRY(scp02_derive(&set->enc, SCP02_S_ENC, counter, &out->enc));
    SCP_TRY(scp02_derive(&set->mac, SCP02_C_MAC, counter, &out->mac));
    return scp02_derive(&set->mac, SCP02_R_MAC, counter, &out->rmac);
}

/* The left bytes of the C-MAC over the AID (GPCS E.4.2.3). */
static enum scp_error predict(const struct scp_key_set *set,
                              const struct scp_session_context *session, struct scp_bytes aid,
                              uint8_t challenge[16])
{
    if (session->counter > COUNTER_MAX)
        return SCP_OUT_OF_RANGE;
    struct scp_key key;
    uint8_t mac[MAC];
    SCP_TRY(scp02_derive(&set->mac, SCP02_C_MAC, (uint16_t)session->counter, &key));
    enum scp_error error = scp_mac_des_retail(&key, zero, aid, mac);
    scp_wipe(&key, sizeof key);
    SCP_TRY(error);
    memcpy(challenge, mac, CHALLENGE);
    return SCP_OK;
}

typedef enum scp_error (*des3_ecb)(const struct scp_key *key, struct scp_bytes in, uint8_t *out);

/* Sensitive data go under the session's key, block by block (GPCS E.4.7). */
static enum scp_error dek(des3_ecb run, const struct scp_key_set *set,
                          const struct scp_session_context *session, struct scp_bytes in,
                          uint8_t *out)
{
    if (session->counter > COUNTER_MAX)
        return SCP_OUT_OF_RANGE;
    struct scp_key key;
    SCP_TRY(scp02_derive(&set->dek, SCP02_DEK, (uint16_t)session->counter, &key));
    enum scp_error error = run(&key, in, out);
    scp_wipe(&key, sizeof key);
    return error;
}

static enum scp_error dek_encrypt(const struct scp_key_set *set,
                                  const struct scp_session_context *session, struct scp_bytes plain,
                                  uint8_t *out)
{
    return dek(scp_des3_ecb_encrypt, set, session, plain, out);
}

static enum scp_error dek_decrypt(const struct scp_key_set *set,
                                  const struct scp_session_context *session,
                                  struct scp_bytes cipher, uint8_t *out)
{
    return dek(scp_des3_ecb_decrypt, set, session, cipher, out);
}

/* ---- authentication ----------------------------------------------------------------------- */

/* GPCS E.4.2.1 and E.4.2.2: both sides' challenges, in the order of who proves himself. */
static enum scp_error cryptogram(const struct scp_session_keys *keys,
                                 const struct scp_session_context *session, enum scp_side side,
                                 uint8_t out[SCP_AUTHENTICATOR_MAX])
{
    uint8_t data[HOST_CHALLENGE + 2 + CHALLENGE];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    struct scp_bytes host = scp_bytes_of(session->host_challenge, HOST_CHALLENGE);
    if (side == SCP_SIDE_CARD)
        scp_put(&w, host);
    scp_put_u16(&w, (uint16_t)session->counter);
    scp_put(&w, scp_bytes_of(session->card_challenge, CHALLENGE));
    if (side == SCP_SIDE_HOST)
        scp_put(&w, host);
    return scp_mac_des3_full(&keys->enc, zero, scp_written(&w), out);
}

/* ---- C-MAC (GPCS E.4.4) ------------------------------------------------------------------- */

/* Over the command with plain data; the class byte and Lc as they are before or after the MAC is
 * added, as the option says. */
static enum scp_error command_mac(const struct scp_channel *ch, const uint8_t icv[MAC],
                                  const struct scp_apdu *plain, uint8_t mac[MAC])
{
    bool unmodified = (ch->params.i & I_UNMODIFIED_APDU) != 0;
    uint8_t input[SCP_APDU_HEADER + SCP_APDU_DATA_MAX];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put_u8(&w, unmodified ? scp_cla_stripped(plain->cla) : scp_cla_maced(plain->cla));
    scp_put_u8(&w, plain->ins);
    scp_put_u8(&w, plain->p1);
    scp_put_u8(&w, plain->p2);
    scp_put_u8(&w, (uint8_t)(plain->data.len + (unmodified ? 0 : MAC)));
    scp_put(&w, plain->data);
    SCP_TRY(scp_writer_status(&w));
    enum scp_error error = scp_mac_des_retail(&ch->keys.mac, icv, scp_written(&w), mac);
    scp_wipe(input, sizeof input);
    return error;
}

/* The ICV of every command after the first (GPCS E.3.4). */
static enum scp_error chained_mac(const struct scp_channel *ch, const struct scp_apdu *plain,
                                  uint8_t mac[MAC])
{
    uint8_t icv[MAC];
    memcpy(icv, ch->chaining, MAC);
    if ((ch->params.i & I_ICV_ENCRYPTED) != 0)
        SCP_TRY(scp_des_encrypt_block(ch->keys.mac.bytes, ch->chaining, icv));
    return command_mac(ch, icv, plain, mac);
}

static enum scp_error mac_authenticate(const struct scp_channel *ch, uint8_t level,
                                       struct scp_bytes host_cryptogram,
                                       uint8_t mac[SCP_AUTHENTICATOR_MAX])
{
    struct scp_apdu command = {
        0x80, SCP_INS_EXTERNAL_AUTHENTICATE, level, 0x00, host_cryptogram, SCP_NO_LE};
    return command_mac(ch, zero, &command, mac);
}

static void start(struct scp_channel *ch, const uint8_t mac[SCP_AUTHENTICATOR_MAX])
{
    memcpy(ch->chaining, mac, MAC);
    memcpy(ch->r_chaining, mac, MAC);
    ch->last_command_len = 0;
}

/* The command as a later R-MAC covers it (GPCS E.4.5): Lc is always there. */
static void remember(struct scp_channel *ch, const struct scp_apdu *plain)
{
    if ((ch->params.level & SCP_LEVEL_R_MAC) == 0)
        return;
    struct scp_writer w = scp_writer_on(ch->last_command, sizeof ch->last_command);
    scp_put_u8(&w, scp_cla_stripped(plain->cla));
    scp_put_u8(&w, plain->ins);
    scp_put_u8(&w, plain->p1);
    scp_put_u8(&w, plain->p2);
    scp_put_lv(&w, plain->data);
    ch->last_command_len = scp_written(&w).len;
}

/* ---- commands ----------------------------------------------------------------------------- */

/* Put data and C-MAC into `body`, encrypted where the level says so (GPCS E.4.6). */
static enum scp_error seal(const struct scp_channel *ch, const struct scp_apdu *command,
                           const uint8_t mac[MAC], struct scp_writer *body)
{
    scp_put(body, command->data);
    if (scp_channel_encrypts(ch, command->data.len)) {
        scp_pad(body, SCP_DES_BLOCK);
        SCP_TRY(scp_writer_status(body));
        SCP_TRY(scp_des3_cbc_encrypt(&ch->keys.enc, zero, scp_written(body), body->buf));
    }
    scp_put(body, scp_bytes_of(mac, MAC));
    return scp_writer_status(body);
}

static enum scp_error protect(struct scp_channel *ch, const struct scp_apdu *command,
                              struct scp_writer *apdu)
{
    if ((ch->params.level & SCP_LEVEL_C_MAC) == 0) {
        scp_put_apdu(apdu, command);
        remember(ch, command);
        return scp_writer_status(apdu);
    }
    uint8_t mac[MAC];
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer body = scp_writer_on(buffer, sizeof buffer);
    SCP_TRY(chained_mac(ch, command, mac));
    enum scp_error error = seal(ch, command, mac, &body);
    if (error == SCP_OK) {
        struct scp_apdu wrapped = *command;
        wrapped.cla = scp_cla_secured(command->cla);
        wrapped.data = scp_written(&body);
        scp_put_apdu(apdu, &wrapped);
        error = scp_writer_status(apdu);
    }
    if (error == SCP_OK) {
        memcpy(ch->chaining, mac, MAC);
        remember(ch, command);
    }
    scp_wipe(buffer, sizeof buffer);
    return error;
}

/* The plain data of a command body. The MAC stands inside the encryption's reach only as plain
 * data, so wrong padding tells no more than a wrong MAC. */
static enum scp_error unseal(const struct scp_channel *ch, struct scp_bytes body,
                             struct scp_writer *data)
{
    if (!scp_channel_encrypts(ch, body.len)) {
        scp_put(data, body);
        return scp_writer_status(data);
    }
    uint8_t plain[SCP_APDU_DATA_MAX];
    size_t len = 0;
    if (body.len % SCP_DES_BLOCK != 0)
        return SCP_BAD_MAC;
    enum scp_error error = scp_des3_cbc_decrypt(&ch->keys.enc, zero, body, plain);
    if (error == SCP_OK && scp_unpad(scp_bytes_of(plain, body.len), &len) != SCP_OK)
        error = SCP_BAD_MAC;
    if (error == SCP_OK) {
        scp_put(data, scp_bytes_of(plain, len));
        error = scp_writer_status(data);
    }
    scp_wipe(plain, sizeof plain);
    return error;
}

static enum scp_error open(struct scp_channel *ch, const struct scp_apdu *wrapped,
                           struct scp_writer *data)
{
    struct scp_apdu plain = *wrapped;
    if ((ch->params.level & SCP_LEVEL_C_MAC) == 0) {
        scp_put(data, wrapped->data);
        remember(ch, wrapped);
        return scp_writer_status(data);
    }
    if (!scp_cla_is_secured(wrapped->cla) || wrapped->data.len < MAC)
        return SCP_BAD_MAC;
    size_t body_len = wrapped->data.len - MAC;
    uint8_t mac[MAC];
    SCP_TRY(unseal(ch, scp_bytes_slice(wrapped->data, 0, body_len), data));
    plain.cla = scp_cla_plain(wrapped->cla);
    plain.data = scp_written(data);
    SCP_TRY(chained_mac(ch, &plain, mac));
    if (!scp_equal_constant_time(mac, scp_bytes_from(wrapped->data, body_len).ptr, MAC))
        return SCP_BAD_MAC;
    memcpy(ch->chaining, mac, MAC);
    remember(ch, &plain);
    return SCP_OK;
}

/* ---- responses (GPCS E.4.5) --------------------------------------------------------------- */

static enum scp_error response_mac(const struct scp_channel *ch, struct scp_bytes data, uint16_t sw,
                                   uint8_t mac[MAC])
{
    uint8_t input[SCP_APDU_MAX + 1 + SCP_LONG_RESPONSE_MAX + 2];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put(&w, scp_bytes_of(ch->last_command, ch->last_command_len));
    scp_put_u8(&w, (uint8_t)(data.len % 256));
    scp_put(&w, data);
    scp_put_u16(&w, sw);
    enum scp_error error = scp_writer_status(&w);
    if (error == SCP_OK)
        error = scp_mac_des_retail(&ch->keys.rmac, ch->r_chaining, scp_written(&w), mac);
    scp_wipe(input, w.len);
    return error;
}

static enum scp_error protect_response(struct scp_channel *ch, struct scp_bytes data, uint16_t sw,
                                       struct scp_writer *response)
{
    if ((ch->params.level & SCP_LEVEL_R_MAC) == 0) {
        scp_put(response, data);
        scp_put_u16(response, sw);
        return scp_writer_status(response);
    }
    uint8_t mac[MAC];
    struct scp_bytes sent = scp_sw_is_good(sw) ? data : SCP_EMPTY;
    SCP_TRY(response_mac(ch, sent, sw, mac));
    scp_put(response, sent);
    scp_put(response, SCP_BYTES(mac));
    scp_put_u16(response, sw);
    SCP_TRY(scp_writer_status(response));
    memcpy(ch->r_chaining, mac, MAC);
    return SCP_OK;
}

static enum scp_error open_response(struct scp_channel *ch, const struct scp_response *response,
                                    struct scp_writer *data)
{
    if ((ch->params.level & SCP_LEVEL_R_MAC) == 0) {
        scp_put(data, response->data);
        return scp_writer_status(data);
    }
    if (response->data.len < MAC)
        return SCP_TRUNCATED;
    size_t len = response->data.len - MAC;
    uint8_t mac[MAC];
    struct scp_bytes plain = scp_bytes_slice(response->data, 0, len);
    SCP_TRY(response_mac(ch, plain, response->sw, mac));
    if (!scp_equal_constant_time(mac, scp_bytes_from(response->data, len).ptr, MAC))
        return SCP_BAD_MAC;
    scp_put(data, plain);
    SCP_TRY(scp_writer_status(data));
    memcpy(ch->r_chaining, mac, MAC);
    return SCP_OK;
}

const struct scp_protocol_ops scp02_ops = {
    .fixed_mask = I_THREE_KEYS | I_EXPLICIT | I_ICV_OVER_AID | I_RESERVED,
    .fixed_value = I_THREE_KEYS | I_EXPLICIT,
    .option_predictable = I_WELL_KNOWN_CHALLENGE,
    .option_r_mac = I_R_MAC,
    .levels = {0x00, 0x01, 0x03, 0x10, 0x11, 0x13},
    .block = SCP_DES_BLOCK,
    .derive = derive,
    .predict = predict,
    .dek_encrypt = dek_encrypt,
    .dek_decrypt = dek_decrypt,
    .cryptogram = cryptogram,
    .mac_authenticate = mac_authenticate,
    .start = start,
    .protect = protect,
    .open = open,
    .protect_response = protect_response,
    .open_response = open_response,
};
