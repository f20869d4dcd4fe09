/* otactl: the command line of operators, officers and auditors. */
#include "ota-server/otactl/parse.h"
#include "scp/host/text.h"

#include <curl/curl.h>

#include <stdlib.h>
#include <string.h>

static const char *environment(const char *name)
{
    return getenv(name);
}

static enum otactl_exit load_settings(struct otactl *ctl, const struct otactl_arguments *args)
{
    const struct otactl_sources sources = {
        .url = args->option[OTACTL_URL],
        .ca = args->option[OTACTL_CA],
        .cert = args->option[OTACTL_CERT],
        .key = args->option[OTACTL_KEY],
        .config = args->option[OTACTL_CONFIG],
        .environment = environment,
    };
    struct rebind_problem problem = {""};
    if (otactl_settings_load(&ctl->settings, &sources, &problem) != SCP_OK)
        return otactl_complain(ctl, OTACTL_USAGE, "%s", problem.text);
    ctl->settings.json = args->option[OTACTL_JSON] != NULL;
    return OTACTL_OK;
}

static enum otactl_exit run(const struct otactl_command *command,
                            const struct otactl_arguments *args)
{
    struct rebind_env env = rebind_env_system();
    struct otactl ctl = {.env = &env, .out = stdout, .err = stderr};
    enum otactl_exit code = load_settings(&ctl, args);
    if (code == OTACTL_OK)
        code = command->run(&ctl, command, args);
    otactl_client_free(ctl.client);
    otactl_settings_fini(&ctl.settings);
    return code;
}

/* The rest of the command line, under a name that says which command it was. */
static enum otactl_exit parse_and_run(const struct otactl_command *command, const char *resource,
                                      int argc, char **argv)
{
    struct rebind_text name = rebind_text_new(256);
    struct otactl_arguments args;
    enum otactl_exit code;
    rebind_text_addf(&name, "otactl %s%s%s", resource, command->verb != NULL ? " " : "",
                     command->verb != NULL ? command->verb : "");
    argv[0] = name.ptr;
    if (otactl_parse(command, argc, argv, &args, &code))
        code = run(command, &args);
    rebind_text_free(&name);
    return code;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0 || strcmp(word, "help") == 0;
}

static enum otactl_exit dispatch_resource(const struct otactl_resource *resource, int argc,
                                          char **argv)
{
    if (otactl_is_command(resource))
        return parse_and_run(&resource->commands[0], resource->name, argc - 1, argv + 1);
    if (argc < 3 || asks_for_help(argv[2])) {
        otactl_print_resource_help(argc < 3 ? stderr : stdout, resource);
        return argc < 3 ? OTACTL_USAGE : OTACTL_OK;
    }
    const struct otactl_command *command = otactl_find_command(resource, argv[2]);
    if (command != NULL)
        return parse_and_run(command, resource->name, argc - 2, argv + 2);
    (void)fprintf(stderr, "otactl: %s has no command %s\n\n", resource->name, argv[2]);
    otactl_print_resource_help(stderr, resource);
    return OTACTL_USAGE;
}

static enum otactl_exit dispatch(int argc, char **argv)
{
    if (argc < 2 || asks_for_help(argv[1])) {
        otactl_print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? OTACTL_USAGE : OTACTL_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("otactl " REBIND_VERSION);
        return OTACTL_OK;
    }
    const struct otactl_resource *resource = otactl_find_resource(argv[1]);
    if (resource != NULL)
        return dispatch_resource(resource, argc, argv);
    (void)fprintf(stderr, "otactl: %s%s; otactl --help lists what there is\n",
                  argv[1][0] == '-' ? "options follow the command: " : "there is no ", argv[1]);
    return OTACTL_USAGE;
}

int main(int argc, char **argv)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    enum otactl_exit code = dispatch(argc, argv);
    curl_global_cleanup();
    return code;
}
