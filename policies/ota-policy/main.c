/* ota-policy: check, test and explain policies. */
#include "policies/ota-policy/command.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "ota-policy " REBIND_VERSION;

struct command {
    const char *name;
    size_t files_min;
    size_t files_max;
    bool takes_facts;
    enum ota_policy_exit (*run)(const struct ota_policy_options *options);
};

static const struct command commands[] = {
    {"check", 1, OTA_POLICY_FILES_MAX, false, ota_policy_check},
    {"test", 1, OTA_POLICY_FILES_MAX, false, ota_policy_test},
    {"explain", 1, 1, true, ota_policy_explain},
    {"facts", 0, 0, false, ota_policy_list_facts},
};

struct invocation {
    const struct command *command;
    struct ota_policy_options options;
};

static const struct argp_option option_list[] = {
    {"fact", 'f', "NAME=VALUE", 0,
     "A fact to decide on (explain); may be given again for others. The items of a set are "
     "separated by commas. A fact that is not given is absent",
     0},
    {"all", 'a', NULL, 0, "Show every rule, not only those that decided (explain)", 0},
    {"json", 'j', NULL, 0, "Answer in JSON", 0},
    {0},
};

static const char doc[] =
    "Check, test and explain the policies that decide which bank a card may carry."
    "\v"
    "Commands:\n"
    "  check FILE...   Read each file and report the first mistake, with its place\n"
    "  test FILE...    Run the cases under `tests:` in each file, and name rules\n"
    "                  that no case exercises\n"
    "  explain FILE    Decide on the facts given with --fact, and show which rules\n"
    "                  decided and what became of each of their conditions\n"
    "  facts           List what a policy may ask about, and the operators\n"
    "\n"
    "Examples:\n"
    "  ota-policy check /etc/rebind/policies/*.yaml\n"
    "  ota-policy test open-choice.yaml\n"
    "  ota-policy explain open-choice.yaml \\\n"
    "      --fact request.action=bind --fact request.actor_kind=bank \\\n"
    "      --fact card.status=active --fact card.region=310000 \\\n"
    "      --fact bank.status=active --fact bank.licensed_regions=310000,320000\n"
    "  ota-policy test --json open-choice.yaml | jq '.files[].unexercised'\n"
    "\n"
    "Exit status:\n"
    "  0  all is well (explain: whatever was decided)\n"
    "  1  a file is not valid (check), or a case failed (test)\n"
    "  2  wrong usage, a file that cannot be read, or, for test and explain, is not\n"
    "     valid\n";

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void take_command(struct invocation *invocation, const char *name,
                         const struct argp_state *state)
{
    static const char *const names[] = {"check", "test", "explain", "facts", NULL};
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

static void check_invocation(const struct invocation *invocation, const struct argp_state *state)
{
    const struct command *command = invocation->command;
    if (command == NULL)
        argp_error(state, "a command is missing");
    else if (invocation->options.file_count < command->files_min)
        argp_error(state, "%s needs a file", command->name);
    else if (invocation->options.fact_count > 0 && !command->takes_facts)
        argp_error(state, "%s takes no facts", command->name);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct invocation *invocation = state->input;
    switch (key) {
    case 'f':
        take_fact(&invocation->options, arg, state);
        return 0;
    case 'a':
        invocation->options.all = true;
        return 0;
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
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {.options = option_list,
                                     .parser = parse_option,
                                     .args_doc = "check FILE...\ntest FILE...\nexplain FILE\nfacts",
                                     .doc = doc};
    struct invocation invocation = {0};
    argp_err_exit_status = OTA_POLICY_BAD;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &invocation);
    enum ota_policy_exit status = invocation.command->run(&invocation.options);
    return fflush(stdout) == 0 ? (int)status : OTA_POLICY_BAD;
}
