/* SCP02 (GPCS appendix E): session keys, MACs and encryption. */
#include "scp/channel/scp02.h"

#include <string.h>

enum { MAC = 8, HOST_CHALLENGE = 8, COUNTER_MAX = 0xFFFF };

static const struct scp_option_rule rules[] = {
    {0x80, 0x80, "bit 8 is reserved (GPCS E.1.1)"},
    {SCP02_I_EXPLICIT | SCP02_I_ICV_OVER_AID, SCP02_I_EXPLICIT | SCP02_I_ICV_OVER_AID,
     "with explicit initiation the first ICV is zero, no MAC over the AID (GPCS E.3.2)"},
    {SCP02_I_EXPLICIT | SCP02_I_WELL_KNOWN_CHALLENGE, SCP02_I_WELL_KNOWN_CHALLENGE,
     "with implicit initiation there is no card challenge (GPCS E.1.2.2)"},
};

static const uint8_t zero[SCP_DES_BLOCK];

static bool has(const struct scp_channel *ch, uint8_t option)
{
    return (ch->params.i & option) != 0;
}

/* ---- session keys ------------------------------------------------------------------------- */

/* EXTERNAL AUTHENTICATE or BEGIN R-MAC SESSION starts the R-MACs of a channel, never both. */
static const struct scp_key *rmac_key(const struct scp_channel *ch)
{
    return (ch->params.level & SCP_LEVEL_R_MAC) != 0 ? &ch->keys.rmac : &ch->keys.rmac_session;
}

