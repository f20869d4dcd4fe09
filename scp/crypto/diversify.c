#include "scp/crypto/diversify.h"

#include "scp/crypto/cipher.h"
#include "scp/crypto/mac.h"

#include <string.h>

enum { INPUT_MAX = 512, KEY_COUNT = 3, CMAC_SIZE = 16 };

static const struct {
    const char *name;
    const char *text;
} schemes[] = {
#define SCHEME_ROW(name, word, text) {word, text},
    SCP_DIVERSIFICATIONS(SCHEME_ROW)
#undef SCHEME_ROW
};

enum { SCHEME_COUNT = sizeof schemes / sizeof schemes[0] };

/* ---- one key ------------------------------------------------------------------------------- */

/* What a rule works on: one key of the set. */
struct job {
    const struct scp_diversifier_rule *rule;
    const struct scp_key *master;
    const uint8_t *data;
    uint8_t number;
};

/* A number of 1, 2 or 4 bytes. */
static void put_number(struct scp_writer *w, size_t size, uint32_t value)
{
    if (size == 4)
        scp_put_u32(w, value);
    else if (size == 2)
        scp_put_u16(w, (uint16_t)value);
    else
        scp_put_u8(w, (uint8_t)value);
}

/* The items as bytes, for block `counter` of a key of `key_len` bytes. */
static void put_items(struct scp_writer *w, const struct job *job, uint32_t counter, size_t key_len)
{
    struct scp_bytes data = scp_bytes_of(job->data, SCP_DIVERSIFICATION_DATA);
    for (size_t i = 0; i < job->rule->count; i++) {
        const struct scp_diversifier_item *item = &job->rule->items[i];
        switch (item->kind) {
        case SCP_DIVERSIFIER_CONSTANT:
            scp_put_u8(w, item->first);
            break;
        case SCP_DIVERSIFIER_DATA:
            scp_put(w, scp_bytes_slice(data, item->first, item->last - item->first + (size_t)1));
            break;
        case SCP_DIVERSIFIER_NUMBER:
            scp_put_u8(w, job->number);
            break;
        case SCP_DIVERSIFIER_COUNTER:
            put_number(w, item->first, counter);
            break;
        case SCP_DIVERSIFIER_LENGTH:
            put_number(w, item->first, (uint32_t)(8 * key_len));
            break;
        }
    }
}

typedef enum scp_error (*encrypt)(const struct scp_key *key, const uint8_t *iv, struct scp_bytes in,
                                  uint8_t *out);

static enum scp_error des3_ecb(const struct scp_key *key, const uint8_t *iv, struct scp_bytes in,
                               uint8_t *out)
{
    (void)iv;
    return scp_des3_ecb_encrypt(key, in, out);
}

static enum scp_error aes_ecb(const struct scp_key *key, const uint8_t *iv, struct scp_bytes in,
                              uint8_t *out)
{
    enum scp_error error = SCP_OK;
    for (size_t at = 0; error == SCP_OK && at < in.len; at += SCP_AES_BLOCK)
        error = scp_aes_cbc_encrypt(key, iv, scp_bytes_slice(in, at, SCP_AES_BLOCK), out + at);
    return error;
}

/* The encrypted items are the key; how many they are was checked when they were parsed. */
static enum scp_error run_cipher(encrypt cipher, const struct job *job, struct scp_key *out)
{
    static const uint8_t zero_iv[SCP_AES_BLOCK];
    uint8_t input[SCP_KEY_MAX];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    put_items(&w, job, 1, 0);
    SCP_TRY(scp_writer_status(&w));
    out->len = w.len;
    return cipher(job->master, zero_iv, scp_written(&w), out->bytes);
}

static enum scp_error run_copy(const struct job *job, struct scp_key *out)
{
    *out = *job->master;
    return SCP_OK;
}

static enum scp_error run_des3_ecb(const struct job *job, struct scp_key *out)
{
    return run_cipher(des3_ecb, job, out);
}

static enum scp_error run_des3_cbc(const struct job *job, struct scp_key *out)
{
    return run_cipher(scp_des3_cbc_encrypt, job, out);
}

static enum scp_error run_aes_ecb(const struct job *job, struct scp_key *out)
{
    return run_cipher(aes_ecb, job, out);
}

static enum scp_error run_aes_cbc(const struct job *job, struct scp_key *out)
{
    return run_cipher(scp_aes_cbc_encrypt, job, out);
}

