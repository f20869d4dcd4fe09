/* A payment from the directory to the last cryptogram (EMV 4.3 Book 3). */
#include "agent/terminal/payment.h"

#include "scp/gp/tlv.h"
#include "scp/host/text.h"

#include <string.h>

enum {
    SW1_WARNING = 0x62,
    INS_GET_PROCESSING_OPTIONS = 0xA8,
    TAG_PDOL = 0x9F38,
    TAG_COMMAND_TEMPLATE = 0x83,
};

/* ---- terminal data ------------------------------------------------------------------------ */

/* Decimal digits of a number as BCD at the right of a field. */
static void put_bcd(struct scp_writer *w, uint32_t tag, uint32_t number, size_t len)
{
    uint8_t bcd[6] = {0};
    for (size_t i = len; i > 0; i--) {
        bcd[i - 1] = (uint8_t)(number / 10 % 10 << 4 | number % 10);
        number /= 100;
    }
    scp_put_tlv(w, tag, scp_bytes_of(bcd, len));
}

static uint32_t digits_of(const char *text, size_t at)
{
    return (uint32_t)(text[at] - '0') * 10 + (uint32_t)(text[at + 1] - '0');
}

/* Tag 9A, YYMMDD. */
static void put_date(struct scp_writer *w, const struct rebind_env *env)
{
    char now[REBIND_TIME_SIZE];
    rebind_time_format(rebind_now_ms(env), now);
    put_bcd(w, 0x9A, digits_of(now, 2) * 10000 + digits_of(now, 5) * 100 + digits_of(now, 8), 3);
}

static void fill_terminal_objects(struct payment *p)
{
    uint8_t unpredictable[4];
    struct scp_writer *w = &p->terminal_objects;
    *w = scp_writer_on(p->terminal_bytes, sizeof p->terminal_bytes);
    rebind_random(p->terminal->env, unpredictable, sizeof unpredictable);
    put_bcd(w, 0x9F02, p->wish->amount, 6);
    put_bcd(w, 0x9F1A, 156, 2); /* terminal country: China */
    put_bcd(w, 0x5F2A, 156, 2); /* currency: CNY */
    put_date(w, p->terminal->env);
    scp_put_tlv(w, 0x9F37, SCP_BYTES(unpredictable));
    scp_put_tlv(w, 0x9F35, SCP_LITERAL(0x22));
    scp_put_tlv(w, 0x9F33, SCP_LITERAL(0xE0, 0xE1, 0xC8));
    scp_put_tlv(w, 0x9F66, SCP_LITERAL(0x26, 0x00, 0x00, 0x00));
}

/* ---- selection ---------------------------------------------------------------------------- */

bool payment_executed(uint16_t sw)
{
    return sw == PAYMENT_SW_OK || sw >> 8 == SW1_WARNING;
}

enum terminal_result payment_absent(const struct payment *p, const char *what)
{
    (void)rebind_problem_set(p->terminal->problem, SCP_NOT_FOUND, "%s", what);
    return TERMINAL_ABSENT;
}

static enum terminal_result choose(struct payment *p)
{
    struct scp_aid wanted;
    p->chosen = &p->candidates[0];
    if (p->wish->aid == NULL)
        return TERMINAL_OK;
    if (scp_aid_parse(&wanted, p->wish->aid) != SCP_OK)
        return payment_absent(p, "the AID asked for is none");
    for (size_t i = 0; i < p->count; i++) {
        p->chosen = &p->candidates[i];
        if (scp_aid_equal(&p->chosen->aid, &wanted))
            return TERMINAL_OK;
    }
    return payment_absent(p, "the payment environment does not name that AID");
}

/* Keep what a template holds for later look-ups. */
static void keep(struct payment *p, struct scp_bytes objects)
{
    scp_put(&p->card_objects, objects);
}

