#include "scp/ota/script.h"

#include "scp/crypto/hash.h"
#include "scp/gp/status_words.h"
#include "scp/gp/tlv.h"

enum {
    TAG_COMMANDS = 0xAA,
    TAG_COMMANDS_INDEFINITE = 0xAE,
    TAG_RESPONSES = 0xAB,
    TAG_RESPONSES_INDEFINITE = 0xAF,
    TAG_C_APDU = 0x22,
    TAG_R_APDU = 0x23,
    TAG_EXECUTED = 0x80,
    TAG_BAD_FORMAT = 0x90,
    TAG_MAGIC = 0xC0,
    TAG_ACCEPTS = 0xC1,
    TAG_GUARD = 0xC2,
    INDEFINITE_LENGTH = 0x80,
    ACCEPT_SIZE = 4,
    C_APDU_MIN = 4,
    R_APDU_MIN = 2,
};

static const uint8_t magic[] = {'R', 'B', 'S', 0x01};
static const uint8_t end_of_contents[] = {0x00, 0x00};

bool scp_script_accepts(const struct scp_script_command *command, uint16_t sw)
{
    if (command->accept_count == 0)
        return sw == SCP_SW_SUCCESS;
    for (size_t i = 0; i < command->accept_count; i++) {
        if ((sw & command->accepts[i].mask) == command->accepts[i].value)
            return true;
    }
    return false;
}

enum scp_error scp_script_guard_holds(const struct scp_script_command *command,
                                      struct scp_bytes response_data, bool *holds)
{
    *holds = true;
    if (command->guard.len == 0)
        return SCP_OK;
    uint8_t digest[SCP_GUARD_SIZE];
    SCP_TRY(scp_sha256(response_data, digest));
    *holds = scp_bytes_equal(command->guard, SCP_BYTES(digest));
    return SCP_OK;
}

/* ---- writing a command script ------------------------------------------------------------- */

void scp_script_begin(struct scp_script_writer *s, bool extended, uint8_t *buf, size_t cap)
{
    *s = (struct scp_script_writer){.body = scp_writer_on(buf, cap), .extended = extended};
    if (extended)
        scp_put_tlv(&s->body, TAG_MAGIC, SCP_BYTES(magic));
}

static void put_accepts(struct scp_writer *w, const struct scp_script_command *command)
{
    if (command->accept_count == 0)
        return;
    if (command->accept_count > SCP_SCRIPT_ACCEPTS_MAX) {
        scp_writer_fail(w, SCP_TOO_LONG);
        return;
    }
    size_t mark = scp_tlv_begin(w, TAG_ACCEPTS);
    for (size_t i = 0; i < command->accept_count; i++) {
        scp_put_u16(w, command->accepts[i].value);
        scp_put_u16(w, command->accepts[i].mask);
    }
    scp_tlv_end(w, mark);
}

static void put_guard(struct scp_writer *w, struct scp_bytes guard)
{
    if (guard.len == 0)
        return;
    if (guard.len != SCP_GUARD_SIZE)
        scp_writer_fail(w, SCP_OUT_OF_RANGE);
    scp_put_tlv(w, TAG_GUARD, guard);
}

void scp_script_add(struct scp_script_writer *s, const struct scp_script_command *command)
{
    if (!s->extended && (command->accept_count > 0 || command->guard.len > 0))
        scp_writer_fail(&s->body, SCP_STATE);
    if (s->count == SCP_SCRIPT_COMMANDS_MAX || command->apdu.len > SCP_APDU_MAX)
        scp_writer_fail(&s->body, SCP_TOO_LONG);
    if (command->apdu.len < C_APDU_MIN)
        scp_writer_fail(&s->body, SCP_TRUNCATED);
    s->count++;
    scp_put_tlv(&s->body, TAG_C_APDU, command->apdu);
    put_accepts(&s->body, command);
    put_guard(&s->body, command->guard);
}

enum scp_error scp_script_finish(const struct scp_script_writer *s, struct scp_writer *out)
{
    SCP_TRY(scp_writer_status(&s->body));
    scp_put_tlv(out, TAG_COMMANDS, scp_written(&s->body));
    return scp_writer_status(out);
}

enum scp_error scp_script_finish_indefinite(const struct scp_script_writer *s,
                                            struct scp_writer *out)
{
    SCP_TRY(scp_writer_status(&s->body));
    scp_put_u8(out, TAG_COMMANDS_INDEFINITE);
    scp_put_u8(out, INDEFINITE_LENGTH);
    scp_put(out, scp_written(&s->body));
    scp_put(out, SCP_BYTES(end_of_contents));
    return scp_writer_status(out);
}

/* ---- templates of definite and indefinite length ------------------------------------------ */

/* Whether the reader stands at the end of its template. An indefinite one ends with 0000, and
 * nothing may follow it. */
