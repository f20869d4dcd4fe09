#include "tests/unit/scp/channel/pair.h"

#include <string.h>

/* ---- the options -------------------------------------------------------------------------- */

static const uint8_t all_quirks[] = {
    SCP_QUIRK_ENCRYPT_EMPTY,
    SCP_QUIRK_EMPTY_UNCOUNTED,
    SCP_QUIRK_ENCRYPT_EMPTY_RESPONSE,
    SCP_QUIRK_ENCRYPT_EMPTY | SCP_QUIRK_EMPTY_UNCOUNTED,
};

/* Every supported `i`; SCP03 with keys of every length, and each quirk. */
static size_t list_options(struct option list[OPTIONS_MAX])
{
    size_t count = 0;
    for (unsigned i = 0; i <= 0xFF; i++) {
        if (scp_option_fault(SCP_PROTOCOL_02, (uint8_t)i) == NULL)
            list[count++] = (struct option){SCP_PROTOCOL_02, (uint8_t)i, 16, 0};
        if (scp_option_fault(SCP_PROTOCOL_03, (uint8_t)i) != NULL)
            continue;
        for (uint8_t len = 16; len <= 32; len += 8)
            list[count++] = (struct option){SCP_PROTOCOL_03, (uint8_t)i, len, 0};
    }
    for (size_t n = 0; n < sizeof all_quirks; n++)
        list[count++] = (struct option){SCP_PROTOCOL_03, 0x70, 16, all_quirks[n]};
    assert_true(count <= OPTIONS_MAX);
    return count;
}

bool is_implicit(const struct option *option)
{
    return scp_option_implicit(option->protocol, option->i);
}

/* ---- a pair ------------------------------------------------------------------------------- */

static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00};

static struct scp_key key_of(size_t len, uint8_t first)
{
    struct scp_key key = {.len = len};
    for (size_t i = 0; i < len; i++)
        key.bytes[i] = (uint8_t)(first + 7 * i);
    return key;
}

void pair_init(struct pair *p, const struct option *option, uint8_t level)
{
    memset(p, 0, sizeof *p);
    p->option = *option;
    p->level = level;
    p->set.enc = key_of(option->key_len, 0x10);
    p->set.mac = key_of(option->key_len, 0x50);
    p->set.dek = key_of(option->key_len, 0x90);
    p->keys = scp_keys_of_set(&p->set);
    p->setup = (struct scp_card_channel_setup){
        .protocol = option->protocol,
        .i = option->i,
        .kvn = 0x30,
        .diversification_data = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
        .counter = 0x0123,
        .aid = SCP_BYTES(aid),
        .quirks = option->quirks,
    };
    for (size_t i = 0; i < 16; i++) {
        p->setup.random_challenge[i] = (uint8_t)(0xC0 + 3 * i);
        p->host_challenge[i] = (uint8_t)(0x21 * i + 5);
    }
}

struct scp_channel_params pair_params(const struct pair *p)
{
    return (struct scp_channel_params){
        .protocol = p->option.protocol,
        .i = p->option.i,
        .kvn = p->setup.kvn,
        .level = p->level,
        .quirks = p->option.quirks,
        .aid = {{0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00}, sizeof aid},
    };
}

struct scp_bytes pair_host_challenge(const struct pair *p)
{
    return scp_bytes_of(p->host_challenge, scp_host_challenge_len(p->option.protocol, p->option.i));
}

void pair_begin(struct pair *p)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_channel_params params = pair_params(p);
    assert_int_equal(scp_channel_begin(&p->host, &params, pair_host_challenge(p), &w), SCP_OK);
    struct scp_apdu command;
    assert_int_equal(scp_apdu_parse(scp_written(&w), &command), SCP_OK);
    assert_int_equal(command.ins, 0x50);
    assert_int_equal(command.p1, p->setup.kvn);

    struct scp_writer answer = scp_writer_on(p->answer_buffer, sizeof p->answer_buffer);
    assert_int_equal(
        scp_card_channel_initialize(&p->card, &p->setup, &p->set, command.data, &answer), SCP_OK);
    p->answer = scp_written(&answer);
}

