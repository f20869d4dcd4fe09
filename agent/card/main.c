/* The program `softcard`: issues cards, looks into them, talks to them, and puts them into a
 * virtual PC/SC reader. This file is its command line; cli.c does the work. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/card/cli.h"
#include "scp/host/text.h"

const char *argp_program_version = "softcard " REBIND_VERSION;

enum {
    OPT_PROFILE = 'p',
    OPT_ISSUANCE = 'i',
    OPT_KEYS = 'k',
    OPT_OUT = 'o',
    OPT_HOST = 'H',
    OPT_PORT = 'P',
    OPT_JSON = 'j',
    OPT_TIMING = 't',
    OPT_STATE = 's',
    OPT_VPCD = 'v',
    OPT_TEAR_AFTER = 0x100,
    OPT_REAL_TIME,
    OPT_PROFILES,
};

#define PROFILE_OPTION                                                                       \
    {                                                                                        \
        "profile", OPT_PROFILE, "NAME", 0, "What the chip model can do: a name or a file", 0 \
    }
#define PROFILES_OPTION                                                  \
    {                                                                    \
        "profiles", OPT_PROFILES, "FOLDER", 0,                           \
            "Where names are looked up (default " REBIND_PROFILES ")", 0 \
    }
#define TEAR_OPTION                                                                              \
    {                                                                                            \
        "tear-after", OPT_TEAR_AFTER, "N", 0, "Cut the power at the N-th write of the memory", 0 \
    }
#define REAL_TIME_OPTION                                                                          \
    {                                                                                             \
        "real-time", OPT_REAL_TIME, NULL, 0, "Take the time that a real card of the model takes", \
            0                                                                                     \
    }

static const struct argp_option main_options[] = {
    {"state", OPT_STATE, "FILE", 0, "Put this card into a virtual reader", 0},
    PROFILE_OPTION,
    PROFILES_OPTION,
    {"vpcd", OPT_VPCD, "HOST:PORT", 0, "Where the driver listens (default localhost:35963)", 0},
    TEAR_OPTION,
    REAL_TIME_OPTION,
    {0}};

static const struct argp_option new_options[] = {
    PROFILE_OPTION,
    PROFILES_OPTION,
    {"issuance", OPT_ISSUANCE, "FILE", 0, "What this card is given; default: the profile's own", 0},
    {"keys", OPT_KEYS, "FILE", 0, "Master keys; default: the file that the issuance names", 0},
    {"out", OPT_OUT, "FILE", 0, "The image to create; it must not exist", 0},
    {0}};

static const struct argp_option show_options[] = {
    {"json", OPT_JSON, NULL, 0, "Print one JSON object", 0}, {0}};

static const struct argp_option apdu_options[] = {
    {"timing", OPT_TIMING, NULL, 0, "Print how long a real card would take", 0}, TEAR_OPTION, {0}};

static const struct argp_option vpcd_options[] = {
    {"host", OPT_HOST, "HOST", 0, "Where the driver listens (default localhost)", 0},
    {"port", OPT_PORT, "PORT", 0, "Its port (default 35963)", 0},
    TEAR_OPTION,
    REAL_TIME_OPTION,
    {0}};

/* ---- values ---------------------------------------------------------------------------------- */

static const char *port(const char *text, struct argp_state *state)
{
    uint64_t number = 0;
    if (rebind_number_parse(text, UINT16_MAX, &number) != SCP_OK || number == 0)
        argp_error(state, "'%s' is no port", text);
    return text;
}

/* HOST:PORT, [ADDRESS]:PORT. Cuts the argument in two. */
static void host_and_port(char *text, struct cli_options *options, struct argp_state *state)
{
    char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text) {
        argp_error(state, "'%s' is not HOST:PORT", text);
        return;
    }
    *colon = '\0';
    options->port = port(colon + 1, state);
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    options->host = bracketed ? text + 1 : text;
    if (bracketed)
        colon[-1] = '\0';
}

static uint64_t write_number(const char *text, struct argp_state *state)
{
    uint64_t number = 0;
    if (rebind_number_parse(text, UINT32_MAX, &number) != SCP_OK || number == 0)
        argp_error(state, "'%s' is no number of a write; the next one is 1", text);
    return number;
}

/* ---- the command line of a command ------------------------------------------------------------
 */

static void check(const struct cli_options *options, struct argp_state *state)
{
    bool issues = options->most == 0; /* only `new` takes no card */
    if (issues && (options->profile == NULL || options->out == NULL))
        argp_error(state, "--profile and --out are needed");
    else if (options->count < options->least)
        argp_error(state, options->count == 0 ? "a card image is missing" : "a command is missing");
}

/* Options that are texts, by their place in the struct. */
static const char **text_option(struct cli_options *options, int key)
{
    switch (key) {
    case OPT_STATE:
        return &options->state;
    case OPT_PROFILE:
        return &options->profile;
    case OPT_PROFILES:
        return &options->profiles;
    case OPT_ISSUANCE:
        return &options->issuance;
    case OPT_KEYS:
        return &options->keys;
    case OPT_OUT:
        return &options->out;
    case OPT_HOST:
        return &options->host;
    default:
        return NULL;
    }
}

static bool *flag_option(struct cli_options *options, int key)
{
    switch (key) {
    case OPT_JSON:
        return &options->json;
    case OPT_TIMING:
        return &options->timing;
    case OPT_REAL_TIME:
        return &options->real_time;
    default:
        return NULL;
    }
}

