/* The stored form of a channel, all numbers big-endian; LV is one length byte and the value:
 *
 *     "RSCH" ‖ version(1) = 2 ‖ state(1)
 *     ‖ protocol(1) ‖ i(1) ‖ kvn asked for(1) ‖ level(1) ‖ quirks(1) ‖ LV AID
 *     ‖ kvn(1) ‖ diversification data(10) ‖ counter(4) ‖ LV host challenge ‖ LV card challenge
 *     from VERIFIED:  ‖ LV S-ENC ‖ LV S-MAC ‖ LV S-RMAC ‖ LV R-MAC session key
 *     VERIFIED:       ‖ LV host cryptogram
 *     from READY:     ‖ level now(1) ‖ R-MAC session(1) ‖ pending(1) ‖ its parameter(1) ‖ fresh(1)
 *         SCP03:      ‖ C-MAC chaining value(16) ‖ encryption counter(4)
 *         SCP02:      ‖ last C-MAC(8) ‖ first ICV of R-MACs(8) ‖ last R-MAC(8)
 *                     ‖ R-MAC in the making: chain(8) ‖ LV pending bytes
 *
 * Key schedules are not stored. Version 1: saved_v1.c. */
#include "scp/channel/saved.h"

#include <string.h>

static const uint8_t magic[] = {'R', 'S', 'C', 'H'};
enum { VERSION = 2 };

/* SCP03 S16 with AES-256 keys in VERIFIED, and SCP02 in PENDING. */
enum {
    COMMON_MAX = 4 + 2 + 5 + 1 + SCP_AID_MAX + 1 + 10 + 4 + 2 * (1 + 16) + 4 * (1 + SCP_KEY_MAX),
    READY_MAX = 5 + 4 * SCP_DES_BLOCK + 1 + SCP_DES_BLOCK,
};
_Static_assert(COMMON_MAX + READY_MAX <= SCP_CHANNEL_SAVED_MAX,
               "the longest channel fits its limit");

static bool is_ready(const struct scp_channel *ch)
{
    return ch->state >= SCP_CHANNEL_READY;
}

/* ---- writing ------------------------------------------------------------------------------ */

static void put_params(struct scp_writer *w, const struct scp_channel_params *params)
{
    scp_put_u8(w, (uint8_t)params->protocol);
    scp_put_u8(w, params->i);
    scp_put_u8(w, params->kvn);
    scp_put_u8(w, params->level);
    scp_put_u8(w, params->quirks);
    scp_put_lv(w, scp_aid_bytes(&params->aid));
}

static void put_session(struct scp_writer *w, const struct scp_session_context *session)
{
    scp_put_u8(w, session->kvn);
    scp_put(w, SCP_BYTES(session->diversification_data));
    scp_put_u32(w, session->counter);
    scp_put_lv(w, scp_bytes_of(session->host_challenge,
                               scp_authenticator_len(session->protocol, session->i)));
    scp_put_lv(w, scp_bytes_of(session->card_challenge,
                               scp_card_challenge_len(session->protocol, session->i)));
}

static void put_keys(struct scp_writer *w, const struct scp_session_keys *keys)
{
    scp_put_lv(w, scp_key_bytes(&keys->enc));
    scp_put_lv(w, scp_key_bytes(&keys->mac));
    scp_put_lv(w, scp_key_bytes(&keys->rmac));
    scp_put_lv(w, scp_key_bytes(&keys->rmac_session));
}

static void put_ready(struct scp_writer *w, const struct scp_channel *ch)
{
    scp_put_u8(w, ch->now.level);
    scp_put_u8(w, ch->now.r_mac_session);
    scp_put_u8(w, ch->pending);
    scp_put_u8(w, ch->pending_parameter);
    scp_put_u8(w, ch->fresh ? 1 : 0);
    if (ch->params.protocol == SCP_PROTOCOL_03) {
        scp_put(w, SCP_BYTES(ch->chaining));
        scp_put_u32(w, ch->commands);
        return;
    }
    scp_put(w, scp_bytes_of(ch->chaining, SCP_DES_BLOCK));
    scp_put(w, SCP_BYTES(ch->r_start));
    scp_put(w, SCP_BYTES(ch->r_chaining));
    scp_put(w, SCP_BYTES(ch->r_mac.chain));
    scp_put_lv(w, scp_bytes_of(ch->r_mac.pending, ch->r_mac.used));
}

