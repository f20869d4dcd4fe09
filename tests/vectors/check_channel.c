/* Whole sessions: the host's end makes every byte of a trace, the card's end answers it. */
#include "scp/channel/card_channel.h"
#include "scp/channel/protocol.h" /* to start a session from given session keys */
#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "tests/vectors/families.h"

#include <string.h>

/* ---- the parameters of a record ----------------------------------------------------------- */

struct trace {
    struct scp_key_set set;
    struct scp_keys keys; /* over `set` */
    struct scp_channel_params params;
    struct scp_session_context session;
    struct scp_bytes host_challenge;
    struct scp_bytes answer; /* of INITIALIZE UPDATE; empty when the record has none */
    struct scp_bytes aid;    /* empty when unknown */
    struct scp_channel host;
    struct scp_card_channel card;
    bool has_card;
};

static void take_bytes(uint8_t *to, size_t cap, struct scp_bytes from)
{
    memcpy(to, from.ptr, from.len < cap ? from.len : cap);
}

/* A synthetic record names no option: the one with a random challenge that allows its level. */
static uint8_t option_of(struct vector *v, enum scp_protocol protocol, uint8_t level)
{
    if (vector_has(v->inputs, "i"))
        return (uint8_t)vector_u32(v, v->inputs, "i", 0);
    if (protocol == SCP_PROTOCOL_02)
        return (level & SCP_LEVEL_R_MAC) != 0 ? 0x35 : 0x15;
    return (level & SCP_LEVEL_R_ENC) != 0 ? 0x60 : (level & SCP_LEVEL_R_MAC) != 0 ? 0x20 : 0x00;
}

/* A command without data that travels with a block of encryption: the mark of a card that pads and
 * encrypts empty data, where the record does not say so itself. */
static bool encrypts_empty(struct vector *v, size_t mac_len)
{
    enum { HEADER = 5, BLOCK = 16 };
    size_t i;
    json_t *command;
    json_array_foreach(json_object_get(v->expected, "commands"), i, command)
    {
        if (!vector_has(command, "plain") || !vector_has(command, "wrapped"))
            continue;
        size_t plain = vector_hex(v, command, "plain").len;
        struct scp_bytes wrapped = vector_hex(v, command, "wrapped");
        if (plain <= HEADER && wrapped.len > HEADER && wrapped.ptr[HEADER - 1] == BLOCK + mac_len)
            return true;
    }
    return false;
}

static uint8_t quirks_of(struct vector *v, const struct scp_channel_params *params)
{
    bool s16 = params->protocol == SCP_PROTOCOL_03 && (params->i & 0x01) != 0;
    if (vector_has(v->inputs, "quirk"))
        return strcmp(vector_text(v, v->inputs, "quirk"), "encrypt-empty") == 0
                   ? SCP_QUIRK_ENCRYPT_EMPTY
                   : 0;
    bool looked_at = params->protocol == SCP_PROTOCOL_03 && (params->level & SCP_LEVEL_C_ENC) != 0;
    return looked_at && encrypts_empty(v, s16 ? 16 : 8) ? SCP_QUIRK_ENCRYPT_EMPTY : 0;
}

/* The fields of the session: from the card's answer where there is one, else from the record. */
static void session_of(struct vector *v, struct trace *t)
{
    struct scp_session_context *session = &t->session;
    struct scp_init_update answer;
    session->protocol = t->params.protocol;
    session->i = t->params.i;
    take_bytes(session->host_challenge, 16, t->host_challenge);
    if (vector_has(v->inputs, "initialize_update_response_data")) {
        t->answer = vector_hex(v, v->inputs, "initialize_update_response_data");
        if (!vector_ok(v, "answer", scp_init_update_parse(t->answer, &answer)))
            return;
        session->kvn = answer.kvn;
        session->counter = answer.counter;
        take_bytes(session->diversification_data, 10, SCP_BYTES(answer.diversification_data));
        take_bytes(session->card_challenge, 16, SCP_BYTES(answer.challenge));
    } else {
        session->counter = vector_u32(v, v->inputs, "sequence_counter", 0);
        take_bytes(session->card_challenge, 16, vector_hex(v, v->inputs, "card_challenge"));
    }
}

