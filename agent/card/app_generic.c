/* The applet behind every module that no native one answers for: it can be selected and keeps what
 * it is personalised with; its own commands are unknown to this card. */
#include "agent/card/applet.h"
#include "agent/card/card.h"

static uint16_t generic_select(const struct card_applet_call *call, struct scp_writer *out)
{
    card_put_fci(out, call->app, SCP_EMPTY);
    return SCP_SW_SUCCESS;
}

static uint16_t generic_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                                struct scp_writer *out)
{
    (void)call;
    (void)apdu;
    (void)out;
    return SCP_SW_INS_NOT_SUPPORTED;
}

static bool generic_secret(uint16_t dgi)
{
    (void)dgi;
    return false;
}

static uint16_t generic_stored(const struct card_applet_call *call)
{
    (void)call;
    return SCP_SW_SUCCESS;
}

const struct card_applet card_applet_generic = {
    .name = "generic",
    .kind = CARD_APPLET_GENERIC,
    .select = generic_select,
    .command = generic_command,
    .secret = generic_secret,
    .store = card_store_plain,
    .stored = generic_stored,
};
