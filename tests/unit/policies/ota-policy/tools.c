/* ota-policy simulate, diff, fmt and draw. */
#include "tests/support/test.h"

#include "tests/unit/policies/ota-policy/run_program.h"

#include <unistd.h>

static char folder[] = "/tmp/rebind-ota-tools-XXXXXX";
static char policy[64];
static char stricter[64];
static char lines[64];  /* NDJSON */
static char table[64];  /* CSV with the same facts */
static char marked[64]; /* CSV as spreadsheets write it */
static char untidy[64];
static char cards[64];
static char result[64];
static char draw[64];
static char secretless[64];

#define RULES(days)                                                                                \
    "version: 1\nname: p\nrules:\n"                                                                \
    "  - {id: a, effect: allow, when: {bank.licensed_regions: {contains: $card.region}}, reason: " \
    "x}\n"                                                                                         \
    "  - {id: d, effect: deny, when: {binding.days_since_last_switch: {less_than: " days           \
    "}}, reason: x}\n"

#define LIST "card-1\ncard-2\ncard-3\ncard-4\n"
#define LIST_SHA256 "08a9da5c7f6a5f638f65706cf23414817148c525f713cf823964a948d37b31bc"
#define DRAW                                                                   \
    "draw: 1\nname: spring\ncards: cards.txt\ncards_sha256: " LIST_SHA256 "\n" \
    "shares: {bank-a: 3, bank-b: 1}\n"

static int make_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file(folder, policy, "policy.yaml", RULES("30"));
    write_file(folder, stricter, "stricter.yaml", RULES("60"));
    write_file(folder, lines, "facts.ndjson",
               "{\"card.id\": \"c1\", \"card.region\": \"r1\", "
               "\"bank.licensed_regions\": [\"r1\", \"r2\"], \"bank.id\": \"b\\u0031\"}\n"
               "\n"
               "{\"card.id\":\"c2\",\"card.region\":\"r2\",\"bank.licensed_regions\":[\"r1\","
               "\"r2\"],\"bank.id\":\"b1\",\"binding.days_since_last_switch\":40}\n"
               "{\"card.region\": \"r3\", \"bank.licensed_regions\": [], \"bank.id\": null}");
    write_file(folder, table, "facts.csv",
               "card.id,card.region,bank.licensed_regions,bank.id,binding.days_since_last_switch\n"
               "c1,\"r1\",r1|r2,b1,\n"
               "c2,r2,r1|r2,\"b1\",40\r\n"
               ",r3,r0,,\n");
    write_file(folder, marked, "marked.csv",
               "\xEF\xBB\xBF"
               "card.region,bank.licensed_regions\r\nr1,r1\r\n");
    write_file(folder, untidy, "untidy.yaml",
               "version:   1 # of the language\nname: p\nrules: []\n");
    write_file(folder, cards, "cards.txt", LIST);
    write_file(folder, secretless, "secretless.yaml",
               DRAW "parties:\n"
                    "  bank-a: {commitment: "
                    "0000000000000000000000000000000000000000000000000000000000000000}\n"
                    "  bureau: {commitment: "
                    "0000000000000000000000000000000000000000000000000000000000000000}\n");
    (void)snprintf(draw, sizeof draw, "%s/draw.yaml", folder);
    (void)snprintf(result, sizeof result, "%s/result.csv", folder);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    const char *const files[] = {policy, stricter, lines,  table, untidy,
                                 marked, cards,    result, draw,  secretless};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        (void)unlink(files[i]);
    return rmdir(folder);
}

