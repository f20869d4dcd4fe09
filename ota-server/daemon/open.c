#include "ota-server/daemon/daemon.h"
#include "scp/host/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PASSPHRASE_MAX = 1024 };

static int fail_vault(const struct daemon_config *config, enum scp_error error)
{
    fprintf(stderr, "ota-server: vault %s: %s\n", config->vault,
            error == SCP_BAD_MAC ? "the credential is wrong, or the file was altered"
                                 : scp_error_text(error));
    return EXIT_DAEMON_FAILED;
}

/* Open the vault with what the credential names; make what is missing when `create` is set. */
static enum scp_error open_with(struct daemon_parts *parts,
                                const struct vault_credential *credential, bool create)
{
    const char *path = parts->config.vault;
    if (create && access(path, F_OK) != 0)
        return vault_create(path, credential, &parts->env, &parts->vault);
    return vault_open(path, credential, &parts->env, &parts->vault);
}

static enum scp_error open_with_credential(struct daemon_parts *parts, bool create)
{
    const struct vault_credential credential = {.file = parts->config.credential};
    if (create && access(credential.file, F_OK) != 0)
        SCP_TRY(vault_credential_create(credential.file, &parts->env));
    return open_with(parts, &credential, create);
}

/* The passphrase is the file's first line. */
static enum scp_error open_with_passphrase(struct daemon_parts *parts, bool create)
{
    struct rebind_problem problem = {.text = ""};
    struct rebind_blob text = {.len = 0};
    enum scp_error error =
        rebind_file_read_private(parts->config.passphrase, PASSPHRASE_MAX, &text, &problem);
    if (error != SCP_OK) {
        fprintf(stderr, "ota-server: %s\n", problem.text);
        return error;
    }
    char *passphrase = (char *)text.ptr;
    passphrase[strcspn(passphrase, "\r\n")] = '\0';
    const struct vault_credential credential = {.passphrase = passphrase};
    error = open_with(parts, &credential, create);
    rebind_blob_free(&text);
    return error;
}

static int open_vault(struct daemon_parts *parts, bool create)
{
    enum scp_error error = parts->config.passphrase[0] != '\0'
                               ? open_with_passphrase(parts, create)
                               : open_with_credential(parts, create);
    if (error == SCP_NOT_FOUND) {
        fprintf(stderr, "ota-server: vault %s: there is no such file; 'ota-server init' makes it\n",
                parts->config.vault);
        return EXIT_DAEMON_FAILED;
    }
    return error == SCP_OK ? 0 : fail_vault(&parts->config, error);
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
