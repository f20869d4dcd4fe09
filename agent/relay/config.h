/* The agent's configuration: a YAML file, read strictly.
 *
 *     agent: kiosk-310000-01               # how the server knows us (X-Admin-From)
 *     server: https://tsm.example:8443
 *     tls:
 *       ca: /etc/rebind/ca.pem
 *       certificate: /etc/rebind/agent.pem
 *       key: /etc/rebind/agent.key
 *     readers:
 *       soft: /var/lib/rebind/cards        # a directory of card images
 *       pcsc: all                          # or a list of parts of reader names
 *     journal: /var/lib/rebind/agent
 *     contacts: 4                          # cards served at once, 1 to 64; default 4
 *     poll: 1s                             # how often readers are looked at; default 1s
 *     progress: true                       # tell the server how far a script is; default true
 *     log: info                            # debug, info, warn, error; default info
 *
 * At least one kind of reader is wanted. Paths are relative to the working directory. */
#ifndef AGENT_RELAY_CONFIG_H
#define AGENT_RELAY_CONFIG_H

#include "agent/relay/client.h"
#include "policies/document/document.h"

enum { AGENT_CONTACTS_MAX = 64, AGENT_PCSC_NAMES_MAX = 32 };

struct agent_config {
    struct document *doc; /* the texts below borrow from it */
    struct agent_endpoint endpoint;
    const char *soft_directory; /* NULL: none */
    bool pcsc;
    const char *pcsc_names[AGENT_PCSC_NAMES_MAX + 1]; /* NULL-terminated; none: all */
    const char *journal;
    size_t contacts;
    uint32_t poll_ms;
    bool progress;
    enum rebind_log_level log_level;
};

/* CONFIG, and the problem says what and where. Safe to fini after an error too. */
SCP_MUST_USE enum agent_error agent_config_read(const char *path, struct agent_config *config,
                                                struct document_problem *problem);
void agent_config_fini(struct agent_config *config);

#endif
