#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "ota-server/otactl/certificate.h"
#include "scp/base/secret.h"
#include "scp/gp/tlv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    DER_MAX = 4096,
    PEM_MAX = 8192,
    NAME_MAX_CHARS = 63, /* wolfCrypt's room for one part of a name */
    ALTERNATIVE_MAX = 250,
    SERIAL_SIZE = 16,
    BACKDATE_S = 300, /* for clocks that are a little behind */
};

/* RFC 5280 4.2.1.6: GeneralName is tagged implicitly in the context class. */
enum { GENERAL_DNS = 0x82, GENERAL_URI = 0x86, GENERAL_IP = 0x87 };

/* X.690, and the tag of a certificate's extensions (RFC 5280 4.1). */
enum { DER_SEQUENCE = 0x30, DER_EXTENSIONS = 0xA3 };

/* What signs: wolfCrypt's objects, live between begin and end. */
struct signer {
    WC_RNG rng;
    ecc_key key;  /* of the subject */
    ecc_key root; /* of the authority; the same as `key` when self-signed */
    bool has_rng, has_key, has_root;
};

void certificate_pair_free(struct certificate_pair *pair)
{
    rebind_blob_free(&pair->certificate);
    rebind_blob_free(&pair->key);
}

static enum scp_error crypto_problem(struct rebind_problem *problem, int code, const char *what)
{
    return rebind_problem_set(problem, SCP_CRYPTO, "cannot %s: %s", what, wc_GetErrorString(code));
}

/* ---- keys --------------------------------------------------------------------------------- */

static enum scp_error signer_begin(struct signer *signer, struct rebind_problem *problem)
{
    memset(signer, 0, sizeof *signer);
    int code = wc_InitRng(&signer->rng);
    signer->has_rng = code == 0;
    if (code == 0)
        code = wc_ecc_init(&signer->key);
    signer->has_key = signer->has_rng && code == 0;
    if (code == 0)
        code = wc_ecc_make_key_ex(&signer->rng, 32, &signer->key, ECC_SECP256R1);
    return code == 0 ? SCP_OK : crypto_problem(problem, code, "make a key");
}

static enum scp_error signer_load_root(struct signer *signer, const struct rebind_blob *pem,
                                       struct rebind_problem *problem)
{
    uint8_t der[DER_MAX];
    word32 at = 0;
    int len = wc_KeyPemToDer(pem->ptr, (int)pem->len, der, sizeof der, NULL);
    int code = len < 0 ? len : wc_ecc_init(&signer->root);
    signer->has_root = code == 0;
    if (code == 0)
        code = wc_EccPrivateKeyDecode(der, &at, &signer->root, (word32)len);
    scp_wipe(der, sizeof der);
    if (code != 0)
        return rebind_problem_set(problem, SCP_MALFORMED,
                                  "the authority's key is not an EC key in PEM: %s",
                                  wc_GetErrorString(code));
    return SCP_OK;
}

static void signer_end(struct signer *signer)
{
    if (signer->has_root)
        wc_ecc_free(&signer->root);
    if (signer->has_key)
        wc_ecc_free(&signer->key);
    if (signer->has_rng)
        wc_FreeRng(&signer->rng);
    scp_wipe(signer, sizeof *signer);
}

/* ---- PEM ---------------------------------------------------------------------------------- */

static enum scp_error to_pem(struct scp_bytes der, int type, struct rebind_blob *out,
                             struct rebind_problem *problem)
{
    *out = (struct rebind_blob){calloc(1, PEM_MAX + 1), 0};
    if (out->ptr == NULL)
        return rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
    int len = wc_DerToPem(der.ptr, (word32)der.len, out->ptr, PEM_MAX, type);
    if (len <= 0) {
        rebind_blob_free(out);
        return crypto_problem(problem, len, "write PEM");
    }
    out->len = (size_t)len;
    return SCP_OK;
}

static enum scp_error key_to_pem(ecc_key *key, struct rebind_blob *out,
                                 struct rebind_problem *problem)
{
    uint8_t der[DER_MAX];
    word32 len = sizeof der;
    int code = wc_EccKeyToPKCS8(key, der, &len);
    if (code < 0)
        return crypto_problem(problem, code, "encode the key");
    enum scp_error error = to_pem(scp_bytes_of(der, len), PKCS8_PRIVATEKEY_TYPE, out, problem);
    scp_wipe(der, sizeof der);
    return error;
}

