#include "agent/relay/config.h"

#include <string.h>

enum {
    CONTACTS_DEFAULT = 4,
    POLL_DEFAULT_MS = 1000,
    POLL_MIN_MS = 50,
    POLL_MAX_MS = 60000,
};

static const char *const root_keys[] = {"agent",    "server", "tls",      "readers", "journal",
                                        "contacts", "poll",   "progress", "log",     NULL};
static const char *const tls_keys[] = {"ca", "certificate", "key", NULL};
static const char *const reader_keys[] = {"soft", "pcsc", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};

static const char *require_string(const struct document_node *node, const char *key,
                                  struct document_problem *problem)
{
    return doc_string(doc_require(node, key, problem), "", problem);
}

/* "https://host[:port]" and nothing behind it: paths are the protocol's. */
static void read_server(const struct document_node *node, struct agent_config *config,
                        struct document_problem *problem)
{
    static const char scheme[] = "https://";
    const char *server = doc_string(node, "", problem);
    config->endpoint.server = server;
    if (problem->error != DOC_OK)
        return;
    const char *host = server + sizeof scheme - 1;
    if (strncmp(server, scheme, sizeof scheme - 1) != 0 || host[0] == '\0' ||
        strpbrk(host, "/?#@ ") != NULL)
        doc_fail(node, problem, "the server must be given as https://host:port");
}

static void read_tls(const struct document_node *node, struct agent_config *config,
                     struct document_problem *problem)
{
    doc_expect_keys(node, tls_keys, problem);
    config->endpoint.ca = require_string(node, "ca", problem);
    config->endpoint.certificate = require_string(node, "certificate", problem);
    config->endpoint.key = require_string(node, "key", problem);
}

static void read_pcsc(const struct document_node *node, struct agent_config *config,
                      struct document_problem *problem)
{
    if (node == NULL)
        return;
    config->pcsc = true;
    if (doc_kind(node) == DOC_SCALAR) {
        if (strcmp(doc_string(node, "", problem), "all") != 0)
            doc_fail(node, problem, "pcsc must be 'all' or a list of parts of reader names");
        return;
    }
    if (!doc_expect(node, DOC_LIST, problem))
        return;
    size_t count = 0;
    for (const struct document_node *name = doc_first(node); name != NULL; name = doc_next(name)) {
        if (count == AGENT_PCSC_NAMES_MAX) {
            doc_fail(name, problem, "more than %d reader names", AGENT_PCSC_NAMES_MAX);
            return;
        }
        config->pcsc_names[count++] = doc_string(name, "", problem);
    }
    if (count == 0)
        doc_fail(node, problem, "the list of readers is empty; 'all' means every reader");
}

static void read_readers(const struct document_node *node, struct agent_config *config,
                         struct document_problem *problem)
{
    doc_expect_keys(node, reader_keys, problem);
    config->soft_directory = doc_string(doc_get(node, "soft"), NULL, problem);
    read_pcsc(doc_get(node, "pcsc"), config, problem);
    if (node != NULL && config->soft_directory == NULL && !config->pcsc)
        doc_fail(node, problem, "no kind of reader is named: soft, pcsc or both");
}

static void read_root(const struct document_node *root, struct agent_config *config,
                      struct document_problem *problem)
{
    doc_expect(root, DOC_MAPPING, problem);
    doc_expect_keys(root, root_keys, problem);
    config->endpoint.agent = require_string(root, "agent", problem);
    read_server(doc_require(root, "server", problem), config, problem);
    read_tls(doc_require(root, "tls", problem), config, problem);
    read_readers(doc_require(root, "readers", problem), config, problem);
    config->journal = require_string(root, "journal", problem);
    config->contacts = (size_t)doc_integer(doc_get(root, "contacts"), 1, AGENT_CONTACTS_MAX,
                                           CONTACTS_DEFAULT, problem);
    const struct document_node *poll = doc_get(root, "poll");
    int64_t poll_ms = doc_duration_ms(poll, POLL_DEFAULT_MS, problem);
    if (poll_ms < POLL_MIN_MS || poll_ms > POLL_MAX_MS)
        doc_fail(poll, problem, "poll must be from %dms to %ds", POLL_MIN_MS, POLL_MAX_MS / 1000);
    config->poll_ms = (uint32_t)poll_ms;
    config->progress = doc_bool(doc_get(root, "progress"), true, problem);
    config->log_level =
        (enum rebind_log_level)doc_word(doc_get(root, "log"), levels, REBIND_LOG_INFO, problem);
}

enum agent_error agent_config_read(const char *path, struct agent_config *config,
                                   struct document_problem *problem)
{
    *config = (struct agent_config){0};
    if (doc_new_from_file(path, &config->doc, problem) != DOC_OK)
        return AGENT_CONFIG;
    read_root(doc_root(config->doc), config, problem);
    return problem->error == DOC_OK ? AGENT_OK : AGENT_CONFIG;
}

void agent_config_fini(struct agent_config *config)
{
    doc_free(config->doc);
    *config = (struct agent_config){0};
}