static enum scp_error at_end(const struct scp_reader *r, bool indefinite, bool *end)
{
    SCP_TRY(scp_reader_status(r));
    struct scp_bytes rest = scp_reader_rest(r);
    *end = rest.len == 0;
    if (!indefinite)
        return SCP_OK;
    if (*end)
        return SCP_TRUNCATED;
    *end = scp_bytes_start_with(rest, SCP_BYTES(end_of_contents));
    return *end && rest.len > sizeof end_of_contents ? SCP_TRAILING : SCP_OK;
}

/* The next data object. NOT_FOUND at the end of the template. */
static enum scp_error next_object(struct scp_reader *r, bool indefinite, struct scp_tlv *out)
{
    bool end;
    SCP_TRY(at_end(r, indefinite, &end));
    return end ? SCP_NOT_FOUND : scp_tlv_next(r, out);
}

/* Open a template under either tag: `in` reads its contents afterwards. */
static enum scp_error open_template(struct scp_bytes bytes, const uint8_t tags[2],
                                    struct scp_reader *in, bool *indefinite)
{
    if (bytes.len < 2)
        return SCP_TRUNCATED;
    *indefinite = bytes.ptr[0] == tags[1];
    if (*indefinite) {
        *in = scp_reader_on(scp_bytes_from(bytes, 2));
        return bytes.ptr[1] == INDEFINITE_LENGTH ? SCP_OK : SCP_MALFORMED;
    }
    struct scp_bytes value;
    SCP_TRY(scp_tlv_expect(bytes, tags[0], &value));
    *in = scp_reader_on(value);
    return SCP_OK;
}

/* ---- reading a command script ------------------------------------------------------------- */

/* The extended form opens with its magic. */
static enum scp_error read_magic(struct scp_script_reader *s)
{
    s->extended = scp_peek_u8(&s->in) == TAG_MAGIC;
    if (!s->extended)
        return SCP_OK;
    struct scp_tlv tlv;
    SCP_TRY(scp_tlv_next(&s->in, &tlv));
    return scp_bytes_equal(tlv.value, SCP_BYTES(magic)) ? SCP_OK : SCP_UNSUPPORTED;
}

enum scp_error scp_script_open(struct scp_script_reader *s, struct scp_bytes script)
{
    static const uint8_t tags[2] = {TAG_COMMANDS, TAG_COMMANDS_INDEFINITE};
    *s = (struct scp_script_reader){.extended = false};
    if (script.len > SCP_SCRIPT_MAX)
        return SCP_TOO_LONG;
    SCP_TRY(open_template(script, tags, &s->in, &s->indefinite));
    return read_magic(s);
}

static enum scp_error parse_accepts(struct scp_bytes value, struct scp_script_command *out)
{
    if (value.len == 0 || value.len % ACCEPT_SIZE != 0)
        return SCP_MALFORMED;
    if (value.len / ACCEPT_SIZE > SCP_SCRIPT_ACCEPTS_MAX)
        return SCP_TOO_LONG;
    struct scp_reader r = scp_reader_on(value);
    while (scp_reader_left(&r) > 0) {
        struct scp_sw_match *match = &out->accepts[out->accept_count++];
        match->value = scp_get_u16(&r);
        match->mask = scp_get_u16(&r);
    }
    return scp_reader_end(&r);
}

/* What the extended form says about the command just read: each at most once, accepts first. */
static enum scp_error read_extensions(struct scp_reader *in, struct scp_script_command *out)
{
    struct scp_tlv tlv;
    if (scp_peek_u8(in) == TAG_ACCEPTS) {
        SCP_TRY(scp_tlv_next(in, &tlv));
        SCP_TRY(parse_accepts(tlv.value, out));
    }
    if (scp_peek_u8(in) == TAG_GUARD) {
        SCP_TRY(scp_tlv_next(in, &tlv));
        if (tlv.value.len != SCP_GUARD_SIZE)
            return SCP_MALFORMED;
        out->guard = tlv.value;
    }
    return SCP_OK;
}

enum scp_error scp_script_next(struct scp_script_reader *s, struct scp_script_command *out)
{
    struct scp_tlv tlv;
    SCP_TRY(next_object(&s->in, s->indefinite, &tlv));
    if (tlv.tag != TAG_C_APDU)
        return SCP_UNSUPPORTED;
    if (tlv.value.len < C_APDU_MIN)
        return SCP_MALFORMED;
    *out = (struct scp_script_command){.apdu = tlv.value};
    return s->extended ? read_extensions(&s->in, out) : SCP_OK;
}

/* ---- responses ---------------------------------------------------------------------------- */

/* The number of executed commands is an ASN.1 integer: its top bit is a sign. */
static void put_executed(struct scp_writer *w, size_t count)
{
    if (count > INT16_MAX)
        scp_writer_fail(w, SCP_TOO_LONG);
    else if (count > INT8_MAX)
        scp_put_tlv_u16(w, TAG_EXECUTED, (uint16_t)count);
    else
        scp_put_tlv_u8(w, TAG_EXECUTED, (uint8_t)count);
}

static void put_items(struct scp_writer *w, const struct scp_response_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].len < R_APDU_MIN)
            scp_writer_fail(w, SCP_TRUNCATED);
        scp_put_tlv(w, TAG_R_APDU, list->items[i]);
    }
    if (list->bad_format != SCP_FORMAT_GOOD)
        scp_put_tlv_u8(w, TAG_BAD_FORMAT, (uint8_t)list->bad_format);
}

