/* The stored form of a channel, all numbers big-endian:
 *
 *     "RSCH" ‖ version(1) ‖ state(1) ‖ protocol(1) ‖ i(1) ‖ kvn asked for(1) ‖ level(1) ‖ quirks(1)
 *     ‖ kvn(1) ‖ diversification data(10) ‖ host challenge(16) ‖ card challenge(16) ‖ counter(4)
 *     ‖ LV S-ENC ‖ LV S-MAC ‖ LV S-RMAC
 *     ‖ C-MAC chaining(16) ‖ R-MAC chaining(16) ‖ card cryptogram(16) ‖ host cryptogram(16)
 *     ‖ encryption counter(4) ‖ length(2) and bytes of the stripped command
 */
#include "scp/channel/protocol.h"

#include <string.h>

static const uint8_t magic[] = {'R', 'S', 'C', 'H'};
enum { VERSION = 1 };

_Static_assert(4 + 7 + 1 + 10 + 16 + 16 + 4 + 3 * (1 + SCP_KEY_MAX) + 4 * 16 + 4 + 2 +
                       SCP_APDU_MAX <=
                   SCP_CHANNEL_SAVED_MAX,
               "the longest channel fits its limit");

static void put_session(struct scp_writer *w, const struct scp_session_context *session)
{
    scp_put_u8(w, session->kvn);
    scp_put(w, SCP_BYTES(session->diversification_data));
    scp_put(w, SCP_BYTES(session->host_challenge));
    scp_put(w, SCP_BYTES(session->card_challenge));
    scp_put_u32(w, session->counter);
}

void scp_channel_save(const struct scp_channel *ch, struct scp_writer *w)
{
    scp_put(w, SCP_BYTES(magic));
    scp_put_u8(w, VERSION);
    scp_put_u8(w, (uint8_t)ch->state);
    scp_put_u8(w, (uint8_t)ch->params.protocol);
    scp_put_u8(w, ch->params.i);
    scp_put_u8(w, ch->params.kvn);
    scp_put_u8(w, ch->params.level);
    scp_put_u8(w, ch->params.quirks);
    put_session(w, &ch->session);
    scp_put_lv(w, scp_key_bytes(&ch->keys.enc));
    scp_put_lv(w, scp_key_bytes(&ch->keys.mac));
    scp_put_lv(w, scp_key_bytes(&ch->keys.rmac));
    scp_put(w, SCP_BYTES(ch->chaining));
    scp_put(w, SCP_BYTES(ch->r_chaining));
    scp_put(w, SCP_BYTES(ch->card_cryptogram));
    scp_put(w, SCP_BYTES(ch->host_cryptogram));
    scp_put_u32(w, ch->commands);
    scp_put_u16(w, (uint16_t)ch->last_command_len);
    scp_put(w, scp_bytes_of(ch->last_command, ch->last_command_len));
}

static void get_params(struct scp_reader *r, struct scp_channel *ch)
{
    ch->state = scp_get_u8(r);
    ch->params.protocol = (enum scp_protocol)scp_get_u8(r);
    ch->params.i = scp_get_u8(r);
    ch->params.kvn = scp_get_u8(r);
    ch->params.level = scp_get_u8(r);
    ch->params.quirks = scp_get_u8(r);
    if (ch->state < SCP_CHANNEL_BEGUN || ch->state > SCP_CHANNEL_PENDING ||
        !scp_level_valid(ch->params.protocol, ch->params.i, ch->params.level))
        scp_reader_fail(r, SCP_MALFORMED);
}

static void get_session(struct scp_reader *r, struct scp_channel *ch)
{
    struct scp_session_context *session = &ch->session;
    session->protocol = ch->params.protocol;
    session->i = ch->params.i;
    session->kvn = scp_get_u8(r);
    scp_get_into(r, session->diversification_data, sizeof session->diversification_data);
    scp_get_into(r, session->host_challenge, sizeof session->host_challenge);
    scp_get_into(r, session->card_challenge, sizeof session->card_challenge);
    session->counter = scp_get_u32(r);
}

/* There are no keys before the card's answer; after it they have a key's length. */
static void get_key(struct scp_reader *r, const struct scp_channel *ch, struct scp_key *key)
{
    struct scp_bytes bytes = scp_get_lv(r);
    if (ch->state < SCP_CHANNEL_VERIFIED && bytes.len == 0)
        return;
    if (scp_key_from(key, bytes) != SCP_OK)
        scp_reader_fail(r, SCP_MALFORMED);
}

static void get_chain(struct scp_reader *r, struct scp_channel *ch)
{
    scp_get_into(r, ch->chaining, sizeof ch->chaining);
    scp_get_into(r, ch->r_chaining, sizeof ch->r_chaining);
    scp_get_into(r, ch->card_cryptogram, sizeof ch->card_cryptogram);
    scp_get_into(r, ch->host_cryptogram, sizeof ch->host_cryptogram);
    ch->commands = scp_get_u32(r);
    size_t len = scp_get_u16(r);
    if (len > sizeof ch->last_command)
        scp_reader_fail(r, SCP_MALFORMED);
    else
        scp_get_into(r, ch->last_command, len);
    ch->last_command_len = len;
}

static void get_head(struct scp_reader *r)
{
    if (!scp_bytes_equal(scp_get(r, sizeof magic), SCP_BYTES(magic)))
        scp_reader_fail(r, SCP_MALFORMED);
    if (scp_get_u8(r) != VERSION)
        scp_reader_fail(r, SCP_UNSUPPORTED);
}

enum scp_error scp_channel_restore(struct scp_channel *ch, struct scp_bytes saved)
{
    memset(ch, 0, sizeof *ch);
    struct scp_reader r = scp_reader_on(saved);
    get_head(&r);
    get_params(&r, ch);
    get_session(&r, ch);
    get_key(&r, ch, &ch->keys.enc);
    get_key(&r, ch, &ch->keys.mac);
    get_key(&r, ch, &ch->keys.rmac);
    get_chain(&r, ch);
    enum scp_error error = scp_reader_end(&r);
    if (error != SCP_OK)
        scp_channel_fini(ch);
    return error;
}
