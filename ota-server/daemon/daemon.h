/* The program ota-server: its parts opened together, and what its commands do with them. */
#ifndef OTA_SERVER_DAEMON_DAEMON_H
#define OTA_SERVER_DAEMON_DAEMON_H

#include "ota-server/daemon/config.h"
#include "ota-server/store/store.h"
#include "ota-server/vault/vault.h"
#include "scp/host/env.h"

enum { EXIT_DAEMON_FAILED = 1, EXIT_DAEMON_CONFIG = 2 };

struct daemon_parts {
    struct daemon_config config;
    struct rebind_env env;
    struct store *store;
    struct vault *vault;
};

/* Read the configuration and open vault and database; `create` makes them (vault, credential) when
 * they are not there. Prints what is wrong to stderr and returns the exit status: 0 when open. */
int daemon_open(const char *config_path, bool create, struct daemon_parts *parts);
void daemon_close(struct daemon_parts *parts);

/* Serve until SIGTERM or SIGINT. */
int daemon_serve(struct daemon_parts *parts);
/* Read what serving needs beside vault and database, profiles and certificates, and serve nothing.
 */
int daemon_check(struct daemon_parts *parts);

/* `ota-server key-set`: masters from a YAML file with scheme, enc, mac and dek. */
int daemon_add_key_set(struct daemon_parts *parts, const char *label, const char *file);
/* `ota-server bank-key`: a transport key of 32 bytes in hex. */
int daemon_add_bank_key(struct daemon_parts *parts, const char *bank, const char *file);

struct daemon_principal {
    const char *name;
    const char *kind;
    const char *tenant; /* "" for none */
    const char *person; /* "" for none */
    const char *certificate;
};
/* `ota-server principal`: how the first ones come in. */
int daemon_add_principal(struct daemon_parts *parts, const struct daemon_principal *principal);

#endif
