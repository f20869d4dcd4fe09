/* A payment, as far as the card's cryptogram (EMV 4.3 Book 3). */
#include "agent/terminal/emv.h"
#include "agent/terminal/terminal.h"

#include "scp/emv/cryptogram.h"
#include "scp/gp/tlv.h"
#include "scp/host/text.h"

#include <string.h>

enum {
    SW_OK = 0x9000,
    SW_NOT_FOUND = 0x6A82,
    SW1_WARNING = 0x62,
    INS_READ_RECORD = 0xB2,
    INS_GET_PROCESSING_OPTIONS = 0xA8,
    INS_GENERATE_AC = 0xAE,
    P1_ARQC = 0x80,
    READ_BY_NUMBER = 0x04,
    TAG_PDOL = 0x9F38,
    TAG_CDOL1 = 0x8C,
    TAG_COMMAND_TEMPLATE = 0x83,
    OBJECTS_MAX = 8192,
};

static const uint8_t ppse[] = {'2', 'P', 'A', 'Y', '.', 'S', 'Y',
                               'S', '.', 'D', 'D', 'F', '0', '1'};

/* One payment under way. The objects hold the cardholder's data and are wiped at the end. */
struct payment {
    const struct terminal *terminal;
    const struct terminal_payment *wish;
    struct emv_candidate candidates[EMV_CANDIDATES_MAX];
    size_t count;
    const struct emv_candidate *chosen;
    uint8_t terminal_bytes[256];
    struct scp_bytes terminal_objects;
    uint8_t card_bytes[OBJECTS_MAX];
    struct scp_writer card_objects;
    uint8_t aip[2];
    uint8_t afl[EMV_AFL_MAX];
    size_t afl_len;
    uint8_t cdol_bytes[SCP_APDU_DATA_MAX];
    struct scp_bytes cdol_data;
    struct agent_answer answer;
    struct emv_cryptogram_answer cryptogram;
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
    struct scp_writer w = scp_writer_on(p->terminal_bytes, sizeof p->terminal_bytes);
    rebind_random(p->terminal->env, unpredictable, sizeof unpredictable);
    put_bcd(&w, 0x9F02, p->wish->amount, 6);
    put_bcd(&w, 0x9F1A, 156, 2); /* terminal country: China */
    put_bcd(&w, 0x5F2A, 156, 2); /* currency: CNY */
    put_date(&w, p->terminal->env);
    scp_put_tlv(&w, 0x9F37, SCP_BYTES(unpredictable));
    scp_put_tlv(&w, 0x9F35, SCP_LITERAL(0x22));
    scp_put_tlv(&w, 0x9F33, SCP_LITERAL(0xE0, 0xE1, 0xC8));
    scp_put_tlv(&w, 0x9F66, SCP_LITERAL(0x26, 0x00, 0x00, 0x00));
    p->terminal_objects = scp_written(&w);
}

/* ---- selection ---------------------------------------------------------------------------- */

static bool executed(uint16_t sw)
{
    return sw == SW_OK || sw >> 8 == SW1_WARNING;
}

static enum terminal_result absent(const struct payment *p, const char *what)
{
    (void)rebind_problem_set(p->terminal->problem, SCP_NOT_FOUND, "%s", what);
    return TERMINAL_ABSENT;
}

