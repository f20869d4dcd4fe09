/* What is left in memory: nothing of a key in a channel that has ended, nor on the stack below the
 * calls that used it.
 *
 * The stack is looked at as it is, so only where no sanitiser lays it out otherwise; a release
 * build is where it counts. */
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define STACK_IS_PLAIN 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STACK_IS_PLAIN 0
#endif
#endif
#ifndef STACK_IS_PLAIN
#define STACK_IS_PLAIN 1
#endif

enum { DEPTH = 48 * 1024, WINDOW = 8 };

/* ---- structs ------------------------------------------------------------------------------ */

static void assert_all_zero(const void *memory, size_t len)
{
    const uint8_t *bytes = memory;
    for (size_t i = 0; i < len; i++)
        assert_int_equal(bytes[i], 0);
}

/* A command and its response: every schedule has been used. */
static void exchange(struct pair *p, size_t n)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t data[SCP_APDU_DATA_MAX];
    uint8_t response[SCP_RESPONSE_MAX];
    uint8_t back[SCP_RESPONSE_MAX];
    struct scp_apdu plain;
    struct scp_apdu command = sample(p, n);
    struct scp_writer r = scp_writer_on(response, sizeof response);
    struct scp_writer b = scp_writer_on(back, sizeof back);
    uint16_t sw;
    assert_int_equal(scp_card_channel_receive(&p->card, wrap(p, &command, apdu), &plain, data),
                     SCP_OK);
    assert_int_equal(scp_card_channel_respond(&p->card, SCP_LITERAL(1, 2, 3), 0x9000, &r), SCP_OK);
    assert_int_equal(scp_channel_unwrap(&p->host, scp_written(&r), &b, &sw), SCP_OK);
}

static void run_fini(struct pair *p)
{
    exchange(p, 9);
    scp_channel_fini(&p->host);
    scp_card_channel_fini(&p->card);
    assert_all_zero(&p->host, sizeof p->host);
    assert_all_zero(&p->card, sizeof p->card);
    scp_channel_fini(&p->host); /* again is no harm */
    scp_card_channel_fini(&p->card);
}

static void an_ended_channel_is_zeros(void **state)
{
    (void)state;
    for_each_session(run_fini);
}

/* ---- the stack ---------------------------------------------------------------------------- */

/* Write over the stack below the caller, or copy what is there. */
__attribute__((noinline)) static void paint(void)
{
    volatile uint8_t below[DEPTH];
    for (size_t i = 0; i < sizeof below; i++)
        below[i] = 0xEE;
}

__attribute__((noinline)) static void take_stack(volatile uint8_t *copy)
{
    volatile uint8_t below[DEPTH];
    volatile uint8_t *volatile at = below; /* what is there was written by others */
    for (size_t i = 0; i < sizeof below; i++)
        copy[i] = at[i]; /* NOLINT(clang-analyzer-core.uninitialized.Assign): it is the point */
}

static bool is_in(const uint8_t *stack, const uint8_t *window)
{
    for (size_t at = 0; at + WINDOW <= DEPTH; at++)
        if (memcmp(&stack[at], window, WINDOW) == 0)
            return true;
    return false;
}

static uint8_t taken[DEPTH];
static struct scp_channel left_over; /* a copy of the channel that ran, with all its keys */

/* A session whose every local is gone when it returns. */
__attribute__((noinline)) static void run_session(struct pair *p)
{
    pair_connect(p);
    for (size_t n = 0; n < 4; n++)
        exchange(p, 2 * n + 1);
}

static void assert_gone(const struct scp_key *key)
{
    for (size_t at = 0; at + WINDOW <= key->len; at += WINDOW)
        assert_false(is_in(taken, &key->bytes[at]));
}

static void look(const struct option *option, uint8_t level)
{
    static struct pair p;
    pair_init(&p, option, level);
    paint();
    run_session(&p);
    take_stack(taken);
    left_over = p.host;
    assert_gone(&left_over.keys.enc);
    assert_gone(&left_over.keys.mac);
    assert_gone(&left_over.keys.rmac);
    assert_gone(&p.card.keys.enc);
    assert_gone(&p.card.keys.mac);
    assert_gone(&p.card.keys.dek);
    pair_fini(&p);
    scp_channel_fini(&left_over);
}

/* The check itself must be able to see. */
__attribute__((noinline)) static void leave(const uint8_t secret[WINDOW])
{
    volatile uint8_t local[64];
    for (size_t i = 0; i < sizeof local; i++)
        local[i] = secret[i % WINDOW];
}

static void no_key_stays_on_the_stack(void **state)
{
    (void)state;
    static const uint8_t secret[WINDOW] = {0xD1, 0x5C, 0x0B, 0xE2, 0xED, 0x77, 0x19, 0xA4};
    if (!STACK_IS_PLAIN)
        skip();
    paint();
    leave(secret);
    take_stack(taken);
    assert_true(is_in(taken, secret));
    look(&(struct option){SCP_PROTOCOL_02, 0x75, 16, 0}, 0x13);
    look(&(struct option){SCP_PROTOCOL_03, 0x70, 16, 0}, 0x33);
    look(&(struct option){SCP_PROTOCOL_03, 0x71, 32, 0}, 0x33);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ended_channel_is_zeros),
        cmocka_unit_test(no_key_stays_on_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
