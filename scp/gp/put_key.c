#include "scp/gp/put_key.h"

#include "scp/gp/commands.h"
#include "scp/gp/tlv.h"

enum {
    KEY_ID_BITS = 0x7F,
    KVN_MAX = 0x7F,
    KCV_SIZE = 3,
    BLOCK = 8,       /* the smaller of the two cipher blocks */
    TYPE_MIN = 0x80, /* types below are private and cannot be told from a length */
    BARE_128 = 0x80, /* a length of 128 on one byte, for old cards */
};

struct scp_new_key scp_symmetric_key(enum scp_key_type type, struct scp_bytes encrypted,
                                     size_t clear_len, struct scp_bytes kcv,
                                     const struct scp_put_key_quirks *quirks)
{
    static const struct scp_put_key_quirks none = {false, false};
    if (quirks == NULL)
        quirks = &none;
    bool inner = type == SCP_KEY_TYPE_DES ? quirks->des_length : !quirks->aes_bare;
    return (struct scp_new_key){.components = {{.type = (uint8_t)type,
                                                .value = encrypted,
                                                .clear_len = clear_len,
                                                .inner_length = inner}},
                                .component_count = 1,
                                .kcv = kcv};
}

/* ---- building ----------------------------------------------------------------------------- */

static void put_component(struct scp_writer *w, const struct scp_key_component *component)
{
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
    for (size_t i = 0; i < key->component_count && scp_writer_status(w) == SCP_OK; i++)
        put_component(w, &key->components[i]);
    scp_put_lv(w, key->kcv);
}

static bool in_range(const struct scp_put_key *put_key)
{
    return put_key->key_count >= 1 && put_key->key_count <= SCP_PUT_KEY_MAX && put_key->kvn >= 1 &&
           put_key->kvn <= KVN_MAX && put_key->replaced_kvn <= KVN_MAX &&
           put_key->first_key_id <= KEY_ID_BITS;
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
    uint8_t several = command->key_count > 1 ? SCP_PUT_KEY_SEVERAL : 0;
    *out = (struct scp_apdu){.cla = SCP_CLA_GP,
                             .ins = SCP_INS_PUT_KEY,
                             .p1 = command->replaced_kvn,
                             .p2 = command->first_key_id | several,
                             .data = scp_bytes_from(scp_written(data), start),
                             .le = 0};
    return scp_writer_status(data);
}

/* ---- parsing ------------------------------------------------------------------------------ */

static bool is_symmetric(uint8_t type)
{
    return type >= SCP_KEY_TYPE_DES && type < SCP_KEY_TYPE_RSA_EXPONENT;
}

/* A secret value fills whole cipher blocks; one byte more is the clear length before it. */
static enum scp_error split_inner_length(struct scp_key_component *component)
{
    struct scp_bytes block = component->value;
    component->clear_len = block.len;
    if (!is_symmetric(component->type) || block.len % BLOCK != 1)
        return SCP_OK;
    component->inner_length = true;
    component->clear_len = block.ptr[0];
    component->value = scp_bytes_from(block, 1);
    return component->clear_len <= component->value.len ? SCP_OK : SCP_MALFORMED;
}

static struct scp_bytes get_block(struct scp_reader *r)
{
    return scp_peek_u8(r) == BARE_128 ? scp_get_lv(r) : scp_get_ber_lv(r);
}

/* Components until the length of the check value, which no standard type can be mistaken for. */
static enum scp_error get_key(struct scp_reader *r, struct scp_new_key *out)
{
    do {
        if (out->component_count == SCP_KEY_COMPONENTS_MAX)
            return SCP_TOO_LONG;
        struct scp_key_component *component = &out->components[out->component_count++];
        component->type = scp_get_u8(r);
        component->value = get_block(r);
        SCP_TRY(scp_reader_status(r));
        if (component->type == SCP_KEY_TYPE_EXTENDED)
            return SCP_UNSUPPORTED;
        SCP_TRY(split_inner_length(component));
    } while (scp_peek_u8(r) >= TYPE_MIN);
    out->kcv = scp_get_lv(r);
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
    if (out->key_count > 1 && (p2 & SCP_PUT_KEY_SEVERAL) == 0)
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
    uint8_t expected[1 + SCP_PUT_KEY_MAX * KCV_SIZE];
    struct scp_writer w = scp_writer_on(expected, sizeof expected);
    scp_put_key_response(&w, command);
    SCP_TRY(scp_writer_status(&w));
    if (response.len == 0)
        return SCP_TRUNCATED;
    if (response.len == 1)
        return response.ptr[0] == command->kvn ? SCP_OK : SCP_MISMATCH;
    return scp_bytes_equal(response, scp_written(&w)) ? SCP_OK : SCP_MISMATCH;
}
