/* A payment application (EMV 4.3 Book 3, personalised as EMV CPS 1.1 says).
 *
 *     9102, 9103   FCI proprietary template: contact, contactless (used when there is no 9102)
 *     9104         82 AIP and 94 AFL, or a whole answer to GET PROCESSING OPTIONS (77 or 80)
 *     SFI<<8|rec   record, with its template 70
 *     8000         AC, SMI and SMC keys, 3 x 16 bytes, under the data encryption key
 *     9000         check values of the three keys, verified when both are there
 *     8010         reference PIN block, under the data encryption key
 *
 * The cryptogram is made over the data of CDOL1 or CDOL2 as they come, then AIP and ATC (Book 2
 * 8.1.1, table 26), under the session key of the ATC. The card asks to go online for everything
 * that it does not decline: a request for TC is answered by ARQC first. */
#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "scp/base/secret.h"
#include "scp/crypto/kdf.h"
#include "scp/emv/cryptogram.h"
#include "scp/gp/tlv.h"

enum {
    DGI_KEYS = 0x8000,
    DGI_PIN = 0x8010,
    DGI_KCVS = 0x9000,
    DGI_FCI = 0x9102,
    DGI_FCI_CONTACTLESS = 0x9103,
    DGI_GPO = 0x9104,
    OBJECT_ATC = 0x10000, /* the card's own, beyond the numbers of groupings */
    OBJECT_PERSONALISED = 0x10001,
    OBJECT_PIN_TRIES = 0x10002,
    KEYS_SIZE = 48,
    PIN_SIZE = 8,
    PIN_TRIES = 3,
    ATC_MAX = 0xFFFF,
    CDOL_DATA_MAX = 255,
};

enum { INS_VERIFY = 0x20, INS_GPO = 0xA8, INS_GENERATE_AC = 0xAE, INS_READ_RECORD = 0xB2 };
/* P1 of GENERATE AC and cryptogram information data. */
enum { AAC = 0x00, TC = 0x40, ARQC = 0x80, CRYPTOGRAM_KIND = 0xC0 };
enum { TAG_PDOL = 0x9F38, TAG_CDOL1 = 0x8C, TAG_CDOL2 = 0x8D };

/* A transaction, in the first byte of the volatile state. */
enum transaction { IDLE, INITIATED, WENT_ONLINE, ENDED };

/* ---- data -------------------------------------------------------------------------------------
 */

static struct scp_bytes object(const struct card_application *app, uint32_t id)
{
    return card_object_get(&app->objects, id, NULL);
}

static bool has(const struct card_application *app, uint32_t id)
{
    bool found = false;
    (void)card_object_get(&app->objects, id, &found);
    return found;
}

static uint16_t number(const struct card_application *app, uint32_t id, uint16_t absent)
{
    struct scp_bytes value = object(app, id);
    return value.len == 2 ? scp_load_u16(value.ptr) : absent;
}

static uint16_t set_number(struct card_application *app, uint32_t id, uint16_t value)
{
    uint8_t bytes[2];
    scp_store_u16(bytes, value);
    return card_put_object_sw(app, id, SCP_BYTES(bytes));
}

static struct scp_bytes fci_of(const struct card_application *app)
{
    return has(app, DGI_FCI) ? object(app, DGI_FCI) : object(app, DGI_FCI_CONTACTLESS);
}

/* What is inside when the bytes are just that template, else the bytes. */
static struct scp_bytes inside(struct scp_bytes content, uint32_t template_tag)
{
    struct scp_bytes value;
    return scp_tlv_expect(content, template_tag, &value) == SCP_OK ? value : content;
}

/* The value of a data object in the template of the FCI. */
static bool fci_value(const struct card_application *app, uint32_t tag, struct scp_bytes *value)
{
    return scp_tlv_find(inside(fci_of(app), 0xA5), tag, value) == SCP_OK;
}