static void trace_init(struct vector *v, struct trace *t, enum scp_protocol protocol)
{
    memset(t, 0, sizeof *t);
    if (vector_has(v->inputs, "static_key")) {
        struct scp_key key = vector_key(v, v->inputs, "static_key");
        t->set = (struct scp_key_set){key, key, key};
    } else {
        t->set = vector_key_set(v, json_object_get(v->inputs, "static_keys"));
    }
    t->keys = scp_keys_of_set(&t->set);
    t->params.protocol = protocol;
    t->params.level = (uint8_t)vector_u32(v, v->inputs, "security_level", 0);
    t->params.i = option_of(v, protocol, t->params.level);
    t->params.quirks = quirks_of(v, &t->params);
    t->host_challenge = vector_hex(v, v->inputs, "host_challenge");
    if (vector_has(v->inputs, "invoking_aid"))
        t->aid = vector_hex(v, v->inputs, "invoking_aid");
    session_of(v, t);
}

/* What the record states twice must agree, else it checks less than it seems to. */
static void check_inputs(struct vector *v, const struct trace *t)
{
    size_t len = scp_card_challenge_len(t->params.protocol, t->params.i);
    struct scp_bytes challenge = scp_bytes_of(t->session.card_challenge, len);
    if (vector_has(v->inputs, "card_challenge"))
        vector_expect_bytes(v, v->inputs, "card_challenge", challenge);
    if (vector_u32(v, v->inputs, "sequence_counter", t->session.counter) != t->session.counter)
        vector_fail(v, "sequence_counter", "the answer's", "another");
}

/* ---- keys and cryptograms ----------------------------------------------------------------- */

static void expect_keys(struct vector *v, const struct trace *t, json_t *of)
{
    struct scp_session_keys keys = {.enc = {.len = 0}};
    if (of == NULL || !vector_ok(v, "derive", t->keys.derive(t->keys.ctx, &t->session, &keys)))
        return;
    vector_expect_bytes(v, of, "enc", scp_key_bytes(&keys.enc));
    vector_expect_bytes(v, of, "mac", scp_key_bytes(&keys.mac));
    vector_expect_bytes(v, of, "cmac", scp_key_bytes(&keys.mac));
    vector_expect_bytes(v, of, "rmac", scp_key_bytes(&keys.rmac));
    struct scp_key dek;
    if (vector_has(of, "dek") &&
        vector_ok(v, "dek",
                  scp02_derive(&t->set.dek, SCP02_DEK, (uint16_t)t->session.counter, &dek)))
        vector_expect_bytes(v, of, "dek", scp_key_bytes(&dek));
}

static void expect_cryptograms(struct vector *v, const struct scp_session_keys *keys,
                               const struct scp_session_context *session)
{
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(session->protocol);
    size_t len = scp_authenticator_len(session->protocol, session->i);
    struct scp_channel ch = {.session = *session, .keys = *keys};
    uint8_t out[SCP_AUTHENTICATOR_MAX];
    if (vector_ok(v, "card", ops->cryptogram(&ch, SCP_SIDE_CARD, out)))
        vector_expect_bytes(v, v->expected, "card_cryptogram", scp_bytes_of(out, len));
    if (vector_ok(v, "host", ops->cryptogram(&ch, SCP_SIDE_HOST, out)))
        vector_expect_bytes(v, v->expected, "host_cryptogram", scp_bytes_of(out, len));
}

static void keys_and_cryptograms(struct vector *v, enum scp_protocol protocol)
{
    struct trace t;
    struct scp_session_keys keys;
    trace_init(v, &t, protocol);
    expect_keys(v, &t, v->expected);
    expect_keys(v, &t, json_object_get(v->expected, "session_keys"));
    if (vector_ok(v, "derive", t.keys.derive(t.keys.ctx, &t.session, &keys)))
        expect_cryptograms(v, &keys, &t.session);
}

static void scp02_keys_and_cryptograms(struct vector *v)
{
    keys_and_cryptograms(v, SCP_PROTOCOL_02);
}

static void scp03_keys_and_cryptograms(struct vector *v)
{
    keys_and_cryptograms(v, SCP_PROTOCOL_03);
}

