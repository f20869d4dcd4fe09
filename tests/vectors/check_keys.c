/* Keys on their way to a card: PUT KEY, and key groupings of STORE DATA. */
#include "scp/crypto/cipher.h"
#include "scp/crypto/kdf.h"
#include "scp/gp/commands.h"
#include "scp/gp/key_data.h"
#include "scp/gp/put_key.h"
#include "tests/vectors/families.h"

#include <stdio.h>
#include <string.h>

enum { DATA_MAX = 4096, BLOCK_MAX = 32, KCV = 3 };

/* A key as it travels. */
struct protected_key {
    uint8_t encrypted[BLOCK_MAX];
    size_t len; /* with padding */
    size_t clear_len;
    uint8_t kcv[KCV];
};

static struct scp_bytes encrypted_of(const struct protected_key *key)
{
    return scp_bytes_of(key->encrypted, key->len);
}

static struct scp_bytes kcv_of(const struct protected_key *key)
{
    return scp_bytes_of(key->kcv, KCV);
}

/* Whether keys are encrypted by AES, or by DES in ECB mode (SCP02). */
static enum scp_error protect(bool aes_dek, const struct scp_key *dek, const struct scp_key *key,
                              struct protected_key *out)
{
    static const uint8_t zero[SCP_AES_BLOCK];
    uint8_t clear[BLOCK_MAX] = {0};
    size_t block = aes_dek ? SCP_AES_BLOCK : SCP_DES_BLOCK;
    struct scp_bytes padded = scp_bytes_of(clear, (key->len + block - 1) / block * block);
    struct scp_writer w = scp_writer_on(clear, sizeof clear);
    scp_put(&w, scp_key_bytes(key));
    out->clear_len = key->len;
    out->len = padded.len;
    return aes_dek ? scp_aes_cbc_encrypt(dek, zero, padded, out->encrypted)
                   : scp_des3_ecb_encrypt(dek, padded, out->encrypted);
}

static enum scp_error check_value(struct vector *v, uint8_t type, const struct scp_key *key,
                                  uint8_t out[KCV])
{
    if (type == SCP_KEY_TYPE_DES)
        return scp_kcv_des(key, out);
    return vector_flag(v, "kcv_zeros") ? scp_kcv_aes_zeros(key, out) : scp_kcv_aes(key, out);
}

/* All keys of the inputs, encrypted. */
static size_t protect_all(struct vector *v, bool aes_dek, const struct scp_key *dek,
                          struct protected_key out[SCP_PUT_KEY_MAX])
{
    const json_t *keys = json_object_get(v->inputs, "keys");
    uint8_t type = (uint8_t)vector_u32(v, v->inputs, "key_type", 0);
    size_t count = json_array_size(keys);
    for (size_t i = 0; i < count; i++) {
        struct scp_key key;
        if (i == SCP_PUT_KEY_MAX ||
            !vector_ok(v, "scp_key_from",
                       scp_key_from(&key, vector_hex_of(v, json_array_get(keys, i)))) ||
            !vector_ok(v, "encryption", protect(aes_dek, dek, &key, &out[i])) ||
            !vector_ok(v, "kcv", check_value(v, type, &key, out[i].kcv)))
            return 0;
    }
    return count;
}

/* SCP01 has no session key for sensitive data. */
static void sensitive_data_scp01(struct vector *v)
{
    uint8_t out[UINT8_MAX];
    struct scp_key dek = vector_key(v, v->inputs, "static_dek");
    struct scp_bytes data = vector_hex(v, v->inputs, "data");
    if (data.len <= sizeof out &&
        vector_ok(v, "scp_des3_ecb_encrypt", scp_des3_ecb_encrypt(&dek, data, out)))
        vector_expect_bytes(v, v->expected, "encrypted", scp_bytes_of(out, data.len));
}

/* ---- PUT KEY of symmetric keys ------------------------------------------------------------ */

