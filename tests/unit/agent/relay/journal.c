#include "agent/relay/journal.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SE "//se-id/CUD/4231000091560001"
#define URI "/admin-agent/0f3c"

static char directory[64];

static int make_directory(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/rebind-journal-XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
    (void)state;
    DIR *dir = opendir(directory);
    for (const struct dirent *f = readdir(dir); f != NULL; f = readdir(dir)) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", directory, f->d_name);
        (void)unlink(path);
    }
    (void)closedir(dir);
    return rmdir(directory);
}

/* The one journal in the directory. */
static void journal_path(char path[4096])
{
    DIR *dir = opendir(directory);
    assert_non_null(dir);
    path[0] = '\0';
    for (const struct dirent *f = readdir(dir); f != NULL; f = readdir(dir))
        if (strstr(f->d_name, ".journal") != NULL)
            (void)snprintf(path, 4096, "%s/%s", directory, f->d_name);
    (void)closedir(dir);
    assert_int_not_equal(path[0], '\0');
}

static size_t read_journal(uint8_t *to, size_t cap)
{
    char path[4096];
    journal_path(path);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(to, 1, cap, f);
    (void)fclose(f);
    return len;
}

static void write_journal(const uint8_t *bytes, size_t len)
{
    char path[4096];
    journal_path(path);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    (void)fclose(f);
}

static void begin(struct agent_journal *journal)
{
    const struct agent_journal_script script = {
        .se = SE, .next_uri = URI, .script = SCP_LITERAL(0xAA, 0x00), .commands = 3};
    assert_int_equal(agent_journal_begin(journal, directory, &script), AGENT_OK);
}

static void write_three(void)
{
    struct agent_journal journal;
    begin(&journal);
    assert_int_equal(agent_journal_response(&journal, SCP_LITERAL(0x90, 0x00)), AGENT_OK);
    assert_int_equal(agent_journal_response(&journal, SCP_LITERAL(1, 2, 0x90, 0x00)), AGENT_OK);
    assert_int_equal(agent_journal_response(&journal, SCP_LITERAL(0x6A, 0x80)), AGENT_OK);
    assert_int_equal(agent_journal_end(&journal, AGENT_SCRIPT_OK), AGENT_OK);
    agent_journal_close(&journal);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct agent_journal_entry entry;
    bool found = true;
    assert_int_equal(agent_journal_load(directory, SE, &entry, &found), AGENT_OK);
    assert_false(found);
    write_three();
    assert_int_equal(agent_journal_load(directory, SE, &entry, &found), AGENT_OK);
    assert_true(found);
    assert_string_equal(entry.se, SE);
    assert_string_equal(entry.next_uri, URI);
    assert_int_equal(entry.commands, 3);
    assert_int_equal(entry.count, 3);
    assert_true(entry.ended);
    assert_int_equal(entry.status, AGENT_SCRIPT_OK);
    assert_true(scp_bytes_equal(entry.responses[1], SCP_LITERAL(1, 2, 0x90, 0x00)));
    agent_journal_entry_fini(&entry);
}

static void a_begun_script_without_answers_is_known_as_interrupted(void **state)
{
    (void)state;
    struct agent_journal journal;
    struct agent_journal_entry entry;
    bool found = false;
    begin(&journal);
    agent_journal_close(&journal); /* the process is killed here */
    assert_int_equal(agent_journal_load(directory, SE, &entry, &found), AGENT_OK);
    assert_true(found);
    assert_false(entry.ended);
    assert_int_equal(entry.status, AGENT_SCRIPT_UNAVAILABLE_SE);
    assert_int_equal(entry.count, 0);
    agent_journal_entry_fini(&entry);
}

/* Cut at every byte: whole records before the cut are read, what follows is ignored, and an END is
 * never made up. */
static void torn_at_any_byte_keeps_the_whole_records(void **state)
{
    (void)state;
    uint8_t whole[1024];
    write_three();
    size_t len = read_journal(whole, sizeof whole);
    size_t last_count = 0;
    for (size_t cut = 0; cut <= len; cut++) {
        struct agent_journal_entry entry = {0};
        bool found = false;
        write_journal(whole, cut);
        if (agent_journal_load(directory, SE, &entry, &found) != AGENT_OK) {
            assert_int_equal(last_count, 0); /* the SCRIPT record itself is torn */
            continue;
        }
        assert_true(found);
        assert_true(entry.count >= last_count && entry.count <= 3);
        assert_int_equal(entry.ended, cut == len);
        if (entry.count > 0)
            assert_true(scp_bytes_equal(entry.responses[0], SCP_LITERAL(0x90, 0x00)));
        last_count = entry.count;
        agent_journal_entry_fini(&entry);
    }
    assert_int_equal(last_count, 3);
}

