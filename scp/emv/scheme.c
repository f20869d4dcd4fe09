#include "scp/emv/scheme.h"

#include "scp/emv/scheme_table.h"

enum {
    VERSION_AT = 2,
    DATA_MAX = 255 + 2 + 2 + SCP_EMV_ISSUER_DATA_MAX,
    CODE_SIZE = 2,
    STATUS_UPDATE_SIZE = 4,
    METHOD_1_SIZE = SCP_EMV_CRYPTOGRAM_SIZE + CODE_SIZE,
    APPROVES = 0x80, /* second byte of the card status update (Book 3 C9, table CCD 11) */
};

static enum scp_error own_key(const struct scp_key *card_key, uint16_t atc, struct scp_key *out)
{
    (void)atc;
    *out = *card_key;
    return SCP_OK;
}

static const struct scp_emv_scheme recommended = {
    .session_key = scp_emv_session_key,
    .cryptogram = scp_emv_cryptogram,
    .whole_issuer_data = true,
};

static const struct scp_emv_scheme schemes[] = {
    {.version = 0x01,
     .session_key = scp_emv_session_key_pboc,
     .cryptogram = scp_emv_cryptogram,
     .script_key = scp_emv_session_key_pboc,
     .pin_prefixed = true,
     .pin_masked = true},
    {.version = 0x0A,
     .session_key = own_key,
     .cryptogram = scp_emv_cryptogram_zero_padded,
     .script_key = scp_emv_session_key_xor,
     .pin_prefixed = true,
     .pin_masked = true},
    {.version = 0x12,
     .session_key = scp_emv_session_key,
     .cryptogram = scp_emv_cryptogram,
     .whole_issuer_data = true,
     .short_response = true,
     .script_key = scp_emv_session_key_xor,
     .pin_prefixed = true,
     .pin_masked = true},
    {.version = 0x16,
     .session_key = scp_emv_session_key,
     .cryptogram = scp_emv_cryptogram,
     .whole_issuer_data = true,
     .short_response = true,
     .pin_prefixed = true},
};

bool scp_emv_has_results(struct scp_bytes issuer_data)
{
    return issuer_data.len >= SCP_EMV_VERIFICATION_RESULTS_AT + SCP_EMV_VERIFICATION_RESULTS_SIZE &&
           issuer_data.len <= SCP_EMV_ISSUER_DATA_MAX;
}

const struct scp_emv_scheme *scp_emv_scheme_of(struct scp_bytes issuer_data)
{
    if (!scp_emv_has_results(issuer_data))
        return &recommended;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (schemes[i].version == issuer_data.ptr[VERSION_AT])
            return &schemes[i];
    return &recommended;
}

/* ---- the card's cryptogram ------------------------------------------------------------------- */

static enum scp_error put_input(const struct scp_emv_scheme *scheme,
                                const struct scp_emv_transaction *transaction, struct scp_writer *w)
{
    scp_put(w, transaction->terminal_data);
    scp_put(w, transaction->aip);
    scp_put_u16(w, transaction->atc);
    if (scheme->whole_issuer_data)
        scp_put(w, transaction->issuer_data);
    else
        scp_put(w, scp_bytes_slice(transaction->issuer_data, SCP_EMV_VERIFICATION_RESULTS_AT,
                                   SCP_EMV_VERIFICATION_RESULTS_SIZE));
    return scp_writer_status(w) == SCP_OK ? SCP_OK : SCP_TOO_LONG;
}

enum scp_error scp_emv_application_cryptogram(const struct scp_key *card_key,
                                              const struct scp_emv_transaction *transaction,
                                              uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE])
{
    uint8_t data[DATA_MAX];
    struct scp_key session_key = {.len = 0};
    struct scp_writer w = scp_writer_on(data, sizeof data);
    const struct scp_emv_scheme *scheme = scp_emv_scheme_of(transaction->issuer_data);
    SCP_TRY(put_input(scheme, transaction, &w));
    enum scp_error error = scheme->session_key(card_key, transaction->atc, &session_key);
    if (error == SCP_OK)
        error = scheme->cryptogram(&session_key, scp_written(&w), cryptogram);
    scp_wipe(&session_key, sizeof session_key);
    return error;
}

/* ---- the issuer's answer --------------------------------------------------------------------- */

/* The answer over `tail`: the response code, or a card status update with what follows it. */
static enum scp_error answer(const struct scp_key *card_key, const struct scp_emv_request *request,
                             struct scp_bytes tail, uint8_t out[SCP_EMV_CRYPTOGRAM_SIZE])
{
    struct scp_key key = {.len = 0};
    enum scp_error error = request->scheme->session_key(card_key, request->atc, &key);
    if (error == SCP_OK)
        error = request->scheme->short_response
                    ? scp_emv_response_2(&key, request->cryptogram, tail, out)
                    : scp_emv_response_1(&key, request->cryptogram, tail.ptr, out);
    scp_wipe(&key, sizeof key);
    return error;
}

static size_t answer_size(const struct scp_emv_scheme *scheme)
{
    return scheme->short_response ? SCP_EMV_SHORT_CRYPTOGRAM_SIZE : SCP_EMV_CRYPTOGRAM_SIZE;
}

enum scp_error scp_emv_authentication_put(const struct scp_key *card_key,
                                          const struct scp_emv_request *request,
                                          const uint8_t code[2], struct scp_writer *out)
{
    const bool approved = code[0] == '0' && code[1] == '0';
    const uint8_t update[STATUS_UPDATE_SIZE] = {0, approved ? APPROVES : 0, 0, 0};
    uint8_t value[SCP_EMV_CRYPTOGRAM_SIZE];
    struct scp_bytes tail =
        request->scheme->short_response ? SCP_BYTES(update) : scp_bytes_of(code, CODE_SIZE);
    SCP_TRY(answer(card_key, request, tail, value));
    scp_put(out, scp_bytes_of(value, answer_size(request->scheme)));
    scp_put(out, tail);
    return scp_writer_status(out);
}

enum scp_error scp_emv_authentication_check(const struct scp_key *card_key,
                                            const struct scp_emv_request *request,
                                            struct scp_bytes data)
{
    uint8_t expected[SCP_EMV_CRYPTOGRAM_SIZE];
    size_t size = answer_size(request->scheme);
    bool fits = request->scheme->short_response ? data.len >= SCP_EMV_AUTHENTICATION_MIN &&
                                                      data.len <= SCP_EMV_AUTHENTICATION_MAX
                                                : data.len == METHOD_1_SIZE;
    if (!fits)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(answer(card_key, request, scp_bytes_from(data, size), expected));
    return scp_equal_constant_time(expected, data.ptr, size) ? SCP_OK : SCP_BAD_CRYPTOGRAM;
}
