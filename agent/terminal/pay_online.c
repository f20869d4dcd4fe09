/* The card's cryptograms and what the issuer says between them (EMV 4.3 Book 3 10.9 to 10.11). With
 * the key of the card's application this terminal is its own issuer: it verifies the request,
 * approves it, and lets the card check the approval. */
#include "agent/terminal/payment.h"

#include "scp/gp/tlv.h"

enum {
    INS_EXTERNAL_AUTHENTICATE = 0x82,
    INS_GENERATE_AC = 0xAE,
    P1_AAC = 0x00,
    P1_TC = 0x40,
    P1_ARQC = 0x80,
    CRYPTOGRAM_KIND = 0xC0,
    TAG_CDOL1 = 0x8C,
    TAG_CDOL2 = 0x8D,
    TAG_RESPONSE_CODE = 0x8A,
    TAG_AUTHENTICATION = 0x91,
    AIP_ISSUER_AUTHENTICATION = 0x04, /* first byte: by EXTERNAL AUTHENTICATE */
};

static const uint8_t approved[2] = {'0', '0'};

/* ---- cryptograms ---------------------------------------------------------------------------- */

/* Whether the cryptogram is right under the issuer's key (Book 2 8.1.1; scp/emv/scheme.h). */
static bool verifies(const struct payment *p, const struct payment_cryptogram *given,
                     struct scp_bytes data)
{
    uint8_t expected[SCP_EMV_CRYPTOGRAM_SIZE];
    const struct scp_emv_transaction transaction = {
        .terminal_data = data,
        .aip = SCP_BYTES(p->aip),
        .issuer_data = scp_bytes_of(given->issuer_data, given->issuer_data_len),
        .atc = given->atc};
    return p->wish->ac_key != NULL &&
           scp_emv_application_cryptogram(p->wish->ac_key, &transaction, expected) == SCP_OK &&
           scp_equal_constant_time(expected, given->value, sizeof expected);
}

static bool keep_cryptogram(const struct emv_cryptogram_answer *answer,
                            struct payment_cryptogram *out)
{
    struct scp_writer value = scp_writer_on(out->value, sizeof out->value);
    struct scp_writer issuer = scp_writer_on(out->issuer_data, sizeof out->issuer_data);
    out->information = answer->information;
    out->atc = answer->atc;
    scp_put(&value, answer->cryptogram);
    scp_put(&issuer, answer->issuer_data);
    out->issuer_data_len = scp_written(&issuer).len;
    return scp_writer_status(&value) == SCP_OK && scp_writer_status(&issuer) == SCP_OK;
}

static enum terminal_result generate(struct payment *p, uint8_t p1, uint32_t list,
                                     struct payment_cryptogram *out)
{
    uint8_t bytes[SCP_APDU_DATA_MAX];
    struct scp_bytes dol;
    struct emv_cryptogram_answer answer;
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    if (scp_tlv_find(scp_written(&p->card_objects), list, &dol) != SCP_OK ||
        emv_dol_fill(dol, scp_written(&p->terminal_objects), &w) != SCP_OK)
        return terminal_malformed(p->terminal, list == TAG_CDOL1 ? "CDOL1" : "CDOL2");
    struct scp_apdu apdu = {
        .cla = SCP_CLA_GP, .ins = INS_GENERATE_AC, .p1 = p1, .data = scp_written(&w), .le = 0};
    if (!terminal_send(p->terminal, &apdu, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw != PAYMENT_SW_OK)
        return terminal_refused(p->terminal, "GENERATE AC", p->answer.sw);
    if (emv_cryptogram_parse(p->answer.data, &answer) != SCP_OK || !keep_cryptogram(&answer, out))
        return terminal_malformed(p->terminal, "GENERATE AC");
    out->verified = verifies(p, out, scp_written(&w));
    return TERMINAL_OK;
}

enum terminal_result payment_generate_cryptogram(struct payment *p)
{
    return generate(p, P1_ARQC, TAG_CDOL1, &p->first);
}

/* ---- the issuer's answer -------------------------------------------------------------------- */

static bool answer_request(const struct payment *p, struct scp_writer *out)
{
    struct scp_bytes issuer_data = scp_bytes_of(p->first.issuer_data, p->first.issuer_data_len);
    struct scp_emv_request request = {.scheme = scp_emv_scheme_of(issuer_data),
                                      .atc = p->first.atc};
    struct scp_writer w = scp_writer_on(request.cryptogram, sizeof request.cryptogram);
    scp_put(&w, SCP_BYTES(p->first.value));
    return scp_emv_authentication_put(p->wish->ac_key, &request, approved, out) == SCP_OK;
}

static enum terminal_result authenticate(struct payment *p, struct scp_bytes answer)
{
    struct scp_apdu apdu = {.ins = INS_EXTERNAL_AUTHENTICATE, .data = answer, .le = SCP_NO_LE};
    if (!terminal_send(p->terminal, &apdu, &p->answer))
        return TERMINAL_FAILED;
    p->has_authentication = true;
    p->authenticated = p->answer.sw == PAYMENT_SW_OK;
    return TERMINAL_OK;
}

static bool can_complete(const struct payment *p)
{
    struct scp_bytes dol;
    return p->first.verified && (p->first.information & CRYPTOGRAM_KIND) == P1_ARQC &&
           scp_tlv_find(scp_written(&p->card_objects), TAG_CDOL2, &dol) == SCP_OK;
}

enum terminal_result payment_complete(struct payment *p)
{
    uint8_t bytes[SCP_EMV_AUTHENTICATION_MAX];
    struct scp_writer answer = scp_writer_on(bytes, sizeof bytes);
    if (!can_complete(p) || !answer_request(p, &answer))
        return TERMINAL_OK;
    scp_put_tlv(&p->terminal_objects, TAG_RESPONSE_CODE, SCP_BYTES(approved));
    scp_put_tlv(&p->terminal_objects, TAG_AUTHENTICATION, scp_written(&answer));
    if ((p->aip[0] & AIP_ISSUER_AUTHENTICATION) != 0) {
        enum terminal_result result = authenticate(p, scp_written(&answer));
        if (result != TERMINAL_OK)
            return result;
    }
    p->completed = true;
    bool declined = p->has_authentication && !p->authenticated;
    return generate(p, declined ? P1_AAC : P1_TC, TAG_CDOL2, &p->second);
}
