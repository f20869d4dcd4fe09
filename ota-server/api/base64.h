/* Base64 (RFC 4648, 4) over wolfCrypt: for the few members that carry bytes too long for hex. */
#ifndef OTA_SERVER_API_BASE64_H
#define OTA_SERVER_API_BASE64_H

#include "scp/base/bytes.h"

#include <jansson.h>

/* Append the decoded bytes. MALFORMED, NO_SPACE. */
SCP_MUST_USE enum scp_error base64_decode(const char *text, struct scp_writer *to);
/* A JSON string without line breaks; NULL when memory is exhausted. `bytes` up to 1 KiB. */
json_t *base64_json(struct scp_bytes bytes);

#endif
