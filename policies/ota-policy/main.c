/* ota-policy: check, test, explain and try policies. */
#include "policies/ota-policy/command.h"

#include "scp/host/text.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "ota-policy " REBIND_VERSION;

/* Options beside --json, which all take: bits. */
enum option_bit {
    TAKES_FACT = 1,
    TAKES_ALL = 2,
    TAKES_WRITE = 4,
    TAKES_CHECK = 8,
    TAKES_CARDS = 16, /* --synthetic, --seed, --threads */
    TAKES_DRAW = 32,  /* --commit, --verify */
    TAKES_STRICT = 64,
};

struct command {
    const char *name;
    size_t files_min;
    size_t files_max;
    unsigned takes; /* bits of enum option_bit */
    enum ota_policy_exit (*run)(const struct ota_policy_options *options);
};

static const struct command commands[] = {
    {"check", 1, OTA_POLICY_FILES_MAX, TAKES_STRICT, ota_policy_check},
    {"test", 1, OTA_POLICY_FILES_MAX, 0, ota_policy_test},
    {"explain", 1, 1, TAKES_FACT | TAKES_ALL, ota_policy_explain},
    {"simulate", 1, 2, TAKES_CARDS, ota_policy_simulate},
    {"diff", 2, 3, TAKES_CARDS, ota_policy_diff},
    {"fmt", 1, OTA_POLICY_FILES_MAX, TAKES_WRITE | TAKES_CHECK, ota_policy_fmt},
    {"draw", 1, 1, TAKES_DRAW, ota_policy_draw},
    {"facts", 0, 0, 0, ota_policy_list_facts},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

struct invocation {
    const struct command *command;
    struct ota_policy_options options;
    unsigned given; /* bits of enum option_bit */
};

enum { KEY_CHECK = 256, KEY_SYNTHETIC, KEY_SEED, KEY_THREADS, KEY_COMMIT, KEY_VERIFY, KEY_STRICT };

static const struct argp_option option_list[] = {
    {"fact", 'f', "NAME=VALUE", 0,
     "A fact to decide on (explain); may be given again for others. The items of a set are "
     "separated by commas. A fact that is not given is absent",
     0},
    {"count", 'c', "LIMIT=N", 0,
     "What a limit has counted; of a share N/M, the bank's and the region's (explain)", 0},
    {"all", 'a', NULL, 0, "Show every rule, not only those that decided (explain)", 0},
    {"strict", KEY_STRICT, NULL, 0, "What the analysis finds is a failure (check)", 0},
    {"synthetic", KEY_SYNTHETIC, "N", 0,
     "N cards that do not exist instead of a facts file (simulate, diff)", 0},
    {"seed", KEY_SEED, "N", 0, "Which ones; 1 otherwise", 0},
    {"threads", KEY_THREADS, "N", 0, "Threads to work with; otherwise one a processor", 0},
    {"write", 'w', NULL, 0, "Change the files themselves (fmt)", 0},
    {"check", KEY_CHECK, NULL, 0, "Write nothing; fail when a file would change (fmt)", 0},
    {"commit", KEY_COMMIT, "PARTY", 0, "Choose PARTY's secret and print its commitment (draw)", 0},
    {"verify", KEY_VERIFY, "RESULT", 0, "Compare this result with what the draw gives (draw)", 0},
    {"json", 'j', NULL, 0, "Answer in JSON", 0},
    {0},
};

static const char doc[] =
    "Check, test, explain and try the policies that decide which bank a card may carry."
    "\v"
    "Commands:\n"
    "  check FILE...        Read each file, report the first mistake with its place,\n"
    "                       and what the analysis finds: rules that can never match,\n"
    "                       rules that others shadow, conflicts, limits that cannot be\n"
    "                       met\n"
    "  test FILE...         Run the cases under `tests:` in each file, and name rules\n"
    "                       that no case exercises\n"
    "  explain FILE         Decide on the facts given with --fact, and show which rules\n"
    "                       decided and what became of each of their conditions\n"
    "  simulate FILE FACTS  Decide on every line of a facts file (NDJSON or CSV; - is\n"
    "                       standard input), each card by itself and with nothing\n"
    "                       counted yet; sums by rule, region and bank\n"
    "  diff OLD NEW FACTS   The same for two policies: what would change\n"
    "  fmt FILE...          Print the files in one form, comments kept\n"
    "  draw FILE            Deal cards to banks by a draw that anybody can recompute\n"
    "  facts                List what a policy may ask about, and the operators\n"
    "\n"
    "Examples:\n"
    "  ota-policy check /etc/rebind/policies/*.yaml\n"
    "  ota-policy test open-choice.yaml\n"
    "  ota-policy explain open-choice.yaml \\\n"
    "      --fact request.action=bind --fact request.actor_kind=bank \\\n"
    "      --fact card.status=active --fact card.region=310000 \\\n"
    "      --fact bank.status=active --fact bank.licensed_regions=310000,320000\n"
    "  ota-policy test --json open-choice.yaml | jq '.files[].unexercised'\n"
    "  ota-policy diff active.yaml candidate.yaml cards.ndjson\n"
    "  ota-policy simulate candidate.yaml --synthetic 10000000\n"
    "  ota-policy fmt --write *.yaml\n"
    "  ota-policy draw --commit bank-a spring.yaml\n"
    "  ota-policy draw spring.yaml >result.csv\n"
    "  ota-policy draw --verify result.csv spring.yaml\n"
    "\n"
    "Exit status:\n"
    "  0  all is well (explain, simulate: whatever was decided)\n"
    "  1  a file is not valid (check), or has findings (check --strict); a case\n"
    "     failed (test); something would change (diff, fmt --check); a draw lacks\n"
    "     secrets or has wrong ones, or is not what the result says (draw)\n"
    "  2  wrong usage, a file that cannot be read, or, for others than check, is not\n"
    "     valid\n";

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void take_command(struct invocation *invocation, const char *name,
                         const struct argp_state *state)
{
    const char *names[COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    invocation->command = find_command(name);
    if (invocation->command == NULL)
        argp_error(state, "unknown command '%s'%s", name, doc_hint(name, names).text);
}

static void take_file(struct invocation *invocation, const char *file,
                      const struct argp_state *state)
{
    struct ota_policy_options *options = &invocation->options;
    if (invocation->command == NULL)
        return;
    if (options->file_count == invocation->command->files_max)
        argp_error(state, "%s takes %s", invocation->command->name,
                   options->file_count == 0   ? "no file"
                   : options->file_count == 1 ? "one file"
                                              : "no more files");
    else
        options->files[options->file_count++] = file;
}

static void take_fact(struct ota_policy_options *options, const char *fact,
                      const struct argp_state *state)
{
    if (options->fact_count == OTA_POLICY_FACTS_MAX)
        argp_error(state, "too many facts");
    else
        options->facts[options->fact_count++] = fact;
}

static void take_count(struct ota_policy_options *options, const char *count,
                       const struct argp_state *state)
{
    if (options->count_count == OTA_POLICY_COUNTS_MAX)
        argp_error(state, "too many counts");
    else
        options->counts[options->count_count++] = count;
}

static uint64_t take_number(const char *text, uint64_t max, const struct argp_state *state)
{
    uint64_t number = 0;
    if (rebind_number_parse(text, max, &number) != SCP_OK || number == 0)
        argp_error(state, "'%s' is no number from 1 to %llu", text, (unsigned long long)max);
    return number;
}

/* The options that only some commands take. Returns the bit, 0 for an unknown key. */
static unsigned take_option(struct ota_policy_options *options, int key, char *arg,
                            const struct argp_state *state)
{
    static const uint64_t most = UINT32_MAX;
    switch (key) {
    case 'f':
        take_fact(options, arg, state);
        return TAKES_FACT;
    case 'c':
        take_count(options, arg, state);
        return TAKES_FACT;
    case 'a':
        options->all = true;
        return TAKES_ALL;
    case 'w':
        options->write = true;
        return TAKES_WRITE;
    case KEY_CHECK:
        options->only_check = true;
        return TAKES_CHECK;
    case KEY_STRICT:
        options->strict = true;
        return TAKES_STRICT;
    case KEY_SYNTHETIC:
        options->synthetic = take_number(arg, most, state);
        return TAKES_CARDS;
    case KEY_SEED:
        options->seed = take_number(arg, most, state);
        return TAKES_CARDS;
    case KEY_THREADS:
        options->threads = take_number(arg, most, state);
        return TAKES_CARDS;
    case KEY_COMMIT:
        options->party = arg;
        return TAKES_DRAW;
    case KEY_VERIFY:
        options->verify = arg;
        return TAKES_DRAW;
    default:
        return 0;
    }
}

static void check_invocation(const struct invocation *invocation, const struct argp_state *state)
{
    static const struct {
        unsigned bit;
        const char *what;
    } kinds[] = {
        {TAKES_FACT, "facts"},
        {TAKES_ALL, "--all"},
        {TAKES_WRITE, "--write"},
        {TAKES_CHECK, "--check"},
        {TAKES_STRICT, "--strict"},
        {TAKES_CARDS, "cards"},
        {TAKES_DRAW, "--commit and --verify"},
    };
    const struct command *command = invocation->command;
    if (command == NULL)
        argp_error(state, "a command is missing");
    else if (invocation->options.file_count < command->files_min)
        argp_error(state, "%s needs a file", command->name);
    for (size_t i = 0; command != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if ((invocation->given & ~command->takes & kinds[i].bit) != 0)
            argp_error(state, "%s takes no %s", command->name, kinds[i].what);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct invocation *invocation = state->input;
    unsigned bit = 0;
    switch (key) {
    case 'j':
        invocation->options.json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            take_command(invocation, arg, state);
        else
            take_file(invocation, arg, state);
        return 0;
    case ARGP_KEY_END:
        check_invocation(invocation, state);
        return 0;
    default:
        bit = take_option(&invocation->options, key, arg, state);
        invocation->given |= bit;
        return bit != 0 ? 0 : ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_list,
        .parser = parse_option,
        .args_doc = "check FILE...\ntest FILE...\nexplain FILE\nsimulate FILE FACTS\n"
                    "diff OLD NEW FACTS\nfmt FILE...\ndraw FILE\nfacts",
        .doc = doc};
    struct invocation invocation = {.options = {.seed = 1}};
    argp_err_exit_status = OTA_POLICY_BAD;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &invocation);
    enum ota_policy_exit status = invocation.command->run(&invocation.options);
    return fflush(stdout) == 0 ? (int)status : OTA_POLICY_BAD;
}
