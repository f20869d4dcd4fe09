#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/registry.h"

enum { INS_GET_DATA_ODD = 0xCB }; /* the list of applications, by ISO's class (GPCS 11.3.2) */

/* What a command of a security domain needs before it runs. */
enum {
    NEEDS_SESSION = 1,
    CHANGES_CONTENT = 2, /* a card in SECURED wants a C-MAC on it (GPCS 5.1.1.3) */
    KEEPS_LOAD = 4,      /* does not break off a load in progress */
    WHEN_LOCKED = 8,     /* in CARD_LOCKED too (GPCS 5.1.1.4, table 11-1) */
    WHEN_TERMINATED = 16,
};

struct command {
    uint8_t cla;
    uint8_t ins;
    uint8_t flags;
    card_handler *handler;
};

enum {
    CONTENT = NEEDS_SESSION | CHANGES_CONTENT,
    DATA = KEEPS_LOAD | WHEN_LOCKED | WHEN_TERMINATED,
};

static const struct command commands[] = {
    {SCP_CLA_GP, SCP_INS_INSTALL, CONTENT, card_cmd_install},
    {SCP_CLA_GP, SCP_INS_LOAD, CONTENT | KEEPS_LOAD, card_cmd_load},
    {SCP_CLA_GP, SCP_INS_DELETE, CONTENT, card_cmd_delete},
    {SCP_CLA_GP, SCP_INS_PUT_KEY, CONTENT, card_cmd_put_key},
    {SCP_CLA_GP, SCP_INS_STORE_DATA, CONTENT, card_cmd_store_data},
    {SCP_CLA_GP, SCP_INS_SET_STATUS, CONTENT | WHEN_LOCKED, card_cmd_set_status},
    {SCP_CLA_GP, SCP_INS_GET_STATUS, NEEDS_SESSION | KEEPS_LOAD | WHEN_LOCKED, card_cmd_get_status},
    {SCP_CLA_GP, SCP_INS_GET_DATA, DATA, card_cmd_get_data},
    {SCP_CLA_ISO, SCP_INS_GET_DATA, DATA, card_cmd_get_data},
    {SCP_CLA_ISO, INS_GET_DATA_ODD, DATA, card_cmd_get_data},
};

static const struct command *find(const struct scp_apdu *apdu, bool *ins_known)
{
    *ins_known = false;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].ins != apdu->ins)
            continue;
        *ins_known = true;
        if (commands[i].cla == apdu->cla)
            return &commands[i];
    }
    return NULL;
}

static bool authenticated(const struct softcard *card)
{
    return card->at->session.state == CARD_SESSION_OPEN;
}

/* Whether the session is one in which this card lets its content be changed. */
static bool may_change(const struct softcard *card)
{
    uint8_t level = authenticated(card) ? scp_card_channel_level(&card->at->session.channel) : 0;
    return card_isd(&card->image)->state < SCP_CARD_SECURED || (level & SCP_LEVEL_C_MAC) != 0;
}

/* Whether the command runs in the state that the card is in. */
static bool in_season(const struct card_image *image, const struct command *command)
{
    uint8_t state = card_isd(image)->state;
    return (state != SCP_CARD_LOCKED || (command->flags & WHEN_LOCKED) != 0) &&
           (state != SCP_CARD_TERMINATED || (command->flags & WHEN_TERMINATED) != 0);
}

static uint16_t check(const struct softcard *card, const struct command *command)
{
    const struct card_application *domain = card_selected(card);
    bool locked = !card_is_isd(&card->image, domain) && scp_life_cycle_is_locked(domain->state);
    if (locked || !in_season(&card->image, command)) /* a locked domain: GPCS 5.3.2.4 */
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if ((command->flags & NEEDS_SESSION) != 0 && !authenticated(card))
        return SCP_SW_SECURITY_STATUS;
    if ((command->flags & CHANGES_CONTENT) != 0 && !may_change(card))
        return SCP_SW_SECURITY_STATUS;
    return SCP_SW_SUCCESS;
}

static uint16_t dispatch_domain(struct softcard *card, const struct scp_apdu *apdu,
                                struct scp_writer *out)
{
    bool ins_known = false;
    const struct command *command = find(apdu, &ins_known);
    if (command == NULL)
        return ins_known ? SCP_SW_CLA_NOT_SUPPORTED : SCP_SW_INS_NOT_SUPPORTED;
    uint16_t sw = check(card, command);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if ((command->flags & KEEPS_LOAD) == 0 && apdu->ins != SCP_INS_INSTALL &&
        card->load.by == card->at)
        card_load_end(card);
    return command->handler(card, apdu, out);
}

/* An application in its own session is personalised by STORE DATA (EMV CPS 3.2). */
static uint16_t personalise(struct softcard *card, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    if (card_is_locked(&card->image))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return may_change(card) ? card_cmd_store_data(card, apdu, out) : SCP_SW_SECURITY_STATUS;
}

static uint16_t dispatch_application(struct softcard *card, struct card_application *app,
                                     const struct scp_apdu *apdu, struct scp_writer *out)
{
    if (authenticated(card) && apdu->cla == SCP_CLA_GP && apdu->ins == SCP_INS_STORE_DATA)
        return personalise(card, apdu, out);
    const struct card_applet_call call = card_applet_call_of(card, app);
    return card_applet_of(app->applet)->command(&call, apdu, out);
}

static bool is_r_mac(const struct scp_apdu *apdu)
{
    return apdu->cla == SCP_CLA_GP &&
           (apdu->ins == SCP_INS_BEGIN_R_MAC || apdu->ins == SCP_INS_END_R_MAC);
}

uint16_t card_dispatch(struct softcard *card, const struct scp_apdu *apdu, struct scp_writer *out)
{
    struct card_application *app = card_selected(card);
    if (app == NULL) /* deleted while selected */
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (is_r_mac(apdu) && card_session_runs(card)) /* of the channel, whoever is selected */
        return card_cmd_r_mac_session(card, apdu, out);
    if (app->sd != NULL)
        return dispatch_domain(card, apdu, out);
    return dispatch_application(card, app, apdu, out);
}
