#include "scp/gp/put_key.h"

#include "scp/gp/commands.h"
#include "scp/gp/tlv.h"

enum {
    KEY_ID_BITS = 0x7F,
    KVN_MAX = 0x7F,
    KCV_MAX = 0x7F,
    BLOCK = 8,       /* the smaller of the two cipher blocks */
    TYPE_MIN = 0x80, /* types below are private and cannot be told from a length */
    BARE_128 = 0x80, /* a length of 128 on one byte, for old cards */
    SYMMETRIC_MAX = 0x9F,
};

bool scp_key_type_is_secret(uint8_t type)
{
    bool symmetric = type >= SCP_KEY_TYPE_DES && type <= SYMMETRIC_MAX;
    bool rsa = type >= SCP_KEY_TYPE_RSA_SECRET_MODULUS && type <= SCP_KEY_TYPE_RSA_DQ1;
    return symmetric || rsa || type == SCP_KEY_TYPE_EC_PRIVATE;
}

struct scp_new_key scp_symmetric_key(enum scp_key_type type, struct scp_bytes encrypted,
                                     size_t clear_len, struct scp_bytes kcv,
                                     const struct scp_put_key_quirks *quirks)
{
    static const struct scp_put_key_quirks none = {.aes_bare = false};
    if (quirks == NULL)
        quirks = &none;
    bool usual = type == SCP_KEY_TYPE_DES ? quirks->des_length : !quirks->aes_bare;
    bool padded = clear_len != encrypted.len; /* the card could not tell where the key ends */
    bool inner = usual || padded;
    return (struct scp_new_key){.components = {{.type = (uint8_t)type,
                                                .value = encrypted,
                                                .clear_len = clear_len,
                                                .inner_length = inner}},
                                .component_count = 1,
                                .kcv = kcv};
}

static struct scp_key_component public_component(enum scp_key_type type, struct scp_bytes value)
{
    return (struct scp_key_component){
        .type = (uint8_t)type, .value = value, .clear_len = value.len};
}

struct scp_new_key scp_rsa_public_key(struct scp_bytes modulus, struct scp_bytes exponent)
{
    return (struct scp_new_key){
        .components = {public_component(SCP_KEY_TYPE_RSA_MODULUS, modulus),
                       public_component(SCP_KEY_TYPE_RSA_EXPONENT, exponent)},
        .component_count = 2};
}

struct scp_new_key scp_ec_public_key(struct scp_bytes point, struct scp_bytes curve)
{
    return (struct scp_new_key){.components = {public_component(SCP_KEY_TYPE_EC_PUBLIC, point),
                                               public_component(SCP_KEY_TYPE_EC_PARAMETERS, curve)},
                                .component_count = 2};
}

/* ---- building ----------------------------------------------------------------------------- */

static void put_component(struct scp_writer *w, const struct scp_key_component *component,
                          bool extended)
{
    if (extended)
        scp_put_u8(w, SCP_KEY_TYPE_EXTENDED);
    scp_put_u8(w, component->type);
    if (!component->inner_length) {
        scp_put_ber_lv(w, component->value);
        return;
    }
    scp_put_ber_length(w, scp_ber_length_size(component->clear_len) + component->value.len);
    scp_put_ber_length(w, component->clear_len);
    scp_put(w, component->value);
}

static void put_key(struct scp_writer *w, const struct scp_new_key *key)
{
    if (key->component_count == 0 || key->component_count > SCP_KEY_COMPONENTS_MAX)
        scp_writer_fail(w, SCP_OUT_OF_RANGE);
    if (key->kcv.len > KCV_MAX)
        scp_writer_fail(w, SCP_OUT_OF_RANGE);
    for (size_t i = 0; i < key->component_count && scp_writer_status(w) == SCP_OK; i++)
        put_component(w, &key->components[i], key->extended);
    scp_put_lv(w, key->kcv);
    if (key->extended) {
        scp_put_lv(w, key->usage);
        scp_put_lv(w, key->access);
    }
}

/* One command has one format: a key of the other could not be told from a check value. */
static bool one_format(const struct scp_put_key *put_key)
{
    for (size_t i = 1; i < put_key->key_count; i++) {
        if (put_key->keys[i].extended != put_key->keys[0].extended)
            return false;
    }
    return true;
}

static bool in_range(const struct scp_put_key *put_key)
{
    bool any = put_key->key_count >= 1 || put_key->coded.len > 0;
    return any && put_key->key_count <= SCP_PUT_KEY_MAX && put_key->kvn >= 1 &&
           put_key->kvn <= KVN_MAX && put_key->replaced_kvn <= KVN_MAX &&
           put_key->first_key_id <= KEY_ID_BITS && one_format(put_key);
}

