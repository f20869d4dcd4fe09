/* SCP03 (GPCS Amendment D) with AES keys of 128, 192 and 256 bits, modes S8 and S16. */
#include "scp/channel/protocol.h"
#include "scp/crypto/kdf.h"

#include <string.h>

enum { MAC = 16, CHALLENGES_MAX = 2 * SCP_AUTHENTICATOR_MAX, COUNTER_MAX = 0xFFFFFF };

/* Option bits (Amendment D 5.1). */
enum { I_S16 = 0x01, I_PSEUDO_RANDOM = 0x10, I_R_MAC = 0x20, I_R_ENC = 0x40 };

static const struct scp_option_rule rules[] = {
    {0x02, 0x02, "bit 2 is reserved (Amendment D 5.1)"},
    {0x04, 0x04, "bit 3 is reserved (Amendment D 5.1)"},
    {0x08, 0x08, "bit 4 is reserved (Amendment D 5.1)"},
    {0x80, 0x80, "bit 8 is reserved (Amendment D 5.1)"},
    {I_R_MAC | I_R_ENC, I_R_ENC, "R-ENCRYPTION comes with R-MAC alone (Amendment D 5.1)"},
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

/* Session keys have the length of their static key (Amendment D 6.2.1). */
static enum scp_error derive(const struct scp_key_set *set,
                             const struct scp_session_context *session,
                             struct scp_session_keys *out)
{
    uint8_t buffer[CHALLENGES_MAX];
    struct scp_bytes context = challenges(session, buffer);
    struct scp_cmac_key mac;
    *out = (struct scp_session_keys){
        .enc.len = set->enc.len, .mac.len = set->mac.len, .rmac.len = set->mac.len};
    SCP_TRY(scp03_derive(&set->enc, SCP03_S_ENC, context, out->enc.bytes, out->enc.len));
    SCP_TRY(scp_cmac_set(&mac, &set->mac));
    enum scp_error error =
        scp03_derive_with(&mac, SCP03_S_MAC, context, out->mac.bytes, out->mac.len);
    if (error == SCP_OK)
        error = scp03_derive_with(&mac, SCP03_S_RMAC, context, out->rmac.bytes, out->rmac.len);
    scp_wipe(&mac, sizeof mac);
    return error;
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

/* ---- session keys ------------------------------------------------------------------------- */

static enum scp_error set_up(struct scp_channel *ch, uint8_t schedule)
{
    switch (schedule) {
    case SCP_SCHEDULE_ENC:
        return scp_aes_set(&ch->schedules.of.aes.enc, &ch->keys.enc, SCP_ENCRYPT);
    case SCP_SCHEDULE_DEC:
        return scp_aes_set(&ch->schedules.of.aes.dec, &ch->keys.enc, SCP_DECRYPT);
    case SCP_SCHEDULE_MAC:
        return scp_cmac_set(&ch->schedules.of.aes.mac, &ch->keys.mac);
    default:
        return scp_cmac_set(&ch->schedules.of.aes.rmac, &ch->keys.rmac);
    }
}

static enum scp_error need(struct scp_channel *ch, uint8_t schedule)
{
    if ((ch->schedules.ready & schedule) != 0)
        return SCP_OK;
    SCP_TRY(set_up(ch, schedule));
    ch->schedules.ready |= schedule;
    return SCP_OK;
}

/* ---- authentication ----------------------------------------------------------------------- */

static enum scp_error cryptogram(struct scp_channel *ch, enum scp_side side,
                                 uint8_t out[SCP_AUTHENTICATOR_MAX])
{
    uint8_t buffer[CHALLENGES_MAX];
    enum scp03_constant constant =
        side == SCP_SIDE_CARD ? SCP03_CARD_CRYPTOGRAM : SCP03_HOST_CRYPTOGRAM;
    SCP_TRY(need(ch, SCP_SCHEDULE_MAC));
    return scp03_derive_with(&ch->schedules.of.aes.mac, constant, challenges(&ch->session, buffer),
                             out, authenticator_len(ch->session.i));
}

/* ---- C-MAC (Amendment D 6.2.4) ------------------------------------------------------------ */

/* Over the chaining value and what it covers of a command, in two parts. */
static enum scp_error command_mac(struct scp_channel *ch, struct scp_bytes head,
                                  struct scp_bytes body, uint8_t mac[MAC])
{
    const struct scp_bytes parts[] = {SCP_BYTES(ch->chaining), head, body};
    SCP_TRY(need(ch, SCP_SCHEDULE_MAC));
    return scp_cmac_with(&ch->schedules.of.aes.mac, parts, 3, mac);
}

static enum scp_error mac_authenticate(struct scp_channel *ch, uint8_t level,
                                       struct scp_bytes host_cryptogram,
                                       uint8_t mac[SCP_AUTHENTICATOR_MAX])
{
    const struct scp_apdu command = {.ins = SCP_INS_EXTERNAL_AUTHENTICATE, .p1 = level};
    uint8_t head[SCP_HEAD_LONG];
    size_t len =
        scp_put_head(head, scp_cla_maced(SCP_CLA_GP), &command, 2 * scp_channel_mac_len(ch));
    return command_mac(ch, scp_bytes_of(head, len), host_cryptogram, mac);
}

static void start(struct scp_channel *ch, const uint8_t mac[SCP_AUTHENTICATOR_MAX])
{
    memcpy(ch->chaining, mac, MAC);
    ch->commands = 0;
}

/* ---- encryption (Amendment D 6.2.6, 6.2.7) ------------------------------------------------ */

enum { IV_COMMAND = 0x00, IV_RESPONSE = 0x80 };

static enum scp_error make_iv(struct scp_channel *ch, uint32_t counter, uint8_t direction,
                              uint8_t iv[SCP_AES_BLOCK])
{
    uint8_t block[SCP_AES_BLOCK] = {direction};
    scp_store_u32(&block[SCP_AES_BLOCK - 4], counter);
    SCP_TRY(need(ch, SCP_SCHEDULE_ENC));
    return scp_aes_encrypt(&ch->schedules.of.aes.enc, zero, SCP_BYTES(block), iv);
}

/* The encryption counter for a command whose body, without its MAC, has that length: every one is
 * counted, one without data too. */
static uint32_t counter_for(const struct scp_channel *ch, size_t body_len)
{
    bool uncounted = body_len == 0 && (ch->params.quirks & SCP_QUIRK_EMPTY_UNCOUNTED) != 0;
    return uncounted ? ch->commands : ch->commands + 1;
}

static enum scp_error encrypt(struct scp_channel *ch, const uint8_t iv[SCP_AES_BLOCK],
                              uint8_t *padded, size_t len)
{
    return scp_aes_encrypt(&ch->schedules.of.aes.enc, iv, scp_bytes_of(padded, len), padded);
}

/* Decrypt into `data` and leave the padding out. BAD_PADDING. */
static enum scp_error decrypt(struct scp_channel *ch, const uint8_t iv[SCP_AES_BLOCK],
                              struct scp_bytes cipher, struct scp_writer *data)
{
    size_t before = data->len;
    size_t len = 0;
    if (cipher.len % SCP_AES_BLOCK != 0)
        return SCP_BAD_PADDING;
    SCP_TRY(need(ch, SCP_SCHEDULE_DEC));
    uint8_t *plain = scp_put_space(data, cipher.len);
    if (plain == NULL)
        return scp_writer_status(data);
    enum scp_error error = scp_aes_decrypt(&ch->schedules.of.aes.dec, iv, cipher, plain);
    if (error == SCP_OK)
        error = scp_unpad(scp_bytes_of(plain, cipher.len), &len);
    if (error != SCP_OK)
        scp_wipe(plain, cipher.len);
    data->len = error == SCP_OK ? before + len : before;
    return error;
}

/* ---- commands ----------------------------------------------------------------------------- */

static enum scp_error protect(struct scp_channel *ch, const struct scp_apdu *command,
                              struct scp_writer *w)
{
    struct scp_frame frame;
    uint8_t mac[MAC];
    size_t mac_len = scp_channel_mac_len(ch);
    size_t lc = scp_channel_body_len(ch, command->data.len) + mac_len;
    SCP_TRY(scp_frame_lay(&frame, ch, command, lc, w));
    uint32_t counter = counter_for(ch, frame.body_len);
    if (scp_channel_encrypts(ch, command->data.len)) {
        uint8_t iv[SCP_AES_BLOCK];
        SCP_TRY(make_iv(ch, counter, IV_COMMAND, iv));
        SCP_TRY(encrypt(ch, iv, frame.body, frame.body_len));
    }
    (void)scp_put_head(frame.head, scp_cla_maced(command->cla), command, lc);
    SCP_TRY(
        command_mac(ch, scp_bytes_of(frame.head, frame.head_len + frame.body_len), SCP_EMPTY, mac));
    memcpy(frame.mac, mac, mac_len);
    scp_frame_finish(&frame, ch, command->cla);
    memcpy(ch->chaining, mac, MAC);
    ch->commands = counter;
    return SCP_OK;
}

/* The plain data of a command body whose MAC is right. */
static enum scp_error unseal(struct scp_channel *ch, struct scp_bytes body, uint32_t counter,
                             struct scp_writer *data)
{
    if ((ch->now.level & SCP_LEVEL_C_ENC) == 0 || body.len == 0) {
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
    size_t mac_len = scp_channel_mac_len(ch);
    if (!scp_cla_is_secured(wrapped->cla) || wrapped->data.len < mac_len)
        return SCP_BAD_MAC;
    struct scp_bytes body = scp_bytes_slice(wrapped->data, 0, wrapped->data.len - mac_len);
    uint8_t head[SCP_HEAD_LONG];
    uint8_t mac[MAC];
    size_t head_len = scp_put_head(head, scp_cla_maced(wrapped->cla), wrapped, wrapped->data.len);
    SCP_TRY(command_mac(ch, scp_bytes_of(head, head_len), body, mac));
    if (!scp_equal_constant_time(mac, scp_bytes_from(wrapped->data, body.len).ptr, mac_len))
        return SCP_BAD_MAC;
    uint32_t counter = counter_for(ch, body.len);
    if (data != NULL)
        SCP_TRY(unseal(ch, body, counter, data));
    memcpy(ch->chaining, mac, MAC);
    ch->commands = counter;
    return SCP_OK;
}

/* ---- responses (Amendment D 6.2.5, 6.2.7) ------------------------------------------------- */

static enum scp_error response_mac(struct scp_channel *ch, struct scp_bytes body, uint16_t sw,
                                   uint8_t mac[MAC])
{
    uint8_t status[2];
    scp_store_u16(status, sw);
    const struct scp_bytes parts[] = {SCP_BYTES(ch->chaining), body, SCP_BYTES(status)};
    SCP_TRY(need(ch, SCP_SCHEDULE_RMAC));
    return scp_cmac_with(&ch->schedules.of.aes.rmac, parts, 3, mac);
}

/* Append the body of a response. An empty one is not encrypted, but by some cards. */
static enum scp_error seal_response(struct scp_channel *ch, struct scp_bytes data,
                                    struct scp_writer *response)
{
    bool empty_too = (ch->params.quirks & SCP_QUIRK_ENCRYPT_EMPTY_RESPONSE) != 0;
    if ((ch->now.level & SCP_LEVEL_R_ENC) == 0 || (data.len == 0 && !empty_too)) {
        scp_put(response, data);
        return scp_writer_status(response);
    }
    size_t len = (data.len / SCP_AES_BLOCK + 1) * SCP_AES_BLOCK;
    uint8_t *body = scp_put_space(response, len);
    if (body == NULL)
        return scp_writer_status(response);
    struct scp_writer w = scp_writer_on(body, len);
    uint8_t iv[SCP_AES_BLOCK];
    scp_put(&w, data);
    scp_pad(&w, SCP_AES_BLOCK);
    SCP_TRY(make_iv(ch, ch->commands, IV_RESPONSE, iv));
    return encrypt(ch, iv, body, len);
}

static enum scp_error protect_response(struct scp_channel *ch, struct scp_bytes data, uint16_t sw,
                                       struct scp_writer *response)
{
    bool protected = (ch->now.level & SCP_LEVEL_R_MAC) != 0;
    if (!protected || !scp_sw_is_good(sw)) {
        scp_put(response, protected ? SCP_EMPTY : data);
        scp_put_u16(response, sw);
        return scp_writer_status(response);
    }
    uint8_t mac[MAC];
    size_t before = response->len;
    SCP_TRY(seal_response(ch, data, response));
    SCP_TRY(response_mac(ch, scp_bytes_from(scp_written(response), before), sw, mac));
    scp_put(response, scp_bytes_of(mac, scp_channel_mac_len(ch)));
    scp_put_u16(response, sw);
    return scp_writer_status(response);
}

static enum scp_error open_body(struct scp_channel *ch, struct scp_bytes body,
                                struct scp_writer *data)
{
    if ((ch->now.level & SCP_LEVEL_R_ENC) == 0 || body.len == 0) {
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
    if ((ch->now.level & SCP_LEVEL_R_MAC) == 0) {
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
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .option_predictable = I_PSEUDO_RANDOM,
    .option_r_mac = I_R_MAC,
    .option_r_enc = I_R_ENC,
    .option_s16 = I_S16,
    .levels = {0x00, 0x01, 0x03, 0x11, 0x13, 0x33},
    .block = SCP_AES_BLOCK,
    .counter_max = COUNTER_MAX,
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
