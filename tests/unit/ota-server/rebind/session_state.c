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

static void assert_is_the_sample(const struct session *s)
{
    const struct session_domain *issuer = session_domain(s, PLAN_CHANNEL_ISSUER);
    assert_int_equal(s->phase, SESSION_CLOSED);
    assert_true(issuer->present);
    assert_int_equal(issuer->protocol, SCP_PROTOCOL_02);
    assert_true(issuer->counter_known);
    assert_int_equal(issuer->counter, 0x1234);
    assert_int_equal(issuer->aid.len, 8);
    assert_false(session_domain(s, PLAN_CHANNEL_BANK)->present);
    assert_int_equal(s->plan.count, 2);
    assert_int_equal(s->plan.steps[1].kind, PLAN_STEP_DELETE);
    assert_int_equal(s->plan.steps[1].channel, PLAN_CHANNEL_ISSUER);
    assert_int_equal(s->plan.steps[1].aid.len, 5);
    assert_int_equal(s->read_pages[1], 3);
    assert_true(s->read_started);
}

static void kept_sample_of_version_1_is_read(void **state)
{
    (void)state;
    uint8_t bytes[SESSION_SAVED_MAX];
    uint8_t again[SESSION_SAVED_MAX];
    struct scp_writer w = scp_writer_on(again, sizeof again);
    struct session s;
    struct session reread;
    size_t len = put_sample(bytes);
    assert_int_equal(session_restore(&s, scp_bytes_of(bytes, len)), SCP_OK);
    assert_is_the_sample(&s);
    session_save(&s, &w);
    assert_int_equal(again[VERSION_AT], 3);
    assert_int_equal(session_restore(&reread, scp_written(&w)), SCP_OK);
    assert_is_the_sample(&reread);
}

/* The same session as this version keeps it. */
static const char sample_2[] = "52425345"
                               "02"
                               "0002"
                               "02"
                               "01025520"
                               "08A000000151000000"
                               "01020300000000000000"
                               "010000123400001233"
                               "00"
                               "09080706050403020000000000000000"
                               "00000003"
                               "0000"
                               "02"
                               "000000"
                               "080005A001020304"
                               "00"
                               "00"
                               "010301"
                               "01";

/* What version 2 has no words for. */
static void assert_nothing_about_keys(const struct session *s)
{
    assert_false(session_domain(s, PLAN_CHANNEL_NEW_KEYS)->present);
    assert_int_equal(s->missed[PLAN_CHANNEL_NEW_KEYS], 0);
    assert_int_equal(s->plan.steps[1].kvn, 0);
}

static void kept_sample_of_version_2_is_read(void **state)
{
    (void)state;
    uint8_t bytes[SESSION_SAVED_MAX];
    struct scp_writer b = scp_writer_on(bytes, sizeof bytes);
    struct session s;
    assert_int_equal(scp_hex_decode(sample_2, &b), SCP_OK);
    assert_int_equal(session_restore(&s, scp_written(&b)), SCP_OK);
    assert_is_the_sample(&s);
    assert_int_equal(s.open, PLAN_CHANNEL_NONE);
    assert_int_equal(session_domain(&s, PLAN_CHANNEL_ISSUER)->unused_from, 0x1233);
    assert_int_equal(s.openings, 3);
    assert_false(s.plan.content_known); /* its first step reads */
    assert_nothing_about_keys(&s);
}

/* A change of keys, as this version keeps it. */
static const char sample_3[] = "52425345"
                               "03"
                               "00FF"
                               "03"
                               "01025520"
                               "08A000000151000000"
                               "01020300000000000000"
                               "010000123400001233"
                               "00"
                               "01025521"
                               "08A000000151000000"
                               "01020300000000000000"
                               "010000000000000001"
                               "09080706050403020000000000000000"
                               "00000003"
                               "0000"
                               "0201"
                               "0F0008A00000015100000021"
                               "100208A00000015100000020"
                               "00"
                               "00"
                               "010301"
                               "01"
                               "03010002";

static void kept_sample_of_version_3_is_read_and_written(void **state)
{
    (void)state;
    uint8_t bytes[SESSION_SAVED_MAX];
    uint8_t again[SESSION_SAVED_MAX];
    struct scp_writer b = scp_writer_on(bytes, sizeof bytes);
    struct scp_writer w = scp_writer_on(again, sizeof again);
    struct session s;
    assert_int_equal(scp_hex_decode(sample_3, &b), SCP_OK);
    assert_int_equal(session_restore(&s, scp_written(&b)), SCP_OK);
    assert_true(s.plan.content_known);
    assert_int_equal(s.plan.steps[0].kind, PLAN_STEP_PUT_KEYS);
    assert_int_equal(s.plan.steps[1].channel, PLAN_CHANNEL_NEW_KEYS);
    assert_int_equal(s.plan.steps[1].kvn, 0x20);
    assert_int_equal(session_domain(&s, PLAN_CHANNEL_NEW_KEYS)->kvn, 0x21);
    assert_int_equal(s.missed[PLAN_CHANNEL_ISSUER], 1);
    assert_int_equal(s.missed[PLAN_CHANNEL_NEW_KEYS], 2);
    session_save(&s, &w);
    assert_int_equal(w.len, b.len);
    assert_memory_equal(again, bytes, b.len);
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
    bytes[VERSION_AT] = 4;
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
        cmocka_unit_test(kept_sample_of_version_1_is_read),
        cmocka_unit_test(kept_sample_of_version_2_is_read),
        cmocka_unit_test(kept_sample_of_version_3_is_read_and_written),
        cmocka_unit_test(other_magic_and_version_are_told_apart),
        cmocka_unit_test(impossible_phases_are_refused),
        cmocka_unit_test(cut_or_longer_state_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