static bool counts(const struct scp_diversifier_rule *rule)
{
    bool counted = false;
    for (size_t i = 0; i < rule->count; i++)
        counted = counted || rule->items[i].kind == SCP_DIVERSIFIER_COUNTER;
    return counted;
}

static enum scp_error run_aes_cmac(const struct job *job, struct scp_key *out)
{
    size_t key_len = job->master->len;
    if (key_len > CMAC_SIZE && !counts(job->rule))
        return SCP_OUT_OF_RANGE; /* every block would be the same */
    uint8_t block[CMAC_SIZE];
    struct scp_writer key = scp_writer_on(out->bytes, sizeof out->bytes);
    enum scp_error error = SCP_OK;
    while (error == SCP_OK && key.len < key_len) {
        uint8_t input[INPUT_MAX];
        struct scp_writer w = scp_writer_on(input, sizeof input);
        put_items(&w, job, (uint32_t)(key.len / CMAC_SIZE + 1), key_len);
        const struct scp_bytes part = scp_written(&w);
        error = scp_cmac(job->master, &part, 1, block);
        scp_put(&key, scp_bytes_slice(SCP_BYTES(block), 0, key_len - key.len));
    }
    out->len = key_len;
    scp_wipe(block, sizeof block);
    return error == SCP_OK ? scp_writer_status(&key) : error;
}

/* Which masters a method takes (none: any), and the function for it. */
static const struct {
    size_t master_lengths[3];
    enum scp_error (*run)(const struct job *job, struct scp_key *out);
} methods[] = {
    [SCP_DIVERSIFIER_COPY] = {{0}, run_copy},
    [SCP_DIVERSIFIER_DES3_ECB] = {{16, 24}, run_des3_ecb},
    [SCP_DIVERSIFIER_DES3_CBC] = {{16, 24}, run_des3_cbc},
    [SCP_DIVERSIFIER_AES_ECB] = {{16, 24, 32}, run_aes_ecb},
    [SCP_DIVERSIFIER_AES_CBC] = {{16, 24, 32}, run_aes_cbc},
    [SCP_DIVERSIFIER_AES_CMAC] = {{16, 24, 32}, run_aes_cmac},
};

static enum scp_error run_job(const struct job *job, struct scp_key *out)
{
    const size_t *lengths = methods[job->rule->method].master_lengths;
    bool fits = lengths[0] == 0;
    for (size_t i = 0; i < 3; i++)
        fits = fits || (lengths[i] != 0 && job->master->len == lengths[i]);
    return fits ? methods[job->rule->method].run(job, out) : SCP_OUT_OF_RANGE;
}

/* ---- key sets ------------------------------------------------------------------------------ */

enum scp_error scp_diversifier_run(const struct scp_diversifier *diversifier,
                                   const struct scp_key_set *masters, const uint8_t data[10],
                                   struct scp_key_set *out)
{
    const struct scp_key *const from[KEY_COUNT] = {&masters->enc, &masters->mac, &masters->dek};
    struct scp_key *const to[KEY_COUNT] = {&out->enc, &out->mac, &out->dek};
    enum scp_error error = SCP_OK;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; error == SCP_OK && i < KEY_COUNT; i++) {
        const struct job job = {&diversifier->rules[i], from[i], data, (uint8_t)(i + 1)};
        error = run_job(&job, to[i]);
    }
    if (error != SCP_OK)
        scp_wipe(out, sizeof *out);
    return error;
}

enum scp_error scp_diversification_from_name(const char *name, enum scp_diversification *out)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        if (strcmp(schemes[i].name, name) == 0) {
            *out = (enum scp_diversification)i;
            return SCP_OK;
        }
    }
    return SCP_NOT_FOUND;
}

const char *scp_diversification_name(enum scp_diversification scheme)
{
    return (size_t)scheme < SCHEME_COUNT ? schemes[scheme].name : "?";
}

const char *scp_diversification_template(enum scp_diversification scheme)
{
    return (size_t)scheme < SCHEME_COUNT ? schemes[scheme].text : NULL;
}

enum scp_error scp_diversify(enum scp_diversification scheme, const struct scp_key_set *masters,
                             const uint8_t diversification_data[10], struct scp_key_set *out)
{
    struct scp_diversifier diversifier;
    struct scp_diversifier_problem problem;
    memset(out, 0, sizeof *out);
    if ((size_t)scheme >= SCHEME_COUNT)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(scp_diversifier_parse(schemes[scheme].text, &diversifier, &problem));
    return scp_diversifier_run(&diversifier, masters, diversification_data, out);
}
