/* card-keys SCHEME ENC MAC DEK DIVERSIFICATION-DATA: the three keys of one card, in hex, one a
 * line. For tests that look for keys where none may be. */
#include "scp/crypto/kdf.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARGUMENTS = 6, DIVERSIFICATION_SIZE = 10 };

static bool read_key(const char *hex, struct scp_key *key)
{
    uint8_t bytes[SCP_KEY_MAX];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    return scp_hex_decode(hex, &w) == SCP_OK && scp_key_from(key, scp_written(&w)) == SCP_OK;
}

static void print_key(const struct scp_key *key)
{
    char hex[SCP_HEX_SIZE(SCP_KEY_MAX)];
    scp_hex_encode(hex, sizeof hex, scp_bytes_of(key->bytes, key->len));
    puts(hex);
}

int main(int argc, char **argv)
{
    enum scp_diversification scheme;
    struct scp_key_set masters;
    struct scp_key_set keys;
    uint8_t data[DIVERSIFICATION_SIZE];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    if (argc != ARGUMENTS || scp_diversification_from_name(argv[1], &scheme) != SCP_OK ||
        !read_key(argv[2], &masters.enc) || !read_key(argv[3], &masters.mac) ||
        !read_key(argv[4], &masters.dek) || scp_hex_decode(argv[5], &w) != SCP_OK ||
        w.len != sizeof data || scp_diversify(scheme, &masters, data, &keys) != SCP_OK) {
        fputs("usage: card-keys SCHEME ENC MAC DEK DIVERSIFICATION-DATA\n", stderr);
        return EXIT_FAILURE;
    }
    print_key(&keys.enc);
    print_key(&keys.mac);
    print_key(&keys.dek);
    return EXIT_SUCCESS;
}
