/* HTTP/2 (RFC 9113) of one connection, by nghttp2: plain bytes in, plain bytes out, exchanges
 * between. No sockets. */
#ifndef OTA_SERVER_HTTP_H2_H
#define OTA_SERVER_HTTP_H2_H

#include "ota-server/http/exchange.h"

#include <nghttp2/nghttp2.h>

struct http_connection;

struct http_h2 {
    nghttp2_session *session;
    struct http_server *server;
    struct http_connection *connection;
    const struct http_peer *peer;
    LIST_HEAD(, http_exchange) exchanges; /* with those closed whose job still runs */
    size_t exchange_count;
    size_t open_count; /* streams not closed */
    bool is_draining;
};

/* `h2` is zeroed but for server, connection and peer, and must not move. NO_MEMORY. */
HTTP_MUST_USE enum http_error http_h2_init(struct http_h2 *h2);
/* Abandons what is open. Zeroed memory is allowed. */
void http_h2_fini(struct http_h2 *h2);

/* False when the client broke the protocol beyond what a GOAWAY says. */
bool http_h2_receive(struct http_h2 *h2, struct scp_bytes bytes);

/* The next bytes to send, valid until the next call; empty when there is nothing now. False when
 * memory is exhausted. */
bool http_h2_send(struct http_h2 *h2, struct scp_bytes *bytes);

/* Nothing more will be read or sent. */
bool http_h2_is_over(const struct http_h2 *h2);

/* Tell the client to go: `now` as soon as it is sent, else when its requests are answered. */
void http_h2_go_away(struct http_h2 *h2, bool now);

void http_h2_sweep(struct http_h2 *h2, uint64_t now_ms);

/* ---- for exchanges ------------------------------------------------------------------------ */

/* Send exchange->answer. */
void http_h2_answer(struct http_exchange *exchange);
/* There are new body bytes, or the end. */
void http_h2_resume(struct http_exchange *exchange);
/* Give up on the stream; after a whole answer that is no error (RFC 9113, 8.1). */
void http_h2_reset(struct http_exchange *exchange);

#endif
