/* SCP03 (GPCS Amendment D) with AES keys of 128, 192 and 256 bits, modes S8 and S16. */
#include "scp/channel/protocol.h"
#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/crypto/mac.h"

#include <string.h>

enum { MAC = 16, CHALLENGES_MAX = 2 * SCP_AUTHENTICATOR_MAX, COUNTER_MAX = 0xFFFFFF };

/* Option bits (Amendment D 5.1). */
enum {
    I_S16 = 0x01,
    I_PSEUDO_RANDOM = 0x10,
    I_R_MAC = 0x20,
    I_R_ENC = 0x40,
    I_RESERVED = 0x8E,
};

static const uint8_t zero[SCP_AES_BLOCK];

static size_t authenticator_len(uint8_t i)
{
    return scp_authenticator_len(SCP_PROTOCOL_03, i);
}

/* ---- static keys -------------------------------------------------------------------------- */

/* Host challenge ‖ card challenge: the context of keys and cryptograms. */
static struct scp_bytes challenges(const struct scp_session_context *session,
                                   uint8_t buffer[CHALLENGES_MAX])
{
    size_t len = authenticator_len(session->i);
    struct scp_writer w = scp_writer_on(buffer, CHALLENGES_MAX);
    scp_put(&w, scp_bytes_of(session->host_challenge, len));
    scp_put(&w, scp_bytes_of(session->card_challenge, len));
    return scp_written(&w);
}

/* A session key has the length of its static key (Amendment D 6.2.1). */
static enum scp_error derive_key(const struct scp_key *key, enum scp03_constant constant,
                                 struct scp_bytes context, struct scp_key *out)
{
    SCP_TRY(scp03_derive(key, constant, context, out->bytes, key->len));
    out->len = key->len;
    return SCP_OK;
}

static enum scp_error derive(const struct scp_key_set *set,
                             const struct scp_session_context *session,
                             struct scp_session_keys *out)
{
    uint8_t buffer[CHALLENGES_MAX];
    struct scp_bytes context = challenges(session, buffer);
    SCP_TRY(derive_key(&set->enc, SCP03_S_ENC, context, &out->enc));
    SCP_TRY(derive_key(&set->mac, SCP03_S_MAC, context, &out->mac));
    return derive_key(&set->mac, SCP03_S_RMAC, context, &out->rmac);
}

/* Amendment D 6.2.2.1. */
static enum scp_error predict(const struct scp_key_set *set,
                              const struct scp_session_context *session, struct scp_bytes aid,
                              uint8_t challenge[16])
{
    if (session->counter > COUNTER_MAX || aid.len > SCP_AID_MAX)
        return SCP_OUT_OF_RANGE;
    uint8_t context[3 + SCP_AID_MAX];
    struct scp_writer w = scp_writer_on(context, sizeof context);
    scp_put_u24(&w, session->counter);
    scp_put(&w, aid);
    return scp03_derive(&set->enc, SCP03_CARD_CHALLENGE, scp_written(&w), challenge,
                        authenticator_len(session->i));
}

/* Sensitive data go under the static key (Amendment D 6.2.8). */
static enum scp_error dek_encrypt(const struct scp_key_set *set,
                                  const struct scp_session_context *session, struct scp_bytes plain,
                                  uint8_t *out)
{
    (void)session;
    return scp_aes_cbc_encrypt(&set->dek, zero, plain, out);
}

static enum scp_error dek_decrypt(const struct scp_key_set *set,
                                  const struct scp_session_context *session,
                                  struct scp_bytes cipher, uint8_t *out)
{
    (void)session;
    return scp_aes_cbc_decrypt(&set->dek, zero, cipher, out);
}

/* ---- authentication ----------------------------------------------------------------------- */

static enum scp_error cryptogram(const struct scp_session_keys *keys,
                                 const struct scp_session_context *session, enum scp_side side,
                                 uint8_t out[SCP_AUTHENTICATOR_MAX])
{
    uint8_t buffer[CHALLENGES_MAX];
    return scp03_derive(&keys->mac,
                        side == SCP_SIDE_CARD ? SCP03_CARD_CRYPTOGRAM : SCP03_HOST_CRYPTOGRAM,
                        challenges(session, buffer), out, authenticator_len(session->i));
}

/* ---- C-MAC (Amendment D 6.2.4) ------------------------------------------------------------ */

/* Over the chaining value and the command with its body as it travels. */
static enum scp_error command_mac(const struct scp_channel *ch, const struct scp_apdu *command,
                                  struct scp_bytes body, uint8_t mac[MAC])
{
    const uint8_t header[SCP_APDU_HEADER] = {scp_cla_maced(command->cla), command->ins, command->p1,
                                             command->p2,
                                             (uint8_t)(body.len + scp_channel_mac_len(ch))};
    const struct scp_bytes parts[] = {SCP_BYTES(ch->chaining), SCP_BYTES(header), body};
    return scp_cmac(&ch->keys.mac, parts, 3, mac);
}

