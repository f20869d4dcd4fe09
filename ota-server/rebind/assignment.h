/* Fair assignment: which banks a card may get whose holder states no choice, by the shares and
 * deficits that the active policy declares. What a bank has already in the card's region counts.
 *
 * The policy still decides on each: this only says in which order to ask. Counts belong to the
 * transaction, so two assignments at once do not both take the same bank's turn. */
#ifndef OTA_SERVER_REBIND_ASSIGNMENT_H
#define OTA_SERVER_REBIND_ASSIGNMENT_H

#include "ota-server/rebind/service.h"

enum { ASSIGNMENT_MAX = 256 };

struct assignment {
    char products[ASSIGNMENT_MAX][STORE_PRODUCT_REF_SIZE]; /* who is furthest behind first */
    size_t count;
};

/* A bank takes part with its first published product of the role. NO_POLICY; NO_ASSIGNMENT when the
 * policy assigns none, or no bank that it names has a product; ASSIGNMENT_BY_DRAW. */
enum rebind_refusal assignment_list(const struct rebind_service *service, struct store_tx *tx,
                                    const struct store_card *card, const char *role,
                                    struct assignment *out);

#endif
