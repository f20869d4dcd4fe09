/* GENERATE AC and EXTERNAL AUTHENTICATE (Book 3 6.5.5, 6.5.4). How a cryptogram is made says the
 * version in 9F10 (scp/emv/scheme.h).
 *
 * The card's own risk management is short: it goes online with everything that it does not decline.
 * A request for TC is answered by ARQC first; after the issuer's answer TC is given unless that
 * answer was wrong. An application that its issuer blocked declines. */
#include "agent/card/payment.h"

/* P1 of GENERATE AC and cryptogram information data. */
enum { AAC = 0x00, TC = 0x40, ARQC = 0x80, CRYPTOGRAM_KIND = 0xC0 };
enum { TAG_CDOL1 = 0x8C, TAG_CDOL2 = 0x8D, TAG_ISSUER_AUTHENTICATION = 0x91 };

/* Card verification results, bytes two to four (VIS, JR/T 0025). */
enum {
    SECOND_TC = 0x40,
    SECOND_NONE = 0x80,
    FIRST_TC = 0x10,
    FIRST_ARQC = 0x20,
    ISSUER_WRONG = 0x08,
    PIN_PERFORMED = 0x04,
    PIN_FAILED = 0x02,
    LAST_NOT_COMPLETED = 0x80,
    PIN_BLOCKED = 0x40,
    NEW_CARD = 0x10,
    LAST_ISSUER_WRONG = 0x08,
    LAST_SCRIPT_FAILED = 0x08,
};

/* ---- making one ------------------------------------------------------------------------------ */

static uint8_t results_now(const struct card_applet_call *call, const struct payment_made *made)
{
    uint8_t flags = call->state[PAYMENT_AT_FLAGS];
    uint8_t results = 0;
    if (made->second)
        results |= FIRST_ARQC | (made->kind == TC ? SECOND_TC : 0);
    else
        results |= SECOND_NONE | (made->kind == ARQC ? FIRST_ARQC
                                  : made->kind == TC ? FIRST_TC
                                                     : 0);
    results |= (flags & PAYMENT_ISSUER_WRONG) != 0 ? ISSUER_WRONG : 0;
    results |= (flags & PAYMENT_PIN_PERFORMED) != 0 ? PIN_PERFORMED : 0;
    results |= (flags & PAYMENT_PIN_FAILED) != 0 ? PIN_FAILED : 0;
    return results;
}

static uint8_t results_before(const struct card_application *app)
{
    uint16_t history = payment_number(app, PAYMENT_HISTORY, 0);
    uint8_t results = 0;
    results |= (history & PAYMENT_REQUEST_OPEN) != 0 ? LAST_NOT_COMPLETED : 0;
    results |= payment_has(app, PAYMENT_DGI_PIN) && payment_pin_tries(app) == 0 ? PIN_BLOCKED : 0;
    results |= payment_number(app, PAYMENT_LAST_ONLINE_ATC, 0) == 0 ? NEW_CARD : 0;
    results |= (history & PAYMENT_LAST_ISSUER_WRONG) != 0 ? LAST_ISSUER_WRONG : 0;
    return results;
}

/* 9F10 as it was personalised, with the verification results of now. */
static void fill_issuer_data(const struct card_applet_call *call, struct payment_made *made)
{
    struct scp_bytes personalised = payment_issuer_data(call->app);
    struct scp_writer w = scp_writer_on(made->issuer_data, sizeof made->issuer_data);
    scp_put(&w, personalised);
    made->issuer_data_len = scp_written(&w).len;
    if (!scp_emv_has_results(personalised))
        return;
    uint16_t history = payment_number(call->app, PAYMENT_HISTORY, 0);
    uint8_t *results = made->issuer_data + SCP_EMV_VERIFICATION_RESULTS_AT;
    if (!made->second)
        call->state[PAYMENT_AT_RESULTS] = results_before(call->app);
    results[0] = SCP_EMV_VERIFICATION_RESULTS_SIZE - 1;
    results[1] = results_now(call, made);
    results[2] = call->state[PAYMENT_AT_RESULTS];
    results[3] = (history & PAYMENT_LAST_SCRIPT_FAILED) != 0 ? LAST_SCRIPT_FAILED : 0;
}

