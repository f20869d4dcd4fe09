/* Who is at the other end: what TLS has established about a client, and who the application says
 * that is. Both are plain values that live as long as the connection or the request they are of. */
#ifndef OTA_SERVER_HTTP_PEER_H
#define OTA_SERVER_HTTP_PEER_H

#include "ota-server/http/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* X(name, code, text): why a client's certificate does not count. */
#define HTTP_REFUSALS(X)                                                                     \
    X(NONE, "", "")                                                                          \
    X(ABSENT, "certificate-required", "the connection presented no client certificate")      \
    X(EXPIRED, "certificate-expired", "the client certificate has expired")                  \
    X(NOT_YET_VALID, "certificate-not-yet-valid", "the client certificate is not valid yet") \
    X(UNKNOWN_ISSUER, "certificate-unknown-issuer",                                          \
      "the client certificate was issued by an authority that is not trusted here")          \
    X(BAD_SIGNATURE, "certificate-bad-signature",                                            \
      "the signature on the client certificate does not verify")                             \
    X(REVOKED, "certificate-revoked", "the client certificate has been revoked")             \
    X(INVALID, "certificate-invalid",                                                        \
      "the client certificate is malformed or not allowed for this use")

enum http_refusal {
#define HTTP_REFUSAL_ENUM(name, code, text) HTTP_REFUSAL_##name,
    HTTP_REFUSALS(HTTP_REFUSAL_ENUM)
#undef HTTP_REFUSAL_ENUM
};

/* The problem code and the English clause of a refusal. Never NULL. */
const char *http_refusal_code(enum http_refusal refusal);
const char *http_refusal_text(enum http_refusal refusal);

/* Facts of one connection. The certificate's fields are empty when none was presented. They are
 * also set for a refused certificate, so that a log can name it: believe them only if `verified`.
 */
struct http_peer {
    bool verified; /* a certificate was presented, trusted, and valid at the handshake */
    enum http_refusal refusal;                /* why not; NONE when verified */
    uint8_t fingerprint[32];                  /* SHA-256 of the certificate's DER form */
    char uri[HTTP_PEER_URI_MAX + 1];          /* the first URI among its alternative names */
    char common_name[HTTP_PEER_NAME_MAX + 1]; /* of its subject */
    int64_t not_after;                        /* seconds since 1970; 0 without a certificate */
    char address[64];                         /* "192.0.2.7" or "2001:db8::7" */
};

/* Roles are bits; the application gives 0 to 30 their meaning. */
#define HTTP_PUBLIC (1u << 31) /* in a route's mask: anyone, even without a certificate */

/* Who asks, as the application knows it. */
struct http_principal {
    uint32_t roles;                         /* bits */
    char id[HTTP_PRINCIPAL_ID_MAX + 1];     /* stable; stands in the access log */
    char tenant[HTTP_PRINCIPAL_ID_MAX + 1]; /* bank or region; "" for none */
    char person[HTTP_PRINCIPAL_ID_MAX + 1]; /* "" for a machine */
};

#endif
