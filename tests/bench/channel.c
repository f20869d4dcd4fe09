/* What a secure channel costs beside the cipher, measured in one run on one machine:
 *
 *   - wrapping the longest command, against bare wolfCrypt calls that do the same blocks with keys
 *     set once: the share of the time that is cipher;
 *   - opening a session that is prepared, against the same;
 *   - preparing a whole rebind: a load file of 32 KB, an installation, a personalisation.
 *
 * Shares are asserted, because they hold on any machine, but in a release build alone and with a
 * margin: others share the machine. Throughput is printed; the best of several runs counts. */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/des3.h>
#include <wolfssl/wolfcrypt/hash.h>

#include "scp/channel/channel.h"
#include "scp/gp/commands.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A debug or sanitised build only shows that it runs. */
#ifdef NDEBUG
enum { ROUNDS = 4000, RUNS = 15, ATTEMPTS = 8 };
#else
enum { ROUNDS = 100, RUNS = 2, ATTEMPTS = 1 };
#endif
enum { STAGE = 512, PREPARED_RUNS = 3 * RUNS };

static double now(void)
{
    struct timespec at;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &at), 0);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* ---- channels ----------------------------------------------------------------------------- */

static const uint8_t challenge[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const struct scp_aid isd = {{0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00}, 8};
static const struct scp_known_card known = {.kvn = 0x30, .counter = 7};

static struct scp_key_set keys_of(size_t len)
{
    struct scp_key key = {.len = len};
    for (size_t i = 0; i < key.len; i++)
        key.bytes[i] = (uint8_t)(0x40 + i);
    return (struct scp_key_set){key, key, key};
}

/* The card is its prediction. */
static size_t open_channel(struct scp_channel *ch, const struct scp_channel_params *params,
                           const struct scp_keys *keys)
{
    uint8_t apdu[2 * SCP_APDU_MAX];
    uint8_t guard[SCP_GUARD_SIZE];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_bytes host =
        scp_bytes_of(challenge, scp_host_challenge_len(params->protocol, params->i));
    assert_int_equal(scp_channel_begin(ch, params, host, &w), SCP_OK);
    assert_int_equal(scp_channel_prepare(ch, keys, &known, guard), SCP_OK);
    assert_int_equal(scp_channel_authenticate(ch, &w), SCP_OK);
    return w.len;
}

/* ---- the cipher alone --------------------------------------------------------------------- */

struct bare {
    Aes enc, mac;
    Des3 enc3, mac3;
    Des mac1;
    uint8_t stage[STAGE];
};

static size_t up(size_t len, size_t block)
{
    return (len + block - 1) / block * block;
}

static void bare_init(struct bare *b, const struct scp_key *key)
{
    static const uint8_t iv[16];
    uint8_t full[24];
    memset(b, 0, sizeof *b);
    memcpy(full, key->bytes, 16);
    memcpy(full + 16, key->bytes, 8);
    assert_int_equal(wc_AesInit(&b->enc, NULL, INVALID_DEVID), 0);
    assert_int_equal(wc_AesInit(&b->mac, NULL, INVALID_DEVID), 0);
    assert_int_equal(wc_AesSetKey(&b->enc, key->bytes, (word32)key->len, iv, AES_ENCRYPTION), 0);
    assert_int_equal(wc_AesSetKey(&b->mac, key->bytes, (word32)key->len, iv, AES_ENCRYPTION), 0);
    assert_int_equal(wc_Des3_SetKey(&b->enc3, full, iv, DES_ENCRYPTION), 0);
    assert_int_equal(wc_Des3_SetKey(&b->mac3, full, iv, DES_ENCRYPTION), 0);
    assert_int_equal(wc_Des_SetKey(&b->mac1, full, iv, DES_ENCRYPTION), 0);
}

static void aes(Aes *with, uint8_t *stage, size_t len)
{
    if (len > 0)
        assert_int_equal(wc_AesCbcEncrypt(with, stage, stage, (word32)len), 0);
}

/* The blocks of a command of SCP03: the IV, the body, and the MAC over chaining value and command.
 */
static void bare_scp03(struct bare *b, size_t data_len, bool encrypts)
{
    size_t body = encrypts ? up(data_len + 1, 16) : data_len;
    if (encrypts) {
        aes(&b->enc, b->stage, 16);
        aes(&b->enc, b->stage, body);
    }
    aes(&b->mac, b->stage, up(16 + 5 + body, 16));
}

/* Of SCP02: the ICV, the MAC with its last block, and the body. */
static void bare_scp02(struct bare *b, size_t data_len, bool encrypts)
{
    size_t maced = up(5 + data_len + 1, 8);
    assert_int_equal(wc_Des_CbcEncrypt(&b->mac1, b->stage, b->stage, 8), 0);
    assert_int_equal(wc_Des_CbcEncrypt(&b->mac1, b->stage, b->stage, (word32)(maced - 8)), 0);
    assert_int_equal(wc_Des3_CbcEncrypt(&b->mac3, b->stage, b->stage, 8), 0);
    if (encrypts)
        assert_int_equal(
            wc_Des3_CbcEncrypt(&b->enc3, b->stage, b->stage, (word32)up(data_len + 1, 8)), 0);
}

/* ---- wrapping ----------------------------------------------------------------------------- */

/* Of the time of a wrap, what must be cipher; it is well above that on a quiet machine. */
#define LEAST_SHARE 0.80

struct contest {
    const char *name;
    enum scp_protocol protocol;
    uint8_t i;
    uint8_t level;
    size_t key_len;
    void (*bare)(struct bare *b, size_t data_len, bool encrypts);
};

static const struct contest contests[] = {
    {"SCP03 AES-128 S8 C-MAC", SCP_PROTOCOL_03, 0x70, 0x01, 16, bare_scp03},
    {"SCP03 AES-128 S8 C-MAC+C-ENC", SCP_PROTOCOL_03, 0x70, 0x03, 16, bare_scp03},
    {"SCP03 AES-256 S8 C-MAC+C-ENC", SCP_PROTOCOL_03, 0x70, 0x03, 32, bare_scp03},
    {"SCP03 AES-128 S16 C-MAC+C-ENC", SCP_PROTOCOL_03, 0x71, 0x03, 16, bare_scp03},
    {"SCP02 C-MAC", SCP_PROTOCOL_02, 0x55, 0x01, 16, bare_scp02},
    {"SCP02 C-MAC+C-ENC", SCP_PROTOCOL_02, 0x55, 0x03, 16, bare_scp02},
};

static struct scp_channel_params params_of(const struct contest *contest)
{
    return (struct scp_channel_params){
        .protocol = contest->protocol,
        .i = contest->i,
        .kvn = known.kvn,
        .level = contest->level,
        .aid = isd,
    };
}

static double time_wrap(struct scp_channel *ch, size_t len)
{
    static const uint8_t data[SCP_APDU_DATA_MAX];
    const struct scp_apdu load = {0x80, SCP_INS_LOAD, 0, 0, scp_bytes_of(data, len), 0};
    uint8_t apdu[SCP_APDU_MAX];
    double start = now();
    for (size_t n = 0; n < ROUNDS; n++) {
        struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
        assert_int_equal(scp_channel_wrap(ch, &load, &w), SCP_OK);
    }
    return now() - start;
}

static double time_bare(const struct contest *contest, struct bare *b, size_t len)
{
    bool encrypts = (contest->level & SCP_LEVEL_C_ENC) != 0;
    double start = now();
    for (size_t n = 0; n < ROUNDS; n++)
        contest->bare(b, len, encrypts);
    return now() - start;
}

struct measured {
    double wrap;
    double bare;
};

/* The best of each: others share the machine. */
static struct measured measure(const struct contest *contest, struct scp_channel *ch,
                               struct bare *b, size_t len)
{
    struct measured best = {1e9, 1e9};
    for (size_t n = 0; n < RUNS; n++) {
        best.wrap = least(best.wrap, time_wrap(ch, len));
        best.bare = least(best.bare, time_bare(contest, b, len));
    }
    return best;
}

static void run_wrap(const struct contest *contest)
{
    struct scp_key_set set = keys_of(contest->key_len);
    struct scp_keys keys = scp_keys_of_set(&set);
    struct scp_channel_params params = params_of(contest);
    struct scp_channel ch;
    struct bare b;
    struct measured m = {1, 0};
    (void)open_channel(&ch, &params, &keys);
    bare_init(&b, &set.enc);
    size_t len = scp_channel_room(&ch);
    for (size_t n = 0; n < ATTEMPTS && m.bare / m.wrap < LEAST_SHARE; n++)
        m = measure(contest, &ch, &b, len);
    printf("wrap %-30s %3zu bytes %8.0f/s, %.0f %% of it cipher\n", contest->name, len,
           ROUNDS / m.wrap, 100 * m.bare / m.wrap);
    assert_true(ATTEMPTS == 1 || m.bare / m.wrap >= LEAST_SHARE);
    scp_channel_fini(&ch);
}

static void wrapping_is_mostly_cipher(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof contests / sizeof contests[0]; n++)
        run_wrap(&contests[n]);
}

