/* The payment directories of a card: PPSE (contactless, EMV Entry Point Specification) and PSE
 * (contact, EMV Book 1 12). Both are instances of the bureau's, owned by no bank; listing a product
 * in them is the switch that a terminal sees.
 *
 * Personalised by data groupings: PPSE by 9103, its FCI proprietary template with the list in BF0C;
 * PSE by record 0101, a template 70 with the list. The list is one 61 with AID, label and priority,
 * or nothing when no product is active. */
#ifndef OTA_SERVER_REBIND_DIRECTORY_H
#define OTA_SERVER_REBIND_DIRECTORY_H

#include "ota-server/rebind/plan.h"
#include "scp/gp/store_data.h"

enum { DIRECTORY_COUNT = 2, DIRECTORY_VALUE_MAX = 128 };

/* AIDs of the directories there may be. */
extern const struct scp_aid directory_aids[DIRECTORY_COUNT];

/* The grouping that makes `directory` list `product` (NULL: nothing). Its value is written to
 * `buffer` and borrowed from it. NOT_FOUND when it is no directory; TOO_LONG. */
SCP_MUST_USE enum scp_error directory_dgi(const struct scp_aid *directory,
                                          const struct plan_product *product,
                                          uint8_t buffer[DIRECTORY_VALUE_MAX], struct scp_dgi *out);

#endif
