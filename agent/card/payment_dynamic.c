/* INTERNAL AUTHENTICATE: dynamic data authentication (Book 3 6.5.9, Book 2 6.5). An application
 * that was personalised without a key pair answers 6985. */
#include "agent/card/payment.h"

#include "scp/emv/certificate.h"

enum { NUMBER_SIZE = 8, TAG_FORMAT_1 = 0x80 };

uint16_t payment_internal_authenticate(const struct card_applet_call *call,
                                       const struct scp_apdu *apdu, struct scp_writer *out)
{
    uint8_t number[NUMBER_SIZE];
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_writer signature = scp_writer_on(buffer, sizeof buffer);
    const struct scp_emv_private_key key = {
        .modulus = payment_object(call->app, PAYMENT_DGI_MODULUS),
        .exponent = payment_object(call->app, PAYMENT_DGI_PRIVATE_EXPONENT)};
    if (apdu->p1 != 0 || apdu->p2 != 0)
        return SCP_SW_WRONG_P1_P2;
    if (key.modulus.len == 0 || key.exponent.len == 0 || !payment_may(call, PAYMENT_SIGNS))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    rebind_random(&call->card->env, number, sizeof number);
    if (scp_emv_dynamic_data_sign(&key, SCP_BYTES(number), apdu->data, &signature) != SCP_OK)
        return SCP_SW_EXECUTION_ERROR;
    scp_put_tlv(out, TAG_FORMAT_1, scp_written(&signature));
    return SCP_SW_SUCCESS;
}
