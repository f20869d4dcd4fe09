#include "ota-server/vault/template.h"

#include "ota-server/vault/gcm.h"
#include "scp/gp/tlv.h"

/* One pass both checks and expands: without a record nothing is looked up and nothing written. */
struct parser {
    const char *text;
    size_t at;
    unsigned depth;
    const struct scp_bytes *record; /* NULL: check only */
    struct scp_writer *out;
    struct template_problem *problem;
};

static enum scp_error fail(const struct parser *p, size_t position, enum scp_error error,
                           const char *text)
{
    if (p->problem != NULL)
        *p->problem = (struct template_problem){position, text};
    return error;
}

/* ---- characters --------------------------------------------------------------------------- */

static char peek(const struct parser *p)
{
    return p->text[p->at];
}

static void skip_blanks(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
        p->at++;
}

/* Two digits; false, without moving, when they are not there. */
static bool get_byte(struct parser *p, uint8_t *out)
{
    int high = scp_hex_digit(peek(p));
    int low = high < 0 ? -1 : scp_hex_digit(p->text[p->at + 1]);
    if (low < 0)
        return false;
    *out = (uint8_t)(high << 4 | low);
    p->at += 2;
    return true;
}

/* ---- tags and values ---------------------------------------------------------------------- */

/* ISO/IEC 7816-4 5.2.2.1: five one bits in the first byte, then bit 8 of each, say that more
 * follow. */
static enum scp_error parse_tag(struct parser *p, uint32_t *tag)
{
    enum { NUMBER = 0x1F, MORE = 0x80 };
    const size_t start = p->at;
    uint8_t byte = 0;
    if (!get_byte(p, &byte) || byte == 0x00)
        return fail(p, start, SCP_MALFORMED, "a tag in hex is expected here");
    *tag = byte;
    if ((byte & NUMBER) != NUMBER)
        return SCP_OK;
    for (int i = 0; i < 2; i++) {
        if (!get_byte(p, &byte))
            return fail(p, start, SCP_MALFORMED, "the tag is cut short");
        *tag = *tag << 8 | byte;
        if ((byte & MORE) == 0)
            return SCP_OK;
    }
    return fail(p, start, SCP_MALFORMED, "the tag has more than three bytes");
}

/* Give the object of that tag in the record; an empty one when only checking. */
static enum scp_error look_up(const struct parser *p, size_t start, uint32_t tag,
                              struct scp_tlv *out)
{
    *out = (struct scp_tlv){.tag = tag, .value = SCP_EMPTY, .whole = SCP_EMPTY};
    if (p->record == NULL)
        return SCP_OK;
    struct scp_reader r = scp_reader_on(*p->record);
    enum scp_error error = scp_tlv_next(&r, out);
    while (error == SCP_OK && out->tag != tag)
        error = scp_tlv_next(&r, out);
    if (error == SCP_NOT_FOUND)
        return fail(p, start, SCP_NOT_FOUND, "the record has no such object");
    return error == SCP_OK ? SCP_OK : fail(p, start, SCP_MALFORMED, "the record is no TLV");
}

static void put(const struct parser *p, struct scp_bytes bytes)
{
    if (p->out != NULL)
        scp_put(p->out, bytes);
}

static size_t open_object(const struct parser *p, uint32_t tag)
{
    return p->out != NULL ? scp_tlv_begin(p->out, tag) : 0;
}

static void close_object(const struct parser *p, size_t mark)
{
    if (p->out != NULL)
        scp_tlv_end(p->out, mark);
}

/* ---- grammar ------------------------------------------------------------------------------ */

static enum scp_error parse_value(struct parser *p);

static enum scp_error parse_constant(struct parser *p, uint32_t tag)
{
    uint8_t byte = 0;
    p->at++; /* = */
    size_t mark = open_object(p, tag);
    while (get_byte(p, &byte))
        put(p, scp_bytes_of(&byte, 1));
    if (scp_hex_digit(peek(p)) >= 0)
        return fail(p, p->at, SCP_MALFORMED, "the constant has an odd number of digits");
    close_object(p, mark);
    return SCP_OK;
}

static enum scp_error parse_constructed(struct parser *p, size_t start, uint32_t tag)
{
    if (!scp_tag_constructed(tag))
        return fail(p, start, SCP_MALFORMED, "the tag is not one of a constructed object");
    if (p->depth == TEMPLATE_DEPTH_MAX)
        return fail(p, start, SCP_MALFORMED, "objects are nested too deep");
    p->at++; /* ( */
    p->depth++;
    size_t mark = open_object(p, tag);
    SCP_TRY(parse_value(p));
    close_object(p, mark);
    p->depth--;
    if (peek(p) != ')')
        return fail(p, p->at, SCP_MALFORMED, "a closing parenthesis is missing");
    p->at++;
    return SCP_OK;
}

static enum scp_error parse_object(struct parser *p)
{
    const size_t start = p->at;
    uint32_t tag = 0;
    struct scp_tlv found;
    const bool value_alone = peek(p) == '#';
    if (value_alone)
        p->at++;
    SCP_TRY(parse_tag(p, &tag));
    if (!value_alone && peek(p) == '=')
        return parse_constant(p, tag);
    if (!value_alone && peek(p) == '(')
        return parse_constructed(p, start, tag);
    SCP_TRY(look_up(p, start, tag, &found));
    put(p, value_alone ? found.value : found.whole);
    return SCP_OK;
}

static bool at_end_of_value(const struct parser *p)
{
    return peek(p) == '\0' || peek(p) == ')';
}

/* Objects with blanks between, up to the end or a closing parenthesis. */
static enum scp_error parse_value(struct parser *p)
{
    skip_blanks(p);
    while (!at_end_of_value(p)) {
        SCP_TRY(parse_object(p));
        const size_t end = p->at;
        skip_blanks(p);
        if (p->at == end && !at_end_of_value(p))
            return fail(p, end, SCP_MALFORMED, "a blank or the end is expected here");
    }
    return SCP_OK;
}

static enum scp_error parse(struct parser *p)
{
    skip_blanks(p);
    if (peek(p) == '\0')
        return fail(p, p->at, SCP_MALFORMED, "the template is empty");
    SCP_TRY(parse_value(p));
    if (peek(p) == ')')
        return fail(p, p->at, SCP_MALFORMED, "a parenthesis closes that was not opened");
    return SCP_OK;
}

enum scp_error template_check(const char *text, struct template_problem *problem)
{
    struct parser p = {.text = text, .problem = problem};
    return parse(&p);
}

enum scp_error template_expand(const char *text, struct scp_bytes record, struct scp_writer *out,
                               struct template_problem *problem)
{
    struct parser p = {.text = text, .record = &record, .out = out, .problem = problem};
    const size_t before = out->len;
    enum scp_error error = parse(&p);
    if (error == SCP_OK) {
        error = scp_writer_status(out);
        if (error != SCP_OK)
            (void)fail(&p, p.at, error, "the value is too long");
    }
    if (error != SCP_OK)
        writer_take_back(out, before);
    return error;
}
