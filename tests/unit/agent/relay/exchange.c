/* The loop of one card against a server of prepared replies and a card that writes down what it
 * got. Journals are real files. */
#include "agent/relay/exchange.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SE "//se-id/CUD/4231000091560001"
#define TARGET "//aid/A000000151/000000"

/* The linker gives us the calls of our own code (--wrap). */
void *__real_realloc(void *ptr, size_t size); /* NOLINT(bugprone-reserved-identifier) */
void *__wrap_realloc(void *ptr, size_t size); /* NOLINT(bugprone-reserved-identifier) */

static bool memory_is_short;

void *__wrap_realloc(void *ptr, size_t size) /* NOLINT(bugprone-reserved-identifier) */
{
    return memory_is_short ? NULL : __real_realloc(ptr, size);
}

enum { POSTS_MAX = 8 };

struct prepared {
    enum agent_error error;
    struct scp_bytes script; /* empty: 204 */
    const char *next_uri;
    const char *target;
};

struct seen {
    char path[AGENT_URI_MAX];
    bool has_result;
    bool resume;
    enum agent_script_status status;
    uint8_t body[256];
    size_t body_len;
};

struct world {
    char directory[64];
    const struct prepared *replies;
    size_t posts;
    struct seen seen[POSTS_MAX];
    size_t connects;
    bool absent;
    char commands[512];  /* hex of what the card got, '|' between contacts, ' ' between commands */
    size_t card_dies_at; /* command counted from 1 */
    size_t commands_got;
    uint32_t pauses;
    uint32_t pauses_allowed;
    bool stopping;
    const struct agent_watch *watch;
    char watched[128]; /* what the watch was told, one after the other */
};

/* ---- the card ------------------------------------------------------------------------------ */

static enum agent_error on_command(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    struct world *world = ctx;
    char hex[SCP_HEX_SIZE(64)];
    if (++world->commands_got == world->card_dies_at)
        return AGENT_NO_CARD;
    (void)strncat(world->commands, scp_hex_encode(hex, sizeof hex, command),
                  sizeof world->commands - strlen(world->commands) - 1);
    (void)strncat(world->commands, " ", sizeof world->commands - strlen(world->commands) - 1);
    bool unknown = command.len > 5 && command.ptr[1] == 0xA4 && command.ptr[5] == 0xFF;
    scp_put_u16(response, unknown ? 0x6A82 : 0x9000);
    return AGENT_OK;
}

static void close_contact(struct agent_contact *contact)
{
    free(contact);
}

static enum agent_error on_connect(void *ctx, struct agent_contact **contact)
{
    struct world *world = ctx;
    if (world->absent)
        return AGENT_NO_CARD;
    *contact = calloc(1, sizeof **contact);
    assert_non_null(*contact);
    (*contact)->card = (struct agent_transceive){.ctx = world, .fn = on_command};
    (*contact)->close = close_contact;
    if (world->connects++ > 0)
        (void)strncat(world->commands, "| ", sizeof world->commands - strlen(world->commands) - 1);
    return AGENT_OK;
}

/* ---- the server ---------------------------------------------------------------------------- */

static enum agent_error on_post(void *ctx, const struct agent_request *request,
                                struct agent_reply *reply)
{
    struct world *world = ctx;
    assert_true(world->posts < POSTS_MAX);
    const struct prepared *prepared = &world->replies[world->posts];
    struct seen *seen = &world->seen[world->posts++];
    assert_string_equal(request->se, SE);
    (void)snprintf(seen->path, sizeof seen->path, "%s", request->path);
    seen->has_result = request->has_result;
    seen->resume = request->resume;
    seen->status = request->status;
    seen->body_len = request->body.len;
    if (request->body.len > 0)
        memcpy(seen->body, request->body.ptr, request->body.len);
    *reply = (struct agent_reply){0};
    if (prepared->error != AGENT_OK || prepared->script.len == 0)
        return prepared->error;
    reply->has_script = true;
    reply->script = malloc(prepared->script.len);
    assert_non_null(reply->script);
    memcpy(reply->script, prepared->script.ptr, prepared->script.len);
    reply->script_len = prepared->script.len;
    if (prepared->next_uri != NULL)
        (void)snprintf(reply->next_uri, sizeof reply->next_uri, "%s", prepared->next_uri);
    if (prepared->target != NULL)
        (void)snprintf(reply->target, sizeof reply->target, "%s", prepared->target);
    return AGENT_OK;
}