/* A cryptogram alone, from static keys and an answer or from S-ENC. */
static void scp02_cryptogram(struct vector *v)
{
    if (vector_has(v->inputs, "static_keys")) {
        keys_and_cryptograms(v, SCP_PROTOCOL_02);
        return;
    }
    struct scp_session_keys keys = {.enc = vector_key(v, v->inputs, "session_enc")};
    struct scp_session_context session = {.protocol = SCP_PROTOCOL_02, .i = 0x15};
    struct scp_bytes both = vector_hex(v, v->inputs, "sequence_counter_and_card_challenge");
    take_bytes(session.host_challenge, 16, vector_hex(v, v->inputs, "host_challenge"));
    session.counter = scp_load_u16(both.ptr);
    take_bytes(session.card_challenge, 16, scp_bytes_from(both, 2));
    expect_cryptograms(v, &keys, &session);
}

static void scp03_card_challenge(struct vector *v)
{
    struct scp_key_set set = {.enc = vector_key(v, v->inputs, "key_enc")};
    struct scp_keys keys = scp_keys_of_set(&set);
    bool s16 = strcmp(vector_text(v, v->inputs, "mode"), "S16") == 0;
    struct scp_session_context session = {
        .protocol = SCP_PROTOCOL_03,
        .i = s16 ? 0x11 : 0x10,
        .counter = vector_u32(v, v->inputs, "sequence_counter", 0),
    };
    uint8_t out[16];
    if (vector_ok(v, "predict",
                  keys.predict(keys.ctx, &session, vector_hex(v, v->inputs, "aid"), out)))
        vector_expect_bytes(v, v->expected, "card_challenge", scp_bytes_of(out, s16 ? 16 : 8));
}

/* ---- opening ------------------------------------------------------------------------------ */

/* INITIALIZE UPDATE as the source sent it. Some cards answer with another key version than the one
 * named, which a host must refuse: there the session goes on as if none had been named. */
static bool begin(struct vector *v, struct trace *t)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    if (vector_has(v->inputs, "initialize_update_command") &&
        vector_ok(v, "command",
                  scp_apdu_parse(vector_hex(v, v->inputs, "initialize_update_command"), &command)))
        t->params.kvn = command.p1;
    if (!vector_ok(v, "begin", scp_channel_begin(&t->host, &t->params, t->host_challenge, &w)))
        return false;
    vector_expect_command(v, v->inputs, "initialize_update_command", scp_written(&w));
    if (t->params.kvn == t->session.kvn)
        return true;
    if (t->params.kvn != 0 && t->answer.len > 0 &&
        scp_channel_open(&t->host, &t->keys, t->answer) != SCP_MISMATCH)
        vector_fail(v, "another key version", "MISMATCH", "another result");
    t->params.kvn = 0;
    w = scp_writer_on(buffer, sizeof buffer);
    return vector_ok(v, "begin", scp_channel_begin(&t->host, &t->params, t->host_challenge, &w));
}

/* The card's answer, for a record that has none. */
static void make_answer(struct vector *v, struct trace *t, struct scp_bytes cryptogram)
{
    struct scp_writer answer = scp_writer_on(v->arena + v->used, sizeof v->arena - v->used);
    scp_put_session_answer(&answer, &t->session, cryptogram.ptr);
    t->answer = scp_written(&answer);
    v->used += t->answer.len;
}

