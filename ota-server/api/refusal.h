/* A refusal of the rebinding service as a problem document. */
#ifndef OTA_SERVER_API_REFUSAL_H
#define OTA_SERVER_API_REFUSAL_H

#include "ota-server/http/response.h"
#include "ota-server/rebind/service.h"

void answer_refusal(struct http_response *response, enum rebind_refusal refusal,
                    const char *detail);

#endif