/* ---- opening ------------------------------------------------------------------------------ */

/* A CMAC key and messages of so many blocks. */
static void bare_cmac(struct bare *b, const struct scp_key *key, size_t messages, size_t blocks)
{
    static const uint8_t iv[16];
    assert_int_equal(wc_AesSetKey(&b->mac, key->bytes, (word32)key->len, iv, AES_ENCRYPTION), 0);
    aes(&b->mac, b->stage, 16); /* subkeys */
    for (size_t n = 0; n < messages; n++)
        aes(&b->mac, b->stage, 16 * blocks);
}

/* The guard: a hash of the answer. */
static void bare_guard(struct bare *b)
{
    uint8_t digest[WC_SHA256_DIGEST_SIZE];
    assert_int_equal(wc_Sha256Hash(b->stage, 32, digest), 0);
}

/* Card challenge; S-ENC; S-MAC and S-RMAC; cryptograms and the MAC of EXTERNAL AUTHENTICATE. A
 * derivation is over two blocks: 16 bytes of its own and two challenges of eight. */
static void bare_open_scp03(struct bare *b, const struct scp_key *key)
{
    bare_cmac(b, key, 1, 2);
    bare_cmac(b, key, 1, 2);
    bare_cmac(b, key, 2, 2);
    bare_cmac(b, key, 3, 2);
    bare_guard(b);
}

