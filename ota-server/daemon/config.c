#include "ota-server/daemon/config.h"

#include <stdio.h>
#include <string.h>

static const char *const root_keys[] = {"listen",   "tls", "database", "vault",
                                        "profiles", "log", "limits",   NULL};
static const char *const listen_keys[] = {"address", "port", "port_file", NULL};
static const char *const tls_keys[] = {"certificate", "key", "trust", NULL};
static const char *const vault_keys[] = {"file", "credential", "passphrase_file", NULL};
static const char *const log_keys[] = {"level", NULL};
static const char *const limit_keys[] = {"failure_budget", "attempts", "backoff", "backoff_max",
                                         "contact_window", "workers",  NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};

/* The reading of one file: where relative paths start, and the first problem. */
struct reading {
    const char *file;
    struct document_problem *problem;
};

/* A path, from the configuration file's folder unless it is absolute. */
static void read_path(const struct reading *r, const struct document_node *node,
                      char to[CONFIG_PATH_SIZE])
{
    const char *path = doc_string(node, NULL, r->problem);
    const char *slash = strrchr(r->file, '/');
    int folder = slash == NULL ? 0 : (int)(slash - r->file) + 1;
    if (path == NULL)
        return;
    if (*path == '/')
        folder = 0;
    int len = snprintf(to, CONFIG_PATH_SIZE, "%.*s%s", folder, r->file, path);
    if (len >= CONFIG_PATH_SIZE)
        doc_fail(node, r->problem, "the path is too long");
}

static void read_listen(const struct reading *r, const struct document_node *listen,
                        struct daemon_config *config)
{
    doc_expect_keys(listen, listen_keys, r->problem);
    doc_string_into(doc_require(listen, "address", r->problem), config->address,
                    sizeof config->address, r->problem);
    config->port =
        (uint16_t)doc_integer(doc_require(listen, "port", r->problem), 0, 65535, 0, r->problem);
    read_path(r, doc_get(listen, "port_file"), config->port_file);
}

static void read_tls(const struct reading *r, const struct document_node *tls,
                     struct daemon_config *config)
{
    doc_expect_keys(tls, tls_keys, r->problem);
    read_path(r, doc_require(tls, "certificate", r->problem), config->certificate);
    read_path(r, doc_require(tls, "key", r->problem), config->key);
    read_path(r, doc_require(tls, "trust", r->problem), config->trust);
}

static void read_vault(const struct reading *r, const struct document_node *vault,
                       struct daemon_config *config)
{
    doc_expect_keys(vault, vault_keys, r->problem);
    read_path(r, doc_require(vault, "file", r->problem), config->vault);
    read_path(r, doc_get(vault, "credential"), config->credential);
    read_path(r, doc_get(vault, "passphrase_file"), config->passphrase);
    if (vault != NULL && (config->credential[0] == '\0') == (config->passphrase[0] == '\0'))
        doc_fail(vault, r->problem, "the vault needs either 'credential' or 'passphrase_file'");
}

static void read_limits(const struct reading *r, const struct document_node *limits,
                        struct daemon_config *config)
{
    if (limits != NULL)
        doc_expect_keys(limits, limit_keys, r->problem);
    config->failure_budget =
        (uint32_t)doc_integer(doc_get(limits, "failure_budget"), 1, 10, 2, r->problem);
    config->attempts = (uint32_t)doc_integer(doc_get(limits, "attempts"), 1, 100, 5, r->problem);
    config->backoff_first_ms = doc_duration_ms(doc_get(limits, "backoff"), 1000, r->problem);
    config->backoff_last_ms = doc_duration_ms(doc_get(limits, "backoff_max"), 600000, r->problem);
    config->contact_window_ms =
        doc_duration_ms(doc_get(limits, "contact_window"), 60000, r->problem);
    config->workers = (unsigned)doc_integer(doc_get(limits, "workers"), 1, 64, 4, r->problem);
}

static void read_root(const struct reading *r, const struct document_node *root,
                      struct daemon_config *config)
{
    const struct document_node *log = doc_get(root, "log");
    doc_expect_keys(root, root_keys, r->problem);
    read_listen(r, doc_require(root, "listen", r->problem), config);
    read_tls(r, doc_require(root, "tls", r->problem), config);
    read_path(r, doc_require(root, "database", r->problem), config->database);
    read_vault(r, doc_require(root, "vault", r->problem), config);
    read_path(r, doc_require(root, "profiles", r->problem), config->profiles);
    if (log != NULL)
        doc_expect_keys(log, log_keys, r->problem);
    config->log_level =
        (enum rebind_log_level)doc_word(doc_get(log, "level"), levels, REBIND_LOG_INFO, r->problem);
    read_limits(r, doc_get(root, "limits"), config);
}

bool daemon_config_read(const char *path, struct daemon_config *config,
                        struct document_problem *problem)
{
    const struct reading reading = {.file = path, .problem = problem};
    struct document *doc;
    *config = (struct daemon_config){.port = 0};
    if (doc_new_from_file(path, &doc, problem) != DOC_OK)
        return false;
    read_root(&reading, doc_root(doc), config);
    doc_free(doc);
    return problem->error == DOC_OK;
}
