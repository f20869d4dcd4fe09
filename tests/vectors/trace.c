/* Opening a session of a record. */
#include "tests/vectors/trace.h"

#include "scp/crypto/kdf.h"

#include <string.h>

/* ---- fields ------------------------------------------------------------------------------- */

const char *trace_name(const json_t *of, const char *const names[])
{
    for (size_t n = 0; names[n] != NULL; n++)
        if (vector_has(of, names[n]))
            return names[n];
    return names[0];
}

uint32_t trace_number(struct vector *v, const json_t *of, const char *name, uint32_t otherwise)
{
    const json_t *value = json_object_get(of, name);
    return json_is_integer(value) ? (uint32_t)json_integer_value(value)
                                  : vector_u32(v, of, name, otherwise);
}

static struct scp_key optional_key(struct vector *v, const json_t *of, const char *name)
{
    return vector_has(of, name) ? vector_key(v, of, name) : (struct scp_key){.len = 0};
}

struct scp_key trace_session_key(struct vector *v, const char *which)
{
    static const struct {
        const char *which;
        const char *alone[7];  /* in the inputs */
        const char *inside[3]; /* in session_keys */
    } names[] = {
        {"enc", {"session_enc", "s_enc", "session_key_enc", "key", NULL}, {"enc", "s_enc", NULL}},
        {"mac",
         {"session_mac", "session_cmac", "s_mac", "session_c_mac", "session_key_mac", "key", NULL},
         {"mac", "cmac", NULL}},
        {"rmac",
         {"session_rmac", "s_rmac", "session_r_mac", "session_key_rmac", "key", NULL},
         {"rmac", "r_mac", NULL}},
    };
    const json_t *keys = json_object_get(v->inputs, "session_keys");
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        if (strcmp(names[n].which, which) != 0)
            continue;
        if (keys != NULL)
            return optional_key(v, keys, trace_name(keys, names[n].inside));
        return optional_key(v, v->inputs, trace_name(v->inputs, names[n].alone));
    }
    return (struct scp_key){.len = 0};
}

static void take_bytes(uint8_t *to, size_t cap, struct scp_bytes from)
{
    if (from.len > 0)
        memcpy(to, from.ptr, from.len < cap ? from.len : cap);
}

static struct scp_bytes optional_hex(struct vector *v, const char *const names[])
{
    const char *name = trace_name(v->inputs, names);
    return vector_has(v->inputs, name) ? vector_hex(v, v->inputs, name) : SCP_EMPTY;
}

/* ---- the parameters of a record ----------------------------------------------------------- */

static const json_t *commands_of(const struct vector *v)
{
    return json_object_get(v->expected, "commands");
}

/* The beginning of a command's hex text, which may be the first of a list. */
static const char *text_of(const json_t *command, const char *name)
{
    const json_t *value = json_object_get(command, name);
    if (json_is_array(value))
        value = json_array_get(value, 0);
    const char *text = json_string_value(value);
    return text == NULL ? "" : text;
}

static bool begins_r_mac(const struct vector *v)
{
    size_t n;
    json_t *command;
    json_array_foreach(commands_of(v), n, command)
    {
        if (strncmp(text_of(command, "plain"), "807A", 4) == 0)
            return true;
    }
    return false;
}

/* Its own field, or what INITIALIZE UPDATE carried. */
static struct scp_bytes host_challenge_of(struct vector *v)
{
    struct scp_apdu command;
    struct scp_bytes sent = optional_hex(v, TRACE_NAMES("initialize_update_command"));
    if (vector_has(v->inputs, "host_challenge") || scp_apdu_parse(sent, &command) != SCP_OK)
        return optional_hex(v, TRACE_NAMES("host_challenge"));
    return command.data;
}

/* Its own field, or what EXTERNAL AUTHENTICATE carries. */
static uint8_t level_of(struct vector *v)
{
    struct scp_apdu command;
    if (vector_has(v->inputs, "security_level") ||
        !vector_has(v->expected, "external_authenticate") ||
        scp_apdu_parse(vector_hex(v, v->expected, "external_authenticate"), &command) != SCP_OK)
        return (uint8_t)trace_number(v, v->inputs, "security_level", 0);
    return command.p1;
}