static enum scp_error mac_authenticate(const struct scp_channel *ch, uint8_t level,
                                       struct scp_bytes host_cryptogram,
                                       uint8_t mac[SCP_AUTHENTICATOR_MAX])
{
    struct scp_apdu command = {.cla = 0x80, .ins = SCP_INS_EXTERNAL_AUTHENTICATE, .p1 = level};
    return command_mac(ch, &command, host_cryptogram, mac);
}

static void start(struct scp_channel *ch, const uint8_t mac[SCP_AUTHENTICATOR_MAX])
{
    memcpy(ch->chaining, mac, MAC);
    ch->commands = 0;
}

/* ---- encryption (Amendment D 6.2.6, 6.2.7) ------------------------------------------------ */

enum { IV_COMMAND = 0x00, IV_RESPONSE = 0x80 };

static enum scp_error make_iv(const struct scp_channel *ch, uint32_t counter, uint8_t direction,
                              uint8_t iv[SCP_AES_BLOCK])
{
    uint8_t block[SCP_AES_BLOCK] = {direction};
    scp_store_u32(block + SCP_AES_BLOCK - 4, counter);
    return scp_aes_encrypt_block(&ch->keys.enc, block, iv);
}

/* The encryption counter for a command: every one is counted, one without data too. */
static uint32_t counter_for(const struct scp_channel *ch, size_t data_len)
{
    bool uncounted = data_len == 0 && (ch->params.quirks & SCP_QUIRK_EMPTY_UNCOUNTED) != 0;
    return uncounted ? ch->commands : ch->commands + 1;
}

/* Pad and encrypt what `body` holds, in place. */
static enum scp_error encrypt(const struct scp_channel *ch, const uint8_t iv[SCP_AES_BLOCK],
                              struct scp_writer *body)
{
    scp_pad(body, SCP_AES_BLOCK);
    SCP_TRY(scp_writer_status(body));
    return scp_aes_cbc_encrypt(&ch->keys.enc, iv, scp_written(body), body->buf);
}

/* Decrypt and append without padding. BAD_PADDING. */
static enum scp_error decrypt(const struct scp_channel *ch, const uint8_t iv[SCP_AES_BLOCK],
                              struct scp_bytes cipher, struct scp_writer *data)
{
    uint8_t plain[SCP_LONG_RESPONSE_MAX];
    size_t len = 0;
    if (cipher.len > sizeof plain)
        return SCP_TOO_LONG;
    if (cipher.len % SCP_AES_BLOCK != 0)
        return SCP_BAD_PADDING;
    enum scp_error error = scp_aes_cbc_decrypt(&ch->keys.enc, iv, cipher, plain);
    if (error == SCP_OK)
        error = scp_unpad(scp_bytes_of(plain, cipher.len), &len);
    if (error == SCP_OK) {
        scp_put(data, scp_bytes_of(plain, len));
        error = scp_writer_status(data);
    }
    scp_wipe(plain, cipher.len);
    return error;
}

/* ---- commands ----------------------------------------------------------------------------- */

/* The body of the command: its data, encrypted where the level says so. */
static enum scp_error seal(const struct scp_channel *ch, const struct scp_apdu *command,
                           uint32_t counter, struct scp_writer *body)
{
    scp_put(body, command->data);
    if (!scp_channel_encrypts(ch, command->data.len))
        return scp_writer_status(body);
    uint8_t iv[SCP_AES_BLOCK];
    SCP_TRY(make_iv(ch, counter, IV_COMMAND, iv));
    return encrypt(ch, iv, body);
}

static enum scp_error protect(struct scp_channel *ch, const struct scp_apdu *command,
                              struct scp_writer *apdu)
{
    if ((ch->params.level & SCP_LEVEL_C_MAC) == 0) {
        scp_put_apdu(apdu, command);
        return scp_writer_status(apdu);
    }
    uint8_t mac[MAC];
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer body = scp_writer_on(buffer, sizeof buffer);
    uint32_t counter = counter_for(ch, command->data.len);
    SCP_TRY(seal(ch, command, counter, &body));
    SCP_TRY(command_mac(ch, command, scp_written(&body), mac));
    scp_put(&body, scp_bytes_of(mac, scp_channel_mac_len(ch)));
    SCP_TRY(scp_writer_status(&body));
    struct scp_apdu wrapped = *command;
    wrapped.cla = scp_cla_secured(command->cla);
    wrapped.data = scp_written(&body);
    scp_put_apdu(apdu, &wrapped);
    SCP_TRY(scp_writer_status(apdu));
    memcpy(ch->chaining, mac, MAC);
    ch->commands = counter;
    return SCP_OK;
}

/* The plain data of a command body whose MAC is right. */
static enum scp_error unseal(const struct scp_channel *ch, struct scp_bytes body, uint32_t counter,
                             struct scp_writer *data)
{
    if ((ch->params.level & SCP_LEVEL_C_ENC) == 0 || body.len == 0) {
        scp_put(data, body);
        return scp_writer_status(data);
    }
    uint8_t iv[SCP_AES_BLOCK];
    SCP_TRY(make_iv(ch, counter, IV_COMMAND, iv));
    return decrypt(ch, iv, body, data);
}