/* A command line made from parts. */
static const char *__attribute__((format(printf, 1, 2))) with(const char *format, ...)
{
    static char arguments[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    return arguments;
}

static json_int_t number_at(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static void expect_simulated(const char *facts)
{
    json_t *json = expect_json(with("simulate --json %s %s", policy, facts), 0);
    assert_int_equal(number_at(json, "cards"), 3);
    assert_int_equal(number_at(json, "allow"), 2);
    assert_int_equal(number_at(json, "deny"), 1);
    const json_t *rule = json_array_get(json_object_get(json, "rules"), 0);
    assert_string_equal(string_at(rule, "name"), "a");
    assert_string_equal(json_string_value(json_array_get(json_object_get(rule, "samples"), 1)),
                        "c2");
    const json_t *bank = json_array_get(json_object_get(json, "banks"), 0);
    assert_string_equal(string_at(bank, "name"), "b1");
    assert_int_equal(number_at(bank, "allow"), 2);
    assert_int_equal(json_array_size(json_object_get(json, "regions")), 3);
    json_decref(json);
}

static void simulate_counts_by_rule_region_and_bank(void **state)
{
    (void)state;
    expect_simulated(lines);
    expect_simulated(table);
    expect_text(with("simulate %s - <%s", policy, lines), 0, "3 cards: 2 allow, 1 deny");
    expect_text(with("simulate %s %s", policy, marked), 0, "1 cards: 1 allow, 0 deny");
}

static void diff_says_what_would_change(void **state)
{
    (void)state;
    char both[192];
    (void)snprintf(both, sizeof both, "%s %s", policy, stricter);
    expect_text(with("diff %s %s", both, lines), 1, "allow by a -> deny by d");
    json_t *json = expect_json(with("diff -j %s %s", both, table), 1);
    assert_int_equal(number_at(json, "now_denied"), 1);
    assert_int_equal(number_at(json, "now_allowed"), 0);
    json_decref(json);
    (void)snprintf(both, sizeof both, "%s %s", policy, policy);
    expect_text(with("diff %s %s", both, lines), 0, "3 cards: 0 now_allowed");
}

static void synthetic_cards_do_not_depend_on_threads(void **state)
{
    (void)state;
    json_t *one = expect_json(with("simulate -j %s --synthetic 30000 --threads 1", policy), 0);
    json_t *four = expect_json(with("simulate -j %s --synthetic 30000 --threads 4", policy), 0);
    assert_true(json_equal(one, four));
    assert_int_equal(number_at(one, "cards"), 30000);
    assert_true(number_at(one, "allow") > 0 && number_at(one, "deny") > 0);
    json_t *other = expect_json(with("simulate -j %s --synthetic 30000 --seed 2", policy), 0);
    assert_false(json_equal(one, other));
    json_decref(one);
    json_decref(four);
    json_decref(other);
}

static void wrong_facts_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } wrong[] = {
        {"{\"card.region\": \"x\"}\n{\"card.regoin\": \"x\"}\n",
         ":2: a name is no fact's: 'card.regoin'; did you mean 'card.region'?"},
        {"{\"card.status\": \"lost\"}\n", ":1: it is none of the fact's words: 'card.status'"},
        {"{\"binding.active_banks\": -1}\n", ":1: expected a whole number"},
        {"{\"card.region\": \"x\"\n", ":1: expected a comma or the end of the object"},
        {"{\"card.region\": \"x}\n", ":1: a text does not end"},
        {"{\"card.region\": \"a\\q\"}\n", ":1: an escape is not known"},
        {"{\"card.region\": \"a\\ud800\"}\n", ":1: a text has a character that no fact may have"},
        {"{\"card.region\": \"x\"} y\n", ":1: something follows the object"},
        {"{\"card.region\": \"x\", \"card.region\": \"y\"}\n", ":1: the fact is given twice"},
        {"{\"request.hour\": 3}\n", ":1: it follows from request.time"},
        {"card.region,card.statsu\n",
         ": the first line names a column that is no fact: 'card.statsu'; did you mean "
         "'card.status'?"},
        {"binding.active_banks\nx\n", ":2: expected a whole number: 'binding.active_banks'"},
        {"card.region,card.region\n", ": the first line names a fact twice"},
        {"card.region\na,b\n", ":2: the line has more fields than the first"},
        {"card.region,bank.id\na\n", ":2: the line has fewer fields than the first"},
        {"card.region\n\"a\n", ":2: a field in quotes does not end"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char path[64];
        write_file(folder, path, "wrong.txt", wrong[i].text);
        expect_text(with("simulate %s %s", policy, path), 2, wrong[i].message);
        (void)unlink(path);
    }
    expect_text(with("simulate %s %s", policy, "/nowhere"), 2, "/nowhere: No such file");
    expect_text(with("simulate %s", policy), 2, "expected 1 policy and a facts file");
}

static void files_that_are_wrong_are_told_in_json_too(void **state)
{
    (void)state;
    json_t *json = expect_json(with("simulate -j %s %s", lines, lines), 2);
    assert_string_equal(string_at(json_object_get(json, "problem"), "file"), lines);
    json_decref(json);
    json = expect_json(with("diff -j %s %s --synthetic 1", policy, lines), 2);
    assert_string_equal(string_at(json_object_get(json, "problem"), "file"), lines);
    json_decref(json);
    json = expect_json(with("draw -j %s", policy), 2);
    assert_string_equal(string_at(json_object_get(json, "problem"), "file"), policy);
    json_decref(json);
}

/* Three bytes a character: the cut falls into one. */
#define LONG "\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D"

static void names_that_are_long_or_no_text_are_shown(void **state)
{
    (void)state;
    char path[64];
    write_file(folder, path, "names.ndjson",
               "{\"card.region\":\"r\xFF\",\"card.id\":\"a" LONG LONG LONG "\"}\n");
    json_t *json = expect_json(with("simulate -j %s %s", policy, path), 0);
    const json_t *region = json_array_get(json_object_get(json, "regions"), 0);
    assert_string_equal(string_at(region, "name"), "r?");
    const json_t *rule = json_array_get(json_object_get(json, "rules"), 0);
    const json_t *samples = json_object_get(rule, "samples");
    assert_int_equal(json_array_size(samples), 1);
    assert_int_equal(json_string_length(json_array_get(samples, 0)), 1 + 3 * 15);
    json_decref(json);
#define LONG_LINE "{\"card.region\":\"a" LONG LONG LONG LONG LONG LONG LONG "\"}\n"
    write_file(folder, path, "names.ndjson", LONG_LINE LONG_LINE);
    json = expect_json(with("simulate -j %s %s", policy, path), 0);
    assert_int_equal(json_array_size(json_object_get(json, "regions")), 1);
    json_decref(json);
    expect_text(with("explain -j %s -f card.region=%s", policy, "$(printf '\\377')"), 0, "\"?\"");
    (void)unlink(path);
}

static void fmt_prints_checks_and_writes(void **state)
{
    (void)state;
    expect_text(with("fmt %s", untidy), 0, "version: 1 # of the language\nname: p\nrules: []\n");
    expect_text(with("fmt --check %s", untidy), 1, "is not in the form");
    json_t *json = expect_json(with("fmt -j %s", untidy), 0);
    const json_t *file = json_array_get(json_object_get(json, "files"), 0);
    assert_true(json_is_false(json_object_get(file, "formatted")));
    assert_string_equal(string_at(file, "text"),
                        "version: 1 # of the language\nname: p\nrules: []\n");
    json_decref(json);
    json = expect_json(with("fmt -j --check %s /nowhere.yaml", untidy), 2);
    file = json_array_get(json_object_get(json, "files"), 1);
    assert_non_null(json_object_get(file, "problem"));
    json_decref(json);
    expect_text(with("fmt --write %s", untidy), 0, "");
    expect_text(with("fmt --check %s", untidy), 0, "");
    expect_text("fmt --check " REBIND_SOURCE_DIR "/configs/policies/*.yaml", 0, "");
}

/* The commitment and the secret that `--commit` gives for a party, as the draw's file has them. */
static void add_party(FILE *to, const char *party)
{
    char command[96];
    (void)snprintf(command, sizeof command, "draw -j --commit %s ", party);
    char arguments[192];
    (void)snprintf(arguments, sizeof arguments, "%s%s", command, secretless);
    json_t *json = expect_json(arguments, 0);
    assert_true(fprintf(to, "  %s: {commitment: %s, secret: %s}\n", party,
                        string_at(json, "commitment"), string_at(json, "secret")) > 0);
    json_decref(json);
}

static void draws_are_committed_held_and_verified(void **state)
{
    (void)state;
    FILE *file = fopen(draw, "w");
    assert_non_null(file);
    assert_true(fputs(DRAW "parties:\n", file) >= 0);
    add_party(file, "bureau");
    add_party(file, "bank-a");
    assert_int_equal(fclose(file), 0);
    expect_text(with("draw %s >%s", draw, result), 0, "");
    expect_text(with("draw --verify %s %s", result, draw), 0, " is what spring gives: 4 cards\n");
    json_t *json = expect_json(with("draw -j %s", draw), 0);
    assert_int_equal(number_at(json_object_get(json, "quotas"), "bank-a"), 3);
    json_decref(json);
    char command[160];
    (void)snprintf(command, sizeof command, "sed -i s/card-3,bank/card-3,tank/ %s", result);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): our own words */
    expect_text(with("draw --verify %s %s", result, draw), 1, ":4: this is not what spring gives");
    json = expect_json(with("draw -j --verify %s %s", result, draw), 1);
    assert_true(json_is_false(json_object_get(json, "same")));
    assert_int_equal(number_at(json, "line"), 4);
    assert_int_equal(json_array_size(json_object_get(json, "parties")), 2);
    json_decref(json);
}

