/* Where the server is and who asks. Each setting comes from the first that has it: an option, the
 * environment, the configuration file, the default. */
#ifndef OTA_SERVER_OTACTL_SETTINGS_H
#define OTA_SERVER_OTACTL_SETTINGS_H

#include "scp/host/problem.h"

#include <stdbool.h>

/* Owned strings; NULL for none. */
struct otactl_settings {
    char *url;
    char *ca;
    char *cert;
    char *key;
    bool json;
};

/* Where each string may come from; NULL for absent. Borrowed. */
struct otactl_sources {
    const char *url, *ca, *cert, *key;            /* options */
    const char *config;                           /* option: this file must exist */
    const char *(*environment)(const char *name); /* NULL: none */
};

/* NOT_FOUND for a named configuration file that is absent, MALFORMED with line and column for one
 * that is no flat YAML mapping of the four names, NO_MEMORY. */
SCP_MUST_USE enum scp_error otactl_settings_load(struct otactl_settings *settings,
                                                 const struct otactl_sources *sources,
                                                 struct rebind_problem *problem);
void otactl_settings_fini(struct otactl_settings *settings);

#endif