struct scp_known_card pair_known(const struct pair *p)
{
    struct scp_known_card known = {.kvn = p->setup.kvn, .counter = p->setup.counter};
    memcpy(known.diversification_data, p->setup.diversification_data, 10);
    return known;
}

static void open_implicit(struct pair *p)
{
    struct scp_channel_params params = pair_params(p);
    struct scp_known_card known = pair_known(p);
    assert_int_equal(scp_channel_open_implicit(&p->host, &params, &p->keys, &known), SCP_OK);
    assert_int_equal(scp_card_channel_listen(&p->card, &p->setup, &p->set), SCP_OK);
}

void pair_connect(struct pair *p)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (is_implicit(&p->option)) {
        open_implicit(p);
        return;
    }
    pair_begin(p);
    assert_int_equal(scp_channel_open(&p->host, &p->keys, p->answer), SCP_OK);
    assert_int_equal(scp_channel_authenticate(&p->host, &w), SCP_OK);
    assert_int_equal(scp_card_channel_authenticate(&p->card, scp_written(&w)), SCP_OK);
    assert_int_equal(scp_card_channel_level(&p->card), p->level);
}

void pair_open(struct pair *p, const struct option *option, uint8_t level)
{
    pair_init(p, option, level);
    pair_connect(p);
}

void pair_fini(struct pair *p)
{
    scp_channel_fini(&p->host);
    scp_card_channel_fini(&p->card);
}

void for_each_session(void (*run)(struct pair *p))
{
    static struct option options[OPTIONS_MAX];
    size_t count = list_options(options);
    for (size_t n = 0; n < count; n++) {
        for (unsigned level = 0; level <= 0xFF; level++) {
            if (!scp_level_valid(options[n].protocol, options[n].i, (uint8_t)level))
                continue;
            struct pair p;
            pair_open(&p, &options[n], (uint8_t)level);
            run(&p);
            pair_fini(&p);
        }
    }
}

void for_each_option(void (*run)(struct pair *p))
{
    static struct option options[OPTIONS_MAX];
    size_t count = list_options(options);
    for (size_t n = 0; n < count; n++) {
        struct pair p;
        if (is_implicit(&options[n]))
            continue;
        pair_init(&p, &options[n], scp_level_highest(options[n].protocol, options[n].i));
        run(&p);
        pair_fini(&p);
    }
}

/* ---- commands ----------------------------------------------------------------------------- */

struct scp_apdu sample(const struct pair *p, size_t n)
{
    static const size_t lengths[SAMPLE_COUNT / 2] = {0, 1, 7, 8, 15, 16, 100, 255};
    static uint8_t data[SCP_APDU_DATA_MAX];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 13 + 1);
    size_t room = scp_channel_room(&p->host);
    size_t len = lengths[n / 2];
    return (struct scp_apdu){
        .cla = 0x80,
        .ins = (uint8_t)(0xE0 + n),
        .p1 = (uint8_t)n,
        .p2 = 0x80,
        .data = scp_bytes_of(data, len < room ? len : room),
        .le = n % 2 == 0 ? SCP_NO_LE : 0,
    };
}

struct scp_bytes wrap(struct pair *p, const struct scp_apdu *command, uint8_t buffer[SCP_APDU_MAX])
{
    struct scp_writer w = scp_writer_on(buffer, SCP_APDU_MAX);
    assert_int_equal(scp_channel_wrap(&p->host, command, &w), SCP_OK);
    return scp_written(&w);
}

void assert_same_command(const struct scp_apdu *a, const struct scp_apdu *b)
{
    assert_int_equal(a->cla, b->cla);
    assert_int_equal(a->ins, b->ins);
    assert_int_equal(a->p1, b->p1);
    assert_int_equal(a->p2, b->p2);
    assert_int_equal(a->le, b->le);
    assert_true(scp_bytes_equal(a->data, b->data));
}
