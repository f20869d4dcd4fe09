/* The bodies of orders: requests for an operation on a card. Used by the rows of `card`, `bind` and
 * `revoke`; see struct otactl_request for the signature. */
#ifndef OTA_SERVER_OTACTL_ORDER_H
#define OTA_SERVER_OTACTL_ORDER_H

#include "ota-server/otactl/command.h"

/* What every order takes besides its own arguments. */
#define OTACTL_ORDER_OPTIONS                                                                \
    (OTACTL_BIT(OTACTL_WATCH) | OTACTL_BIT(OTACTL_PRIORITY) | OTACTL_BIT(OTACTL_DEADLINE) | \
     OTACTL_BIT(OTACTL_IDEMPOTENCY_KEY))

#define OTACTL_ORDER_BODY(name)                                                                 \
    json_t *otactl_##name##_body(const struct otactl *ctl, const struct otactl_arguments *args, \
                                 struct rebind_problem *problem)
OTACTL_ORDER_BODY(bind);
OTACTL_ORDER_BODY(revoke);
OTACTL_ORDER_BODY(suspend);
OTACTL_ORDER_BODY(resume);
OTACTL_ORDER_BODY(load);
OTACTL_ORDER_BODY(purge);
OTACTL_ORDER_BODY(audit);
OTACTL_ORDER_BODY(rekey);

#endif
