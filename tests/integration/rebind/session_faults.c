/* What a session makes of cards with other keys, of agents that lie, and of its own state damaged.
 */
#include "tests/integration/rebind/bench.h"

#include "scp/gp/apdu.h"

#include <stdlib.h>
#include <string.h>

static const char *const profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                       "scp03-i60-aes256", "scp03-i70-aes128"};
enum { PROFILES = sizeof profiles / sizeof profiles[0] };

/* An exchange of a switch, halfway: the script went out and the card has answered. */
struct half {
    struct bench *b;
    struct session s;
    struct scp_bytes script;
    uint8_t answers[BENCH_RESPONSES_SIZE];
};

static struct half *half_of(const char *profile, enum plan_operation operation)
{
    struct half *h = calloc(1, sizeof *h);
    const uint8_t seed[SESSION_SEED_SIZE] = {8, 7, 6, 5, 4, 3, 2, 1};
    const char *why = NULL;
    assert_non_null(h);
    struct bench *b = h->b = bench_new(profile);
    assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
    struct plan plan = bench_plan(b, operation);
    struct scp_writer script = scp_writer_on(b->script_memory, sizeof b->script_memory);
    struct scp_writer unused = scp_writer_on(h->answers, sizeof h->answers);
    const struct session_materials materials = bench_materials(b);
    session_init(&h->s, &b->record, seed);
    session_plan(&h->s, &plan);
    assert_int_equal(session_write(&h->s, &b->session_keys, &materials, &bench_peer, &script, &why),
                     SCP_OK);
    h->script = scp_written(&script);
    bench_power(b);
    bench_run_script(b, h->script, &unused);
    assert_int_equal(b->run.end.end, AGENT_RUN_COMPLETE);
    return h;
}

static struct half *half_new(const char *profile)
{
    return half_of(profile, PLAN_SWITCH);
}

static void half_free(struct half *h)
{
    session_fini(&h->s);
    bench_free(h->b);
    free(h);
}

/* Read the first `count` answers as they stand now, with a copy of session and content. */
static enum scp_error read_copy(struct half *h, size_t count, struct card_content *content,
                                struct session_result *result)
{
    struct session copy = h->s;
    struct scp_writer w = scp_writer_on(h->answers, sizeof h->answers);
    assert_int_equal(scp_script_put_responses(&w, h->b->run.items, count), SCP_OK);
    const struct session_exchange sent = {
        .script = h->script,
        .responses = scp_written(&w),
        .product = &h->b->bank_b,
        .domain = &h->b->domain_b,
    };
    *content = h->b->content;
    enum scp_error error = session_read(&copy, &h->b->session_keys, &sent, content, result);
    session_fini(&copy);
    return error;
}

static enum session_outcome outcome_of(struct half *h, size_t count)
{
    struct card_content content;
    struct session_result result;
    assert_int_equal(read_copy(h, count, &content, &result), SCP_OK);
    if (result.outcome != SESSION_DONE)
        assert_false(content.known && result.steps_done > 0 && result.outcome != SESSION_CONTINUE);
    return result.outcome;
}

/* The place in the script of the last command with this instruction. */
static size_t last_command(const struct half *h, uint8_t ins)
{
    struct scp_script_reader reader;
    struct scp_script_command command;
    size_t found = 0;
    assert_int_equal(scp_script_open(&reader, h->script), SCP_OK);
    for (size_t i = 0; scp_script_next(&reader, &command) == SCP_OK; i++) {
        if (command.apdu.ptr[1] == ins)
            found = i;
    }
    assert_int_not_equal(found, 0);
    return found;
}

/* ---- keys and openings ------------------------------------------------------------------------
 */

static void card_with_other_keys_is_never_asked_to_authenticate(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = bench_new(profiles[i]);
        b->keys.mac.bytes[3] ^= 0x10;
        b->keys.enc.bytes[3] ^= 0x10;
        assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_WRONG_KEYS);
        assert_int_equal(b->authentications, 0);
        bench_issuer(b)->counter_known = false;
        assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_WRONG_KEYS);
        assert_int_equal(b->authentications, 0);
        bench_free(b);
    }
}

