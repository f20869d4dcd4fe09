#include "agent/terminal/emv.h"

#include "scp/gp/tlv.h"

#include <string.h>

enum {
    TAG_FCI = 0x6F,
    TAG_PROPRIETARY = 0xA5,
    TAG_ISSUER_DATA = 0xBF0C,
    TAG_ENTRY = 0x61,
    TAG_AID = 0x4F,
    TAG_LABEL = 0x50,
    TAG_PRIORITY = 0x87,
    TAG_FORMAT_1 = 0x80,
    TAG_FORMAT_2 = 0x77,
    TAG_AIP = 0x82,
    TAG_AFL = 0x94,
    TAG_PAN = 0x5A,
    TAG_TRACK_2 = 0x57,
    TAG_EXPIRY = 0x5F24,
    TAG_CID = 0x9F27,
    TAG_ATC = 0x9F36,
    TAG_AC = 0x9F26,
    TAG_IAD = 0x9F10,
    AC_SIZE = 8,
    AFL_ENTRY = 4,
};

/* ---- directory ---------------------------------------------------------------------------- */

static void copy_label(char to[EMV_LABEL_MAX + 1], struct scp_bytes label)
{
    size_t len = label.len < EMV_LABEL_MAX ? label.len : EMV_LABEL_MAX;
    for (size_t i = 0; i < len; i++)
        to[i] = (char)(label.ptr[i] >= 0x20 && label.ptr[i] < 0x7F ? label.ptr[i] : '?');
    to[len] = '\0';
}

static enum scp_error read_entry(struct scp_bytes entry, struct emv_candidate *out)
{
    struct scp_bytes value;
    *out = (struct emv_candidate){0};
    SCP_TRY(scp_tlv_find(entry, TAG_AID, &value));
    SCP_TRY(scp_aid_from(&out->aid, value));
    if (scp_tlv_find(entry, TAG_LABEL, &value) == SCP_OK)
        copy_label(out->label, value);
    if (scp_tlv_find(entry, TAG_PRIORITY, &value) == SCP_OK && value.len == 1)
        out->priority = value.ptr[0] & 0x0F;
    return SCP_OK;
}

/* No priority comes after all others. */
static unsigned rank(const struct emv_candidate *candidate)
{
    return candidate->priority == 0 ? 0x10 : candidate->priority;
}

static void insert(struct emv_candidate *list, size_t count, const struct emv_candidate *entry)
{
    size_t at = count;
    for (; at > 0 && rank(&list[at - 1]) > rank(entry); at--)
        list[at] = list[at - 1];
    list[at] = *entry;
}

enum scp_error emv_directory_entries(struct scp_bytes entries,
                                     struct emv_candidate list[EMV_CANDIDATES_MAX], size_t *count)
{
    struct scp_reader r = scp_reader_on(entries);
    struct scp_tlv tlv;
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        struct emv_candidate candidate;
        if (tlv.tag != TAG_ENTRY || read_entry(tlv.value, &candidate) != SCP_OK)
            continue; /* an entry without a valid AID is passed over (Book 1 12.3.2) */
        if (*count == EMV_CANDIDATES_MAX)
            return SCP_TOO_LONG;
        insert(list, (*count)++, &candidate);
    }
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error emv_directory_parse(struct scp_bytes fci,
                                   struct emv_candidate list[EMV_CANDIDATES_MAX], size_t *count)
{
    struct scp_bytes value;
    *count = 0;
    SCP_TRY(scp_tlv_expect(fci, TAG_FCI, &value));
    SCP_TRY(scp_tlv_find(value, TAG_PROPRIETARY, &value));
    enum scp_error error = scp_tlv_find(value, TAG_ISSUER_DATA, &value);
    if (error != SCP_OK)
        return error == SCP_NOT_FOUND ? SCP_OK : error;
    return emv_directory_entries(value, list, count);
}

/* ---- data object lists -------------------------------------------------------------------- */

