/* What a card shall carry: the active product of each role, and what it shall hold ready. Compared
 * with what it carries, that gives what nobody desires and what an audit finds.
 *
 * A plain value. */
#ifndef OTA_SERVER_REBIND_DESIRE_H
#define OTA_SERVER_REBIND_DESIRE_H

#include "ota-server/rebind/plan.h"
#include "ota-server/store/store.h"

enum desire_use {
    DESIRE_ACTIVE,    /* selectable, and listed where its role is */
    DESIRE_SUSPENDED, /* locked until it is resumed */
    DESIRE_READY,     /* locked until a switch comes to it */
    DESIRE_PACKAGE,   /* no instance, the package alone */
};

struct desire_item {
    enum desire_use use;
    char product[STORE_PRODUCT_REF_SIZE];
    char bank[STORE_SLUG_SIZE];
    struct scp_aid instance;
    struct scp_aid package;
};

enum { DESIRE_ITEMS_MAX = STORE_BINDINGS_MAX + STORE_RESIDENTS_MAX };

struct desire {
    struct desire_item items[DESIRE_ITEMS_MAX];
    size_t count;
};

STORE_MUST_USE enum store_error desire_load(struct store_tx *tx, const char *card,
                                            struct desire *out);

/* What is desired of the instance; NULL: nobody desires it. */
const struct desire_item *desire_of_instance(const struct desire *desire,
                                             const struct scp_aid *aid);

/* Whether anything desired needs the package, or the bank's domain. */
bool desire_has_package(const struct desire *desire, const struct scp_aid *aid);
bool desire_has_domain(const struct desire *desire, const char *bank);

/* What could go: products' instances that were locked or never completed, products' packages and
 * banks' domains, as far as nobody desires them. At most `cap` of them. */
STORE_MUST_USE enum store_error desire_spare(struct store_tx *tx, const struct desire *desire,
                                             const struct card_content *content,
                                             struct plan_spare *out, size_t cap, size_t *count);

/* Where the content differs from what is desired. */
STORE_MUST_USE enum store_error desire_findings(struct store_tx *tx, const struct desire *desire,
                                                const struct card_content *content,
                                                struct store_finding out[STORE_FINDINGS_MAX],
                                                size_t *count);

#endif