static struct scp_key session_dek(struct vector *v)
{
    struct scp_key dek = {.len = 0};
    if (vector_has(v->inputs, "static_dek") && vector_has(v->inputs, "sequence_counter")) {
        struct scp_key master = vector_key(v, v->inputs, "static_dek");
        uint16_t counter = (uint16_t)vector_u32(v, v->inputs, "sequence_counter", 0);
        (void)vector_ok(v, "scp02_derive", scp02_derive(&master, SCP02_DEK, counter, &dek));
        vector_expect_bytes(v, v->expected, "session_dek", scp_key_bytes(&dek));
    }
    if (!vector_has(v->inputs, "session_dek"))
        return dek;
    struct scp_key stated = vector_key(v, v->inputs, "session_dek");
    if (dek.len > 0 && !scp_bytes_equal(scp_key_bytes(&dek), scp_key_bytes(&stated)))
        vector_fail_bytes(v, "session_dek", scp_key_bytes(&stated), scp_key_bytes(&dek));
    return stated;
}

static void expect_key_lists(struct vector *v, const struct protected_key *keys, size_t count)
{
    struct scp_bytes encrypted[SCP_PUT_KEY_MAX];
    struct scp_bytes kcvs[SCP_PUT_KEY_MAX];
    for (size_t i = 0; i < count; i++) {
        encrypted[i] = encrypted_of(&keys[i]);
        kcvs[i] = kcv_of(&keys[i]);
    }
    vector_expect_list(v, v->expected, "encrypted", encrypted, count);
    vector_expect_list(v, v->expected, "kcvs", kcvs, count);
}

static bool same_component(const struct scp_key_component *a, const struct scp_key_component *b)
{
    return a->type == b->type && scp_bytes_equal(a->value, b->value) &&
           a->clear_len == b->clear_len && a->inner_length == b->inner_length;
}

static bool same_key(const struct scp_new_key *a, const struct scp_new_key *b)
{
    bool same = a->component_count == b->component_count && scp_bytes_equal(a->kcv, b->kcv) &&
                a->extended == b->extended && scp_bytes_equal(a->usage, b->usage) &&
                scp_bytes_equal(a->access, b->access);
    for (size_t i = 0; same && i < a->component_count; i++)
        same = same_component(&a->components[i], &b->components[i]);
    return same;
}

/* The command, what a card reads of it, and what it answers. */
static void expect_put_key(struct vector *v, const struct scp_put_key *in)
{
    uint8_t buffer[DATA_MAX];
    uint8_t answer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_writer a = scp_writer_on(answer, sizeof answer);
    struct scp_apdu apdu;
    struct scp_put_key back;
    if (!vector_ok(v, "scp_put_key_command", scp_put_key_command(in, &w, &apdu)))
        return;
    vector_expect_apdu(v, &apdu);
    if (in->coded.len > 0) /* what someone else coded need not be keys */
        return;
    if (!vector_ok(v, "scp_put_key_parse", scp_put_key_parse(apdu.p1, apdu.p2, apdu.data, &back)))
        return;
    bool same = back.key_count == in->key_count && back.kvn == in->kvn &&
                back.replaced_kvn == in->replaced_kvn && back.first_key_id == in->first_key_id;
    for (size_t i = 0; same && i < in->key_count; i++)
        same = same_key(&in->keys[i], &back.keys[i]);
    if (!same)
        vector_fail(v, "the fields read back", "the inputs", "something else");
    scp_put_key_response(&a, &back);
    (void)vector_ok(v, "scp_put_key_confirm", scp_put_key_confirm(in, scp_written(&a)));
    vector_expect_bytes(v, v->expected, "response_data", scp_written(&a));
}

static struct scp_put_key put_key_of(struct vector *v)
{
    uint32_t version = vector_u32(v, v->inputs, "key_version", 0);
    version = vector_u32(v, v->inputs, "new_version", version);
    version = vector_u32(v, v->inputs, "new_key_version", version);
    uint32_t replaced = vector_u32(v, v->inputs, "replaced_version", 0);
    uint32_t first = vector_u32(v, v->inputs, "key_id", 1);
    return (struct scp_put_key){.replaced_kvn = (uint8_t)vector_u32(v, v->inputs, "p1", replaced),
                                .first_key_id = vector_u32(v, v->inputs, "p2", first) & 0x7F,
                                .kvn = (uint8_t)version};
}

