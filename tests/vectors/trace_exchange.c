/* Commands and responses of a session of a record. */
#include "scp/crypto/cipher.h"
#include "tests/vectors/trace.h"

#include <string.h>

enum { PARTS_MAX = 16 };

/* A field that is one hex string or a list of them. */
struct parts {
    struct scp_bytes bytes[PARTS_MAX];
    size_t count;
    json_t *list; /* NULL when it is one string */
};

static struct parts parts_of(struct vector *v, json_t *of, const char *name)
{
    struct parts parts = {.count = 0};
    json_t *value = json_object_get(of, name);
    if (!json_is_array(value)) {
        parts.bytes[parts.count++] = vector_hex(v, of, name);
        return parts;
    }
    size_t n;
    json_t *part;
    json_array_foreach(value, n, part)
    {
        if (parts.count < PARTS_MAX)
            parts.bytes[parts.count++] = vector_hex_of(v, part);
    }
    parts.list = value;
    return parts;
}

/* ---- commands ----------------------------------------------------------------------------- */

/* A command before it was cut, with an extended length. */
static enum scp_error parse_extended(struct scp_bytes bytes, struct scp_apdu *out)
{
    struct scp_reader r = scp_reader_on(bytes);
    out->cla = scp_get_u8(&r);
    out->ins = scp_get_u8(&r);
    out->p1 = scp_get_u8(&r);
    out->p2 = scp_get_u8(&r);
    (void)scp_get_u8(&r);
    size_t len = scp_get_u16(&r);
    out->data = scp_get(&r, len);
    out->le = scp_reader_left(&r) > 0 ? 0 : SCP_NO_LE;
    return scp_reader_status(&r);
}

static bool join(struct vector *v, const struct parts *parts, struct scp_apdu *whole)
{
    struct scp_chain chain;
    uint8_t *joined = vector_space(v, SCP_WRAPPED_MAX);
    if (joined == NULL)
        return false;
    scp_chain_begin(&chain, joined, SCP_WRAPPED_MAX);
    enum scp_error error = SCP_NOT_FOUND;
    for (size_t n = 0; n < parts->count && error == SCP_NOT_FOUND; n++) {
        struct scp_apdu part;
        if (!vector_ok(v, "segment", scp_apdu_parse(parts->bytes[n], &part)))
            return false;
        error = scp_chain_take(&chain, &part, whole);
    }
    return vector_ok(v, "join", error);
}

static bool read_plain(struct vector *v, json_t *of, struct scp_apdu *plain)
{
    struct parts parts = parts_of(v, of, "plain");
    if (parts.count > 1)
        return join(v, &parts, plain);
    enum scp_error error = scp_apdu_parse(parts.bytes[0], plain);
    if (error == SCP_UNSUPPORTED)
        error = parse_extended(parts.bytes[0], plain);
    return vector_ok(v, "plain", error);
}

/* A source may send a final Le of 00, or not. */
static bool same_command(struct scp_bytes a, struct scp_bytes b)
{
    struct scp_bytes longer = a.len < b.len ? b : a;
    size_t common = a.len < b.len ? a.len : b.len;
    struct scp_bytes rest = scp_bytes_from(longer, common);
    return scp_bytes_equal(scp_bytes_slice(a, 0, common), scp_bytes_slice(b, 0, common)) &&
           (rest.len == 0 || scp_bytes_equal(rest, SCP_LITERAL(0x00)));
}

