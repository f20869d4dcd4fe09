#include "scp/gp/aid.h"

#include <string.h>

enum scp_error scp_aid_from(struct scp_aid *aid, struct scp_bytes bytes)
{
    if (bytes.len < SCP_AID_MIN || bytes.len > SCP_AID_MAX)
        return SCP_OUT_OF_RANGE;
    struct scp_aid copy = {.len = bytes.len};
    struct scp_reader r = scp_reader_on(bytes);
    scp_get_into(&r, copy.bytes, bytes.len);
    *aid = copy;
    return SCP_OK;
}

enum scp_error scp_aid_parse(struct scp_aid *aid, const char *hex)
{
    uint8_t bytes[SCP_AID_MAX];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    enum scp_error error = scp_hex_decode(hex, &w);
    if (error == SCP_NO_SPACE)
        return SCP_OUT_OF_RANGE;
    return error != SCP_OK ? error : scp_aid_from(aid, scp_written(&w));
}

struct scp_bytes scp_aid_bytes(const struct scp_aid *aid)
{
    return scp_bytes_of(aid->bytes, aid->len);
}

bool scp_aid_equal(const struct scp_aid *a, const struct scp_aid *b)
{
    return scp_bytes_equal(scp_aid_bytes(a), scp_aid_bytes(b));
}

int scp_aid_compare(const struct scp_aid *a, const struct scp_aid *b)
{
    size_t common = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->bytes, b->bytes, common);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

bool scp_aid_matches(const struct scp_aid *aid, struct scp_bytes prefix)
{
    return scp_bytes_start_with(scp_aid_bytes(aid), prefix);
}

char *scp_aid_hex(const struct scp_aid *aid, char text[SCP_AID_HEX_SIZE])
{
    return scp_hex_encode(text, SCP_AID_HEX_SIZE, scp_aid_bytes(aid));
}