static enum scp_error open(struct scp_channel *ch, const struct scp_apdu *wrapped,
                           struct scp_writer *data)
{
    if ((ch->params.level & SCP_LEVEL_C_MAC) == 0) {
        scp_put(data, wrapped->data);
        return scp_writer_status(data);
    }
    size_t mac_len = scp_channel_mac_len(ch);
    if (!scp_cla_is_secured(wrapped->cla) || wrapped->data.len < mac_len)
        return SCP_BAD_MAC;
    struct scp_bytes body = scp_bytes_slice(wrapped->data, 0, wrapped->data.len - mac_len);
    uint8_t mac[MAC];
    SCP_TRY(command_mac(ch, wrapped, body, mac));
    if (!scp_equal_constant_time(mac, scp_bytes_from(wrapped->data, body.len).ptr, mac_len))
        return SCP_BAD_MAC;
    uint32_t counter = counter_for(ch, body.len);
    SCP_TRY(unseal(ch, body, counter, data));
    memcpy(ch->chaining, mac, MAC);
    ch->commands = counter;
    return SCP_OK;
}

/* ---- responses (Amendment D 6.2.5, 6.2.7) ------------------------------------------------- */

static enum scp_error response_mac(const struct scp_channel *ch, struct scp_bytes body, uint16_t sw,
                                   uint8_t mac[MAC])
{
    uint8_t status[2];
    scp_store_u16(status, sw);
    const struct scp_bytes parts[] = {SCP_BYTES(ch->chaining), body, SCP_BYTES(status)};
    return scp_cmac(&ch->keys.rmac, parts, 3, mac);
}

/* An empty response is not encrypted. */
static enum scp_error seal_response(const struct scp_channel *ch, struct scp_bytes data,
                                    struct scp_writer *body)
{
    scp_put(body, data);
    if ((ch->params.level & SCP_LEVEL_R_ENC) == 0 || data.len == 0)
        return scp_writer_status(body);
    uint8_t iv[SCP_AES_BLOCK];
    SCP_TRY(make_iv(ch, ch->commands, IV_RESPONSE, iv));
    return encrypt(ch, iv, body);
}

static enum scp_error protect_response(struct scp_channel *ch, struct scp_bytes data, uint16_t sw,
                                       struct scp_writer *response)
{
    bool protected = (ch->params.level & SCP_LEVEL_R_MAC) != 0;
    if (!protected || !scp_sw_is_good(sw)) {
        scp_put(response, protected ? SCP_EMPTY : data);
        scp_put_u16(response, sw);
        return scp_writer_status(response);
    }
    uint8_t mac[MAC];
    uint8_t buffer[SCP_LONG_RESPONSE_MAX + SCP_AES_BLOCK];
    struct scp_writer body = scp_writer_on(buffer, sizeof buffer);
    SCP_TRY(seal_response(ch, data, &body));
    SCP_TRY(response_mac(ch, scp_written(&body), sw, mac));
    scp_put(response, scp_written(&body));
    scp_put(response, scp_bytes_of(mac, scp_channel_mac_len(ch)));
    scp_put_u16(response, sw);
    return scp_writer_status(response);
}

static enum scp_error open_body(const struct scp_channel *ch, struct scp_bytes body,
                                struct scp_writer *data)
{
    if ((ch->params.level & SCP_LEVEL_R_ENC) == 0 || body.len == 0) {
        scp_put(data, body);
        return scp_writer_status(data);
    }
    uint8_t iv[SCP_AES_BLOCK];
    SCP_TRY(make_iv(ch, ch->commands, IV_RESPONSE, iv));
    return decrypt(ch, iv, body, data);
}

static enum scp_error open_response(struct scp_channel *ch, const struct scp_response *response,
                                    struct scp_writer *data)
{
    if ((ch->params.level & SCP_LEVEL_R_MAC) == 0) {
        scp_put(data, response->data);
        return scp_writer_status(data);
    }
    if (!scp_sw_is_good(response->sw))
        return response->data.len == 0 ? SCP_OK : SCP_BAD_MAC; /* data that nothing protects */
    size_t mac_len = scp_channel_mac_len(ch);
    if (response->data.len < mac_len)
        return SCP_TRUNCATED;
    struct scp_bytes body = scp_bytes_slice(response->data, 0, response->data.len - mac_len);
    uint8_t mac[MAC];
    SCP_TRY(response_mac(ch, body, response->sw, mac));
    if (!scp_equal_constant_time(mac, scp_bytes_from(response->data, body.len).ptr, mac_len))
        return SCP_BAD_MAC;
    return open_body(ch, body, data);
}

const struct scp_protocol_ops scp03_ops = {
    .fixed_mask = I_RESERVED,
    .fixed_value = 0x00,
    .option_predictable = I_PSEUDO_RANDOM,
    .option_r_mac = I_R_MAC,
    .option_r_enc = I_R_ENC,
    .option_s16 = I_S16,
    .levels = {0x00, 0x01, 0x03, 0x11, 0x13, 0x33},
    .block = SCP_AES_BLOCK,
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