/* Whether the key was an option. */
static bool take_option(struct cli_options *options, int key, char *argument,
                        struct argp_state *state)
{
    const char **text = text_option(options, key);
    bool *flag = flag_option(options, key);
    if (text != NULL)
        *text = argument;
    else if (flag != NULL)
        *flag = true;
    else if (key == OPT_PORT)
        options->port = port(argument, state);
    else if (key == OPT_VPCD)
        host_and_port(argument, options, state);
    else if (key == OPT_TEAR_AFTER)
        options->tear_after = write_number(argument, state);
    else
        return false;
    return true;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct cli_options *options = state->input;
    if (take_option(options, key, argument, state))
        return 0;
    switch (key) {
    case ARGP_KEY_ARG:
        if (options->count == options->most)
            argp_error(state, "too many arguments");
        else
            options->arguments[options->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        check(options, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct command {
    const char *name;
    struct argp argp;
    int (*run)(const struct cli_options *options);
    size_t least, most; /* arguments */
} commands[] = {
    {"new",
     {.options = new_options,
      .parser = parse_option,
      .doc = "Issue a card.\v"
             "Examples: a test card, and one of a bureau\n"
             "  softcard new --profile test-scp03-i70 --out test.card\n"
             "  softcard new --profile configs/profiles/scp03-i70-aes128.yaml \\\n"
             "      --issuance citizen.yaml --out cards/0001.card\n"},
     cli_new,
     0,
     0},
    {"show",
     {.options = show_options,
      .parser = parse_option,
      .args_doc = "CARD",
      .doc = "Print registry, keys by their check values, memory and counters.\v"
             "Examples:\n"
             "  softcard show cards/0001.card\n"
             "  softcard show --json cards/0001.card\n"},
     cli_show,
     1,
     1},
    {"apdu",
     {.options = apdu_options,
      .parser = parse_option,
      .args_doc = "CARD HEX...",
      .doc = "Send commands after a reset and print the answers.\v"
             "Exit status 2: the power was cut.\n"
             "Example: select the directory of payment applications\n"
             "  softcard apdu cards/0001.card 00A404000E325041592E5359532E444446303100\n"},
     cli_apdu,
     2,
     CLI_ARGUMENTS_MAX},
    {"vpcd",
     {.options = vpcd_options,
      .parser = parse_option,
      .args_doc = "CARD",
      .doc = "Put the card into a virtual reader of pcscd until that goes away.\v"
             "Exit status 2: the power was cut.\n"
             "Example:\n"
             "  softcard vpcd cards/0001.card --host localhost --port 35963\n"},
     cli_vpcd,
     1,
     1},
};

/* ---- the main command line --------------------------------------------------------------------
 */

struct main_line {
    struct cli_options *options;
    const struct command *command; /* NULL: none was named */
    int at;                        /* its place in argv */
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* The name of a command ends this line; the rest is the command's. */
static error_t parse_main(int key, char *argument, struct argp_state *state)
{
    struct main_line *line = state->input;
    if (take_option(line->options, key, argument, state))
        return 0;
    switch (key) {
    case ARGP_KEY_NO_ARGS:
        if (line->options->state == NULL)
            argp_usage(state);
        return 0;
    case ARGP_KEY_ARG:
        line->command = find_command(argument);
        if (line->command == NULL)
            argp_error(state, "unknown command '%s'", argument);
        else if (state->next > 2)
            argp_error(state, "options go behind the command '%s'", argument);
        line->at = state->next - 1;
        state->next = state->argc;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp main_argp = {
    .options = main_options,
    .parser = parse_main,
    .args_doc = "COMMAND ...\n--state FILE",
    .doc = "A GlobalPlatform card in software.\v"
           "Commands:\n"
           "  new    issue a card\n"
           "  show   print what is on a card\n"
           "  apdu   send commands to a card\n"
           "  vpcd   put a card into a virtual PC/SC reader\n\n"
           "softcard COMMAND --help says more. With --state instead of a command the card in FILE "
           "is put into a virtual reader; when there is no FILE yet it is made of --profile.\n\n"
           "Exit status: 0 success, 1 failure, 2 the power was cut, 64 wrong usage. Examples:\n"
           "  softcard --state test.card --profile test-scp03-i70\n"
           "  softcard new --profile p.yaml --issuance c.yaml --out 1.card\n"
           "  softcard show 1.card\n"
           "  softcard apdu 1.card 00A4040000\n"
           "  softcard vpcd 1.card --port 35963\n",
};

static int run_command(const struct command *command, struct cli_options *options, int argc,
                       char **argv)
{
    char name[64];
    (void)snprintf(name, sizeof name, "softcard %s", command->name);
    argv[0] = name;
    options->least = command->least;
    options->most = command->most;
    if (argp_parse(&command->argp, argc, argv, 0, NULL, options) != 0)
        return EXIT_FAILURE;
    return command->run(options);
}

int main(int argc, char **argv)
{
    struct cli_options options = {
        .host = "localhost", .port = "35963", .profiles = REBIND_PROFILES};
    struct main_line line = {.options = &options};
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &line) != 0)
        return EXIT_FAILURE;
    if (line.command == NULL)
        return cli_state(&options);
    return run_command(line.command, &options, argc - line.at, argv + line.at);
}