static bool on_pause(void *ctx, uint32_t attempt)
{
    struct world *world = ctx;
    assert_int_equal(attempt, world->pauses);
    return world->pauses++ < world->pauses_allowed;
}

static bool on_stopping(void *ctx)
{
    return ((struct world *)ctx)->stopping;
}

static enum agent_error run(struct world *world, const struct prepared *replies)
{
    world->replies = replies;
    world->posts = 0;
    struct agent_exchange exchange = {
        .se = SE,
        .journal_directory = world->directory,
        .place = "test",
        .transport = {.ctx = world, .post = on_post},
        .access = {.ctx = world, .connect = on_connect},
        .wait = {.ctx = world, .pause = on_pause, .stopping = on_stopping},
        .watch = world->watch,
    };
    return agent_exchange_run(&exchange);
}

static bool journaled(const struct world *world)
{
    struct agent_journal_entry entry;
    bool found = false;
    assert_int_equal(agent_journal_load(world->directory, SE, &entry, &found), AGENT_OK);
    if (found)
        agent_journal_entry_fini(&entry);
    return found;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    (void)snprintf(world->directory, sizeof world->directory, "/tmp/rebind-exchange-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    bool clean =
        agent_journal_posted(world->directory, SE) == AGENT_OK && rmdir(world->directory) == 0;
    free(world);
    return clean ? 0 : 1;
}

/* Two commands 80E4 0000 and 80E6 0000; one of EXTERNAL AUTHENTICATE's look. */
#define TWO SCP_LITERAL(0xAA, 0x0C, 0x22, 4, 0x80, 0xE4, 0, 0, 0x22, 4, 0x80, 0xE6, 0, 0)
#define ONE SCP_LITERAL(0xAA, 0x06, 0x22, 4, 0x84, 0x82, 0, 0)
#define SELECTING SCP_LITERAL(0xAA, 0x06, 0x22, 4, 0x00, 0xA4, 4, 0)
#define TWO_ANSWERS SCP_LITERAL(0xAB, 11, 0x80, 1, 2, 0x23, 2, 0x90, 0, 0x23, 2, 0x90, 0)
#define ONE_ANSWER SCP_LITERAL(0xAB, 7, 0x80, 1, 1, 0x23, 2, 0x90, 0)
#define NO_ANSWER SCP_LITERAL(0xAB, 3, 0x80, 1, 0)

static void assert_body(const struct seen *seen, struct scp_bytes body)
{
    assert_true(scp_bytes_equal(scp_bytes_of(seen->body, seen->body_len), body));
}

static void a_script_is_run_and_its_answers_are_posted(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = TWO, .next_uri = "/admin-agent/1"}, {0}};
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_int_equal(world->posts, 2);
    assert_string_equal(world->seen[0].path, AGENT_ADMIN_PATH);
    assert_false(world->seen[0].has_result);
    assert_int_equal(world->seen[0].body_len, 0);
    assert_string_equal(world->seen[1].path, "/admin-agent/1");
    assert_int_equal(world->seen[1].status, AGENT_SCRIPT_OK);
    assert_false(world->seen[1].resume);
    assert_body(&world->seen[1], TWO_ANSWERS);
    assert_false(journaled(world));
}

static void a_session_spans_scripts_without_reset_or_selection(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = TWO, .next_uri = "/a/1", .target = TARGET},
                                       {.script = ONE, .next_uri = "/a/2", .target = TARGET},
                                       {0}};
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_int_equal(world->connects, 1);
    assert_string_equal(world->commands,
                        "00A4040008A00000015100000000 80E40000 80E60000 84820000 ");
}

static void a_script_that_selects_is_left_to_select(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = SELECTING, .next_uri = "/a/1", .target = TARGET},
                                       {0}};
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_string_equal(world->commands, "00A40400 ");
}

