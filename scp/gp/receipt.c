#include "scp/gp/receipt.h"

#include "scp/gp/tlv.h"

enum {
    COUNTER_SIZE = 2,
    FIELDS_MAX = 5,
    DATA_MAX = 1 + COUNTER_SIZE + 3 * (1 + 255),
    INPUT_MAX = DATA_MAX + FIELDS_MAX * 20 + SCP_COMMAND_MAX,
    CONFIRMATION_MAX = 3 + SCP_SIGNATURE_MAX + DATA_MAX,
};

/* ---- confirmations ------------------------------------------------------------------------ */

/* Table 11-14. */
static enum scp_error parse_data(struct scp_confirmation *out)
{
    struct scp_reader r = scp_reader_on(out->data);
    size_t counter_size = scp_get_u8(&r);
    out->counter = scp_get_u16(&r);
    out->domain = scp_get_lv(&r);
    if (scp_reader_left(&r) > 0)
        out->token_id = scp_get_lv(&r);
    if (scp_reader_left(&r) > 0)
        out->digest = scp_get_lv(&r);
    SCP_TRY(scp_reader_end(&r));
    return counter_size == COUNTER_SIZE ? SCP_OK : SCP_MALFORMED;
}

/* Table 11-13. */
static enum scp_error parse_confirmation(struct scp_bytes in, struct scp_confirmation *out)
{
    struct scp_reader r = scp_reader_on(in);
    *out = (struct scp_confirmation){.receipt = scp_get_ber_lv(&r)};
    out->data = scp_reader_rest(&r);
    SCP_TRY(scp_reader_status(&r));
    return parse_data(out);
}

/* A first length that covers all that follows is that of the confirmation: as length of a receipt
 * it would leave no confirmation data. */
enum scp_error scp_confirmation_parse(struct scp_bytes response_data, struct scp_confirmation *out)
{
    struct scp_reader r = scp_reader_on(response_data);
    struct scp_bytes whole = scp_get_ber_lv(&r);
    if (response_data.len == 0 || (scp_reader_end(&r) == SCP_OK && whole.len == 0))
        return SCP_NOT_FOUND;
    return parse_confirmation(scp_reader_end(&r) == SCP_OK ? whole : response_data, out);
}

enum scp_error scp_confirmation_check(const struct scp_confirmation *confirmation,
                                      const struct scp_domain_identity *identity)
{
    struct scp_bytes image = scp_bytes_from(confirmation->domain, identity->provider.len);
    bool same = scp_bytes_start_with(confirmation->domain, identity->provider) &&
                scp_bytes_equal(image, identity->image);
    return same ? SCP_OK : SCP_MISMATCH;
}

void scp_put_confirmation_data(struct scp_writer *w, const struct scp_confirmation_data *data)
{
    size_t domain_len = data->domain.provider.len + data->domain.image.len;
    if (domain_len > UINT8_MAX)
        scp_writer_fail(w, SCP_TOO_LONG);
    scp_put_u8(w, COUNTER_SIZE);
    scp_put_u16(w, data->counter);
    scp_put_u8(w, (uint8_t)domain_len);
    scp_put(w, data->domain.provider);
    scp_put(w, data->domain.image);
    if (data->token_id.len > 0)
        scp_put_lv(w, data->token_id);
    if (data->digest.len > 0)
        scp_put_lv(w, data->digest);
}

void scp_put_confirmation(struct scp_writer *w, struct scp_bytes receipt, struct scp_bytes data)
{
    scp_put_ber_lv(w, receipt);
    scp_put(w, data);
}

/* ---- receipts ----------------------------------------------------------------------------- */

enum field { END, LOAD_FILE, APPLICATION, DOMAIN, OLD_DOMAIN, PRIVILEGES, PARAMETERS, FIELD_COUNT };

