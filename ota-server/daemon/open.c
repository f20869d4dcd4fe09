#include "ota-server/daemon/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail_vault(const struct daemon_config *config, enum scp_error error)
{
    fprintf(stderr, "ota-server: vault %s: %s\n", config->vault,
            error == SCP_BAD_MAC ? "the credential is wrong, or the file was altered"
                                 : scp_error_text(error));
    return EXIT_DAEMON_FAILED;
}

static int open_vault(struct daemon_parts *parts, bool create)
{
    const struct daemon_config *config = &parts->config;
    const struct vault_credential credential = {.file = config->credential};
    enum scp_error error = SCP_OK;
    if (create && access(config->credential, F_OK) != 0)
        error = vault_credential_create(config->credential, &parts->env);
    if (error != SCP_OK)
        return fail_vault(config, error);
    if (create && access(config->vault, F_OK) != 0)
        error = vault_create(config->vault, &credential, &parts->env, &parts->vault);
    else
        error = vault_open(config->vault, &credential, &parts->env, &parts->vault);
    if (error == SCP_NOT_FOUND) {
        fprintf(stderr, "ota-server: vault %s: there is no such file; 'ota-server init' makes it\n",
                config->vault);
        return EXIT_DAEMON_FAILED;
    }
    return error == SCP_OK ? 0 : fail_vault(config, error);
}

static int open_store(struct daemon_parts *parts)
{
    struct store_problem problem = {.error = STORE_OK};
    enum store_error error =
        store_open(parts->config.database, &parts->env, &parts->store, &problem);
    if (error == STORE_OK)
        return 0;
    fprintf(stderr, "ota-server: database %s: %s\n", parts->config.database,
            problem.text[0] != '\0' ? problem.text : store_error_text(error));
    return EXIT_DAEMON_FAILED;
}

int daemon_open(const char *config_path, bool create, struct daemon_parts *parts)
{
    struct document_problem problem = {.error = DOC_OK};
    *parts = (struct daemon_parts){.env = rebind_env_system()};
    /* Keys pass through this process: no core file, and nobody attaches. */
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        perror("ota-server: prctl");
    umask(S_IRWXG | S_IRWXO);
    if (!daemon_config_read(config_path, &parts->config, &problem)) {
        char text[DOC_PROBLEM_SIZE];
        fputs(doc_problem_format(&problem, text, sizeof text), stderr);
        return EXIT_DAEMON_CONFIG;
    }
    int status = open_vault(parts, create);
    if (status == 0)
        status = open_store(parts);
    if (status != 0)
        daemon_close(parts);
    return status;
}

void daemon_close(struct daemon_parts *parts)
{
    store_close(parts->store);
    vault_close(parts->vault);
    parts->store = NULL;
    parts->vault = NULL;
}
