#include "ota-server/api/base64.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/coding.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <string.h>

enum { ENCODED_MAX = 1024, TEXT_SIZE = (ENCODED_MAX + 2) / 3 * 4 + 1 };

enum scp_error base64_decode(const char *text, struct scp_writer *to)
{
    size_t text_len = strlen(text);
    size_t room = scp_writer_room(to);
    if (text_len == 0 || text_len % 4 != 0)
        return SCP_MALFORMED;
    word32 len = text_len / 4 * 3;
    if (len > room)
        len = (word32)room;
    uint8_t *at = to->buf + to->len;
    int result = Base64_Decode((const byte *)text, (word32)text_len, at, &len);
    if (result == BAD_FUNC_ARG || result == BUFFER_E)
        return SCP_NO_SPACE;
    if (result != 0)
        return SCP_MALFORMED;
    scp_put_space(to, len);
    return scp_writer_status(to);
}

json_t *base64_json(struct scp_bytes bytes)
{
    byte text[TEXT_SIZE];
    word32 len = sizeof text;
    if (bytes.len > ENCODED_MAX ||
        Base64_Encode_NoNl(bytes.ptr, (word32)bytes.len, text, &len) != 0)
        return NULL;
    return json_stringn((const char *)text, len);
}