/* Something to see for people, hidden behind what a program takes for the end of a line. */
static void results_that_hide_something_are_not_verified(void **state)
{
    (void)state;
    static const struct {
        const char *edit; /* of sed */
        int status;
    } edits[] = {
        {"2s/$/\\x00,bank-z/", 1}, {"2s/$/\\r,bank-z/", 1}, {"2s/$/ /", 1},  {"5d", 1},
        {"5s/$/\\n/", 1},          {"2s/bank/Bank/", 1},    {"s/$/\\r/", 0}, {"", 0},
    };
    expect_text(with("draw %s >%s", draw, result), 0, "");
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        char path[80];
        char command[256];
        (void)snprintf(path, sizeof path, "%s.edited", result);
        (void)snprintf(command, sizeof command, "sed -e '%s' %s >%s", edits[i].edit, result, path);
        assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): our own words */
        expect_text(with("draw --verify %s %s", path, draw), edits[i].status, "what spring gives");
        (void)unlink(path);
    }
    expect_text(with("draw --verify %s %s", result, draw), 0, "by the secrets of bank-a, bureau\n");
}

static void names_that_no_party_can_have_are_refused(void **state)
{
    (void)state;
    expect_text(with("draw --commit '' %s", secretless), 2, "1 to 64 bytes in one line");
    expect_text(with("draw --commit 'a\nb' %s", secretless), 2, "1 to 64 bytes in one line");
    expect_text(with("draw --commit a --verify b %s", secretless), 2, "are two commands");
}

