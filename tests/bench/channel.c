/* What protecting a command costs, as a multiple of encrypting the same bytes and nothing else.
 *
 * The ratio is asserted, generously, because it holds on any machine; throughput is printed. */
#include "scp/channel/channel.h"
#include "scp/crypto/cipher.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <time.h>

enum { DATA = 239, PADDED = 240, ROUNDS = 4000, RUNS = 5 };

struct contest {
    const char *name;
    struct scp_channel_params params;
    enum scp_error (*raw)(const struct scp_key *key, const uint8_t *iv, struct scp_bytes in,
                          uint8_t *out);
    double most; /* the ratio allowed */
};

/* Protection is one more pass for the MAC, with a key schedule, an IV or an ICV, and copies. */
static const struct contest contests[] = {
    {"SCP02 level 03, against 3DES-CBC",
     {.protocol = SCP_PROTOCOL_02, .i = 0x15, .level = 0x03},
     scp_des3_cbc_encrypt,
     6},
    {"SCP03 S8 level 03, against AES-CBC",
     {.protocol = SCP_PROTOCOL_03, .i = 0x60, .level = 0x03},
     scp_aes_cbc_encrypt,
     12},
    {"SCP03 S16 level 33, against AES-CBC",
     {.protocol = SCP_PROTOCOL_03, .i = 0x61, .level = 0x33},
     scp_aes_cbc_encrypt,
     12},
};

static double now(void)
{
    struct timespec at;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &at), 0);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static struct scp_key_set keys_of_40_to_4f(void)
{
    struct scp_key key = {.len = 16};
    for (size_t i = 0; i < key.len; i++)
        key.bytes[i] = (uint8_t)(0x40 + i);
    return (struct scp_key_set){key, key, key};
}

/* The card is its prediction. */
static void open_channel(const struct contest *contest, const struct scp_key_set *set,
                         struct scp_channel *ch)
{
    const uint8_t challenge[16] = {0};
    const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00};
    struct scp_keys keys = scp_keys_of_set(set);
    struct scp_channel_params params = contest->params;
    params.i |= params.protocol == SCP_PROTOCOL_02 ? 0x40 : 0x10;
    struct scp_session_context session = {.protocol = params.protocol, .i = params.i};
    uint8_t answer[SCP_INIT_UPDATE_RESPONSE_MAX];
    uint8_t apdu[2 * SCP_APDU_MAX];
    struct scp_writer aw = scp_writer_on(answer, sizeof answer);
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    size_t len = params.protocol == SCP_PROTOCOL_03 && (params.i & 1) != 0 ? 16 : 8;
    assert_int_equal(scp_channel_predict(&keys, &session, SCP_BYTES(aid), &aw), SCP_OK);
    assert_int_equal(scp_channel_begin(ch, &params, scp_bytes_of(challenge, len), &w), SCP_OK);
    assert_int_equal(scp_channel_open(ch, &keys, scp_written(&aw)), SCP_OK);
    assert_int_equal(scp_channel_authenticate(ch, &w), SCP_OK);
}

static double time_wrap(struct scp_channel *ch, size_t len)
{
    static const uint8_t data[DATA];
    const struct scp_apdu command = {0x80, 0xE8, 0, 0, scp_bytes_of(data, len), 0};
    uint8_t apdu[SCP_APDU_MAX];
    double start = now();
    for (size_t n = 0; n < ROUNDS; n++) {
        struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
        assert_int_equal(scp_channel_wrap(ch, &command, &w), SCP_OK);
    }
    return now() - start;
}

static double time_raw(const struct contest *contest, const struct scp_key *key, size_t len)
{
    static const uint8_t iv[16];
    static uint8_t data[PADDED];
    double start = now();
    for (size_t n = 0; n < ROUNDS; n++)
        assert_int_equal(contest->raw(key, iv, scp_bytes_of(data, len), data), SCP_OK);
    return now() - start;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void run(const struct contest *contest)
{
    struct scp_key_set set = keys_of_40_to_4f();
    struct scp_channel ch;
    open_channel(contest, &set, &ch);
    size_t len = scp_channel_room(&ch);
    double wrap = 1e9;
    double raw = 1e9;
    for (size_t n = 0; n < RUNS; n++) { /* the best of each: others share the machine */
        wrap = least(wrap, time_wrap(&ch, len));
        raw = least(raw, time_raw(contest, &set.enc, len + 1));
    }
    printf("%s: %.0f commands/s of %zu bytes, %.2f times the cipher alone\n", contest->name,
           ROUNDS / wrap, len, wrap / raw);
    assert_true(wrap / raw < contest->most);
    scp_channel_fini(&ch);
}

static void protection_costs_a_small_multiple_of_encryption(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof contests / sizeof contests[0]; n++)
        run(&contests[n]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protection_costs_a_small_multiple_of_encryption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
