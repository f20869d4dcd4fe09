#include "policies/assign/draw.h"

#include "scp/crypto/hash.h"

#include <assert.h>
#include <string.h>

enum {
    TAG_MAX = 32,
    ENTRY_MAX = POLICY_DRAW_NAME_MAX + 1 + 32, /* a name and what follows it */
    MESSAGE_MAX = TAG_MAX + 2 * POLICY_DRAW_HASH_SIZE + (POLICY_DRAW_PARTIES_MAX + 1) * ENTRY_MAX
};

static void put_line(struct scp_writer *w, const char *text)
{
    scp_put(w, scp_bytes_of(text, strlen(text)));
    scp_put_u8(w, '\n');
}

static enum scp_error hash_of(const struct scp_writer *w, uint8_t hash[POLICY_DRAW_HASH_SIZE])
{
    SCP_TRY(scp_writer_status(w));
    return scp_sha256(scp_written(w), hash);
}

enum scp_error policy_draw_terms_hash(const struct policy_draw_terms *terms,
                                      uint8_t hash[POLICY_DRAW_HASH_SIZE])
{
    uint8_t message[MESSAGE_MAX];
    struct scp_writer w = scp_writer_on(message, sizeof message);
    put_line(&w, "rebind-draw-terms-1");
    put_line(&w, terms->name);
    scp_put(&w, SCP_BYTES(terms->cards_digest));
    for (size_t i = 0; i < terms->candidate_count; i++) {
        put_line(&w, terms->candidates[i].bank);
        scp_put_u64(&w, (uint64_t)terms->candidates[i].share);
        scp_put_u64(&w, (uint64_t)terms->candidates[i].held);
    }
    return hash_of(&w, hash);
}

enum scp_error policy_draw_commit(const uint8_t terms[POLICY_DRAW_HASH_SIZE], const char *party,
                                  const uint8_t secret[POLICY_DRAW_SECRET_SIZE],
                                  uint8_t commitment[POLICY_DRAW_HASH_SIZE])
{
    uint8_t message[TAG_MAX + POLICY_DRAW_HASH_SIZE + ENTRY_MAX];
    struct scp_writer w = scp_writer_on(message, sizeof message);
    put_line(&w, "rebind-draw-commit-1");
    scp_put(&w, scp_bytes_of(terms, POLICY_DRAW_HASH_SIZE));
    put_line(&w, party);
    scp_put(&w, scp_bytes_of(secret, POLICY_DRAW_SECRET_SIZE));
    return hash_of(&w, commitment);
}

enum scp_error policy_draw_seed(const uint8_t terms[POLICY_DRAW_HASH_SIZE],
                                const struct policy_draw_party parties[], size_t count,
                                uint8_t seed[POLICY_DRAW_HASH_SIZE], size_t *cheat)
{
    uint8_t message[MESSAGE_MAX];
    struct scp_writer w = scp_writer_on(message, sizeof message);
    put_line(&w, "rebind-draw-seed-1");
    scp_put(&w, scp_bytes_of(terms, POLICY_DRAW_HASH_SIZE));
    for (size_t i = 0; i < count; i++) {
        uint8_t commitment[POLICY_DRAW_HASH_SIZE];
        SCP_TRY(policy_draw_commit(terms, parties[i].name, parties[i].secret, commitment));
        *cheat = i;
        if (memcmp(commitment, parties[i].commitment, sizeof commitment) != 0)
            return SCP_MISMATCH;
        put_line(&w, parties[i].name);
        scp_put(&w, SCP_BYTES(parties[i].secret));
    }
    return hash_of(&w, seed);
}

/* ---- numbers ------------------------------------------------------------------------------ */

struct policy_draw_stream policy_draw_stream_on(const uint8_t seed[POLICY_DRAW_HASH_SIZE])
{
    struct policy_draw_stream stream = {.used = POLICY_DRAW_HASH_SIZE};
    memcpy(stream.seed, seed, sizeof stream.seed);
    return stream;
}

static void refill(struct policy_draw_stream *stream)
{
    uint8_t message[TAG_MAX + POLICY_DRAW_HASH_SIZE + 8];
    struct scp_writer w = scp_writer_on(message, sizeof message);
    put_line(&w, "rebind-draw-stream-1");
    scp_put(&w, SCP_BYTES(stream->seed));
    scp_put_u64(&w, stream->next_block++);
    enum scp_error error = hash_of(&w, stream->block);
    if (stream->error == SCP_OK)
        stream->error = error;
    stream->used = 0;
}

static uint64_t next_number(struct policy_draw_stream *stream)
{
    if (stream->used == sizeof stream->block)
        refill(stream);
    struct scp_reader r = scp_reader_on(scp_bytes_of(stream->block + stream->used, 8));
    stream->used += 8;
    return scp_get_u64(&r);
}

uint64_t policy_draw_below(struct policy_draw_stream *stream, uint64_t n)
{
    assert(n > 0);
    uint64_t spare = (UINT64_MAX % n + 1) % n; /* 2^64 mod n */
    uint64_t number = next_number(stream);
    while (number > UINT64_MAX - spare && stream->error == SCP_OK)
        number = next_number(stream);
    return number % n;
}

static void shuffle(struct policy_draw_stream *stream, uint32_t list[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        list[i] = (uint32_t)i;
    for (size_t i = count; i-- > 1;) {
        size_t j = (size_t)policy_draw_below(stream, i + 1);
        uint32_t moved = list[i];
        list[i] = list[j];
        list[j] = moved;
    }
}

enum scp_error policy_draw_deal(const struct policy_draw_terms *terms,
                                const uint8_t seed[POLICY_DRAW_HASH_SIZE], struct policy_deal *deal)
{
    uint32_t places[POLICY_CANDIDATES_MAX];
    uint32_t rank[POLICY_CANDIDATES_MAX];
    size_t banks = terms->candidate_count;
    struct policy_draw_stream stream = policy_draw_stream_on(seed);
    shuffle(&stream, places, banks);
    for (size_t i = 0; i < banks; i++)
        rank[places[i]] = (uint32_t)i;
    policy_assign_quotas(terms->candidates, banks, (int64_t)deal->count, rank, deal->quotas);
    shuffle(&stream, deal->order, deal->count);
    size_t at = 0;
    for (size_t bank = 0; bank < banks; bank++)
        for (int64_t left = deal->quotas[bank]; left > 0; left--)
            deal->banks[deal->order[at++]] = (uint16_t)bank;
    return stream.error;
}
