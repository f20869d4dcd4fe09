/* Every resource, once; each is a file of rows. */
#ifndef OTA_SERVER_OTACTL_RESOURCES_H
#define OTA_SERVER_OTACTL_RESOURCES_H

#include "ota-server/otactl/command.h"

/* In the order of the help. */
#define OTACTL_RESOURCES(X) \
    X(bank)                 \
    X(domain)               \
    X(package)              \
    X(product)              \
    X(card)                 \
    X(personalisation)      \
    X(bind)                 \
    X(revoke)               \
    X(operation)            \
    X(policy)               \
    X(audit)                \
    X(principal)            \
    X(pki)

#define OTACTL_RESOURCE_EXTERN(name) extern const struct otactl_resource otactl_resource_##name;
OTACTL_RESOURCES(OTACTL_RESOURCE_EXTERN)
#undef OTACTL_RESOURCE_EXTERN

/* The rows of a resource and their number. */
#define OTACTL_ROWS(array) .commands = (array), .count = sizeof(array) / sizeof((array)[0])

#endif
