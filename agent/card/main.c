/* The program `softcard`: issues cards, looks into them, talks to them, and puts them into a
 * virtual PC/SC reader. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/card/issue.h"
#include "agent/card/show.h"
#include "agent/card/vpcd.h"
#include "scp/gp/apdu.h"
#include "scp/gp/status_words.h"
#include "scp/host/file.h"
#include "scp/host/text.h"

enum { FILES_MAX = 256, CARD_MODE = 0600, EXIT_USAGE = 64 };

const char *argp_program_version = "softcard " REBIND_VERSION;

struct options {
    char *profile;
    char *issuance;
    char *keys;
    char *out;
    const char *host;
    const char *port;
    char *arguments[FILES_MAX];
    size_t count;
    size_t least; /* arguments that the command must have */
    size_t most;
};

static int fail(const char *text)
{
    (void)fprintf(stderr, "softcard: %s\n", text);
    return EXIT_FAILURE;
}

/* ---- new ------------------------------------------------------------------------------------- */

static int run_new(const struct options *options)
{
    struct document_problem problem = {0};
    struct rebind_problem why = {{0}};
    struct rebind_blob image = {NULL, 0};
    char text[DOC_PROBLEM_SIZE];
    const struct softcard_issue_files files = {
        .profile = options->profile, .issuance = options->issuance, .keys = options->keys};
    if (!softcard_issue_from_files(&files, &image, &problem)) {
        (void)fputs(doc_problem_format(&problem, text, sizeof text), stderr);
        return EXIT_FAILURE;
    }
    enum scp_error error =
        rebind_file_create(options->out, rebind_blob_bytes(&image), CARD_MODE, &why);
    rebind_blob_free(&image);
    return error == SCP_OK ? EXIT_SUCCESS : fail(why.text);
}

/* ---- commands on a card ---------------------------------------------------------------------- */

static struct softcard *open_card(const struct options *options)
{
    struct rebind_env env = rebind_env_system();
    struct rebind_problem why = {{0}};
    struct softcard *card = NULL;
    if (softcard_open(options->arguments[0], &env, &card, &why) != SCP_OK)
        (void)fail(why.text);
    return card;
}

static int run_show(const struct options *options)
{
    struct softcard *card = open_card(options);
    if (card == NULL)
        return EXIT_FAILURE;
    softcard_show(stdout, card);
    softcard_close(card);
    return EXIT_SUCCESS;
}

static bool transmit_hex(struct softcard *card, const char *hex)
{
    uint8_t command[SCP_APDU_MAX];
    uint8_t answer[SOFTCARD_RESPONSE_MAX];
    char text[SCP_HEX_SIZE(SOFTCARD_RESPONSE_MAX)];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    struct scp_writer response = scp_writer_on(answer, sizeof answer);
    struct scp_response parsed;
    if (scp_hex_decode(hex, &w) != SCP_OK) {
        (void)fprintf(stderr, "softcard: '%s' is no command in hex\n", hex);
        return false;
    }
    if (softcard_transmit(card, scp_written(&w), &response) != SCP_OK ||
        scp_response_parse(scp_written(&response), &parsed) != SCP_OK)
        return false;
    (void)printf("%s %04X %s\n", scp_hex_encode(text, sizeof text, parsed.data), parsed.sw,
                 scp_sw_text(parsed.sw));
    return true;
}