static enum terminal_result select_application(struct payment *p)
{
    struct scp_bytes fci;
    struct scp_bytes proprietary;
    struct scp_apdu select = scp_select(scp_aid_bytes(&p->chosen->aid));
    if (!terminal_send(p->terminal, &select, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw == PAYMENT_SW_NOT_FOUND)
        return payment_absent(p, "the application that the payment environment names is not there");
    if (!payment_executed(p->answer.sw))
        return terminal_refused(p->terminal, "SELECT of the application", p->answer.sw);
    if (scp_tlv_expect(p->answer.data, 0x6F, &fci) != SCP_OK)
        return terminal_malformed(p->terminal, "SELECT of the application");
    if (scp_tlv_find(fci, 0xA5, &proprietary) == SCP_OK)
        keep(p, proprietary);
    return TERMINAL_OK;
}

/* ---- processing --------------------------------------------------------------------------- */

static enum terminal_result get_processing_options(struct payment *p)
{
    static const char what[] = "GET PROCESSING OPTIONS";
    uint8_t list[SCP_APDU_DATA_MAX];
    uint8_t data[SCP_APDU_DATA_MAX];
    struct scp_bytes pdol = SCP_EMPTY;
    struct emv_options options;
    struct scp_writer filled = scp_writer_on(list, sizeof list);
    struct scp_writer w = scp_writer_on(data, sizeof data);
    if (scp_tlv_find(scp_written(&p->card_objects), TAG_PDOL, &pdol) != SCP_OK)
        pdol = SCP_EMPTY;
    if (emv_dol_fill(pdol, scp_written(&p->terminal_objects), &filled) != SCP_OK)
        return terminal_malformed(p->terminal, "PDOL");
    scp_put_tlv(&w, TAG_COMMAND_TEMPLATE, scp_written(&filled));
    struct scp_apdu apdu = {
        .cla = SCP_CLA_GP, .ins = INS_GET_PROCESSING_OPTIONS, .data = scp_written(&w), .le = 0};
    if (!terminal_send(p->terminal, &apdu, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw != PAYMENT_SW_OK)
        return terminal_refused(p->terminal, what, p->answer.sw);
    if (emv_options_parse(p->answer.data, &options) != SCP_OK)
        return terminal_malformed(p->terminal, what);
    memcpy(p->aip, options.aip.ptr, sizeof p->aip);
    memcpy(p->afl, options.afl.ptr, options.afl.len);
    p->afl_len = options.afl.len;
    return TERMINAL_OK;
}

static enum terminal_result read_record(struct payment *p, uint8_t sfi, uint8_t record)
{
    struct scp_bytes objects;
    struct scp_apdu apdu = {.ins = PAYMENT_INS_READ_RECORD,
                            .p1 = record,
                            .p2 = (uint8_t)(sfi << 3 | PAYMENT_READ_BY_NUMBER),
                            .le = 0};
    if (!terminal_send(p->terminal, &apdu, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw != PAYMENT_SW_OK)
        return terminal_refused(p->terminal, "READ RECORD", p->answer.sw);
    if (scp_tlv_expect(p->answer.data, 0x70, &objects) != SCP_OK)
        return terminal_malformed(p->terminal, "READ RECORD");
    keep(p, objects);
    return TERMINAL_OK;
}

static enum terminal_result read_records(struct payment *p)
{
    struct emv_afl_walk walk = emv_afl_begin(scp_bytes_of(p->afl, p->afl_len));
    uint8_t sfi;
    uint8_t record;
    enum scp_error error;
    while ((error = emv_afl_next(&walk, &sfi, &record)) == SCP_OK) {
        enum terminal_result result = read_record(p, sfi, record);
        if (result != TERMINAL_OK)
            return result;
    }
    if (error != SCP_NOT_FOUND || scp_writer_status(&p->card_objects) != SCP_OK)
        return terminal_malformed(p->terminal, "application file locator");
    return TERMINAL_OK;
}

/* ---- findings ----------------------------------------------------------------------------- */

static json_t *report_directory(const struct payment *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->count; i++)
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:s, s:i}", "aid", terminal_hex(scp_aid_bytes(&p->candidates[i].aid)),
                      "label", p->candidates[i].label, "priority", p->candidates[i].priority));
    return list;
}

static json_t *report_cryptogram(const struct payment *p, const struct payment_cryptogram *given)
{
    return json_pack("{s:s, s:o, s:o}", "type", emv_cryptogram_type(given->information), "value",
                     terminal_hex(SCP_BYTES(given->value)), "verified",
                     p->wish->ac_key == NULL ? json_null() : json_boolean(given->verified));
}

/* How it ended after the issuer's answer; null when the card was not asked. */
static json_t *report_completion(const struct payment *p)
{
    if (!p->completed)
        return json_null();
    json_t *completion = report_cryptogram(p, &p->second);
    (void)json_object_set_new(completion, "issuer_accepted",
                              p->has_authentication ? json_boolean(p->authenticated) : json_null());
    return completion;
}

static json_t *report(const struct payment *p)
{
    char pan[EMV_PAN_TEXT_MAX] = "";
    char expiry[EMV_DATE_TEXT_MAX] = "";
    struct scp_bytes objects = scp_written(&p->card_objects);
    bool has_pan = emv_masked_pan(objects, pan) == SCP_OK;
    bool has_expiry = emv_expiry(objects, expiry) == SCP_OK;
    return json_pack("{s:o, s:s, s:o, s:s?, s:s?, s:i, s:o, s:o}", "applications",
                     report_directory(p), "label", p->chosen->label, "aid",
                     terminal_hex(scp_aid_bytes(&p->chosen->aid)), "pan", has_pan ? pan : NULL,
                     "expiry", has_expiry ? expiry : NULL, "atc", p->first.atc, "cryptogram",
                     report_cryptogram(p, &p->first), "completion", report_completion(p));
}

static enum terminal_result pay(struct payment *p, json_t **findings)
{
    static enum terminal_result (*const steps[])(struct payment *) = {
        payment_read_directory, choose,       select_application,
        get_processing_options, read_records, payment_generate_cryptogram,
        payment_complete,
    };
    p->card_objects = scp_writer_on(p->card_bytes, sizeof p->card_bytes);
    fill_terminal_objects(p);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum terminal_result result = steps[i](p);
        if (result != TERMINAL_OK)
            return result;
    }
    bool verified = p->first.verified && (!p->completed || p->second.verified);
    *findings = report(p);
    if (p->wish->ac_key == NULL || verified)
        return TERMINAL_OK;
    (void)rebind_problem_set(p->terminal->problem, SCP_BAD_CRYPTOGRAM,
                             "the cryptogram does not verify under the key given");
    return TERMINAL_UNVERIFIED;
}

enum terminal_result terminal_pay(const struct terminal *terminal,
                                  const struct terminal_payment *payment, json_t **findings)
{
    struct payment p = {.terminal = terminal, .wish = payment};
    *findings = NULL;
    enum terminal_result result = pay(&p, findings);
    scp_wipe(&p, sizeof p);
    return result;
}
