/* A request target in origin form (RFC 9112, 3.2.1): path segments and query parameters, percent-
 * decoded after they have been split, so that an encoded '/' or '&' stays data. Zeroed memory is
 * an empty target; fini leaves it so. */
#ifndef OTA_SERVER_HTTP_TARGET_H
#define OTA_SERVER_HTTP_TARGET_H

#include "ota-server/http/limits.h"
#include "scp/base/bytes.h"

struct http_query {
    const char *name;
    const char *value;
};

struct http_target {
    char *path; /* as sent, without the query */
    char *text; /* what the pointers below point into */
    const char *segments[HTTP_SEGMENTS_MAX];
    size_t segment_count;
    struct http_query query[HTTP_QUERY_MAX];
    size_t query_count;
};

void http_target_fini(struct http_target *target);

/* MALFORMED for what is no path, has a bad escape or a control character, or too many parameters;
 * TOO_LONG over HTTP_TARGET_MAX, OUT_OF_RANGE for too many segments, NO_MEMORY. After an error the
 * target is empty. */
SCP_MUST_USE enum scp_error http_target_parse(struct http_target *target, struct scp_bytes text);

/* The first value of a name, decoded; NULL when absent. */
const char *http_target_query(const struct http_target *target, const char *name);

#endif