static void bare_des3(struct bare *b, const struct scp_key *key, size_t blocks)
{
    static const uint8_t iv[8];
    uint8_t full[24];
    memcpy(full, key->bytes, 16);
    memcpy(full + 16, key->bytes, 8);
    assert_int_equal(wc_Des3_SetKey(&b->mac3, full, iv, DES_ENCRYPTION), 0);
    assert_int_equal(wc_Des3_CbcEncrypt(&b->mac3, b->stage, b->stage, (word32)(8 * blocks)), 0);
}

static void bare_retail(struct bare *b, const struct scp_key *key, size_t blocks)
{
    static const uint8_t iv[8];
    assert_int_equal(wc_Des_SetKey(&b->mac1, key->bytes, iv, DES_ENCRYPTION), 0);
    assert_int_equal(wc_Des_CbcEncrypt(&b->mac1, b->stage, b->stage, (word32)(8 * blocks - 8)), 0);
    bare_des3(b, key, 1);
}

/* The challenge: its key and a MAC over the AID; the keys; cryptograms and the MAC. */
static void bare_open_scp02(struct bare *b, const struct scp_key *key)
{
    bare_des3(b, key, 2);
    bare_retail(b, key, 2);
    for (size_t n = 0; n < 3; n++)
        bare_des3(b, key, 2);
    bare_des3(b, key, 6);
    bare_retail(b, key, 3);
    bare_guard(b);
}