static void put_key(struct vector *v, bool aes_dek)
{
    struct protected_key keys[SCP_PUT_KEY_MAX];
    const struct scp_put_key_quirks quirks = {.aes_bare = vector_flag(v, "aes_bare"),
                                              .des_length = vector_flag(v, "des_length")};
    struct scp_put_key in = put_key_of(v);
    struct scp_key dek = aes_dek ? vector_key(v, v->inputs, "static_dek") : session_dek(v);
    enum scp_key_type type = (enum scp_key_type)vector_u32(v, v->inputs, "key_type", 0);
    in.key_count = protect_all(v, aes_dek, &dek, keys);
    for (size_t i = 0; i < in.key_count; i++)
        in.keys[i] = scp_symmetric_key(type, encrypted_of(&keys[i]), keys[i].clear_len,
                                       kcv_of(&keys[i]), &quirks);
    expect_key_lists(v, keys, in.key_count);
    expect_put_key(v, &in);
}

static void put_key_scp02(struct vector *v)
{
    put_key(v, false);
}

static void put_key_scp03(struct vector *v)
{
    put_key(v, true);
}

/* ---- PUT KEY as such ---------------------------------------------------------------------- */

/* One key of `keys`: components of types and values as they stand in the command. */
static struct scp_new_key key_of(struct vector *v, const json_t *of)
{
    struct scp_new_key key = {.extended = json_is_true(json_object_get(of, "extended"))};
    size_t i;
    json_t *component;
    json_array_foreach(json_object_get(of, "components"), i, component)
    {
        if (key.component_count == SCP_KEY_COMPONENTS_MAX)
            break;
        struct scp_bytes value = vector_hex(v, component, "value");
        size_t clear = vector_u32(v, component, "clear_length", (uint32_t)value.len);
        key.components[key.component_count++] =
            (struct scp_key_component){.type = (uint8_t)vector_u32(v, component, "type", 0),
                                       .value = value,
                                       .clear_len = clear,
                                       .inner_length = vector_has(component, "clear_length")};
    }
    if (vector_has(of, "kcv"))
        key.kcv = vector_hex(v, of, "kcv");
    if (vector_has(of, "usage"))
        key.usage = vector_hex(v, of, "usage");
    if (vector_has(of, "access"))
        key.access = vector_hex(v, of, "access");
    key.extended = key.extended || key.usage.len > 0 || key.access.len > 0;
    return key;
}

/* Key data as bytes, an RSA or EC public key, or keys by their components. */
static void put_key_command(struct vector *v)
{
    static const uint8_t p256[] = {0x00};
    struct scp_put_key in = put_key_of(v);
    struct scp_bytes modulus = VECTOR_ANY(v, "modulus", "rsa_modulus");
    struct scp_bytes point = VECTOR_ANY(v, "point", "public_key", "ec_point");
    struct scp_bytes curve = VECTOR_ANY(v, "curve", "key_parameter_reference");
    const json_t *keys = json_object_get(v->inputs, "keys");
    in.coded = VECTOR_ANY(v, "key_data");
    in.coded_several = vector_flag(v, "multiple");
    if (modulus.len > 0)
        in.keys[in.key_count++] =
            scp_rsa_public_key(modulus, VECTOR_ANY(v, "exponent", "rsa_exponent"));
    if (point.len > 0)
        in.keys[in.key_count++] = scp_ec_public_key(point, curve.len > 0 ? curve : SCP_BYTES(p256));
    for (size_t i = 0; i < json_array_size(keys) && in.key_count < SCP_PUT_KEY_MAX; i++)
        in.keys[in.key_count++] = key_of(v, json_array_get(keys, i));
    expect_put_key(v, &in);
}

/* ---- STORE DATA (GPCS 11.11.4) ------------------------------------------------------------ */