static void a_target_that_is_not_there_is_reported(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {
        {.script = TWO, .next_uri = "/a/1", .target = "//aid/FF00000151/00"}, {0}};
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_int_equal(world->seen[1].status, AGENT_SCRIPT_UNKNOWN_APPLICATION);
    assert_body(&world->seen[1], NO_ANSWER);
    assert_string_equal(world->commands, "00A4040006FF000001510000 ");
}

static void a_card_that_goes_away_is_reported_with_its_answers(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = TWO, .next_uri = "/a/1"}, {0}};
    world->card_dies_at = 2;
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_int_equal(world->seen[1].status, AGENT_SCRIPT_UNAVAILABLE_SE);
    assert_body(&world->seen[1], ONE_ANSWER);
}

static void a_broken_script_is_reported(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {
        {.script = SCP_LITERAL(0xAA, 0x05, 0x22), .next_uri = "/a/1"}, {0}};
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_int_equal(world->seen[1].status, AGENT_SCRIPT_FORMAT_ERROR);
    assert_string_equal(world->commands, "");
}

static void an_unreachable_server_gets_the_same_again(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = TWO, .next_uri = "/a/1"},
                                       {.error = AGENT_UNREACHABLE},
                                       {.error = AGENT_UNREACHABLE},
                                       {.script = ONE, .next_uri = "/a/2"},
                                       {0}};
    world->pauses_allowed = 10;
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_int_equal(world->posts, 5);
    assert_false(world->seen[1].resume);
    assert_true(world->seen[2].resume);
    assert_true(world->seen[3].resume);
    assert_body(&world->seen[3], TWO_ANSWERS);
    assert_false(world->seen[4].resume);
    /* the card was given back meanwhile */
    assert_string_equal(world->commands, "80E40000 80E60000 | 84820000 ");
}

static void answers_survive_when_the_server_stays_away(void **state)
{
    struct world *world = *state;
    const struct prepared before[] = {{.script = TWO, .next_uri = "/a/1"},
                                      {.error = AGENT_UNREACHABLE}};
    assert_int_equal(run(world, before), AGENT_STOPPED);
    assert_true(journaled(world));

    /* the next process posts them and does not touch the card */
    const struct prepared after[] = {{0}};
    size_t connects = world->connects;
    world->absent = true;
    assert_int_equal(run(world, after), AGENT_OK);
    assert_string_equal(world->seen[0].path, "/a/1");
    assert_true(world->seen[0].resume);
    assert_int_equal(world->seen[0].status, AGENT_SCRIPT_OK);
    assert_body(&world->seen[0], TWO_ANSWERS);
    assert_int_equal(world->connects, connects);
    assert_false(journaled(world));
}

/* A new script would take the place of the answers that nobody has seen. */
static void answers_survive_a_shortage_of_memory(void **state)
{
    struct world *world = *state;
    const struct prepared before[] = {{.script = TWO, .next_uri = "/a/1"},
                                      {.error = AGENT_UNREACHABLE}};
    assert_int_equal(run(world, before), AGENT_STOPPED);
    const struct prepared another[] = {{.script = ONE, .next_uri = "/a/2"}, {0}};
    memory_is_short = true;
    enum agent_error error = run(world, another);
    memory_is_short = false;
    assert_int_equal(error, AGENT_NO_MEMORY);
    assert_int_equal(world->posts, 0);
    const struct prepared after[] = {{0}};
    assert_int_equal(run(world, after), AGENT_OK);
    assert_body(&world->seen[0], TWO_ANSWERS);
}

static void a_half_run_script_is_posted_as_interrupted_and_never_begun_again(void **state)
{
    struct world *world = *state;
    struct agent_journal journal;
    const struct agent_journal_script script = {
        .se = SE, .next_uri = "/a/1", .script = TWO, .commands = 2};
    assert_int_equal(agent_journal_begin(&journal, world->directory, &script), AGENT_OK);
    assert_int_equal(agent_journal_response(&journal, SCP_LITERAL(0x90, 0x00)), AGENT_OK);
    agent_journal_close(&journal); /* killed */

    const struct prepared replies[] = {{.script = ONE, .next_uri = "/a/2"}, {0}};
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_string_equal(world->seen[0].path, "/a/1");
    assert_true(world->seen[0].resume);
    assert_int_equal(world->seen[0].status, AGENT_SCRIPT_UNAVAILABLE_SE);
    assert_body(&world->seen[0], ONE_ANSWER);
    assert_string_equal(world->commands, "84820000 ");
}

