/* The applet behind every module that no native one answers for, because this card runs no
 * bytecode: it can be selected, keeps what it is personalised with and gives none of it out. Its
 * own commands are unknown to this card; the words say why a command is refused. */
#include "agent/card/applet.h"
#include "agent/card/card.h"

static uint16_t generic_select(const struct card_applet_call *call, struct scp_writer *out)
{
    card_put_fci(out, call->app, SCP_EMPTY);
    return SCP_SW_SUCCESS;
}

/* STORE DATA comes here only outside of a secure channel, where it is refused. */
static uint16_t generic_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                                struct scp_writer *out)
{
    (void)call;
    (void)out;
    if (apdu->cla != SCP_CLA_ISO && apdu->cla != SCP_CLA_GP)
        return SCP_SW_CLA_NOT_SUPPORTED;
    if (apdu->cla == SCP_CLA_GP && apdu->ins == SCP_INS_STORE_DATA)
        return SCP_SW_SECURITY_STATUS;
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
