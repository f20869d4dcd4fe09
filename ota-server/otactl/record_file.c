#include "ota-server/otactl/record_file.h"

#include "scp/base/secret.h"
#include "scp/gp/tlv.h"

#include <string.h>

enum { TAG_MAX = 3, VALUE_MAX = 1024 };

/* Hex of one whole tag, or false: with an empty value behind it, it reads as that. */
static bool parse_tag(const char *hex, uint32_t *tag)
{
    uint8_t bytes[TAG_MAX + 1];
    struct scp_tlv tlv;
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    if (scp_hex_decode(hex, &w) != SCP_OK)
        return false;
    scp_put_u8(&w, 0);
    if (scp_tlv_parse(scp_written(&w), &tlv) != SCP_OK || tlv.tag == 0)
        return false;
    *tag = tlv.tag;
    return tlv.value.len == 0;
}

static enum scp_error put_object(char *line, struct scp_writer *to)
{
    uint8_t value[VALUE_MAX];
    uint32_t tag;
    struct scp_bytes there;
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return SCP_MALFORMED;
    *equals = '\0';
    if (!parse_tag(line, &tag))
        return SCP_MALFORMED;
    if (scp_tlv_find(scp_written(to), tag, &there) == SCP_OK)
        return SCP_DUPLICATE;
    struct scp_writer w = scp_writer_on(value, sizeof value);
    enum scp_error error = scp_hex_decode(equals + 1, &w);
    if (error == SCP_OK) {
        scp_put_tlv(to, tag, scp_written(&w));
        error = scp_writer_status(to);
    }
    scp_wipe(value, sizeof value);
    return error;
}

static bool is_skipped(const char *line)
{
    return line[0] == '\0' || line[0] == '#';
}

/* The text holds secrets: a fault is named by its line and never quoted. */
enum scp_error record_file_parse(struct rebind_blob *text, struct scp_writer *to,
                                 struct rebind_problem *problem)
{
    unsigned number = 0;
    char *next = (char *)text->ptr;
    if (strlen(next) != text->len)
        return rebind_problem_set(problem, SCP_MALFORMED, "the record is no text");
    while (next != NULL && next[0] != '\0') {
        char *line = next;
        char *end = strchr(line, '\n');
        next = end == NULL ? NULL : end + 1;
        if (end != NULL)
            *end = '\0';
        number++;
        enum scp_error error = is_skipped(line) ? SCP_OK : put_object(line, to);
        if (error != SCP_OK)
            return rebind_problem_set(problem, error, "line %u of the record: %s", number,
                                      error == SCP_MALFORMED ? "must be TAG=HEX"
                                                             : scp_error_text(error));
    }
    return SCP_OK;
}