enum scp_error payment_make(const struct card_applet_call *call, struct scp_bytes terminal_data,
                            struct scp_bytes aip, struct payment_made *made)
{
    struct scp_key key = {.len = 0};
    fill_issuer_data(call, made);
    const struct scp_emv_transaction transaction = {
        .terminal_data = terminal_data,
        .aip = aip,
        .issuer_data = scp_bytes_of(made->issuer_data, made->issuer_data_len),
        .atc = payment_number(call->app, PAYMENT_ATC, 0)};
    enum scp_error error = payment_key(call->app, 0, &key);
    if (error == SCP_OK)
        error = scp_emv_application_cryptogram(&key, &transaction, made->cryptogram);
    scp_wipe(&key, sizeof key);
    return error;
}

void payment_put_made(struct scp_writer *out, const struct card_application *app,
                      const struct payment_made *made)
{
    scp_put_tlv_u8(out, 0x9F27, made->kind);
    scp_put_tlv_u16(out, 0x9F36, payment_number(app, PAYMENT_ATC, 0));
    scp_put_tlv(out, 0x9F26, SCP_BYTES(made->cryptogram));
    if (made->issuer_data_len > 0)
        scp_put_tlv(out, 0x9F10, scp_bytes_of(made->issuer_data, made->issuer_data_len));
}

/* ---- the issuer's answer --------------------------------------------------------------------- */

struct scp_emv_request payment_request(const struct card_applet_call *call)
{
    struct scp_emv_request request = {.scheme = scp_emv_scheme_of(payment_issuer_data(call->app)),
                                      .atc = payment_number(call->app, PAYMENT_ATC, 0)};
    struct scp_writer w = scp_writer_on(request.cryptogram, sizeof request.cryptogram);
    scp_put(&w, scp_bytes_of(call->state + PAYMENT_AT_REQUEST, sizeof request.cryptogram));
    return request;
}

static enum scp_error check_issuer(const struct card_applet_call *call, struct scp_bytes data)
{
    struct scp_key key = {.len = 0};
    struct scp_emv_request request = payment_request(call);
    enum scp_error error = payment_key(call->app, 0, &key);
    if (error == SCP_OK)
        error = scp_emv_authentication_check(&key, &request, data);
    scp_wipe(&key, sizeof key);
    call->state[PAYMENT_AT_FLAGS] |=
        error == SCP_OK ? PAYMENT_ISSUER_AUTHENTIC : PAYMENT_ISSUER_WRONG;
    return error;
}

uint16_t payment_external_authenticate(const struct card_applet_call *call,
                                       const struct scp_apdu *apdu, struct scp_writer *out)
{
    (void)out;
    if (apdu->p1 != 0 || apdu->p2 != 0)
        return SCP_SW_WRONG_P1_P2;
    if (apdu->data.len < SCP_EMV_AUTHENTICATION_MIN || apdu->data.len > SCP_EMV_AUTHENTICATION_MAX)
        return SCP_SW_WRONG_LENGTH;
    if (!payment_may(call, PAYMENT_AUTHENTICATES_ISSUER))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    payment_move(call, PAYMENT_AUTHENTICATES_ISSUER);
    return check_issuer(call, apdu->data) == SCP_OK ? SCP_SW_SUCCESS : SCP_SW_AUTHENTICATION_FAILED;
}

/* The answer may also stand in the data of the second GENERATE AC; zeros stand for none. */
static void look_for_answer(const struct card_applet_call *call, struct scp_bytes cdol,
                            struct scp_bytes data)
{
    struct scp_bytes answer;
    if (call->state[PAYMENT_AT_STAGE] != PAYMENT_ONLINE ||
        !payment_dol_value(cdol, data, TAG_ISSUER_AUTHENTICATION, &answer))
        return;
    for (size_t i = 0; i < answer.len; i++) {
        if (answer.ptr[i] != 0) {
            (void)check_issuer(call, answer);
            return;
        }
    }
}

/* ---- GENERATE AC ----------------------------------------------------------------------------- */

static uint8_t decide(const struct card_applet_call *call, uint8_t asked, bool second)
{
    bool wrong = (call->state[PAYMENT_AT_FLAGS] & PAYMENT_ISSUER_WRONG) != 0;
    if (asked == AAC || payment_has(call->app, PAYMENT_BLOCKED) || (second && wrong))
        return AAC;
    return second ? asked : ARQC;
}

