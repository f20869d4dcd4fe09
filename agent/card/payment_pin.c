/* VERIFY with the plaintext PIN block (Book 3 6.5.12), its try counter, and GET CHALLENGE. */
#include "agent/card/payment.h"

enum { PLAINTEXT = 0x80, CHALLENGE_SIZE = 8, WRONG_PIN = 0x63C0 };

uint16_t payment_pin_limit(const struct card_application *app)
{
    struct scp_bytes tries = payment_object(app, PAYMENT_DGI_PIN_TRIES);
    bool valid = tries.len == 2 && tries.ptr[1] > 0 && tries.ptr[1] <= PAYMENT_PIN_TRIES_MAX;
    return valid ? tries.ptr[1] : PAYMENT_PIN_TRIES_DEFAULT;
}

uint16_t payment_pin_tries(const struct card_application *app)
{
    uint16_t limit = payment_pin_limit(app);
    struct scp_bytes tries = payment_object(app, PAYMENT_DGI_PIN_TRIES);
    uint16_t first = tries.len == 2 && tries.ptr[0] < limit ? tries.ptr[0] : limit;
    return payment_number(app, PAYMENT_PIN_TRIES, first);
}

uint16_t payment_pin_restore(struct card_application *app)
{
    return payment_set_number(app, PAYMENT_PIN_TRIES, payment_pin_limit(app));
}

/* The try counts before the PIN is looked at, so that a cut of power gives none for free. */
static uint16_t count_try(const struct card_applet_call *call, uint16_t left)
{
    uint16_t sw = payment_set_number(call->app, PAYMENT_PIN_TRIES, left);
    return sw == SCP_SW_SUCCESS ? card_commit(call->card) : sw;
}

uint16_t payment_verify(const struct card_applet_call *call, const struct scp_apdu *apdu,
                        struct scp_writer *out)
{
    struct card_application *app = call->app;
    struct scp_bytes reference = payment_object(app, PAYMENT_DGI_PIN);
    uint16_t tries = payment_pin_tries(app);
    uint8_t *flags = &call->state[PAYMENT_AT_FLAGS];
    (void)out;
    if (apdu->p1 != 0 || apdu->p2 != PLAINTEXT)
        return SCP_SW_WRONG_P1_P2;
    if (reference.len != PAYMENT_PIN_SIZE)
        return SCP_SW_REFERENCE_DATA_INVALID;
    if (apdu->data.len != PAYMENT_PIN_SIZE)
        return SCP_SW_WRONG_LENGTH;
    *flags |= PAYMENT_PIN_PERFORMED | PAYMENT_PIN_FAILED;
    if (tries == 0)
        return SCP_SW_AUTHENTICATION_BLOCKED;
    uint16_t sw = count_try(call, (uint16_t)(tries - 1));
    if (sw != SCP_SW_SUCCESS)
        return sw;
    reference = payment_object(app, PAYMENT_DGI_PIN);
    if (!scp_equal_constant_time(reference.ptr, apdu->data.ptr, PAYMENT_PIN_SIZE))
        return (uint16_t)(WRONG_PIN | (tries - 1));
    *flags = (uint8_t)(*flags & ~PAYMENT_PIN_FAILED);
    return payment_pin_restore(app);
}

uint16_t payment_get_challenge(const struct card_applet_call *call, const struct scp_apdu *apdu,
                               struct scp_writer *out)
{
    uint8_t challenge[CHALLENGE_SIZE];
    if (apdu->p1 != 0 || apdu->p2 != 0)
        return SCP_SW_WRONG_P1_P2;
    rebind_random(&call->card->env, challenge, sizeof challenge);
    scp_put(out, SCP_BYTES(challenge));
    return SCP_SW_SUCCESS;
}
