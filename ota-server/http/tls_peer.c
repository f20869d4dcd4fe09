#include <wolfssl/options.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/openssl/x509v3.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "ota-server/http/tls_peer.h"
#include "scp/base/bytes.h"

#include <string.h>
#include <time.h>

/* The library reports its own numbers (negative) or OpenSSL's (positive), depending on the path. */
static const struct {
    int error;
    enum http_refusal refusal;
} causes[] = {
    {ASN_AFTER_DATE_E, HTTP_REFUSAL_EXPIRED},
    {X509_V_ERR_CERT_HAS_EXPIRED, HTTP_REFUSAL_EXPIRED},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, HTTP_REFUSAL_EXPIRED},
    {ASN_BEFORE_DATE_E, HTTP_REFUSAL_NOT_YET_VALID},
    {X509_V_ERR_CERT_NOT_YET_VALID, HTTP_REFUSAL_NOT_YET_VALID},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, HTTP_REFUSAL_NOT_YET_VALID},
    {ASN_NO_SIGNER_E, HTTP_REFUSAL_UNKNOWN_ISSUER},
    {ASN_SELF_SIGNED_E, HTTP_REFUSAL_UNKNOWN_ISSUER},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, HTTP_REFUSAL_UNKNOWN_ISSUER},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, HTTP_REFUSAL_UNKNOWN_ISSUER},
    {ASN_SIG_CONFIRM_E, HTTP_REFUSAL_BAD_SIGNATURE},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, HTTP_REFUSAL_BAD_SIGNATURE},
    {CRL_CERT_REVOKED, HTTP_REFUSAL_REVOKED},
};

void tls_peer_refuse(struct http_peer *peer, int wolfssl_error)
{
    if (peer->refusal != HTTP_REFUSAL_NONE)
        return;
    peer->refusal = HTTP_REFUSAL_INVALID;
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (causes[i].error == wolfssl_error)
            peer->refusal = causes[i].refusal;
    }
}

/* Text of a certificate into a field of ours; what does not fit or holds a NUL or another control
 * character is left out. */
static void copy_text(char *to, size_t cap, const char *from, size_t len)
{
    if (len >= cap)
        return;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)from[i] < 0x20 || from[i] == 0x7F)
            return;
    }
    struct scp_writer w = scp_writer_on((uint8_t *)to, cap - 1);
    scp_put(&w, scp_bytes_of(from, len));
    to[scp_written(&w).len] = '\0';
}

static void read_common_name(struct http_peer *peer, WOLFSSL_X509 *certificate)
{
    const char *name = wolfSSL_X509_get_subjectCN(certificate);
    if (name != NULL)
        copy_text(peer->common_name, sizeof peer->common_name, name, strlen(name));
}

static bool copy_uri(struct http_peer *peer, const WOLFSSL_GENERAL_NAME *name)
{
    if (name->type != GEN_URI)
        return false;
    const WOLFSSL_ASN1_STRING *uri = name->d.uniformResourceIdentifier;
    copy_text(peer->uri, sizeof peer->uri, uri->data, (size_t)uri->length);
    return true;
}

static void read_uri(struct http_peer *peer, const WOLFSSL_X509 *certificate)
{
    WOLFSSL_GENERAL_NAMES *names =
        wolfSSL_X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = wolfSSL_sk_GENERAL_NAME_num(names);
    for (int i = 0; i < count; i++) {
        if (copy_uri(peer, wolfSSL_sk_GENERAL_NAME_value(names, i)))
            break;
    }
    wolfSSL_sk_GENERAL_NAME_pop_free(names, wolfSSL_GENERAL_NAME_free);
}

static bool read_not_after(struct http_peer *peer, const WOLFSSL_X509 *certificate)
{
    struct tm calendar;
    if (wolfSSL_ASN1_TIME_to_tm(wolfSSL_X509_get_notAfter(certificate), &calendar) !=
        WOLFSSL_SUCCESS)
        return false;
    peer->not_after = timegm(&calendar);
    return true;
}

static bool read_fingerprint(struct http_peer *peer, WOLFSSL_X509 *certificate)
{
    int len = 0;
    const unsigned char *der = wolfSSL_X509_get_der(certificate, &len);
    return der != NULL && wc_Sha256Hash(der, (word32)len, peer->fingerprint) == 0;
}

void tls_peer_complete(struct http_peer *peer, void *ssl)
{
    WOLFSSL_X509 *certificate = wolfSSL_get_peer_certificate(ssl);
    if (certificate == NULL) {
        if (peer->refusal == HTTP_REFUSAL_NONE)
            peer->refusal = HTTP_REFUSAL_ABSENT;
        return;
    }
    read_common_name(peer, certificate);
    read_uri(peer, certificate);
    bool complete = read_fingerprint(peer, certificate) && read_not_after(peer, certificate);
    wolfSSL_X509_free(certificate);
    if (!complete && peer->refusal == HTTP_REFUSAL_NONE)
        peer->refusal = HTTP_REFUSAL_INVALID;
    peer->verified = peer->refusal == HTTP_REFUSAL_NONE;
}