static bool is_s16(const struct vector *v)
{
    const char *mode = json_string_value(json_object_get(v->inputs, "mode"));
    return mode != NULL && strcmp(mode, "S16") == 0;
}

static struct scp_bytes answer_of(struct vector *v)
{
    return optional_hex(
        v, TRACE_NAMES("initialize_update_response_data", "initialize_update_response"));
}

/* A record that names no option gets what the card's answer says, else the one that allows what it
 * does; one of SCP02 without a host challenge is implicit. */
static uint8_t option_of(struct vector *v, enum scp_protocol protocol, uint8_t level)
{
    struct scp_init_update answer;
    if (vector_has(v->inputs, "i"))
        return (uint8_t)trace_number(v, v->inputs, "i", 0);
    if (protocol == SCP_PROTOCOL_03 && scp_init_update_parse(answer_of(v), &answer) == SCP_OK)
        return answer.i;
    bool predicted = vector_has(v->expected, "pseudo_random_card_challenge");
    bool r_mac = (level & SCP_LEVEL_R_MAC) != 0 || begins_r_mac(v);
    if (protocol == SCP_PROTOCOL_02) {
        bool implicit = trace_has_static_keys(v) && host_challenge_of(v).len == 0;
        return (uint8_t)((implicit ? 0x1A : 0x15) | (r_mac ? 0x20 : 0) | (predicted ? 0x40 : 0));
    }
    uint8_t responses = (level & SCP_LEVEL_R_ENC) != 0 || begins_r_mac(v) ? 0x60 : r_mac ? 0x20 : 0;
    return (uint8_t)(responses | (predicted ? 0x10 : 0) | (is_s16(v) ? 0x01 : 0));
}

/* Some cards encrypt empty command data: the record says so, or its commands show it. */
static bool encrypts_empty(const struct vector *v, const struct scp_channel_params *params)
{
    size_t mac = scp_authenticator_len(params->protocol, params->i);
    size_t n;
    json_t *command;
    if (params->protocol != SCP_PROTOCOL_03 || (params->level & SCP_LEVEL_C_ENC) == 0)
        return false;
    json_array_foreach(commands_of(v), n, command)
    {
        size_t padded = 2 * (5 + 16 + mac);
        size_t len = strlen(text_of(command, "wrapped"));
        if (strlen(text_of(command, "plain")) <= 10 && (len == padded || len == padded + 2))
            return true;
    }
    return false;
}

static uint8_t quirks_of(struct vector *v, const struct scp_channel_params *params)
{
    static const struct {
        const char *name;
        uint8_t quirk;
    } names[] = {
        {"encrypt-empty", SCP_QUIRK_ENCRYPT_EMPTY},
        {"empty-uncounted", SCP_QUIRK_EMPTY_UNCOUNTED},
        {"encrypt-empty-response", SCP_QUIRK_ENCRYPT_EMPTY_RESPONSE},
    };
    if (!vector_has(v->inputs, "quirk"))
        return encrypts_empty(v, params) ? SCP_QUIRK_ENCRYPT_EMPTY : 0;
    const char *quirk = vector_text(v, v->inputs, "quirk");
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        if (strcmp(names[n].name, quirk) == 0)
            return names[n].quirk;
    vector_fail(v, "quirk", "a known one", quirk);
    return 0;
}

bool trace_has_static_keys(const struct vector *v)
{
    return vector_has(v->inputs, "static_keys") || vector_has(v->inputs, "static_key") ||
           vector_has(v->inputs, "base_key");
}

static void take_static_keys(struct vector *v, struct trace *t)
{
    const char *single = trace_name(v->inputs, TRACE_NAMES("static_key", "base_key"));
    t->keys = scp_keys_of_set(&t->set);
    if (vector_has(v->inputs, single)) {
        struct scp_key key = vector_key(v, v->inputs, single);
        t->set = (struct scp_key_set){key, key, key};
    } else if (vector_has(v->inputs, "static_keys")) {
        const json_t *keys = json_object_get(v->inputs, "static_keys");
        t->set = vector_key_set(v, keys);
        if (vector_has(keys, "base"))
            t->set.enc = vector_key(v, keys, "base");
    }
}

