#include "ota-server/rebind/session.h"
#include "tests/support/test.h"

enum { VERSION_AT = 4, PHASE_AT = 5 };

/* Planned, nothing sent, as a server of version 1 saved it. */
static const char sample_1[] = "52425345"
                               "01"
                               "00"
                               "025520"
                               "08A000000151000000"
                               "01020300000000000000"
                               "0100001234"
                               "0908070605040302"
                               "0000"
                               "02"
                               "0000"
                               "0805A001020304"
                               "0000000000"
                               "010301"
                               "01";

static size_t put_sample(uint8_t bytes[SESSION_SAVED_MAX])
{
    struct scp_writer w = scp_writer_on(bytes, SESSION_SAVED_MAX);
    assert_int_equal(scp_hex_decode(sample_1, &w), SCP_OK);
    return w.len;
}

static void kept_sample_of_version_1_is_read_and_written(void **state)
{
    (void)state;
    uint8_t bytes[SESSION_SAVED_MAX];
    uint8_t again[SESSION_SAVED_MAX];
    struct scp_writer w = scp_writer_on(again, sizeof again);
    struct session s;
    size_t len = put_sample(bytes);
    assert_int_equal(session_restore(&s, scp_bytes_of(bytes, len)), SCP_OK);
    assert_int_equal(s.phase, SESSION_CLOSED);
    assert_int_equal(s.card.protocol, SCP_PROTOCOL_02);
    assert_true(s.card.counter_known);
    assert_int_equal(s.card.counter, 0x1234);
    assert_int_equal(s.card.isd.len, 8);
    assert_int_equal(s.host_challenge[0], 9);
    assert_int_equal(s.plan.count, 2);
    assert_int_equal(s.plan.steps[1].kind, PLAN_STEP_DELETE);
    assert_int_equal(s.plan.steps[1].aid.len, 5);
    assert_int_equal(s.read_pages[1], 3);
    assert_true(s.read_started);
    session_save(&s, &w);
    assert_int_equal(w.len, len);
    assert_memory_equal(again, bytes, len);
}

static void other_magic_and_version_are_told_apart(void **state)
{
    (void)state;
    uint8_t bytes[SESSION_SAVED_MAX];
    struct session s;
    size_t len = put_sample(bytes);
    bytes[0] ^= 1;
    assert_int_equal(session_restore(&s, scp_bytes_of(bytes, len)), SCP_MALFORMED);
    bytes[0] ^= 1;
    bytes[VERSION_AT]++;
    assert_int_equal(session_restore(&s, scp_bytes_of(bytes, len)), SCP_UNSUPPORTED);
}

static void impossible_phases_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[SESSION_SAVED_MAX];
    struct session s;
    size_t len = put_sample(bytes);
    for (unsigned phase = SESSION_OPENING; phase <= 0xFF; phase++) { /* the sample has no channel */
        bytes[PHASE_AT] = (uint8_t)phase;
        assert_int_not_equal(session_restore(&s, scp_bytes_of(bytes, len)), SCP_OK);
    }
}

static void cut_or_longer_state_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[SESSION_SAVED_MAX] = {0};
    struct session s;
    size_t len = put_sample(bytes);
    for (size_t n = 0; n < len; n++)
        assert_int_not_equal(session_restore(&s, scp_bytes_of(bytes, n)), SCP_OK);
    assert_int_equal(session_restore(&s, scp_bytes_of(bytes, len + 1)), SCP_TRAILING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_sample_of_version_1_is_read_and_written),
        cmocka_unit_test(other_magic_and_version_are_told_apart),
        cmocka_unit_test(impossible_phases_are_refused),
        cmocka_unit_test(cut_or_longer_state_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
