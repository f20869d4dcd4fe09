/* Keys from files that nobody else may read.
 *
 * A key set is YAML:
 *
 *     scheme: kdf3      # how a card's keys come from these: none (default), emv, visa2, kdf3
 *     kvn: 48           # the key version number they stand under; left out: the card's choice
 *     enc: 404142434445464748494A4B4C4D4E4F
 *     mac: 404142434445464748494A4B4C4D4E4F
 *     dek: 404142434445464748494A4B4C4D4E4F
 *
 * The key sets that soft cards are issued from have the same form; their `social_update` is passed
 * over. A single key is its hex digits alone. */
#ifndef AGENT_TERMINAL_KEY_FILE_H
#define AGENT_TERMINAL_KEY_FILE_H

#include "scp/crypto/kdf.h"
#include "scp/host/problem.h"

struct terminal_keys {
    struct scp_key_set masters;
    enum scp_diversification scheme;
    int kvn; /* -1: none named */
};

/* On error the problem says why. `keys` is wiped by the caller. MALFORMED, OUT_OF_RANGE (length of
 * a key, or a file open to others), NOT_FOUND, IO. */
SCP_MUST_USE enum scp_error terminal_key_set_read(const char *path, struct terminal_keys *keys,
                                                  struct rebind_problem *problem);
SCP_MUST_USE enum scp_error terminal_key_read(const char *path, struct scp_key *key,
                                              struct rebind_problem *problem);

#endif
