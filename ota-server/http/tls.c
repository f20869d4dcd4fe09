#include <wolfssl/options.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/ecc.h>

#include "ota-server/http/tls.h"
#include "ota-server/http/tls_key.h"
#include "ota-server/http/tls_peer.h"

#include <stdio.h>
#include <stdlib.h>

struct tls_context {
    WOLFSSL_CTX *ctx;
};

/* Named one by one: the library's default list has suites of TLS 1.3 without encryption. */
static const char cipher_suites[] =
    "TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256";

static char h2[] = "h2";

/* Handshake bytes and one turn's records stay well below; what is over comes from a client that
 * makes us answer without reading. */
enum { OUT_MAX = 4 * HTTP_OUTGOING_MAX };

/* ---- context ------------------------------------------------------------------------------ */

static enum http_error fail(enum http_error error, const char *about,
                            struct http_error_detail *detail)
{
    snprintf(detail->text, sizeof detail->text, "%s", about);
    return error;
}

static enum http_error load_files(WOLFSSL_CTX *ctx, const struct tls_files *files,
                                  struct http_error_detail *detail)
{
    if (wolfSSL_CTX_use_certificate_chain_file(ctx, files->certificate) != WOLFSSL_SUCCESS)
        return fail(HTTP_CERTIFICATE, files->certificate, detail);
    if (wolfSSL_CTX_use_PrivateKey_file(ctx, files->key, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
        return fail(HTTP_PRIVATE_KEY, files->key, detail);
    if (!tls_key_fits_certificate(ctx))
        return fail(HTTP_PRIVATE_KEY, "it does not belong to the certificate", detail);
    if (wolfSSL_CTX_load_verify_locations(ctx, files->trust, NULL) != WOLFSSL_SUCCESS)
        return fail(HTTP_TRUST, files->trust, detail);
    return HTTP_OK;
}

static int refuse_later(int verified, WOLFSSL_X509_STORE_CTX *store)
{
    struct tls_session *session = store->userCtx;
    if (verified == 0)
        tls_peer_refuse(&session->peer, store->error);
    return 1;
}

static int take_from_network(WOLFSSL *ssl, char *to, int cap, void *arg)
{
    (void)ssl;
    struct tls_session *session = arg;
    size_t got = http_buffer_take(&session->in, (uint8_t *)to, (size_t)cap);
    return got == 0 ? WOLFSSL_CBIO_ERR_WANT_READ : (int)got;
}

static int give_to_network(WOLFSSL *ssl, char *from, int len, void *arg)
{
    (void)ssl;
    struct tls_session *session = arg;
    bool fits = http_buffer_put(&session->out, scp_bytes_of(from, (size_t)len));
    return fits ? len : WOLFSSL_CBIO_ERR_GENERAL;
}

/* No session cache and no tickets: a resumed connection presents no certificate. */
static bool forbid_resumption(WOLFSSL_CTX *ctx)
{
    wolfSSL_CTX_set_session_cache_mode(ctx, WOLFSSL_SESS_CACHE_OFF);
    return wolfSSL_CTX_no_ticket_TLSv13(ctx) == 0;
}

static enum http_error configure(WOLFSSL_CTX *ctx, const struct tls_files *files,
                                 struct http_error_detail *detail)
{
    if (wolfSSL_CTX_set_cipher_list(ctx, cipher_suites) != WOLFSSL_SUCCESS)
        return fail(HTTP_TLS, cipher_suites, detail);
    if (!forbid_resumption(ctx))
        return fail(HTTP_TLS, "session tickets", detail);
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, refuse_later);
    wolfSSL_CTX_SetIORecv(ctx, take_from_network);
    wolfSSL_CTX_SetIOSend(ctx, give_to_network);
    return load_files(ctx, files, detail);
}

enum http_error tls_context_new(struct tls_context **out, const struct tls_files *files,
                                struct http_error_detail *detail)
{
    *out = NULL;
    if (wolfSSL_Init() != WOLFSSL_SUCCESS)
        return fail(HTTP_TLS, "initialisation", detail);
    struct tls_context *context = calloc(1, sizeof *context);
    if (context == NULL) {
        wolfSSL_Cleanup();
        return fail(HTTP_NO_MEMORY, "", detail);
    }
    context->ctx = wolfSSL_CTX_new(wolfTLSv1_3_server_method());
    enum http_error error = context->ctx == NULL ? fail(HTTP_NO_MEMORY, "", detail)
                                                 : configure(context->ctx, files, detail);
    if (error != HTTP_OK) {
        tls_context_free(context);
        return error;
    }
    *out = context;
    return HTTP_OK;
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL)
        return;
    wolfSSL_CTX_free(context->ctx);
    free(context);
    wolfSSL_Cleanup();
}

