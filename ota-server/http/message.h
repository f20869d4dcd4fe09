/* What stands behind struct http_request and struct http_response, for the rest of this folder. */
#ifndef OTA_SERVER_HTTP_MESSAGE_H
#define OTA_SERVER_HTTP_MESSAGE_H

#include "ota-server/http/buffer.h"
#include "ota-server/http/fields.h"
#include "ota-server/http/request.h"
#include "ota-server/http/response.h"
#include "ota-server/http/router.h"
#include "ota-server/http/target.h"

#include <jansson.h>

struct http_request {
    char method[16];
    bool is_head; /* then `method` is GET and the body is left out */
    struct http_target target;
    struct http_fields fields;
    struct http_buffer body;
    struct http_peer peer; /* a copy: the request may outlive its connection */
    struct http_principal principal;
    bool has_principal;
    const struct http_route *route;      /* NULL until matched */
    const char *params[HTTP_PARAMS_MAX]; /* in the order of the pattern's placeholders */
};

void http_request_fini(struct http_request *request);

/* True when a Content-Type says `type`, whatever its parameters; case does not count. */
bool http_media_type_is(const char *content_type, const char *type);

struct http_response {
    unsigned status; /* 0: not set */
    struct http_fields fields;
    char content_type[128];
    struct http_buffer body;
    json_t *problem; /* the document being written; NULL for none */
    struct http_stream stream;
    bool is_stream;
    bool failed; /* becomes a 500 */
};

void http_response_init(struct http_response *response);
void http_response_fini(struct http_response *response);

/* After the handler: writes a problem document into the body and turns what failed into a 500. */
void http_response_finish(struct http_response *response);

/* What a pull appends to; the text of the events is in `text`. */
struct http_events {
    struct http_buffer text;
    char last_id[HTTP_EVENT_ID_MAX + 1];
};

#endif