static void run_open(const struct contest *contest,
                     void (*bare_open)(struct bare *b, const struct scp_key *key))
{
    struct scp_key_set set = keys_of(contest->key_len);
    struct scp_keys keys = scp_keys_of_set(&set);
    struct scp_channel_params params = params_of(contest);
    struct bare b;
    double ours = 1e9;
    double bare = 1e9;
    bare_init(&b, &set.enc);
    for (size_t run = 0; run < RUNS; run++) {
        double start = now();
        for (size_t n = 0; n < ROUNDS; n++) {
            struct scp_channel ch;
            (void)open_channel(&ch, &params, &keys);
            scp_channel_fini(&ch);
        }
        double middle = now();
        for (size_t n = 0; n < ROUNDS; n++)
            bare_open(&b, &set.enc);
        ours = least(ours, middle - start);
        bare = least(bare, now() - middle);
    }
    printf("open %-30s %8.0f sessions/s, %.0f %% of it ciphers, key schedules and hash\n",
           contest->name, ROUNDS / ours, 100 * bare / ours);
}

static void opening_is_mostly_cipher(void **state)
{
    (void)state;
    run_open(&contests[1], bare_open_scp03);
    run_open(&contests[5], bare_open_scp02);
}

/* ---- a whole rebind, prepared ------------------------------------------------------------- */

enum { LOAD_FILE = 32 * 1024, STORE_DATA = 27, STORE_DATA_LEN = 60, SCRIPT = 64 * 1024 };

static void put_command(struct scp_channel *ch, const struct scp_apdu *command,
                        struct scp_writer *script)
{
    assert_int_equal(scp_channel_wrap(ch, command, script), SCP_OK);
}

static size_t prepare(struct scp_channel *ch, const struct contest *contest, struct scp_writer *w)
{
    static const uint8_t load_file[LOAD_FILE];
    static const uint8_t data[STORE_DATA_LEN];
    static struct scp_key_set set;
    set = keys_of(contest->key_len);
    struct scp_keys keys = scp_keys_of_set(&set);
    struct scp_channel_params params = params_of(contest);
    struct scp_apdu command;
    size_t commands = 2 + 2 + STORE_DATA;
    (void)open_channel(ch, &params, &keys);
    struct scp_apdu install = {0x80, SCP_INS_INSTALL, 0x02, 0, SCP_BYTES(data), 0};
    put_command(ch, &install, w);
    size_t room = scp_channel_room(ch);
    for (size_t n = 0; scp_load_block(SCP_BYTES(load_file), room, n, &command) == SCP_OK; n++) {
        put_command(ch, &command, w);
        commands++;
    }
    install.p1 = 0x0C;
    put_command(ch, &install, w);
    for (unsigned n = 0; n < STORE_DATA; n++) {
        const struct scp_apdu store = {0x80, SCP_INS_STORE_DATA, 0x08,
                                       n,    SCP_BYTES(data),    SCP_NO_LE};
        put_command(ch, &store, w);
    }
    return commands;
}

static void run_prepare(const struct contest *contest)
{
    static uint8_t script[SCRIPT];
    uint8_t saved[SCP_CHANNEL_SAVED_MAX];
    struct scp_channel ch;
    struct scp_writer w;
    struct scp_writer s = scp_writer_on(saved, sizeof saved);
    size_t commands = 0;
    double best = 1e9;
    for (size_t n = 0; n < PREPARED_RUNS; n++) {
        w = scp_writer_on(script, sizeof script);
        double start = now();
        commands = prepare(&ch, contest, &w);
        best = least(best, now() - start);
    }
    scp_channel_save(&ch, &s);
    printf("prepare %-27s %zu commands, %zu bytes in %.0f us; channel %zu bytes, stored %zu\n",
           contest->name, commands, w.len, 1e6 * best, sizeof ch, s.len);
    scp_channel_fini(&ch);
}

static void a_whole_rebind_is_prepared(void **state)
{
    (void)state;
    run_prepare(&contests[1]);
    run_prepare(&contests[5]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrapping_is_mostly_cipher),
        cmocka_unit_test(opening_is_mostly_cipher),
        cmocka_unit_test(a_whole_rebind_is_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
