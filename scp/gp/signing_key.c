#include "scp/gp/signing_key.h"

/* The components of one key. */
struct parts {
    const struct scp_key_component *components;
    size_t count;
};

/* Empty when there is none of that type. */
static struct scp_bytes part(const struct parts *parts, enum scp_key_type type)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->components[i].type == type)
            return parts->components[i].value;
    }
    return SCP_EMPTY;
}

static bool has(const struct parts *parts, enum scp_key_type type)
{
    return part(parts, type).len > 0;
}

static enum scp_error make_rsa(const struct parts *parts, struct scp_signature_key *out)
{
    const struct scp_rsa_crt crt = {.p = part(parts, SCP_KEY_TYPE_RSA_P),
                                    .q = part(parts, SCP_KEY_TYPE_RSA_Q),
                                    .pq = part(parts, SCP_KEY_TYPE_RSA_PQ),
                                    .dp1 = part(parts, SCP_KEY_TYPE_RSA_DP1),
                                    .dq1 = part(parts, SCP_KEY_TYPE_RSA_DQ1)};
    struct scp_bytes modulus = part(parts, SCP_KEY_TYPE_RSA_MODULUS);
    if (crt.p.len > 0)
        return scp_signature_key_rsa_crt(out, &crt);
    if (modulus.len == 0)
        modulus = part(parts, SCP_KEY_TYPE_RSA_SECRET_MODULUS);
    return scp_signature_key_rsa(out, modulus, part(parts, SCP_KEY_TYPE_RSA_EXPONENT),
                                 part(parts, SCP_KEY_TYPE_RSA_PRIVATE_EXPONENT));
}

static enum scp_error find_curve(const struct parts *parts, enum scp_curve *out)
{
    const struct scp_curve_parameters parameters = {.prime = part(parts, SCP_KEY_TYPE_EC_P),
                                                    .a = part(parts, SCP_KEY_TYPE_EC_A),
                                                    .b = part(parts, SCP_KEY_TYPE_EC_B),
                                                    .generator = part(parts, SCP_KEY_TYPE_EC_G),
                                                    .order = part(parts, SCP_KEY_TYPE_EC_N)};
    struct scp_bytes reference = part(parts, SCP_KEY_TYPE_EC_PARAMETERS);
    if (reference.len == 0)
        return scp_curve_from_parameters(&parameters, out);
    if (reference.len != 1)
        return SCP_UNSUPPORTED; /* proprietary */
    *out = (enum scp_curve)reference.ptr[0];
    return SCP_OK;
}

static enum scp_error make_ec(const struct parts *parts, struct scp_signature_key *out)
{
    enum scp_curve curve;
    SCP_TRY(find_curve(parts, &curve));
    return scp_signature_key_ec(out, curve, part(parts, SCP_KEY_TYPE_EC_PUBLIC),
                                part(parts, SCP_KEY_TYPE_EC_PRIVATE));
}

enum scp_error scp_signing_key(const struct scp_key_component *components, size_t count,
                               struct scp_signature_key *out)
{
    const struct parts parts = {components, count};
    if (has(&parts, SCP_KEY_TYPE_DES))
        return scp_signature_key_symmetric(out, SCP_SIGNATURE_DES, part(&parts, SCP_KEY_TYPE_DES));
    if (has(&parts, SCP_KEY_TYPE_AES))
        return scp_signature_key_symmetric(out, SCP_SIGNATURE_AES, part(&parts, SCP_KEY_TYPE_AES));
    if (has(&parts, SCP_KEY_TYPE_RSA_MODULUS) || has(&parts, SCP_KEY_TYPE_RSA_SECRET_MODULUS) ||
        has(&parts, SCP_KEY_TYPE_RSA_P))
        return make_rsa(&parts, out);
    if (has(&parts, SCP_KEY_TYPE_EC_PUBLIC) || has(&parts, SCP_KEY_TYPE_EC_PRIVATE))
        return make_ec(&parts, out);
    return SCP_UNSUPPORTED;
}