/* Tables C-11 to C-16. */
static const uint8_t fields_of_kind[][FIELDS_MAX + 1] = {
    [SCP_RECEIPT_LOAD] = {LOAD_FILE, DOMAIN},
    [SCP_RECEIPT_INSTALL] = {LOAD_FILE, APPLICATION},
    [SCP_RECEIPT_EXTRADITION] = {OLD_DOMAIN, APPLICATION, DOMAIN},
    [SCP_RECEIPT_REGISTRY_UPDATE] = {OLD_DOMAIN, APPLICATION, DOMAIN, PRIVILEGES, PARAMETERS},
    [SCP_RECEIPT_DELETE] = {APPLICATION},
    [SCP_RECEIPT_COMBINED] = {LOAD_FILE, APPLICATION, DOMAIN},
};

static void put_field(struct scp_writer *w, const struct scp_receipt_subject *subject,
                      enum field field)
{
    const struct scp_bytes values[FIELD_COUNT] = {
        [LOAD_FILE] = subject->load_file,    [APPLICATION] = subject->application,
        [DOMAIN] = subject->security_domain, [OLD_DOMAIN] = subject->old_security_domain,
        [PRIVILEGES] = subject->privileges,  [PARAMETERS] = subject->parameters};
    struct scp_bytes value = values[field];
    if (field == PARAMETERS) {
        scp_put_ber_lv(w, value);
        return;
    }
    bool may_be_empty = subject->kind == SCP_RECEIPT_REGISTRY_UPDATE && value.len == 0;
    bool fits = field == PRIVILEGES ? value.len == 1 || value.len == 3
                                    : value.len >= SCP_AID_MIN && value.len <= SCP_AID_MAX;
    if (!fits && !may_be_empty)
        scp_writer_fail(w, SCP_OUT_OF_RANGE);
    scp_put_lv(w, value);
}

void scp_put_receipt_input(struct scp_writer *w, struct scp_bytes confirmation_data,
                           const struct scp_receipt_subject *subject)
{
    scp_put(w, confirmation_data);
    const uint8_t *fields = fields_of_kind[subject->kind];
    for (size_t i = 0; fields[i] != END; i++)
        put_field(w, subject, (enum field)fields[i]);
}

enum scp_error scp_receipt_verify(const struct scp_signature_key *key,
                                  const struct scp_receipt_subject *subject,
                                  const struct scp_confirmation *confirmation)
{
    uint8_t input[INPUT_MAX];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put_receipt_input(&w, confirmation->data, subject);
    SCP_TRY(scp_writer_status(&w));
    return scp_verify(key, scp_written(&w), confirmation->receipt);
}

enum scp_error scp_receipt_generate(const struct scp_signature_key *key,
                                    const uint8_t random[SCP_SIGNATURE_RANDOM],
                                    const struct scp_receipt_subject *subject,
                                    const struct scp_confirmation_data *data,
                                    struct scp_writer *out)
{
    uint8_t made[DATA_MAX], covered[INPUT_MAX], receipt[SCP_SIGNATURE_MAX];
    uint8_t whole[CONFIRMATION_MAX];
    struct scp_writer made_w = scp_writer_on(made, sizeof made);
    struct scp_writer covered_w = scp_writer_on(covered, sizeof covered);
    struct scp_writer receipt_w = scp_writer_on(receipt, sizeof receipt);
    struct scp_writer whole_w = scp_writer_on(whole, sizeof whole);
    scp_put_confirmation_data(&made_w, data);
    SCP_TRY(scp_writer_status(&made_w));
    scp_put_receipt_input(&covered_w, scp_written(&made_w), subject);
    SCP_TRY(scp_writer_status(&covered_w));
    SCP_TRY(scp_sign(key, random, scp_written(&covered_w), &receipt_w));
    scp_put_confirmation(&whole_w, scp_written(&receipt_w), scp_written(&made_w));
    SCP_TRY(scp_writer_status(&whole_w));
    scp_put_ber_lv(out, scp_written(&whole_w));
    return scp_writer_status(out);
}
