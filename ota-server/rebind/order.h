/* Orders: requests for an operation on a card. What is asked for, the facts, the decision, the
 * desired state, the operation and the audit record are one transaction. */
#ifndef OTA_SERVER_REBIND_ORDER_H
#define OTA_SERVER_REBIND_ORDER_H

#include "ota-server/rebind/decision.h"
#include "ota-server/rebind/plan.h"
#include "ota-server/rebind/service.h"

struct order {
    const char *bank;               /* whose product it must be about; NULL: anybody's */
    enum store_operation_kind kind; /* BIND stands for bind and switch, whichever it comes to */
    const char *card;
    const char *product; /* "BANK/PRODUCT": of BIND and LOAD; of PURGE, one not to be held ready any
                          * more, or NULL; NULL otherwise */
    bool assigns;        /* of BIND: the policy says whose product; `product` is NULL */
    const char *role;    /* of REVOKE, SUSPEND, RESUME and an assignment; otherwise the product's */
    enum store_form form;               /* of LOAD */
    uint32_t priority;                  /* 0 to STORE_PRIORITY_MAX */
    int64_t deadline_ms;                /* 0 for none */
    const char *principal;              /* id of who asks */
    const char *principal_kind;         /* for the policy */
    const char *idempotency_key;        /* "" for none */
    const struct decision_given *given; /* what else the policy may ask about; NULL: nothing */
};

struct order_result {
    struct store_operation operation; /* when accepted */
    struct store_decision decision;   /* when a policy was asked, also for POLICY_DENIED */
    char reason[STORE_REASON_SIZE];   /* the decision's, in the language of who asks */
};

/* Whether this is a kind that can be ordered, and whether it must or may name a product. */
bool order_is_kind(enum store_operation_kind kind);
bool order_needs_product(enum store_operation_kind kind);
bool order_takes_product(enum store_operation_kind kind);

/* Asking again for what is already under way gives the operation that does it, as does a key that
 * the principal used before for the same; KEY_REUSED when it was for something else. */
enum rebind_refusal order_make(const struct rebind_service *service, const struct order *order,
                               struct order_result *result);

/* Cancel an operation: what is desired of the card is again what was before. Again gives the same;
 * OPERATION_ENDED when it has ended otherwise. */
enum rebind_refusal order_cancel(const struct rebind_service *service, const char *operation,
                                 const char *principal, struct store_operation *out);
/* The same of an operation in the caller's transaction; `principal` is "" for the service. */
enum rebind_refusal order_cancel_in(const struct rebind_service *service, struct store_tx *tx,
                                    const char *principal, struct store_operation *operation);

/* What ordering the product would come to. */
struct order_prospect {
    struct store_operation operation; /* kind, product and previous product count */
    struct store_decision decision;   /* effect "" when none was made */
    enum rebind_refusal obstacle;     /* what would refuse the order, or NONE */
    bool is_planned;
    enum plan_error plan_error;
    struct plan plan; /* when planned, also for an error */
    bool content_known;
    bool free_known;
    uint32_t free_non_volatile;
};

/* Ask what a BIND would come to, and change nothing. Refused only where there is nothing to say:
 * CARD_UNKNOWN, PRODUCT_UNKNOWN and failures. */
enum rebind_refusal order_weigh(const struct rebind_service *service, const struct order *order,
                                struct order_prospect *out);

#endif