/* Keep what the issuer's answer and the log refer to. */
static void remember_first(const struct card_applet_call *call, const struct payment_made *made,
                           struct scp_bytes data)
{
    struct scp_writer request =
        scp_writer_on(call->state + PAYMENT_AT_REQUEST, SCP_EMV_CRYPTOGRAM_SIZE);
    struct scp_writer dol = scp_writer_on(call->state + PAYMENT_AT_DOL, PAYMENT_DOL_DATA_MAX);
    scp_put(&request, SCP_BYTES(made->cryptogram));
    scp_put(&dol, data);
    call->state[PAYMENT_AT_DOL_LEN] = (uint8_t)scp_written(&dol).len;
}

static uint16_t set_history(struct card_application *app, uint16_t history)
{
    return history == payment_number(app, PAYMENT_HISTORY, 0)
               ? SCP_SW_SUCCESS
               : payment_set_number(app, PAYMENT_HISTORY, history);
}

/* After the cryptogram: the counters and marks that the next transaction looks at. */
static uint16_t settle(const struct card_applet_call *call, const struct payment_made *made)
{
    struct card_application *app = call->app;
    uint8_t flags = call->state[PAYMENT_AT_FLAGS];
    uint16_t history = payment_number(app, PAYMENT_HISTORY, 0);
    if (made->kind == ARQC)
        return set_history(app, history | PAYMENT_REQUEST_OPEN);
    if (!made->second)
        return SCP_SW_SUCCESS;
    history &= (uint16_t)~PAYMENT_REQUEST_OPEN;
    if ((flags & PAYMENT_ISSUER_WRONG) != 0)
        return set_history(app, history | PAYMENT_LAST_ISSUER_WRONG);
    if ((flags & PAYMENT_ISSUER_AUTHENTIC) == 0)
        return set_history(app, history);
    uint16_t sw = set_history(app, 0);
    return sw != SCP_SW_SUCCESS ? sw
                                : payment_set_number(app, PAYMENT_LAST_ONLINE_ATC,
                                                     payment_number(app, PAYMENT_ATC, 0));
}

/* Make the cryptogram, answer, and go on in the transaction. */
static uint16_t answer(const struct card_applet_call *call, struct scp_bytes data,
                       struct payment_made *made, struct scp_writer *out)
{
    struct scp_bytes aip;
    struct scp_bytes afl;
    if (!payment_options(call->app, &aip, &afl) || payment_make(call, data, aip, made) != SCP_OK)
        return SCP_SW_EXECUTION_ERROR;
    size_t mark = scp_tlv_begin(out, 0x77);
    payment_put_made(out, call->app, made);
    scp_tlv_end(out, mark);
    if (!made->second)
        remember_first(call, made, data);
    uint16_t sw = settle(call, made);
    if (sw == SCP_SW_SUCCESS && made->kind == TC)
        sw = payment_log(call, made);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    payment_move(call, made->second         ? PAYMENT_COMPLETES
                       : made->kind == ARQC ? PAYMENT_GOES_ONLINE
                                            : PAYMENT_ENDS_OFFLINE);
    return SCP_SW_SUCCESS;
}

uint16_t payment_generate_ac(const struct card_applet_call *call, const struct scp_apdu *apdu,
                             struct scp_writer *out)
{
    uint8_t asked = apdu->p1 & CRYPTOGRAM_KIND;
    bool second = payment_may(call, PAYMENT_COMPLETES);
    if (apdu->p1 != asked || asked == CRYPTOGRAM_KIND || (second && asked == ARQC) || apdu->p2 != 0)
        return SCP_SW_WRONG_P1_P2;
    if (!second && !payment_may(call, PAYMENT_GOES_ONLINE))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    struct scp_bytes cdol;
    size_t length = 0;
    if (!payment_record_value(call->app, second ? TAG_CDOL2 : TAG_CDOL1, &cdol) ||
        !payment_dol_length(cdol, &length))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (apdu->data.len != length)
        return SCP_SW_WRONG_LENGTH;
    if (second)
        look_for_answer(call, cdol, apdu->data);
    struct payment_made made = {.kind = decide(call, asked, second), .second = second};
    return answer(call, apdu->data, &made, out);
}
