/* The payment applet: selection, dispatch and personalisation. What it keeps and how a transaction
 * goes: payment.h. */
#include "agent/card/payment.h"

#include "scp/crypto/kdf.h"

enum {
    INS_APPLICATION_UNBLOCK = 0x18,
    INS_APPLICATION_BLOCK = 0x1E,
    INS_VERIFY = 0x20,
    INS_PIN_CHANGE = 0x24,
    INS_GET_CHALLENGE = 0x84,
    INS_INTERNAL_AUTHENTICATE = 0x88,
    INS_GPO = 0xA8,
    INS_GENERATE_AC = 0xAE,
    INS_READ_RECORD = 0xB2,
    CLA_SCRIPT = SCP_CLA_GP | SCP_CLA_SECURE,
    TAG_CDOL1 = 0x8C,
    TAG_CDOL2 = 0x8D,
    AFL_ENTRY = 4,
};

static uint16_t select_payment(const struct card_applet_call *call, struct scp_writer *out)
{
    card_put_fci(out, call->app, payment_fci(call));
    return payment_has(call->app, PAYMENT_BLOCKED) ? SCP_SW_WARNING_LOCKED : SCP_SW_SUCCESS;
}

/* ---- dispatch -------------------------------------------------------------------------------- */

static uint16_t read_record(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    return card_read_record(call->app, apdu, out);
}

static const struct {
    uint8_t cla;
    uint8_t ins;
    payment_command *handler;
} commands[] = {
    {SCP_CLA_GP, INS_GPO, payment_get_processing_options},
    {SCP_CLA_GP, INS_GENERATE_AC, payment_generate_ac},
    {SCP_CLA_GP, SCP_INS_GET_DATA, payment_get_data},
    {SCP_CLA_ISO, INS_READ_RECORD, read_record},
    {SCP_CLA_ISO, INS_VERIFY, payment_verify},
    {SCP_CLA_ISO, INS_GET_CHALLENGE, payment_get_challenge},
    {SCP_CLA_ISO, SCP_INS_EXTERNAL_AUTHENTICATE, payment_external_authenticate},
    {SCP_CLA_ISO, INS_INTERNAL_AUTHENTICATE, payment_internal_authenticate},
    {CLA_SCRIPT, INS_APPLICATION_BLOCK, payment_script},
    {CLA_SCRIPT, INS_APPLICATION_UNBLOCK, payment_script},
    {CLA_SCRIPT, INS_PIN_CHANGE, payment_script},
};

static uint16_t run_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    bool ins_known = false;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].ins != apdu->ins)
            continue;
        if (commands[i].cla == apdu->cla)
            return commands[i].handler(call, apdu, out);
        ins_known = true;
    }
    return ins_known ? SCP_SW_CLA_NOT_SUPPORTED : SCP_SW_INS_NOT_SUPPORTED;
}

/* ---- personalisation ------------------------------------------------------------------------- */

/* Groupings 8xxx are enciphered, whatever STORE DATA says (EMV CPS 3.2.6). */
static bool is_secret(uint16_t dgi)
{
    return (dgi & 0xF000) == 0x8000;
}

/* Both groupings begin with what counts; what is behind it is padding of the encryption. */
static uint16_t store(const struct card_applet_call *call, const struct scp_dgi *dgi)
{
    static const struct {
        uint16_t dgi;
        size_t size;
    } sizes[] = {{PAYMENT_DGI_KEYS, PAYMENT_KEYS_SIZE}, {PAYMENT_DGI_PIN, PAYMENT_PIN_SIZE}};
    size_t size = dgi->value.len;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (sizes[i].dgi == dgi->id)
            size = sizes[i].size;
    if (dgi->value.len < size)
        return SCP_SW_WRONG_DATA;
    return card_put_object_sw(call->app, dgi->id, scp_bytes_slice(dgi->value, 0, size));
}

static bool check_values_hold(const struct card_application *app)
{
    struct scp_bytes kcvs = payment_object(app, PAYMENT_DGI_KCVS);
    for (size_t i = 0; i < 3 && kcvs.len > 0; i++) {
        struct scp_key key = {.len = 0};
        uint8_t kcv[3];
        enum scp_error error = payment_key(app, i, &key);
        if (error == SCP_OK)
            error = scp_kcv_des(&key, kcv);
        scp_wipe(&key, sizeof key);
        if (error != SCP_OK || !scp_bytes_equal(scp_bytes_slice(kcvs, 3 * i, 3), SCP_BYTES(kcv)))
            return false;
    }
    return true;
}

/* Whether each record that the file locator names is there. */
static bool records_are_there(const struct card_application *app, struct scp_bytes afl)
{
    struct scp_reader r = scp_reader_on(afl);
    while (scp_reader_left(&r) >= AFL_ENTRY) {
        uint32_t sfi = scp_get_u8(&r) >> 3;
        uint8_t first = scp_get_u8(&r);
        uint8_t last = scp_get_u8(&r);
        (void)scp_get_u8(&r); /* how many are signed offline */
        if (sfi == 0 || first == 0 || last < first)
            return false;
        for (uint32_t record = first; record <= last; record++)
            if (!payment_has(app, sfi << 8 | record))
                return false;
    }
    return scp_reader_left(&r) == 0;
}

/* What a terminal cannot do without (Book 3 7.2). */
static bool is_complete(const struct card_applet_call *call)
{
    const struct card_application *app = call->app;
    struct scp_bytes aip;
    struct scp_bytes afl;
    struct scp_bytes cdol;
    return payment_has(app, PAYMENT_DGI_KEYS) && payment_fci(call).len > 0 &&
           payment_options(app, &aip, &afl) && records_are_there(app, afl) &&
           payment_record_value(app, TAG_CDOL1, &cdol) &&
           payment_record_value(app, TAG_CDOL2, &cdol);
}

/* What transactions will count is there from the beginning, so that a payment never fails for want
 * of memory. What an earlier round or life has counted stays. */
static uint16_t reserve(struct card_application *app)
{
    const struct {
        uint32_t id;
        uint16_t value;
    } counters[] = {
        {PAYMENT_ATC, 0},
        {PAYMENT_LAST_ONLINE_ATC, 0},
        {PAYMENT_HISTORY, 0},
        {PAYMENT_PIN_TRIES, payment_pin_tries(app)},
    };
    uint16_t sw = SCP_SW_SUCCESS;
    for (size_t i = 0; sw == SCP_SW_SUCCESS && i < sizeof counters / sizeof counters[0]; i++)
        if (!payment_has(app, counters[i].id))
            sw = payment_set_number(app, counters[i].id, counters[i].value);
    return sw;
}

/* After the last command. An incomplete personalisation is no error: another round may follow. */
static uint16_t stored(const struct card_applet_call *call)
{
    if (!check_values_hold(call->app) && payment_has(call->app, PAYMENT_DGI_KEYS))
        return SCP_SW_WRONG_DATA;
    if (!is_complete(call))
        return SCP_SW_SUCCESS;
    uint16_t sw = reserve(call->app);
    return sw == SCP_SW_SUCCESS ? card_put_object_sw(call->app, PAYMENT_PERSONALISED, SCP_EMPTY)
                                : sw;
}

const struct card_applet card_applet_payment = {
    .name = "payment",
    .kind = CARD_APPLET_PAYMENT,
    .own_messaging = true,
    .select = select_payment,
    .command = run_command,
    .secret = is_secret,
    .store = store,
    .stored = stored,
};
