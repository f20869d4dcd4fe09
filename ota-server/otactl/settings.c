#include "ota-server/otactl/settings.h"

#include "scp/host/file.h"

#include <yaml.h>

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 64 * 1024 };

static const char default_url[] = "https://localhost:8443";

struct row {
    const char *name; /* in the file */
    const char *variable;
    size_t setting; /* offsets */
    size_t source;
};

static const struct row rows[] = {
    {"url", "REBIND_URL", offsetof(struct otactl_settings, url),
     offsetof(struct otactl_sources, url)},
    {"ca", "REBIND_CA", offsetof(struct otactl_settings, ca), offsetof(struct otactl_sources, ca)},
    {"cert", "REBIND_CERT", offsetof(struct otactl_settings, cert),
     offsetof(struct otactl_sources, cert)},
    {"key", "REBIND_KEY", offsetof(struct otactl_settings, key),
     offsetof(struct otactl_sources, key)},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static char **setting_of(struct otactl_settings *settings, const struct row *row)
{
    return (char **)(void *)((char *)settings + row->setting);
}

static const char *source_of(const struct otactl_sources *sources, const struct row *row)
{
    return *(const char *const *)(const void *)((const char *)sources + row->source);
}

static const char *from_environment(const struct otactl_sources *sources, const char *name)
{
    const char *value = sources->environment == NULL ? NULL : sources->environment(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

/* Set what no better source has set. */
static enum scp_error set(char **setting, const char *value, struct rebind_problem *problem)
{
    if (*setting != NULL || value == NULL)
        return SCP_OK;
    *setting = strdup(value);
    return *setting != NULL ? SCP_OK
                            : rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
}

/* ---- the file ----------------------------------------------------------------------------- */

/* Paths in the file are relative to it. */
static enum scp_error set_from_file(struct otactl_settings *settings, const struct row *row,
                                    const char *value, const char *path,
                                    struct rebind_problem *problem)
{
    char full[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (row->setting == offsetof(struct otactl_settings, url) || value[0] == '/' || slash == NULL)
        return set(setting_of(settings, row), value, problem);
    int len = snprintf(full, sizeof full, "%.*s/%s", (int)(slash - path), path, value);
    if (len < 0 || (size_t)len >= sizeof full)
        return rebind_problem_set(problem, SCP_TOO_LONG, "%s: a path is too long", path);
    return set(setting_of(settings, row), full, problem);
}

static enum scp_error at(const yaml_mark_t *mark, const char *path, const char *what,
                         struct rebind_problem *problem)
{
    return rebind_problem_set(problem, SCP_MALFORMED, "%s:%zu:%zu: %s", path, mark->line + 1,
                              mark->column + 1, what);
}

static enum scp_error read_pair(struct otactl_settings *settings, const yaml_node_t *key,
                                const yaml_node_t *value, const char *path,
                                struct rebind_problem *problem)
{
    if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE)
        return at(&key->start_mark, path, "must be a name and a text", problem);
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp((const char *)key->data.scalar.value, rows[i].name) == 0)
            return set_from_file(settings, &rows[i], (const char *)value->data.scalar.value, path,
                                 problem);
    }
    return at(&key->start_mark, path, "is none of url, ca, cert, key", problem);
}

static enum scp_error read_document(struct otactl_settings *settings, yaml_document_t *document,
                                    const char *path, struct rebind_problem *problem)
{
    yaml_node_t *root = yaml_document_get_root_node(document);
    if (root == NULL)
        return SCP_OK; /* an empty file */
    if (root->type != YAML_MAPPING_NODE)
        return at(&root->start_mark, path, "must be a mapping", problem);
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++)
        SCP_TRY(read_pair(settings, yaml_document_get_node(document, pair->key),
                          yaml_document_get_node(document, pair->value), path, problem));
    return SCP_OK;
}

static enum scp_error parse(struct otactl_settings *settings, const struct rebind_blob *text,
                            const char *path, struct rebind_problem *problem)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser))
        return rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
    yaml_parser_set_input_string(&parser, text->ptr, text->len);
    enum scp_error error;
    if (yaml_parser_load(&parser, &document)) {
        error = read_document(settings, &document, path, problem);
        yaml_document_delete(&document);
    } else {
        error = at(&parser.problem_mark, path, parser.problem, problem);
    }
    yaml_parser_delete(&parser);
    return error;
}

/* The file that is read when none is named. */
static bool usual_file(const struct otactl_sources *sources, char path[PATH_MAX])
{
    const char *config = from_environment(sources, "XDG_CONFIG_HOME");
    const char *home = from_environment(sources, "HOME");
    int len = -1;
    if (config != NULL)
        len = snprintf(path, PATH_MAX, "%s/rebind/otactl.yaml", config);
    else if (home != NULL)
        len = snprintf(path, PATH_MAX, "%s/.config/rebind/otactl.yaml", home);
    return len > 0 && len < PATH_MAX;
}

static enum scp_error read_file(struct otactl_settings *settings,
                                const struct otactl_sources *sources,
                                struct rebind_problem *problem)
{
    char usual[PATH_MAX];
    const char *path =
        sources->config != NULL ? sources->config : from_environment(sources, "REBIND_CONFIG");
    bool named = path != NULL;
    if (!named && !usual_file(sources, usual))
        return SCP_OK;
    struct rebind_blob text;
    enum scp_error error = rebind_file_read(named ? path : usual, CONFIG_MAX, &text, problem);
    if (error == SCP_NOT_FOUND && !named)
        return SCP_OK;
    if (error == SCP_OK)
        error = parse(settings, &text, named ? path : usual, problem);
    rebind_blob_free(&text);
    return error;
}

/* ---- all sources -------------------------------------------------------------------------- */

static enum scp_error load(struct otactl_settings *settings, const struct otactl_sources *sources,
                           struct rebind_problem *problem)
{
    for (size_t i = 0; i < ROWS; i++) {
        char **setting = setting_of(settings, &rows[i]);
        SCP_TRY(set(setting, source_of(sources, &rows[i]), problem));
        SCP_TRY(set(setting, from_environment(sources, rows[i].variable), problem));
    }
    SCP_TRY(read_file(settings, sources, problem));
    return set(&settings->url, default_url, problem);
}

enum scp_error otactl_settings_load(struct otactl_settings *settings,
                                    const struct otactl_sources *sources,
                                    struct rebind_problem *problem)
{
    *settings = (struct otactl_settings){.json = false};
    enum scp_error error = load(settings, sources, problem);
    if (error != SCP_OK)
        otactl_settings_fini(settings);
    return error;
}

void otactl_settings_fini(struct otactl_settings *settings)
{
    for (size_t i = 0; i < ROWS; i++) {
        char **setting = setting_of(settings, &rows[i]);
        free(*setting);
        *setting = NULL;
    }
}
