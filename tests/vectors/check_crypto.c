/* Single computations: diversification and check values. */
#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/crypto/mac.h"
#include "tests/vectors/families.h"

#include <stdio.h>
#include <string.h>

/* ---- diversification and check values ----------------------------------------------------- */

typedef enum scp_error (*kcv_of)(const struct scp_key *key, uint8_t kcv[3]);

static void expect_kcv(struct vector *v, const char *name, kcv_of run, const struct scp_key *key)
{
    uint8_t kcv[3];
    if (vector_ok(v, "kcv", run(key, kcv)))
        vector_expect_bytes(v, json_object_get(v->expected, "kcvs"), name, SCP_BYTES(kcv));
}

/* One master for all keys, or one for each. */
static struct scp_key_set master_keys(struct vector *v)
{
    if (vector_has(v->inputs, "master_keys"))
        return vector_key_set(v, json_object_get(v->inputs, "master_keys"));
    struct scp_key master = vector_key(v, v->inputs, "master_key");
    return (struct scp_key_set){master, master, master};
}

static void diversify(struct vector *v, const char *scheme, kcv_of run)
{
    struct scp_diversifier diversifier;
    struct scp_diversifier_problem problem;
    struct scp_key_set masters = master_keys(v);
    struct scp_bytes data = vector_hex(v, v->inputs, "key_diversification_data");
    struct scp_key_set out;
    if (data.len != SCP_DIVERSIFICATION_DATA ||
        !vector_ok(v, "parse", scp_diversifier_parse(scheme, &diversifier, &problem)) ||
        !vector_ok(v, "run", scp_diversifier_run(&diversifier, &masters, data.ptr, &out)))
        return;
    json_t *keys = json_object_get(v->expected, "keys");
    vector_expect_bytes(v, keys, "enc", scp_key_bytes(&out.enc));
    vector_expect_bytes(v, keys, "mac", scp_key_bytes(&out.mac));
    vector_expect_bytes(v, keys, "dek", scp_key_bytes(&out.dek));
    expect_kcv(v, "enc", run, &out.enc);
    expect_kcv(v, "mac", run, &out.mac);
    expect_kcv(v, "dek", run, &out.dek);
}

static void diversify_emv(struct vector *v)
{
    diversify(v, "emv", scp_kcv_des);
}

static void diversify_visa2(struct vector *v)
{
    diversify(v, "visa2", scp_kcv_des);
}

static void diversify_visa(struct vector *v)
{
    diversify(v, "visa", scp_kcv_des);
}

static void diversify_kdf3(struct vector *v)
{
    diversify(v, "kdf3", scp_kcv_aes);
}

static void diversify_sp800_108(struct vector *v)
{
    diversify(v, "sp800-108", scp_kcv_aes);
}

/* A scheme without a name of its own, as its template; its masters may be DES or AES keys. */
static void diversify_template(struct vector *v)
{
    const char *text = vector_text(v, v->inputs, "template");
    diversify(v, text, strstr(text, "3des") != NULL ? scp_kcv_des : scp_kcv_aes);
}

/* The keys of a device that a pass phrase opens: ENC, then MAC. */
static void keys_of_pass_phrase(struct vector *v)
{
    const char *phrase = vector_text(v, v->inputs, "password_ascii");
    const char *salt = vector_text(v, v->inputs, "salt_ascii");
    size_t len = (size_t)vector_number(v, v->inputs, "length");
    uint8_t out[2 * SCP_KEY_MAX];
    if (len > sizeof out ||
        !vector_ok(v, "scp_pbkdf2",
                   scp_pbkdf2(scp_bytes_of(phrase, strlen(phrase)),
                              scp_bytes_of(salt, strlen(salt)),
                              (uint32_t)vector_number(v, v->inputs, "iterations"), out, len)))
        return;
    vector_expect_bytes(v, v->expected, "enc", scp_bytes_of(out, len / 2));
    vector_expect_bytes(v, v->expected, "mac", scp_bytes_of(out + len / 2, len - len / 2));
    vector_expect_bytes(v, v->expected, "key", scp_bytes_of(out, len));
}

static void kcv(struct vector *v)
{
    struct scp_key key = vector_key(v, v->inputs, "key");
    bool aes = strcmp(vector_text(v, v->inputs, "algorithm"), "AES") == 0;
    uint8_t out[3];
    if (vector_ok(v, "kcv", aes ? scp_kcv_aes(&key, out) : scp_kcv_des(&key, out)))
        vector_expect_bytes(v, v->expected, "kcv", SCP_BYTES(out));
}

static const struct vector_kind kinds[] = {
    {"key-diversification", "EMV-CPS", diversify_emv},
    {"key-diversification", "VISA2", diversify_visa2},
    {"key-diversification", "VISA", diversify_visa},
    {"key-diversification", "KDF3", diversify_kdf3},
    {"key-diversification", "SP800-108", diversify_sp800_108},
    {"key-diversification", "EMV", diversify_emv},
    {"key-diversification", "template", diversify_template},
    {"key-diversification", "PBKDF2", keys_of_pass_phrase},
    {"GP", "KCV", kcv},
};

const struct vector_family vector_crypto = VECTOR_FAMILY(kinds);