/* Turn every bit: a record that does not check is never given out. */
static void a_flipped_bit_never_changes_an_answer(void **state)
{
    (void)state;
    uint8_t whole[1024];
    const struct scp_bytes responses[] = {SCP_LITERAL(0x90, 0x00), SCP_LITERAL(1, 2, 0x90, 0x00),
                                          SCP_LITERAL(0x6A, 0x80)};
    write_three();
    size_t len = read_journal(whole, sizeof whole);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        struct agent_journal_entry entry = {0};
        bool found = false;
        whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
        write_journal(whole, len);
        whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (agent_journal_load(directory, SE, &entry, &found) != AGENT_OK)
            continue;
        assert_string_equal(entry.next_uri, URI);
        assert_true(entry.count <= 3);
        for (size_t i = 0; i < 3 && i < entry.count; i++)
            assert_true(scp_bytes_equal(entry.responses[i], responses[i]));
        assert_false(entry.ended && entry.count < 3);
        agent_journal_entry_fini(&entry);
    }
}

static void the_next_script_takes_the_journals_place(void **state)
{
    (void)state;
    struct agent_journal journal;
    struct agent_journal_entry entry;
    bool found = false;
    write_three();
    begin(&journal);
    assert_int_equal(agent_journal_response(&journal, SCP_LITERAL(0x69, 0x85)), AGENT_OK);
    agent_journal_close(&journal);
    assert_int_equal(agent_journal_load(directory, SE, &entry, &found), AGENT_OK);
    assert_int_equal(entry.count, 1);
    assert_false(entry.ended);
    agent_journal_entry_fini(&entry);
}

static void count_card(void *ctx, const char *se)
{
    assert_string_equal(se, SE);
    ++*(size_t *)ctx;
}

static void a_posted_journal_is_gone(void **state)
{
    (void)state;
    size_t cards = 0;
    size_t damaged = 0;
    write_three();
    assert_int_equal(agent_journal_each(directory, count_card, &cards, &damaged), AGENT_OK);
    assert_int_equal(cards, 1);
    assert_int_equal(agent_journal_posted(directory, SE), AGENT_OK);
    assert_int_equal(agent_journal_posted(directory, SE), AGENT_OK); /* twice is fine */
    cards = 0;
    assert_int_equal(agent_journal_each(directory, count_card, &cards, &damaged), AGENT_OK);
    assert_int_equal(cards, 0);
    assert_int_equal(damaged, 0);
}

static void another_version_is_refused_and_set_aside(void **state)
{
    (void)state;
    uint8_t whole[1024];
    struct agent_journal_entry entry;
    bool found = false;
    size_t cards = 0;
    size_t damaged = 0;
    write_three();
    size_t len = read_journal(whole, sizeof whole);
    whole[3] = 0x02;
    write_journal(whole, len);
    assert_int_equal(agent_journal_load(directory, SE, &entry, &found), AGENT_JOURNAL);
    assert_int_equal(agent_journal_each(directory, count_card, &cards, &damaged), AGENT_OK);
    assert_int_equal(damaged, 1);
    assert_int_equal(agent_journal_set_aside(directory, SE), AGENT_OK);
    assert_int_equal(agent_journal_load(directory, SE, &entry, &found), AGENT_OK);
    assert_false(found);
}

/* The bytes of version 1, so that no later program forgets how to read them. */
static void a_kept_sample_of_version_1_is_read(void **state)
{
    (void)state;
    uint8_t kept[1024];
    struct scp_writer w = scp_writer_on(kept, sizeof kept);
    char hex[2048] = {0};
    FILE *f = fopen(REBIND_SOURCE_DIR "/tests/vectors/journal-v1.hex", "r");
    assert_non_null(f);
    assert_non_null(fgets(hex, sizeof hex, f));
    (void)fclose(f);
    hex[strcspn(hex, "\n")] = '\0';
    assert_int_equal(scp_hex_decode(hex, &w), SCP_OK);
    write_three();
    write_journal(kept, scp_written(&w).len);
    struct agent_journal_entry entry;
    bool found = false;
    assert_int_equal(agent_journal_load(directory, SE, &entry, &found), AGENT_OK);
    assert_string_equal(entry.next_uri, URI);
    assert_int_equal(entry.count, 3);
    assert_true(entry.ended);
    agent_journal_entry_fini(&entry);
}

static void a_directory_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct agent_journal journal;
    const struct agent_journal_script script = {.se = SE, .next_uri = URI};
    assert_int_equal(agent_journal_begin(&journal, "/nonexistent", &script), AGENT_JOURNAL);
    assert_int_equal(agent_journal_response(&journal, SCP_LITERAL(0x90, 0x00)), AGENT_JOURNAL);
    agent_journal_close(&journal);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_was_written_is_read),
        IN_DIRECTORY(a_begun_script_without_answers_is_known_as_interrupted),
        IN_DIRECTORY(torn_at_any_byte_keeps_the_whole_records),
        IN_DIRECTORY(a_flipped_bit_never_changes_an_answer),
        IN_DIRECTORY(the_next_script_takes_the_journals_place),
        IN_DIRECTORY(a_posted_journal_is_gone),
        IN_DIRECTORY(another_version_is_refused_and_set_aside),
        IN_DIRECTORY(a_kept_sample_of_version_1_is_read),
        cmocka_unit_test(a_directory_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