void scp_channel_save(const struct scp_channel *ch, struct scp_writer *w)
{
    if (scp_protocol_ops_of(ch->params.protocol) == NULL) {
        scp_writer_fail(w, SCP_STATE);
        return;
    }
    scp_put(w, SCP_BYTES(magic));
    scp_put_u8(w, VERSION);
    scp_put_u8(w, (uint8_t)ch->state);
    put_params(w, &ch->params);
    put_session(w, &ch->session);
    if (ch->state >= SCP_CHANNEL_VERIFIED)
        put_keys(w, &ch->keys);
    if (ch->state == SCP_CHANNEL_VERIFIED)
        scp_put_lv(w, scp_bytes_of(ch->host_cryptogram, scp_channel_mac_len(ch)));
    if (is_ready(ch))
        put_ready(w, ch);
}

/* ---- reading ------------------------------------------------------------------------------ */

void scp_saved_check(struct scp_reader *r, const struct scp_channel *ch)
{
    const struct scp_channel_params *params = &ch->params;
    bool implicit = scp_option_implicit(params->protocol, params->i);
    int first = implicit ? SCP_CHANNEL_READY : SCP_CHANNEL_BEGUN;
    if (ch->state < first || ch->state > SCP_CHANNEL_PENDING ||
        !scp_level_valid(params->protocol, params->i, params->level))
        scp_reader_fail(r, SCP_MALFORMED);
}

void scp_saved_key(struct scp_reader *r, bool may_lack, struct scp_key *key)
{
    struct scp_bytes bytes = scp_get_lv(r);
    if (may_lack && bytes.len == 0)
        return;
    if (scp_key_from(key, bytes) != SCP_OK)
        scp_reader_fail(r, SCP_MALFORMED);
}

/* An LV of this length alone. */
static void get_exactly(struct scp_reader *r, uint8_t *to, size_t len)
{
    if (scp_get_u8(r) != len)
        scp_reader_fail(r, SCP_MALFORMED);
    scp_get_into(r, to, len);
}

static void get_params(struct scp_reader *r, struct scp_channel *ch)
{
    ch->state = scp_get_u8(r);
    ch->params.protocol = (enum scp_protocol)scp_get_u8(r);
    ch->params.i = scp_get_u8(r);
    ch->params.kvn = scp_get_u8(r);
    ch->params.level = scp_get_u8(r);
    ch->params.quirks = scp_get_u8(r);
    scp_saved_check(r, ch);
    size_t len = scp_get_u8(r);
    if (len > sizeof ch->params.aid.bytes) {
        scp_reader_fail(r, SCP_MALFORMED);
        return;
    }
    scp_get_into(r, ch->params.aid.bytes, len);
    ch->params.aid.len = len;
}

/* After an error the option may be one that no length can be told of. */
static void get_session(struct scp_reader *r, struct scp_channel *ch)
{
    struct scp_session_context *session = &ch->session;
    if (scp_reader_status(r) != SCP_OK)
        return;
    session->protocol = ch->params.protocol;
    session->i = ch->params.i;
    session->kvn = scp_get_u8(r);
    scp_get_into(r, session->diversification_data, sizeof session->diversification_data);
    session->counter = scp_get_u32(r);
    get_exactly(r, session->host_challenge, scp_authenticator_len(session->protocol, session->i));
    get_exactly(r, session->card_challenge, scp_card_challenge_len(session->protocol, session->i));
}