enum scp_error scp_responses_put(struct scp_writer *out, const struct scp_response_list *list)
{
    if (list->indefinite) {
        scp_put_u8(out, TAG_RESPONSES_INDEFINITE);
        scp_put_u8(out, INDEFINITE_LENGTH);
        put_items(out, list);
        scp_put(out, SCP_BYTES(end_of_contents));
    } else {
        size_t mark = scp_tlv_begin(out, TAG_RESPONSES);
        put_executed(out, list->count);
        put_items(out, list);
        scp_tlv_end(out, mark);
    }
    return scp_writer_status(out);
}

enum scp_error scp_script_put_responses(struct scp_writer *out, const struct scp_bytes *items,
                                        size_t count)
{
    const struct scp_response_list list = {.items = items, .count = count};
    return scp_responses_put(out, &list);
}

enum scp_bad_format scp_script_bad_format(enum scp_error error)
{
    switch (error) {
    case SCP_OK:
    case SCP_NOT_FOUND:
        return SCP_FORMAT_GOOD;
    case SCP_UNSUPPORTED:
        return SCP_FORMAT_UNKNOWN_TAG;
    case SCP_TRUNCATED:
        return SCP_FORMAT_NO_LENGTH;
    default:
        return SCP_FORMAT_WRONG_LENGTH;
    }
}

/* The count that a definite list states first. Peers that write 160 as `80 01 A0` are understood.
 */
static enum scp_error read_executed(struct scp_reader *in, size_t *count)
{
    struct scp_tlv tlv = {.tag = 0};
    enum scp_error error = scp_tlv_next(in, &tlv);
    if (error != SCP_OK)
        return error == SCP_NOT_FOUND ? SCP_MALFORMED : error;
    if (tlv.tag != TAG_EXECUTED || tlv.value.len == 0)
        return SCP_MALFORMED;
    if (tlv.value.len > sizeof(uint32_t))
        return SCP_TOO_LONG;
    *count = 0;
    for (size_t i = 0; i < tlv.value.len; i++)
        *count = *count << 8 | tlv.value.ptr[i];
    return SCP_OK;
}

/* The next response; NOT_FOUND at the end and before a bad format, which it does not read. */
static enum scp_error next_response(struct scp_response_reader *r, struct scp_bytes *out)
{
    struct scp_tlv tlv;
    if (scp_peek_u8(&r->in) == TAG_BAD_FORMAT)
        return SCP_NOT_FOUND;
    SCP_TRY(next_object(&r->in, r->indefinite, &tlv));
    if (tlv.tag != TAG_R_APDU || tlv.value.len < R_APDU_MIN)
        return SCP_MALFORMED;
    *out = tlv.value;
    return SCP_OK;
}

/* The bad format at the end of a list, if there is one; nothing may follow it. */
static enum scp_error read_bad_format(struct scp_response_reader *r, uint8_t *code)
{
    struct scp_tlv tlv;
    enum scp_error error = next_object(&r->in, r->indefinite, &tlv);
    *code = 0;
    if (error != SCP_OK)
        return error == SCP_NOT_FOUND ? SCP_OK : error;
    bool end;
    SCP_TRY(at_end(&r->in, r->indefinite, &end));
    if (!end || tlv.value.len != 1 || tlv.value.ptr[0] == 0)
        return SCP_MALFORMED;
    *code = tlv.value.ptr[0];
    return SCP_OK;
}

/* Go through the list ahead of the reader, which is a copy. */
static enum scp_error survey(struct scp_response_reader ahead, size_t *items, uint8_t *bad_format)
{
    struct scp_bytes item;
    enum scp_error error;
    *items = 0;
    while ((error = next_response(&ahead, &item)) == SCP_OK)
        (*items)++;
    return error == SCP_NOT_FOUND ? read_bad_format(&ahead, bad_format) : error;
}

enum scp_error scp_responses_open(struct scp_response_reader *r, struct scp_bytes body)
{
    static const uint8_t tags[2] = {TAG_RESPONSES, TAG_RESPONSES_INDEFINITE};
    *r = (struct scp_response_reader){.executed = 0};
    SCP_TRY(open_template(body, tags, &r->in, &r->indefinite));
    bool counted = !r->indefinite && scp_peek_u8(&r->in) != TAG_BAD_FORMAT;
    size_t stated = 0;
    if (counted)
        SCP_TRY(read_executed(&r->in, &stated));
    uint8_t bad_format;
    SCP_TRY(survey(*r, &r->executed, &bad_format));
    if (counted && stated != r->executed)
        return SCP_MALFORMED;
    r->bad_format = bad_format;
    return bad_format != SCP_FORMAT_GOOD ? SCP_UNSUPPORTED : SCP_OK;
}

enum scp_error scp_responses_next(struct scp_response_reader *r, struct scp_bytes *out)
{
    return next_response(r, out);
}