/* The value of a data object in one of the records. */
static bool record_value(const struct card_application *app, uint32_t tag, struct scp_bytes *value)
{
    for (size_t i = 0; i < app->objects.count; i++) {
        const struct card_object *o = &app->objects.items[i];
        struct scp_bytes record;
        if (o->id > 0x1EFF ||
            scp_tlv_expect(scp_bytes_of(o->bytes, o->len), 0x70, &record) != SCP_OK)
            continue;
        if (scp_tlv_find(record, tag, value) == SCP_OK)
            return true;
    }
    return false;
}

/* The length that a data object list asks for (Book 3 5.4): tags and lengths in turn. */
static bool dol_length(struct scp_bytes dol, size_t *length)
{
    struct scp_reader r = scp_reader_on(dol);
    *length = 0;
    while (scp_reader_left(&r) > 0) {
        bool more = (scp_get_u8(&r) & 0x1F) == 0x1F;
        while (more)
            more = (scp_get_u8(&r) & 0x80) != 0;
        *length += scp_get_u8(&r);
    }
    return scp_reader_status(&r) == SCP_OK;
}

/* AIP and AFL from the answer to GET PROCESSING OPTIONS, in whichever form it was personalised. */
static bool processing_options(const struct card_application *app, struct scp_bytes *aip)
{
    struct scp_bytes content = object(app, DGI_GPO);
    struct scp_bytes value;
    if (scp_tlv_expect(content, 0x80, &value) == SCP_OK) {
        *aip = scp_bytes_slice(value, 0, 2);
        return aip->len == 2;
    }
    return scp_tlv_find(inside(content, 0x77), 0x82, aip) == SCP_OK && aip->len == 2;
}

/* ---- SELECT, GET PROCESSING OPTIONS, GET DATA --------------------------------------------------
 */

static uint16_t payment_select(const struct card_applet_call *call, struct scp_writer *out)
{
    card_put_fci(out, call->app, fci_of(call->app));
    return SCP_SW_SUCCESS;
}

static bool pdol_fits(const struct card_application *app, struct scp_bytes data)
{
    struct scp_bytes given;
    struct scp_bytes pdol;
    size_t asked = 0;
    if (scp_tlv_expect(data, 0x83, &given) != SCP_OK)
        return false;
    if (fci_value(app, TAG_PDOL, &pdol) && !dol_length(pdol, &asked))
        return false;
    return given.len == asked;
}

static uint16_t get_processing_options(const struct card_applet_call *call,
                                       const struct scp_apdu *apdu, struct scp_writer *out)
{
    struct card_application *app = call->app;
    struct scp_bytes aip;
    uint16_t atc = number(app, OBJECT_ATC, 0);
    if (!has(app, OBJECT_PERSONALISED) || !processing_options(app, &aip) || atc == ATC_MAX)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (apdu->p1 != 0 || apdu->p2 != 0)
        return SCP_SW_WRONG_P1_P2;
    if (!pdol_fits(app, apdu->data))
        return SCP_SW_WRONG_DATA;
    struct scp_bytes content = object(app, DGI_GPO);
    struct scp_tlv tlv;
    bool whole = scp_tlv_parse(content, &tlv) == SCP_OK && (tlv.tag == 0x77 || tlv.tag == 0x80);
    if (whole)
        scp_put(out, content);
    else
        scp_put_tlv(out, 0x77, content);
    call->state[0] = INITIATED;
    return set_number(app, OBJECT_ATC, (uint16_t)(atc + 1));
}

static uint16_t get_data(const struct card_applet_call *call, const struct scp_apdu *apdu,
                         struct scp_writer *out)
{
    uint16_t tag = (uint16_t)(apdu->p1 << 8 | apdu->p2);
    if (tag == 0x9F36)
        scp_put_tlv_u16(out, tag, number(call->app, OBJECT_ATC, 0));
    else if (tag == 0x9F17)
        scp_put_tlv_u8(out, tag, (uint8_t)number(call->app, OBJECT_PIN_TRIES, PIN_TRIES));
    else
        return SCP_SW_DATA_NOT_FOUND;
    return SCP_SW_SUCCESS;
}

