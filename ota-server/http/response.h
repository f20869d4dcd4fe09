/* A response, as handlers write it.
 *
 * Nothing here fails in the handler's hands: running out of memory, a header value with a line
 * break or a body over HTTP_RESPONSE_BODY_MAX turns the response into a 500 problem when the
 * handler returns, and so does a handler that sets no status. All text and bytes are copied. A
 * later call of status, body, json, problem or stream replaces what an earlier one said; headers
 * stay. */
#ifndef OTA_SERVER_HTTP_RESPONSE_H
#define OTA_SERVER_HTTP_RESPONSE_H

#include "ota-server/http/stream.h"
#include "scp/base/bytes.h"

struct http_response;
struct json_t; /* jansson's */

/* 200 to 599. Alone it makes a response without a body. */
void http_response_status(struct http_response *response, unsigned status);

/* A header field; the name in lower case. A second value for a name is a second field. */
void http_response_header(struct http_response *response, const char *name, const char *value);

/* The body and its content type. */
void http_response_body(struct http_response *response, const char *content_type,
                        struct scp_bytes body);

/* Status and JSON body in one. Takes over the reference to `json`; NULL gives 500, so that the
 * result of json_pack can be passed unseen. */
void http_response_json(struct http_response *response, unsigned status, struct json_t *json);

/* A problem document (RFC 9457). `code` is stable, lower case with hyphens, and ends its type URI
 * "urn:rebind:problem:CODE"; `title` is the same for every problem of that code; `detail` says what
 * is wrong with this request and must hold no secret. */
__attribute__((format(printf, 5, 6))) void http_problem(struct http_response *response,
                                                        unsigned status, const char *code,
                                                        const char *title, const char *detail, ...);

/* A further member of the problem document set before. */
void http_problem_text(struct http_response *response, const char *name, const char *value);
void http_problem_number(struct http_response *response, const char *name, long long value);

/* Answer 200 with a stream of events (text/event-stream). The response takes over stream->ctx: it
 * calls stream->release for it exactly once, also when the client is gone already. */
void http_response_stream(struct http_response *response, const struct http_stream *stream);

#endif
