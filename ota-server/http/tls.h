/* TLS 1.3 as a machine of bytes: what came from the network goes in, what must go to the network
 * comes out, and plain bytes on the other side. No sockets, no blocking.
 *
 * A client's certificate never breaks the handshake: why it does not count stands in
 * session->peer.refusal, so that the client can be told in a response. There is no session
 * resumption: every connection presents its certificate anew. */
#ifndef OTA_SERVER_HTTP_TLS_H
#define OTA_SERVER_HTTP_TLS_H

#include "ota-server/http/buffer.h"
#include "ota-server/http/error.h"
#include "ota-server/http/peer.h"

struct tls_context;

/* Names of PEM files; see struct http_server_config. */
struct tls_files {
    const char *certificate;
    const char *key;
    const char *trust;
};

HTTP_MUST_USE enum http_error tls_context_new(struct tls_context **context,
                                              const struct tls_files *files,
                                              struct http_error_detail *detail);
void tls_context_free(struct tls_context *context);

/* At the end of every thread that may have used wolfCrypt: frees the library's tables of the
 * thread. */
void tls_thread_end(void);

enum tls_result {
    TLS_DONE,   /* the step is complete */
    TLS_AGAIN,  /* more bytes from the network are needed */
    TLS_CLOSED, /* the client has ended the session */
    TLS_FAILED, /* the session is over; an alert may stand in `out` */
};

struct tls_session {
    void *ssl;              /* wolfSSL's */
    struct http_buffer in;  /* from the network, not yet understood */
    struct http_buffer out; /* for the network */
    struct http_peer peer;  /* complete when the handshake is */
    bool speaks_h2;         /* ALPN agreed on HTTP/2; known when the handshake is complete */
};

/* The session must not move in memory until fini. NO_MEMORY. The context must outlive it. */
HTTP_MUST_USE enum http_error tls_session_init(struct tls_session *session,
                                               struct tls_context *context);
void tls_session_fini(struct tls_session *session);

/* Bytes from the network. False when they are too many to hold. */
bool tls_session_receive(struct tls_session *session, struct scp_bytes bytes);

/* Until DONE; after that read and write. */
enum tls_result tls_session_handshake(struct tls_session *session);

/* Plain bytes of the client's: DONE with at least one of them in `to`. */
enum tls_result tls_session_read(struct tls_session *session, uint8_t *to, size_t cap, size_t *got);

/* Plain bytes to the client, all of them: into `out`. False when the session is over. */
bool tls_session_write(struct tls_session *session, struct scp_bytes bytes);

/* The closing alert into `out`. */
void tls_session_close(struct tls_session *session);

#endif