static enum scp_error set_up(struct scp_channel *ch, uint8_t schedule)
{
    switch (schedule) {
    case SCP_SCHEDULE_ENC:
        return scp_des3_set(&ch->schedules.of.des.enc, &ch->keys.enc, SCP_ENCRYPT);
    case SCP_SCHEDULE_DEC:
        return scp_des3_set(&ch->schedules.of.des.dec, &ch->keys.enc, SCP_DECRYPT);
    case SCP_SCHEDULE_MAC:
        return scp_retail_set(&ch->schedules.of.des.mac, &ch->keys.mac);
    default:
        if (rmac_key(ch)->len == 0)
            return SCP_KEY_UNAVAILABLE;
        return scp_retail_set(&ch->schedules.of.des.rmac, rmac_key(ch));
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

/* ---- authentication (GPCS E.4.2.1, E.4.2.2) ----------------------------------------------- */

/* A full triple DES MAC over both sides' challenges, in the order of who proves himself. */
static enum scp_error cryptogram(struct scp_channel *ch, enum scp_side side,
                                 uint8_t out[SCP_AUTHENTICATOR_MAX])
{
    uint8_t data[HOST_CHALLENGE + 2 + SCP02_CHALLENGE + SCP_DES_BLOCK];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    struct scp_bytes host = scp_bytes_of(ch->session.host_challenge, HOST_CHALLENGE);
    if (side == SCP_SIDE_CARD)
        scp_put(&w, host);
    scp_put_u16(&w, (uint16_t)ch->session.counter);
    scp_put(&w, scp_bytes_of(ch->session.card_challenge, SCP02_CHALLENGE));
    if (side == SCP_SIDE_HOST)
        scp_put(&w, host);
    scp_pad(&w, SCP_DES_BLOCK);
    SCP_TRY(need(ch, SCP_SCHEDULE_ENC));
    SCP_TRY(scp_des3_encrypt(&ch->schedules.of.des.enc, zero, scp_written(&w), data));
    memcpy(out, scp_bytes_from(scp_written(&w), w.len - SCP_DES_BLOCK).ptr, SCP_DES_BLOCK);
    scp_wipe(data, sizeof data);
    return SCP_OK;
}

/* ---- C-MAC (GPCS E.4.4) ------------------------------------------------------------------- */

static enum scp_error retail(struct scp_retail_key *key, const uint8_t icv[MAC],
                             const struct scp_bytes parts[2], uint8_t mac[MAC])
{
    struct scp_retail run;
    scp_retail_start(&run, icv);
    SCP_TRY(scp_retail_add(key, &run, parts[0]));
    SCP_TRY(scp_retail_add(key, &run, parts[1]));
    return scp_retail_end(key, &run, mac);
}

/* The class byte and Lc that a C-MAC covers: as they are before or after the MAC is added. */
static uint8_t maced_cla(const struct scp_channel *ch, uint8_t cla)
{
    return has(ch, SCP02_I_UNMODIFIED_APDU) ? scp_cla_stripped(cla) : scp_cla_maced(cla);
}

static size_t maced_lc(const struct scp_channel *ch, size_t data_len)
{
    return data_len + (has(ch, SCP02_I_UNMODIFIED_APDU) ? 0 : MAC);
}

/* With the ICV of every command, which is encrypted but for a session's first (GPCS E.3.4). */
static enum scp_error chained_mac(struct scp_channel *ch, struct scp_bytes head,
                                  struct scp_bytes data, uint8_t mac[MAC])
{
    const struct scp_bytes parts[2] = {head, data};
    uint8_t icv[MAC];
    SCP_TRY(need(ch, SCP_SCHEDULE_MAC));
    struct scp_retail_key *key = &ch->schedules.of.des.mac;
    memcpy(icv, ch->chaining, MAC);
    if (has(ch, SCP02_I_ICV_ENCRYPTED) && !ch->fresh)
        SCP_TRY(scp_des_encrypt(&key->first, zero, SCP_BYTES(icv), icv));
    return retail(key, icv, parts, mac);
}

static enum scp_error mac_authenticate(struct scp_channel *ch, uint8_t level,
                                       struct scp_bytes host_cryptogram,
                                       uint8_t mac[SCP_AUTHENTICATOR_MAX])
{
    const struct scp_apdu command = {.ins = SCP_INS_EXTERNAL_AUTHENTICATE, .p1 = level};
    uint8_t head[SCP_HEAD_LONG];
    size_t len =
        scp_put_head(head, maced_cla(ch, SCP_CLA_GP), &command, maced_lc(ch, host_cryptogram.len));
    const struct scp_bytes parts[2] = {scp_bytes_of(head, len), host_cryptogram};
    SCP_TRY(need(ch, SCP_SCHEDULE_MAC));
    return retail(&ch->schedules.of.des.mac, zero, parts, mac);
}

/* GPCS E.3.2: C-MACs and R-MACs of the session both start from this MAC. */
static void start(struct scp_channel *ch, const uint8_t mac[SCP_AUTHENTICATOR_MAX])
{
    memcpy(ch->chaining, mac, MAC);
    memcpy(ch->r_start, mac, MAC);
    memcpy(ch->r_chaining, mac, MAC);
    ch->fresh = false;
}

/* GPCS E.3.3: from a MAC over the AID, each with its own key. */
static enum scp_error start_implicit(struct scp_channel *ch)
{
    const struct scp_bytes parts[2] = {scp_aid_bytes(&ch->params.aid), SCP_EMPTY};
    memset(ch->chaining, 0, sizeof ch->chaining);
    memset(ch->r_start, 0, sizeof ch->r_start);
    ch->fresh = true;
    if (!has(ch, SCP02_I_ICV_OVER_AID))
        return SCP_OK;
    if (ch->params.aid.len == 0)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(need(ch, SCP_SCHEDULE_MAC));
    SCP_TRY(retail(&ch->schedules.of.des.mac, zero, parts, ch->chaining));
    if (ch->keys.rmac_session.len == 0)
        return SCP_OK;
    SCP_TRY(need(ch, SCP_SCHEDULE_RMAC));
    return retail(&ch->schedules.of.des.rmac, zero, parts, ch->r_start);
}

/* ---- commands ----------------------------------------------------------------------------- */

/* The MAC is over the plain data, encryption comes after it and leaves it out (GPCS E.4.6). */
static enum scp_error protect(struct scp_channel *ch, const struct scp_apdu *command,
                              struct scp_writer *w)
{
    struct scp_frame frame;
    size_t lc = maced_lc(ch, command->data.len);
    SCP_TRY(scp_frame_lay(&frame, ch, command, lc, w));
    (void)scp_put_head(frame.head, maced_cla(ch, command->cla), command, lc);
    SCP_TRY(chained_mac(ch, scp_bytes_of(frame.head, frame.head_len),
                        scp_bytes_of(frame.body, command->data.len), frame.mac));
    if (scp_channel_encrypts(ch, command->data.len)) {
        SCP_TRY(need(ch, SCP_SCHEDULE_ENC));
        SCP_TRY(scp_des3_encrypt(&ch->schedules.of.des.enc, zero,
                                 scp_bytes_of(frame.body, frame.body_len), frame.body));
    }
    scp_frame_finish(&frame, ch, command->cla);
    memcpy(ch->chaining, frame.mac, MAC);
    ch->fresh = false;
    return SCP_OK;
}

/* Append the plain data of a command body. Wrong padding is a wrong MAC: to tell them apart would
 * tell a sender about the plain data. So the MAC is computed in either case, over all of it. */
static enum scp_error unseal(struct scp_channel *ch, struct scp_bytes body, struct scp_writer *data,
                             bool *padded)
{
    size_t before = data->len;
    size_t len = 0;
    *padded = true;
    if (!scp_channel_encrypts(ch, body.len)) {
        scp_put(data, body);
        return scp_writer_status(data);
    }
    if (body.len % SCP_DES_BLOCK != 0)
        return SCP_BAD_MAC;
    SCP_TRY(need(ch, SCP_SCHEDULE_DEC));
    uint8_t *plain = scp_put_space(data, body.len);
    if (plain == NULL)
        return scp_writer_status(data);
    SCP_TRY(scp_des3_decrypt(&ch->schedules.of.des.dec, zero, body, plain));
    *padded = scp_unpad(scp_bytes_of(plain, body.len), &len) == SCP_OK;
    data->len = before + (*padded ? len : body.len);
    return SCP_OK;
}

static enum scp_error verify(struct scp_channel *ch, const struct scp_apdu *wrapped,
                             struct scp_writer *data, uint8_t mac[MAC])
{
    size_t before = data->len;
    size_t body_len = wrapped->data.len - MAC;
    uint8_t head[SCP_HEAD_LONG];
    bool padded;
    SCP_TRY(unseal(ch, scp_bytes_slice(wrapped->data, 0, body_len), data, &padded));
    struct scp_bytes plain = scp_bytes_from(scp_written(data), before);
    size_t head_len =
        scp_put_head(head, maced_cla(ch, wrapped->cla), wrapped, maced_lc(ch, plain.len));
    SCP_TRY(chained_mac(ch, scp_bytes_of(head, head_len), plain, mac));
    bool same = scp_equal_constant_time(mac, scp_bytes_from(wrapped->data, body_len).ptr, MAC);
    return same && padded ? SCP_OK : SCP_BAD_MAC;
}

static enum scp_error open(struct scp_channel *ch, const struct scp_apdu *wrapped,
                           struct scp_writer *data)
{
    size_t before = data->len;
    uint8_t mac[MAC];
    if (!scp_cla_is_secured(wrapped->cla) || wrapped->data.len < MAC)
        return SCP_BAD_MAC;
    enum scp_error error = verify(ch, wrapped, data, mac);
    if (error != SCP_OK) {
        if (data->len > before)
            scp_wipe(&data->buf[before], data->len - before);
        data->len = before;
        return error;
    }
    memcpy(ch->chaining, mac, MAC);
    ch->fresh = false;
    return SCP_OK;
}

/* ---- responses (GPCS E.4.5) --------------------------------------------------------------- */

/* The command as its R-MAC covers it: Lc is always there, and has three bytes where the command was
 * cut into segments, as in the C-MAC. An R-MAC session covers the command that begins it; the one
 * that ends it is left out. */
static enum scp_error cover(struct scp_channel *ch, const struct scp_apdu *plain,
                            enum scp_command_kind kind)
{
    if (kind == SCP_KIND_END_R_MAC || (kind == SCP_KIND_ORDINARY && !scp_r_mac_runs(ch)))
        return SCP_OK;
    uint8_t head[SCP_HEAD_LONG];
    size_t len = scp_put_head(head, scp_cla_stripped(plain->cla), plain, plain->data.len);
    SCP_TRY(need(ch, SCP_SCHEDULE_RMAC));
    struct scp_retail_key *key = &ch->schedules.of.des.rmac;
    scp_retail_start(&ch->r_mac, kind == SCP_KIND_BEGIN_R_MAC ? ch->r_start : ch->r_chaining);
    SCP_TRY(scp_retail_add(key, &ch->r_mac, scp_bytes_of(head, len)));
    return scp_retail_add(key, &ch->r_mac, plain->data);
}

static enum scp_error response_mac(struct scp_channel *ch, struct scp_bytes data, uint16_t sw,
                                   uint8_t mac[MAC])
{
    const uint8_t length = (uint8_t)(data.len % 256);
    uint8_t status[2];
    scp_store_u16(status, sw);
    SCP_TRY(need(ch, SCP_SCHEDULE_RMAC));
    struct scp_retail_key *key = &ch->schedules.of.des.rmac;
    struct scp_retail run = ch->r_mac;
    SCP_TRY(scp_retail_add(key, &run, scp_bytes_of(&length, 1)));
    SCP_TRY(scp_retail_add(key, &run, data));
    SCP_TRY(scp_retail_add(key, &run, SCP_BYTES(status)));
    return scp_retail_end(key, &run, mac);
}

/* Whether an R-MAC over this response is computed, and whether it travels with it. */
static bool is_covered(const struct scp_channel *ch)
{
    return ch->pending == SCP_KIND_BEGIN_R_MAC ||
           (ch->pending == SCP_KIND_ORDINARY && scp_r_mac_runs(ch));
}

static bool is_carried(const struct scp_channel *ch)
{
    return ch->pending == SCP_KIND_ORDINARY && (ch->now.level & SCP_LEVEL_R_MAC) != 0;
}

static enum scp_error protect_response(struct scp_channel *ch, struct scp_bytes data, uint16_t sw,
                                       struct scp_writer *response)
{
    uint8_t mac[MAC];
    bool covered = is_covered(ch);
    struct scp_bytes sent = covered && !scp_sw_is_good(sw) ? SCP_EMPTY : data;
    if (covered)
        SCP_TRY(response_mac(ch, sent, sw, mac));
    scp_put(response, sent);
    if (is_carried(ch))
        scp_put(response, SCP_BYTES(mac));
    scp_put_u16(response, sw);
    SCP_TRY(scp_writer_status(response));
    if (covered)
        memcpy(ch->r_chaining, mac, MAC);
    return SCP_OK;
}

/* The answer of END R-MAC SESSION is the last R-MAC; an error has none. */
static enum scp_error open_end(const struct scp_channel *ch, const struct scp_response *response)
{
    if (response->sw != 0x9000)
        return response->data.len == 0 ? SCP_OK : SCP_BAD_MAC;
    if (response->data.len != MAC)
        return response->data.len < MAC ? SCP_TRUNCATED : SCP_BAD_MAC;
    return scp_equal_constant_time(ch->r_chaining, response->data.ptr, MAC) ? SCP_OK : SCP_BAD_MAC;
}

static enum scp_error open_response(struct scp_channel *ch, const struct scp_response *response,
                                    struct scp_writer *data)
{
    if (ch->pending == SCP_KIND_END_R_MAC)
        return open_end(ch, response);
    bool carried = is_carried(ch);
    bool covered = is_covered(ch);
    if (carried && response->data.len < MAC)
        return SCP_TRUNCATED;
    size_t len = response->data.len - (carried ? MAC : 0);
    struct scp_bytes plain = scp_bytes_slice(response->data, 0, len);
    uint8_t mac[MAC];
    if (covered && len > 0 && !scp_sw_is_good(response->sw))
        return SCP_BAD_MAC; /* data that nothing protects */
    if (covered)
        SCP_TRY(response_mac(ch, plain, response->sw, mac));
    if (carried && !scp_equal_constant_time(mac, scp_bytes_from(response->data, len).ptr, MAC))
        return SCP_BAD_MAC;
    scp_put(data, plain);
    SCP_TRY(scp_writer_status(data));
    if (covered)
        memcpy(ch->r_chaining, mac, MAC);
    return SCP_OK;
}

const struct scp_protocol_ops scp02_ops = {
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .option_explicit = SCP02_I_EXPLICIT,
    .option_predictable = SCP02_I_WELL_KNOWN_CHALLENGE,
    .option_r_mac = SCP02_I_R_MAC,
    .levels = {0x00, 0x01, 0x03, 0x10, 0x11, 0x13},
    .block = SCP_DES_BLOCK,
    .counter_max = COUNTER_MAX,
    .mac_over_plain = true,
    .derive = scp02_keys_derive,
    .predict = scp02_keys_predict,
    .dek_encrypt = scp02_keys_dek_encrypt,
    .dek_decrypt = scp02_keys_dek_decrypt,
    .cryptogram = cryptogram,
    .mac_authenticate = mac_authenticate,
    .start = start,
    .start_implicit = start_implicit,
    .protect = protect,
    .open = open,
    .cover = cover,
    .protect_response = protect_response,
    .open_response = open_response,
};
