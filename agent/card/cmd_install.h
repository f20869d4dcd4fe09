/* Private: the forms of INSTALL, which share their rules about privileges and parameters. Each
 * returns a status word; the card undoes what a failed one changed. */
#ifndef AGENT_CARD_CMD_INSTALL_H
#define AGENT_CARD_CMD_INSTALL_H

#include "agent/card/card.h"

uint16_t card_install_for_load(struct softcard *card, const struct scp_install *install);
uint16_t card_install_for_install(struct softcard *card, const struct scp_install *install);
uint16_t card_install_for_make_selectable(struct softcard *card, const struct scp_install *install);

/* Whether `app` may take the Card Reset privilege: no application but the issuer security domain
 * holds it (GPCS 6.6.2). `app` may be NULL for a new one. */
bool card_reset_free(const struct card_image *image, const struct card_application *app);
/* Append the implicit selection parameters (CF in EF) to those of the application; they cannot be
 * taken away again (GPCS 11.5.2.3.7). */
uint16_t card_add_implicit(struct card_application *app, struct scp_bytes parameters);

#endif
