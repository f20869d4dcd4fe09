/* ota-server: the service, and the few commands that prepare it. */
#include "ota-server/daemon/daemon.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

const char *argp_program_version = "ota-server " REBIND_VERSION;

static const char doc[] =
    "The OTA card-management service: which bank is on which card."
    "\v"
    "Commands:\n"
    "  serve               serve until SIGTERM\n"
    "  check               open what serve would open (configuration, vault,\n"
    "                      database, profiles, certificates), and exit\n"
    "  init                make vault, credential and database that are missing\n"
    "  key-set LABEL FILE  put the masters of a card key set into the vault;\n"
    "                      FILE is YAML: scheme, enc, mac, dek\n"
    "  bank-key BANK FILE  put a bank's transport key into the vault: 32 bytes\n"
    "                      in hex\n"
    "  principal NAME CERTIFICATE\n"
    "                      register a certificate (PEM); see --kind\n"
    "\n"
    "Examples:\n"
    "  ota-server --config server.yaml init\n"
    "  ota-server --config server.yaml key-set isd-2021 isd-2021.yaml\n"
    "  ota-server --config server.yaml --kind operator --person alice \\\n"
    "      principal alice alice.pem\n"
    "  ota-server --config server.yaml serve\n"
    "\n"
    "Logs are lines of JSON on standard error. Exit status: 0 success, 1 failure, 2 wrong "
    "configuration, 64 wrong usage.";

enum { OPTION_KIND = 256, OPTION_TENANT, OPTION_PERSON, ARGUMENTS_MAX = 3 };

static const struct argp_option option_list[] = {
    {"config", 'c', "FILE", 0, "Configuration (YAML)", 0},
    {"kind", OPTION_KIND, "KIND", 0,
     "principal: bank, agent, operator, author, approver, officer or auditor", 1},
    {"tenant", OPTION_TENANT, "ID", 0, "principal: a bank's id, or an agent's region", 1},
    {"person", OPTION_PERSON, "NAME", 0, "principal: the person behind it", 1},
    {0},
};

struct options {
    const char *config;
    struct daemon_principal principal;
    const char *arguments[ARGUMENTS_MAX]; /* the command first */
    size_t count;
};

static int serve(struct daemon_parts *parts, const struct options *options)
{
    (void)options;
    return daemon_serve(parts);
}

static int check_parts(struct daemon_parts *parts, const struct options *options)
{
    (void)options;
    return daemon_check(parts);
}

static int nothing(struct daemon_parts *parts, const struct options *options)
{
    (void)parts;
    (void)options;
    return 0;
}

static int add_key_set(struct daemon_parts *parts, const struct options *options)
{
    return daemon_add_key_set(parts, options->arguments[1], options->arguments[2]);
}

static int add_bank_key(struct daemon_parts *parts, const struct options *options)
{
    return daemon_add_bank_key(parts, options->arguments[1], options->arguments[2]);
}

static int add_principal(struct daemon_parts *parts, const struct options *options)
{
    struct daemon_principal principal = options->principal;
    principal.name = options->arguments[1];
    principal.certificate = options->arguments[2];
    return daemon_add_principal(parts, &principal);
}

struct command {
    const char *name;
    size_t arguments;
    bool creates; /* vault and credential, when they are missing */
    int (*run)(struct daemon_parts *parts, const struct options *options);
};

static const struct command commands[] = {
    {"serve", 0, false, serve},           {"check", 0, false, check_parts},
    {"init", 0, true, nothing},           {"key-set", 2, false, add_key_set},
    {"bank-key", 2, false, add_bank_key}, {"principal", 2, false, add_principal},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static void check(const struct options *options, struct argp_state *state)
{
    const struct command *command =
        options->count == 0 ? NULL : find_command(options->arguments[0]);
    if (options->count == 0)
        argp_error(state, "a command is missing");
    else if (command == NULL)
        argp_error(state, "there is no command '%s'", options->arguments[0]);
    else if (options->count - 1 != command->arguments)
        argp_error(state, "'%s' takes %zu arguments", command->name, command->arguments);
    else if (options->config == NULL)
        argp_error(state, "--config is missing");
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the signature is argp's */
static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'c':
        options->config = arg;
        return 0;
    case OPTION_KIND:
        options->principal.kind = arg;
        return 0;
    case OPTION_TENANT:
        options->principal.tenant = arg;
        return 0;
    case OPTION_PERSON:
        options->principal.person = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->count == ARGUMENTS_MAX)
            argp_error(state, "too many arguments");
        else
            options->arguments[options->count++] = arg;
        return 0;
    case ARGP_KEY_END:
        check(options, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char *argv[])
{
    static const struct argp parser = {
        .options = option_list,
        .parser = parse_option,
        .args_doc = "COMMAND [ARGUMENT...]",
        .doc = doc,
    };
    struct options options = {.principal = {.kind = "", .tenant = "", .person = ""}};
    struct daemon_parts parts;

    argp_parse(&parser, argc, argv, 0, NULL, &options);
    const struct command *command = find_command(options.arguments[0]);
    int status = daemon_open(options.config, command->creates, &parts);
    if (status != 0)
        return status;
    status = command->run(&parts, &options);
    daemon_close(&parts);
    return status;
}