/* Prediction, where the record says for which application. */
static void check_prediction(struct vector *v, struct trace *t)
{
    uint8_t challenge[16];
    uint8_t buffer[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    size_t len = scp_card_challenge_len(t->params.protocol, t->params.i);
    if (t->aid.len == 0)
        return;
    if (vector_ok(v, "predict", t->keys.predict(t->keys.ctx, &t->session, t->aid, challenge)))
        vector_expect_bytes(v, v->expected, "pseudo_random_card_challenge",
                            scp_bytes_of(challenge, len));
    if (vector_ok(v, "predicted", scp_channel_predict(&t->keys, &t->session, t->aid, &w)))
        vector_expect_bytes(v, v->inputs, "initialize_update_response_data", scp_written(&w));
}

/* The card's end in the same session. A challenge that nothing predicts is given as random. */
static void begin_card(struct vector *v, struct trace *t)
{
    uint8_t random_bit = t->params.protocol == SCP_PROTOCOL_02 ? 0x40 : 0x10;
    struct scp_card_channel_setup setup = {
        .protocol = t->params.protocol,
        .i = t->aid.len > 0 ? t->params.i : t->params.i & (uint8_t)~random_bit,
        .kvn = t->session.kvn,
        .counter = t->session.counter,
        .aid = t->aid,
        .quirks = t->params.quirks,
    };
    take_bytes(setup.diversification_data, 10, SCP_BYTES(t->session.diversification_data));
    take_bytes(setup.random_challenge, 16, SCP_BYTES(t->session.card_challenge));
    uint8_t buffer[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    t->has_card = vector_ok(
        v, "card", scp_card_channel_initialize(&t->card, &setup, &t->set, t->host_challenge, &w));
    if (setup.i == t->params.i && !scp_bytes_equal(scp_written(&w), t->answer))
        vector_fail_bytes(v, "card's answer", t->answer, scp_written(&w));
}

static bool open_trace(struct vector *v, struct trace *t)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (t->answer.len == 0)
        make_answer(v, t, vector_hex(v, v->expected, "card_cryptogram"));
    if (!begin(v, t))
        return false;
    check_prediction(v, t);
    expect_keys(v, t, json_object_get(v->expected, "session_keys"));
    if (!vector_ok(v, "open", scp_channel_open(&t->host, &t->keys, t->answer)) ||
        !vector_ok(v, "authenticate", scp_channel_authenticate(&t->host, &w)))
        return false;
    expect_cryptograms(v, &t->host.keys, &t->session);
    vector_expect_command(v, v->expected, "external_authenticate", scp_written(&w));
    begin_card(v, t);
    return t->has_card && vector_ok(v, "card authenticates",
                                    scp_card_channel_authenticate(&t->card, scp_written(&w)));
}

/* ---- commands and responses --------------------------------------------------------------- */

/* Wrap `plain` as the source did; what it sent goes to the card, which must read it back. */
static bool exchange_command(struct vector *v, struct trace *t, json_t *of)
{
    struct scp_bytes bytes = vector_hex(v, of, "plain");
    struct scp_bytes sent = vector_hex(v, of, "wrapped");
    struct scp_apdu plain;
    struct scp_apdu received;
    uint8_t buffer[SCP_APDU_MAX];
    uint8_t data[SCP_APDU_DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (!vector_ok(v, "plain", scp_apdu_parse(bytes, &plain)) ||
        !vector_ok(v, "wrap", scp_channel_wrap(&t->host, &plain, &w)))
        return false;
    vector_expect_bytes(v, of, "wrapped", scp_written(&w));
    vector_taken(of, "plain");
    if (!t->has_card)
        return true;
    if (!vector_ok(v, "receive", scp_card_channel_receive(&t->card, sent, &received, data)))
        return false;
    w = scp_writer_on(buffer, sizeof buffer);
    scp_put_apdu(&w, &received);
    if (!scp_bytes_equal(scp_written(&w), bytes))
        vector_fail_bytes(v, "received", bytes, scp_written(&w));
    return true;
}

/* Some sources give the plain response with its status word, some without. */
static void expect_plain(struct vector *v, json_t *of, struct scp_bytes with_status)
{
    if (!vector_has(of, "response_plain"))
        return;
    struct scp_bytes without = scp_bytes_slice(with_status, 0, with_status.len - 2);
    bool bare = scp_bytes_equal(vector_hex(v, of, "response_plain"), without);
    vector_expect_bytes(v, of, "response_plain", bare ? without : with_status);
}

/* Unwrap what the card sent, and let our card make the same of the plain response. */
static void exchange_response(struct vector *v, struct trace *t, json_t *of)
{
    const char *name = vector_has(of, "response") ? "response" : "response_wrapped";
    if (!vector_has(of, name))
        return;
    struct scp_bytes sent = vector_hex(v, of, name);
    uint8_t buffer[SCP_RESPONSE_MAX];
    uint8_t again[SCP_RESPONSE_MAX + 32];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_writer aw = scp_writer_on(again, sizeof again);
    uint16_t sw = 0;
    if (!vector_ok(v, "unwrap", scp_channel_unwrap(&t->host, sent, &w, &sw)))
        return;
    struct scp_bytes data = scp_written(&w);
    scp_put_u16(&w, sw);
    expect_plain(v, of, scp_written(&w));
    if (!vector_ok(v, "respond", scp_card_channel_respond(&t->card, data, sw, &aw)))
        return;
    /* One source pads by a whole block too many: its MAC and data were checked above, but no card
     * of ours sends that. */
    if ((t->params.level & SCP_LEVEL_R_ENC) != 0 && sent.len == aw.len + SCP_AES_BLOCK)
        vector_taken(of, name);
    else
        vector_expect_bytes(v, of, name, scp_written(&aw));
}

static void session(struct vector *v, enum scp_protocol protocol)
{
    struct trace t;
    trace_init(v, &t, protocol);
    check_inputs(v, &t);
    if (!open_trace(v, &t))
        return;
    size_t i;
    json_t *command;
    json_array_foreach(json_object_get(v->expected, "commands"), i, command)
    {
        if (!exchange_command(v, &t, command))
            return;
        exchange_response(v, &t, command);
    }
}

static void scp02_session(struct vector *v)
{
    session(v, SCP_PROTOCOL_02);
}

static void scp03_session(struct vector *v)
{
    session(v, SCP_PROTOCOL_03);
}

/* The record has no cryptogram: the card's own opens the session. */
static bool open_unrecorded(struct vector *v, struct trace *t)
{
    struct scp_channel ch = {.session = t->session};
    uint8_t cryptogram[SCP_AUTHENTICATOR_MAX];
    if (!vector_ok(v, "derive", t->keys.derive(t->keys.ctx, &t->session, &ch.keys)) ||
        !vector_ok(v, "cryptogram", scp02_ops.cryptogram(&ch, SCP_SIDE_CARD, cryptogram)))
        return false;
    vector_expect_bytes(v, v->expected, "session_rmac", scp_key_bytes(&ch.keys.rmac));
    make_answer(v, t, SCP_BYTES(cryptogram));
    return open_trace(v, t);
}

/* One command and its response under R-MAC. */
static void scp02_r_mac(struct vector *v)
{
    struct trace t;
    struct scp_apdu plain;
    uint8_t buffer[SCP_APDU_MAX];
    uint8_t data[SCP_APDU_DATA_MAX];
    trace_init(v, &t, SCP_PROTOCOL_02);
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (!open_unrecorded(v, &t) ||
        !vector_ok(v, "plain", scp_apdu_parse(vector_hex(v, v->inputs, "command_plain"), &plain)) ||
        !vector_ok(v, "wrap", scp_channel_wrap(&t.host, &plain, &w)) ||
        !vector_ok(v, "receive", scp_card_channel_receive(&t.card, scp_written(&w), &plain, data)))
        return;
    struct scp_bytes response = vector_hex(v, v->inputs, "response_data");
    uint16_t sw = (uint16_t)vector_u32(v, v->inputs, "response_sw", 0);
    w = scp_writer_on(buffer, sizeof buffer);
    if (!vector_ok(v, "respond", scp_card_channel_respond(&t.card, response, sw, &w)))
        return;
    struct scp_bytes sent = scp_written(&w);
    vector_expect_bytes(v, v->expected, "rmac", scp_bytes_slice(sent, response.len, 8));
    vector_expect_bytes(v, v->expected, "response_wrapped", sent);
    w = scp_writer_on(data, sizeof data);
    if (vector_ok(v, "unwrap", scp_channel_unwrap(&t.host, sent, &w, &sw)) &&
        !scp_bytes_equal(scp_written(&w), response))
        vector_fail_bytes(v, "unwrapped", response, scp_written(&w));
}

/* ---- chains from given session keys ------------------------------------------------------- */

/* A host's channel in the state after EXTERNAL AUTHENTICATE, but with nothing in its chain. */
static void channel_of_keys(struct vector *v, struct scp_channel *ch, enum scp_protocol protocol)
{
    memset(ch, 0, sizeof *ch);
    ch->state = SCP_CHANNEL_READY;
    ch->params.protocol = ch->session.protocol = protocol;
    ch->params.level = (uint8_t)vector_u32(v, v->inputs, "security_level", SCP_LEVEL_C_MAC);
    ch->params.i = option_of(v, protocol, ch->params.level);
    ch->now.level = ch->params.level;
    const char *mac = protocol == SCP_PROTOCOL_02 ? "session_cmac" : "session_mac";
    ch->keys.mac = vector_key(v, v->inputs, mac);
    if (vector_has(v->inputs, "session_enc"))
        ch->keys.enc = vector_key(v, v->inputs, "session_enc");
}

static void expect_wrapped(struct vector *v, struct scp_channel *ch, struct scp_bytes plain,
                           json_t *of)
{
    struct scp_apdu command;
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (vector_ok(v, "plain", scp_apdu_parse(plain, &command)) &&
        vector_ok(v, "wrap", scp_channel_wrap(ch, &command, &w)))
        vector_expect_bytes(v, of, "wrapped", scp_written(&w));
}

static void chain(struct vector *v, struct scp_channel *ch)
{
    size_t i;
    json_t *command;
    json_array_foreach(json_object_get(v->expected, "commands"), i, command)
    {
        expect_wrapped(v, ch, vector_hex(v, command, "plain"), command);
        vector_taken(command, "plain");
    }
}

/* EXTERNAL AUTHENTICATE and one more, with the encrypted ICV between them. */
static void scp02_icv_chain(struct vector *v, struct scp_channel *ch)
{
    json_t *wrapped = json_object_get(v->expected, "wrapped");
    json_t *one = json_object();
    size_t i;
    json_t *plain;
    json_array_foreach(json_object_get(v->inputs, "commands"), i, plain)
    {
        json_object_set(one, "wrapped", json_array_get(wrapped, i));
        expect_wrapped(v, ch, vector_hex_of(v, plain), one);
        uint8_t icv[8];
        if (i == 0 &&
            vector_ok(v, "icv", scp_des_encrypt_block(ch->keys.mac.bytes, ch->chaining, icv)))
            vector_expect_bytes(v, v->expected, "encrypted_icv_for_second", SCP_BYTES(icv));
    }
    if (json_array_size(wrapped) != i)
        vector_fail(v, "wrapped", "as many as commands", "another number");
    json_decref(one);
    vector_taken(v->expected, "wrapped");
}

static void scp02_chain(struct vector *v)
{
    struct scp_channel ch;
    channel_of_keys(v, &ch, SCP_PROTOCOL_02);
    /* The sources start with an ICV of zeros that is not encrypted: what encrypts to zeros. */
    const uint8_t zeros[8] = {0};
    if (!vector_ok(v, "icv", scp_des_decrypt_block(ch.keys.mac.bytes, zeros, ch.chaining)))
        return;
    if (vector_has(v->inputs, "commands"))
        scp02_icv_chain(v, &ch);
    else
        chain(v, &ch);
}

static void scp03_chain(struct vector *v)
{
    struct scp_channel ch;
    channel_of_keys(v, &ch, SCP_PROTOCOL_03);
    chain(v, &ch);
}

static void scp03_c_mac(struct vector *v)
{
    struct scp_channel ch;
    channel_of_keys(v, &ch, SCP_PROTOCOL_03);
    take_bytes(ch.chaining, 16, vector_hex(v, v->inputs, "mac_chaining_value"));
    expect_wrapped(v, &ch, vector_hex(v, v->inputs, "command_plain"), v->expected);
    vector_expect_bytes(v, v->expected, "mac", SCP_BYTES(ch.chaining));
}

static const struct vector_kind kinds[] = {
    {"SCP02", "session-transcript", scp02_session},
    {"SCP03", "session-transcript", scp03_session},
    {"SCP02", "c-enc-chain", scp02_session},
    {"SCP02", "session-keys-and-cryptograms", scp02_keys_and_cryptograms},
    {"SCP03", "session-keys-and-cryptograms", scp03_keys_and_cryptograms},
    {"SCP02", "card-cryptogram", scp02_cryptogram},
    {"SCP02", "host-cryptogram", scp02_cryptogram},
    {"SCP03", "pseudo-random-card-challenge", scp03_card_challenge},
    {"SCP02", "r-mac", scp02_r_mac},
    {"SCP02", "c-mac-chain", scp02_chain},
    {"SCP03", "c-mac-chain", scp03_chain},
    {"SCP03", "c-enc-chain", scp03_chain},
    {"SCP03", "c-mac", scp03_c_mac},
};

const struct vector_family vector_channel = VECTOR_FAMILY(kinds);
