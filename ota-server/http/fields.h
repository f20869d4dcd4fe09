/* Header fields: an ordered list of names and values, both owned. Names are in lower case, as
 * HTTP/2 has them (RFC 9113, 8.2). Zeroed memory is an empty list; fini leaves it so. */
#ifndef OTA_SERVER_HTTP_FIELDS_H
#define OTA_SERVER_HTTP_FIELDS_H

#include "ota-server/http/limits.h"
#include "scp/base/bytes.h"

struct http_field {
    char *name;
    char *value;
};

struct http_fields {
    struct http_field items[HTTP_HEADERS_MAX];
    size_t count;
    size_t bytes; /* names and values together */
};

void http_fields_fini(struct http_fields *fields);

/* Append a field. TOO_LONG over HTTP_HEADERS_MAX or HTTP_HEADER_BYTES_MAX, MALFORMED for a control
 * character (RFC 9110, 5.5), NO_MEMORY. */
SCP_MUST_USE enum scp_error http_fields_add(struct http_fields *fields, struct scp_bytes name,
                                            struct scp_bytes value);

/* As add; a name that is there already gets ", value" appended (RFC 9110, 5.3). */
SCP_MUST_USE enum scp_error http_fields_join(struct http_fields *fields, struct scp_bytes name,
                                             struct scp_bytes value);

/* The first value of a name in any case; NULL when absent. */
const char *http_fields_get(const struct http_fields *fields, const char *name);

#endif
