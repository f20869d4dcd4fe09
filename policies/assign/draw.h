/* A draw that anybody can recompute: cards are dealt to banks by lot, by declared shares.
 *
 * The steps, in this order:
 *  1. The terms are frozen: the draw's name, the digest of the card list (the SHA-256 of a file
 * with one card id a line, ascending by bytes, each ended by a line feed), and for every bank,
 * ascending by id, its share and the cards that it holds. terms = SHA-256("rebind-draw-terms-1\n"
 * name "\n" digest {bank "\n" share(8) held(8)}…)
 *  2. Each party, all banks that wish and the bureau, chooses a secret of 32 bytes and publishes
 *         commitment = SHA-256("rebind-draw-commit-1\n" terms party "\n" secret)
 *  3. When all commitments are published, the secrets are; each must match its commitment.
 *         seed = SHA-256("rebind-draw-seed-1\n" terms {party "\n" secret}…), parties ascending
 *  4. Numbers are the big-endian 8-byte parts, in order, of
 *         SHA-256("rebind-draw-stream-1\n" seed block(8)), block = 0, 1, 2, …
 *     A number below n is x mod n; an x at or above the largest multiple of n that fits 64 bits is
 *     thrown away first, so that no remainder is likelier than another.
 *  5. Fisher and Yates: for i = count - 1 down to 1, places i and (number below i + 1) change over.
 *     The banks' indexes are shuffled first (a bank's place is its rank), then the cards' indexes.
 *  6. Quotas come from shares, holdings and ranks (shares.h). The first cards of the shuffled list
 * go to the first bank, as many as its quota is, the next to the second, and so on. Counts in
 * parentheses are bytes, big-endian.
 *
 * One party's honest secret is enough for nobody to know the seed in advance. A party that keeps
 * its secret back can void a draw but not steer it: the draw is done again under a new name, and
 * who withheld is on record. The bureau reveals first, so that it cannot choose to void.
 *
 * Pure; secrets are public once revealed. */
#ifndef POLICIES_ASSIGN_DRAW_H
#define POLICIES_ASSIGN_DRAW_H

#include "policies/assign/shares.h"
#include "scp/base/bytes.h"

enum {
    POLICY_DRAW_HASH_SIZE = 32,
    POLICY_DRAW_SECRET_SIZE = 32,
    POLICY_DRAW_PARTIES_MAX = POLICY_CANDIDATES_MAX + 1,
    POLICY_DRAW_NAME_MAX = 64 /* bytes of a draw's, bank's or party's name; no line feed in it */
};

struct policy_draw_terms {
    const char *name;
    uint8_t cards_digest[POLICY_DRAW_HASH_SIZE];
    const struct policy_candidate *candidates; /* ascending by the bytes of `bank`, each once */
    size_t candidate_count;
};

struct policy_draw_party {
    const char *name;
    uint8_t commitment[POLICY_DRAW_HASH_SIZE];
    uint8_t secret[POLICY_DRAW_SECRET_SIZE];
};

/* CRYPTO when the hash fails. */
SCP_MUST_USE enum scp_error policy_draw_terms_hash(const struct policy_draw_terms *terms,
                                                   uint8_t hash[POLICY_DRAW_HASH_SIZE]);
SCP_MUST_USE enum scp_error policy_draw_commit(const uint8_t terms[POLICY_DRAW_HASH_SIZE],
                                               const char *party,
                                               const uint8_t secret[POLICY_DRAW_SECRET_SIZE],
                                               uint8_t commitment[POLICY_DRAW_HASH_SIZE]);
/* The seed from parties ascending by name. MISMATCH when a secret does not match its commitment;
 * `*cheat` is then the party's index. */
SCP_MUST_USE enum scp_error policy_draw_seed(const uint8_t terms[POLICY_DRAW_HASH_SIZE],
                                             const struct policy_draw_party parties[], size_t count,
                                             uint8_t seed[POLICY_DRAW_HASH_SIZE], size_t *cheat);

/* Numbers from a seed. */
struct policy_draw_stream {
    uint8_t seed[POLICY_DRAW_HASH_SIZE];
    uint8_t block[POLICY_DRAW_HASH_SIZE];
    uint64_t next_block;
    size_t used; /* bytes of `block` */
    enum scp_error error;
};
struct policy_draw_stream policy_draw_stream_on(const uint8_t seed[POLICY_DRAW_HASH_SIZE]);
/* Evenly 0 to n - 1; n is at least 1. */
uint64_t policy_draw_below(struct policy_draw_stream *stream, uint64_t n);

/* Deal `count` cards (up to UINT32_MAX): banks[i] becomes the index of the bank that card i of the
 * list gets. `order` is room for `count` numbers, `quotas` for the candidates. */
struct policy_deal {
    size_t count;
    uint32_t *order;
    uint16_t *banks;
    int64_t *quotas;
};
SCP_MUST_USE enum scp_error policy_draw_deal(const struct policy_draw_terms *terms,
                                             const uint8_t seed[POLICY_DRAW_HASH_SIZE],
                                             struct policy_deal *deal);

#endif