static const char *const counter_names[] = {"sequence_counter", "counter", NULL};

/* The fields of the session: from the card's answer where there is one, else from the record. */
static void take_session(struct vector *v, struct trace *t)
{
    struct scp_session_context *session = &t->session;
    const char *counter = trace_name(v->inputs, counter_names);
    struct scp_init_update answer;
    session->protocol = t->params.protocol;
    session->i = t->params.i;
    take_bytes(session->host_challenge, 16, t->host_challenge);
    t->answer = answer_of(v);
    if (t->answer.len == 0) {
        session->counter = trace_number(v, v->inputs, counter, 0);
        take_bytes(session->card_challenge, 16, optional_hex(v, TRACE_NAMES("card_challenge")));
        return;
    }
    if (!vector_ok(v, "answer", scp_init_update_parse(t->answer, &answer)))
        return;
    session->kvn = answer.kvn;
    session->counter = answer.counter;
    take_bytes(session->diversification_data, 10, SCP_BYTES(answer.diversification_data));
    take_bytes(session->card_challenge, 16, SCP_BYTES(answer.challenge));
    if (trace_number(v, v->inputs, counter, session->counter) != session->counter)
        vector_fail(v, counter, "the answer's", "another");
}

/* What the record states twice must agree, else it checks less than it seems to. */
static void check_challenge(struct vector *v, const struct trace *t)
{
    size_t len = scp_card_challenge_len(t->params.protocol, t->params.i);
    if (t->answer.len > 0)
        vector_expect_bytes(v, v->inputs, "card_challenge",
                            scp_bytes_of(t->session.card_challenge, len));
}

void trace_init(struct vector *v, struct trace *t, enum scp_protocol protocol)
{
    struct scp_bytes aid;
    memset(t, 0, sizeof *t);
    take_static_keys(v, t);
    t->params.protocol = protocol;
    t->params.level = level_of(v);
    t->params.i = option_of(v, protocol, t->params.level);
    if (scp_option_implicit(protocol, t->params.i))
        t->params.level = SCP_LEVEL_C_MAC;
    t->params.quirks = quirks_of(v, &t->params);
    t->host_challenge = host_challenge_of(v);
    aid = optional_hex(v, TRACE_NAMES("invoking_aid", "aid", "application_aid", "selected_aid"));
    if (aid.len > 0)
        (void)vector_ok(v, "aid", scp_aid_from(&t->params.aid, aid));
    take_session(v, t);
    check_challenge(v, t);
}

/* ---- keys and cryptograms ----------------------------------------------------------------- */

static void expect_dek(struct vector *v, const struct trace *t, json_t *of, const char *name)
{
    if (!vector_has(of, name))
        return;
    struct scp_key dek = t->set.dek;
    bool implicit = scp_option_implicit(t->params.protocol, t->params.i);
    bool one_key = t->params.protocol == SCP_PROTOCOL_02 && (t->params.i & 0x01) == 0;
    uint16_t counter = (uint16_t)(t->session.counter + (implicit ? 1 : 0));
    if (t->params.protocol == SCP_PROTOCOL_03 ||
        vector_ok(v, "dek",
                  scp02_derive(one_key ? &t->set.enc : &t->set.dek, SCP02_DEK, counter, &dek)))
        vector_expect_bytes(v, of, name, scp_key_bytes(&dek));
}

void trace_expect_keys(struct vector *v, const struct trace *t, json_t *of,
                       enum trace_naming naming)
{
    bool apart = naming == TRACE_SHORT_NAMES;
    struct scp_session_keys keys = {.enc = {.len = 0}};
    if (of == NULL || !vector_ok(v, "derive", t->keys.derive(t->keys.ctx, &t->session, &keys)))
        return;
    /* BEGIN R-MAC SESSION derives its key later, with the next counter. */
    bool later = t->params.protocol == SCP_PROTOCOL_02 && begins_r_mac(v);
    struct scp_bytes rmac = scp_key_bytes(later ? &keys.rmac_session : &keys.rmac);
    vector_expect_bytes(v, of, apart ? "enc" : "session_enc", scp_key_bytes(&keys.enc));
    vector_expect_bytes(v, of, apart ? "mac" : "session_mac", scp_key_bytes(&keys.mac));
    vector_expect_bytes(v, of, apart ? "cmac" : "session_cmac", scp_key_bytes(&keys.mac));
    vector_expect_bytes(v, of, apart ? "rmac" : "session_rmac", rmac);
    expect_dek(v, t, of, apart ? "dek" : "session_dek");
}

