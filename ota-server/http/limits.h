/* Every limit of the HTTP server: counts, bytes and times. A limit that is hit gives the client the
 * answer named beside it and costs the server nothing but that answer. */
#ifndef OTA_SERVER_HTTP_LIMITS_H
#define OTA_SERVER_HTTP_LIMITS_H

enum {
    /* Connections. */
    HTTP_CONNECTIONS_MAX = 4096,          /* further ones are closed at once */
    HTTP_BACKLOG = 512,                   /* of listen(2) */
    HTTP_OUTGOING_MAX = 256 * 1024,       /* bytes under way to one client before waiting */
    HTTP_RECORD_MAX = 16 * 1024,          /* plain bytes given to TLS at a time */
    HTTP_UNREAD_MAX = 1024 * 1024,        /* encrypted bytes received, not yet understood */
    HTTP_CONNECTION_WINDOW = 1024 * 1024, /* HTTP/2 flow control of one connection */

    /* Requests. */
    HTTP_STREAMS_MAX = 250, /* concurrent on one connection; then REFUSED_STREAM */
    HTTP_EXCHANGES_MAX = 2 * HTTP_STREAMS_MAX, /* of one connection, with those the client reset */
    HTTP_HEADERS_MAX = 64,                     /* fields of a request; 431 */
    HTTP_HEADER_BYTES_MAX = 16 * 1024,         /* names and values of a request together; 431 */
    HTTP_TARGET_MAX = 2048,                    /* path and query; 414 */
    HTTP_SEGMENTS_MAX = 16,                    /* of a path; 404 */
    HTTP_PARAMS_MAX = 4,                       /* placeholders in a pattern */
    HTTP_QUERY_MAX = 16,                       /* parameters in a query; 400 */
    HTTP_BODIES_MAX = 256 * 1024 * 1024,       /* of all requests being received; 503 */
    HTTP_ANONYMOUS_BODIES_MAX = 64 * 1024 * 1024, /* no certificate: no further than this; 503 */
    HTTP_QUEUE_MAX = 8192,                        /* requests waiting for a worker; 503 */
    HTTP_RESPONSE_BODY_MAX = 32 * 1024 * 1024,

    /* Event streams. */
    HTTP_TOPIC_MAX = 95,               /* characters of a topic */
    HTTP_EVENT_ID_MAX = 63,            /* characters of an event's id */
    HTTP_EVENT_BYTES_MAX = 256 * 1024, /* that one pull may append */
    HTTP_NOTICES_MAX = 1024,           /* topics waiting to be woken; then all are woken */

    /* Names. */
    HTTP_PEER_URI_MAX = 255,
    HTTP_PEER_NAME_MAX = 127,
    HTTP_PRINCIPAL_ID_MAX = 128,

    /* Times, used where the configuration says 0. */
    HTTP_WORKERS_DEFAULT = 16,
    HTTP_HANDSHAKE_MS = 10 * 1000,      /* TLS; then closed */
    HTTP_IDLE_MS = 5 * 60 * 1000,       /* without a request or a byte; then GOAWAY */
    HTTP_ANONYMOUS_IDLE_MS = 10 * 1000, /* the most for a client without a certificate */
    HTTP_RECEIVE_MS = 30 * 1000,        /* from a request's header to its last byte; 408 */
    HTTP_HANDLE_MS = 30 * 1000,         /* waiting for and running a handler; 504 */
    HTTP_STALL_MS = 60 * 1000,          /* a client that takes no bytes; then closed */
    HTTP_HEARTBEAT_MS = 15 * 1000,      /* comment on a silent event stream */
    HTTP_DRAIN_MS = 10 * 1000,          /* from http_server_stop to closing what still runs */
    HTTP_LINGER_MS = 500, /* after our last byte, for the client to end; then closed or reset */
    HTTP_SWEEP_MS = 100,  /* how often times are checked */
};

#endif
