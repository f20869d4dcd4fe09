#include "scp/base/secret.h"

#include <string.h>

void scp_wipe(void *ptr, size_t len)
{
    /* The compiler cannot know what stands in a volatile pointer, so it neither removes the call
     * nor sees through it; and memset is fast where a loop over volatile bytes is not. */
    void *(*const volatile fill)(void *ptr, int value, size_t len) = memset;
    if (len > 0)
        (void)fill(ptr, 0, len);
}

bool scp_equal_constant_time(const void *a, const void *b, size_t len)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < len; i++)
        difference = (uint8_t)(difference | (left[i] ^ right[i]));
    return difference == 0;
}

enum scp_error scp_key_from(struct scp_key *key, struct scp_bytes bytes)
{
    if (bytes.len != 16 && bytes.len != 24 && bytes.len != 32)
        return SCP_OUT_OF_RANGE;
    memset(key, 0, sizeof *key);
    memcpy(key->bytes, bytes.ptr, bytes.len);
    key->len = bytes.len;
    return SCP_OK;
}

struct scp_bytes scp_key_bytes(const struct scp_key *key)
{
    return scp_bytes_of(key->bytes, key->len);
}
