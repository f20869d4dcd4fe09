/* Cancelling what is outstanding and was stopped: by an emergency stop, or by one that stands in
 * the policy. */
#ifndef OTA_SERVER_API_STOPPED_H
#define OTA_SERVER_API_STOPPED_H

#include "ota-server/api/api.h"

/* Cancel every open operation that the stop is about, each as by hand; `cancelled` counts them. */
STORE_MUST_USE enum store_error stopped_cancel(const struct api *api,
                                               const struct http_request *request,
                                               const struct store_stop *stop, size_t *cancelled);

/* The same for each stop of the active policy that is in force and says so. */
STORE_MUST_USE enum store_error stopped_cancel_by_policy(const struct api *api,
                                                         const struct http_request *request,
                                                         size_t *cancelled);

#endif