/* ---- GENERATE AC (Book 3 6.5.5) ----------------------------------------------------------------
 */

static enum scp_error cryptogram(const struct card_application *app, struct scp_bytes cdol_data,
                                 uint8_t out[SCP_EMV_CRYPTOGRAM_SIZE])
{
    uint8_t input[CDOL_DATA_MAX + 4];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    struct scp_bytes aip = SCP_EMPTY;
    uint16_t atc = number(app, OBJECT_ATC, 0);
    if (!processing_options(app, &aip))
        return SCP_STATE;
    scp_put(&w, cdol_data);
    scp_put(&w, aip);
    scp_put_u16(&w, atc);
    SCP_TRY(scp_writer_status(&w));
    struct scp_key card_key = {.len = 0};
    struct scp_key session_key = {.len = 0};
    enum scp_error error = scp_key_from(&card_key, scp_bytes_slice(object(app, DGI_KEYS), 0, 16));
    if (error == SCP_OK)
        error = scp_emv_session_key(&card_key, atc, &session_key);
    if (error == SCP_OK)
        error = scp_emv_cryptogram(&session_key, scp_written(&w), out);
    scp_wipe(&card_key, sizeof card_key);
    scp_wipe(&session_key, sizeof session_key);
    return error;
}

static void put_cryptogram(struct scp_writer *out, const struct card_application *app, uint8_t kind,
                           struct scp_bytes value)
{
    size_t mark = scp_tlv_begin(out, 0x77);
    scp_put_tlv_u8(out, 0x9F27, kind);
    scp_put_tlv_u16(out, 0x9F36, number(app, OBJECT_ATC, 0));
    scp_put_tlv(out, 0x9F26, value);
    scp_tlv_end(out, mark);
}

static uint16_t generate_ac(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    uint8_t *transaction = &call->state[0];
    bool second = *transaction == WENT_ONLINE;
    if (*transaction != INITIATED && !second)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    uint8_t asked = apdu->p1 & CRYPTOGRAM_KIND;
    if (asked == CRYPTOGRAM_KIND || (second && asked == ARQC) || apdu->p2 != 0)
        return SCP_SW_WRONG_P1_P2;
    struct scp_bytes cdol;
    size_t length = 0;
    if (!record_value(call->app, second ? TAG_CDOL2 : TAG_CDOL1, &cdol) ||
        !dol_length(cdol, &length))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (apdu->data.len != length)
        return SCP_SW_WRONG_LENGTH;
    uint8_t value[SCP_EMV_CRYPTOGRAM_SIZE];
    if (cryptogram(call->app, apdu->data, value) != SCP_OK)
        return SCP_SW_EXECUTION_ERROR;
    uint8_t kind = asked == TC && !second ? ARQC : asked;
    put_cryptogram(out, call->app, kind, SCP_BYTES(value));
    *transaction = kind == ARQC ? WENT_ONLINE : ENDED;
    return SCP_SW_SUCCESS;
}

/* ---- VERIFY (Book 3 6.5.12): the plaintext PIN block against the reference ----------------------
 */

static uint16_t verify(const struct card_applet_call *call, const struct scp_apdu *apdu,
                       struct scp_writer *out)
{
    struct card_application *app = call->app;
    struct scp_bytes reference = object(app, DGI_PIN);
    uint16_t tries = number(app, OBJECT_PIN_TRIES, PIN_TRIES);
    (void)out;
    if (apdu->p1 != 0 || apdu->p2 != 0x80)
        return SCP_SW_WRONG_P1_P2;
    if (reference.len != PIN_SIZE || apdu->data.len != PIN_SIZE)
        return reference.len == PIN_SIZE ? SCP_SW_WRONG_LENGTH : SCP_SW_REFERENCE_DATA_INVALID;
    if (tries == 0)
        return SCP_SW_AUTHENTICATION_BLOCKED;
    bool right = scp_equal_constant_time(reference.ptr, apdu->data.ptr, PIN_SIZE);
    uint16_t left = right ? PIN_TRIES : (uint16_t)(tries - 1);
    uint16_t sw = set_number(app, OBJECT_PIN_TRIES, left);
    if (sw != SCP_SW_SUCCESS || right)
        return sw;
    return (uint16_t)(0x63C0 | left); /* a warning, so that the try is counted */
}