static struct scp_key_control control_of(struct vector *v, const struct protected_key *key,
                                         size_t index)
{
    const json_t *ids = json_object_get(v->inputs, "key_ids");
    const json_t *usage = json_object_get(v->inputs, "usage");
    struct scp_key_control control = {.type = (uint8_t)vector_u32(v, v->inputs, "key_type", 0),
                                      .length = (uint16_t)key->clear_len,
                                      .has_identity = true,
                                      .key_id =
                                          (uint8_t)json_integer_value(json_array_get(ids, index)),
                                      .kvn = (uint8_t)vector_u32(v, v->inputs, "key_version", 0),
                                      .has_access = vector_has(v->inputs, "access"),
                                      .access = (uint8_t)vector_u32(v, v->inputs, "access", 0),
                                      .purpose = VECTOR_ANY(v, "purpose"),
                                      .kcv = kcv_of(key),
                                      .value = encrypted_of(key)};
    if (json_is_array(usage))
        control.usage = vector_hex_of(v, json_array_get(usage, index));
    else if (usage != NULL)
        control.usage = vector_hex_of(v, usage);
    return control;
}

static bool same_control(const struct scp_key_control *a, const struct scp_key_control *b)
{
    return a->type == b->type && a->length == b->length && a->key_id == b->key_id &&
           a->kvn == b->kvn && a->has_access == b->has_access && a->access == b->access &&
           scp_bytes_equal(a->usage, b->usage) && scp_bytes_equal(a->purpose, b->purpose) &&
           scp_bytes_equal(a->kcv, b->kcv) && scp_bytes_equal(a->value, b->value);
}

/* What a card reads of the groupings. */
static void expect_taken(struct vector *v, const struct scp_dgi *dgis, size_t count,
                         const struct scp_key_transfer *transfer)
{
    struct scp_key_data data = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        if (!vector_ok(v, "scp_key_data_take", scp_key_data_take(&data, &dgis[i])))
            return;
    }
    (void)vector_ok(v, "scp_key_data_end", scp_key_data_end(&data));
    bool same = data.count == transfer->count;
    for (size_t i = 0; same && i < data.count; i++)
        same = same_control(&data.keys[i], &transfer->keys[i]);
    if (!same)
        vector_fail(v, "the keys read back", "the inputs", "something else");
}

/* A source that names a purpose writes the form in which keys share their attributes. */
static void key_groupings(struct vector *v)
{
    struct protected_key keys[SCP_PUT_KEY_MAX];
    struct scp_key_control controls[SCP_PUT_KEY_MAX];
    struct scp_dgi dgis[SCP_KEY_DGIS_MAX];
    uint8_t scratch[DATA_MAX];
    uint8_t buffer[DATA_MAX];
    struct scp_writer s = scp_writer_on(scratch, sizeof scratch);
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    bool aes_dek = vector_u32(v, v->inputs, "key_type", 0) == SCP_KEY_TYPE_AES;
    struct scp_key dek = vector_key(v, v->inputs, "dek");
    size_t made = 0;
    struct scp_key_transfer transfer = {
        .keys = controls,
        .count = protect_all(v, aes_dek, &dek, keys),
        .form = vector_has(v->inputs, "purpose") ? SCP_KEY_CONTROL_SHARED : SCP_KEY_CONTROL_EACH};
    for (size_t i = 0; i < transfer.count; i++)
        controls[i] = control_of(v, &keys[i], i);
    if (!vector_ok(v, "scp_key_dgis", scp_key_dgis(&transfer, &s, dgis, &made)))
        return;
    for (size_t i = 0; i < made; i++)
        scp_put_dgi(&w, dgis[i].id, dgis[i].value);
    vector_expect_bytes(v, v->expected, "data", scp_written(&w));
    expect_taken(v, dgis, made, &transfer);
}

static const struct vector_kind kinds[] = {
    {"SCP01", "sensitive-data-encryption", sensitive_data_scp01},
    {"SCP02", "PUT-KEY", put_key_scp02},
    {"SCP03", "PUT-KEY", put_key_scp03},
    {"GP", "put-key-command", put_key_command},
    {"GP", "put-key", put_key_command},
    {"GP", "store-data-key-dgi", key_groupings},
};
const struct vector_family vector_keys = VECTOR_FAMILY(kinds);
