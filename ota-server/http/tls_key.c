#include <wolfssl/options.h>

#include <wolfssl/openssl/evp.h>
#include <wolfssl/ssl.h>

#include "ota-server/http/tls_key.h"

#include <stddef.h>

static const unsigned char message[] = "key of the server's certificate";

enum { SIGNATURE_MAX = 1024 }; /* RSA of 8192 bits */

struct signature {
    unsigned char bytes[SIGNATURE_MAX];
    size_t len;
};

static bool sign(WOLFSSL_EVP_MD_CTX *digest, WOLFSSL_EVP_PKEY *key, struct signature *signature)
{
    signature->len = sizeof signature->bytes;
    return wolfSSL_EVP_DigestSignInit(digest, NULL, wolfSSL_EVP_sha256(), NULL, key) ==
               WOLFSSL_SUCCESS &&
           wolfSSL_EVP_DigestSignUpdate(digest, message, sizeof message) == WOLFSSL_SUCCESS &&
           wolfSSL_EVP_DigestSignFinal(digest, signature->bytes, &signature->len) ==
               WOLFSSL_SUCCESS;
}

static bool verify(WOLFSSL_EVP_MD_CTX *digest, WOLFSSL_EVP_PKEY *key,
                   const struct signature *signature)
{
    return wolfSSL_EVP_DigestVerifyInit(digest, NULL, wolfSSL_EVP_sha256(), NULL, key) ==
               WOLFSSL_SUCCESS &&
           wolfSSL_EVP_DigestVerifyUpdate(digest, message, sizeof message) == WOLFSSL_SUCCESS &&
           wolfSSL_EVP_DigestVerifyFinal(digest, signature->bytes, signature->len) ==
               WOLFSSL_SUCCESS;
}

static bool belong_together(WOLFSSL_EVP_PKEY *private_key, WOLFSSL_EVP_PKEY *public_key)
{
    struct signature signature;
    WOLFSSL_EVP_MD_CTX *signing = wolfSSL_EVP_MD_CTX_new();
    WOLFSSL_EVP_MD_CTX *verifying = wolfSSL_EVP_MD_CTX_new();
    bool ok = signing != NULL && verifying != NULL && sign(signing, private_key, &signature) &&
              verify(verifying, public_key, &signature);
    wolfSSL_EVP_MD_CTX_free(signing);
    wolfSSL_EVP_MD_CTX_free(verifying);
    return ok;
}

bool tls_key_fits_certificate(void *ctx)
{
    WOLFSSL_X509 *certificate = wolfSSL_CTX_get0_certificate(ctx);
    WOLFSSL_EVP_PKEY *private_key = wolfSSL_CTX_get0_privatekey(ctx);
    WOLFSSL_EVP_PKEY *public_key =
        certificate == NULL ? NULL : wolfSSL_X509_get_pubkey(certificate);
    bool ok = private_key != NULL && public_key != NULL && belong_together(private_key, public_key);
    wolfSSL_EVP_PKEY_free(public_key);
    return ok;
}
