/* Which bank: a request to bind a card to a product or to revoke its binding. Facts, decision,
 * desired state, operation and audit record are one transaction. */
#ifndef OTA_SERVER_REBIND_BINDING_H
#define OTA_SERVER_REBIND_BINDING_H

#include "ota-server/rebind/service.h"

struct binding_request {
    const char *card;
    const char *product;         /* "BANK/PRODUCT"; NULL to revoke */
    const char *role;            /* of a revocation; otherwise the product's */
    const char *principal;       /* id of who asks */
    const char *principal_kind;  /* for the policy */
    const char *idempotency_key; /* "" for none */
};

struct binding_result {
    struct store_operation operation; /* when accepted */
    struct store_decision decision;   /* when a policy was asked, also for POLICY_DENIED */
};

/* Asking again for what is already under way gives the operation that does it. */
enum rebind_refusal binding_make(const struct rebind_service *service,
                                 const struct binding_request *request,
                                 struct binding_result *result);

#endif
