#include "scp/gp/token.h"

#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "scp/gp/tlv.h"

#include <assert.h>

enum {
    TAG_TEMPLATE = 0xB6,
    TAG_TOKEN = 0x9E,
    TAG_PROVIDER = 0x42,
    TAG_IMAGE = 0x45,
    TAG_APPLICATION_PROVIDER = 0x5F20,
    TAG_TOKEN_ID = 0x93,
    BARE_128 = 0x80,
    COMMANDS_MAX = 2,
    HEADER = 2 + 3, /* P1, P2, the longest Lc */
    INPUT_MAX = COMMANDS_MAX * (HEADER + SCP_COMMAND_MAX),
};

/* ---- what a command has ------------------------------------------------------------------- */

/* Fields before the parameters: those of a load have a place less (tables 11-42 to 11-47). */
static size_t field_count(uint8_t p1, uint8_t p2)
{
    bool loads =
        p1 == SCP_INSTALL_FOR_LOAD || (p1 == SCP_INSTALL_FOR_ALL && p2 == SCP_INSTALL_BEGIN);
    return loads ? 3 : 4;
}

/* A BER length, except that 128 may stand as one byte (GPCS 11.5.2.3). */
static struct scp_bytes get_long_field(struct scp_reader *r)
{
    return scp_peek_u8(r) == BARE_128 ? scp_get_lv(r) : scp_get_ber_lv(r);
}

static enum scp_error parse_install(const struct scp_apdu *command, struct scp_token *out)
{
    struct scp_reader r = scp_reader_on(command->data);
    for (size_t i = 0; i < field_count(command->p1, command->p2); i++)
        (void)scp_get_lv(&r);
    struct scp_bytes parameters = get_long_field(&r);
    out->covered = scp_bytes_slice(command->data, 0, command->data.len - scp_reader_left(&r));
    out->signature = get_long_field(&r);
    SCP_TRY(scp_reader_end(&r));
    enum scp_error error = scp_tlv_find(parameters, TAG_TEMPLATE, &out->binding);
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

static enum scp_error parse_delete(const struct scp_apdu *command, struct scp_token *out)
{
    struct scp_reader r = scp_reader_on(command->data);
    struct scp_tlv tlv;
    enum scp_error error;
    out->covered = command->data;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        if (out->signature.len > 0)
            return SCP_MALFORMED;
        if (tlv.tag == TAG_TEMPLATE) {
            out->binding = tlv.value;
        } else if (tlv.tag == TAG_TOKEN) {
            size_t after = tlv.whole.len + scp_reader_left(&r);
            out->covered = scp_bytes_slice(command->data, 0, command->data.len - after);
            out->signature = tlv.value;
        }
    }
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error scp_token_parse(const struct scp_apdu *command, struct scp_token *out)
{
    *out = (struct scp_token){.p1 = command->p1, .p2 = command->p2};
    switch (command->ins) {
    case SCP_INS_INSTALL:
        return parse_install(command, out);
    case SCP_INS_DELETE:
        return parse_delete(command, out);
    default:
        return SCP_UNSUPPORTED;
    }
}

/* ---- signing and verifying ---------------------------------------------------------------- */

void scp_put_token_input(struct scp_writer *w, const struct scp_token *token)
{
    size_t len = token->covered.len;
    scp_put_u8(w, token->p1);
    scp_put_u8(w, token->p2);
    if (len > UINT16_MAX)
        scp_writer_fail(w, SCP_TOO_LONG);
    else if (len > UINT8_MAX)
        scp_put_u24(w, (uint32_t)len);
    else
        scp_put_u8(w, (uint8_t)len);
    scp_put(w, token->covered);
}

static enum scp_error put_inputs(struct scp_writer *w, const struct scp_token *commands,
                                 size_t count)
{
    assert(count > 0 && count <= COMMANDS_MAX);
    for (size_t i = 0; i < count; i++)
        scp_put_token_input(w, &commands[i]);
    return scp_writer_status(w);
}

enum scp_error scp_token_sign(const struct scp_signature_key *key,
                              const uint8_t random[SCP_SIGNATURE_RANDOM],
                              const struct scp_token *commands, size_t count,
                              struct scp_writer *out)
{
    uint8_t input[INPUT_MAX];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    SCP_TRY(put_inputs(&w, commands, count));
    return scp_sign(key, random, scp_written(&w), out);
}

enum scp_error scp_token_verify(const struct scp_signature_key *key,
                                const struct scp_token *commands, size_t count)
{
    uint8_t input[INPUT_MAX];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    SCP_TRY(put_inputs(&w, commands, count));
    struct scp_bytes token = commands[count - 1].signature;
    return token.len == 0 ? SCP_NOT_FOUND : scp_verify(key, scp_written(&w), token);
}

/* ---- binding ------------------------------------------------------------------------------ */

static void put_if_stated(struct scp_writer *w, uint32_t tag, struct scp_bytes value)
{
    if (value.len > 0)
        scp_put_tlv(w, tag, value);
}

void scp_put_token_binding(struct scp_writer *w, const struct scp_token_binding *binding)
{
    put_if_stated(w, TAG_PROVIDER, binding->domain.provider);
    put_if_stated(w, TAG_IMAGE, binding->domain.image);
    put_if_stated(w, TAG_APPLICATION_PROVIDER, binding->application_provider);
    put_if_stated(w, TAG_TOKEN_ID, binding->token_id);
}

static struct scp_bytes *place_of(struct scp_token_binding *binding, uint32_t tag)
{
    switch (tag) {
    case TAG_PROVIDER:
        return &binding->domain.provider;
    case TAG_IMAGE:
        return &binding->domain.image;
    case TAG_APPLICATION_PROVIDER:
        return &binding->application_provider;
    case TAG_TOKEN_ID:
        return &binding->token_id;
    default:
        return NULL;
    }
}

enum scp_error scp_token_binding_parse(struct scp_bytes value, struct scp_token_binding *out)
{
    struct scp_reader r = scp_reader_on(value);
    struct scp_tlv tlv;
    enum scp_error error;
    *out = (struct scp_token_binding){.token_id = SCP_EMPTY};
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        struct scp_bytes *place = place_of(out, tlv.tag);
        if (place == NULL)
            return SCP_UNSUPPORTED;
        if (place->len > 0)
            return SCP_DUPLICATE;
        *place = tlv.value;
    }
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

/* A number that is not stated is any. */
static bool allows(struct scp_bytes stated, struct scp_bytes own)
{
    return stated.len == 0 || scp_bytes_equal(stated, own);
}

enum scp_error scp_token_binding_check(const struct scp_token_binding *binding,
                                       const struct scp_domain_identity *identity)
{
    bool is_for_it = allows(binding->domain.provider, identity->provider) &&
                     allows(binding->domain.image, identity->image);
    return is_for_it ? SCP_OK : SCP_MISMATCH;
}
