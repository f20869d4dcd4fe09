/* card-terminal: what a payment terminal and an inspector see of a card. */
#include "agent/reader/reader.h"
#include "agent/terminal/terminal.h"
#include "scp/channel/keys.h"
#include "scp/gp/aid.h"
#include "scp/host/text.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *argp_program_version = "card-terminal " REBIND_VERSION;

enum { EXIT_USAGE = 64 };

struct options {
    const char *command;
    const char *card;
    const char *ac_key_file;
    const char *key_set;
    const char *aid;
    bool json;
    uint32_t amount;
    int kvn;
    int protocol;
    int i;
};

enum {
    OPTION_AC_KEY = 256,
    OPTION_AMOUNT,
    OPTION_AID,
    OPTION_KEY_SET,
    OPTION_KVN,
    OPTION_PROTOCOL,
    OPTION_I,
    OPTION_JSON,
};

static const struct argp_option option_list[] = {
    {"json", OPTION_JSON, NULL, 0, "Print JSON", 0},
    {NULL, 0, NULL, 0, "pay:", 1},
    {"ac-key-file", OPTION_AC_KEY, "FILE", 0,
     "Verify the cryptogram under the card's application key: a file of hex digits", 1},
    {"amount", OPTION_AMOUNT, "CENTS", 0, "Amount, default 100", 1},
    {"aid", OPTION_AID, "HEX", 0, "Pay with this application, default the first one", 1},
    {NULL, 0, NULL, 0, "list:", 2},
    {"key-set", OPTION_KEY_SET, "FILE", 0,
     "Keys of the issuer security domain (YAML: enc, mac, dek in hex; scheme; kvn)", 2},
    {"kvn", OPTION_KVN, "N", 0, "Key version number, default the file's", 2},
    {"protocol", OPTION_PROTOCOL, "scp02|scp03", 0, "Default: what the card says", 2},
    {"i", OPTION_I, "HEX", 0, "Option of the protocol, default: what the card says", 2},
    {0},
};

static const char args_doc[] = "pay CARD\nsocial CARD\nlist CARD";

static const char doc[] =
    "Use a card as a payment terminal or an inspector does. CARD is a soft card's image file, or "
    "the name of a PC/SC reader or a part of it."
    "\v"
    "Examples:\n"
    "  card-terminal pay 1.card                         which bank is on the card?\n"
    "  card-terminal pay 'ACS ACR' --ac-key-file ac.key is the cryptogram right?\n"
    "  card-terminal social 1.card --json               digest of all its data\n"
    "  card-terminal list 1.card --key-set isd.yaml     content and free memory\n"
    "\n"
    "A full PAN is never printed. Exit status: 0 success; 1 reader or card failed; 2 a key file "
    "cannot be used; 3 no such application; 4 a cryptogram is wrong; 64 wrong usage.";

/* ---- options ------------------------------------------------------------------------------ */

static uint64_t number(const char *text, uint64_t max, struct argp_state *state)
{
    uint64_t value = 0;
    if (rebind_number_parse(text, max, &value) != SCP_OK)
        argp_error(state, "'%s' is no number up to %llu", text, (unsigned long long)max);
    return value;
}

static int hex_byte(const char *text, struct argp_state *state)
{
    uint8_t byte[1] = {0};
    struct scp_writer w = scp_writer_on(byte, sizeof byte);
    if (scp_hex_decode(text, &w) != SCP_OK || scp_written(&w).len != 1)
        argp_error(state, "'%s' is not one byte in hex", text);
    return byte[0];
}

static int protocol(const char *text, struct argp_state *state)
{
    if (strcmp(text, "scp02") == 0)
        return SCP_PROTOCOL_02;
    if (strcmp(text, "scp03") != 0)
        argp_error(state, "the protocol is scp02 or scp03");
    return SCP_PROTOCOL_03;
}

static const char *aid(const char *text, struct argp_state *state)
{
    struct scp_aid parsed;
    if (scp_aid_parse(&parsed, text) != SCP_OK)
        argp_error(state, "'%s' is no AID: 5 to 16 bytes in hex", text);
    return text;
}

