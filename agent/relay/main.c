/* ota-agent: brings cards in reach and an OTA server together. */
#include "agent/relay/agent.h"
#include "agent/relay/config.h"

#include <argp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

const char *argp_program_version = "ota-agent " REBIND_VERSION;

struct options {
    const char *config;
    bool once;
    bool check;
};

enum { OPTION_ONCE = 256, OPTION_CHECK };

static const struct argp_option option_list[] = {
    {"config", 'c', "FILE", 0, "Configuration (YAML)", 0},
    {"once", OPTION_ONCE, NULL, 0, "Do the work there is for the cards in reach and exit", 0},
    {"check", OPTION_CHECK, NULL, 0, "Read the configuration and exit", 0},
    {0},
};

static const char doc[] =
    "Bring cards in reach and an OTA server together: find cards in readers, run the server's "
    "scripts on them, and return what they answered. The agent knows no keys."
    "\v"
    "Examples:\n"
    "  ota-agent --config /etc/rebind/agent.yaml   serve until SIGTERM\n"
    "  ota-agent --config agent.yaml --once        serve each card once, then exit\n"
    "  ota-agent --config agent.yaml --check       is the configuration right?\n"
    "\n"
    "Logs are lines of JSON on standard error. Exit status: 0 success, 1 failure, 2 wrong "
    "configuration, 64 wrong usage.";

static error_t set_config(struct options *options, const char *path)
{
    options->config = path;
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'c':
        return set_config(options, arg);
    case OPTION_ONCE:
        options->once = true;
        return 0;
    case OPTION_CHECK:
        options->check = true;
        return 0;
    case ARGP_KEY_END:
        if (options->config == NULL)
            argp_error(state, "--config is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* SIGTERM and SIGINT as a descriptor that all threads can wait for. */
static int stop_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum agent_error open_readers(const struct agent_config *config,
                                     const struct rebind_env *env, struct agent_setup *setup)
{
    if (config->soft_directory != NULL) {
        AGENT_TRY(agent_reader_soft_new(config->soft_directory, env,
                                        &setup->readers[setup->reader_count]));
        setup->reader_count++;
    }
    if (config->pcsc) {
        AGENT_TRY(agent_reader_pcsc_new(config->pcsc_names, &setup->readers[setup->reader_count]));
        setup->reader_count++;
    }
    return AGENT_OK;
}

static enum agent_error run_setup(const struct agent_config *config, struct agent_setup *setup)
{
    struct rebind_problem problem;
    if (rebind_make_dirs(setup->journal, 0700, &problem) != SCP_OK) {
        REBIND_LOG(setup->log, REBIND_LOG_ERROR, "journal.unusable",
                   REBIND_TEXT("cause", problem.text));
        return AGENT_JOURNAL;
    }
    setup->stop_fd = stop_signals();
    if (setup->stop_fd < 0)
        return AGENT_SYSTEM;
    AGENT_TRY(agent_http_init());
    enum agent_error error = open_readers(config, setup->env, setup);
    if (error == AGENT_OK) {
        rebind_log_event(setup->log, REBIND_LOG_INFO, "agent.started");
        error = agent_run(setup);
    }
    REBIND_LOG(setup->log, error == AGENT_OK ? REBIND_LOG_INFO : REBIND_LOG_ERROR, "agent.stopped",
               REBIND_TEXT("result", agent_error_name(error)));
    for (size_t i = 0; i < setup->reader_count; i++)
        agent_reader_free(setup->readers[i]);
    agent_http_fini();
    (void)close(setup->stop_fd);
    return error;
}

static int run(const struct options *options, const struct agent_config *config)
{
    struct rebind_env env = rebind_env_system();
    struct rebind_log *log = rebind_log_new(stderr, config->log_level, &env);
    if (log == NULL)
        return EXIT_FAILURE;
    struct agent_setup setup = {
        .endpoint = config->endpoint,
        .journal = config->journal,
        .contacts = config->contacts,
        .poll_ms = config->poll_ms,
        .progress = config->progress,
        .once = options->once,
        .env = &env,
        .log = log,
    };
    enum agent_error error = run_setup(config, &setup);
    rebind_log_free(log);
    return error == AGENT_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {.options = option_list, .parser = parse_option, .doc = doc};
    struct options options = {0};
    struct agent_config config;
    struct document_problem problem = {0};
    argp_err_exit_status = 64;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (agent_config_read(options.config, &config, &problem) != AGENT_OK) {
        char text[DOC_PROBLEM_SIZE];
        (void)fputs(doc_problem_format(&problem, text, sizeof text), stderr);
        agent_config_fini(&config);
        return 2;
    }
    int status = options.check ? EXIT_SUCCESS : run(&options, &config);
    agent_config_fini(&config);
    return status;
}
