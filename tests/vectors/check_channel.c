/* Whole sessions: the host's end makes every byte of a trace, the card's end answers it. Keys,
 * cryptograms and challenges of sessions. */
#include "tests/vectors/families.h"
#include "tests/vectors/trace.h"

#include <string.h>

/* ---- sessions ----------------------------------------------------------------------------- */

/* From static keys, or from session keys where the source has nothing else. */
static void session(struct vector *v, enum scp_protocol protocol)
{
    struct trace t;
    trace_init(v, &t, protocol);
    if (!trace_has_static_keys(v))
        trace_resume(v, &t);
    else if (!trace_open(v, &t))
        return;
    trace_exchange_all(v, &t);
    vector_expect_bool(v, v->expected, "accept", true);
}

/* EXTERNAL AUTHENTICATE and one more as lists of commands, with the encrypted ICV between them. */
static void scp02_icv_chain(struct vector *v)
{
    struct trace t;
    json_t *wrapped = json_object_get(v->expected, "wrapped");
    size_t n;
    json_t *plain;
    trace_init(v, &t, SCP_PROTOCOL_02);
    trace_resume(v, &t);
    json_array_foreach(json_object_get(v->inputs, "commands"), n, plain)
    {
        json_t *one = json_pack("{sO sO*}", "plain", plain, "wrapped", json_array_get(wrapped, n));
        uint8_t icv[8];
        bool goes_on = trace_exchange(v, &t, one);
        json_decref(one);
        if (!goes_on)
            return;
        if (n == 0 &&
            vector_ok(v, "icv", scp_des_encrypt_block(t.host.keys.mac.bytes, t.host.chaining, icv)))
            vector_expect_bytes(v, v->expected, "encrypted_icv_for_second", SCP_BYTES(icv));
    }
    if (wrapped != NULL && json_array_size(wrapped) != n)
        vector_fail(v, "wrapped", "as many as commands", "another number");
    vector_taken(v->expected, "wrapped");
}

static void scp02_session(struct vector *v)
{
    if (vector_has(v->inputs, "commands"))
        scp02_icv_chain(v);
    else
        session(v, SCP_PROTOCOL_02);
}

static void scp03_session(struct vector *v)
{
    session(v, SCP_PROTOCOL_03);
}

/* ---- keys and cryptograms ----------------------------------------------------------------- */

static void keys_and_cryptograms(struct vector *v, enum scp_protocol protocol)
{
    struct trace t;
    struct scp_session_keys keys;
    trace_init(v, &t, protocol);
    trace_expect_keys(v, &t, v->expected, TRACE_SHORT_NAMES);
    trace_expect_keys(v, &t, v->expected, TRACE_LONG_NAMES);
    trace_expect_keys(v, &t, json_object_get(v->expected, "session_keys"), TRACE_SHORT_NAMES);
    if (vector_ok(v, "derive", t.keys.derive(t.keys.ctx, &t.session, &keys)))
        trace_expect_cryptograms(v, &keys, &t.session);
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
    struct trace t;
    struct scp_session_keys keys = {.enc = {.len = 0}};
    if (trace_has_static_keys(v)) {
        keys_and_cryptograms(v, SCP_PROTOCOL_02);
        return;
    }
    trace_init(v, &t, SCP_PROTOCOL_02);
    keys.enc = trace_session_key(v, "enc");
    if (vector_has(v->inputs, "sequence_counter_and_card_challenge")) {
        struct scp_bytes both = vector_hex(v, v->inputs, "sequence_counter_and_card_challenge");
        if (both.len != 8)
            return;
        t.session.counter = scp_load_u16(both.ptr);
        memcpy(t.session.card_challenge, scp_bytes_from(both, 2).ptr, 6);
    }
    trace_expect_cryptograms(v, &keys, &t.session);
}

/* From static keys, or from S-MAC with the challenges, together or apart. */
static void scp03_cryptogram(struct vector *v)
{
    struct trace t;
    struct scp_session_keys keys = {.enc = {.len = 0}};
    if (trace_has_static_keys(v)) {
        keys_and_cryptograms(v, SCP_PROTOCOL_03);
        return;
    }
    trace_init(v, &t, SCP_PROTOCOL_03);
    keys.mac = trace_session_key(v, "mac");
    if (vector_has(v->inputs, "context")) {
        struct scp_bytes context = vector_hex(v, v->inputs, "context");
        size_t half = context.len / 2;
        if (half != 8 && half != 16) {
            vector_fail(v, "context", "two challenges", "another length");
            return;
        }
        t.session.i = half == 16 ? 0x01 : 0x00;
        memcpy(t.session.host_challenge, context.ptr, half);
        memcpy(t.session.card_challenge, scp_bytes_from(context, half).ptr, half);
    }
    trace_expect_cryptograms(v, &keys, &t.session);
}