void tls_thread_end(void)
{
    wc_ecc_fp_free();
}

/* ---- session ------------------------------------------------------------------------------ */

enum http_error tls_session_init(struct tls_session *session, struct tls_context *context)
{
    *session =
        (struct tls_session){.in = http_buffer_of(HTTP_UNREAD_MAX), .out = http_buffer_of(OUT_MAX)};
    WOLFSSL *ssl = wolfSSL_new(context->ctx);
    if (ssl == NULL)
        return HTTP_NO_MEMORY;
    session->ssl = ssl;
    wolfSSL_SetIOReadCtx(ssl, session);
    wolfSSL_SetIOWriteCtx(ssl, session);
    wolfSSL_SetCertCbCtx(ssl, session);
    if (wolfSSL_UseALPN(ssl, h2, sizeof h2 - 1, WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) !=
        WOLFSSL_SUCCESS) {
        tls_session_fini(session);
        return HTTP_NO_MEMORY;
    }
    return HTTP_OK;
}

void tls_session_fini(struct tls_session *session)
{
    wolfSSL_free(session->ssl);
    session->ssl = NULL;
    http_buffer_fini(&session->in);
    http_buffer_fini(&session->out);
}

bool tls_session_receive(struct tls_session *session, struct scp_bytes bytes)
{
    return http_buffer_put(&session->in, bytes);
}

static enum tls_result result_of(const struct tls_session *session, int returned)
{
    switch (wolfSSL_get_error(session->ssl, returned)) {
    case WOLFSSL_ERROR_WANT_READ:
    case WOLFSSL_ERROR_WANT_WRITE:
        return TLS_AGAIN;
    case WOLFSSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    default:
        return TLS_FAILED;
    }
}

static bool agreed_on_h2(WOLFSSL *ssl)
{
    char *name = NULL;
    unsigned short len = 0;
    if (wolfSSL_ALPN_GetProtocol(ssl, &name, &len) != WOLFSSL_SUCCESS)
        return false;
    return scp_bytes_equal(scp_bytes_of(name, len), scp_bytes_of(h2, sizeof h2 - 1));
}

enum tls_result tls_session_handshake(struct tls_session *session)
{
    int returned = wolfSSL_accept(session->ssl);
    if (returned != WOLFSSL_SUCCESS)
        return result_of(session, returned);
    tls_peer_complete(&session->peer, session->ssl);
    session->speaks_h2 = agreed_on_h2(session->ssl);
    return TLS_DONE;
}

enum tls_result tls_session_read(struct tls_session *session, uint8_t *to, size_t cap, size_t *got)
{
    int returned = wolfSSL_read(session->ssl, to, (int)cap);
    *got = returned > 0 ? (size_t)returned : 0;
    return returned > 0 ? TLS_DONE : result_of(session, returned);
}

bool tls_session_write(struct tls_session *session, struct scp_bytes bytes)
{
    return wolfSSL_write(session->ssl, bytes.ptr, (int)bytes.len) == (int)bytes.len;
}

void tls_session_close(struct tls_session *session)
{
    (void)wolfSSL_shutdown(session->ssl);
}
