/* GET PROCESSING OPTIONS and GET DATA (Book 3 6.5.8, 6.5.7). */
#include "agent/card/payment.h"

enum { TAG_PDOL = 0x9F38, TAG_COMMAND = 0x83, TAG_FORMAT_1 = 0x80, TAG_FORMAT_2 = 0x77 };

/* The data behind tag 83, when they are as long as the PDOL asks. */
static bool pdol_data(const struct card_applet_call *call, struct scp_bytes data,
                      struct scp_bytes *given)
{
    struct scp_bytes pdol;
    size_t asked = 0;
    if (scp_tlv_expect(data, TAG_COMMAND, given) != SCP_OK)
        return false;
    if (payment_fci_value(call, TAG_PDOL, &pdol) && !payment_dol_length(pdol, &asked))
        return false;
    return given->len == asked;
}

static uint16_t put_options(const struct card_applet_call *call, struct scp_writer *out)
{
    struct scp_bytes content = payment_object(call->app, PAYMENT_DGI_OPTIONS);
    struct scp_tlv tlv;
    bool whole = scp_tlv_parse(content, &tlv) == SCP_OK &&
                 (tlv.tag == TAG_FORMAT_1 || tlv.tag == TAG_FORMAT_2);
    if (whole)
        scp_put(out, content);
    else
        scp_put_tlv(out, TAG_FORMAT_2, content);
    payment_move(call, PAYMENT_GETS_OPTIONS);
    return SCP_SW_SUCCESS;
}

static bool can_begin(const struct card_applet_call *call)
{
    const struct card_application *app = call->app;
    return payment_may(call, PAYMENT_GETS_OPTIONS) && payment_has(app, PAYMENT_PERSONALISED) &&
           !payment_has(app, PAYMENT_BLOCKED) &&
           payment_number(app, PAYMENT_ATC, 0) != PAYMENT_ATC_MAX;
}

/* The counter moves on before anything is made with it: no two cryptograms share it, whenever power
 * is cut. */
static uint16_t count_transaction(const struct card_applet_call *call)
{
    uint16_t atc = payment_number(call->app, PAYMENT_ATC, 0);
    uint16_t sw = payment_set_number(call->app, PAYMENT_ATC, (uint16_t)(atc + 1));
    return sw == SCP_SW_SUCCESS ? card_commit(call->card) : sw;
}

uint16_t payment_get_processing_options(const struct card_applet_call *call,
                                        const struct scp_apdu *apdu, struct scp_writer *out)
{
    struct scp_bytes given;
    if (apdu->p1 != 0 || apdu->p2 != 0)
        return SCP_SW_WRONG_P1_P2;
    if (!can_begin(call))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (!pdol_data(call, apdu->data, &given))
        return SCP_SW_WRONG_DATA;
    uint16_t sw = count_transaction(call);
    if (sw == SCP_SW_SUCCESS)
        sw = payment_is_fast(call, given) ? payment_answer_fast(call, given, out)
                                          : put_options(call, out);
    return sw;
}

/* ---- GET DATA -------------------------------------------------------------------------------- */

static void put_atc(const struct card_application *app, struct scp_writer *out)
{
    scp_put_tlv_u16(out, 0x9F36, payment_number(app, PAYMENT_ATC, 0));
}

static void put_last_online_atc(const struct card_application *app, struct scp_writer *out)
{
    scp_put_tlv_u16(out, 0x9F13, payment_number(app, PAYMENT_LAST_ONLINE_ATC, 0));
}

static void put_pin_tries(const struct card_application *app, struct scp_writer *out)
{
    scp_put_tlv_u8(out, 0x9F17, (uint8_t)payment_pin_tries(app));
}

static void put_log_format(const struct card_application *app, struct scp_writer *out)
{
    struct scp_bytes format;
    if (payment_log_format(app, &format))
        scp_put_tlv(out, 0x9F4F, format);
}

static const struct {
    uint16_t tag;
    void (*put)(const struct card_application *app, struct scp_writer *out);
} data_objects[] = {
    {0x9F36, put_atc},
    {0x9F13, put_last_online_atc},
    {0x9F17, put_pin_tries},
    {0x9F4F, put_log_format},
};

uint16_t payment_get_data(const struct card_applet_call *call, const struct scp_apdu *apdu,
                          struct scp_writer *out)
{
    uint16_t tag = (uint16_t)(apdu->p1 << 8 | apdu->p2);
    for (size_t i = 0; i < sizeof data_objects / sizeof data_objects[0]; i++)
        if (data_objects[i].tag == tag)
            data_objects[i].put(call->app, out);
    return scp_written(out).len > 0 ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}
