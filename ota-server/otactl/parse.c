#include "ota-server/otactl/parse.h"

#include "ota-server/otactl/resources.h"
#include "scp/host/text.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BASE = 0x1000, DOC_MAX = 4096 }; /* option keys that are no letters */

/* ---- finding ------------------------------------------------------------------------------ */

const struct otactl_resource *otactl_find_resource(const char *name)
{
    for (size_t i = 0; i < otactl_resource_count; i++) {
        if (strcmp(otactl_resources[i]->name, name) == 0)
            return otactl_resources[i];
    }
    return NULL;
}

bool otactl_is_command(const struct otactl_resource *resource)
{
    return resource->commands[0].verb == NULL;
}

const struct otactl_command *otactl_find_command(const struct otactl_resource *resource,
                                                 const char *verb)
{
    if (otactl_is_command(resource))
        return &resource->commands[0];
    for (size_t i = 0; i < resource->count; i++) {
        if (strcmp(resource->commands[i].verb, verb) == 0)
            return &resource->commands[i];
    }
    return NULL;
}

struct otactl_arity otactl_arity_of(const char *args)
{
    struct otactl_arity arity = {0, 0};
    for (const char *at = args; at[0] != '\0';) {
        size_t len = strcspn(at, " ");
        arity.most++;
        arity.least += at[0] == '[' ? 0 : 1;
        at += len + strspn(at + len, " ");
    }
    return arity;
}

/* ---- parsing ------------------------------------------------------------------------------ */

struct parse {
    const struct otactl_command *command;
    struct otactl_arguments *args;
    struct otactl_arity arity;
};

static void check_needs(const struct parse *parse, struct argp_state *state)
{
    for (size_t i = 0; i < OTACTL_OPTION_COUNT; i++) {
        if ((parse->command->needs & OTACTL_BIT(i)) != 0 && parse->args->option[i] == NULL)
            argp_error(state, "--%s is missing", otactl_options[i].name);
    }
}

static error_t take(int key, char *text, struct argp_state *state)
{
    struct parse *parse = state->input;
    if (key >= KEY_BASE && key < KEY_BASE + OTACTL_OPTION_COUNT) {
        parse->args->option[key - KEY_BASE] = text != NULL ? text : "";
        return 0;
    }
    switch (key) {
    case ARGP_KEY_ARG:
        if (parse->args->count >= parse->arity.most)
            argp_error(state, "too many arguments: %s", text);
        else
            parse->args->positional[parse->args->count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (parse->args->count < parse->arity.least)
            argp_error(state, "arguments are missing: %s", parse->command->args);
        check_needs(parse, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* argp's rows for the options of this command; ends with an empty row. */
static void fill_options(struct argp_option rows[OTACTL_OPTION_COUNT + 1], uint64_t taken)
{
    size_t count = 0;
    for (int i = 0; i < OTACTL_OPTION_COUNT; i++) {
        if ((taken & OTACTL_BIT(i)) == 0)
            continue;
        rows[count++] = (struct argp_option){
            .name = otactl_options[i].name,
            .key = KEY_BASE + i,
            .arg = otactl_options[i].arg,
            .doc = otactl_options[i].help,
            .group = i < OTACTL_FIRST_OWN ? 1 : 0,
        };
    }
    rows[count] = (struct argp_option){.name = NULL};
}

bool otactl_parse(const struct otactl_command *command, int argc, char **argv,
                  struct otactl_arguments *args, enum otactl_exit *code)
{
    struct argp_option rows[OTACTL_OPTION_COUNT + 1];
    struct parse parse = {command, args, otactl_arity_of(command->args)};
    struct rebind_text doc = rebind_text_new(DOC_MAX);
    rebind_text_addf(&doc, "%s\v%s", command->summary,
                     command->details != NULL ? command->details : "");
    fill_options(rows, OTACTL_COMMON | command->options);
    const struct argp argp = {
        .options = rows,
        .parser = take,
        .args_doc = command->args,
        .doc = rebind_text_string(&doc),
    };
    *args = (struct otactl_arguments){.count = 0};
    argp_err_exit_status = OTACTL_USAGE;
    error_t failed = argp_parse(&argp, argc, argv, 0, NULL, &parse);
    rebind_text_free(&doc);
    *code = failed == 0 ? OTACTL_OK : OTACTL_USAGE;
    return failed == 0;
}

/* ---- help --------------------------------------------------------------------------------- */

const char *otactl_examples_of(const struct otactl_command *command)
{
    const char *found = command->details != NULL ? strstr(command->details, "  otactl ") : NULL;
    return found != NULL ? found : "";
}

void otactl_print_resource_help(FILE *to, const struct otactl_resource *resource)
{
    (void)fprintf(to, "otactl %s: %s\n\n", resource->name, resource->summary);
    for (size_t i = 0; i < resource->count; i++) {
        const struct otactl_command *command = &resource->commands[i];
        char words[80];
        (void)snprintf(words, sizeof words, "%s %s", command->verb, command->args);
        (void)fprintf(to, "  otactl %s %-32s %s\n", resource->name, words, command->summary);
    }
    (void)fprintf(to, "\n%s\n\notactl %s COMMAND --help tells more.\n",
                  otactl_examples_of(&resource->commands[0]), resource->name);
}

static void print_resources(FILE *to)
{
    for (size_t i = 0; i < otactl_resource_count; i++) {
        const struct otactl_resource *resource = otactl_resources[i];
        (void)fprintf(to, "  %-15s %s\n", resource->name, resource->summary);
        (void)fputs(otactl_is_command(resource) ? "" : "                  ", to);
        for (size_t k = 0; !otactl_is_command(resource) && k < resource->count; k++)
            (void)fprintf(to, "%s%s", resource->commands[k].verb,
                          k + 1 == resource->count ? "\n" : ", ");
    }
}

void otactl_print_help(FILE *to)
{
    (void)fputs("usage: otactl RESOURCE [COMMAND] [ARGUMENTS] [OPTIONS]\n\n"
                "The command line of Rebind: banks, products, cards and their bindings.\n\n",
                to);
    print_resources(to);
    (void)fputs(
        "\nEvery command takes:\n"
        "  --url, --ca, --cert, --key   the server and your certificate; also REBIND_URL,\n"
        "                               REBIND_CA, REBIND_CERT, REBIND_KEY, or a file:\n"
        "  --config FILE                YAML with url, ca, cert, key\n"
        "  --json                       the answer as JSON\n"
        "  --help                       what it does, with examples\n\n"
        "  otactl pki init --out pki\n"
        "  otactl bank list --url https://localhost:8443 --ca pki/ca.crt \\\n"
        "      --cert pki/operator.crt --key pki/operator.key\n"
        "  otactl bind 7f3a9c bank-b/debit --watch\n\n"
        "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 the server was not reached.\n",
        to);
}
