/* Save, restore, and verification afterwards from the protected bytes. */
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

enum { COMMANDS = 6 };

struct record {
    struct scp_bytes wrapped;
    struct scp_bytes response;
    struct scp_bytes data; /* what the host read */
    uint16_t sw;
    uint8_t command[SCP_APDU_MAX];
    uint8_t answer[SCP_RESPONSE_MAX + 32];
    uint8_t plain[SCP_RESPONSE_DATA_MAX];
};

static struct scp_bytes save(const struct scp_channel *ch, uint8_t buffer[SCP_CHANNEL_SAVED_MAX])
{
    struct scp_writer w = scp_writer_on(buffer, SCP_CHANNEL_SAVED_MAX);
    scp_channel_save(ch, &w);
    assert_int_equal(scp_writer_status(&w), SCP_OK);
    return scp_written(&w);
}

/* The card's part of one exchange. */
static void answer(struct pair *p, struct record *r, size_t n)
{
    static const uint16_t statuses[] = {0x9000, 0x6283, 0x6A88};
    uint8_t data[SCP_APDU_DATA_MAX];
    uint8_t response[48];
    memset(response, (int)(0x11 * n), sizeof response);
    struct scp_apdu plain;
    struct scp_writer w = scp_writer_on(r->answer, sizeof r->answer);
    assert_int_equal(scp_card_channel_receive(&p->card, r->wrapped, &plain, data), SCP_OK);
    assert_int_equal(
        scp_card_channel_respond(&p->card, scp_bytes_of(response, 9 * n), statuses[n % 3], &w),
        SCP_OK);
    r->response = scp_written(&w);
}

static void unwrap(struct scp_channel *ch, const struct record *r, struct scp_writer *data,
                   uint16_t *sw)
{
    assert_int_equal(scp_channel_unwrap(ch, r->response, data, sw), SCP_OK);
}

/* One uninterrupted session: all commands with their responses, and what the host read. */
static void record_session(struct pair *p, struct record records[COMMANDS])
{
    for (size_t n = 0; n < COMMANDS; n++) {
        struct record *r = &records[n];
        struct scp_apdu command = sample(p, (5 * n) % SAMPLE_COUNT);
        struct scp_writer w = scp_writer_on(r->plain, sizeof r->plain);
        r->wrapped = wrap(p, &command, r->command);
        answer(p, r, n);
        unwrap(&p->host, r, &w, &r->sw);
        r->data = scp_written(&w);
    }
}

static void verify_from_here(struct pair *p)
{
    static struct record records[COMMANDS];
    uint8_t stored[SCP_CHANNEL_SAVED_MAX];
    struct scp_bytes before = save(&p->host, stored);
    record_session(p, records);

    struct scp_channel verifier;
    assert_int_equal(scp_channel_restore(&verifier, before), SCP_OK);
    for (size_t n = 0; n < COMMANDS; n++) {
        uint8_t plain[SCP_RESPONSE_DATA_MAX];
        struct scp_writer w = scp_writer_on(plain, sizeof plain);
        uint16_t sw = 0;
        assert_int_equal(scp_channel_replay(&verifier, records[n].wrapped), SCP_OK);
        unwrap(&verifier, &records[n], &w, &sw);
        assert_int_equal(sw, records[n].sw);
        assert_true(scp_bytes_equal(scp_written(&w), records[n].data));
    }
    uint8_t one[SCP_CHANNEL_SAVED_MAX];
    uint8_t other[SCP_CHANNEL_SAVED_MAX];
    assert_true(scp_bytes_equal(save(&verifier, one), save(&p->host, other)));
}

/* From the first command, and from the middle of a session. */
static void run_afterwards(struct pair *p)
{
    verify_from_here(p);
    verify_from_here(p);
}

static void verification_afterwards_equals_the_session(void **state)
{
    (void)state;
    for_each_session(run_afterwards);
}

/* All commands are made before the first response is read, as in a prepared script. */
static void run_prepared_script(struct pair *p)
{
    static struct record records[COMMANDS];
    uint8_t stored[SCP_CHANNEL_SAVED_MAX];
    struct scp_bytes before = save(&p->host, stored);
    for (size_t n = 0; n < COMMANDS; n++) {
        struct scp_apdu command = sample(p, (3 * n) % SAMPLE_COUNT);
        records[n].wrapped = wrap(p, &command, records[n].command);
    }
    struct scp_channel verifier;
    assert_int_equal(scp_channel_restore(&verifier, before), SCP_OK);
    for (size_t n = 0; n < COMMANDS; n++) {
        uint8_t plain[SCP_RESPONSE_DATA_MAX];
        struct scp_writer w = scp_writer_on(plain, sizeof plain);
        uint16_t sw;
        answer(p, &records[n], n);
        assert_int_equal(scp_channel_replay(&verifier, records[n].wrapped), SCP_OK);
        unwrap(&verifier, &records[n], &w, &sw);
    }
}

static void a_script_made_ahead_is_verified_afterwards(void **state)
{
    (void)state;
    for_each_session(run_prepared_script);
}

