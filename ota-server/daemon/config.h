/* The server's configuration: one YAML file, read strictly. Paths that are not absolute are taken
 * from the file's folder. */
#ifndef OTA_SERVER_DAEMON_CONFIG_H
#define OTA_SERVER_DAEMON_CONFIG_H

#include "policies/document/document.h"
#include "scp/host/log.h"

enum { CONFIG_PATH_SIZE = 1024, CONFIG_ADDRESS_SIZE = 64 };

struct daemon_config {
    char address[CONFIG_ADDRESS_SIZE];
    uint16_t port;                    /* 0: any that is free */
    char port_file[CONFIG_PATH_SIZE]; /* "" or where to write the port listened on */
    char certificate[CONFIG_PATH_SIZE];
    char key[CONFIG_PATH_SIZE];
    char trust[CONFIG_PATH_SIZE];
    char database[CONFIG_PATH_SIZE];
    char vault[CONFIG_PATH_SIZE];
    char credential[CONFIG_PATH_SIZE]; /* what opens the vault: this file, or */
    char passphrase[CONFIG_PATH_SIZE]; /* the first line of this one; the other is "" */
    char profiles[CONFIG_PATH_SIZE];
    enum rebind_log_level log_level;
    uint32_t failure_budget;
    uint32_t attempts;
    int64_t backoff_first_ms;
    int64_t backoff_last_ms;
    int64_t contact_window_ms;
    unsigned workers;
};

/* False: `problem` says file, line and column. */
bool daemon_config_read(const char *path, struct daemon_config *config,
                        struct document_problem *problem);

#endif