/* An implicit session has no S-ENC; without R-MAC it has no key for one either. */
static void get_keys(struct scp_reader *r, struct scp_channel *ch)
{
    bool implicit = scp_option_implicit(ch->params.protocol, ch->params.i);
    scp_saved_key(r, implicit, &ch->keys.enc);
    scp_saved_key(r, false, &ch->keys.mac);
    scp_saved_key(r, implicit, &ch->keys.rmac);
    scp_saved_key(r, true, &ch->keys.rmac_session);
}

static void get_chains(struct scp_reader *r, struct scp_channel *ch)
{
    if (ch->params.protocol == SCP_PROTOCOL_03) {
        scp_get_into(r, ch->chaining, sizeof ch->chaining);
        ch->commands = scp_get_u32(r);
        return;
    }
    scp_get_into(r, ch->chaining, SCP_DES_BLOCK);
    scp_get_into(r, ch->r_start, sizeof ch->r_start);
    scp_get_into(r, ch->r_chaining, sizeof ch->r_chaining);
    scp_get_into(r, ch->r_mac.chain, sizeof ch->r_mac.chain);
    ch->r_mac.used = scp_get_u8(r);
    if (ch->r_mac.used >= SCP_DES_BLOCK) {
        scp_reader_fail(r, SCP_MALFORMED);
        return;
    }
    scp_get_into(r, ch->r_mac.pending, ch->r_mac.used);
}

/* An R-MAC session only adds R-MACs to the level that the channel began with. */
static bool security_possible(const struct scp_channel *ch)
{
    uint8_t added = ch->now.level ^ ch->params.level;
    uint8_t responses = SCP_LEVEL_R_MAC | SCP_LEVEL_R_ENC;
    bool none = ch->now.r_mac_session == SCP_R_MAC_NONE;
    return ch->now.r_mac_session <= SCP_R_MAC_EACH && ch->pending <= SCP_KIND_END_R_MAC &&
           (added & ~responses) == 0 && (ch->now.level & added) == added && (!none || added == 0);
}

static void get_ready(struct scp_reader *r, struct scp_channel *ch)
{
    ch->now.level = scp_get_u8(r);
    ch->now.r_mac_session = scp_get_u8(r);
    ch->pending = scp_get_u8(r);
    ch->pending_parameter = scp_get_u8(r);
    ch->fresh = scp_get_u8(r) != 0;
    if (!security_possible(ch))
        scp_reader_fail(r, SCP_MALFORMED);
    get_chains(r, ch);
}

static enum scp_error get_channel(struct scp_reader *r, struct scp_channel *ch)
{
    get_params(r, ch);
    get_session(r, ch);
    SCP_TRY(scp_reader_status(r));
    ch->now.level = ch->params.level;
    if (ch->state >= SCP_CHANNEL_VERIFIED)
        get_keys(r, ch);
    if (ch->state == SCP_CHANNEL_VERIFIED)
        get_exactly(r, ch->host_cryptogram, scp_channel_mac_len(ch));
    if (is_ready(ch))
        get_ready(r, ch);
    return scp_reader_end(r);
}

static enum scp_error get_versioned(struct scp_reader *r, struct scp_channel *ch)
{
    if (!scp_bytes_equal(scp_get(r, sizeof magic), SCP_BYTES(magic)))
        scp_reader_fail(r, SCP_MALFORMED);
    uint8_t version = scp_get_u8(r);
    SCP_TRY(scp_reader_status(r));
    switch (version) {
    case 1:
        return scp_saved_v1(ch, r);
    case VERSION:
        return get_channel(r, ch);
    default:
        return SCP_UNSUPPORTED;
    }
}

enum scp_error scp_channel_restore(struct scp_channel *ch, struct scp_bytes saved)
{
    memset(ch, 0, sizeof *ch);
    struct scp_reader r = scp_reader_on(saved);
    enum scp_error error = get_versioned(&r, ch);
    if (error != SCP_OK)
        scp_channel_fini(ch);
    return error;
}