/* ---- what stands in a certificate --------------------------------------------------------- */

/* A date as DER: UTCTime to 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
static int put_date(byte to[CTC_DATE_SIZE], uint64_t unix_s)
{
    time_t seconds = (time_t)unix_s;
    struct tm t;
    char text[CTC_DATE_SIZE];
    (void)gmtime_r(&seconds, &t);
    bool utc = t.tm_year < 150; /* which leaves the century out */
    size_t skip = utc ? 2 : 0;
    size_t len = strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &t);
    struct scp_writer w = scp_writer_on(to, CTC_DATE_SIZE);
    scp_put_u8(&w, utc ? 0x17 : 0x18);
    scp_put_lv(&w, scp_bytes_of(text + skip, len - skip));
    return (int)scp_written(&w).len;
}

static void set_validity(Cert *cert, uint64_t now_ms, unsigned days)
{
    uint64_t now_s = now_ms / 1000;
    cert->beforeDateSz = put_date(cert->beforeDate, now_s - BACKDATE_S);
    cert->afterDateSz = put_date(cert->afterDate, now_s + (uint64_t)days * 24 * 60 * 60);
}

/* Random, positive and without leading zeros, so that its encoding has one length. */
static void set_serial(Cert *cert, const struct rebind_env *env)
{
    rebind_random(env, cert->serial, SERIAL_SIZE);
    cert->serial[0] = (byte)((cert->serial[0] & 0x3F) | 0x40);
    cert->serialSz = SERIAL_SIZE;
}

static void put_host(struct scp_writer *w, const char *host)
{
    static const uint8_t ipv4[4] = {127, 0, 0, 1};
    static const uint8_t ipv6[16] = {[15] = 1};
    scp_put_tlv(w, GENERAL_DNS, scp_bytes_of(host, strlen(host)));
    if (strcmp(host, "localhost") == 0) {
        scp_put_tlv(w, GENERAL_IP, SCP_BYTES(ipv4));
        scp_put_tlv(w, GENERAL_IP, SCP_BYTES(ipv6));
    }
}

static enum scp_error set_alternative_names(Cert *cert, const struct certificate_request *request)
{
    uint8_t names[ALTERNATIVE_MAX];
    struct scp_writer w = scp_writer_on(names, sizeof names);
    if (request->uri != NULL)
        scp_put_tlv(&w, GENERAL_URI, scp_bytes_of(request->uri, strlen(request->uri)));
    if (request->host != NULL)
        put_host(&w, request->host);
    SCP_TRY(scp_writer_status(&w));
    struct scp_writer all = scp_writer_on(cert->altNames, sizeof cert->altNames);
    scp_put_tlv(&all, DER_SEQUENCE, scp_written(&w));
    SCP_TRY(scp_writer_status(&all));
    cert->altNamesSz = (int)scp_written(&all).len;
    return SCP_OK;
}

static bool is_printable(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7E)
            return false;
    }
    return text[0] != '\0';
}

/* The parts that every certificate has. */
static enum scp_error prepare(Cert *cert, const struct rebind_env *env, const char *name,
                              unsigned days, struct rebind_problem *problem)
{
    if (strlen(name) > NAME_MAX_CHARS || !is_printable(name))
        return rebind_problem_set(problem, SCP_OUT_OF_RANGE,
                                  "a name has 1 to %d printable ASCII characters", NAME_MAX_CHARS);
    if (days == 0 || days > CERTIFICATE_DAYS_MAX)
        return rebind_problem_set(problem, SCP_OUT_OF_RANGE, "a validity has 1 to %d days",
                                  CERTIFICATE_DAYS_MAX);
    int code = wc_InitCert(cert);
    if (code != 0)
        return crypto_problem(problem, code, "begin a certificate");
    (void)snprintf(cert->subject.org, sizeof cert->subject.org, "Rebind");
    (void)snprintf(cert->subject.commonName, sizeof cert->subject.commonName, "%s", name);
    cert->sigType = CTC_SHA256wECDSA;
    set_serial(cert, env);
    set_validity(cert, rebind_now_ms(env), days);
    return SCP_OK;
}

