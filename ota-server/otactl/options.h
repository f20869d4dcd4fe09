/* Every option of every command, once: a name means the same everywhere. */
#ifndef OTA_SERVER_OTACTL_OPTIONS_H
#define OTA_SERVER_OTACTL_OPTIONS_H

#include <stdint.h>

/* X(ID, name, argument or NULL for a flag, help) */
#define OTACTL_OPTIONS(X)                                                                     \
    X(URL, "url", "URL", "the server; REBIND_URL, https://localhost:8443")                    \
    X(CA, "ca", "FILE", "certificates that the server's must come from, PEM; REBIND_CA")      \
    X(CERT, "cert", "FILE", "your certificate, PEM; REBIND_CERT")                             \
    X(KEY, "key", "FILE", "its private key, PEM, mode 600; REBIND_KEY")                       \
    X(CONFIG, "config", "FILE",                                                               \
      "settings in YAML (url, ca, cert, key); REBIND_CONFIG, ~/.config/rebind/otactl.yaml")   \
    X(JSON, "json", NULL, "print the answer as JSON")                                         \
    X(OUT, "out", "DIR", "folder to make the files in")                                       \
    X(DIR, "dir", "DIR", "folder of the PKI")                                                 \
    X(NAME, "name", "NAME", "name to show")                                                   \
    X(URI, "uri", "URI", "who the certificate stands for, such as rebind:operator/alice")     \
    X(HOST, "host", "DNS", "host name of a server; localhost brings 127.0.0.1 and ::1")       \
    X(DAYS, "days", "N", "validity in days")                                                  \
    X(STATUS, "status", "STATUS", "active, suspended or leaving; default active")             \
    X(REGION, "regions", "CODES", "region codes with commas between, such as 310000,330000")  \
    X(AID, "aid", "AID", "application identifier, 5 to 16 bytes in hex")                      \
    X(KEY_SETS, "key-sets", "PAIRS",                                                          \
      "PROFILE=LABEL with commas between: masters in the vault for each card profile")        \
    X(WATCH, "watch", NULL, "follow the operation to its end")                                \
    X(PRIORITY, "priority", "N", "0 to 9; cards with higher ones come first; default 5")      \
    X(DEADLINE, "deadline", "TIME", "when it fails at the latest: 2026-12-31T00:00:00Z")      \
    X(IDEMPOTENCY_KEY, "idempotency-key", "KEY",                                              \
      "your name for this request: sent again it changes nothing and gives the same answer")  \
    X(MANAGEMENT, "management", "KIND", "simple or authorized; default simple")               \
    X(FORM, "form", "FORM", "package or instance; default package")                           \
    X(BANK_KIND, "bank-kind", "KIND",                                                         \
      "state, joint-stock, city, rural, postal or foreign: what policies ask about")          \
    X(FROM, "from", "TIME", "from when on: 2026-12-31T00:00:00Z; default now")                \
    X(UNTIL, "until", "TIME", "until when: 2026-12-31T00:00:00Z; default until it is lifted") \
    X(BANK, "bank", "BANK", "of this bank")                                                   \
    X(IN_REGION, "region", "CODE", "in this region")                                          \
    X(PRODUCT, "product", "PRODUCT", "only requests for this product, BANK/PRODUCT")          \
    X(REASON, "reason", "TEXT", "why, for who is refused")                                    \
    X(CARD, "card", "CARD", "only those of this card")                                        \
    X(STATE, "state", "STATE", "only those that are pending, running, done or failed")        \
    X(KIND, "kind", "KIND", "bank, agent, operator, author, approver, officer or auditor")    \
    X(TENANT, "tenant", "ID", "the bank's id, or the agent's region")                         \
    X(PERSON, "person", "ID", "the person who holds the certificate")                         \
    X(CERTIFICATE, "certificate", "FILE", "the certificate to register, PEM")                 \
    X(TRANSPORT_KEY, "transport-key", "FILE",                                                 \
      "the key that bank and bureau share, 32 bytes in hex, mode 600")                        \
    X(CHECKPOINT, "checkpoint", "FILE",                                                       \
      "one kept from before (audit checkpoint --json) that must still be in the trail")       \
    X(PUBLIC_KEY, "public-key", "FILE",                                                       \
      "the server's audit key, DER in base64; default: the one that it presents")

enum otactl_option {
#define OTACTL_OPTION_ENUM(id, name, arg, help) OTACTL_##id,
    OTACTL_OPTIONS(OTACTL_OPTION_ENUM)
#undef OTACTL_OPTION_ENUM
        OTACTL_OPTION_COUNT
};

struct otactl_option_row {
    const char *name;
    const char *arg;
    const char *help;
};

extern const struct otactl_option_row otactl_options[OTACTL_OPTION_COUNT];

#define OTACTL_BIT(id) (UINT64_C(1) << (id))
/* Those before this one are taken by every command. */
#define OTACTL_FIRST_OWN OTACTL_OUT
#define OTACTL_COMMON (OTACTL_BIT(OTACTL_FIRST_OWN) - 1)

#endif
