/* Issuer scripts (Book 3 6.5.1, 6.5.2, 6.5.10): APPLICATION BLOCK, APPLICATION UNBLOCK and PIN
 * CHANGE/UNBLOCK, each with a MAC of four or eight bytes under the card's MAC key, after a request
 * that went online. There is no CARD BLOCK: a bank does not decide about the card.
 *
 * A MAC or a PIN that is wrong is refused with 6988 and remembered for the next cryptogram. */
#include "agent/card/payment.h"

enum {
    INS_APPLICATION_UNBLOCK = 0x18,
    INS_APPLICATION_BLOCK = 0x1E,
    INS_PIN_CHANGE = 0x24,
    MAC_SHORT = 4,
    MAC_LONG = SCP_EMV_CRYPTOGRAM_SIZE,
};

typedef uint16_t effect(const struct card_applet_call *call, struct scp_bytes data);

static uint16_t block(const struct card_applet_call *call, struct scp_bytes data)
{
    (void)data;
    return card_put_object_sw(call->app, PAYMENT_BLOCKED, SCP_EMPTY);
}

static uint16_t unblock(const struct card_applet_call *call, struct scp_bytes data)
{
    (void)data;
    card_object_remove(&call->app->objects, PAYMENT_BLOCKED);
    return SCP_SW_SUCCESS;
}

static uint16_t unblock_pin(const struct card_applet_call *call, struct scp_bytes data)
{
    (void)data;
    return payment_pin_restore(call->app);
}

static uint16_t change_pin(const struct card_applet_call *call, struct scp_bytes data)
{
    uint8_t pin[PAYMENT_PIN_SIZE];
    struct scp_key cryptogram = {.len = 0};
    struct scp_key confidentiality = {.len = 0};
    struct scp_emv_request request = payment_request(call);
    const struct scp_emv_pin_keys keys = {&confidentiality, &cryptogram};
    uint16_t sw = SCP_SW_SECURE_MESSAGING_WRONG;
    if (payment_key(call->app, 0, &cryptogram) == SCP_OK &&
        payment_key(call->app, 2, &confidentiality) == SCP_OK &&
        scp_emv_pin_decipher(&keys, &request, data, pin) == SCP_OK)
        sw = card_put_object_sw(call->app, PAYMENT_DGI_PIN, SCP_BYTES(pin));
    scp_wipe(&cryptogram, sizeof cryptogram);
    scp_wipe(&confidentiality, sizeof confidentiality);
    scp_wipe(pin, sizeof pin);
    return sw == SCP_SW_SUCCESS ? payment_pin_restore(call->app) : sw;
}

static const struct script {
    uint8_t ins;
    uint8_t p2;
    bool has_data;
    effect *run;
} scripts[] = {
    {INS_APPLICATION_BLOCK, 0, false, block},
    {INS_APPLICATION_UNBLOCK, 0, false, unblock},
    {INS_PIN_CHANGE, 0, false, unblock_pin},
    {INS_PIN_CHANGE, 2, true, change_pin},
};

static const struct script *find(const struct scp_apdu *apdu)
{
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (scripts[i].ins == apdu->ins && scripts[i].p2 == apdu->p2 && apdu->p1 == 0)
            return &scripts[i];
    return NULL;
}

/* The MAC stands at the end. What is before it are data in blocks of eight, so that its length
 * follows. */
static size_t mac_length(const struct script *script, size_t data_len)
{
    if (!script->has_data)
        return data_len == MAC_SHORT || data_len == MAC_LONG ? data_len : 0;
    if (data_len <= MAC_LONG)
        return 0;
    return data_len % MAC_LONG == MAC_SHORT ? MAC_SHORT : data_len % MAC_LONG == 0 ? MAC_LONG : 0;
}

static bool mac_holds(const struct card_applet_call *call, const struct scp_apdu *apdu,
                      struct scp_bytes data, struct scp_bytes mac)
{
    struct scp_key key = {.len = 0};
    uint8_t expected[MAC_LONG];
    struct scp_emv_request request = payment_request(call);
    const struct scp_emv_script script = {
        .header = {apdu->cla, apdu->ins, apdu->p1, apdu->p2, (uint8_t)apdu->data.len},
        .data = data};
    enum scp_error error = payment_key(call->app, 1, &key);
    if (error == SCP_OK)
        error = scp_emv_script_mac(&key, &request, &script, expected);
    scp_wipe(&key, sizeof key);
    return error == SCP_OK && scp_equal_constant_time(expected, mac.ptr, mac.len);
}

/* The failure lasts, although the command that failed changes nothing else. */
static uint16_t refuse(const struct card_applet_call *call, uint16_t sw)
{
    uint16_t history = payment_number(call->app, PAYMENT_HISTORY, 0);
    uint16_t kept =
        payment_set_number(call->app, PAYMENT_HISTORY, history | PAYMENT_LAST_SCRIPT_FAILED);
    if (kept == SCP_SW_SUCCESS)
        kept = card_commit(call->card);
    return kept == SCP_SW_SUCCESS ? sw : kept;
}

uint16_t payment_script(const struct card_applet_call *call, const struct scp_apdu *apdu,
                        struct scp_writer *out)
{
    (void)out;
    const struct script *script = find(apdu);
    if (script == NULL)
        return SCP_SW_WRONG_P1_P2;
    if (!payment_may(call, PAYMENT_RUNS_SCRIPT))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    size_t mac_len = mac_length(script, apdu->data.len);
    if (mac_len == 0)
        return apdu->data.len == 0 ? SCP_SW_SECURE_MESSAGING_MISSING : SCP_SW_WRONG_LENGTH;
    struct scp_bytes data = scp_bytes_slice(apdu->data, 0, apdu->data.len - mac_len);
    if (!mac_holds(call, apdu, data, scp_bytes_from(apdu->data, data.len)))
        return refuse(call, SCP_SW_SECURE_MESSAGING_WRONG);
    uint16_t sw = script->run(call, data);
    return sw == SCP_SW_SECURE_MESSAGING_WRONG ? refuse(call, sw) : sw;
}