/* ---- basic constraints -------------------------------------------------------------------- */

/* RFC 5280 4.2.1.9 wants an authority's basic constraints critical, and wolfCrypt has no switch for
 * that. What is to be signed is therefore copied with the mark put in. */

static void put_extension(struct scp_writer *w, const struct scp_tlv *extension)
{
    static const uint8_t basic_constraints[] = {0x06, 0x03, 0x55, 0x1D, 0x13};
    static const uint8_t critical[] = {0x01, 0x01, 0xFF};
    if (!scp_bytes_start_with(extension->value, SCP_BYTES(basic_constraints))) {
        scp_put(w, extension->whole);
        return;
    }
    scp_put_tag(w, DER_SEQUENCE);
    scp_put_u8(w, (uint8_t)(extension->value.len + sizeof critical));
    scp_put(w, SCP_BYTES(basic_constraints));
    scp_put(w, SCP_BYTES(critical));
    scp_put(w, scp_bytes_from(extension->value, sizeof basic_constraints));
}

static enum scp_error put_extensions(struct scp_writer *w, struct scp_bytes wrapped)
{
    uint8_t list[DER_MAX];
    uint8_t sequence[DER_MAX];
    struct scp_bytes extensions;
    struct scp_tlv extension;
    struct scp_writer in_list = scp_writer_on(list, sizeof list);
    struct scp_writer in_sequence = scp_writer_on(sequence, sizeof sequence);
    SCP_TRY(scp_tlv_expect(wrapped, DER_SEQUENCE, &extensions));
    struct scp_reader r = scp_reader_on(extensions);
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &extension)) == SCP_OK)
        put_extension(&in_list, &extension);
    if (error != SCP_NOT_FOUND)
        return error;
    SCP_TRY(scp_writer_status(&in_list));
    scp_put_tlv(&in_sequence, DER_SEQUENCE, scp_written(&in_list));
    SCP_TRY(scp_writer_status(&in_sequence));
    scp_put_tlv(w, DER_EXTENSIONS, scp_written(&in_sequence));
    return scp_writer_status(w);
}

/* `der` of `cap` bytes holds a TBSCertificate of `*len`. */
static enum scp_error mark_critical(uint8_t *der, size_t cap, int *len)
{
    uint8_t copy[DER_MAX];
    struct scp_bytes body;
    struct scp_tlv part;
    struct scp_writer w = scp_writer_on(copy, sizeof copy);
    SCP_TRY(scp_tlv_expect(scp_bytes_of(der, (size_t)*len), DER_SEQUENCE, &body));
    struct scp_reader r = scp_reader_on(body);
    enum scp_error error;
    while ((error = scp_tlv_next(&r, &part)) == SCP_OK) {
        if (part.tag == DER_EXTENSIONS)
            SCP_TRY(put_extensions(&w, part.value));
        else
            scp_put(&w, part.whole);
    }
    if (error != SCP_NOT_FOUND)
        return error;
    SCP_TRY(scp_writer_status(&w));
    struct scp_writer out = scp_writer_on(der, cap);
    scp_put_tlv(&out, DER_SEQUENCE, scp_written(&w));
    SCP_TRY(scp_writer_status(&out));
    *len = (int)scp_written(&out).len;
    return SCP_OK;
}

/* ---- signing ------------------------------------------------------------------------------ */

static enum scp_error sign(Cert *cert, struct signer *signer, ecc_key *by,
                           struct certificate_pair *out, struct rebind_problem *problem)
{
    uint8_t der[DER_MAX];
    int code = wc_SetSubjectKeyIdFromPublicKey(cert, NULL, &signer->key);
    if (code == 0)
        code = wc_MakeCert(cert, der, sizeof der, NULL, &signer->key, &signer->rng);
    int len = cert->bodySz;
    if (code >= 0 && cert->isCA && mark_critical(der, sizeof der, &len) != SCP_OK)
        return crypto_problem(problem, ASN_PARSE_E, "mark the authority's constraints");
    if (code >= 0)
        code = wc_SignCert(len, cert->sigType, der, sizeof der, NULL, by, &signer->rng);
    if (code < 0)
        return crypto_problem(problem, code, "sign the certificate");
    enum scp_error error =
        to_pem(scp_bytes_of(der, (size_t)code), CERT_TYPE, &out->certificate, problem);
    if (error == SCP_OK)
        error = key_to_pem(&signer->key, &out->key, problem);
    if (error != SCP_OK)
        certificate_pair_free(out);
    return error;
}

