/* Certificates of a development PKI: one authority that signs TLS certificates (ECDSA P-256).
 *
 * Everything is PEM in and out; a struct certificate_pair owns its two texts and is wiped by
 * certificate_pair_free. Serial numbers come from the environment, times too; the keys come from
 * wolfCrypt's generator, which is the system's. Errors: OUT_OF_RANGE for a name that does not fit
 * or a validity of no days, MALFORMED for an authority that is none, CRYPTO, NO_MEMORY; the text is
 * in `problem`. */
#ifndef OTA_SERVER_OTACTL_CERTIFICATE_H
#define OTA_SERVER_OTACTL_CERTIFICATE_H

#include "scp/host/env.h"
#include "scp/host/file.h"

struct certificate_pair {
    struct rebind_blob certificate; /* PEM */
    struct rebind_blob key;         /* PEM, PKCS #8, not encrypted */
};

void certificate_pair_free(struct certificate_pair *pair);

enum { CERTIFICATE_DAYS_MAX = 36500 };

/* What a certificate is for. A URI makes it a client's, a host name a server's; at least one. */
struct certificate_request {
    const char *name; /* subject, common name: up to 63 characters */
    const char *uri;  /* "rebind:operator/alice"; NULL for none */
    const char *host; /* DNS name; "localhost" brings 127.0.0.1 and ::1 with it; NULL for none */
    unsigned days;    /* from five minutes ago */
};

/* A new self-signed authority. */
SCP_MUST_USE enum scp_error certificate_authority_new(const struct rebind_env *env,
                                                      const char *name, unsigned days,
                                                      struct certificate_pair *out,
                                                      struct rebind_problem *problem);

/* A new key and its certificate, signed by `authority`. */
SCP_MUST_USE enum scp_error certificate_issue(const struct rebind_env *env,
                                              const struct certificate_pair *authority,
                                              const struct certificate_request *request,
                                              struct certificate_pair *out,
                                              struct rebind_problem *problem);

#endif
