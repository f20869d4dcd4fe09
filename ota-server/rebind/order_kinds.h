/* Inside orders: what each kind of operation asks of the desired state, and does to it. */
#ifndef OTA_SERVER_REBIND_ORDER_KINDS_H
#define OTA_SERVER_REBIND_ORDER_KINDS_H

#include "ota-server/rebind/order.h"

/* An order at work. */
struct making {
    const struct rebind_service *service;
    const struct order *order;
    struct order_result *result;
    struct store_tx *tx;
    struct store_card card;
    enum store_operation_kind kind; /* what the order comes to */
    bool has_product;               /* that comes to the card */
    struct store_product product;   /* with has_product; otherwise only its role counts */
    struct store_bank bank;
    char ref[STORE_PRODUCT_REF_SIZE]; /* of the product; "" without */
    struct store_binding current;     /* of the role; product "" when there is none */
    struct store_resident resident;   /* of the ordered product; product "" when there is none */
    struct decision made;             /* when a policy was asked */
    struct order assigned;            /* the order with the product that was assigned … */
    struct decision_given given;      /* … and the reason for it */
};

struct order_kind {
    bool is_ordered;
    bool needs_product;
    bool takes_product;
    bool asks_policy;
    bool personalises; /* the bank's record for the card must be there */
    const char *audited;
    const char *denied;
    /* Whether there is anything to do; sets making.kind and may set the product. */
    enum rebind_refusal (*judge)(struct making *m);
    /* Enter what is desired from now on. */
    enum store_error (*desire)(struct making *m);
    /* Take that back. */
    enum store_error (*undo)(struct store_tx *tx, const struct store_operation *operation);
};

/* By enum store_operation_kind. */
extern const struct order_kind order_kinds[STORE_OPERATION_KINDS];

#endif
