/* Contactless in one command: GET PROCESSING OPTIONS answers with the cryptogram (qPBOC of JR/T
 * 0025, qVSDC of Visa; EMV contactless Book C-3). It is that when the card is in a field, the
 * terminal offers it in 9F66, and the application was personalised for it with grouping 9207, whose
 * data objects are part of the answer.
 *
 * The cryptogram is made over the terminal's data in the order of table 26 of Book 2 8.1.1, taken
 * from the PDOL; what the PDOL does not ask for counts as zeros. */
#include "agent/card/payment.h"

enum {
    TAG_PDOL = 0x9F38,
    TAG_QUALIFIERS = 0x9F66,
    FAST_OFFERED = 0x20, /* first byte of the terminal's qualifiers */
    OFFLINE_ONLY = 0x08, /* the same byte: the terminal never goes online */
    AAC = 0x00,
    ARQC = 0x80,
};

static const struct {
    uint16_t tag;
    uint8_t len;
} terminal_objects[] = {
    {0x9F02, 6}, {0x9F03, 6}, {0x9F1A, 2}, {0x95, 5},
    {0x5F2A, 2}, {0x9A, 3},   {0x9C, 1},   {0x9F37, 4},
};
enum { TERMINAL_DATA_SIZE = 6 + 6 + 2 + 5 + 2 + 3 + 1 + 4 };

static uint8_t qualifiers(const struct card_applet_call *call, struct scp_bytes pdol_data)
{
    struct scp_bytes pdol;
    struct scp_bytes value;
    bool given = payment_fci_value(call, TAG_PDOL, &pdol) &&
                 payment_dol_value(pdol, pdol_data, TAG_QUALIFIERS, &value) && value.len > 0;
    return given ? value.ptr[0] : 0;
}

bool payment_is_fast(const struct card_applet_call *call, struct scp_bytes pdol_data)
{
    return call->contactless && payment_has(call->app, PAYMENT_DGI_FAST) &&
           (qualifiers(call, pdol_data) & FAST_OFFERED) != 0;
}

static void put_terminal_data(struct scp_bytes pdol, struct scp_bytes pdol_data,
                              struct scp_writer *w)
{
    for (size_t i = 0; i < sizeof terminal_objects / sizeof terminal_objects[0]; i++) {
        struct scp_bytes value;
        size_t len = terminal_objects[i].len;
        if (payment_dol_value(pdol, pdol_data, terminal_objects[i].tag, &value) && value.len == len)
            scp_put(w, value);
        else
            scp_put_fill(w, 0, len);
    }
}

uint16_t payment_answer_fast(const struct card_applet_call *call, struct scp_bytes pdol_data,
                             struct scp_writer *out)
{
    uint8_t buffer[TERMINAL_DATA_SIZE];
    struct scp_bytes pdol;
    struct scp_bytes aip;
    struct scp_bytes content = payment_inside(payment_object(call->app, PAYMENT_DGI_FAST), 0x77);
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct payment_made made = {.kind =
                                    (qualifiers(call, pdol_data) & OFFLINE_ONLY) != 0 ? AAC : ARQC};
    if (!payment_fci_value(call, TAG_PDOL, &pdol) || scp_tlv_find(content, 0x82, &aip) != SCP_OK ||
        aip.len != 2)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    put_terminal_data(pdol, pdol_data, &w);
    if (payment_make(call, scp_written(&w), aip, &made) != SCP_OK)
        return SCP_SW_EXECUTION_ERROR;
    size_t mark = scp_tlv_begin(out, 0x77);
    scp_put(out, content);
    payment_put_made(out, call->app, &made);
    scp_tlv_end(out, mark);
    payment_move(call, PAYMENT_GETS_OPTIONS);
    payment_move(call, PAYMENT_ENDS_OFFLINE);
    return SCP_SW_SUCCESS;
}