static void expect_segments(struct vector *v, const struct scp_apdu *whole,
                            const struct parts *sent)
{
    size_t count = scp_segment_count(whole->data.len, SCP_APDU_DATA_MAX);
    if (count != sent->count)
        vector_fail(v, "wrapped", "as many segments as the channel makes", "another number");
    for (size_t n = 0; n < count && n < sent->count; n++) {
        uint8_t buffer[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_apdu segment;
        if (!vector_ok(v, "segment", scp_segment(whole, SCP_APDU_DATA_MAX, n, &segment)))
            return;
        scp_put_apdu(&w, &segment);
        bool same = sent->list == NULL ? scp_bytes_equal(scp_written(&w), sent->bytes[n])
                                       : same_command(scp_written(&w), sent->bytes[n]);
        if (!same)
            vector_fail_bytes(v, "wrapped", sent->bytes[n], scp_written(&w));
    }
}

static bool is_same(const struct scp_apdu *a, const struct scp_apdu *b)
{
    return a->cla == b->cla && a->ins == b->ins && a->p1 == b->p1 && a->p2 == b->p2 &&
           a->le == b->le && scp_bytes_equal(a->data, b->data);
}

/* What the source sent goes to the card. */
static bool card_receives(struct vector *v, struct trace *t, const struct parts *sent,
                          struct scp_apdu *received)
{
    static uint8_t opened[SCP_OPENED_MAX];
    struct scp_writer w = scp_writer_on(opened, sizeof opened);
    struct scp_apdu whole;
    return join(v, sent, &whole) &&
           trace_accepted(v, "receive",
                          scp_card_channel_receive_long(&t->card, &whole, received, &w));
}

/* A source may have a command as it travelled alone: what the card reads of it is wrapped again. */
static bool exchange_wrapped(struct vector *v, struct trace *t, json_t *of, const char *name)
{
    static uint8_t buffer[SCP_WRAPPED_MAX];
    struct parts sent = parts_of(v, of, name);
    struct scp_apdu plain;
    struct scp_apdu whole;
    if (!card_receives(v, t, &sent, &plain) ||
        !vector_ok(v, "wrap", scp_channel_wrap_long(&t->host, &plain, buffer, &whole)))
        return false;
    expect_segments(v, &whole, &sent);
    vector_taken(of, name);
    return true;
}

static bool exchange_command(struct vector *v, struct trace *t, json_t *of)
{
    static uint8_t buffer[SCP_WRAPPED_MAX];
    const char *name = trace_name(of, TRACE_NAMES("wrapped", "wrapped_segments", "segments"));
    struct scp_apdu plain;
    struct scp_apdu received;
    struct scp_apdu whole;
    size_t used = v->used;
    if (!vector_has(of, "plain") && vector_has(of, name))
        return exchange_wrapped(v, t, of, name);
    if (!read_plain(v, of, &plain) ||
        !vector_ok(v, "wrap", scp_channel_wrap_long(&t->host, &plain, buffer, &whole)))
        return false;
    struct parts sent;
    if (vector_has(of, name)) {
        sent = parts_of(v, of, name);
        expect_segments(v, &whole, &sent);
    } else { /* then ours goes to the card */
        uint8_t *made = vector_space(v, SCP_APDU_MAX);
        struct scp_writer w = scp_writer_on(made, made == NULL ? 0 : SCP_APDU_MAX);
        scp_put_apdu(&w, &whole);
        sent = (struct parts){.bytes = {scp_written(&w)}, .count = 1};
    }
    bool taken = card_receives(v, t, &sent, &received);
    if (taken && !is_same(&received, &plain)) /* which must read the plain command back */
        vector_fail_bytes(v, "received", plain.data, received.data);
    vector_taken(of, name);
    vector_taken(of, "plain");
    v->used = used; /* nothing of it is looked at again */
    return taken;
}

/* ---- responses ---------------------------------------------------------------------------- */

/* The whole response: parts of a long one, after the bare 9000 of each segment but the last. */
static bool collect(struct vector *v, const struct parts *parts, struct scp_writer *whole)
{
    bool more = true;
    for (size_t n = 0; n < parts->count; n++) {
        bool bare = scp_bytes_equal(parts->bytes[n], SCP_LITERAL(0x90, 0x00));
        if (bare && whole->len == 0 && n + 1 < parts->count)
            continue;
        if (!vector_ok(v, "collect", scp_response_collect(whole, parts->bytes[n], &more)))
            return false;
    }
    return true;
}

/* Some sources give the plain response with its status word, some without; that of END R-MAC
 * SESSION may be the R-MAC that it returns. */
static void expect_plain(struct vector *v, json_t *of, struct scp_bytes with_status,
                         struct scp_bytes as_sent)
{
    if (!vector_has(of, "response_plain"))
        return;
    struct scp_bytes expected = vector_hex(v, of, "response_plain");
    struct scp_bytes without = scp_bytes_slice(with_status, 0, with_status.len - 2);
    bool ends = with_status.len == 2 && scp_bytes_equal(expected, as_sent);
    if (ends || scp_bytes_equal(expected, without))
        vector_taken(of, "response_plain");
    else
        vector_expect_bytes(v, of, "response_plain", with_status);
}

/* What the card answers with: the host's reading, but for the R-MAC that END returns. */
static struct scp_bytes card_data(const struct trace *t, struct scp_bytes read, uint8_t mac[16])
{
    struct scp_writer w = scp_writer_on(mac, 16);
    return scp_card_channel_end_r_mac(&t->card, &w) == SCP_OK ? scp_written(&w) : read;
}

/* One source pads by a whole block too many: its MAC and data are checked, but no card of ours
 * sends that. */
static bool padded_too_far(const struct trace *t, size_t sent, size_t ours)
{
    return (t->params.level & SCP_LEVEL_R_ENC) != 0 && sent == ours + SCP_AES_BLOCK;
}

static bool exchange_response(struct vector *v, struct trace *t, json_t *of)
{
    static uint8_t whole[SCP_COLLECTED_MAX];
    static uint8_t read[SCP_COLLECTED_MAX];
    static uint8_t again[SCP_COLLECTED_MAX];
    const char *name =
        trace_name(of, TRACE_NAMES("response", "response_wrapped", "responses", "response_parts"));
    uint8_t mac[16];
    uint16_t sw = 0;
    struct scp_writer ww = scp_writer_on(whole, sizeof whole);
    struct scp_writer w = scp_writer_on(read, sizeof read);
    struct scp_writer aw = scp_writer_on(again, sizeof again);
    if (!vector_has(of, name))
        return true;
    size_t used = v->used;
    struct parts sent = parts_of(v, of, name);
    if (!collect(v, &sent, &ww) ||
        !trace_accepted(v, "unwrap", scp_channel_unwrap(&t->host, scp_written(&ww), &w, &sw)))
        return false;
    struct scp_bytes data = card_data(t, scp_written(&w), mac);
    if (!vector_ok(v, "respond", scp_card_channel_respond(&t->card, data, sw, &aw)))
        return false;
    scp_put_u16(&w, sw);
    expect_plain(v, of, scp_written(&w), scp_written(&ww));
    if (!padded_too_far(t, ww.len, aw.len) && !scp_bytes_equal(scp_written(&ww), scp_written(&aw)))
        vector_fail_bytes(v, name, scp_written(&ww), scp_written(&aw));
    vector_taken(of, name);
    v->used = used;
    return true;
}

bool trace_exchange(struct vector *v, struct trace *t, json_t *of)
{
    return exchange_command(v, t, of) && exchange_response(v, t, of);
}

void trace_exchange_all(struct vector *v, struct trace *t)
{
    size_t n;
    json_t *command;
    json_array_foreach(json_object_get(v->expected, "commands"), n, command)
    {
        if (!trace_exchange(v, t, command))
            return;
    }
}
