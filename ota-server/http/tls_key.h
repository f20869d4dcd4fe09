/* Whether a private key belongs to a certificate. wolfSSL's own check (5.5) takes any EC key of
 * the right curve, and the mistake would show only as failing handshakes. */
#ifndef OTA_SERVER_HTTP_TLS_KEY_H
#define OTA_SERVER_HTTP_TLS_KEY_H

#include <stdbool.h>

/* Of a WOLFSSL_CTX with both loaded: signs with the one, verifies with the other.
 * RSA and EC keys; false for any other. */
bool tls_key_fits_certificate(void *ctx);

#endif
