/* How many cards each bank has in each region, kept along with the bindings. Private to the store.
 */
#ifndef OTA_SERVER_STORE_HOLDINGS_H
#define OTA_SERVER_STORE_HOLDINGS_H

#include "ota-server/store/sql.h"

/* Call around every change of a card's rows in table binding: out before it, in after it. */
STORE_MUST_USE enum store_error holding_take_out(struct store_tx *tx, const char *card);
STORE_MUST_USE enum store_error holding_put_in(struct store_tx *tx, const char *card);

#endif