/* ---- dispatch ---------------------------------------------------------------------------------
 */

static uint16_t read_record(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    return card_read_record(call->app, apdu, out);
}

static const struct {
    uint8_t cla;
    uint8_t ins;
    uint16_t (*handler)(const struct card_applet_call *call, const struct scp_apdu *apdu,
                        struct scp_writer *out);
} commands[] = {
    {SCP_CLA_GP, INS_GPO, get_processing_options},
    {SCP_CLA_GP, INS_GENERATE_AC, generate_ac},
    {SCP_CLA_GP, SCP_INS_GET_DATA, get_data},
    {SCP_CLA_ISO, INS_READ_RECORD, read_record},
    {SCP_CLA_ISO, INS_VERIFY, verify},
};

static uint16_t payment_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                                struct scp_writer *out)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].ins == apdu->ins && commands[i].cla == apdu->cla)
            return commands[i].handler(call, apdu, out);
    return SCP_SW_INS_NOT_SUPPORTED;
}

/* ---- personalisation --------------------------------------------------------------------------
 */

/* Groupings 8xxx are enciphered, whatever STORE DATA says (EMV CPS 3.2.6). */
static bool payment_secret(uint16_t dgi)
{
    return (dgi & 0xF000) == 0x8000;
}

/* Both groupings begin with what counts; what is behind it is padding of the encryption. */
static uint16_t payment_store(const struct card_applet_call *call, const struct scp_dgi *dgi)
{
    size_t size = dgi->id == DGI_KEYS ? KEYS_SIZE : dgi->id == DGI_PIN ? PIN_SIZE : dgi->value.len;
    if (dgi->value.len < size)
        return SCP_SW_WRONG_DATA;
    return card_put_object_sw(call->app, dgi->id, scp_bytes_slice(dgi->value, 0, size));
}

static bool check_values_hold(const struct card_application *app)
{
    struct scp_bytes keys = object(app, DGI_KEYS);
    struct scp_bytes kcvs = object(app, DGI_KCVS);
    for (size_t i = 0; i < 3 && kcvs.len > 0; i++) {
        struct scp_key key = {.len = 0};
        uint8_t kcv[3];
        enum scp_error error = scp_key_from(&key, scp_bytes_slice(keys, 16 * i, 16));
        if (error == SCP_OK)
            error = scp_kcv_des(&key, kcv);
        scp_wipe(&key, sizeof key);
        if (error != SCP_OK || !scp_bytes_equal(scp_bytes_slice(kcvs, 3 * i, 3), SCP_BYTES(kcv)))
            return false;
    }
    return true;
}

/* After the last command: with keys, an FCI and processing options it can be used. */
static uint16_t payment_stored(const struct card_applet_call *call)
{
    struct card_application *app = call->app;
    struct scp_bytes aip;
    bool complete = has(app, DGI_KEYS) && fci_of(app).len > 0 && processing_options(app, &aip);
    if (!complete)
        return SCP_SW_SUCCESS;
    if (!check_values_hold(app))
        return SCP_SW_WRONG_DATA;
    return card_put_object_sw(app, OBJECT_PERSONALISED, SCP_EMPTY);
}

const struct card_applet card_applet_payment = {
    .name = "payment",
    .kind = CARD_APPLET_PAYMENT,
    .select = payment_select,
    .command = payment_command,
    .secret = payment_secret,
    .store = payment_store,
    .stored = payment_stored,
};
