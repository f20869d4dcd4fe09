#include "ota-server/rebind/dol.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { TAG_UNPREDICTABLE_NUMBER = 0x9F37, CONSTANT_HEX_MAX = 512 };

/* A tag of one or two bytes, as DOLs have them. */
static uint16_t get_tag(struct scp_reader *r)
{
    uint16_t tag = scp_get_u8(r);
    if ((tag & 0x1F) == 0x1F)
        tag = (uint16_t)(tag << 8 | scp_get_u8(r));
    return tag;
}

enum scp_error dol_fill(struct scp_bytes dol, const struct rebind_env *env, struct scp_writer *out)
{
    struct scp_reader r = scp_reader_on(dol);
    while (scp_reader_left(&r) > 0) {
        uint16_t tag = get_tag(&r);
        size_t len = scp_get_u8(&r);
        if (scp_reader_status(&r) != SCP_OK)
            return SCP_MALFORMED;
        uint8_t *at = scp_put_space(out, len);
        if (at == NULL)
            return scp_writer_status(out);
        memset(at, 0, len);
        if (tag == TAG_UNPREDICTABLE_NUMBER)
            rebind_random(env, at, len);
    }
    return scp_reader_status(&r);
}

enum scp_error dol_from_template(const char *template, const char *tag, struct scp_writer *out)
{
    char wanted[16];
    char hex[CONSTANT_HEX_MAX];
    snprintf(wanted, sizeof wanted, "%s=", tag);
    const char *at = strstr(template, wanted);
    /* A match inside a longer word is another tag's end or part of a constant. */
    while (at != NULL && at != template && isxdigit((unsigned char)at[-1]))
        at = strstr(at + 1, wanted);
    if (at == NULL)
        return SCP_NOT_FOUND;
    at += strlen(wanted);
    snprintf(hex, sizeof hex, "%.*s", (int)strspn(at, "0123456789ABCDEFabcdef"), at);
    return scp_hex_decode(hex, out);
}