static enum terminal_result read_directory(struct payment *p)
{
    struct scp_apdu select = scp_select(SCP_BYTES(ppse));
    if (!terminal_send(p->terminal, &select, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw == SW_NOT_FOUND)
        return absent(p, "the card has no payment environment (PPSE)");
    if (!executed(p->answer.sw))
        return terminal_refused(p->terminal, "SELECT PPSE", p->answer.sw);
    if (emv_directory_parse(p->answer.data, p->candidates, &p->count) != SCP_OK)
        return terminal_malformed(p->terminal, "SELECT PPSE");
    return p->count > 0 ? TERMINAL_OK : absent(p, "the payment environment names no application");
}

static enum terminal_result choose(struct payment *p)
{
    struct scp_aid wanted;
    p->chosen = &p->candidates[0];
    if (p->wish->aid == NULL)
        return TERMINAL_OK;
    if (scp_aid_parse(&wanted, p->wish->aid) != SCP_OK)
        return absent(p, "the AID asked for is none");
    for (size_t i = 0; i < p->count; i++) {
        p->chosen = &p->candidates[i];
        if (scp_aid_equal(&p->chosen->aid, &wanted))
            return TERMINAL_OK;
    }
    return absent(p, "the payment environment does not name that AID");
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
    if (p->answer.sw == SW_NOT_FOUND)
        return absent(p, "the application that the payment environment names is not there");
    if (!executed(p->answer.sw))
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
    if (emv_dol_fill(pdol, p->terminal_objects, &filled) != SCP_OK)
        return terminal_malformed(p->terminal, "PDOL");
    scp_put_tlv(&w, TAG_COMMAND_TEMPLATE, scp_written(&filled));
    struct scp_apdu apdu = {
        .cla = SCP_CLA_GP, .ins = INS_GET_PROCESSING_OPTIONS, .data = scp_written(&w), .le = 0};
    if (!terminal_send(p->terminal, &apdu, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw != SW_OK)
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
    struct scp_apdu apdu = {
        .ins = INS_READ_RECORD, .p1 = record, .p2 = (uint8_t)(sfi << 3 | READ_BY_NUMBER), .le = 0};
    if (!terminal_send(p->terminal, &apdu, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw != SW_OK)
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

static enum terminal_result generate_cryptogram(struct payment *p)
{
    struct scp_bytes cdol;
    struct scp_writer w = scp_writer_on(p->cdol_bytes, sizeof p->cdol_bytes);
    if (scp_tlv_find(scp_written(&p->card_objects), TAG_CDOL1, &cdol) != SCP_OK ||
        emv_dol_fill(cdol, p->terminal_objects, &w) != SCP_OK)
        return terminal_malformed(p->terminal, "CDOL1");
    p->cdol_data = scp_written(&w);
    struct scp_apdu apdu = {
        .cla = SCP_CLA_GP, .ins = INS_GENERATE_AC, .p1 = P1_ARQC, .data = p->cdol_data, .le = 0};
    if (!terminal_send(p->terminal, &apdu, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw != SW_OK)
        return terminal_refused(p->terminal, "GENERATE AC", p->answer.sw);
    if (emv_cryptogram_parse(p->answer.data, &p->cryptogram) != SCP_OK)
        return terminal_malformed(p->terminal, "GENERATE AC");
    return TERMINAL_OK;
}

/* The MAC over what terminal and card agreed on (Book 2 8.1.1). */
static bool verifies(const struct payment *p)
{
    uint8_t data[2 * SCP_APDU_DATA_MAX];
    uint8_t expected[SCP_EMV_CRYPTOGRAM_SIZE];
    struct scp_key session = {0};
    struct scp_writer w = scp_writer_on(data, sizeof data);
    scp_put(&w, p->cdol_data);
    scp_put(&w, SCP_BYTES(p->aip));
    scp_put_u16(&w, p->cryptogram.atc);
    scp_put(&w, p->cryptogram.issuer_data);
    bool made = scp_writer_status(&w) == SCP_OK &&
                scp_emv_session_key(p->wish->ac_key, p->cryptogram.atc, &session) == SCP_OK &&
                scp_emv_cryptogram(&session, scp_written(&w), expected) == SCP_OK;
    scp_wipe(&session, sizeof session);
    return made && scp_equal_constant_time(expected, p->cryptogram.cryptogram.ptr, sizeof expected);
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

static json_t *report(const struct payment *p, bool verified)
{
    char pan[EMV_PAN_TEXT_MAX] = "";
    char expiry[EMV_DATE_TEXT_MAX] = "";
    struct scp_bytes objects = scp_written(&p->card_objects);
    bool has_pan = emv_masked_pan(objects, pan) == SCP_OK;
    bool has_expiry = emv_expiry(objects, expiry) == SCP_OK;
    return json_pack("{s:o, s:s, s:o, s:s?, s:s?, s:i, s:{s:s, s:o, s:o}}", "applications",
                     report_directory(p), "label", p->chosen->label, "aid",
                     terminal_hex(scp_aid_bytes(&p->chosen->aid)), "pan", has_pan ? pan : NULL,
                     "expiry", has_expiry ? expiry : NULL, "atc", p->cryptogram.atc, "cryptogram",
                     "type", emv_cryptogram_type(p->cryptogram.information), "value",
                     terminal_hex(p->cryptogram.cryptogram), "verified",
                     p->wish->ac_key == NULL ? json_null() : json_boolean(verified));
}

static enum terminal_result pay(struct payment *p, json_t **findings)
{
    static enum terminal_result (*const steps[])(struct payment *) = {
        read_directory,         choose,       select_application,
        get_processing_options, read_records, generate_cryptogram,
    };
    p->card_objects = scp_writer_on(p->card_bytes, sizeof p->card_bytes);
    fill_terminal_objects(p);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum terminal_result result = steps[i](p);
        if (result != TERMINAL_OK)
            return result;
    }
    bool verified = p->wish->ac_key != NULL && verifies(p);
    *findings = report(p, verified);
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