static int run_apdu(const struct options *options)
{
    struct softcard *card = open_card(options);
    bool done = card != NULL;
    for (size_t i = 1; done && i < options->count; i++)
        done = transmit_hex(card, options->arguments[i]);
    softcard_close(card);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_vpcd(const struct options *options)
{
    struct rebind_problem why = {{0}};
    int socket = -1;
    struct softcard *card = open_card(options);
    if (card == NULL)
        return EXIT_FAILURE;
    enum scp_error error = softcard_vpcd_connect(options->host, options->port, &socket, &why);
    if (error == SCP_OK) {
        error = softcard_vpcd_serve(card, socket, &why);
        (void)close(socket);
    }
    softcard_close(card);
    return error == SCP_OK ? EXIT_SUCCESS : fail(why.text);
}

/* ---- the command line ------------------------------------------------------------------------ */

enum { OPT_PROFILE = 'p', OPT_ISSUANCE = 'i', OPT_KEYS = 'k', OPT_OUT = 'o', OPT_HOST = 'H' };
enum { OPT_PORT = 'P' };

static const struct argp_option new_options[] = {
    {"profile", OPT_PROFILE, "FILE", 0, "What the chip model can do", 0},
    {"issuance", OPT_ISSUANCE, "FILE", 0, "What this card is given", 0},
    {"keys", OPT_KEYS, "FILE", 0, "Master keys; default: the file that the issuance names", 0},
    {"out", OPT_OUT, "FILE", 0, "The image to create; it must not exist", 0},
    {0}};

static const struct argp_option vpcd_options[] = {
    {"host", OPT_HOST, "HOST", 0, "Where the driver listens (default localhost)", 0},
    {"port", OPT_PORT, "PORT", 0, "Its port (default 35963)", 0},
    {0}};

static char *port(char *text, struct argp_state *state)
{
    uint64_t number = 0;
    if (rebind_number_parse(text, UINT16_MAX, &number) != SCP_OK || number == 0)
        argp_error(state, "'%s' is no port", text);
    return text;
}

static void check(const struct options *options, struct argp_state *state)
{
    bool issues = options->most == 0; /* only `new` takes no card */
    if (issues && (options->profile == NULL || options->issuance == NULL || options->out == NULL))
        argp_error(state, "--profile, --issuance and --out are needed");
    else if (options->count < options->least)
        argp_error(state, options->count == 0 ? "a card image is missing" : "a command is missing");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case OPT_PROFILE:
        options->profile = argument;
        return 0;
    case OPT_ISSUANCE:
        options->issuance = argument;
        return 0;
    case OPT_KEYS:
        options->keys = argument;
        return 0;
    case OPT_OUT:
        options->out = argument;
        return 0;
    case OPT_HOST:
        options->host = argument;
        return 0;
    case OPT_PORT:
        options->port = port(argument, state);
        return 0;
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
    int (*run)(const struct options *options);
    size_t least, most; /* arguments */
} commands[] = {
    {"new",
     {.options = new_options,
      .parser = parse_option,
      .doc = "Issue a card.\v"
             "Example:\n"
             "  softcard new --profile configs/profiles/scp03-i70-aes128.yaml \\\n"
             "      --issuance citizen.yaml --out cards/0001.card\n"},
     run_new,
     0,
     0},
    {"show",
     {.parser = parse_option,
      .args_doc = "CARD",
      .doc = "Print registry, keys by their check values, memory and counters.\v"
             "Example:\n"
             "  softcard show cards/0001.card\n"},
     run_show,
     1,
     1},
    {"apdu",
     {.parser = parse_option,
      .args_doc = "CARD HEX...",
      .doc = "Send commands after a reset and print the answers.\v"
             "Example: select the directory of payment applications\n"
             "  softcard apdu cards/0001.card 00A404000E325041592E5359532E444446303100\n"},
     run_apdu,
     2,
     FILES_MAX},
    {"vpcd",
     {.options = vpcd_options,
      .parser = parse_option,
      .args_doc = "CARD",
      .doc = "Put the card into a virtual reader of pcscd until that goes away.\v"
             "Example:\n"
             "  softcard vpcd cards/0001.card --host localhost --port 35963\n"},
     run_vpcd,
     1,
     1},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* The main command line: options of its own up to the name of a command. */
static error_t parse_main(int key, char *argument, struct argp_state *state)
{
    const struct command **command = state->input;
    if (key == ARGP_KEY_NO_ARGS)
        argp_usage(state);
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    *command = find_command(argument);
    if (*command == NULL)
        argp_error(state, "unknown command '%s'", argument);
    state->next = state->argc; /* the rest is the command's */
    return 0;
}

static const struct argp main_argp = {
    .parser = parse_main,
    .args_doc = "COMMAND ...",
    .doc = "A GlobalPlatform card in software.\v"
           "Commands:\n"
           "  new    issue a card from a profile and issuance data\n"
           "  show   print what is on a card\n"
           "  apdu   send commands to a card\n"
           "  vpcd   put a card into a virtual PC/SC reader\n\n"
           "softcard COMMAND --help says more. Exit status: 0 success, 1 failure, 64 wrong "
           "usage. Examples:\n"
           "  softcard new --profile p.yaml --issuance c.yaml --out 1.card\n"
           "  softcard show 1.card\n"
           "  softcard apdu 1.card 00A4040000\n"
           "  softcard vpcd 1.card --port 35963\n",
};

int main(int argc, char **argv)
{
    const struct command *command = NULL;
    struct options options = {.host = "localhost", .port = "35963"};
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &command) != 0 || command == NULL)
        return EXIT_FAILURE;
    int first = 1;
    while (first < argc && strcmp(argv[first], command->name) != 0)
        first++;
    char name[64];
    (void)snprintf(name, sizeof name, "softcard %s", command->name);
    argv[first] = name;
    options.least = command->least;
    options.most = command->most;
    if (argp_parse(&command->argp, argc - first, argv + first, 0, NULL, &options) != 0)
        return EXIT_FAILURE;
    return command->run(&options);
}
