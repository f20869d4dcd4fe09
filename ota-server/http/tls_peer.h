/* What a client's certificate says, and why it is refused: wolfSSL's words into ours. */
#ifndef OTA_SERVER_HTTP_TLS_PEER_H
#define OTA_SERVER_HTTP_TLS_PEER_H

#include "ota-server/http/peer.h"

/* A verification of the chain failed with wolfSSL's error. The first cause stays. */
void tls_peer_refuse(struct http_peer *peer, int wolfssl_error);

/* After the handshake of a WOLFSSL: fill in the certificate's facts and the verdict. */
void tls_peer_complete(struct http_peer *peer, void *ssl);

#endif