/* Objects of format n: they stand at the right of their field. */
static bool is_numeric(uint32_t tag)
{
    static const uint32_t numeric[] = {0x9F02, 0x9F03, 0x9F1A, 0x5F2A, 0x9A, 0x9C, 0x9F21, 0x9F35};
    for (size_t i = 0; i < sizeof numeric / sizeof numeric[0]; i++)
        if (numeric[i] == tag)
            return true;
    return false;
}

static uint32_t get_tag(struct scp_reader *r)
{
    uint32_t tag = scp_get_u8(r);
    if ((tag & 0x1F) != 0x1F)
        return tag;
    uint8_t next;
    do {
        next = scp_get_u8(r);
        if (tag > 0xFFFF)
            scp_reader_fail(r, SCP_UNSUPPORTED);
        tag = tag << 8 | next;
    } while ((next & 0x80) != 0 && scp_reader_status(r) == SCP_OK);
    return tag;
}

static void put_field(struct scp_writer *out, bool numeric, struct scp_bytes value, size_t len)
{
    size_t kept = value.len < len ? value.len : len;
    if (numeric) {
        scp_put_fill(out, 0, len - kept);
        scp_put(out, scp_bytes_from(value, value.len - kept));
    } else {
        scp_put(out, scp_bytes_slice(value, 0, kept));
        scp_put_fill(out, 0, len - kept);
    }
}

enum scp_error emv_dol_fill(struct scp_bytes dol, struct scp_bytes objects, struct scp_writer *out)
{
    struct scp_reader r = scp_reader_on(dol);
    while (scp_reader_left(&r) > 0) {
        uint32_t tag = get_tag(&r);
        size_t len = scp_get_u8(&r);
        SCP_TRY(scp_reader_status(&r));
        struct scp_bytes value;
        if (scp_tlv_find(objects, tag, &value) != SCP_OK)
            value = SCP_EMPTY;
        put_field(out, is_numeric(tag), value, len);
    }
    SCP_TRY(scp_reader_end(&r));
    return scp_writer_status(out);
}

/* ---- processing options and records ------------------------------------------------------- */

enum scp_error emv_options_parse(struct scp_bytes data, struct emv_options *out)
{
    struct scp_tlv tlv;
    SCP_TRY(scp_tlv_parse(data, &tlv));
    if (tlv.tag == TAG_FORMAT_1) {
        out->aip = scp_bytes_slice(tlv.value, 0, 2);
        out->afl = scp_bytes_from(tlv.value, 2);
    } else if (tlv.tag == TAG_FORMAT_2) {
        SCP_TRY(scp_tlv_find(tlv.value, TAG_AIP, &out->aip));
        SCP_TRY(scp_tlv_find(tlv.value, TAG_AFL, &out->afl));
    } else {
        return SCP_MALFORMED;
    }
    return out->aip.len == 2 && out->afl.len % AFL_ENTRY == 0 && out->afl.len <= EMV_AFL_MAX
               ? SCP_OK
               : SCP_MALFORMED;
}

struct emv_afl_walk emv_afl_begin(struct scp_bytes afl)
{
    return (struct emv_afl_walk){.in = scp_reader_on(afl), .record = 1};
}

enum scp_error emv_afl_next(struct emv_afl_walk *walk, uint8_t *sfi, uint8_t *record)
{
    while (walk->record > walk->last) {
        if (scp_reader_left(&walk->in) == 0)
            return scp_reader_status(&walk->in) == SCP_OK ? SCP_NOT_FOUND
                                                          : scp_reader_status(&walk->in);
        walk->sfi = scp_get_u8(&walk->in) >> 3;
        walk->record = scp_get_u8(&walk->in);
        walk->last = scp_get_u8(&walk->in);
        (void)scp_get_u8(&walk->in); /* how many are signed offline */
        SCP_TRY(scp_reader_status(&walk->in));
        if (walk->sfi == 0 || walk->sfi > 30 || walk->record == 0 || walk->last < walk->record ||
            walk->last == 0xFF)
            return SCP_MALFORMED;
    }
    *sfi = walk->sfi;
    *record = walk->record++;
    return SCP_OK;
}