static void draws_without_all_secrets_are_not_held(void **state)
{
    (void)state;
    expect_text(with("draw %s", secretless), 1, "bank-a has not revealed its secret");
}

static void lists_that_were_not_frozen_are_refused(void **state)
{
    (void)state;
    char path[64];
    write_file(folder, path, "cards.txt", LIST "card-5\n");
    expect_text(with("draw %s", secretless), 2, "this is not the list that was frozen");
    write_file(folder, path, "cards.txt", LIST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulate_counts_by_rule_region_and_bank),
        cmocka_unit_test(diff_says_what_would_change),
        cmocka_unit_test(synthetic_cards_do_not_depend_on_threads),
        cmocka_unit_test(wrong_facts_have_a_place),
        cmocka_unit_test(files_that_are_wrong_are_told_in_json_too),
        cmocka_unit_test(names_that_are_long_or_no_text_are_shown),
        cmocka_unit_test(fmt_prints_checks_and_writes),
        cmocka_unit_test(draws_are_committed_held_and_verified),
        cmocka_unit_test(results_that_hide_something_are_not_verified),
        cmocka_unit_test(names_that_no_party_can_have_are_refused),
        cmocka_unit_test(draws_without_all_secrets_are_not_held),
        cmocka_unit_test(lists_that_were_not_frozen_are_refused),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
