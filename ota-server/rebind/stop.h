/* Does an emergency stop, or one that stands in the active policy, mean this operation? Asked
 * before anything of it goes out, so that a stop holds also where nobody was there to cancel: when
 * a planned version became active, or a stop's own time came. */
#ifndef OTA_SERVER_REBIND_STOP_H
#define OTA_SERVER_REBIND_STOP_H

#include "ota-server/rebind/service.h"

STORE_MUST_USE enum store_error stop_means(const struct rebind_service *service,
                                           struct store_tx *tx,
                                           const struct store_operation *operation, bool *stopped);

#endif