/* ---- challenges --------------------------------------------------------------------------- */

/* An option that is not named is one with a predictable challenge. */
static void card_challenge(struct vector *v, enum scp_protocol protocol, uint8_t predictable)
{
    struct trace t;
    uint8_t out[16];
    trace_init(v, &t, protocol);
    if (vector_has(v->inputs, "key_enc"))
        t.set.enc = vector_key(v, v->inputs, "key_enc");
    if (vector_has(v->inputs, "key_mac"))
        t.set.mac = vector_key(v, v->inputs, "key_mac");
    if (!scp_challenge_predictable(protocol, t.session.i))
        t.session.i =
            (uint8_t)(predictable | (protocol == SCP_PROTOCOL_03 ? t.session.i & 0x01 : 0));
    if (vector_ok(v, "predict",
                  t.keys.predict(t.keys.ctx, &t.session, scp_aid_bytes(&t.params.aid), out))) {
        struct scp_bytes challenge =
            scp_bytes_of(out, scp_card_challenge_len(protocol, t.session.i));
        vector_expect_bytes(v, v->expected, "card_challenge", challenge);
        vector_expect_bytes(v, v->expected, "pseudo_random_card_challenge", challenge);
    }
}

static void scp02_card_challenge(struct vector *v)
{
    card_challenge(v, SCP_PROTOCOL_02, 0x55);
}

static void scp03_card_challenge(struct vector *v)
{
    card_challenge(v, SCP_PROTOCOL_03, 0x10);
}

static const struct vector_kind kinds[] = {
    {"SCP02", "session-transcript", scp02_session},
    {"SCP03", "session-transcript", scp03_session},
    {"SCP02", "session", scp02_session},
    {"SCP03", "session", scp03_session},
    {"SCP02", "prepared-session", scp02_session},
    {"SCP03", "prepared-session", scp03_session},
    {"SCP02", "external-authenticate", scp02_session},
    {"SCP03", "external-authenticate", scp03_session},
    {"SCP02", "implicit-session", scp02_session},
    {"SCP02", "r-mac-session", scp02_session},
    {"SCP03", "r-mac-session", scp03_session},
    {"SCP02", "command-chaining", scp02_session},
    {"SCP03", "command-chaining", scp03_session},
    {"SCP02", "c-mac-chain", scp02_session},
    {"SCP03", "c-mac-chain", scp03_session},
    {"SCP02", "c-enc-chain", scp02_session},
    {"SCP03", "c-enc-chain", scp03_session},
    {"SCP02", "r-mac-chain", scp02_session},
    {"SCP03", "r-mac-chain", scp03_session},
    {"SCP03", "r-enc-chain", scp03_session},
    {"SCP02", "session-keys", scp02_keys_and_cryptograms},
    {"SCP03", "session-keys", scp03_keys_and_cryptograms},
    {"SCP02", "session-keys-and-cryptograms", scp02_keys_and_cryptograms},
    {"SCP03", "session-keys-and-cryptograms", scp03_keys_and_cryptograms},
    {"SCP02", "cryptograms", scp02_cryptogram},
    {"SCP03", "cryptograms", scp03_cryptogram},
    {"SCP02", "cryptogram", scp02_cryptogram},
    {"SCP02", "card-cryptogram", scp02_cryptogram},
    {"SCP02", "host-cryptogram", scp02_cryptogram},
    {"SCP03", "cryptogram", scp03_cryptogram},
    {"SCP03", "card-cryptogram", scp03_cryptogram},
    {"SCP03", "host-cryptogram", scp03_cryptogram},
    {"SCP02", "card-challenge", scp02_card_challenge},
    {"SCP03", "card-challenge", scp03_card_challenge},
    {"SCP02", "pseudo-random-card-challenge", scp02_card_challenge},
    {"SCP03", "pseudo-random-card-challenge", scp03_card_challenge},
};

const struct vector_family vector_channel = VECTOR_FAMILY(kinds);