void trace_expect_cryptograms(struct vector *v, const struct scp_session_keys *keys,
                              const struct scp_session_context *session)
{
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(session->protocol);
    size_t len = scp_authenticator_len(session->protocol, session->i);
    struct scp_channel ch = {.session = *session, .keys = *keys};
    uint8_t out[SCP_AUTHENTICATOR_MAX];
    if (vector_has(v->expected, "card_cryptogram") &&
        vector_ok(v, "card", ops->cryptogram(&ch, SCP_SIDE_CARD, out)))
        vector_expect_bytes(v, v->expected, "card_cryptogram", scp_bytes_of(out, len));
    if (vector_has(v->expected, "host_cryptogram") &&
        vector_ok(v, "host", ops->cryptogram(&ch, SCP_SIDE_HOST, out)))
        vector_expect_bytes(v, v->expected, "host_cryptogram", scp_bytes_of(out, len));
}

bool trace_accepted(struct vector *v, const char *what, enum scp_error error)
{
    if (error == SCP_OK || !vector_has(v->expected, "accept"))
        return vector_ok(v, what, error);
    vector_expect_bool(v, v->expected, "accept", false);
    vector_taken(v->expected, "commands");
    return false;
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

/* The card's answer, for a record that has none: with its cryptogram, or the one of these keys. */
static bool make_answer(struct vector *v, struct trace *t)
{
    uint8_t own[SCP_AUTHENTICATOR_MAX] = {0};
    struct scp_channel ch = {.session = t->session};
    struct scp_bytes cryptogram = SCP_BYTES(own);
    if (vector_has(v->expected, "card_cryptogram"))
        cryptogram = vector_hex(v, v->expected, "card_cryptogram");
    else if (!vector_ok(v, "derive", t->keys.derive(t->keys.ctx, &t->session, &ch.keys)) ||
             !vector_ok(
                 v, "cryptogram",
                 scp_protocol_ops_of(t->session.protocol)->cryptogram(&ch, SCP_SIDE_CARD, own)))
        return false;
    if (cryptogram.len < scp_authenticator_len(t->session.protocol, t->session.i))
        return false;
    struct scp_writer answer = scp_writer_on(v->arena + v->used, sizeof v->arena - v->used);
    scp_put_session_answer(&answer, &t->session, cryptogram.ptr);
    t->answer = scp_written(&answer);
    v->used += t->answer.len;
    return true;
}

/* Prediction, where the record says for which application. */
static void check_prediction(struct vector *v, struct trace *t)
{
    uint8_t challenge[16];
    uint8_t buffer[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    size_t len = scp_card_challenge_len(t->params.protocol, t->params.i);
    struct scp_bytes aid = scp_aid_bytes(&t->params.aid);
    if (aid.len == 0 || !scp_challenge_predictable(t->params.protocol, t->params.i))
        return;
    if (vector_ok(v, "predict", t->keys.predict(t->keys.ctx, &t->session, aid, challenge)))
        vector_expect_bytes(v, v->expected, "pseudo_random_card_challenge",
                            scp_bytes_of(challenge, len));
    if (vector_ok(v, "predicted", scp_channel_predict(&t->keys, &t->session, aid, &w)))
        vector_expect_bytes(v, v->inputs, "initialize_update_response_data", scp_written(&w));
}

static struct scp_card_channel_setup setup_of(const struct trace *t)
{
    struct scp_card_channel_setup setup = {
        .protocol = t->params.protocol,
        .i = t->params.i,
        .kvn = t->session.kvn,
        .counter = t->session.counter,
        .aid = scp_aid_bytes(&t->params.aid),
        .quirks = t->params.quirks,
    };
    take_bytes(setup.diversification_data, 10, SCP_BYTES(t->session.diversification_data));
    take_bytes(setup.random_challenge, 16, SCP_BYTES(t->session.card_challenge));
    return setup;
}

/* The card's end in the same session. A challenge that nothing predicts is given as random. */
static bool begin_card(struct vector *v, struct trace *t)
{
    struct scp_card_channel_setup setup = setup_of(t);
    uint8_t buffer[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (t->params.aid.len == 0)
        setup.i &= (uint8_t)~scp_protocol_ops_of(setup.protocol)->option_predictable;
    if (!vector_ok(v, "card",
                   scp_card_channel_initialize(&t->card, &setup, &t->set, t->host_challenge, &w)))
        return false;
    if (setup.i == t->params.i && !scp_bytes_equal(scp_written(&w), t->answer))
        vector_fail_bytes(v, "card's answer", t->answer, scp_written(&w));
    return true;
}

static bool open_explicit(struct vector *v, struct trace *t)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if ((t->answer.len == 0 && !make_answer(v, t)) || !begin(v, t))
        return false;
    check_prediction(v, t);
    if (!trace_accepted(v, "open", scp_channel_open(&t->host, &t->keys, t->answer)) ||
        !vector_ok(v, "authenticate", scp_channel_authenticate(&t->host, &w)))
        return false;
    trace_expect_cryptograms(v, &t->host.keys, &t->session);
    vector_expect_command(v, v->expected, "external_authenticate", scp_written(&w));
    return begin_card(v, t) && vector_ok(v, "card authenticates",
                                         scp_card_channel_authenticate(&t->card, scp_written(&w)));
}

static bool open_implicit(struct vector *v, struct trace *t)
{
    struct scp_card_channel_setup setup = setup_of(t);
    const struct scp_known_card known = {.kvn = t->session.kvn, .counter = t->session.counter};
    if (setup.aid.len == 0) /* the first ICV is zero then, and any will do */
        setup.aid = SCP_LITERAL(0xA0, 0x00, 0x00, 0x01, 0x51);
    return vector_ok(v, "open",
                     scp_channel_open_implicit(&t->host, &t->params, &t->keys, &known)) &&
           vector_ok(v, "card listens", scp_card_channel_listen(&t->card, &setup, &t->set));
}

bool trace_open(struct vector *v, struct trace *t)
{
    trace_expect_keys(v, t, json_object_get(v->expected, "session_keys"), TRACE_SHORT_NAMES);
    trace_expect_keys(v, t, v->expected, TRACE_LONG_NAMES);
    return scp_option_implicit(t->params.protocol, t->params.i) ? open_implicit(v, t)
                                                                : open_explicit(v, t);
}

/* The ICV that a source of SCP02 gives is the one used, so it is not encrypted again; one that
 * gives none starts with zeros. SCP03's counter is that of the next command. */
void trace_resume(struct vector *v, struct trace *t)
{
    struct scp_channel *ch = &t->host;
    struct scp_channel_params params = t->params;
    if (!vector_has(v->inputs, "security_level"))
        params.level = SCP_LEVEL_C_MAC;
    scp_channel_set_params(ch, &params);
    ch->state = SCP_CHANNEL_READY;
    ch->session = t->session;
    ch->keys.enc = trace_session_key(v, "enc");
    ch->keys.mac = trace_session_key(v, "mac");
    ch->keys.rmac = trace_session_key(v, "rmac");
    ch->keys.rmac_session = ch->keys.rmac;
    struct scp_bytes chaining =
        optional_hex(v, TRACE_NAMES("mac_chaining_value", "icv", "chaining_value", "previous_mac"));
    take_bytes(ch->chaining, 16, chaining);
    take_bytes(ch->r_chaining, 8, optional_hex(v, TRACE_NAMES("r_icv", "rmac_icv", "icv")));
    take_bytes(ch->r_start, 8, SCP_BYTES(ch->r_chaining));
    ch->fresh = true;
    uint32_t counter = trace_number(v, v->inputs, "counter", 1);
    ch->commands = counter > 0 ? counter - 1 : 0;
    t->card.ch = *ch;
}