/* ---- cryptogram --------------------------------------------------------------------------- */

static enum scp_error read_format_1(struct scp_bytes value, struct emv_cryptogram_answer *out)
{
    struct scp_reader r = scp_reader_on(value);
    out->information = scp_get_u8(&r);
    out->atc = scp_get_u16(&r);
    out->cryptogram = scp_get(&r, AC_SIZE);
    out->issuer_data = scp_reader_rest(&r);
    return scp_reader_status(&r);
}

static enum scp_error read_format_2(struct scp_bytes value, struct emv_cryptogram_answer *out)
{
    struct scp_bytes information;
    struct scp_bytes atc;
    SCP_TRY(scp_tlv_find(value, TAG_CID, &information));
    SCP_TRY(scp_tlv_find(value, TAG_ATC, &atc));
    SCP_TRY(scp_tlv_find(value, TAG_AC, &out->cryptogram));
    if (information.len != 1 || atc.len != 2 || out->cryptogram.len != AC_SIZE)
        return SCP_MALFORMED;
    out->information = information.ptr[0];
    out->atc = scp_load_u16(atc.ptr);
    enum scp_error error = scp_tlv_find(value, TAG_IAD, &out->issuer_data);
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error emv_cryptogram_parse(struct scp_bytes data, struct emv_cryptogram_answer *out)
{
    struct scp_tlv tlv;
    *out = (struct emv_cryptogram_answer){0};
    SCP_TRY(scp_tlv_parse(data, &tlv));
    if (tlv.tag == TAG_FORMAT_1)
        return read_format_1(tlv.value, out);
    return tlv.tag == TAG_FORMAT_2 ? read_format_2(tlv.value, out) : SCP_MALFORMED;
}

const char *emv_cryptogram_type(uint8_t information)
{
    static const char *const types[] = {"AAC", "TC", "ARQC", "unknown"};
    return types[information >> 6];
}

/* ---- what people may see ------------------------------------------------------------------ */

/* The digits of a PAN up to padding or separator; 0 when they are none of a PAN's. */
static size_t pan_digits(struct scp_bytes value, char digits[EMV_PAN_TEXT_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < 2 * value.len && count + 1 < EMV_PAN_TEXT_MAX; i++) {
        uint8_t digit = i % 2 == 0 ? value.ptr[i / 2] >> 4 : value.ptr[i / 2] & 0x0F;
        if (digit > 9)
            break;
        digits[count++] = (char)('0' + digit);
    }
    digits[count] = '\0';
    return count;
}

enum scp_error emv_masked_pan(struct scp_bytes objects, char text[EMV_PAN_TEXT_MAX])
{
    enum { HEAD = 6, TAIL = 4, HIDDEN_MIN = 3 };
    struct scp_bytes value;
    if (scp_tlv_find(objects, TAG_PAN, &value) != SCP_OK)
        SCP_TRY(scp_tlv_find(objects, TAG_TRACK_2, &value));
    size_t count = pan_digits(value, text);
    if (count <= TAIL)
        return SCP_NOT_FOUND;
    size_t head = count >= HEAD + HIDDEN_MIN + TAIL ? HEAD : 0;
    memset(text + head, '*', count - head - TAIL);
    return SCP_OK;
}

enum scp_error emv_expiry(struct scp_bytes objects, char text[EMV_DATE_TEXT_MAX])
{
    struct scp_bytes value;
    SCP_TRY(scp_tlv_find(objects, TAG_EXPIRY, &value));
    if (value.len < 2)
        return SCP_MALFORMED;
    char hex[SCP_HEX_SIZE(2)];
    scp_hex_encode(hex, sizeof hex, scp_bytes_slice(value, 0, 2));
    if (strspn(hex, "0123456789") != 4)
        return SCP_MALFORMED;
    const char expiry[EMV_DATE_TEXT_MAX] = {'2', '0', hex[0], hex[1], '-', hex[2], hex[3], '\0'};
    memcpy(text, expiry, sizeof expiry);
    return SCP_OK;
}