static void refused_authentication_is_told_apart(void **state)
{
    (void)state;
    static const uint8_t refused[2] = {0x63, 0x00};
    static const uint8_t blocked[2] = {0x69, 0x83};
    struct half *h = half_new("scp03-i70-aes128");
    size_t at = last_command(h, 0x82);
    h->b->run.items[at] = SCP_BYTES(refused);
    assert_int_equal(outcome_of(h, at + 1), SESSION_REFUSED);
    h->b->run.items[at] = SCP_BYTES(blocked);
    assert_int_equal(outcome_of(h, at + 1), SESSION_STOPPED);
    half_free(h);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static void every_prefix_of_the_answers_is_an_interruption(void **state)
{
    (void)state;
    struct half *h = half_new("scp03-i70-aes128");
    size_t count = h->b->run.count;
    for (size_t n = 1; n < count; n++)
        assert_int_equal(outcome_of(h, n), SESSION_INTERRUPTED);
    assert_int_equal(outcome_of(h, count), SESSION_DONE);
    half_free(h);
}

/* Whether a session could be prepared whole from what the record says now. */
static bool can_prepare(struct half *h, const struct session_result *result)
{
    struct bench *b = h->b;
    struct session next;
    const char *why = NULL;
    const uint8_t seed[SESSION_SEED_SIZE] = {1};
    uint8_t *memory = malloc(SCP_SCRIPT_MAX);
    assert_non_null(memory);
    struct scp_writer script = scp_writer_on(memory, SCP_SCRIPT_MAX);
    struct plan plan = bench_plan(b, PLAN_AUDIT);
    const struct session_materials materials = bench_materials(b);
    struct session_card before = b->record;
    bench_issuer(b)->unused_from = session_domain(&h->s, PLAN_CHANNEL_ISSUER)->unused_from;
    bench_take_result(b, result);
    session_init(&next, &b->record, seed);
    session_plan(&next, &plan);
    assert_int_equal(session_write(&next, &b->session_keys, &materials, &bench_peer, &script, &why),
                     SCP_OK);
    bool prepared = session_is_prepared(&next);
    session_fini(&next);
    free(memory);
    b->record = before;
    return prepared;
}

/* A script that may still run: nothing is prepared beside it under its counter. */
static void counter_that_was_given_out_is_not_given_out_again(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        uint8_t moved_by; /* the instruction whose answer shows that the counter has moved */
    } rows[] = {{"scp03-i70-aes128", 0x50}, {"scp02-i55", 0x82}};
    for (size_t i = 0; i < 2; i++) {
        struct half *h = half_new(rows[i].profile);
        size_t moved = last_command(h, rows[i].moved_by);
        for (size_t n = 1; n <= h->b->run.count; n++) {
            struct card_content content;
            struct session_result result;
            assert_int_equal(read_copy(h, n, &content, &result), SCP_OK);
            assert_int_equal(can_prepare(h, &result), n > moved);
        }
        half_free(h);
    }
}

static void answers_without_a_command_are_refused(void **state)
{
    (void)state;
    struct half *h = half_new("scp02-i55");
    struct card_content content;
    struct session_result result;
    size_t count = h->b->run.count;
    h->b->run.items[count] = h->b->run.items[count - 1];
    assert_int_equal(read_copy(h, count + 1, &content, &result), SCP_TRAILING);
    assert_memory_equal(&content, &h->b->content, sizeof content);
    half_free(h);
}

static void garbage_leaves_the_session_as_it_was(void **state)
{
    (void)state;
    struct half *h = half_new("scp03-i70-aes128");
    uint8_t before[SESSION_SAVED_MAX];
    uint8_t after[SESSION_SAVED_MAX];
    uint8_t body[64];
    struct session_result result;
    struct card_content content = h->b->content;
    struct scp_writer b = scp_writer_on(before, sizeof before);
    session_save(&h->s, &b);
    for (size_t i = 0; i < 2000; i++) {
        size_t len = 1 + i % sizeof body;
        rebind_random(&h->b->env, body, len);
        body[0] = i % 2 == 0 ? 0xAB : 0xAF;
        const struct session_exchange sent = {
            .script = h->script,
            .responses = scp_bytes_of(body, len),
            .product = &h->b->bank_b,
            .domain = &h->b->domain_b,
        };
        if (session_read(&h->s, &h->b->session_keys, &sent, &content, &result) == SCP_OK)
            continue; /* a well-formed list by chance */
        struct scp_writer a = scp_writer_on(after, sizeof after);
        session_save(&h->s, &a);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(before, after, b.len);
        assert_memory_equal(&content, &h->b->content, sizeof content);
    }
    half_free(h);
}

/* One bit anywhere in an answer that carries an R-MAC. */
static void forged_answers_do_not_verify(void **state)
{
    (void)state;
    struct half *h = half_new("scp03-i70-aes128");
    size_t first = last_command(h, 0x82) + 1;
    size_t last = last_command(h, 0xCA);
    for (size_t i = first; i <= last; i++) {
        uint8_t *answer = h->b->run.memory + (h->b->run.items[i].ptr - h->b->run.memory);
        size_t len = h->b->run.items[i].len;
        if (len == 2)
            continue; /* a status word of an error carries no MAC (Amendment D 6.2.5) */
        for (size_t at = 0; at < len - 2; at += 5) {
            answer[at] ^= 0x20;
            assert_int_equal(outcome_of(h, i + 1), SESSION_FORGED);
            answer[at] ^= 0x20;
        }
    }
    half_free(h);
}

