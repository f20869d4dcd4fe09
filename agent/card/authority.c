/* Who may manage card content (GPCS 9.1.3, 9.4.2). */
#include "agent/card/card.h"
#include "agent/card/registry.h"

uint16_t card_authorize(const struct softcard *card, uint8_t functions, struct scp_bytes token)
{
    const struct card_application *domain = card_selected(card);
    uint8_t restricted = card->image.restricted | domain->sd->restricted;
    if (!card_domain_ready(&card->image, domain) || (restricted & functions) != 0)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (!scp_privileges_have(domain->privileges, SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return token.len == 0 ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

void card_put_confirmation(struct scp_writer *out)
{
    scp_put_u8(out, 0x00);
}