static void run_wrong_replay(struct pair *p)
{
    if ((p->level & SCP_LEVEL_C_MAC) == 0)
        return;
    uint8_t stored[SCP_CHANNEL_SAVED_MAX];
    uint8_t first[SCP_APDU_MAX];
    uint8_t second[SCP_APDU_MAX];
    struct scp_bytes before = save(&p->host, stored);
    struct scp_apdu command = sample(p, 6);
    struct scp_bytes a = wrap(p, &command, first);
    struct scp_bytes b = wrap(p, &command, second);
    struct scp_channel verifier;
    assert_int_equal(scp_channel_restore(&verifier, before), SCP_OK);
    assert_int_equal(scp_channel_replay(&verifier, b), SCP_BAD_MAC);
    first[a.len - 2] ^= 1;
    assert_int_equal(scp_channel_replay(&verifier, a), SCP_BAD_MAC);
    first[a.len - 2] ^= 1;
    assert_int_equal(scp_channel_replay(&verifier, scp_bytes_slice(a, 0, 3)), SCP_TRUNCATED);
    assert_int_equal(scp_channel_replay(&verifier, a), SCP_OK);
    assert_int_equal(scp_channel_replay(&verifier, b), SCP_OK);
}

static void a_command_of_another_place_is_not_replayed(void **state)
{
    (void)state;
    for_each_session(run_wrong_replay);
}

/* A session is stored before EXTERNAL AUTHENTICATE too, and goes on the same. */
static void run_stored_while_opening(struct pair *p)
{
    uint8_t stored[SCP_CHANNEL_SAVED_MAX];
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_channel begun;
    struct scp_channel opened;
    pair_begin(p);
    assert_int_equal(scp_channel_restore(&begun, save(&p->host, stored)), SCP_OK);
    assert_int_equal(scp_channel_open(&begun, &p->keys, p->answer), SCP_OK);
    assert_int_equal(scp_channel_restore(&opened, save(&begun, stored)), SCP_OK);
    assert_int_equal(scp_channel_authenticate(&opened, &w), SCP_OK);
    assert_int_equal(scp_card_channel_authenticate(&p->card, scp_written(&w)), SCP_OK);
}

static void a_channel_is_stored_at_every_step_of_opening(void **state)
{
    (void)state;
    for_each_option(run_stored_while_opening);
}

/* ---- the stored form ---------------------------------------------------------------------- */

static void assert_refused(struct scp_bytes stored, enum scp_error error)
{
    struct scp_channel ch;
    struct scp_channel empty;
    memset(&empty, 0, sizeof empty);
    assert_int_equal(scp_channel_restore(&ch, stored), error);
    assert_memory_equal(&ch, &empty, sizeof ch);
}

static void run_cut(struct pair *p)
{
    uint8_t buffer[SCP_CHANNEL_SAVED_MAX + 1];
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_apdu command = sample(p, 14);
    (void)wrap(p, &command, apdu);
    struct scp_bytes stored = save(&p->host, buffer);
    for (size_t len = 4; len < stored.len; len++) {
        struct scp_channel ch;
        assert_int_not_equal(scp_channel_restore(&ch, scp_bytes_slice(stored, 0, len)), SCP_OK);
        assert_int_equal(ch.state, 0);
    }
    buffer[stored.len] = 0;
    assert_refused(scp_bytes_of(buffer, stored.len + 1), SCP_TRAILING);
}

static void cut_or_extended_forms_are_refused(void **state)
{
    (void)state;
    for_each_session(run_cut);
}

static void impossible_values_are_refused(void **state)
{
    (void)state;
    struct pair p;
    uint8_t buffer[SCP_CHANNEL_SAVED_MAX];
    pair_open(&p, &(struct option){SCP_PROTOCOL_03, 0x70, 16, 0}, 0x33);
    struct scp_bytes stored = save(&p.host, buffer);
    const struct {
        size_t at;
        uint8_t value;
        enum scp_error error;
    } cases[] = {
        {0, 'X', SCP_MALFORMED},    /* magic */
        {4, 3, SCP_UNSUPPORTED},    /* version */
        {5, 0, SCP_MALFORMED},      /* state */
        {5, 9, SCP_MALFORMED},      /* state */
        {6, 4, SCP_MALFORMED},      /* protocol */
        {7, 0x40, SCP_MALFORMED},   /* option */
        {9, 0x32, SCP_MALFORMED},   /* level */
        {11, 17, SCP_MALFORMED},    /* length of the AID */
        {35, 9, SCP_MALFORMED},     /* length of the host challenge */
        {53, 15, SCP_MALFORMED},    /* length of a key */
        {105, 0x13, SCP_MALFORMED}, /* level now, below the channel's own */
        {106, 3, SCP_MALFORMED},    /* R-MAC session */
        {107, 3, SCP_MALFORMED},    /* kind of the pending command */
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        uint8_t was = buffer[cases[n].at];
        buffer[cases[n].at] = cases[n].value;
        assert_refused(stored, cases[n].error);
        buffer[cases[n].at] = was;
    }
    assert_refused(SCP_EMPTY, SCP_TRUNCATED);
    struct scp_channel ch;
    assert_int_equal(scp_channel_restore(&ch, stored), SCP_OK);
    pair_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verification_afterwards_equals_the_session),
        cmocka_unit_test(a_script_made_ahead_is_verified_afterwards),
        cmocka_unit_test(a_command_of_another_place_is_not_replayed),
        cmocka_unit_test(a_channel_is_stored_at_every_step_of_opening),
        cmocka_unit_test(cut_or_extended_forms_are_refused),
        cmocka_unit_test(impossible_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