/* 6A88 carries no R-MAC, so anybody can say it: it does not undo what the card has confirmed. */
static void denied_instance_is_not_believed(void **state)
{
    (void)state;
    static const uint8_t absent[2] = {0x6A, 0x88};
    static const char *const all[] = {"scp03-i70-aes128", "scp02-i55"};
    for (size_t i = 0; i < 2; i++) {
        struct half *h = half_new(all[i]);
        h->b->run.items[last_command(h, 0xF2)] = SCP_BYTES(absent);
        assert_int_equal(outcome_of(h, h->b->run.count), SESSION_FORGED);
        half_free(h);
    }
}

/* Nor does it hide what is on a card when the registry is read. */
static void hidden_registry_is_not_believed(void **state)
{
    (void)state;
    static const uint8_t absent[2] = {0x6A, 0x88};
    struct half *h = half_of("scp03-i70-aes128", PLAN_AUDIT);
    size_t load_files = last_command(h, 0xF2);
    struct scp_bytes *items = h->b->run.items;
    struct scp_bytes kept = items[load_files];
    items[load_files] = SCP_BYTES(absent);
    assert_int_equal(outcome_of(h, h->b->run.count), SESSION_REPLAN);
    items[load_files] = kept;
    for (size_t back = 1; back <= 2; back++) {
        kept = items[load_files - back];
        items[load_files - back] = SCP_BYTES(absent);
        assert_int_equal(outcome_of(h, h->b->run.count), SESSION_FORGED);
        items[load_files - back] = kept;
    }
    half_free(h);
}

/* ---- the state between two calls --------------------------------------------------------------
 */

static void restored_session_reads_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        if (strcmp(profiles[i], "scp02-i15") == 0 || strcmp(profiles[i], "scp03-i60-aes256") == 0)
            continue; /* their first script only opens */
        struct half *h = half_new(profiles[i]);
        uint8_t saved[SESSION_SAVED_MAX];
        struct scp_writer w = scp_writer_on(saved, sizeof saved);
        struct card_content direct;
        struct card_content restored;
        struct session_result a;
        struct session_result b;
        assert_int_equal(read_copy(h, h->b->run.count, &direct, &a), SCP_OK);
        session_save(&h->s, &w);
        assert_int_equal(scp_writer_status(&w), SCP_OK);
        session_fini(&h->s);
        assert_int_equal(session_restore(&h->s, scp_written(&w)), SCP_OK);
        assert_int_equal(read_copy(h, h->b->run.count, &restored, &b), SCP_OK);
        assert_int_equal(a.outcome, SESSION_DONE);
        assert_int_equal(b.outcome, SESSION_DONE);
        assert_memory_equal(a.shown, b.shown, sizeof a.shown);
        assert_int_equal(a.steps_done, b.steps_done);
        assert_memory_equal(&a.proof, &b.proof, sizeof a.proof);
        assert_memory_equal(&direct, &restored, sizeof direct);
        half_free(h);
    }
}

/* The seal keeps strangers out; a damaged state still reads nothing outside of itself. */
static void damaged_state_is_refused_or_harmless(void **state)
{
    (void)state;
    struct half *h = half_new("scp03-i70-aes128");
    struct session whole = h->s;
    uint8_t saved[SESSION_SAVED_MAX];
    struct scp_writer w = scp_writer_on(saved, sizeof saved);
    session_save(&h->s, &w);
    for (size_t at = 0; at < w.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct card_content content;
            struct session_result result;
            saved[at] ^= (uint8_t)(1U << bit);
            if (session_restore(&h->s, scp_written(&w)) == SCP_OK) {
                enum scp_error error = read_copy(h, h->b->run.count, &content, &result);
                assert_true(error != SCP_OK || result.outcome <= SESSION_FORGED);
            }
            saved[at] ^= (uint8_t)(1U << bit);
        }
    }
    for (size_t len = 0; len < w.len; len++)
        assert_int_not_equal(session_restore(&h->s, scp_bytes_of(saved, len)), SCP_OK);
    h->s = whole;
    half_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(card_with_other_keys_is_never_asked_to_authenticate),
        cmocka_unit_test(refused_authentication_is_told_apart),
        cmocka_unit_test(every_prefix_of_the_answers_is_an_interruption),
        cmocka_unit_test(counter_that_was_given_out_is_not_given_out_again),
        cmocka_unit_test(answers_without_a_command_are_refused),
        cmocka_unit_test(garbage_leaves_the_session_as_it_was),
        cmocka_unit_test(forged_answers_do_not_verify),
        cmocka_unit_test(denied_instance_is_not_believed),
        cmocka_unit_test(hidden_registry_is_not_believed),
        cmocka_unit_test(restored_session_reads_the_same),
        cmocka_unit_test(damaged_state_is_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