static error_t take_argument(struct options *options, const char *arg, struct argp_state *state)
{
    if (options->command == NULL)
        options->command = arg;
    else if (options->card == NULL)
        options->card = arg;
    else
        argp_error(state, "'%s' is one argument too many", arg);
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_AC_KEY:
        options->ac_key_file = arg;
        return 0;
    case OPTION_AMOUNT:
        options->amount = (uint32_t)number(arg, UINT32_MAX, state);
        return 0;
    case OPTION_AID:
        options->aid = aid(arg, state);
        return 0;
    case OPTION_KEY_SET:
        options->key_set = arg;
        return 0;
    case OPTION_KVN:
        options->kvn = (int)number(arg, 0x7F, state);
        return 0;
    case OPTION_PROTOCOL:
        options->protocol = protocol(arg, state);
        return 0;
    case OPTION_I:
        options->i = hex_byte(arg, state);
        return 0;
    case ARGP_KEY_ARG:
        return take_argument(options, arg, state);
    case ARGP_KEY_END:
        if (options->card == NULL)
            argp_error(state, "a command and a card are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- commands ----------------------------------------------------------------------------- */

/* What the commands need beside the card, read before it is powered up. */
struct material {
    struct terminal_keys keys;
    struct scp_key ac_key;
};

typedef enum terminal_result run_command(const struct terminal *terminal,
                                         const struct options *options,
                                         const struct material *material, json_t **findings);

static enum terminal_result run_pay(const struct terminal *terminal, const struct options *options,
                                    const struct material *material, json_t **findings)
{
    const struct terminal_payment payment = {
        .ac_key = options->ac_key_file == NULL ? NULL : &material->ac_key,
        .amount = options->amount,
        .aid = options->aid,
    };
    return terminal_pay(terminal, &payment, findings);
}

static enum terminal_result run_social(const struct terminal *terminal,
                                       const struct options *options,
                                       const struct material *material, json_t **findings)
{
    (void)options;
    (void)material;
    return terminal_social(terminal, findings);
}

static enum terminal_result run_list(const struct terminal *terminal, const struct options *options,
                                     const struct material *material, json_t **findings)
{
    const struct terminal_inspection inspection = {
        .keys = &material->keys,
        .kvn = options->kvn,
        .protocol = options->protocol,
        .i = options->i,
    };
    return terminal_list(terminal, &inspection, findings);
}

static const struct command {
    const char *name;
    run_command *run;
    void (*show)(const json_t *findings);
    bool needs_keys;
} commands[] = {
    {"pay", run_pay, terminal_show_payment, false},
    {"social", run_social, terminal_show_social, false},
    {"list", run_list, terminal_show_list, true},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static enum terminal_result read_material(const struct options *options, struct material *material,
                                          struct rebind_problem *problem)
{
    if (options->ac_key_file != NULL &&
        terminal_key_read(options->ac_key_file, &material->ac_key, problem) != SCP_OK)
        return TERMINAL_UNUSABLE;
    if (options->key_set != NULL &&
        terminal_key_set_read(options->key_set, &material->keys, problem) != SCP_OK)
        return TERMINAL_UNUSABLE;
    return TERMINAL_OK;
}

/* A card that is just being served by an agent is free again in a moment. */
static enum agent_error connect_patiently(const char *name, const struct rebind_env *env,
                                          struct agent_contact **contact)
{
    enum { ATTEMPTS = 50, PAUSE_NS = 100 * 1000 * 1000 };
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    enum agent_error error = agent_connect_named(name, env, contact);
    for (int i = 1; i < ATTEMPTS && error == AGENT_BUSY; i++) {
        (void)nanosleep(&pause, NULL);
        error = agent_connect_named(name, env, contact);
    }
    return error;
}

static enum terminal_result visit(const struct command *command, const struct options *options,
                                  const struct material *material, struct rebind_problem *problem)
{
    struct rebind_env env = rebind_env_system();
    struct agent_contact *contact = NULL;
    json_t *findings = NULL;
    enum agent_error error = connect_patiently(options->card, &env, &contact);
    if (error != AGENT_OK) {
        (void)rebind_problem_set(
            problem, SCP_IO, "%s: %s%s", options->card,
            access(options->card, F_OK) == 0 ? "" : "there is no such file; as a reader: ",
            agent_error_text(error));
        return TERMINAL_FAILED;
    }
    struct terminal terminal = {.card = &contact->card, .env = &env, .problem = problem};
    enum terminal_result result = command->run(&terminal, options, material, &findings);
    agent_contact_close(contact);
    if (findings != NULL && !options->json)
        command->show(findings);
    if (findings != NULL && options->json && json_dumpf(findings, stdout, JSON_INDENT(2)) == 0)
        (void)putchar('\n');
    json_decref(findings);
    return result;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_list, .parser = parse_option, .args_doc = args_doc, .doc = doc};
    struct options options = {.amount = 100, .kvn = -1, .protocol = -1, .i = -1};
    struct rebind_problem problem = {.text = ""};
    struct material material = {0};
    argp_err_exit_status = EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &options);
    const struct command *command = find_command(options.command);
    if (command == NULL || (command->needs_keys && options.key_set == NULL)) {
        (void)fprintf(stderr, "card-terminal: %s; try --help\n",
                      command == NULL ? "the command is pay, social or list"
                                      : "list needs --key-set");
        return EXIT_USAGE;
    }
    enum terminal_result result = read_material(&options, &material, &problem);
    if (result == TERMINAL_OK)
        result = visit(command, &options, &material, &problem);
    scp_wipe(&material, sizeof material);
    if (result != TERMINAL_OK)
        (void)fprintf(stderr, "card-terminal: %s\n", problem.text);
    return (int)result;
}