enum scp_error scp_put_key_command(const struct scp_put_key *command, struct scp_writer *data,
                                   struct scp_apdu *out)
{
    if (!in_range(command))
        return SCP_OUT_OF_RANGE;
    size_t start = data->len;
    scp_put_u8(data, command->kvn);
    for (size_t i = 0; i < command->key_count; i++)
        put_key(data, &command->keys[i]);
    scp_put(data, command->coded);
    size_t fields = command->key_count + (command->coded.len > 0 ? 1 : 0);
    uint8_t several = fields > 1 || command->coded_several ? SCP_PUT_KEY_SEVERAL : 0;
    *out = (struct scp_apdu){.cla = SCP_CLA_GP,
                             .ins = SCP_INS_PUT_KEY,
                             .p1 = command->replaced_kvn,
                             .p2 = command->first_key_id | several,
                             .data = scp_bytes_from(scp_written(data), start),
                             .le = 0};
    return scp_writer_status(data);
}

/* ---- parsing ------------------------------------------------------------------------------ */

/* The length of the clear value, when the block opens with one: it then takes just the bytes that
 * the block has beyond whole cipher blocks. */
static enum scp_error split_inner_length(struct scp_key_component *component)
{
    struct scp_bytes block = component->value;
    size_t over = block.len % BLOCK;
    component->clear_len = block.len;
    if (!scp_key_type_is_secret(component->type) || over == 0)
        return SCP_OK;
    struct scp_reader r = scp_reader_on(block);
    bool bare = over == 1;
    component->clear_len = bare ? scp_get_u8(&r) : scp_get_ber_length(&r);
    component->value = scp_bytes_from(block, over);
    component->inner_length = true;
    bool whole = scp_reader_status(&r) == SCP_OK && scp_reader_left(&r) == component->value.len;
    return whole && component->clear_len <= component->value.len ? SCP_OK : SCP_MALFORMED;
}

static struct scp_bytes get_block(struct scp_reader *r)
{
    return scp_peek_u8(r) == BARE_128 ? scp_get_lv(r) : scp_get_ber_lv(r);
}

static enum scp_error get_component(struct scp_reader *r, struct scp_new_key *out)
{
    if (out->component_count == SCP_KEY_COMPONENTS_MAX)
        return SCP_TOO_LONG;
    struct scp_key_component *component = &out->components[out->component_count++];
    if (out->extended)
        (void)scp_get_u8(r);
    component->type = scp_get_u8(r);
    component->value = get_block(r);
    SCP_TRY(scp_reader_status(r));
    if (component->type == SCP_KEY_TYPE_EXTENDED)
        return SCP_MALFORMED; /* an extended key after one of the basic format */
    return split_inner_length(component);
}

/* Components until the length of the check value, which no standard type can be mistaken for. */
static enum scp_error get_key(struct scp_reader *r, struct scp_new_key *out)
{
    out->extended = scp_peek_u8(r) == SCP_KEY_TYPE_EXTENDED;
    uint8_t least = out->extended ? SCP_KEY_TYPE_EXTENDED : TYPE_MIN;
    do {
        SCP_TRY(get_component(r, out));
    } while (scp_peek_u8(r) >= least);
    out->kcv = scp_get_lv(r);
    if (out->extended) {
        out->usage = scp_get_lv(r);
        out->access = scp_get_lv(r);
    }
    return scp_reader_status(r);
}

enum scp_error scp_put_key_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                 struct scp_put_key *out)
{
    struct scp_reader r = scp_reader_on(data);
    *out = (struct scp_put_key){
        .replaced_kvn = p1, .kvn = scp_get_u8(&r), .first_key_id = p2 & KEY_ID_BITS};
    do {
        if (out->key_count == SCP_PUT_KEY_MAX)
            return SCP_TOO_LONG;
        SCP_TRY(get_key(&r, &out->keys[out->key_count++]));
    } while (scp_reader_left(&r) > 0);
    bool several = (p2 & SCP_PUT_KEY_SEVERAL) != 0;
    if ((out->key_count > 1 && !several) || !one_format(out))
        return SCP_MALFORMED;
    return scp_reader_end(&r);
}

/* ---- the response ------------------------------------------------------------------------- */

void scp_put_key_response(struct scp_writer *w, const struct scp_put_key *command)
{
    scp_put_u8(w, command->kvn);
    for (size_t i = 0; i < command->key_count; i++)
        scp_put(w, command->keys[i].kcv);
}

enum scp_error scp_put_key_confirm(const struct scp_put_key *command, struct scp_bytes response)
{
    if (response.len == 0)
        return SCP_TRUNCATED;
    struct scp_reader r = scp_reader_on(response);
    if (scp_get_u8(&r) != command->kvn)
        return SCP_MISMATCH;
    if (response.len == 1)
        return SCP_OK;
    for (size_t i = 0; i < command->key_count; i++) {
        struct scp_bytes kcv = scp_get(&r, command->keys[i].kcv.len);
        if (!scp_bytes_equal(kcv, command->keys[i].kcv))
            return SCP_MISMATCH;
    }
    bool unknown_follow = command->coded.len > 0;
    return unknown_follow || scp_reader_left(&r) == 0 ? SCP_OK : SCP_MISMATCH;
}