static enum scp_error make_authority(Cert *cert, struct signer *signer,
                                     struct certificate_pair *out, struct rebind_problem *problem)
{
    cert->isCA = 1;
    cert->selfSigned = 1;
    int code = wc_SetKeyUsage(cert, "keyCertSign,cRLSign");
    if (code == 0)
        code = wc_SetAuthKeyIdFromPublicKey(cert, NULL, &signer->key);
    if (code != 0)
        return crypto_problem(problem, code, "describe the authority");
    return sign(cert, signer, &signer->key, out, problem);
}

enum scp_error certificate_authority_new(const struct rebind_env *env, const char *name,
                                         unsigned days, struct certificate_pair *out,
                                         struct rebind_problem *problem)
{
    memset(out, 0, sizeof *out);
    Cert *cert = calloc(1, sizeof *cert);
    if (cert == NULL)
        return rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
    struct signer signer;
    enum scp_error error = signer_begin(&signer, problem);
    if (error == SCP_OK)
        error = prepare(cert, env, name, days, problem);
    if (error == SCP_OK)
        error = make_authority(cert, &signer, out, problem);
    signer_end(&signer);
    free(cert);
    return error;
}

static enum scp_error set_issuer(Cert *cert, const struct rebind_blob *pem,
                                 struct rebind_problem *problem)
{
    uint8_t der[DER_MAX];
    int len = wc_CertPemToDer(pem->ptr, (int)pem->len, der, sizeof der, CERT_TYPE);
    int code = len < 0 ? len : wc_SetIssuerBuffer(cert, der, len);
    if (code == 0)
        code = wc_SetAuthKeyIdFromCert(cert, der, len);
    if (code != 0)
        return rebind_problem_set(problem, SCP_MALFORMED,
                                  "the authority's certificate is not usable: %s",
                                  wc_GetErrorString(code));
    return SCP_OK;
}

static enum scp_error describe_leaf(Cert *cert, const struct certificate_request *request,
                                    struct rebind_problem *problem)
{
    const char *use = request->host == NULL  ? "clientAuth"
                      : request->uri == NULL ? "serverAuth"
                                             : "serverAuth,clientAuth";
    if ((request->uri != NULL && !is_printable(request->uri)) ||
        (request->host != NULL && !is_printable(request->host)) ||
        set_alternative_names(cert, request) != SCP_OK)
        return rebind_problem_set(problem, SCP_OUT_OF_RANGE,
                                  "the URI or host name is empty, too long or not ASCII");
    int code = wc_SetKeyUsage(cert, "digitalSignature");
    if (code == 0)
        code = wc_SetExtKeyUsage(cert, use);
    return code == 0 ? SCP_OK : crypto_problem(problem, code, "describe the certificate");
}

enum scp_error certificate_issue(const struct rebind_env *env,
                                 const struct certificate_pair *authority,
                                 const struct certificate_request *request,
                                 struct certificate_pair *out, struct rebind_problem *problem)
{
    memset(out, 0, sizeof *out);
    if (request->uri == NULL && request->host == NULL)
        return rebind_problem_set(problem, SCP_OUT_OF_RANGE,
                                  "a certificate needs a URI or a host name");
    Cert *cert = calloc(1, sizeof *cert);
    if (cert == NULL)
        return rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
    struct signer signer;
    enum scp_error error = signer_begin(&signer, problem);
    if (error == SCP_OK)
        error = signer_load_root(&signer, &authority->key, problem);
    if (error == SCP_OK)
        error = prepare(cert, env, request->name, request->days, problem);
    if (error == SCP_OK)
        error = describe_leaf(cert, request, problem);
    if (error == SCP_OK)
        error = set_issuer(cert, &authority->certificate, problem);
    if (error == SCP_OK)
        error = sign(cert, &signer, &signer.root, out, problem);
    signer_end(&signer);
    free(cert);
    return error;
}