static void answers_that_the_server_refuses_are_let_go(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = TWO, .next_uri = "/a/1"},
                                       {.error = AGENT_REFUSED}};
    assert_int_equal(run(world, replies), AGENT_REFUSED);
    assert_false(journaled(world));
}

static void answers_are_kept_while_the_agent_is_not_let_in(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = TWO, .next_uri = "/a/1"},
                                       {.error = AGENT_FORBIDDEN}};
    assert_int_equal(run(world, replies), AGENT_FORBIDDEN);
    assert_true(journaled(world));
}

static void a_script_without_next_uri_is_run_and_not_answered(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = TWO}};
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_int_equal(world->posts, 1);
    assert_string_equal(world->commands, "80E40000 80E60000 ");
}

static void no_script_is_begun_while_stopping(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{.script = TWO, .next_uri = "/a/1"}};
    world->stopping = true;
    assert_int_equal(run(world, replies), AGENT_STOPPED);
    assert_string_equal(world->commands, "");
    assert_false(journaled(world));
}

static void the_server_is_not_asked_about_a_card_that_is_not_there(void **state)
{
    struct world *world = *state;
    const struct prepared replies[] = {{0}};
    world->absent = true;
    assert_int_equal(run(world, replies), AGENT_NO_CARD);
    assert_int_equal(world->posts, 0);
}

/* ---- the watch ----------------------------------------------------------------------------- */

static void add_watched(struct world *world, const char *text)
{
    (void)strncat(world->watched, text, sizeof world->watched - strlen(world->watched) - 1);
}

static void on_begin(void *ctx, const char *next_uri)
{
    add_watched(ctx, next_uri);
    add_watched(ctx, ":");
}

static void on_ran(void *ctx, size_t commands)
{
    char text[24];
    (void)snprintf(text, sizeof text, " %zu", commands);
    add_watched(ctx, text);
}

static void on_end(void *ctx)
{
    add_watched(ctx, ". ");
}

static void each_script_that_is_answered_is_watched(void **state)
{
    struct world *world = *state;
    const struct agent_watch watch = {
        .ctx = world, .begin = on_begin, .ran = on_ran, .end = on_end};
    const struct prepared replies[] = {{.script = TWO, .next_uri = "/a/1"},
                                       {.script = ONE, .next_uri = "/a/2"},
                                       {.script = TWO, .next_uri = "/a/3"},
                                       {.script = TWO}};
    world->watch = &watch;
    world->card_dies_at = 5;
    assert_int_equal(run(world, replies), AGENT_OK);
    assert_string_equal(world->watched, "/a/1: 1 2. /a/2: 1. /a/3: 1. ");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_script_is_run_and_its_answers_are_posted),
        IN_WORLD(a_session_spans_scripts_without_reset_or_selection),
        IN_WORLD(a_script_that_selects_is_left_to_select),
        IN_WORLD(a_target_that_is_not_there_is_reported),
        IN_WORLD(a_card_that_goes_away_is_reported_with_its_answers),
        IN_WORLD(a_broken_script_is_reported),
        IN_WORLD(an_unreachable_server_gets_the_same_again),
        IN_WORLD(answers_survive_when_the_server_stays_away),
        IN_WORLD(answers_survive_a_shortage_of_memory),
        IN_WORLD(a_half_run_script_is_posted_as_interrupted_and_never_begun_again),
        IN_WORLD(answers_that_the_server_refuses_are_let_go),
        IN_WORLD(answers_are_kept_while_the_agent_is_not_let_in),
        IN_WORLD(a_script_without_next_uri_is_run_and_not_answered),
        IN_WORLD(each_script_that_is_answered_is_watched),
        IN_WORLD(no_script_is_begun_while_stopping),
        IN_WORLD(the_server_is_not_asked_about_a_card_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
